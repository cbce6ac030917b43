"""A second look in the console: blind until it was taken, and agreeing leaves nothing of one's own to take back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, ReviewItem, User
from tests.support.comments import accept, rows, stored
from tests.support.signed_in import csrf_token, sign_in

pytestmark = pytest.mark.one_database

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


def test_who_agreed_takes_that_back_and_never_the_first_moderators_decision(store: Store, pair: Pair) -> None:
    answer = act(pair.second, pair.comment.id, "decision", action="reject", version=3)
    assert answer.json == {
        "status": "rejected",
        "version": 3,
        "message": "You agree with the decision before: it stays rejected.",
        "undo": f"/console/comments/{pair.comment.id}/undo",
    }
    assert act(pair.second, pair.comment.id, "undo", version=3).status_code == 200
    assert [item.closed_at is None for item in rows(store, ReviewItem, kind="second_look")] == [True]
    assert act(pair.second, pair.comment.id, "undo", version=3).status_code == 403
    assert (stored(store, pair.comment.id).status, stored(store, pair.comment.id).version) == ("rejected", 3)


def test_without_script_who_agrees_is_offered_to_take_that_back(pair: Pair) -> None:
    act(pair.second, pair.comment.id, "decision", by_script=False, action="reject", version=3)
    page = pair.second.get("/console/").text
    assert "You agree with the decision before: it stays rejected." in page
    assert f"/console/comments/{pair.comment.id}/undo" in page


def test_who_disagrees_can_take_that_back_and_is_asked_again(store: Store, pair: Pair) -> None:
    answer = act(pair.second, pair.comment.id, "decision", action="publish", version=3)
    assert answer.get_json()["undo"] == f"/console/comments/{pair.comment.id}/undo"
    act(pair.second, pair.comment.id, "undo", version=4)
    with store.read() as session:
        mo = session.query(User).filter_by(name="mo").one()
    assert (stored(store, pair.comment.id).status, stored(store, pair.comment.id).decided_by) == (
        "rejected",
        f"user:{mo.id}",
    )
    again = act(pair.second, pair.comment.id, "decision", action="reject", version=5)
    assert again.get_json()["message"] == "You agree with the decision before: it stays rejected."


# --- blind --------------------------------------------------------------------------------------------------------

#: What would tell of the first decision: its reason, who made it, its status, marks, and a score.
TELLING = ("Quite a rude word", "by mo", "mo rejected", "status-rejected", "<mark", "0.63")


def telling(page: str) -> list[str]:
    main = page.partition("<main")[2].replace("insult=0.63", "")  # what the comment says
    return [one for one in TELLING if re.search(rf"(?<!\d){re.escape(one)}", main)]  # a moment may hold 10.63 seconds


PAGES = {
    "the comment's page": "/console/comments/{comment.id}",
    "the author's page": "/console/author?site={comment.site_id}&key=ada",
    "all comments": "/console/comments",
    "a neighbour's page": "/console/comments/{neighbour}",
}


@pytest.fixture
def neighbour(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, pair: Pair) -> str:
    """The id of another comment by the same author in the same thread."""
    other = accept(store, queues, site_with_webhook, "Another remark.", name="Ada", thread="/a")
    scorer.run_batch()
    return other.id


@pytest.mark.parametrize("which", PAGES)
def test_until_they_decided_the_second_moderator_is_told_nothing_of_the_first_decision(
    app: Flask, store: Store, pair: Pair, neighbour: str, which: str
) -> None:
    path = PAGES[which].format(comment=pair.comment, neighbour=neighbour)
    before = pair.second.get(path).text
    assert telling(before) == []
    assert "Second look" in before or "second look" in before or which == "a neighbour's page"
    assert telling(pair.first.get(path).text) != [], "whoever made it sees it"
    assert telling(sign_in(app, store, "vi", "viewer").get(path).text) != [], "and who can take no second look"
    act(pair.second, pair.comment.id, "decision", action="reject", version=3)
    assert telling(pair.second.get(path).text) != [], "and once it was taken"


def test_the_authors_numbers_are_without_what_waits_for_a_second_look(pair: Pair) -> None:
    path = PAGES["the author's page"].format(comment=pair.comment)
    assert "<strong>0</strong> rejected" in pair.second.get(path).text
    assert "Without a comment that waits for your second look." in pair.second.get(path).text
    assert "<strong>1</strong> rejected" in pair.first.get(path).text


@pytest.mark.parametrize("query", ["status=rejected", "label=insult&score=0.6", "by=people", "sort=decided"])
def test_a_filter_by_decision_or_score_does_not_find_what_waits_for_a_second_look(pair: Pair, query: str) -> None:
    page = pair.second.get(f"/console/comments?{query}").text
    assert pair.comment.id not in page
    assert "Comments that wait for your second look are left out here" in page
    assert pair.comment.id in pair.first.get(f"/console/comments?{query}").text
    assert pair.comment.id in pair.second.get("/console/comments?q=dear").text
