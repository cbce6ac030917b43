"""An archived site at the edge: no program is told that anything is clean, and the console puts it out of sight."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions.scoring import Scorer
from moderation.history import calls
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import archive, sites
from moderation.sites.archive import CLOSED
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment
from operations import doctor
from tests.conftest import client_of
from tests.service.compat.test_coral import SECRET
from tests.service.compat.test_counted_calls import PHASE, Sent, analyze, check, moderate, phase
from tests.support.comments import rows, scored
from tests.support.compat import choose_scores
from tests.support.signed_in import csrf_token, sign_in, submit

pytestmark = pytest.mark.one_database

API = "/api/v1"


@pytest.fixture
def held(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Comment:
    """A comment of a site that was archived then."""
    comment = scored(store, queues, scorer, site, "insult=0.6 a held remark")
    set_archived(store, site, archived=True)
    return comment


def set_archived(store: Store, site: CreatedSite, *, archived: bool) -> None:
    change = archive.archive if archived else archive.bring_back
    with store.write() as session:
        change(session, site.id, actor="operator")


WORDPRESS = "WordPress/6.7 | Akismet/5.3"


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        (check(), 200, r"true"),
        (check(user_agent="x"), 200, r"true"),
        (analyze(), 403, rf'"message": "{re.escape(CLOSED)}",\s+"status": "PERMISSION_DENIED"'),
        (moderate({"input": "fine"}), 403, rf'"message": "{re.escape(CLOSED)}"[\s\S]*"code": "site_archived"'),
        (phase(PHASE), 200, r'\{"status": "SYSTEM_WITHHELD"\}\n'),
    ],
)
@pytest.mark.usefixtures("held")
def test_no_program_is_told_that_a_comment_is_clean(
    scored: Flask, store: Store, settings: Settings, site: CreatedSite, sent: Sent, status: int, told: str
) -> None:
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", SECRET)
    path, headers, data = sent
    own = {name: value.replace("KEY", site.compat_key) for name, value in headers.items()}
    if isinstance(data, dict):
        data = {name: value.replace("KEY", site.compat_key) for name, value in data.items()}
    path = path.replace("KEY", site.compat_key).replace("SITE", site.id)
    answer = scored.test_client().post(path, headers=own, data=data)
    assert answer.status_code == status
    assert re.search(told, answer.text), answer.text


@pytest.mark.usefixtures("held")
def test_a_client_of_akismet_that_waits_is_told_why_and_keeps_its_key(scored: Flask, site: CreatedSite) -> None:
    form = {"api_key": site.compat_key, "key": site.compat_key, "blog": "https://b.example", "user_ip": "192.0.2.7"}
    form |= {"comment_post_ID": "1", "comment_type": "comment", "akismet_comment_nonce": "x"}
    client = scored.test_client()
    answers = [
        client.post(f"/1.1/{call}", data=form | {"comment_content": "fine"}, headers={"User-Agent": WORDPRESS})
        for call in ("comment-check", "verify-key", "submit-spam")
    ]
    assert [answer.text for answer in answers] == ["error"] * 3
    assert {answer.headers["X-akismet-error"] for answer in answers} == {"site-archived"}
    assert {answer.headers["X-akismet-debug-help"] for answer in answers} == {CLOSED}


@pytest.mark.usefixtures("held")
def test_calls_for_an_archived_site_are_counted_apart_and_worry_nobody(
    scored: Flask, queues: Queues, site: CreatedSite
) -> None:
    path, headers, data = analyze()
    scored.test_client().post(path.replace("KEY", site.compat_key), headers=headers, data=data)
    [counts] = calls.lately(queues.redis)
    assert (counts.site_id, counts.outcomes) == (site.id, {"archived": 1})
    assert doctor._calls(queues.redis).level == "OK"


REFUSED: list[tuple[str, str, Any]] = [
    ("POST", "/comments", {"name": "Ada", "comment": "Hello"}),
    ("POST", "/comments/batch", [{"name": "Ada", "comment": "Hello"}]),
    ("PATCH", "/comments/ID", {"comment": "Other words"}),
    ("POST", "/comments/ID/reports", {"reason": "spam"}),
    ("POST", "/check", {"name": "Ada", "comment": "Hello"}),
]


def test_the_api_refuses_what_is_new_and_goes_on_with_the_rest(
    app: Flask, store: Store, site: CreatedSite, held: Comment
) -> None:
    choose_scores(app)
    client = client_of(app, site.api_key)
    for method, path, body in REFUSED:
        answer = client.open(f"{API}{path}".replace("ID", held.id), method=method, json=body)
        assert (answer.status_code, answer.get_json()["type"], answer.get_json()["detail"]) == (
            403,
            "/api/docs#problem-archived",
            CLOSED,
        ), path
    assert client.get(f"{API}/comments/{held.id}").get_json()["status"] == "flagged"
    assert client.get(f"{API}/review-queue").get_json()["items"] == []
    decided = client.post(f"{API}/comments/{held.id}/decision", json={"action": "reject"})
    assert decided.get_json()["status"] == "rejected"
    assert client.delete(f"{API}/comments/{held.id}").status_code in {200, 204}
    assert [one.id for one in rows(store, Comment)] == [held.id]


def test_a_site_archives_itself_and_comes_back_by_the_api(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = scored(store, queues, scorer, site, "insult=0.6")
    client = client_of(app, site.api_key)
    assert client.get(f"{API}/site").json == {
        "id": site.id,
        "name": "The Site",
        "mode": "auto",
        "archived_at": None,
    }
    assert client.patch(f"{API}/site", json={"archived": 1}).status_code == 422
    assert client.patch(f"{API}/site", json={"archived": True}).get_json()["archived_at"] is not None
    assert client.get(f"{API}/review-queue").get_json()["items"] == []
    assert client.patch(f"{API}/site", json={"archived": False}).get_json()["archived_at"] is None
    [item] = client.get(f"{API}/review-queue").get_json()["items"]
    assert item["comment"]["id"] == comment.id
    assert client.post(f"{API}/comments", json={"name": "Ada", "comment": "Back"}).status_code == 202
    told = [(one.action, one.actor) for one in rows(store, AuditEvent) if "archived" in one.action]
    assert told == [("site.archived", "site"), ("site.unarchived", "site")]


def test_an_admin_archives_a_site_and_it_is_out_of_sight_until_it_is_brought_back(
    app: Flask,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    other_site: CreatedSite,
) -> None:
    for one, text in ((site, "insult=0.6 of the closed"), (other_site, "insult=0.6 of the open")):
        scored(store, queues, scorer, one, text)
    page = f"/console/sites/{site.id}"
    moderator = sign_in(app, store, "mo", "moderator")
    form = {"csrf_token": csrf_token(moderator, "/console/"), "action": "archive"}
    assert moderator.post(f"{page}/archive", data=form).status_code == 403
    chief = sign_in(app, store, "chief", "admin")
    form = {"csrf_token": csrf_token(chief, page), "action": "nonsense"}
    assert chief.post(f"{page}/archive", data=form).status_code == 400
    assert submit(chief, page, f"{page}/archive", "archive").status_code == 303

    assert waiting(chief) == ["of the open"]
    for path in ("/console/", "/console/comments", "/console/statistics", "/console/audit", "/console/campaigns"):
        assert f'<option value="{site.id}"' not in chief.get(path).text, path
    assert chief.get("/console/changes?since=1").get_json()["opened"] == 1
    assert "1 archived site" in chief.get("/console/sites").text
    found = html.unescape(chief.get(f"/console/comments?site={site.id}").text)
    assert "of the closed" in found
    assert "The Site (archived)" in found
    assert "1 comment waits again" in chief.get(page).text
    for path in (f"{page}/policy", f"{page}/settings", "/console/people", f"/console/statistics?site={site.id}"):
        assert chief.get(path).status_code == 200, path

    assert submit(chief, page, f"{page}/archive", "bring_back").status_code == 303
    assert waiting(chief) == ["of the closed", "of the open"]
    told = [(one.action, one.actor.partition(":")[0]) for one in rows(store, AuditEvent) if "archived" in one.action]
    assert told == [("site.archived", "user"), ("site.unarchived", "user")]


def waiting(client: FlaskClient) -> list[str]:
    return sorted(set(re.findall(r"of the (?:open|closed)", client.get("/console/").text)))
