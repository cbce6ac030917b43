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


def classifier() -> Classifier:
    """The classifier that ships.

    Raises:
        models.ArtifactError: it cannot be used; the message says what to do.
    """
    with _lock:
        if not _loaded:
            _loaded.append(models.load())
        return _loaded[0]


def presets() -> Presets:
    """Its thresholds, by preset and label."""
    return classifier().thresholds
