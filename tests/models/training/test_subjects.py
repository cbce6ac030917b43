"""A training without the sets of the subjects says so, and makes a model that does not judge them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import models
from models import artifact
from models.labels import CORE_LABELS
from models.training import subjects
from models.training.stages import Stages


def test_without_its_sets_nothing_is_learnt_and_that_is_told(tmp_path: Path) -> None:
    before = artifact.read(artifact.SHIPPED)
    told: list[str] = []
    assert subjects.learn(tmp_path, before, Stages(None), told.append) is before
    assert told == [
        "learnt no subjects, for want of subjects/reddit.csv.gz and subjects/prompts.csv.gz: docs/decisions/0109 says "
        "where they are from"
    ]


def test_a_model_that_has_not_learnt_subjects_has_no_such_labels(tmp_path: Path) -> None:
    shipped = artifact.read(artifact.SHIPPED)
    arrays = {name: array for name, array in shipped.arrays.items() if not name.startswith("subject")}
    manifest = {
        key: value for key, value in shipped.manifest.items() if key not in ("asking", "files", "seal", "format")
    }
    artifact.write(tmp_path, replace(shipped, arrays=arrays, manifest=manifest))
    classifier, whole = models.load(tmp_path), models.load()
    texts = ["You are a stupid idiot.", "I want to end my life tonight.", "Vielen Dank für den schönen Artikel"]
    assert classifier.labels == CORE_LABELS
    assert set(classifier.thresholds["balanced"]) == set(CORE_LABELS)
    scores = classifier.score(texts)
    assert scores.shape == (3, len(CORE_LABELS))
    assert (scores == whole.score(texts)[:, : len(CORE_LABELS)]).all()
    assert set(classifier.explain_all(texts, [list(CORE_LABELS)] * 3)[0]) == set(CORE_LABELS)
