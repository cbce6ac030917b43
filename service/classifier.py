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


def classifier() -> Classifier:
    """The classifier that comes with Winnow.

    Raises:
        models.ArtifactError: it cannot be used; the message says what to do.
    """
    with _lock:
        if not _loaded:
            _loaded.append(models.load())
        return _loaded[0]


def presets() -> Presets:
    """The classifier's thresholds, by preset and label."""
    return classifier().thresholds
