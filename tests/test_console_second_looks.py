"""A second look in the console: blind until it was taken, and agreeing leaves nothing of one's own to take back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation import site_settings
from moderation.queues import Queues
from moderation.scoring import Scorer
from moderation.site_settings import SiteSettings
from moderation.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, ReviewItem, User
from tests.support.comments import accept, rows, stored
from tests.support.signed_in import csrf_token, sign_in

Act = Callable[..., TestResponse]


@dataclass(frozen=True)
class Pair:
    """Two moderators, and a comment that the first has rejected: `second` is asked for a second look at that."""

    first: FlaskClient
    second: FlaskClient
    comment: Comment


@pytest.fixture
def pair(app: Flask, store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Pair:
    with store.write() as session:
        every = SiteSettings(second_look_automatic=0.0, second_look_moderators=1.0)
        site_settings.save(session, site_with_webhook.id, every, actor="operator")
    comment = accept(store, queues, site_with_webhook, "You dear insult=0.63 fool", name="Ada", thread="/a")
    scorer.run_batch()
    pair = Pair(sign_in(app, store, "mo"), sign_in(app, store, "nia"), comment)
    act(pair.first, comment.id, "decision", action="reject", version=2, reason="Quite a rude word.")
    return Pair(pair.first, pair.second, stored(store, comment.id))


def act(browser: FlaskClient, comment_id: str, what: str, *, by_script: bool = True, **fields: Any) -> TestResponse:
    token = csrf_token(browser, "/console/comments")
    headers = {"Accept": "application/json"} if by_script else {}
    return browser.post(f"/console/comments/{comment_id}/{what}", data={"csrf_token": token} | fields, headers=headers)


def test_who_agrees_is_offered_no_undo_of_the_first_moderators_decision(store: Store, pair: Pair) -> None:
    answer = act(pair.second, pair.comment.id, "decision", action="reject", version=3)
    assert answer.json == {
        "status": "rejected",
        "version": 3,
        "message": "You agree with the decision before: it stays rejected.",
    }
    assert act(pair.second, pair.comment.id, "undo", version=3).status_code == 403
    assert stored(store, pair.comment.id).status == "rejected"
    assert [item.closed_at is None for item in rows(store, ReviewItem, kind="second_look")] == [False]


def test_without_script_who_agrees_is_offered_no_undo_either(pair: Pair) -> None:
    act(pair.second, pair.comment.id, "decision", by_script=False, action="reject", version=3)
    page = pair.second.get("/console/").text
    assert "You agree with the decision before: it stays rejected." in page
    assert "/undo" not in page


def test_who_disagrees_can_take_that_back_and_is_asked_again(store: Store, pair: Pair) -> None:
    answer = act(pair.second, pair.comment.id, "decision", action="publish", version=3)
    assert answer.json["undo"] == f"/console/comments/{pair.comment.id}/undo"
    act(pair.second, pair.comment.id, "undo", version=4)
    with store.read() as session:
        mo = session.query(User).filter_by(name="mo").one()
    assert (stored(store, pair.comment.id).status, stored(store, pair.comment.id).decided_by) == (
        "rejected",
        f"user:{mo.id}",
    )
    again = act(pair.second, pair.comment.id, "decision", action="reject", version=5)
    assert again.json["message"] == "You agree with the decision before: it stays rejected."
