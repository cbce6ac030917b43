"""Training: how long, and how much memory at its peak. Run by name only, as it takes a quarter of an hour."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time

from benchmarks.classifying import DATA
from benchmarks.report import Report

MOST_MINUTES, MOST_GIGABYTES = 15.0, 6.0


def run() -> Report:
    """Train into a folder that is thrown away."""
    report = Report("training", "Training", "`winnow train` on the labelled comments that the model card names.")
    if not (DATA / "toxicity").is_dir():
        report.add("training", f"skipped: no data in {DATA.name} (set WINNOW_TRAINING_DATA)")
        return report
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "winnow", "train", "--data", DATA, "--out", folder], check=True)
    minutes = (time.monotonic() - began) / 60
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    report.add("time", f"{minutes:.1f} minutes", f"{MOST_MINUTES:.0f} minutes", minutes <= MOST_MINUTES)
    report.add("memory at its peak", f"{peak:.1f} GB", f"{MOST_GIGABYTES:.0f} GB", peak <= MOST_GIGABYTES)
    return report
