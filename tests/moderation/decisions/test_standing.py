"""The standing of authors: warned, suspended, trusted and held; what the rules make of it, and what the site hears."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from moderation.decisions import comments, standing, undoing
from moderation.decisions.scoring import Scorer
from moderation.history import past_standing
from moderation.intake.queues import Queues
from moderation.policy import consequences, past_comments, policies
from moderation.policy.policies import compile_policy
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, AuthorStanding, AuthorWarning, Comment, WebhookDelivery
from tests.support.classifier import ChosenScores
from tests.support.clock import Clock
from tests.support.comments import accept, dump, rows, scored, set_policy, stored
from tests.support.databases import waits_for_a_lock
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

Post = Callable[..., Comment]
MO = "user:mo"


@pytest.fixture
def here(site_with_webhook: CreatedSite) -> CreatedSite:
    return site_with_webhook


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, here: CreatedSite, clock: Clock) -> Post:
    """Posts a comment by the author 7, a second after the last, and gives what the policy made of it."""
    numbers = iter(range(1000))

    def one(text: str = "A remark", **fields: Any) -> Comment:
        clock.advance(seconds=1)
        return scored(store, queues, scorer, here, f"{text} number {next(numbers)}.", **{"user_id": "7"} | fields)

    return one


def decide(store: Store, comment: Comment, action: Any) -> Comment:
    with store.write() as session:
        comments.decide(session, comment.site_id, comment.id, action, actor=MO)
    return stored(store, comment.id)


def told(store: Store, name: str = "author.standing_changed") -> list[dict[str, Any]]:
    return [row.payload["data"] for row in rows(store, WebhookDelivery, event=name)]


def rules(comment: Comment) -> list[str]:
    return [reason["rule"] for reason in comment.reasons or ()]


def test_an_author_is_trusted_after_approvals_and_need_not_wait_where_everybody_does(
    store: Store, here: CreatedSite, post: Post
) -> None:
    set_policy(store, here, mode="hold", trust_after=2)
    first, second = post(), post()
    assert decide(store, first, "publish").status == "published"
    assert rules(post()) == ["clear", "mode_hold"], "one approval is not enough"
    decided = decide(store, second, "publish")
    trusted = post()
    assert (trusted.status, rules(trusted)) == ("published", ["approved_author"])
    assert post("Fool insult=0.6").status == "flagged", "only what nothing speaks against"
    assert post(user_id="8").status == "flagged"
    assert [(one["standing"], one["id"], one["decided_by"]) for one in told(store)] == [
        ("trusted", second.id, "policy")
    ]
    with store.write() as session:
        undoing.undo(session, decided.id, decided.version, actor=MO)
    assert post().status == "flagged", "the approval was taken back"
    assert [one["standing"] for one in told(store)] == ["trusted", "ordinary"]
    [made, ended] = rows(store, AuditEvent, action="author.standing_changed")
    assert (made.actor, made.comment_id, ended.detail) == (
        "policy",
        second.id,
        {"standing": "ordinary", "was": {"status": "trusted"}},
    )


def test_nobody_is_trusted_by_a_name_or_an_id_that_only_looks_like_a_trusted_one(
    store: Store, here: CreatedSite, post: Post
) -> None:
    set_policy(store, here, mode="hold", trust_after=1)
    decide(store, post(user_id="ada-1", name="Ada"), "publish")
    assert post(user_id="Ada-1", name="Ada").status == "published"
    assert post(user_id="ＡＤＡ-1", name="Ada").status == "flagged"
    decide(store, post(user_id=None, name="Bob"), "publish")
    assert post(user_id=None, name="Bob").status == "flagged", "anybody can type a name"


def test_an_author_is_held_after_rejections_until_one_expires(
    store: Store, here: CreatedSite, post: Post, clock: Clock
) -> None:
    set_policy(store, here, hold_after=2, strike_days=10, trust_after=1)
    decide(store, post(), "publish")
    decide(store, post(), "reject")
    assert post().status == "published"
    clock.advance(days=4)
    last = decide(store, post(), "reject")
    held = post()
    assert (held.status, rules(held)) == ("flagged", ["held_author"])
    assert held.reasons is not None
    assert held.reasons[0]["message"] == "People rejected 2 comments of this author within the last 10 days."
    assert post("Fool insult=0.95").status == "rejected", "the worst is rejected as ever"
    clock.advance(days=6)
    assert post().status == "published", "the first rejection no longer counts"
    standing.lapse(store)
    standing.lapse(store)
    assert [one["standing"] for one in told(store)] == ["trusted", "ordinary", "held", "ordinary"]
    held_event = told(store)[2]
    assert held_event["id"] == last.id
    assert held_event["until"] is not None


def test_what_is_off_costs_and_does_nothing(store: Store, here: CreatedSite, post: Post) -> None:
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    decide(store, post(), "reject")
    post()
    assert not any("author_standings" in one and not one.startswith("SELECT") for one in statements)
    assert told(store) == []
    assert rows(store, AuthorStanding) == []


def test_a_batch_reads_the_standing_of_all_its_authors_at_once(
    store: Store, queues: Queues, scorer: Scorer, here: CreatedSite
) -> None:
    set_policy(store, here, trust_after=1, hold_after=3)
    for number in range(20):
        accept(store, queues, here, f"Remark {number} of many", user_id=str(number))
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert len(scorer.run_batch().written) == 20
    assert sum("author_standings" in statement for statement in statements) == 1


@pytest.mark.parametrize(("hold", "status"), [(False, "rejected"), (True, "flagged")])
def test_a_suspended_author_is_rejected_or_held_until_the_suspension_ends(
    store: Store, here: CreatedSite, post: Post, clock: Clock, hold: bool, status: str
) -> None:
    set_policy(store, here, hold_suspended=hold)
    comment = post()
    with store.write() as session:
        until = clock.now + timedelta(days=3)
        standing.list_author(session, comment, "suspended_authors", "id:7", until=until, actor=MO)
    suspended = post()
    assert (suspended.status, rules(suspended)) == (status, ["suspended_author"])
    clock.advance(days=3)
    assert standing.take_out_ended(store) == 1
    assert post().status == "published"
    assert [(one["standing"], one["decided_by"]) for one in told(store)] == [
        ("suspended", "user"),
        ("ordinary", "policy"),
    ]
    assert told(store)[0]["until"] == until.isoformat()


def test_who_was_unblocked_is_blocked_again_by_an_undo_until_the_same_moment(
    store: Store, here: CreatedSite, post: Post, clock: Clock
) -> None:
    comment, until = post(), clock.now + timedelta(days=3)
    with store.write() as session:
        standing.list_author(session, comment, "blocked_authors", "id:7", until=until, actor=MO)
    with store.write() as session:
        saved = standing.unlist_author(session, comment, "blocked_authors", "id:7", for_ever_too=False, actor=MO)
        assert saved is not None
    assert post().status == "published"
    undo: dict[str, Any] = {"version": saved.version}
    with store.write() as session:
        assert standing.list_again(session, comment, "blocked_authors", "id:7", actor="user:flo", **undo) is None
        assert standing.list_again(session, comment, "blocked_authors", "id:8", actor=MO, **undo) is None
        assert standing.list_again(session, comment, "blocked_authors", "id:7", actor=MO, **undo) is not None
        assert standing.list_again(session, comment, "blocked_authors", "id:7", actor=MO, **undo) is None
    assert post().status == "rejected"
    with store.read() as session:
        ends = policies.current(session, here.id).document["expires"]
    assert ends == {"blocked_authors": {"id:7": until.isoformat()}}
    assert [one["standing"] for one in told(store)] == ["blocked", "ordinary", "blocked"]


def test_a_warning_is_kept_and_told_when_it_can_no_longer_be_taken_back(
    store: Store, post: Post, clock: Clock, receiver: Receiver
) -> None:
    comment, grace = post(), timedelta(seconds=30)
    with store.write() as session:
        first = standing.warn(session, comment, "Mind your words.", actor=MO, grace=grace).id
        second = standing.warn(session, comment, " Please stay kind. ", actor=MO, grace=grace).id
        assert not standing.take_back_warning(session, comment, first, actor="user:flo")
        assert standing.take_back_warning(session, comment, first, actor=MO)
    assert [row.id for row in rows(store, AuthorWarning)] == [second]
    waiting = {row.payload["data"]["warning"]: row for row in rows(store, WebhookDelivery, event="author.warned")}
    assert waiting[first].cancelled_at is not None
    assert waiting[second].next_attempt_at == clock.now + grace
    assert waiting[second].payload["data"]["message"] == "Please stay kind."
    with store.write() as session:
        session.get_one(WebhookDelivery, waiting[second].id).attempts = 1
    with store.write() as session:
        assert not standing.take_back_warning(session, comment, second, actor=MO), "the site may have heard of it"
    assert [row.action for row in rows(store, AuditEvent, actor=MO)] == [
        "author.warned",
        "author.warned",
        "author.warning_taken_back",
    ]


def test_a_warning_is_shown_on_the_site_that_gave_it_and_on_no_other(
    store: Store, queues: Queues, site: CreatedSite, post: Post
) -> None:
    here, elsewhere = post(), accept(store, queues, site, user_id="7")
    assert here.author_key == elsewhere.author_key
    with store.write() as session:
        warning = standing.warn(session, here, "Mind your words.", actor=MO, grace=timedelta(0)).id
    with store.read() as session:
        shown = standing.warnings(session, [elsewhere, here])
    assert {comment_id: [one.id for one in warned] for comment_id, warned in shown.items()} == {here.id: [warning]}


@pytest.mark.parametrize("message", ["", "  \n", "x" * 1001])
def test_a_warning_says_something_and_is_bounded(store: Store, post: Post, message: str) -> None:
    comment = post()
    with store.write() as session, pytest.raises(ValueError, match=r"Write|at most"):
        standing.warn(session, comment, message, actor=MO, grace=timedelta(0))


def test_what_was_kept_of_an_author_is_erased_with_their_comments(store: Store, here: CreatedSite, post: Post) -> None:
    set_policy(store, here, hold_after=1)
    comment = post(user_id="zebra-7")
    decide(store, comment, "reject")
    with store.write() as session:
        standing.warn(session, comment, "You wrote zebra-word.", actor=MO, grace=timedelta(0))
    assert "zebra-7" in dump(store)
    with store.write() as session:
        comments.erase(session, here.id, comment.id)
    assert "zebra" not in dump(store)


def test_a_policy_is_tried_with_the_standing_that_authors_had_then(store: Store, here: CreatedSite, post: Post) -> None:
    set_policy(store, here, mode="hold")
    for _ in range(3):
        decide(store, post(), "publish")
    for _ in range(2):
        decide(store, post(user_id="9"), "reject")
    posted = [post(), post("Fool insult=0.6"), post(user_id="9"), post(user_id="8")]
    document = policies.DEFAULT | {"mode": "hold"}
    chosen = ChosenScores()

    def tried(**choices: Any) -> consequences.Sample:
        policy = compile_policy(document | choices, 1, chosen.thresholds)
        with store.read() as session:
            return past_comments.read(session, here.id, policy, lambda _text, _said: ("und", True))

    thresholds = policies.thresholds(document, chosen.thresholds)
    assert [one.status for one in posted] == ["flagged"] * 4
    differing = consequences.differing(tried(trust_after=3), tried(), thresholds, "hold")
    assert differing == {"published": 1}
    assert consequences.differing(tried(hold_after=2), tried(), thresholds, "auto") == {"flagged": 1}
    assert consequences.differing(tried(), tried(), thresholds, "auto") == {}


def test_two_clocks_that_begin_to_count_at_the_same_moment_count_once(
    store: Store, here: CreatedSite, post: Post
) -> None:
    if store.is_sqlite:
        pytest.skip("about PostgreSQL: on SQLite there is one writer")
    decide(store, post(user_id="0"), "publish")
    set_policy(store, here, mode="hold", trust_after=3)
    with ThreadPoolExecutor(1) as threads:
        with store.write() as session:
            assert past_standing._count_page(session, here.id) == 1
            other = threads.submit(past_standing.count, store)
            eventually(lambda: waits_for_a_lock(store) or other.done())
        assert other.result(60) == 0
    assert [(row.author_key, row.approvals) for row in rows(store, AuthorStanding)] == [("0", 1)]


def test_the_past_counts_when_a_site_begins_to_ask_and_when_it_asks_again(
    store: Store, here: CreatedSite, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_standing, "PAGE", 2)
    for number in range(5):
        decide(store, post(user_id=str(number % 2)), "reject" if number % 2 else "publish")
    assert past_standing.count(store) == 0, "nobody asks"
    set_policy(store, here, mode="hold", trust_after=3, hold_after=2)
    assert [past_standing.count(store) for _ in range(4)] == [2, 2, 1, 0]
    assert {row.author_key: (row.approvals, len(row.strikes)) for row in rows(store, AuthorStanding)} == {
        "0": (3, 0),
        "1": (0, 2),
    }
    assert post(user_id="0").status == "published"
    set_policy(store, here, trust_after=None, hold_after=None)
    past_standing.count(store)
    decide(store, post(user_id="0"), "reject")
    set_policy(store, here, trust_after=3)
    assert post(user_id="0").status == "flagged", "what was decided meanwhile counts"
    assert past_standing.count(store) == 2
