"""An edit: pending again, scored again, never published unread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from moderation import news
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, ReviewItem
from moderation.webhooks import afterwards
from tests.support.classifier import ChosenScores
from tests.support.clock import Clock
from tests.support.comments import accept, dump, rows, stored, submission


def edit(store: Store, queues: Queues, row: Comment, /, *, version: int | None = None, **changes: Any) -> bool:
    """What the API does: edit, commit, tell."""
    with store.write() as session:
        _, changed = comments.edit(session, row.site_id, row.id, changes, version=version)
    afterwards.tell(queues, news.of(session))
    return changed


def test_an_edit_makes_a_comment_pending_again_and_takes_its_decision_back(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    comment = accept(store, queues, site, "Fool. toxicity=0.6")
    scorer.run_batch()
    assert stored(store, comment.id).spans
    clock.advance(minutes=1)
    assert edit(store, queues, comment, comment="Better.")
    now = stored(store, comment.id)
    assert (now.status, now.comment, now.revision, now.version) == ("pending", "Better.", 2, 3)
    assert now.updated_at == clock.now
    assert [now.scores, now.reasons, now.spans, now.decided_by, now.decided_at] == [None] * 5


def test_an_edit_is_scored_again(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> None:
    comment = accept(store, queues, site, "Fine.")
    scorer.run_batch()
    edit(store, queues, comment, comment="Fool. toxicity=0.95")
    scorer.run_batch()
    assert (stored(store, comment.id).status, stored(store, comment.id).version) == ("rejected", 4)


def decide(store: Store, comment: Comment, action: Any, actor: str) -> None:
    with store.write() as session:
        comments.decide(session, comment.site_id, comment.id, action, actor=actor, reason="Not here.")


@pytest.mark.parametrize("actor", ["user:u_1", "site"])
def test_an_edit_does_not_get_past_the_person_who_rejected_it(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, actor: str
) -> None:
    comment = accept(store, queues, site, "They know what I mean.")
    scorer.run_batch()
    decide(store, comment, "reject", actor)
    for text in ("They know what I mean!", "They know what I mean!!"):
        edit(store, queues, comment, comment=text)
        edit(store, queues, comment, comment=f"{text}!")  # before the other was decided
        scorer.run_batch()
        now = stored(store, comment.id)
        assert (now.status, [reason["rule"] for reason in now.reasons or ()]) == ("flagged", ["edited"])
    decide(store, comment, "publish", actor)
    edit(store, queues, comment, comment="Fine.")
    scorer.run_batch()
    assert stored(store, comment.id).status == "published", "a person has said that it is all right"


def test_what_the_policy_alone_rejected_is_judged_anew(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fool. toxicity=0.95")
    scorer.run_batch()
    edit(store, queues, comment, comment="Fine.")
    scorer.run_batch()
    assert stored(store, comment.id).status == "published"


def test_the_words_before_an_edit_are_gone_from_everywhere(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "my telephone qwxyzzy toxicity=0.6")
    scorer.run_batch()
    edit(store, queues, comment, comment="Never mind.")
    assert "qwxyzzy" not in dump(store)
    assert rows(store, AuditEvent, action="comment.edited")[0].detail == {"fields": ["comment"]}


def test_an_edit_closes_the_review_items_of_what_it_replaced(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fool. toxicity=0.6")
    scorer.run_batch()
    edit(store, queues, comment, comment="Friend.")
    (item,) = rows(store, ReviewItem)
    assert (item.outcome, item.closed_by) == ("edit", "site")
    scorer.run_batch()
    assert stored(store, comment.id).status == "published"


def test_an_edit_that_changes_nothing_does_nothing(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fine.")
    scorer.run_batch()
    before = dump(store)
    assert not edit(store, queues, comment, comment="Fine.", name="Ada")
    assert dump(store) == before


def test_an_edit_on_the_strength_of_an_old_version_is_refused(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fine.")
    scorer.run_batch()
    with pytest.raises(comments.Stale):
        edit(store, queues, comment, comment="Better.", version=1)
    assert edit(store, queues, comment, comment="Better.", version=2)


def test_an_edit_of_the_author_counts_for_what_is_known_of_them(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fine.", email="ada@example.org")
    edit(store, queues, comment, email="Eve@Example.org")
    assert stored(store, comment.id).author_key == "eve@example.org"


def test_an_edited_comment_counts_as_repeated_by_what_it_says_now(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    accept(store, queues, site, "Buy my book.")
    clock.advance(seconds=1)
    comment = accept(store, queues, site, "Fine.")
    scorer.run_batch()
    edit(store, queues, comment, comment="buy  MY book.")
    scorer.run_batch()
    assert stored(store, comment.id).reasons[0]["rule"] == "repeated"  # type: ignore[index]


class EditsMeanwhile(ChosenScores):
    """A classifier during whose work the site edits the comment that is being scored."""

    def __init__(self, store: Store, queues: Queues, replacement: str) -> None:
        super().__init__()
        self.store, self.queues, self.replacement = store, queues, replacement
        self.comment: Comment | None = None

    def score(self, texts: Sequence[str], signals: Any = None) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        if self.comment is not None:
            comment, self.comment = self.comment, None
            edit(self.store, self.queues, comment, comment=self.replacement)
        return super().score(texts, signals)


def test_an_edit_between_claim_and_commit_is_scored_again_never_published_unread(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    classifier = EditsMeanwhile(store, queues, "Fool. toxicity=0.95")
    scorer = Scorer(store, queues, classifier)
    classifier.comment = comment = accept(store, queues, site, "Fine.")
    assert scorer.run_batch().written == []
    assert stored(store, comment.id).status == "pending"
    scorer.run_batch()
    assert stored(store, comment.id).status == "rejected"
    assert [event.revision for event in rows(store, AuditEvent, action="comment.decided")] == [2]


def test_a_replay_of_the_submission_after_an_edit_is_still_a_replay(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fine.", external_id="1")
    edit(store, queues, comment, comment="Better.")
    (outcome,) = submissions.submit(store, queues, site.id, [submission("Fine.", external_id="1")])
    assert outcome.kind == "replayed"
    assert outcome.comment is not None
    assert outcome.comment.comment == "Better."
