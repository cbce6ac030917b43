"""The reader that understands, on one core: how much it reads a second, beside the fast reader, and what it costs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

import models
from benchmarks.classifying import DATA, median_milliseconds
from benchmarks.report import Report
from models.scoring.classifier import Classifier
from models.training.datasets import read_rows

BATCH, TURNS = 256, 3
LEAST_DEFAULT, LEAST_UNDERSTOOD, MOST_ALONE, MOST_EXPLAINING, MOST_LOADING, MOST_MEMORY = 1000, 400, 4.0, 40.0, 1.0, 250
ENGLISH, PORTUGUESE = "evaluation/wikipedia_with_perspective.csv.gz", "languages/pt.csv.gz"
_LOADS = (
    "import time; began = time.perf_counter(); import models; classifier = models.load()\n"
    "classifier.score(['Que dia bonito, obrigado a todos.'])\n"
    "print(time.perf_counter() - began, flush=True); input()"
)


def run() -> Report:
    """Rates first, then one comment alone, then loading and memory."""
    report = Report(
        "understanding",
        "The reader that understands",
        f"On one core, in batches of {BATCH}, medians of {TURNS} turns by turns with the fast reader. The Portuguese "
        "comments are the first 2,000 of ToLD-Br, 60 characters in the middle; Wikipedia's are 2,000 of Jigsaw's.",
    )
    if not all((DATA / path).exists() for path in (ENGLISH, PORTUGUESE)):
        report.add("everything", f"skipped: no data in {DATA.name} (set WINNOW_TRAINING_DATA)")
        return report
    english, portuguese = ([row["text"] for row in read_rows(DATA / path)][:2000] for path in (ENGLISH, PORTUGUESE))
    with _on_one_core():
        fast, both = models.load(reader="fast"), models.load()
        turns = [(_rate(fast, english), _rate(both, english), _rate(both, portuguese)) for _ in range(TURNS)]
        alone, default, understood = (statistics.median(rates) for rates in zip(*turns, strict=True))
        report.add("Wikipedia, fast reader alone", f"{alone:,.0f} per second")
        for what, rate, least in (
            ("Wikipedia, by default", default, LEAST_DEFAULT),
            ("Portuguese, by default", understood, LEAST_UNDERSTOOD),
        ):
            report.add(what, f"{rate:,.0f} per second", f"{least:,} per second", rate >= least)
        _one_alone(report, both, portuguese)
    _loading(report)
    return report


@contextmanager
def _on_one_core() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _rate(classifier: Classifier, texts: Sequence[str]) -> float:
    began = time.perf_counter()
    for at in range(0, len(texts), BATCH):
        classifier.score(texts[at : at + BATCH])
    return len(texts) / (time.perf_counter() - began)


def _one_alone(report: Report, classifier: Classifier, texts: Sequence[str]) -> None:
    for what, act, most in (
        ("one Portuguese comment alone", lambda text: classifier.score([text]), MOST_ALONE),
        ("explaining it", lambda text: classifier.explain(text, "toxicity"), MOST_EXPLAINING),
    ):
        median = median_milliseconds(act, (), texts[:200])
        report.add(what, f"median {median:.1f} ms", f"{most} ms", median <= most)


def _loading(report: Report) -> None:
    """Three processes at once: what each takes to load, and holds alone and shared."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _LOADS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(TURNS)
    ]
    took = [float(process.stdout.readline()) for process in processes if process.stdout is not None]
    held = [psutil.Process(process.pid).memory_full_info() for process in processes]
    for process in processes:
        process.communicate("\n")
    alone = [_load_alone(environment) for _ in range(TURNS)]
    report.add("loading and a first comment", f"{min(alone):.2f} s", f"{MOST_LOADING} s", min(alone) <= MOST_LOADING)
    report.add(f"the same, {TURNS} processes at once on two cores", f"{statistics.median(took):.2f} s")
    resident = statistics.median(one.rss for one in held) / 1e6
    shared = statistics.median(one.pss for one in held) / 1e6
    figure = f"{resident:.0f} MB resident, {shared:.0f} MB where three share the table"
    report.add("memory of a process that scores", figure, f"{MOST_MEMORY} MB resident", resident <= MOST_MEMORY)


def _load_alone(environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _LOADS], input="\n", capture_output=True, text=True, check=True, env=environment
    )
    return float(done.stdout)
