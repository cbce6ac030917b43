"""Coral's external moderation phase, signed as Coral's documentation says, answered by the site's policy."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.comments import set_policy
from tests.support.compat import choose_scores

pytestmark = pytest.mark.one_database

SECRET = "coral-signing-secret"
Phase = Callable[..., Any]


def signed(body: bytes, *secrets: str) -> str:
    """X-Coral-Signature: one signature for each secret that is valid just now."""
    digests = (hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join(f"sha256={digest}" for digest in digests)


def request_of(text: str, action: str = "NEW") -> dict[str, Any]:
    return {
        "action": action,
        "comment": {"body": text, "parentID": None},
        "author": {"id": "baac8c53-5db4-4e60-b2ac-7eec3b3a2a4d", "role": "COMMENTER"},
        "story": {"id": "0b1d4e7c", "url": "https://news.example/story"},
        "site": {"id": "3d4b2c1a"},
        "tenantID": "b2ac7eec",
        "tenantDomain": "coral.example",
    }


def withheld(answer: Any) -> bool:
    """Whether Coral is told that a person has to look, and nothing else."""
    return (answer.status_code, answer.json) == (200, {"status": "SYSTEM_WITHHELD"})


@pytest.fixture
def phase(scored: Flask, store: Store, settings: Settings, site: CreatedSite) -> Phase:
    """Sends a phase's request: `phase("text")`, or any body, with any signature."""
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", SECRET)

    def send(sent: Any, signature: str | None = None, *, to: str = site.id) -> Any:
        body = sent if isinstance(sent, bytes) else json.dumps(request_of(sent) if isinstance(sent, str) else sent)
        raw = body.encode() if isinstance(body, str) else body
        return scored.test_client().post(
            f"/coral/phase?site={to}",
            data=raw,
            content_type="application/json",
            headers={"X-Coral-Signature": signed(raw, SECRET) if signature is None else signature},
        )

    return send


def test_no_opinion_about_a_comment_that_nothing_is_against(phase: Phase) -> None:
    answer = phase("A thoughtful remark.")
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize(
    ("text", "status", "reasons"),
    [
        ("toxicity=0.6", "SYSTEM_WITHHELD", ["COMMENT_DETECTED_TOXIC"]),
        ("insult=0.6 spam=0.7", "SYSTEM_WITHHELD", ["COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"]),
        ("toxicity=0.95", "REJECTED", ["COMMENT_DETECTED_TOXIC"]),
        ("spam=0.95", "REJECTED", ["COMMENT_DETECTED_SPAM"]),
        ("https://a.example " * 4, "SYSTEM_WITHHELD", ["COMMENT_DETECTED_SPAM"]),
        ("in klingon", "SYSTEM_WITHHELD", []),
        ("unscorable", "SYSTEM_WITHHELD", []),
    ],
)
def test_the_policy_chooses_flags_and_status(phase: Phase, text: str, status: str, reasons: list[str]) -> None:
    answer = phase(text)
    actions = [{"actionType": "FLAG", "reason": reason} for reason in reasons]
    assert (answer.status_code, answer.json) == (200, {"actions": actions, "status": status})


def test_an_edit_is_judged_like_a_new_comment(phase: Phase) -> None:
    assert phase(request_of("toxicity=0.95", "EDIT")).json["status"] == "REJECTED"


def test_a_site_that_publishes_first_has_flags_without_a_status(phase: Phase, store: Store, site: CreatedSite) -> None:
    set_policy(store, site, mode="open")
    assert phase("toxicity=0.95").json == {"actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]}
    set_policy(store, site, mode="observe")
    assert phase("toxicity=0.95").status_code == 204
    set_policy(store, site, mode="hold")
    assert phase("fine").json == {"actions": [], "status": "SYSTEM_WITHHELD"}


def test_rules_about_the_author_hold(phase: Phase, store: Store, site: CreatedSite) -> None:
    set_policy(store, site, blocked_authors=["baac8c53-5db4-4e60-b2ac-7eec3b3a2a4d"])
    assert phase("fine").json["status"] == "REJECTED"


def test_html_is_judged_by_its_words(phase: Phase, store: Store, site: CreatedSite) -> None:
    set_policy(store, site, banned_words=["bad word"])
    assert phase("<div>a <b>bad</b> word</div>").json["status"] == "REJECTED"
    assert phase("1 &lt; 2, and <br>a bad<i> word</i>").json["status"] == "REJECTED"
    assert phase("<p>a bad</p><p>word</p>").status_code in (200, 204)
    assert phase('<a href="https://a.example">fine</a> ' * 4).json["status"] == "SYSTEM_WITHHELD"


@pytest.mark.parametrize("unseen", ["\0", "\x01", "\x7f", "\x81"])
def test_control_characters_part_no_word(phase: Phase, unseen: str) -> None:
    """A browser shows none of them."""
    assert phase(f"toxi{unseen}city=0.95").json["status"] == "REJECTED"


def test_nothing_is_kept(phase: Phase, store: Store) -> None:
    phase("toxicity=0.6")
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 0


def test_any_of_several_signatures_will_do(phase: Phase) -> None:
    body = json.dumps(request_of("fine")).encode()
    assert phase(body, signed(body, "the secret before", SECRET)).status_code == 204
    assert phase(body, signed(body, SECRET, "the next secret")).status_code == 204


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "nonsense", "ü", ",,,", "sha256=x," * 1000],
)
def test_with_a_wrong_signature_the_comment_is_withheld_and_not_judged(phase: Phase, signature: str) -> None:
    """It may be Coral's, whose secret was changed; and Coral publishes on whatever is not 2xx."""
    assert withheld(phase("fine", signature))


def test_a_signature_is_of_the_raw_body_and_of_one_site(phase: Phase, other_site: CreatedSite) -> None:
    body = json.dumps(request_of("fine")).encode()
    assert withheld(phase(body + b" ", signed(body, SECRET)))
    assert withheld(phase(body, to=other_site.id))
    assert withheld(phase(body, signed(body, ""), to=other_site.id))
    assert withheld(phase(body, signed(body, ""), to=""))
    assert withheld(phase(body, to="s_01m8mkej1402qsnnts3f94gqee"))


def test_many_wrong_signatures_keep_nothing_from_its_verdict(
    make_app: Callable[..., Flask], store: Store, settings: Settings, site: CreatedSite
) -> None:
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", SECRET)
    app = make_app(rate_limit_auth="2 per hour")
    choose_scores(app)
    client, body = app.test_client(), json.dumps(request_of("fine")).encode()
    address = f"/coral/phase?site={site.id}"
    assert all(withheld(client.post(address, data=body)) for _ in range(4))
    assert client.post(address, data=body, headers={"X-Coral-Signature": signed(body, SECRET)}).status_code == 204


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"action=NEW",
        b"[" * 100_000,
        b'{"action": "NEW", "comment": {"body": "caf\xe9"}, "author": {"id": "x"}}',
        request_of("x") | {"action": "CREATE"},
        request_of("x") | {"action": None},
        request_of("x") | {"comment": "x"},
        request_of("x") | {"comment": {"body": 7}},
        request_of("x") | {"comment": {"body": None, "parentID": None}},
        request_of("x") | {"comment": {"parentID": None}},
        request_of("x") | {"author": None},
        request_of("x") | {"author": {"id": None, "role": "COMMENTER"}},
        request_of("x") | {"author": {"id": 7}},
        request_of(""),
        request_of("  "),
        request_of("<div><br></div>"),
        json.dumps(request_of("toxicity=0.95 SURROGATE")).replace("SURROGATE", "\\ud800").encode(),
        json.dumps(request_of("x") | {"author": {"id": "SURROGATE"}}).replace("SURROGATE", "\\ud800").encode(),
        request_of("x" * 2_000_000),
        request_of("fine " * 20_001),  # Coral would not wait so long as all of it takes
        request_of("<p>fine</p>" * 10_000),
    ],
)
def test_what_cannot_be_judged_is_withheld_for_a_person(phase: Phase, sent: Any) -> None:
    """Coral publishes on whatever is not 2xx."""
    answer = phase(sent)
    assert (answer.status_code, answer.json) == (200, {"status": "SYSTEM_WITHHELD"})


def test_half_a_character_in_what_is_not_judged_keeps_nothing_from_its_verdict(phase: Phase) -> None:
    sent = json.dumps(request_of("toxicity=0.95") | {"story": {"title": "SURROGATE"}})
    answer = phase(sent.replace("SURROGATE", "\\ud800").encode())
    assert answer.json["status"] == "REJECTED"


def test_while_it_cannot_look_for_the_secret_it_withholds(make_app: Callable[..., Flask], site: CreatedSite) -> None:
    app = make_app(database_url="sqlite:////nowhere/winnow.db")
    body = json.dumps(request_of("fine")).encode()
    headers = {"X-Coral-Signature": signed(body, SECRET)}
    answer = app.test_client().post(f"/coral/phase?site={site.id}", data=body, headers=headers)
    assert (answer.status_code, answer.json) == (200, {"status": "SYSTEM_WITHHELD"})


@pytest.mark.usefixtures("without_a_model")
def test_without_its_classifier_it_withholds(app: Flask, store: Store, settings: Settings, site: CreatedSite) -> None:
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", SECRET)
    body = json.dumps(request_of("fine")).encode()
    headers = {"X-Coral-Signature": signed(body, SECRET)}
    answer = app.test_client().post(f"/coral/phase?site={site.id}", data=body, headers=headers)
    assert (answer.status_code, answer.json) == (200, {"status": "SYSTEM_WITHHELD"})


def test_beyond_the_sites_limit_a_person_has_to_look(
    make_app: Callable[..., Flask], store: Store, settings: Settings, site: CreatedSite
) -> None:
    """Coral publishes what a phase fails on, so refusing would let it through."""
    app = make_app(rate_limit="1 per hour")
    choose_scores(app)
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", SECRET)
    body = json.dumps(request_of("fine")).encode()
    headers = {"X-Coral-Signature": signed(body, SECRET)}
    answers = [app.test_client().post(f"/coral/phase?site={site.id}", data=body, headers=headers) for _ in range(2)]
    assert answers[0].status_code == 204
    assert answers[1].json == {"status": "SYSTEM_WITHHELD"}


def test_a_new_secret_takes_the_place_of_the_one_before(
    phase: Phase, make_app: Callable[..., Flask], store: Store, settings: Settings, site: CreatedSite
) -> None:
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", "another")
    app = make_app()  # one that does not know the first any more
    choose_scores(app)
    body = json.dumps(request_of("fine")).encode()
    statuses = [
        app.test_client()
        .post(f"/coral/phase?site={site.id}", data=body, headers={"X-Coral-Signature": signed(body, secret)})
        .status_code
        for secret in (SECRET, "another")
    ]
    assert statuses == [200, 204]  # withheld


def test_it_answers_well_inside_corals_timeout(phase: Phase) -> None:
    """Its administrator sets the phase's timeout in milliseconds; a tenth of a second is short for one."""
    phase("warm")
    began = time.process_time()  # which others on this machine cannot lengthen
    for _ in range(20):
        assert phase("toxicity=0.6").status_code == 200
    assert (time.process_time() - began) / 20 < 0.1
