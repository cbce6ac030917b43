"""How well the classifier tells what comments are about: sexual content and self-harm."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from models.evaluation.card import Table
from models.evaluation.languages import count_rows, score_all
from models.labels import COLUMN, SUBJECT_LABELS
from models.package_data import read_text
from models.scoring.classifier import Classifier
from models.training.datasets import read_rows, read_source
from models.training.metrics import auc_with_interval

#: OpenAI's labelled texts, as they publish them, and what they call our labels.
PUBLISHED = "evaluation/samples-1680.jsonl.gz"
_CALLED = {"sexual": "S", "self_harm": "SH"}


def subject_sentences() -> dict[str, dict[str, list[str]]]:
    """Our own sentences (subjects.toml): language code -> those of each subject, and harmless ones beside them."""
    return tomllib.loads(read_text("models.evaluation", "subjects.toml"))


def sayings(name: str) -> dict[str, dict[str, list[str]]]:
    """Our own sayings of `self_harm`, and `harmless` ones, by language (self_harm.toml, self_harm_apart.toml)."""
    return tomllib.loads(read_text("models.evaluation", name))


def measure_subjects(classifier: Classifier, data: Path) -> list[Table]:
    """Tables for the card: none of a model that has not learnt subjects, and OpenAI's only where their set is there."""
    if SUBJECT_LABELS[0] not in classifier.labels:
        return []
    published = [_published(classifier, data)] if (data / PUBLISHED).is_file() else []
    return [*published, _harmless(classifier, data), _ours(classifier), _sayings(classifier)]


def _flag_at(classifier: Classifier, label: str) -> float:
    return float(classifier.thresholds["balanced"][label]["flag_at"])


def _share_above(classifier: Classifier, label: str, scores: NDArray[np.float64]) -> str:
    return f"{(scores[:, COLUMN[label]] >= _flag_at(classifier, label)).mean():.2%}"


def _published(classifier: Classifier, data: Path) -> Table:
    with gzip.open(data / PUBLISHED, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    scores = score_all(classifier, [row["prompt"] for row in rows])
    table = []
    for label in SUBJECT_LABELS:
        known = np.array([_CALLED[label] in row for row in rows])
        about = np.array([row.get(_CALLED[label], 0) == 1 for row in rows])[known]
        its = scores[known]
        table.append([
            label,
            f"{known.sum():,}",
            f"{about.sum():,}",
            str(auc_with_interval(about, its[:, COLUMN[label]])),
            f"{average_precision_score(about, its[:, COLUMN[label]]):.3f}",
            _share_above(classifier, label, its[about]),
            _share_above(classifier, label, its[~about]),
        ])  # fmt: skip
    title = "Subjects: OpenAI's published moderation set (English, MIT)"
    columns = ["label", "texts", "about it", "ROC AUC", "average precision", "of these flagged", "others flagged"]
    return title, columns, table


def _harmless(classifier: Classifier, data: Path) -> Table:
    """Of comments that were written as they come, how many are flagged that nobody called bad."""
    table = []
    for name, texts in _as_written(data):
        scores = score_all(classifier, texts)
        table.append([name, f"{len(texts):,}", *(_share_above(classifier, label, scores) for label in SUBJECT_LABELS)])
    return "Subjects: harmless comments above a default threshold", ["set", "comments", *SUBJECT_LABELS], table


def _as_written(data: Path) -> Iterator[tuple[str, Sequence[str]]]:
    jigsaw = read_source(data, "jigsaw")
    harmless = np.flatnonzero((jigsaw.split == "dev") & (jigsaw.targets[:, COLUMN["toxicity"]] < 0.5))
    yield "Jigsaw development", jigsaw.take(harmless).texts
    rows = read_rows(data / "evaluation/globe_and_mail_unhealthy.csv.gz")
    yield "globe_and_mail_unhealthy, healthy", [row["text"] for row in rows if row["healthy"] == "1"]
    rows = read_rows(data / "evaluation/wikipedia_with_perspective.csv.gz")
    yield "wikipedia_with_perspective, not toxic", [row["text"] for row in rows if float(row["label"]) < 0.5]


def _ours(classifier: Classifier) -> Table:
    table = []
    for code, lists in subject_sentences().items():
        row = [code]
        for label in SUBJECT_LABELS:
            for name in (label, f"beside_{label}"):
                scores = score_all(classifier, lists[name])[:, COLUMN[label]]
                row.append(f"{(scores >= _flag_at(classifier, label)).sum()} of {len(scores)}")
        table.append(row)
    title = "Subjects: sentences of our own above a default threshold; looked at while choosing"
    columns = ["language", "sexual", "harmless beside", "self-harm", "harmless beside"]
    return title, columns, table


def _sayings(classifier: Classifier) -> Table:
    """How many plain sayings of self-harm are told, and harmless ones that look like them; each with its language."""
    label = SUBJECT_LABELS[1]
    sets = sayings("self_harm.toml"), sayings("self_harm_apart.toml")
    counts: dict[str, list[tuple[int, int]]] = {}
    for code in sets[0]:
        counts[code] = []
        for texts in (its[code][kind] for its in sets for kind in (label, "harmless")):
            scores = classifier.score(texts, [{"languages": [code]}] * len(texts))[:, COLUMN[label]]
            counts[code].append((int((scores >= _flag_at(classifier, label)).sum()), len(texts)))
    title = (
        "Self-harm in plain sayings, and harmless ones that look like them, of our own, above its default threshold: "
        "those developed with, and those written before anything of 2.8.0"
    )
    columns = [f"{kind}, {half}" for half in ("developed with", "apart") for kind in ("self-harm", "harmless")]
    return title, ["language", *columns], count_rows(counts)
