"""Second looks: which decisions are drawn, what comes of agreeing and of not, and how far people agree."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Literal

import pytest
from sklearn.metrics import cohen_kappa_score
from sqlalchemy import event

from moderation.decisions import comments, second_looks, undoing
from moderation.decisions.scoring import Scorer
from moderation.decisions.second_looks import DECISION, Agreement
from moderation.intake.queues import Queues
from moderation.review import review_items
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, ReviewItem, WebhookDelivery
from tests.support.clock import Clock
from tests.support.comments import rows, scored, stored

Action = Literal["publish", "reject"]
Post = Callable[..., Comment]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Post:
    """Posts a comment and has it decided automatically."""

    return partial(scored, store, queues, scorer, site_with_webhook)


def choose(store: Store, site: CreatedSite, **changes: Any) -> None:
    with store.write() as session:
        settings = replace(SiteSettings(second_look_automatic=0.0, second_look_moderators=0.0), **changes)
        site_settings.save(session, site.id, settings, actor="operator")


def decide(store: Store, comment: Comment, action: Action, actor: str, **known: Any) -> Comment:
    with store.write() as session:
        return comments.decide(session, None, comment.id, action, actor=actor, **known)


def undo(store: Store, comment: Comment, actor: str) -> None:
    with store.write() as session:
        undoing.undo(session, comment.id, comment.version, actor=actor)


def looks(store: Store, *, open_only: bool = True) -> list[ReviewItem]:
    found = rows(store, ReviewItem, kind="second_look")
    return [item for item in found if item.closed_at is None or not open_only]


def test_the_draw_takes_its_share_always_the_same_and_another_under_another_key() -> None:
    ids = [f"c_{number:026d}" for number in range(20_000)]
    drawn = {one for one in ids if second_looks.is_drawn("a key", one, 2, 0.01)}
    assert 140 < len(drawn) < 260
    assert drawn == {one for one in ids if second_looks.is_drawn("a key", one, 2, 0.01)}
    other_key = {one for one in ids if second_looks.is_drawn("another", one, 2, 0.01)}
    other_version = {one for one in ids if second_looks.is_drawn("a key", one, 3, 0.01)}
    assert len(drawn & other_key) < 20
    assert len(drawn & other_version) < 20
    assert all(second_looks.is_drawn("a key", one, 2, 1.0) for one in ids)
    assert not any(second_looks.is_drawn("a key", one, 2, 0.0) for one in ids)


def test_each_site_draws_by_a_key_of_its_own(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    from moderation.tables import Site  # noqa: PLC0415

    keys = {one.draw_key for one in rows(store, Site)}
    assert len(keys) == 2
    assert None not in keys


def test_an_automatic_decision_that_is_drawn_waits_behind_every_flag(
    store: Store, site_with_webhook: CreatedSite, post: Post, clock: Clock
) -> None:
    choose(store, site_with_webhook, second_look_automatic=1.0)
    published = post("nice day")
    [item] = looks(store)
    assert (item.comment_id, item.not_for) == (published.id, None)
    assert item.about == {"version": 2, "status": "published", "actor": "policy", "labels": []}
    clock.advance(days=400)
    flagged = post("mild toxicity=0.51")
    assert [one.comment_id for one in looks(store)] == [published.id], "what a person sees anyway is not drawn"
    with store.read() as session:
        assert [found.id for _, found in review_items.page(session, None).rows] == [flagged.id, published.id]


def test_a_moderators_decision_goes_to_somebody_else_and_one_over_the_api_to_nobody(
    store: Store, site_with_webhook: CreatedSite, post: Post
) -> None:
    choose(store, site_with_webhook, second_look_moderators=1.0)
    first, second = post("a toxicity=0.6"), post("b toxicity=0.6")
    decide(store, first, "reject", "user:u1", code="spam")
    decide(store, second, "reject", "site")
    [item] = looks(store)
    assert (item.comment_id, item.not_for) == (first.id, "user:u1")
    assert item.about == {"version": 3, "status": "rejected", "actor": "user:u1", "labels": ["spam"]}


def test_who_agrees_changes_nothing_and_the_site_is_not_told(
    store: Store, site_with_webhook: CreatedSite, post: Post
) -> None:
    choose(store, site_with_webhook, second_look_moderators=1.0)
    comment = decide(store, post("a toxicity=0.6"), "reject", "user:u1", code="spam")
    told = len(rows(store, WebhookDelivery))
    decide(store, comment, "reject", "user:u2", code="insult", version=comment.version)
    now = stored(store, comment.id)
    assert (now.version, now.decided_by) == (comment.version, "user:u1")
    assert len(rows(store, WebhookDelivery)) == told
    [item] = looks(store, open_only=False)
    assert (item.closed_by, item.outcome) == ("user:u2", "reject")
    assert item.about is not None
    assert item.about["second"] == {"status": "rejected", "actor": "user:u2", "labels": ["insult"]}
    event = rows(store, AuditEvent, comment_id=comment.id)[-1]
    assert (event.action, event.actor, event.status) == ("comment.confirmed", "user:u2", "rejected")


def test_who_agreed_takes_that_back_and_is_asked_again(
    store: Store, site_with_webhook: CreatedSite, post: Post
) -> None:
    choose(store, site_with_webhook, second_look_moderators=1.0)
    comment = decide(store, post("a insult=0.6"), "reject", "user:u1")
    decide(store, comment, "reject", "user:u2")
    assert looks(store) == []
    with store.write() as session, pytest.raises(undoing.NotWhoDecided):
        undoing.undo_own(session, comment.id, comment.version, actor="user:u3")
    with store.write() as session:
        undone = undoing.undo_own(session, comment.id, comment.version, actor="user:u2")
    assert (undone.asked_again, undone.comment.status) == (frozenset({"second_look"}), "rejected")
    [item] = looks(store)
    assert item.about is not None
    assert "second" not in item.about
    with store.read() as session:
        assert (
            second_looks.agreement(second_looks.answered(session, {site_with_webhook.id}, comment.created_at))[0].pairs
            == 0
        )


def test_who_disagrees_makes_a_new_decision_with_its_webhook(
    store: Store, site_with_webhook: CreatedSite, post: Post
) -> None:
    choose(store, site_with_webhook, second_look_automatic=1.0)
    comment = post("nice day")
    decide(store, comment, "reject", "user:u2")
    now = stored(store, comment.id)
    assert (now.status, now.version, now.decided_by) == ("rejected", 3, "user:u2")
    assert [one.event for one in rows(store, WebhookDelivery)] == ["comment.published", "comment.rejected"]
    assert looks(store) == []


def test_a_second_look_at_a_decision_that_is_undone_is_closed(
    store: Store, site_with_webhook: CreatedSite, post: Post, clock: Clock
) -> None:
    choose(store, site_with_webhook, second_look_moderators=1.0)
    comment = decide(store, post("a toxicity=0.6"), "reject", "user:u1")
    assert [item.about and item.about["version"] for item in looks(store)] == [3]
    undo(store, comment, "user:u1")
    assert looks(store) == []
    [item] = looks(store, open_only=False)
    assert (item.closed_by, item.outcome, item.closed_at) == ("user:u1", "undo", clock.now)
    assert stored(store, comment.id).status == "flagged"
    decide(store, stored(store, comment.id), "publish", "user:u1")
    assert [item.about and item.about["version"] for item in looks(store)] == [5], "the next decision is drawn anew"


def test_a_second_look_that_an_undone_decision_had_answered_asks_again(
    store: Store, site_with_webhook: CreatedSite, post: Post, clock: Clock
) -> None:
    choose(store, site_with_webhook, second_look_moderators=1.0)
    first = decide(store, post("a toxicity=0.6"), "reject", "user:u1", code="spam")
    undo(store, decide(store, first, "publish", "user:u2"), "user:u2")
    [item] = looks(store)
    assert (item.not_for, item.about) == (
        "user:u1",
        {"version": 5, "status": "rejected", "actor": "user:u1", "labels": ["spam"]},
    )
    decide(store, stored(store, first.id), "reject", "user:u2", code="spam")
    assert stored(store, first.id).version == 5, "who agrees changes nothing"
    with store.read() as session:
        found = second_looks.agreement(second_looks.answered(session, {first.site_id}, clock.now - timedelta(1)))
    assert found == [Agreement(DECISION, 1, None), Agreement("spam", 1, None)]


def test_a_report_beside_the_second_look_is_answered_by_a_decision(
    store: Store, site_with_webhook: CreatedSite, post: Post
) -> None:
    choose(store, site_with_webhook, second_look_automatic=1.0)
    comment = post("nice day")
    with store.write() as session:
        comments.report(session, comment.site_id, comment.id, reason="spam", note=None, reporter="r")
    decide(store, comment, "publish", "user:u2")
    assert stored(store, comment.id).decided_by == "user:u2"


def test_the_first_moderators_change_of_mind_is_no_second_look(
    store: Store, site_with_webhook: CreatedSite, post: Post, clock: Clock
) -> None:
    choose(store, site_with_webhook, second_look_moderators=1.0)
    comment = decide(store, post("a toxicity=0.6"), "reject", "user:u1")
    decide(store, comment, "reject", "user:u1", reason="Rather for this.")
    now = stored(store, comment.id)
    assert now.version == comment.version + 1
    [item] = looks(store)
    assert item.about is not None
    assert item.about["version"] == now.version
    with store.read() as session:
        assert second_looks.agreement(second_looks.answered(session, {comment.site_id}, clock.now - timedelta(1))) == [
            Agreement(DECISION, 0, None)
        ]


def test_agreement_is_counted_for_moderators_and_for_the_policy_apart(
    store: Store, site_with_webhook: CreatedSite, post: Post, clock: Clock
) -> None:
    choose(store, site_with_webhook, second_look_moderators=1.0)
    pairs: list[tuple[Action, str | None, Action, str | None]] = [
        ("reject", "spam", "reject", "spam"),
        ("reject", "spam", "reject", "insult"),
        ("reject", "insult", "publish", None),
        ("publish", None, "publish", None),
        ("publish", None, "publish", None),
        ("publish", None, "reject", "spam"),
    ]
    for number, (first, first_code, second, second_code) in enumerate(pairs):
        comment = decide(store, post(f"{number} toxicity=0.6"), first, "user:u1", code=first_code)
        decide(store, comment, second, "user:u2", code=second_code)
    choose(store, site_with_webhook, second_look_automatic=1.0)
    decide(store, post("awful spam=0.95"), "reject", "user:u2", code="spam")
    decide(store, post("lovely"), "publish", "user:u2")
    decide(store, post("over the API"), "reject", "site")
    since = clock.now - timedelta(days=1)
    with store.read() as session:
        moderators = second_looks.agreement(second_looks.answered(session, {site_with_webhook.id}, since))
        policy = second_looks.agreement(second_looks.answered(session, {site_with_webhook.id}, since), of="policy")
        assert second_looks.agreement(second_looks.answered(session, set(), since)) == [Agreement(DECISION, 0, None)]
        later = clock.now + timedelta(seconds=1)
        assert second_looks.agreement(second_looks.answered(session, {site_with_webhook.id}, later)) == [
            Agreement(DECISION, 0, None)
        ]

    def by_sklearn(label: str | None) -> float:
        if label is None:
            return float(cohen_kappa_score([one[0] for one in pairs], [one[2] for one in pairs]))
        return float(cohen_kappa_score([one[1] == label for one in pairs], [one[3] == label for one in pairs]))

    assert [row.label for row in moderators] == [DECISION, "insult", "spam"]
    assert [row.pairs for row in moderators] == [6, 6, 6]
    assert [row.kappa for row in moderators] == [pytest.approx(by_sklearn(one)) for one in (None, "insult", "spam")]
    assert policy == [Agreement(DECISION, 2, 1.0), Agreement("spam", 2, 1.0)]


@pytest.mark.parametrize("seed", range(20))
def test_kappa_is_cohens(seed: int) -> None:
    chance = random.Random(seed)
    answers = ["publish", "reject", "cannot say"][: 2 + seed % 2]
    pairs = [(chance.choice(answers), chance.choice(answers)) for _ in range(chance.randint(20, 200))]
    pairs += [(one, one) for one in chance.choices(answers, k=seed * 5)]
    first, second = zip(*pairs, strict=True)
    assert second_looks.kappa(pairs) == pytest.approx(cohen_kappa_score(first, second))


def test_kappa_is_not_given_where_it_cannot_be_said() -> None:
    assert second_looks.kappa([]) is None
    assert second_looks.kappa([("publish", "publish")] * 9) is None
    assert second_looks.kappa([("publish", "reject"), ("reject", "publish")]) == -1.0


def test_the_latest_second_looks_of_all_sites_are_read_once_and_no_others(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sites = [site, other_site]
    for one in sites:
        choose(store, one, second_look_automatic=1.0)
    for number in range(8):
        comment = scored(store, queues, scorer, sites[number % 2], f"nice day {number}")
        clock.advance(minutes=1)
        decide(store, comment, "reject" if number >= 5 else "publish", "user:u2")
    monkeypatch.setattr(second_looks, "MOST_READ", 3)
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with store.read() as session:
        found = second_looks.answered(session, {site.id, other_site.id}, clock.now - timedelta(1))
    assert [second["status"] for _, second in found] == ["rejected"] * 3
    assert second_looks.mistakes(found) == {"published": (3, 3), "rejected": (0, 0)}
    of_items = [one for one in asked if "review_items" in one[0]]
    assert ["review_items.about" in statement for statement, _ in of_items] == [False, False, True, True]
    given = [
        set(map(str, values.values() if isinstance(values, dict) else values)) - {site.id, other_site.id}
        for _, values in of_items
    ]
    assert given[0] == given[1] != given[2] == given[3], "of no site more is read than is among the latest of all"
    if store.is_sqlite:
        statement, values = of_items[0]
        with store.engine.connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
        assert "ix_review_items_second (site_id=? AND closed_at>?)" in plan, plan
