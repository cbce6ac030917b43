"""Which file system a directory is on: over a network, SQLite's locks may do nothing, or wait for ever."""

from __future__ import annotations

import re
from pathlib import Path

_NETWORK = frozenset({"afs", "cifs", "fuse.glusterfs", "fuse.sshfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"})
_MOUNTS = Path("/proc/self/mountinfo")
#: A blank, tab, line break or backslash in a mount's name.
_ESCAPED = re.compile(r"\\([0-7]{3})")


def network_kind(path: Path) -> str | None:
    """The kind of the network file system that holds `path`; None for a local one, and where that cannot be told."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return network_kind_in(mounts, path.resolve())


def network_kind_in(mounts: str, path: Path) -> str | None:
    """The same, by the lines of Linux' `mountinfo`. Of two mounts at one place the later hides the earlier."""
    kind, depth = None, -1
    for line in mounts.splitlines():
        mount, separator, of_file_system = line.partition(" - ")
        fields = mount.split(" ")
        if not separator or len(fields) < 5:
            continue
        place = Path(_ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[4]))
        if path.is_relative_to(place) and len(place.parts) >= depth:
            kind, depth = of_file_system.split(" ")[0], len(place.parts)
    return kind if kind in _NETWORK else None
