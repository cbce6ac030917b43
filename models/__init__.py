"""Winnow's spam and toxicity classifier.

    classifier = models.load()
    classifier.score(["Great article!"])

Importing this package costs little: NumPy and the trained model come with `load`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.artifact import ArtifactError
from models.labels import LABELS

if TYPE_CHECKING:
    from models.scoring.classifier import Classifier

__all__ = ["LABELS", "ArtifactError", "load"]


def load(path: str | Path | None = None, reader: str = "unsure") -> Classifier:
    """The classifier that ships with Winnow, or the one that `winnow train` wrote into `path`.

    `reader` is "always", "unsure" or "fast": when the reader that understands is asked beside the fast one.

    Raises
    ------
    ArtifactError : the model is missing, truncated, altered or too new; the message says what to do
    """
    from models.scoring import classifier  # noqa: PLC0415 - NumPy loads only when a classifier is wanted

    return classifier.load(path, reader)
