"""The classifier of a web process: read once, and only when a page or a protocol wants it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import models
from moderation.policy.terms import Presets

if TYPE_CHECKING:
    from models.scoring.classifier import Classifier

_lock = threading.Lock()
_loaded: list[Classifier] = []
_reader: list[str] = ["unsure"]


def read_with(reader: str) -> None:
    """Say when the classifier, once it is wanted, is to ask its reader that understands (`WINNOW_READER`)."""
    with _lock:
        _reader[:] = [reader]
        _loaded[:] = [one for one in _loaded if one.reader == reader]


def classifier() -> Classifier:
    """The classifier that ships.

    Raises:
        models.ArtifactError: it cannot be used; the message says what to do.
    """
    with _lock:
        if not _loaded:
            _loaded.append(models.load(reader=_reader[0]))
        return _loaded[0]


def presets() -> Presets:
    """Its thresholds, by preset and label."""
    return classifier().thresholds
