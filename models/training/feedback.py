"""Read what people said of comments: `feedback.jsonl`, as `winnow feedback export` writes it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from models.labels import CORE_LABELS
from models.training.datasets import UNKNOWN, Examples

FILE = "feedback.jsonl"


def read_feedback(data: Path) -> Examples | None:
    """The examples, each with the weight that it was given; None where there is no such file.

    Raises
    ------
    ValueError : a line is not such an example; the message says which
    """
    path = data / FILE
    if not path.is_file():
        return None
    texts, targets, weights = [], [], []
    lines = path.read_text(encoding="utf-8").split("\n")  # a text may hold other line ends
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            example = json.loads(line)
            values = {label: float(example["labels"][label]) for label in CORE_LABELS if label in example["labels"]}
            text, weight = str(example["text"]), float(example["weight"])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValueError(f"Line {number} of {path} is no example that `winnow feedback export` wrote.") from None
        if not 0.0 <= weight <= 1.0 or not all(0.0 <= value <= 1.0 for value in values.values()):
            raise ValueError(f"Line {number} of {path} has a weight or a label that is not between 0 and 1.")
        texts.append(text)
        targets.append([values.get(label, UNKNOWN) for label in CORE_LABELS])
        weights.append(weight)
    if not texts:
        return None
    count = len(texts)
    return Examples(
        texts,
        np.array(targets, dtype=np.float32),
        np.array(weights, dtype=np.float32),
        np.full(count, "feedback"),
        np.full(count, "train"),
        np.full(count, -1),
    )
