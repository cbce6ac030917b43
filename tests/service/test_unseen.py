"""A name or a comment in which nothing can be seen is refused by the API, and cleared by no protocol."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.akismet import Akismet
from tests.support.comments import rows

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

ROUTE = "/api/v1/comments"
UNSEEN = [
    "\u200b\u200b\u200b",
    "\u3164",
    "\uffa0\u115f\u1160",
    "\u2800",
    "\u00ad\ufeff\u2060",
    "\u034f\u180e\ufe0f",
    "\u202e\u200f\u2066",
    "\U000e0061\U000e007f",
    "\u0301\u0302",
    "\u2028\u2029",
    "\u00a0\u2003\u3000",
    "\ufffc",
    "&nbsp;",
    "&amp;nbsp;",
    "&#8203;&zwj;",
    "&#x3164;",
    "<p></p>",
    "<p>&nbsp;</p>",
    "<b>\u200b</b><br/>",
    "<!-- seen by nobody -->",
    "&lt;p&gt;&lt;/p&gt;",
    "[b][/b]",
    "[img][/img]",
    "[spoiler=x] [/spoiler]",
    "[quote=Ada][/quote]",
]
SEEN = [
    "🙇",
    "👍🏽",
    "!",
    "\ufffd",
    "<3",
    "<sigh>",
    '<img src="/cat.png">',
    "![](https://a.example/cat.png)",
    "&amp;",
    "e\u0301",
    "ー",
]


@pytest.mark.parametrize("text", UNSEEN)
def test_the_api_asks_for_a_name_and_for_a_comment(client: FlaskClient, store: Store, text: str) -> None:
    answer = client.post(ROUTE, json={"name": "Ada", "comment": text})
    assert (answer.status_code, answer.get_json()["errors"]) == (422, {"comment": ["Please enter your comment!"]})
    answer = client.post(ROUTE, json={"name": text, "comment": "Hello"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["name"])
    assert client.post(ROUTE, data={"name": "Ada", "comment": text}).status_code == 422
    assert "Please enter your comment!" in client.post(f"{ROUTE}/batch", json=[{"name": "Ada", "comment": text}]).text
    assert not rows(store, Comment)


@pytest.mark.parametrize("text", SEEN)
def test_a_sign_or_a_picture_is_something(client: FlaskClient, text: str) -> None:
    assert client.post(ROUTE, json={"name": text, "comment": text}).status_code == 202


def test_an_edit_leaves_something_to_be_seen(client: FlaskClient) -> None:
    made = client.post(ROUTE, json={"name": "Ada", "comment": "Hello"}).get_json()
    assert client.patch(f"{ROUTE}/{made['id']}", json={"comment": "\u200b"}).status_code == 422
    assert client.patch(f"{ROUTE}/{made['id']}", json={"name": "\u3164"}).status_code == 422


def test_letters_of_windows_are_kept(client: FlaskClient, store: Store) -> None:
    assert client.post(ROUTE, json={"name": "Ren\x8e", "comment": "don\x92t \x80 5\x81"}).status_code == 202
    [comment] = rows(store, Comment)
    assert (comment.name, comment.comment) == ("RenŽ", "don’t € 5")


@pytest.mark.parametrize("text", UNSEEN)
def test_akismet_clears_nothing_unseen(scored: Flask, site: CreatedSite, text: str) -> None:
    blog = Akismet(scored.test_client(), site.compat_key)
    assert blog.check(text).text == "true"
    assert blog.check_as_wordpress(text).text not in {"true", "false"}


@pytest.mark.parametrize("kind", ["comment", "contact-form", "forum-post", "", None])
def test_a_text_in_another_field_is_not_cleared(scored: Flask, site: CreatedSite, kind: str | None) -> None:
    blog = Akismet(scored.test_client(), site.compat_key)
    unknown: dict[str, Any] = {"comment_text": "toxicity=0.95", "comment_type": kind}
    answer = blog.check(None, **unknown)
    assert answer.text == "true"
    assert "comment_content" in answer.headers["X-winnow-held"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("comment_author", "nice " * 60 + "toxicity=0.95"),
        ("comment_author_url", "look here: toxicity=0.95 it is"),
        ("comment_author_url", f"https://x.example/{'a' * 2000}?toxicity=0.95"),
        ("comment_author_url", "https://x.example/you%20are%20toxicity=0.95"),
        ("comment_author_email", "you are toxicity=0.95"),
        ("comment_author_email", "you are " * 60 + "toxicity=0.95"),
    ],
)
def test_a_text_in_the_place_of_a_name_or_an_address_is_judged(
    scored: Flask, site: CreatedSite, field: str, value: str
) -> None:
    blog = Akismet(scored.test_client(), site.compat_key)
    assert blog.check("A nice remark.", **{field: value}).text == "true"
    assert blog.check(None, **{field: value}).text == "true"
    assert blog.check("A nice remark.", **{field: value.replace("0.95", "0.1")}).text == "false"


def test_a_name_alone_is_judged_where_there_is_no_text(scored: Flask, site: CreatedSite) -> None:
    blog = Akismet(scored.test_client(), site.compat_key)
    assert blog.check(None, comment_type="signup").text == "false"
    assert blog.check(None, comment_type="signup", comment_author="toxicity=0.95").text == "true"
    assert blog.check(None, comment_type="signup", comment_author="\u200b").text == "true"


@pytest.mark.parametrize("text", ["\u200b", "\u3164", "&nbsp;", "<p></p>"])
def test_openai_and_perspective_say_that_it_is_empty(client: FlaskClient, site: CreatedSite, text: str) -> None:
    answer = client.post("/v1/moderations", json={"input": text})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "empty_string")
    sent = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}}
    answer = client.post(f"/v1alpha1/comments:analyze?key={site.compat_key}", json=sent)
    assert answer.status_code == 400
    assert "non-empty" in answer.text
