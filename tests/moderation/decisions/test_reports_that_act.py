"""Readers' reports: who was right before, when reports hide a comment, and dismissing all of somebody's reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moderation.decisions import comments, reports, undoing
from moderation.decisions.scoring import Scorer
from moderation.errors import NotFound
from moderation.intake.queues import Queues, Waiting
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Report, Reporter, ReviewItem, WebhookDelivery
from tests.support.clock import Clock
from tests.support.comments import rows, scored, stored

Post = Callable[..., Comment]
MO = "user:mo"
pytestmark = pytest.mark.usefixtures("ungrouped")


@pytest.fixture
def here(site_with_webhook: CreatedSite) -> CreatedSite:
    return site_with_webhook


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, here: CreatedSite, clock: Clock) -> Post:
    """Posts a comment that the policy publishes."""
    numbers = iter(range(1000))

    def one(**fields: Any) -> Comment:
        clock.advance(seconds=1)
        return scored(store, queues, scorer, here, f"Remark number {next(numbers)} of them all.", **fields)

    return one


def hide_after(store: Store, site: CreatedSite, number: int | None, **choices: Any) -> None:
    with store.write() as session:
        policies.save(session, site.id, policies.DEFAULT | {"hide_after_reports": number} | choices, actor="site")


def report(store: Store, comment: Comment, *readers: str | None) -> str:
    """Report a comment; gives its status then."""
    for reader in readers:
        with store.write() as session:
            comments.report(session, comment.site_id, comment.id, reason="spam", note=None, reporter=reader)
    return stored(store, comment.id).status


def decide(store: Store, comment: Comment, action: Any) -> Comment:
    with store.write() as session:
        comments.decide(session, comment.site_id, comment.id, action, actor=MO)
    return stored(store, comment.id)


def right(store: Store, post: Post, *readers: str) -> None:
    """Have these readers be right once."""
    comment = post()
    report(store, comment, *readers)
    decide(store, comment, "reject")


def record(store: Store, reader: str) -> tuple[int, int]:
    found = rows(store, Reporter, reporter=reader)
    return (found[0].upheld, found[0].dismissed) if found else (0, 0)


def open_kinds(store: Store, comment: Comment) -> set[str]:
    return {item.kind for item in rows(store, ReviewItem, comment_id=comment.id) if item.closed_at is None}


def edit(store: Store, queues: Queues, scorer: Scorer, comment: Comment, text: str) -> str:
    """Edit a comment and have it scored again; gives its status then."""
    with store.write() as session:
        comments.edit(session, comment.site_id, comment.id, {"comment": text})
    queues.put([Waiting(comment.site_id, comment.id, comment.accepted_at)])
    scorer.run_batch()
    return stored(store, comment.id).status


def test_enough_reports_by_readers_who_were_right_hide_a_comment_until_somebody_looks(
    store: Store, here: CreatedSite, post: Post
) -> None:
    hide_after(store, here, 2)
    right(store, post, "ann", "ben")
    comment = post()
    assert report(store, comment, "ann") == "published"
    assert report(store, comment, "ben") == "flagged"
    hidden = stored(store, comment.id)
    assert hidden.reasons == [
        {
            "rule": "reported",
            "action": "flag",
            "message": "2 readers reported it whose reports were upheld before.",
            "threshold": 2,
        }
    ]
    assert (hidden.decided_by, open_kinds(store, comment)) == ("policy", {"report"})
    last = rows(store, WebhookDelivery, comment_id=comment.id)[-1]
    assert (last.event, last.version) == ("comment.flagged", hidden.version)
    kept = decide(store, comment, "publish")
    assert (kept.status, open_kinds(store, comment)) == ("published", set())
    assert report(store, comment, "ann", "ben", "cleo") == "published", "somebody has looked: it stays"


@pytest.mark.parametrize(
    ("number", "readers"),
    [
        (None, ["ann", "ben"]),
        (2, [None, None, None, "ann"]),
        (2, ["ann", "ann", "ann"]),
        (2, ["ann", *(f"account-{number}" for number in range(20))]),
        (2, ["ann", "author-7"]),
        (2, ["ann", "wrong"]),
        (3, ["ann", "ben"]),
        ("observe", ["ann", "ben"]),
    ],
    ids=[
        "off",
        "anonymous",
        "one reader thrice",
        "new accounts",
        "its author",
        "wrong as often",
        "too few",
        "only observed",
    ],
)
def test_other_reports_hide_nothing(
    store: Store, here: CreatedSite, post: Post, number: Any, readers: list[str | None]
) -> None:
    right(store, post, "ann", "ben", "author-7", "wrong")
    dismissed = post()
    report(store, dismissed, "wrong")
    decide(store, dismissed, "publish")
    if number == "observe":
        hide_after(store, here, 2, mode="observe")
    else:
        hide_after(store, here, number)
    assert report(store, post(user_id="author-7"), *readers) == "published"


def test_a_decision_settles_the_reports_and_an_undo_takes_that_back(store: Store, post: Post) -> None:
    comment = post()
    report(store, comment, "ann", None)
    rejected = decide(store, comment, "reject")
    assert [one.outcome for one in rows(store, Report)] == ["upheld", "upheld"]
    assert record(store, "ann") == (1, 0)
    with store.write() as session:
        undoing.undo(session, rejected.id, rejected.version, actor=MO)
    assert [one.outcome for one in rows(store, Report)] == ["waiting", "waiting"]
    assert record(store, "ann") == (0, 0)
    decide(store, comment, "publish")
    assert record(store, "ann") == (0, 1)


def test_all_reports_of_a_reader_are_dismissed_at_once_and_undone_at_once(
    store: Store, here: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    alone, shared, *many = (post() for _ in range(5))
    for comment in (alone, shared, *many):
        report(store, comment, "troll")
    report(store, shared, "ann")
    with store.write() as session:
        assert reports.dismiss_all(session, other_site.id, "troll", actor=MO).id is None
        done = reports.dismiss_all(session, here.id, "troll", actor=MO)
        assert done.id is not None
    assert (done.dismissed, done.waiting, done.more) == (5, 1, False)
    assert (open_kinds(store, alone), open_kinds(store, shared)) == (set(), {"report"})
    assert (record(store, "troll"), record(store, "ann")) == ((0, 5), (0, 0))
    with store.write() as session, pytest.raises(NotFound):
        reports.undo_dismissal(session, done.id, actor="user:flo")
    with store.write() as session:
        assert reports.undo_dismissal(session, done.id, actor=MO) == 5
        assert reports.undo_dismissal(session, done.id, actor=MO) == 0
    assert open_kinds(store, alone) == {"report"}
    assert record(store, "troll") == (0, 0)
    assert [row.action for row in rows(store, AuditEvent, actor=MO)][:2] == [
        "reports.dismissed",
        "reports.dismissal_undone",
    ]


def test_a_dismissal_is_bounded_and_leaves_what_reports_have_hidden(
    store: Store, here: CreatedSite, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "AT_ONCE", 2)
    right(store, post, "ann")
    hide_after(store, here, 1)
    hidden, *others = (post() for _ in range(3))
    assert report(store, hidden, "ann") == "flagged"
    hide_after(store, here, None)
    for comment in others:
        report(store, comment, "ann")
    with store.write() as session:
        done = reports.dismiss_all(session, here.id, "ann", actor=MO)
    assert (done.dismissed, done.waiting, done.more) == (2, 1, True)
    assert open_kinds(store, hidden) == {"report"}


def test_what_was_reported_before_an_edit_counts_for_nobody(
    store: Store, queues: Queues, scorer: Scorer, here: CreatedSite, post: Post
) -> None:
    right(store, post, "ann", "ben")
    hide_after(store, here, 2)
    comment = post()
    report(store, comment, "ann")
    edit(store, queues, scorer, comment, "Another remark, quite harmless.")
    assert report(store, comment, "ben") == "published", "nobody else has reported what it says now"
    decide(store, comment, "publish")
    assert (record(store, "ann"), record(store, "ben")) == ((1, 0), (1, 1))


def test_what_reports_had_hidden_waits_for_a_person_after_an_edit(
    store: Store, queues: Queues, scorer: Scorer, here: CreatedSite, post: Post
) -> None:
    right(store, post, "ann")
    hide_after(store, here, 1)
    comment = post()
    assert report(store, comment, "ann") == "flagged"
    edit(store, queues, scorer, comment, "Another remark, quite harmless.")
    now = stored(store, comment.id)
    assert (now.status, [reason["rule"] for reason in now.reasons or ()]) == ("flagged", ["edited"])


@pytest.mark.parametrize(
    ("text", "status", "waits_for"),
    [
        ("A word of it is another.", "published", {"report"}),
        ("You fool. toxicity=0.8", "flagged", {"report", "flag"}),
        ("You fool. toxicity=0.999", "rejected", set()),
    ],
)
def test_an_edit_does_not_take_a_report_out_of_the_queue_before_somebody_has_looked(
    store: Store, queues: Queues, scorer: Scorer, post: Post, text: str, status: str, waits_for: set[str]
) -> None:
    comment = post()
    report(store, comment, "ann", "ben")
    assert edit(store, queues, scorer, comment, text) == status
    assert open_kinds(store, comment) == waits_for
    assert edit(store, queues, scorer, comment, "It is another once more.") == "published"
    assert open_kinds(store, comment) == {"report"}
    decide(store, comment, "publish")
    assert edit(store, queues, scorer, comment, "And another, after somebody has looked.") == "published"
    assert open_kinds(store, comment) == set()


def test_what_waits_for_a_report_of_before_an_edit_is_as_urgent_as_it_was(
    store: Store, queues: Queues, scorer: Scorer, post: Post
) -> None:
    comment = post()
    report(store, comment, "ann", "ben", "cleo")
    edit(store, queues, scorer, comment, "A word of it is another.")
    before, now = rows(store, ReviewItem, comment_id=comment.id, kind="report")
    assert (before.outcome, now.outcome) == ("edit", None)
    assert now.priority == before.priority
