"""The classifier beside alt-profanity-check, one core each, by turns; and what one comment, loading and memory cost."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import models
from benchmarks import texts
from benchmarks.report import Report
from models.scoring.classifier import Classifier
from models.training.datasets import read_rows

DATA = Path(os.environ.get("WINNOW_TRAINING_DATA", Path(__file__).parents[2] / "shared" / "data"))
OTHER_NAME = "alt-profanity-check"
OTHER = f"{OTHER_NAME}==1.9.1"
SETS = {
    "wikipedia": ("evaluation/wikipedia_with_perspective.csv.gz", "Wikipedia talk pages (wikipedia_with_perspective)"),
    "youtube": ("spam/youtube_comments.csv.gz", "short comments (youtube_comments, four times over)"),
}
TURNS = 5
#: The ratio that was asked for since, of words that are known.
LEAST_KNOWN = {"wikipedia": 0.9}
LEAST_RATIO, MOST_ALONE, MOST_EXPLAINING, MOST_LOADING, MOST_MEMORY = 0.5, 0.3, 2.0, 0.5, 120.0
#: Times that a character of a text of a million may cost what it costs in one of ten thousand.
MOST_GROWTH = 2.0
KINDS = {
    "prose": "The weather report was fine, and the trains ran on time. ",
    "one long word": "a",
    "spaces": " ",
    "only <": "<",
    "nested entities": "&amp;amp;",
    "dotted letters": "a.",
    "masked letters": "f*",
    "line ends": "a-\n",
    "not ASCII": "é",
}
_PROCESS = Path(__file__).with_name("classifying_process.py")
_ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def run() -> Report:
    """Rates beside the other's first, then ours alone."""
    report = Report(
        "classifying",
        "The classifier",
        f"The fast reader, in batches of 256 on one core beside {OTHER} (in an environment of its own), by turns, "
        f"medians of {TURNS}. *From nothing*: the words of these comments were not met before, as after loading. "
        "*Again*: they were. What follows is of both readers, as they come: one comment alone and its explanation of "
        "500 different ones of about 400 characters.",
    )
    _beside_the_other(report)
    classifier = models.load()
    _one_alone(report, classifier)
    _long_texts(report, classifier)
    _loading(report)
    return report


def _beside_the_other(report: Report) -> None:
    if not all((DATA / path).exists() for path, _ in SETS.values()):
        report.add(f"beside {OTHER}", f"skipped: no data in {DATA.name} (set WINNOW_TRAINING_DATA)")
        return
    with tempfile.TemporaryDirectory() as folder:
        python = _other_python(Path(folder))
        if python is None:
            report.add(f"beside {OTHER}", "skipped: pip could not install it")
            return
        path = Path(folder) / "texts.json"
        sets = {name: [row["text"] for row in read_rows(DATA / file)] for name, (file, _) in SETS.items()}
        sets["youtube"] *= 4
        path.write_text(json.dumps(sets), encoding="utf-8")
        with _process(sys.executable, "winnow", path) as ours, _process(python, "alt", path) as theirs:
            for name, (_, title) in SETS.items():
                _compare(report, title, len(sets[name]), name, ours, theirs)


def _compare(
    report: Report, title: str, count: int, name: str, ours: subprocess.Popen[str], theirs: subprocess.Popen[str]
) -> None:
    turns = [(_ask(ours, name, "fresh"), _ask(ours, name, "again"), _ask(theirs, name, "again")) for _ in range(TURNS)]
    cold, warm, other = (count / statistics.median(taken) for taken in zip(*turns, strict=True))
    for what, rate, least in (
        ("from nothing", cold, LEAST_RATIO),
        ("again", warm, LEAST_KNOWN.get(name, LEAST_RATIO)),
    ):
        ratio = rate / other
        figure = f"{ratio:.2f} times ({rate:,.0f} / {other:,.0f} per second)"
        report.add(f"{title}, {what} / {OTHER_NAME}", figure, f"{least} times", ratio >= least)


def _other_python(folder: Path) -> str | None:
    """Python in a new environment that has the other classifier; None where it cannot be installed."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    installed = subprocess.run([python, "-m", "pip", "install", "-q", OTHER], check=False, capture_output=True)
    return python if installed.returncode == 0 else None


@contextmanager
def _process(python: str, which: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [python, "-P", str(_PROCESS), which, str(path)]  # `benchmarks/texts.py` would stand for our `texts`
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_ENVIRONMENT
    ) as started:
        assert started.stdin is not None
        assert started.stdout is not None
        if started.stdout.readline() != "ready\n":
            raise RuntimeError(f"{which} did not start")
        try:
            yield started
        finally:
            started.stdin.close()


def _ask(process: subprocess.Popen[str], name: str, fresh: str) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{name} {fresh}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def _one_alone(report: Report, classifier: Classifier) -> None:
    made = list(islice(_of_400_characters(), 600))
    for what, act, most in (
        ("one comment alone", lambda text: classifier.score([text]), MOST_ALONE),
        ("explaining one comment", lambda text: classifier.explain(text, "toxicity"), MOST_EXPLAINING),
    ):
        median = median_milliseconds(act, made[:100], made[100:])
        report.add(what, f"median {median:.2f} ms", f"{most} ms", median <= most)


def median_milliseconds(act: Callable[[str], object], first: Sequence[str], texts: Sequence[str]) -> float:
    """How long `act` takes for one of `texts`, after the `first` ones, which are not counted."""
    taken = []
    for text in (*first, *texts):
        began = time.perf_counter()
        act(text)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[len(first) :]) * 1000


def _of_400_characters() -> Iterator[str]:
    made = texts.comments(17)
    while True:
        text = ""
        while len(text) < 400:
            text += " " + next(made)
        yield text[:400]


def _long_texts(report: Report, classifier: Classifier) -> None:
    for kind, piece in KINDS.items():
        each = {size: _seconds(classifier, (piece * size)[:size]) for size in (1_000, 10_000, 100_000, 1_000_000)}
        growth = each[1_000_000] / each[10_000] / 100
        figures = ", ".join(f"{seconds * 1000:,.1f}" for seconds in each.values())
        figure = f"{figures} ms; a character of a million costs {growth:.1f} times one of ten thousand"
        most = f"linear, within {MOST_GROWTH:.0f} times"
        report.add(f"a text of 1, 10, 100 and 1,000 thousand characters: {kind}", figure, most, growth <= MOST_GROWTH)


def _seconds(classifier: Classifier, text: str) -> float:
    taken = []
    for _ in range(3):
        began = time.process_time()
        classifier.score([text])
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _loading(report: Report) -> None:
    script = (
        "import os, time, numpy, psutil\n"
        "own = psutil.Process(); before = own.memory_info().rss; began = time.perf_counter()\n"
        "import models; classifier = models.load(); took = time.perf_counter() - began\n"
        "classifier.score(['Hello there']); loaded = own.memory_info().rss - before\n"
        "for at in range(150): classifier.score([f'w{at}x{number} a{number}b{at}' for number in range(500)])\n"
        "mapped = sum(map.rss - map.private_dirty for map in own.memory_maps() if map.path.endswith('.npy'))\n"
        "print(took, loaded / 1e6, (own.memory_info().rss - before) / 1e6, mapped / 1e6)"
    )
    measured = [
        [float(figure) for figure in subprocess.check_output([sys.executable, "-c", script], text=True).split()]
        for _ in range(TURNS)
    ]
    took, loaded, full, mapped = (statistics.median(figures) for figures in zip(*measured, strict=True))
    report.add("loading, without NumPy", f"{took:.2f} s", f"{MOST_LOADING} s", took <= MOST_LOADING)
    figure = (
        f"{loaded:.0f} MB after loading, {full:.0f} MB once it remembers as many words as it ever does, "
        f"of which {mapped:.0f} MB are mapped tables that all processes share"
    )
    report.add("memory beyond Python with NumPy", figure, f"{MOST_MEMORY:.0f} MB", full <= MOST_MEMORY)
