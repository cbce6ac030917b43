"""A site's policy tests and its times by their forms: who may do what, what is refused, and what the console says."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.policy import policies, policy_tests
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import PolicyTest
from tests.support.clock import Clock
from tests.support.comments import scored, stored
from tests.support.signed_in import csrf_token, sign_in, submit

pytestmark = pytest.mark.one_database


@pytest.fixture
def chief(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "chief", "admin")


def kept(store: Store, site: CreatedSite) -> Sequence[PolicyTest]:
    with store.read() as session:
        return policy_tests.of_site(session, site.id)


def page_of(site: CreatedSite) -> str:
    return f"/console/sites/{site.id}/policy"


def bring(browser: FlaskClient, site: CreatedSite, content: bytes) -> int:
    token = csrf_token(browser, f"{page_of(site)}/tests")
    data = {"csrf_token": token, "file": (io.BytesIO(content), "tests.csv")}
    return browser.post(f"{page_of(site)}/tests/import", data=data).status_code


def test_examples_are_added_imported_and_removed(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    path = f"{page_of(site)}/tests"
    assert submit(chief, path, path, text="You are an idiot.", name="Bob", expected="reject").status_code == 303
    assert bring(chief, site, b"text,expected\nYou are an idiot.,flag\nLovely,publish\n") == 303
    assert bring(chief, site, b"text,expected\n,flag\n") == 422
    assert bring(chief, site, b"\x00\xff" * 100) == 422
    assert bring(chief, site, b"") == 422
    assert submit(chief, path, path, text=" ", name="", expected="flag").status_code == 422
    assert [test.text for test in kept(store, site)] == ["Lovely", "You are an idiot.", "You are an idiot."]
    page = unescape(chief.get(path).text)
    assert "1 test is decided otherwise than expected." in page
    assert "It would hold it." in page
    first = kept(store, site)[0].id
    assert chief.post(f"{path}/remove", data={"csrf_token": csrf_token(chief, path), "test": first}).status_code == 303
    assert first not in {test.id for test in kept(store, site)}


def test_a_moderator_adds_and_only_an_admin_imports_and_removes(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    mo, path = sign_in(app, store), f"{page_of(site)}/tests"
    assert submit(mo, path, path, text="Lovely", expected="publish").status_code == 303
    data = {"csrf_token": csrf_token(mo, path), "test": kept(store, site)[0].id}
    assert mo.post(f"{path}/remove", data=data).status_code == 403
    assert mo.post(f"{path}/import", data=data).status_code == 403
    vi = sign_in(app, store, "vi", "viewer")
    assert vi.get(path).status_code == 403
    comment = scored(store, queues, scorer, site, "insult=0.95", name="Bob")
    kept_from = {"csrf_token": csrf_token(vi, "/console/"), "expected": "reject"}
    assert vi.post(f"/console/comments/{comment.id}/policy-test", data=kept_from).status_code == 403
    assert "Keep as a policy test" not in vi.get(f"/console/comments/{comment.id}").text
    action = f"/console/comments/{comment.id}/policy-test"
    assert submit(mo, f"/console/comments/{comment.id}", action).status_code == 303
    test = kept(store, site)[0]
    assert (test.text, test.name, test.expected, test.comment_id) == ("insult=0.95", "Bob", "reject", comment.id)


def test_a_change_that_breaks_a_test_is_saved_once_that_very_change_is_confirmed(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    bring(chief, site, b"text,expected\nLovely fruit,publish\nLovely weather,publish\nrotten,reject\n")
    page = page_of(site)

    def version() -> int:
        with store.read() as session:
            return policies.current(session, site.id).version

    asked = submit(chief, page, page, "save", suspect_words="fruit")
    assert asked.status_code == 409
    assert version() == 1
    confirm = asked.text.partition('value="save:')[2].partition('"')[0]
    fields = {"csrf_token": csrf_token(chief, page), "version": "1", "hold_times.time_zone": ""}
    other = fields | {"action": f"save:{confirm}", "suspect_words": "lovely"}
    assert chief.post(page, data=other).status_code == 409, "more would break than was shown"
    assert version() == 1
    assert chief.post(page, data=fields | {"action": f"save:{confirm}", "suspect_words": "fruit"}).status_code == 303
    assert version() == 2
    assert submit(chief, page, page, "save", banned_words="rotten").status_code == 303, "it mends one and breaks none"
    assert "rotten" in unescape(chief.get(page).text)


def test_times_are_set_shown_while_they_last_and_refused_where_they_are_none(
    app: Flask, chief: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    page = page_of(site)
    night = {"hold_times.0.start": "22:00", "hold_times.0.end": "06:00"}
    refused = submit(chief, page, page, "save", **night)
    assert refused.status_code == 422
    assert "Name the time zone of these times" in refused.text
    refused = submit(chief, page, page, "save", **night, **{"hold_times.time_zone": "Europe/Berlin"})
    assert "Time 1: Name the days" in refused.text
    days = {f"hold_times.0.{day}": "on" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    zone = {"hold_times.time_zone": "Europe/Berlin"}
    assert submit(chief, page, page, "save", **night, **days, **zone).status_code == 303
    says = "Times at which every comment waits: Mon to Sun 22:00 to 06:00 (Europe/Berlin) (was never)."
    assert says in unescape(chief.get(page).text)

    clock.now = datetime(2027, 1, 1, 21, 30, tzinfo=UTC)
    chief = sign_in(app, store, "by night", "admin")
    held = stored(store, scored(store, queues, scorer, site, "A calm remark.").id)
    assert (held.status, (held.reasons or [{}])[0]["rule"]) == ("flagged", "scheduled_hold")
    assert (
        "holds every comment until Saturday 06:00 (Europe/Berlin), by the times in its policy."
        in chief.get("/console/").text
    )
    assert "Every comment waits now, until Saturday 06:00 (Europe/Berlin)" in chief.get(page).text
    clock.now = datetime(2027, 1, 2, 5, 0, tzinfo=UTC)
    assert stored(store, scored(store, queues, scorer, site, "Another calm remark.").id).status == "published"
    assert "by the times in its policy" not in chief.get("/console/").text
