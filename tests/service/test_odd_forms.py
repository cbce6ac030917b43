"""What nobody types into a page's form, and odd programs send: nothing else is lost for it, and a sentence says why."""

from __future__ import annotations

import html
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Appeal, Comment, Site, User
from moderation.webhooks import statement_links
from tests.support.comments import rows, scored, stored
from tests.support.signed_in import csrf_token, sign_in

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

FORM = "application/x-www-form-urlencoded"
#: In a form's bytes, and what people are shown.
ODD = {
    b"caf\xe9 is fine": "caf\ufffd is fine",
    b"caf%E9 is fine": "caf\ufffd is fine",
    b"caf%C3%A9 is %00fine": "café is fine",
    b"half %ED%A0%80 is fine": "half \ufffd\ufffd\ufffd is fine",
    b"100% is fine %zz": "100% is fine %zz",
    "naïve \U0001f647 is fine".encode(): "naïve \U0001f647 is fine",
}
UNSEEN = ["\u200b", "\u3164 \u00a0", "\u2800", "\x00", "\u202e\u202c", " \u2028 ", "\U000e0041"]


@pytest.fixture
def rejected(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Comment:
    return scored(store, queues, scorer, site, comment="toxicity=0.95")


def statement(settings: Settings, comment: Comment) -> str:
    assert comment.decided_at is not None
    url = statement_links.address(settings, comment.id, comment.decided_at)
    assert url is not None
    return url.removeprefix(settings.public_url)


@pytest.mark.parametrize("written", ODD)
def test_an_appeal_is_taken_whatever_bytes_are_in_it(
    anonymous: FlaskClient, store: Store, settings: Settings, rejected: Comment, written: bytes
) -> None:
    answer = anonymous.post(statement(settings, rejected), data=b"text=" + written, content_type=FORM)
    assert answer.status_code == 303
    assert [one.text for one in rows(store, Appeal)] == [ODD[written]]


@pytest.mark.parametrize("text", UNSEEN)
def test_an_appeal_in_which_nothing_can_be_seen_is_asked_for_again(
    anonymous: FlaskClient, store: Store, settings: Settings, rejected: Comment, text: str
) -> None:
    answer = anonymous.post(statement(settings, rejected), data={"text": text})
    assert answer.status_code == 422
    assert "Please write why the decision is wrong." in answer.text
    assert not rows(store, Appeal)


@pytest.mark.parametrize("written", ODD)
def test_a_moderators_reason_is_kept_whatever_bytes_are_in_it(
    app: Flask, store: Store, rejected: Comment, written: bytes
) -> None:
    mo = sign_in(app, store)
    token = csrf_token(mo, "/console/comments")
    body = f"csrf_token={quote(token)}&action=publish&version={rejected.version}&reason=".encode() + written
    answer = mo.post(f"/console/comments/{rejected.id}/decision", data=body, content_type=FORM)
    assert answer.status_code < 400
    [reason] = stored(store, rejected.id).reasons or []
    assert ODD[written] in f"{reason.get('note')} {reason['message']}"


@pytest.mark.parametrize("text", UNSEEN)
def test_a_reason_in_which_nothing_can_be_seen_is_none(
    app: Flask, store: Store, site: CreatedSite, rejected: Comment, text: str
) -> None:
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(require_reason=True), actor="operator")
        comments.decide(session, None, rejected.id, "publish", actor="site")
    mo = sign_in(app, store)
    token = csrf_token(mo, "/console/comments")
    sent = {"csrf_token": token, "action": "reject", "version": rejected.version + 1, "reason": text}
    answer = mo.post(f"/console/comments/{rejected.id}/decision", data=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "reason" in answer.get_json()["message"]
    assert stored(store, rejected.id).status == "published"


@pytest.mark.parametrize("name", UNSEEN)
@pytest.mark.parametrize("path", ["sites", "people"])
def test_a_name_in_which_nothing_can_be_seen_is_asked_for_again(
    app: Flask, store: Store, site: CreatedSite, path: str, name: str
) -> None:
    chief = sign_in(app, store, "chief", "admin")
    before = len(rows(store, Site)), len(rows(store, User))
    token = csrf_token(chief, f"/console/{path}")
    answer = chief.post(f"/console/{path}", data={"csrf_token": token, "name": name, "role": "viewer"})
    assert answer.status_code == 422
    assert "name" in html.unescape(answer.text)
    assert (len(rows(store, Site)), len(rows(store, User))) == before


@pytest.mark.parametrize("field", ["name", "password"])
def test_signing_in_with_odd_bytes_says_what_is_wrong(anonymous: FlaskClient, field: str) -> None:
    token = csrf_token(anonymous, "/console/sign-in")
    sent = {"csrf_token": token, "name": "ada", "password": "x"} | {field: "\xe9"}
    body = "&".join(f"{name}={value}" for name, value in sent.items()).encode("latin-1")
    answer = anonymous.post("/console/sign-in", data=body, content_type=FORM)
    assert answer.status_code in {400, 401, 403, 422}
    assert "password" in answer.text
    assert "too long" not in answer.text
