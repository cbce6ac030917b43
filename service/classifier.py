"""The classifier of a web process: loaded once, when a page or a protocol first needs it."""

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
    """The classifier that comes with Winnow.

    Raises:
        models.ArtifactError: it cannot be used; the message says what to do.
    """
    with _lock:
        if not _loaded:
            _loaded.append(models.load(reader=_reader[0]))
        return _loaded[0]


def presets() -> Presets:
    """The classifier's thresholds, by preset and label."""
    return classifier().thresholds
