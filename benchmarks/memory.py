"""The scoring process's memory over a hundred thousand comments."""

from __future__ import annotations

from pathlib import Path

import psutil

from benchmarks import texts
from benchmarks.installation import installed, until
from benchmarks.report import Report
from moderation.intake import submissions
from moderation.intake.submissions import Submission

COMMENTS, WARM_UP, BATCH = 100_000, 10_000, 1000
#: How much a process may grow and still be called flat.
MOST_GROWTH = 0.05


def run() -> Report:
    """Feed a worker, and look at what it holds in memory of its own as it goes."""
    report = Report(
        "memory",
        "A worker's memory",
        f"What one scoring process holds in memory of its own while it decides {COMMENTS:,} different comments: the "
        "pages that it has written to. The model's files are only mapped: the kernel takes their pages back, and "
        "counts them as the process' own or not, as others map them or do not.",
    )
    with installed("sqlite") as installation:
        worker = installation.work()
        made = texts.comments(5)
        held = {}
        for done in range(BATCH, COMMENTS + 1, BATCH):
            batch = [Submission(name=f"Reader {done}", comment=next(made)) for _ in range(BATCH)]
            submissions.submit(installation.store, installation.queues, installation.site.id, batch)
            if done % 10_000 == 0:
                until(lambda: not any(installation.queues.length().values()), "the worker is done", within=1200)
                held[done] = _written(worker)
                print(f"   {done:,} comments: {held[done]:.1f} MiB", flush=True)
    growth = held[COMMENTS] / held[WARM_UP] - 1
    report.add(
        f"growth from {WARM_UP:,} to {COMMENTS:,} comments",
        f"{growth:+.1%} ({held[WARM_UP]:.0f} MiB, {held[COMMENTS // 2]:.0f} MiB halfway, {held[COMMENTS]:.0f} MiB)",
        f"flat, within {MOST_GROWTH:.0%}",
        growth <= MOST_GROWTH,
    )
    return report


def _written(process: psutil.Process) -> float:
    """MiB in pages that the process has written to and shares with no other."""
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) / 1024
