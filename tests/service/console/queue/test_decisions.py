"""What the console's server holds to when people decide, undo and claim: roles, reasons, the site's own grace."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.review import claims
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Membership, ReviewItem, User, WebhookDelivery
from tests.conftest import client_of
from tests.support.clock import Clock
from tests.support.comments import rows, stored
from tests.support.signed_in import PASSWORD, csrf_token, sign_in, submit_sign_in

pytestmark = pytest.mark.one_database

Act = Callable[..., TestResponse]


@pytest.fixture
def flagged(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> str:
    """The id of a comment that waits, at version 2."""
    [outcome] = submissions.submit(
        store, queues, site_with_webhook.id, [Submission(name="Ada", comment="Well insult=0.7")]
    )
    assert outcome.comment is not None
    scorer.run_batch()
    return outcome.comment.id


def act(browser: FlaskClient, comment_id: str, what: str, **fields: Any) -> TestResponse:
    """What the page's script sends."""
    token = csrf_token(browser, "/console/comments")
    return browser.post(
        f"/console/comments/{comment_id}/{what}",
        data={"csrf_token": token} | fields,
        headers={"Accept": "application/json"},
    )


def test_a_sites_own_grace_counts_for_people_and_not_for_its_key(
    app: Flask, store: Store, site_with_webhook: CreatedSite, flagged: str, clock: Clock
) -> None:
    with store.write() as session:
        site_settings.save(session, site_with_webhook.id, SiteSettings(grace_seconds=45), actor="operator")
    mo = sign_in(app, store)
    assert act(mo, flagged, "decision", action="reject", version=2).json == {
        "status": "rejected",
        "version": 3,
        "message": "Rejected.",
        "undo": f"/console/comments/{flagged}/undo",
    }
    delivery = rows(store, WebhookDelivery)[-1]
    assert (delivery.version, delivery.next_attempt_at) == (3, clock.now + timedelta(seconds=45))
    clock.advance(seconds=1)
    api = client_of(app, site_with_webhook.api_key)
    assert api.post(f"/api/v1/comments/{flagged}/decision", json={"action": "publish"}).status_code == 200
    assert rows(store, WebhookDelivery)[-1].next_attempt_at == clock.now


def test_an_undo_is_honest_in_the_api(app: Flask, store: Store, site_with_webhook: CreatedSite, flagged: str) -> None:
    api = client_of(app, site_with_webhook.api_key)
    before = api.get(f"/api/v1/comments/{flagged}").get_json()
    mo = sign_in(app, store)
    act(mo, flagged, "decision", action="reject", version=2, code="spam")
    undone = act(mo, flagged, "undo", version=3)
    assert undone.json == {"status": "flagged", "version": 4, "message": "Undone. The site was never told."}
    after = api.get(f"/api/v1/comments/{flagged}").get_json()
    assert after["updated_at"] > before["updated_at"]
    assert after | {"version": 2, "updated_at": None} == before | {"updated_at": None}
    waiting = api.get("/api/v1/review-queue").get_json()["items"]
    assert [item["comment"]["id"] for item in waiting] == [flagged]
    endpoint = api.get("/api/v1/webhooks").get_json()["webhooks"][0]["id"]
    latest = api.get(f"/api/v1/webhooks/{endpoint}/deliveries").get_json()["deliveries"][0]
    assert (latest["event"], latest["attempts"], latest["next_attempt_at"]) == ("comment.rejected", [], None)
    assert latest["cancelled_at"] is not None


def test_a_reason_must_be_on_the_sites_list_and_counts_for_a_rejection_only(
    app: Flask, store: Store, site_with_webhook: CreatedSite, flagged: str
) -> None:
    mo = sign_in(app, store)
    refused = act(mo, flagged, "decision", action="reject", version=2, code="boring")
    assert refused.status_code == 422
    assert "no longer on the site's list" in refused.get_json()["message"]
    assert stored(store, flagged).status == "flagged"
    assert act(mo, flagged, "decision", action="publish", version=2, code="spam").get_json()["message"] == "Published."
    assert "code" not in (stored(store, flagged).reasons or [{}])[0]


def test_only_whoever_decided_takes_it_back(app: Flask, store: Store, flagged: str) -> None:
    mo, nia = sign_in(app, store, "mo"), sign_in(app, store, "nia")
    act(mo, flagged, "decision", action="reject", version=2)
    refused = act(nia, flagged, "undo", version=3)
    assert refused.status_code == 403
    assert "Only whoever decided" in refused.get_json()["message"]
    assert stored(store, flagged).status == "rejected"
    act(nia, flagged, "decision", action="publish", version=3)
    too_late = act(mo, flagged, "undo", version=3)
    assert too_late.status_code == 409
    assert "nia published this comment just now, after you loaded the page." in too_late.get_json()["message"]
    assert "So nothing was undone." in too_late.get_json()["message"]
    assert stored(store, flagged).status == "published"


def test_somebody_who_was_overtaken_by_an_undo_is_told_of_that(app: Flask, store: Store, flagged: str) -> None:
    mo, nia = sign_in(app, store, "mo"), sign_in(app, store, "nia")
    act(mo, flagged, "decision", action="reject", version=2)
    act(mo, flagged, "undo", version=3)
    told = act(nia, flagged, "decision", action="publish", version=2)
    assert told.status_code == 409
    assert (
        "mo undid the last decision on this comment just now, after you loaded the page." in told.get_json()["message"]
    )


@pytest.mark.parametrize("what", ["decision", "undo", "claim", "release"])
def test_who_may_not_decide_may_do_none_of_it(
    app: Flask, store: Store, other_site: CreatedSite, flagged: str, what: str
) -> None:
    viewer = sign_in(app, store, "vi", "viewer")
    assert act(viewer, flagged, what, action="reject", version=2).status_code == 403
    elsewhere = sign_in(app, store, "el", "none")
    with store.write() as session:
        user = session.query(User).filter_by(name="el").one()
        session.add(Membership(user_id=user.id, site_id=other_site.id, role="admin"))
    assert act(elsewhere, flagged, what, action="reject", version=2).status_code == 404
    assert act(elsewhere, "c_nothing", what, action="reject", version=2).status_code == 404
    unsigned = sign_in(app, store, "mo").post(f"/console/comments/{flagged}/{what}", data={"version": "2"})
    assert unsigned.status_code == 400, "without a form's token"
    assert stored(store, flagged).version == 2


def test_a_claim_is_the_first_ones_until_it_is_released_or_a_minute_old(
    app: Flask, store: Store, flagged: str, clock: Clock
) -> None:
    mo, nia = sign_in(app, store, "mo"), sign_in(app, store, "nia")
    assert act(mo, flagged, "claim").json == {"by": None}
    assert act(nia, flagged, "claim").json == {"by": "mo"}
    clock.advance(seconds=50)
    assert act(mo, flagged, "claim").json == {"by": None}, "renewed"
    clock.advance(seconds=50)
    assert act(nia, flagged, "claim").json == {"by": "mo"}
    assert act(nia, flagged, "release").status_code == 204, "what one does not have, one cannot give up"
    assert act(nia, flagged, "claim").json == {"by": "mo"}
    clock.advance(seconds=11)
    assert act(nia, flagged, "claim").json == {"by": None}, "mo has gone silent"
    assert act(mo, flagged, "claim").json == {"by": "nia"}
    act(nia, flagged, "release")
    assert act(mo, flagged, "claim").json == {"by": None}
    assert rows(store, AuditEvent, comment_id=flagged)[-1].action == "comment.decided", "looking is nobody's business"


def test_a_claim_blocks_no_decision_and_ends_with_it(app: Flask, store: Store, flagged: str) -> None:
    mo, nia = sign_in(app, store, "mo"), sign_in(app, store, "nia")
    act(mo, flagged, "claim")
    version = act(nia, flagged, "decision", action="reject", version=2).get_json()["version"]
    with store.read() as session:
        assert claims.holders(session, [flagged]) == {}
    assert act(mo, flagged, "claim").json == {"by": None}
    act(nia, flagged, "undo", version=version)
    (item,) = rows(store, ReviewItem)
    assert (item.closed_at, item.claimed_by, item.claimed_until) == (None, None, None)


def test_a_site_that_asks_for_a_reason_refuses_a_rejection_without_one(
    app: Flask, store: Store, site_with_webhook: CreatedSite, flagged: str
) -> None:
    with store.write() as session:
        site_settings.save(session, site_with_webhook.id, SiteSettings(require_reason=True), actor="operator")
    mo = sign_in(app, store)
    for given in ({}, {"reason": "  "}):
        answer = act(mo, flagged, "decision", action="reject", version=2, **given)
        assert (answer.status_code, "asks for a reason" in answer.get_json()["message"]) == (422, True)
    assert stored(store, flagged).status == "flagged"
    by_key = client_of(app, site_with_webhook.api_key).post(
        f"/api/v1/comments/{flagged}/decision", json={"action": "reject"}
    )
    assert by_key.status_code == 200, "the site's own software decides for reasons of its own"
    assert act(mo, flagged, "decision", action="publish", version=3).status_code == 200
    assert act(mo, flagged, "decision", action="reject", version=4, code="spam").status_code == 200


def test_who_may_block_may_unblock_and_the_card_says_who_is_blocked_until_when(
    app: Flask, store: Store, site_with_webhook: CreatedSite, flagged: str
) -> None:
    mo, chief = sign_in(app, store), sign_in(app, store, "chief", "admin")
    assert "This site blocks" not in mo.get("/console/").text
    added = act(mo, flagged, "list", list="blocked_authors", until="week").get_json()["added"]
    page = mo.get("/console/").text
    assert re.search(r"This site blocks the author Ada until [^<]*20\d\d", page)
    assert "Unblock" in page
    author = mo.get(f"/console/author?site={site_with_webhook.id}&key={stored(store, flagged).author_key}").text
    assert re.search(r"This site blocks the author Ada until [^<]*20\d\d", author)
    answer = act(mo, flagged, "list", action="remove", **added)
    assert (answer.status_code, answer.get_json()["message"]) == (200, "Ada is no longer among the blocked authors.")
    assert "This site blocks" not in mo.get("/console/").text
    assert act(chief, flagged, "list", list="blocked_authors", until="ever").status_code == 200
    page = mo.get("/console/").text
    assert "This site blocks the author Ada." in page
    assert "Unblock" not in page
    refused = act(mo, flagged, "list", action="remove", **added)
    assert (refused.status_code, "only an admin" in refused.get_json()["message"]) == (403, True)
    assert act(chief, flagged, "list", action="remove", **added).status_code == 200


def test_a_session_that_ended_says_so_and_a_new_one_makes_the_page_live_again(
    app: Flask, store: Store, flagged: str
) -> None:
    mo = sign_in(app, store)
    old = csrf_token(mo, "/console/comments")
    form = {"csrf_token": old, "action": "reject", "version": 2}
    address, json = f"/console/comments/{flagged}/decision", {"Accept": "application/json"}
    mo.post("/console/sign-out", data={"csrf_token": old})
    gone = mo.post(address, data=form, headers=json)
    assert (gone.status_code, gone.get_json()["sign_in"]) == (401, "/console/sign-in")
    assert "no longer signed in" in gone.get_json()["message"]
    assert (
        "You are no longer signed in, so nothing was done." in mo.post(address, data=form, follow_redirects=True).text
    )
    page = "http://localhost/console/?kind=flag"
    assert mo.post(address, data=form, headers={"Referer": page}).location.endswith("?next=/console/?kind%3Dflag")
    elsewhere = mo.post(address, data=form, headers={"Referer": "http://evil.example/"})
    assert elsewhere.location == "/console/sign-in"
    submit_sign_in(mo, "mo", PASSWORD)
    stale = mo.post(address, data=form, headers=json)
    assert (stale.status_code, stale.get_json()["me"]) == (400, "mo")
    fresh = mo.post(address, data=form | {"csrf_token": stale.get_json()["csrf_token"]}, headers=json)
    assert fresh.status_code == 200
    assert stored(store, flagged).status == "rejected"
