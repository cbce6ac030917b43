"""How modules are loaded: without the garbage collector, which works again afterwards, and only what is needed."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from operations.memory import without_collector
from tests.support import ROOT

# What a supervisor has loaded when it forks a background process: what all of them need, and nothing of the web's.
LOADED = """
import sys
from operations import up, work
work.load_parts("unsure")
print(" ".join(sorted(sys.modules)))
"""


def test_the_collector_rests_while_modules_are_loaded_and_works_afterwards() -> None:
    with without_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_works_again_after_a_module_that_cannot_be_loaded() -> None:
    with pytest.raises(ImportError), without_collector():
        raise ImportError
    assert gc.isenabled()


@pytest.mark.slow
def test_a_supervisor_loads_what_background_processes_need_and_neither_flask_nor_what_trains() -> None:
    run = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert {"worker.scoring", "worker.delivery", "worker.clock", "sqlalchemy", "numpy"} <= loaded
    unwanted = ("flask", "werkzeug", "sklearn", "scipy", "service", "models.training", "models.evaluation")
    assert not [name for name in loaded if name.startswith(unwanted)]
