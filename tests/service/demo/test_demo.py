"""The demo page without JavaScript: the form, and what its author is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.policy import policies
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import Comment, Site
from service.demo import article, site
from tests.support.comments import rows

pytestmark = pytest.mark.one_database


def post(browser: FlaskClient, comment: str, name: str = "Ada", **fields: str) -> TestResponse:
    return browser.post("/demo/", data={"name": name, "comment": comment} | fields)


@pytest.mark.parametrize(
    ("name", "comment", "told"),
    [
        ("", "", ["Please enter your name here", "Please enter your comment!"]),
        ("  ", "Hello", ["Please enter your name here"]),
        ("Ada", " \r\n ", ["Please enter your comment!"]),
        ("Ada", "x" * 20_001, ["It has 20,001 characters; at most 20,000 fit."]),
        ("A\0da", "Hello", ["It contains a NUL character."]),
    ],
)
def test_what_is_missing_or_too_long_is_said_beside_its_field(
    anonymous: FlaskClient, store: Store, name: str, comment: str, told: list[str]
) -> None:
    answer = post(anonymous, comment, name)
    assert answer.status_code == 422
    errors = re.findall(r'<p class="field-error" id="\w+-error">([^<]+)</p>', answer.text)
    assert errors == told
    assert answer.text.count('aria-invalid="true"') == len(told)
    with store.read() as session:
        assert session.query(Comment).count() == 0


def test_a_form_without_its_fields_is_told_the_same(anonymous: FlaskClient) -> None:
    answer = anonymous.post("/demo/")
    assert answer.status_code == 422
    assert "Please enter your name here" in answer.text
    assert "Please enter your comment!" in answer.text


def test_of_two_processes_that_make_the_demos_site_at_once_the_slower_uses_the_others(
    anonymous: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = sites.create_site

    def create_after_another(*arguments: Any) -> Any:
        create(*arguments)
        return create(*arguments)

    monkeypatch.setattr(sites, "create_site", create_after_another)
    assert anonymous.get("/demo/").status_code == 200
    assert [row.name for row in rows(store, Site)] == [site.NAME]


def test_what_was_typed_is_kept_while_something_is_missing(anonymous: FlaskClient) -> None:
    answer = post(anonymous, "\n  <b>kept</b> & so on", "")
    assert "\n\n  &lt;b&gt;kept&lt;/b&gt; &amp; so on</textarea>" in answer.text


def test_a_comment_waits_and_is_then_published(anonymous: FlaskClient, app: Flask, scorer: Scorer) -> None:
    answer = post(anonymous, "A nice day")
    assert answer.status_code == 303
    assert re.fullmatch(r"/demo/#c_\w{26}", answer.headers["Location"])
    page = anonymous.get("/demo/").text
    assert "Your comment is waiting" in page
    assert "A nice day" in page
    assert "A nice day" not in app.test_client().get("/demo/").text
    scorer.run_batch()
    assert "yours, published" in anonymous.get("/demo/").text
    stranger = app.test_client().get("/demo/").text
    assert "A nice day" in stranger
    assert "yours, published" not in stranger


def test_an_author_is_told_that_a_comment_is_held(anonymous: FlaskClient, app: Flask, scorer: Scorer) -> None:
    post(anonymous, "insult=0.99")
    scorer.run_batch()
    page = anonymous.get("/demo/").text
    assert "Your comment is held for review: a moderator will decide" in page
    assert "Insult 0.99 reaches" in page
    assert "insult=0.99" not in app.test_client().get("/demo/").text


def test_an_author_is_told_that_a_comment_was_rejected(anonymous: FlaskClient, app: Flask, scorer: Scorer) -> None:
    post(anonymous, article.EXAMPLES["banned"].text)
    scorer.run_batch()
    assert "Your comment was rejected" in anonymous.get("/demo/").text
    assert '<li class="comment' not in app.test_client().get("/demo/").text


@pytest.mark.parametrize(
    ("comment", "advice", "kind"),
    [
        ("How nice", "This would be published as it stands.", "good"),
        ("You fool insult=0.8", "Please rewrite this: as it stands, a moderator would have to read it first.", "wait"),
    ],
)
def test_what_would_become_of_a_comment_is_told_before_it_is_posted_and_nothing_is_stored(
    anonymous: FlaskClient, app: Flask, scorer: Scorer, store: Store, comment: str, advice: str, kind: str
) -> None:
    app.extensions["winnow_scorer"] = scorer
    page = post(anonymous, comment, check="yes")
    assert page.status_code == 200
    assert f'<p class="note {kind}" role="status" id="advice">{advice}</p>' in page.text
    assert comment in page.text, "it is still in the form"
    assert rows(store, Comment) == []


def test_a_moderators_decision_shows_on_the_page(
    anonymous: FlaskClient, app: Flask, store: Store, scorer: Scorer
) -> None:
    comment_id = post(anonymous, "insult=0.99").headers["Location"].partition("#")[2]
    scorer.run_batch()
    with store.write() as session:
        comments.decide(session, None, comment_id, "publish", actor="user:u_1")
    assert "yours, published" in anonymous.get("/demo/").text
    assert "insult=0.99" in app.test_client().get("/demo/").text


def test_a_reply_stands_under_what_it_replies_to(anonymous: FlaskClient, app: Flask, scorer: Scorer) -> None:
    first = post(anonymous, "First").headers["Location"].partition("#")[2]
    post(anonymous, "Second")
    scorer.run_batch()
    form = anonymous.get(f"/demo/?reply={first}").text
    assert "Reply to <bdi>Ada</bdi>" in form
    post(anonymous, "An answer", parent_id=first)
    scorer.run_batch()
    page = app.test_client().get("/demo/").text
    assert re.search(
        r'First</div>.*<ol class="comments replies">.*An answer</div>.*</ol>.*Second</div>', page, re.DOTALL
    )


@pytest.mark.parametrize("parent_id", ["c_nothing", "c_\0", "c" * 50])
def test_a_reply_to_nothing_is_refused_and_kept(anonymous: FlaskClient, parent_id: str) -> None:
    answer = post(anonymous, "An answer", parent_id=parent_id)
    assert answer.status_code == 422
    assert "The comment that you reply to is gone." in answer.text
    assert "An answer</textarea>" in answer.text


def test_the_cookie_that_knows_an_authors_comments_is_signed(anonymous: FlaskClient, app: Flask, store: Store) -> None:
    answer = post(anonymous, "Mine")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/demo"} <= set(cookie.split("; "))
    comment_id = answer.headers["Location"].partition("#")[2]
    assert anonymous.get(f"/demo/comments/{comment_id}").status_code == 200
    for forged in ("", "x", f'["{comment_id}"]', f'["{comment_id}"].AAAA'):
        stranger = app.test_client()
        stranger.set_cookie("winnow_demo", forged, path="/demo")
        assert stranger.get(f"/demo/comments/{comment_id}").status_code == 404
        assert "Mine" not in stranger.get("/demo/").text


def test_the_cookie_holds_only_the_newest_comments(make_app: Callable[..., Flask], scorer: Scorer) -> None:
    app = make_app()
    browser = app.test_client()
    for number in range(40):
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        post(browser, f"Number {number}")
    cookie = browser.get_cookie("winnow_demo", path="/demo")
    assert cookie is not None
    assert len(cookie.value) < 3000
    page = browser.get("/demo/").text
    assert "Number 39" in page
    assert "Number 9<" not in page


def test_many_comments_from_one_address_are_slowed_down(anonymous: FlaskClient) -> None:
    codes = [post(anonymous, f"Number {number}").status_code for number in range(21)]
    assert codes == [303] * 20 + [429]
    answer = post(anonymous, "Kept")
    assert int(answer.headers["Retry-After"]) >= 1
    assert "That was a lot of comments." in answer.text
    assert "Kept</textarea>" in answer.text


def test_another_sites_page_cannot_comment(anonymous: FlaskClient) -> None:
    answer = anonymous.post(
        "/demo/", data={"name": "Ada", "comment": "Hello"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_the_demo_makes_its_own_site_once_and_leaves_its_policy_alone(
    app: Flask, anonymous: FlaskClient, store: Store
) -> None:
    for _ in range(2):
        anonymous.get("/demo/")
    with store.write() as session:
        [made] = session.query(Site).all()
        assert (made.name, made.policy_version) == (site.NAME, 2)
        policies.set_mode(session, made.id, "hold", actor="operator")
    anonymous.get("/demo/")
    with store.read() as session:
        assert policies.current(session, session.query(Site).one().id).document["mode"] == "hold"


@pytest.mark.parametrize("example", list(article.EXAMPLES))
def test_an_example_fills_in_the_form_without_sending_it(anonymous: FlaskClient, store: Store, example: str) -> None:
    page = anonymous.get(f"/demo/?try={example}").text
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert text
    assert text[1] == article.EXAMPLES[example].text
    with store.read() as session:
        assert session.query(Comment).count() == 0


def test_the_page_points_to_the_console_and_the_api(anonymous: FlaskClient) -> None:
    page = anonymous.get("/demo/").text
    assert "How this works" in page
    assert 'href="/console/"' in page
    assert 'href="/api/docs"' in page


def test_comments_are_taken_while_redis_is_away(make_app: Callable[..., Flask], queues: Queues) -> None:
    browser = make_app(redis_url="redis://127.0.0.1:1").test_client()
    assert post(browser, "Safe all the same").status_code == 303
    assert "Your comment is waiting" in browser.get("/demo/").text


def test_the_page_forbids_scripts_from_elsewhere(anonymous: FlaskClient) -> None:
    policy = anonymous.get("/demo/").headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
