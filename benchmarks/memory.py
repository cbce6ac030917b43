"""The scoring process's memory over a hundred thousand comments."""

from __future__ import annotations

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
        f"What one scoring process holds in memory of its own (USS) while it decides {COMMENTS:,} different comments.",
    )
    with installed("sqlite") as installation:
        worker = installation.work()
        made = texts.comments(5)
        held = {}
        for done in range(BATCH, COMMENTS + 1, BATCH):
            batch = [Submission(name=f"Reader {done}", comment=next(made)) for _ in range(BATCH)]
            submissions.submit(installation.store, installation.queues, installation.site.id, batch)
            if done % 10_000 == 0:
                until(lambda: not any(installation.queues.length().values()), "the worker is done", within=180)
                held[done] = worker.memory_full_info().uss / 2**20
                print(f"   {done:,} comments: {held[done]:.1f} MiB", flush=True)
    growth = held[COMMENTS] / held[WARM_UP] - 1
    report.add(
        f"growth from {WARM_UP:,} to {COMMENTS:,} comments",
        f"{growth:+.1%} ({held[WARM_UP]:.0f} MiB, {held[COMMENTS // 2]:.0f} MiB halfway, {held[COMMENTS]:.0f} MiB)",
        f"flat, within {MOST_GROWTH:.0%}",
        growth <= MOST_GROWTH,
    )
    return report
