"""Read the labelled comments that the classifier learns from. Which sources, and why so, is in MODEL_CARD.md."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.labels import COLUMN, CORE_LABELS
from models.training.innocent import innocent_sentences
from texts.normalization import normalize

UNKNOWN = np.nan
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_JIGSAW_COLUMNS = {
    "severe_toxicity": "severe_toxic",
    "insult": "insult",
    "profanity": "obscene",
    "threat": "threat",
    "identity_attack": "identity_hate",
}


@dataclass
class Examples:
    """Comments and what is known about them.

    Attributes
    ----------
    texts : n comments
    targets : shape (n, n_labels), the probability of each label, NaN where it is unknown
    weights : shape (n,), how much each comment counts
    source : shape (n,), the name of the set that it comes from
    split : shape (n,), "train" or "dev"
    fold : shape (n,), for the spam sets the fold to leave out together, else -1
    """

    texts: list[str]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    source: NDArray[np.str_]
    split: NDArray[np.str_]
    fold: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.intp]) -> Examples:
        """The examples at the given rows."""
        texts = [self.texts[row] for row in rows]
        return Examples(
            texts, self.targets[rows], self.weights[rows], self.source[rows], self.split[rows], self.fold[rows]
        )


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a gzipped CSV file. Raises FileNotFoundError."""
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _known(**targets: float) -> NDArray[np.float32]:
    row = np.full(len(CORE_LABELS), UNKNOWN, dtype=np.float32)
    for label, value in targets.items():
        row[COLUMN[label]] = value
    return row


def _harmless() -> NDArray[np.float32]:
    return np.zeros(len(CORE_LABELS), dtype=np.float32)


def _jigsaw(row: dict[str, str]) -> NDArray[np.float32]:
    if row["any_label"] == "0":
        return _harmless()  # none of the six, and no advertisement
    if row["toxic"] == "":
        return _known(toxicity=1.0, spam=0.0)
    return _known(toxicity=1.0, spam=0.0, **{label: float(row[column]) for label, column in _JIGSAW_COLUMNS.items()})


def _civil(row: dict[str, str]) -> NDArray[np.float32]:
    raters = float(row["raters"])
    share = {label: float(row[label]) / raters for label in ("insult", "threat", "identity_attack", "profanity")}
    return _known(toxicity=1.0 - float(row["not_toxic"]) / raters, spam=0.0, **share)


def _davidson(row: dict[str, str]) -> NDArray[np.float32]:
    raters = float(row["raters"])
    return _known(toxicity=1.0 - float(row["neither"]) / raters, identity_attack=float(row["hate"]) / raters, spam=0.0)


def _hatemoji(row: dict[str, str]) -> NDArray[np.float32]:
    bad = float(row["label_gold"])
    return _known(toxicity=bad, identity_attack=bad) if bad else _harmless()


def _roman_urdu(row: dict[str, str]) -> NDArray[np.float32]:
    return _known(toxicity=float(row["abusive"]), spam=0.0)


def _spam(row: dict[str, str]) -> NDArray[np.float32]:
    return _known(spam=float(row["spam"]))


_UNMARKED = "civil_unmarked"
_SOURCES: dict[str, tuple[str, Callable[[dict[str, str]], NDArray[np.float32]], float]] = {
    "jigsaw": ("toxicity/jigsaw.csv.gz", _jigsaw, 1.0),
    "civil": ("toxicity/civil_comments_spans.csv.gz", _civil, 0.3),
    # The sentences in which no rater marked anything, of comments whose other sentences may be bad.
    _UNMARKED: ("toxicity/civil_comments_spans_offsets.csv.gz", lambda _: _harmless(), 0.1),
    "davidson": ("toxicity/davidson_tweets.csv.gz", _davidson, 0.1),
    "hatemoji": ("toxicity/hatemoji_build.csv.gz", _hatemoji, 0.5),
    "roman_urdu": ("toxicity/roman_urdu.csv.gz", _roman_urdu, 2.0),
    # Of spam under articles the videos' comments tell most; texts from telephones and contact forms are another world.
    "youtube": ("spam/youtube_comments.csv.gz", _spam, 8.0),
    "sms": ("spam/sms.csv.gz", _spam, 0.1),
    "web_forms": ("spam/web_forms.csv.gz", _spam, 0.2),
}
SOURCES = tuple(_SOURCES)
SPAM_SOURCES = ("youtube", "sms", "web_forms")


def source_path(data: Path, source: str) -> Path:
    """Where a source lies in the data directory."""
    return data / _SOURCES[source][0]


def read_source(data: Path, source: str) -> Examples:
    """One set of labelled comments. Raises FileNotFoundError when it is not in `data`."""
    _, target_of, weight = _SOURCES[source]
    texts, targets, splits, folds = [], [], [], []
    rows = _unmarked_sentences(data) if source == _UNMARKED else read_rows(source_path(data, source))
    for position, row in enumerate(rows):
        if source == "web_forms" and row["spam"] == "0":
            continue  # the messages called wanted look written by a machine
        texts.append(row["text"])
        targets.append(target_of(row))
        splits.append(_split_of(row))
        folds.append(_fold_of(row, position) if source in SPAM_SOURCES else -1)
    count = len(texts)
    return Examples(
        texts,
        np.stack(targets),
        np.full(count, weight, dtype=np.float32),
        np.full(count, source),
        np.array(splits),
        np.array(folds),
    )


def _unmarked_sentences(data: Path) -> Iterator[dict[str, str]]:
    """The sentences of three words or more, of longer Civil Comments, in which no rater marked anything."""
    marks: dict[str, list[tuple[int, int]]] = {}
    for row in read_rows(source_path(data, _UNMARKED)):
        marks.setdefault(row["comment_id"], []).append((int(row["start"]), int(row["end"])))
    for row in read_rows(source_path(data, "civil")):
        sentences = list(_SENTENCE.finditer(row["text"]))
        for sentence in sentences if len(sentences) > 1 else ():
            start, end = sentence.span()
            marked = any(first < end and start < last for first, last in marks.get(row["comment_id"], ()))
            if not marked and len(sentence.group().split()) >= 3:
                yield {"comment_id": row["comment_id"], "text": sentence.group().strip()}


def _split_of(row: dict[str, str]) -> str:
    if "comment_id" in row:
        return "dev" if row["comment_id"].endswith("0") else "train"
    return "train" if row.get("split", "train") == "train" else "dev"


def _fold_of(row: dict[str, str], position: int) -> int:
    return int(row["video"][len("Youtube") :][:2]) - 1 if "video" in row else position % 4


def fingerprint(text: str) -> str:
    """A hexadecimal digest of a text's letters and digits as they are read, alike for copies in other writing."""
    return hashlib.sha256("".join(filter(str.isalnum, normalize(text).casefold())).encode()).hexdigest()


def tested_fingerprints(data: Path, examples: Examples) -> set[str]:
    """The fingerprints of all texts that judge the classifier: evaluation and development sets, innocent sentences."""
    tested = {fingerprint(text) for half in (False, True) for _, text in innocent_sentences(held_out=half)}
    tested |= {fingerprint(examples.texts[row]) for row in np.flatnonzero(examples.split == "dev")}
    for path in sorted((data / "evaluation").glob("*.csv.gz")):
        tested |= {fingerprint(row["text"]) for row in read_rows(path)}
    return tested


def join(parts: list[Examples]) -> Examples:
    """Several sets as one."""
    return Examples(
        [text for part in parts for text in part.texts],
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.split for part in parts]),
        np.concatenate([part.fold for part in parts]),
    )
