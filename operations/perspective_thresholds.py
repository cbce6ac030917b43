"""Translates thresholds on Perspective's scores into thresholds on ours that flag as many of the same comments."""

from __future__ import annotations

import csv
import gzip
import io
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scoring.classifier import Classifier
from operations.errors import OperatorError
from service.compat.perspective.attributes import LABELS

#: Names of the column that holds the comment; the first of them that is there is taken.
TEXT_COLUMNS = ("text", "comment", "comment_text", "comment_content", "body")
#: Coral's default threshold.
DEFAULT_THRESHOLD = 0.8
#: The share of 9,926 ordinary comments that Perspective's TOXICITY reached each threshold on (CAT_LARGE: Wikipedia
#: talk pages, scored in 2020; Pavlopoulos et al., 2020): for sites that have kept no scores.
REFERENCE_SHARES = {
    0: 1.0,
    0.1: 0.37094,
    0.2: 0.14739,
    0.3: 0.07092,
    0.4: 0.0399,
    0.5: 0.02388,
    0.6: 0.01551,
    0.7: 0.00876,
    0.8: 0.00403,
    0.85: 0.00272,
    0.9: 0.00151,
    0.95: 0.0005,
    1.0: 0.0,
}
_BATCH = 512


@dataclass(frozen=True)
class Comments:
    """A site's comments, and for some attributes the scores that Perspective gave them (not-a-number where unknown)."""

    texts: list[str]
    old_scores: dict[str, NDArray[np.float64]]
    #: Comments left out, because the classifier has not learnt their language.
    unjudged: int = 0


@dataclass(frozen=True)
class Proposal:
    """Our threshold for one on Perspective's scores. `threshold` is None where no comment was flagged before."""

    attribute: str
    old_threshold: float
    comments: int
    old_flagged: int
    threshold: float | None
    flagged: int
    #: Comments that both flag; None where the old scores are not known.
    flagged_by_both: int | None


def read(path: Path, classifier: Classifier) -> Comments:
    """Read a CSV file (also compressed with gzip) whose first line names the columns.

    Raises:
        OperatorError: it has no column of comments, or a score is not a number from 0 to 1.
    """
    with _open(path) as lines:
        rows = csv.DictReader(lines)
        names = {name.strip().lower(): name for name in rows.fieldnames or ()}
        text = next((names[name] for name in TEXT_COLUMNS if name in names), None)
        if text is None:
            raise OperatorError(f"{path} has no column of comments. Name one of its columns `text` in its first line.")
        columns = {
            attribute: names[name]
            for attribute in LABELS
            for name in (attribute.lower(), f"perspective_{attribute.lower()}")
            if name in names
        }
        texts: list[str] = []
        old_scores: dict[str, list[float]] = {attribute: [] for attribute in columns}
        unjudged = 0
        for row in rows:
            if not (row[text] or "").strip():
                continue
            if not classifier.judgeable(row[text]):
                unjudged += 1
                continue
            texts.append(row[text])
            for attribute, column in columns.items():
                old_scores[attribute].append(_score(row[column], path, rows.line_num))
    if not texts:
        raise OperatorError(f"{path} holds no comment that the classifier can judge.")
    return Comments(texts, {attribute: np.array(scores) for attribute, scores in old_scores.items()}, unjudged)


def propose(
    comments: Comments, classifier: Classifier, thresholds: Mapping[str, float], share: float | None = None
) -> list[Proposal]:
    """A proposal for each attribute and its old threshold: the one that flags as many comments.

    For comments without old scores, `share` of them counts as flagged before; None: the share of ordinary comments
    that Perspective flagged at that threshold.
    """
    scores = np.concatenate([classifier.score(batch) for batch in _batches(comments.texts)])
    proposals = []
    for attribute, old_threshold in thresholds.items():
        ours = scores[:, classifier.labels.index(LABELS[attribute])]
        old_scores = comments.old_scores.get(attribute)
        if old_scores is None:
            flagged = round(len(ours) * (share if share is not None else reference_share(old_threshold)))
            threshold = equal_flags(ours, flagged)
            reached = _reached(ours, threshold)
            flagged_by_both = None
        else:
            scored = ~np.isnan(old_scores)
            ours, flags = ours[scored], old_scores[scored] >= old_threshold
            flagged = int(flags.sum())
            threshold = equal_flags(ours, flagged)
            reached = _reached(ours, threshold)
            flagged_by_both = int((flags & reached).sum())
        proposals.append(
            Proposal(attribute, old_threshold, len(ours), flagged, threshold, int(reached.sum()), flagged_by_both)
        )
    return proposals


def equal_flags(scores: NDArray[np.float64], flagged: int) -> float | None:
    """The threshold that `flagged` of the scores reach, as nearly as ties allow; None when it should flag nothing."""
    if flagged <= 0 or not len(scores):
        return None
    ranked = np.sort(scores)[::-1]
    lowest = float(ranked[min(flagged, len(ranked)) - 1])
    below = float(ranked[flagged]) if flagged < len(ranked) else 0.0
    between = round((lowest + below) / 2, 4)
    return between if below < between <= lowest else math.floor(lowest * 10_000) / 10_000


def reference_share(threshold: float) -> float:
    """The share of ordinary comments that Perspective's TOXICITY flagged at a threshold, interpolated."""
    return float(np.interp(threshold, list(REFERENCE_SHARES), list(REFERENCE_SHARES.values())))


def _reached(scores: NDArray[np.float64], threshold: float | None) -> NDArray[np.bool_]:
    return scores >= threshold if threshold is not None else np.zeros(len(scores), dtype=bool)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _BATCH):
        yield texts[start : start + _BATCH]


def _open(path: Path) -> Any:
    csv.field_size_limit(sys.maxsize)
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    if compressed:
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _score(value: str | None, path: Path, line: int) -> float:
    if not (value or "").strip():
        return float("nan")
    try:
        number = float(value or "")
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise OperatorError(f"Line {line} of {path}: a score is no number from 0 to 1. Correct it, or leave it empty.")
    return number
