"""A process that scores leaves the other cores to others: its products of matrices are too small to be shared."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import models, threadpoolctl
models.load()
print(*{pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"})
"""


def test_a_process_that_loads_the_classifier_multiplies_on_one_core() -> None:
    environment = {"OPENBLAS_NUM_THREADS": "2", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["1"]
