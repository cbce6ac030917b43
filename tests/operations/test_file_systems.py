"""SQLite on a network file system is refused before anything is written there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from moderation.settings import Settings
from operations import connections, file_systems
from operations.errors import OperatorError

pytestmark = pytest.mark.one_database

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:50 / /mnt/share rw,relatime shared:2 - nfs4 server:/export rw,vers=4.2
41 22 0:51 / /mnt/my\\040disk rw - cifs //server/disk rw,nobrl
42 40 8:2 / /mnt/share/local rw - ext4 /dev/sdb1 rw
43 22 0:52 / /mnt/twice rw - nfs server:/old rw
44 22 0:53 / /mnt/twice rw - xfs /dev/sdc1 rw
45 22 0:54 / /mnt/ssh rw - fuse.sshfs host: rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/winnow", None),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/winnow/data", "nfs4"),
        ("/mnt/shared", None),
        ("/mnt/my disk/data", "cifs"),
        ("/mnt/share/local/data", None),
        ("/mnt/twice/data", None),
        ("/mnt/ssh/data", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str | None) -> None:
    assert file_systems.network_kind_in(MOUNTS, Path(path)) == kind


def test_sqlite_over_a_network_is_refused_in_a_sentence(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 22 0:50 / {tmp_path.resolve()} rw - nfs4 server:/x rw\n"
    )
    monkeypatch.setattr(file_systems, "_MOUNTS", mounts)
    there = replace(settings, database_url=f"sqlite:///{tmp_path}/data/winnow.db")
    (tmp_path / "data").mkdir()
    with pytest.raises(OperatorError, match=r"is on nfs4, a network file system.*PostgreSQL"):
        connections.open_store(there)
    assert not list((tmp_path / "data").iterdir())
