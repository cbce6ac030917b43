"""Draw the card's plots. Needs the `evaluate` extra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve


@dataclass(frozen=True)
class Slice:
    """A set of comments: its name, which of them are bad, and their scores."""

    name: str
    truth: NDArray[np.bool_]
    score: NDArray[np.float64]


def draw(slices: Sequence[Slice], folder: Path) -> None:
    """One picture a slice: ROC, precision-recall, reliability and the scores' histogram.

    Raises ImportError where matplotlib is not installed: `pip install "winnow[evaluate]"`.
    """
    import matplotlib  # noqa: PLC0415 - an optional dependency

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    for part in slices:
        figure, axes = pyplot.subplots(1, 4, figsize=(14, 3.3), layout="constrained")
        _roc(axes[0], part)
        _precision_recall(axes[1], part)
        _reliability(axes[2], part)
        _histogram(axes[3], part)
        figure.savefig(folder / f"{part.name}.png", dpi=70, metadata={"Software": None})
        pyplot.close(figure)


def _roc(axes: Any, part: Slice) -> None:
    false_positive, true_positive, _ = roc_curve(part.truth, part.score)
    axes.plot(false_positive, true_positive)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(title="ROC", xlabel="false positive rate", ylabel="true positive rate")


def _precision_recall(axes: Any, part: Slice) -> None:
    precision, recall, _ = precision_recall_curve(part.truth, part.score)
    axes.plot(recall, precision)
    axes.set(title="precision and recall", xlabel="recall", ylabel="precision", ylim=(0, 1.02))


def _reliability(axes: Any, part: Slice) -> None:
    bins = [rows for rows in np.array_split(np.argsort(part.score, kind="stable"), 15) if len(rows)]
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([part.score[rows].mean() for rows in bins], [part.truth[rows].mean() for rows in bins], marker="o")
    axes.set(title="reliability", xlabel="mean score", ylabel="share that is bad")


def _histogram(axes: Any, part: Slice) -> None:
    for bad, name in ((False, "good"), (True, "bad")):
        axes.hist(part.score[part.truth == bad], bins=30, range=(0, 1), histtype="step", label=name, density=True)
    axes.set(title="scores", xlabel="score", yscale="log")
    axes.legend()
