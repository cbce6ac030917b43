"""A background process loads what it needs and no more: each of them pays in memory for every library."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from operations.work import PARTS
from tests.support.comments import accept, stored
from tests.support.processes.parts import environment
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

# Does what `winnow worker` does, and says at its end which modules the process has loaded.
RUN = """
import atexit, json, sys
from pathlib import Path
out, part = sys.argv[1:]
atexit.register(lambda: Path(out).write_text(json.dumps(sorted(sys.modules)), encoding="utf-8"))
sys.argv = ["winnow", "worker", "--only", part]
import winnow
winnow.main()
"""


@pytest.mark.one_database
@pytest.mark.parametrize("part", PARTS)
def test_a_background_process_loads_no_flask_no_scikit_learn_and_nothing_that_trains(
    settings: Settings, store: Store, queues: Queues, site: CreatedSite, tmp_path: Path, part: str
) -> None:
    out, log = tmp_path / "modules.json", tmp_path / "process.log"
    with log.open("wb") as file:
        command = [sys.executable, "-c", RUN, str(out), part]
        process = subprocess.Popen(command, env=environment(settings), stdout=file, stderr=file)
    try:
        eventually(lambda: f"{part}.started" in log.read_text(encoding="utf-8"))
        if part == "scoring":
            comment = accept(store, queues, site)
            eventually(lambda: stored(store, comment.id).status != "pending")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait(60)
    modules = set(json.loads(out.read_text(encoding="utf-8")))
    assert f"worker.{part}" in modules
    assert ("models.scoring.classifier" in modules) == (part == "scoring")
    unwanted = (
        "opentelemetry",
        "alembic",
        "flask",
        "werkzeug",
        "sklearn",
        "scipy",
        "service",
        "models.training",
        "models.evaluation",
    )
    assert not [name for name in modules if name.startswith(unwanted)]
