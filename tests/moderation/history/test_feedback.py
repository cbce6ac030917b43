"""Feedback: labelled examples of each site, deduplicated, weighed so that no site decides for the others."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from models.labels import CORE_LABELS
from models.training.feedback import read_feedback
from moderation.decisions import comments
from moderation.history import feedback, retention
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Feedback
from tests.support.clock import Clock


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Feedback)) or 0


def say(store: Store, site: CreatedSite, text: str, source: str = "akismet", **labels: float) -> int:
    return feedback.record(store, site.id, source=source, text=text, labels=labels)


def test_an_example_keeps_its_text_labels_source_and_site(store: Store, site: CreatedSite) -> None:
    detail = {"comment_id": "17"}
    feedback.record(
        store, site.id, source="perspective", text="You fool", labels={"insult": 0.9, "toxicity": 1}, detail=detail
    )
    assert list(feedback.export(store)) == [
        {
            "text": "You fool",
            "labels": {"insult": 0.9, "toxicity": 1.0},
            "source": "perspective",
            "site": site.id,
            "weight": 1.0,
        }
    ]
    with store.read() as session:
        assert {row.detail["comment_id"] for row in session.scalars(select(Feedback)) if row.detail} == {"17"}


def test_a_changed_mind_replaces_what_was_said(store: Store, site: CreatedSite) -> None:
    assert say(store, site, "Buy now", spam=1.0) == 1
    assert say(store, site, "  buy   NOW ", spam=0.0) == 0
    assert say(store, site, "Buy now", toxicity=0.0) == 1
    [example] = feedback.export(store)
    assert example["labels"] == {"spam": 0.0, "toxicity": 0.0}


def test_sources_and_sites_are_kept_apart(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    say(store, site, "Buy now", spam=1.0)
    say(store, site, "Buy now", "perspective", spam=0.0)
    say(store, other_site, "Buy now", spam=0.0)
    assert len(list(feedback.export(store))) == 3
    assert [example["labels"] for example in feedback.export(store, other_site.id)] == [{"spam": 0.0}]


def test_a_site_weighs_no_more_than_its_share(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    assert [feedback.weight_of(number) for number in (1, 1000, 2000, 100_000)] == [1.0, 1.0, 0.5, 0.01]


def test_a_flood_from_one_site_is_weighed_down_and_no_other_is(
    store: Store, site: CreatedSite, other_site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "SITE_WEIGHT", 4.0)
    monkeypatch.setattr(feedback, "_PAGE", 3)
    for number in range(8):
        say(store, site, f"Poison {number}", spam=0.0, toxicity=0.0)
    say(store, other_site, "Honest", spam=1.0)
    weights = {example["text"]: example["weight"] for example in feedback.export(store)}
    assert len(weights) == 9
    assert sum(weight for text, weight in weights.items() if text.startswith("Poison")) == 4.0
    assert weights["Honest"] == 1.0


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_value_that_is_no_probability_is_refused(store: Store, site: CreatedSite, value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        say(store, site, "Buy now", spam=value)
    assert count(store) == 0


def test_the_same_said_at_once_leaves_one_example(store: Store, site: CreatedSite) -> None:
    threads = [threading.Thread(target=say, args=(store, site, "Buy now"), kwargs={"spam": 1.0}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert count(store) == 1


def test_erasing_a_comment_takes_what_was_said_of_its_text(
    store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite
) -> None:
    submission = Submission(name="Ada", comment="My name is Ada")
    [outcome] = submissions.submit(store, queues, site.id, [submission])
    for one in (site, other_site):
        say(store, one, "my name is  ADA", spam=1.0)
    assert outcome.comment is not None
    with store.write() as session:
        comments.erase(session, site.id, outcome.comment.id)
    assert [example["site"] for example in feedback.export(store)] == [other_site.id]


def test_what_was_said_of_a_text_can_be_erased(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    say(store, site, "My name is Ada", spam=1.0)
    say(store, other_site, "My name is Ada", spam=1.0)
    with store.write() as session:
        assert feedback.erase(session, site.id, "my name is  ADA") == 1
    assert count(store) == 1


def test_what_is_exported_can_be_trained_on(
    store: Store, site: CreatedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "SITE_WEIGHT", 1.0)
    say(store, site, "Käufe\u2028jetzt", spam=1.0)
    say(store, site, "You fool", insult=0.75, toxicity=1.0)
    lines = [json.dumps(example, ensure_ascii=False) for example in feedback.export(store)]
    (tmp_path / "feedback.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read_feedback(tmp_path)
    assert found is not None
    spam, insult = CORE_LABELS.index("spam"), CORE_LABELS.index("insult")
    targets = dict(zip(found.texts, found.targets, strict=True))
    assert targets["Käufe\u2028jetzt"][spam] == 1.0
    assert np.isnan(targets["Käufe\u2028jetzt"][insult])
    assert targets["You fool"][insult] == 0.75
    assert found.weights.sum() == 1.0


@pytest.mark.parametrize("line", ["{", '{"text": "x"}', '{"text": "x", "labels": {"spam": 3}, "weight": 1}'])
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "feedback.jsonl").write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="Line 2"):
        read_feedback(tmp_path)


def test_no_feedback_is_no_set(tmp_path: Path) -> None:
    assert read_feedback(tmp_path) is None


def test_the_oldest_examples_of_a_site_make_room_for_new_ones(
    store: Store, site: CreatedSite, other_site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MOST_EXAMPLES", 3)
    say(store, other_site, "of another site", spam=1.0)
    for number in range(5):
        say(store, site, f"text {number}", spam=1.0)
    say(store, site, "text 2", spam=0.0)  # said again, it is the newest
    kept = [(one["text"], one["labels"]["spam"]) for one in feedback.export(store, site.id)]
    assert sorted(kept) == [("text 2", 0.0), ("text 3", 1.0), ("text 4", 1.0)]
    assert len(list(feedback.export(store, other_site.id))) == 1


def test_examples_are_forgotten_in_the_end(store: Store, site: CreatedSite, clock: Clock) -> None:
    say(store, site, "old", spam=1.0)
    clock.advance(days=retention.FEEDBACK_KEPT.days - 1)
    say(store, site, "new", spam=1.0)
    assert retention.purge(store) == 0
    clock.advance(days=2)
    assert retention.purge(store) == 1
    assert [one["text"] for one in feedback.export(store)] == ["new"]
