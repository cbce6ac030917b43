"""A key that stands in a page scores, and nothing else: whoever reads the page has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import site_keys, sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, CompatKey, Feedback, ReviewItem, WebhookEndpoint
from tests.support.akismet import Akismet
from tests.support.comments import rows
from tests.support.signed_in import sign_in, submit

pytestmark = pytest.mark.one_database

FLAGGED = "toxicity=0.6"
PAGE = "https://blog.example"
ANALYZE = {"comment": {"text": "toxicity=0.9"}, "requestedAttributes": {"TOXICITY": {}}}
SUGGEST = {"comment": {"text": "word"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}

Make = Callable[..., str]


@pytest.fixture
def make(store: Store, settings: Settings, site: CreatedSite) -> Make:
    """Makes a browser key of the site, bound to the origins that are given."""
    return lambda *origins: sites.add_browser_key(store, settings, site.id, origins)


def perspective(client: FlaskClient, key: str, method: str = "analyze", sent: Any = ANALYZE, **headers: str) -> Any:
    return client.post(f"/v1alpha1/comments:{method}?key={key}", json=sent, headers=headers)


def traces(store: Store, redis: Redis) -> dict[str, list[Any]]:
    """Everything that a call could have left behind, but for the counts of calls."""
    tables: tuple[Any, ...] = (Comment, ReviewItem, Feedback, WebhookEndpoint)
    found: dict[str, list[Any]] = {table.__tablename__: [row.id for row in rows(store, table)] for table in tables}
    found["statuses"] = [(row.id, row.status, row.version) for row in rows(store, Comment)]
    return found | {"redis": list(redis.scan_iter("winnow:akismet:*"))}


def test_it_scores(scored: Flask, make: Make) -> None:
    client, key = scored.test_client(), make()
    answer = perspective(client, key)
    assert answer.json["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 0.9
    told: Any = client.post("/v1/moderations", json={"input": "insult=0.9"}, headers={"Authorization": f"Bearer {key}"})
    assert told.json["results"][0]["flagged"]
    blog = Akismet(client, key)
    assert blog.call("verify-key").text == "valid"
    assert [blog.check(text).text for text in ("fine", FLAGGED, "toxicity=0.95")] == ["false", "true", "true"]


@pytest.mark.parametrize("held_first", [True, False])
def test_nothing_that_is_done_with_it_leaves_a_trace(
    scored: Flask, store: Store, queues: Queues, site: CreatedSite, make: Make, held_first: bool
) -> None:
    """Who wrote a comment knows its fields, and could else publish what waits for a moderator, or reject another's."""
    client = scored.test_client()
    if held_first:
        assert Akismet(client, site.compat_key).check_as_wordpress(FLAGGED).text == "false"
    before = traces(store, queues.redis)
    blog = Akismet(client, make())
    blog.check_as_wordpress(FLAGGED)
    blog.check_as_wordpress(f"{FLAGGED} and more")
    blog.recheck(f"{FLAGGED} changed")
    for what in ("ham", "spam"):
        answer = blog.submit(what, FLAGGED)
        assert (answer.text, answer.headers["X-akismet-error"]) == ("error", "not-allowed")
    refused = perspective(client, blog.key, "suggestscore", SUGGEST)
    assert (refused.status_code, refused.json["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert traces(store, queues.redis) == before


def test_what_a_moderator_decided_is_not_read_with_it(
    scored: Flask, store: Store, site: CreatedSite, make: Make
) -> None:
    client = scored.test_client()
    Akismet(client, site.compat_key).check_as_wordpress(FLAGGED)
    Akismet(client, site.compat_key).submit("ham", FLAGGED)
    assert [row.status for row in rows(store, Comment)] == ["published"]
    assert Akismet(client, make()).recheck(FLAGGED).text != "false"


@pytest.mark.parametrize(
    "path",
    [
        *("/1.2/usage-limit", "/1.2/key-sites", "/1.2/key-sites?format=csv"),
        *("/1.1/get-stats", "/1.2/get-key-stats", "/1.1/get-subscription", "/1.1/deactivate", "/1.1/token"),
    ],
)
def test_it_reads_nothing(scored: Flask, site: CreatedSite, make: Make, path: str) -> None:
    client = scored.test_client()
    Akismet(client, site.compat_key, blog="https://private.example").check()
    answer = client.post(path, data={"api_key": make(), "blog": PAGE, "user_ip": "x"})
    assert (answer.text, answer.headers["X-akismet-error"]) == ("error", "not-allowed")


@pytest.mark.parametrize("path", ["/api/v1/comments", "/api/v1/policy", "/api/v1/review-queue", "/api/v1/webhooks"])
def test_the_api_does_not_know_it(app: Flask, make: Make, path: str) -> None:
    assert app.test_client().get(path, headers={"Authorization": f"Bearer {make()}"}).status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (PAGE, 200),
        ("http://localhost:3000", 200),
        ("https://evil.example", 403),
        ("https://blog.example.evil.example", 403),
        ("http://blog.example", 403),
        ("https://blog.example:8443", 403),
        ("null", 403),
        ("", 403),
        (None, 403),
    ],
)
def test_bound_to_pages_it_is_taken_from_those_alone(
    scored: Flask, make: Make, origin: str | None, status: int
) -> None:
    client, key = scored.test_client(), make("https://Blog.example:443/", "http://localhost:3000")
    headers = {} if origin is None else {"Origin": origin}
    answer = perspective(client, key, **headers)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*", "the page may read why"
    bearer = {"Authorization": f"Bearer {key}"}
    assert client.post("/v1/moderations", json={"input": "fine"}, headers=headers | bearer).status_code == status


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/v1/moderations", "authorization"),
        ("/v1alpha1/comments:analyze", "x-goog-api-key"),
        ("/v1alpha1/comments:suggestscore", "content-type"),
        ("/1.1/comment-check", "content-type"),
        ("/1.1/verify-key", "content-type"),
    ],
)
def test_a_page_is_let_ask_and_read_the_answer_whatever_it_is(scored: Flask, path: str, header: str) -> None:
    """A browser asks first, and a page that hears nothing has an error: it shows what was to be judged."""
    client, page = scored.test_client(), {"Origin": PAGE}
    asked = client.options(path, headers=page | {"Access-Control-Request-Headers": f"{header},x-stainless-os"})
    assert {header, "*"} <= set(asked.headers["Access-Control-Allow-Headers"].split(", "))
    for answer in (asked, client.post(path, headers=page), client.post(path, data=b"{", headers=page)):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/1.1/submit-spam", "/1.2/key-sites", "/api/v1/comments", "/coral/phase"])
def test_no_page_is_let_read_what_a_server_asks(scored: Flask, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in scored.test_client().post(path, headers={"Origin": PAGE}).headers


def test_a_check_from_another_page_clears_nothing(scored: Flask, make: Make) -> None:
    blog = Akismet(scored.test_client(), make(PAGE))
    answer = blog.check("fine")
    assert answer.text == "true"
    assert "pages" in answer.headers["X-winnow-held"]


@pytest.mark.parametrize(
    "origin",
    ["blog.example", "https://", "ftp://blog.example", "https://blog.example/path", "https://u:p@b.example", "*"],
)
def test_what_is_no_origin_makes_no_key(store: Store, make: Make, origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        make(origin)
    assert len(rows(store, CompatKey)) == 1


def test_a_server_key_gives_feedback_and_pages_that_have_one_do_not(
    scored: Flask, store: Store, site: CreatedSite
) -> None:
    """A browser says where it comes from; a back end does not. Keys of before are for servers, wherever they stand."""
    client = scored.test_client()
    assert perspective(client, site.compat_key, "suggestscore", SUGGEST, Origin=PAGE).status_code == 403
    sent = {"api_key": site.compat_key, "blog": PAGE, "user_ip": "x", "comment_content": "x"}
    assert client.post("/1.1/submit-ham", data=sent, headers={"Origin": PAGE}).text == "error"
    for site_of_page in ("cross-site", "same-site", "same-origin"):  # a picture's address, which names no origin
        of_a_page = {"Sec-Fetch-Site": site_of_page}
        assert client.get("/1.1/submit-ham", query_string=sent, headers=of_a_page).text == "error"
    assert rows(store, Feedback) == []
    assert perspective(client, site.compat_key, Origin=PAGE).status_code == 200, "scoring is no secret"
    assert perspective(client, site.compat_key, "suggestscore", SUGGEST).status_code == 200
    assert client.post("/1.1/submit-ham", data=sent).text.startswith("Thanks")
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "cors"}  # Node's fetch has the second
    assert client.get("/1.1/submit-ham", query_string=sent, headers=typed).text.startswith("Thanks")
    assert len(rows(store, Feedback)) == 2


def test_it_is_rotated_apart_from_the_servers_keys(
    store: Store, settings: Settings, site: CreatedSite, make: Make
) -> None:
    made = [make() for _ in range(3)]
    with store.read() as session:
        callers = [sites.authenticate_compat(session, key) for key in (*made, site.compat_key)]
        shown = [key for key in site_keys.of_site(session, settings, site.id) if key.kind == "browser"]
    assert [caller is not None for caller in callers] == [False, True, True, True]
    assert [caller.from_browser for caller in callers if caller] == [True, True, False]
    assert [key.revoked_at is None for key in shown] == [True, True, False]
    assert rows(store, AuditEvent)[-1].detail == {"which": "browser"}


def test_the_console_makes_one_shows_it_once_and_revokes_it(app: Flask, store: Store, site: CreatedSite) -> None:
    chief, path = sign_in(app, store, "chief", "admin"), f"/console/sites/{site.id}"
    refused = submit(chief, path, f"{path}/browser-keys", origins="nonsense")
    assert refused.status_code == 422
    assert "is no origin" in refused.text
    made = submit(chief, path, f"{path}/browser-keys", origins=f"{PAGE} http://localhost:3000")
    assert made.status_code == 201
    [row] = [one for one in rows(store, CompatKey) if one.purpose == "browser"]
    assert row.origins == ["http://localhost:3000", PAGE]
    page = chief.get(path).text
    assert f"on http://localhost:3000, {PAGE}" in page
    submit(chief, path, f"{path}/keys/revoke", row.digest[:16])
    assert [one.revoked_at is None for one in rows(store, CompatKey) if one.purpose == "browser"] == [False]
