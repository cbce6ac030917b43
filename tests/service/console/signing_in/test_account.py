"""One's own page: the password, and the browsers in which one is signed in."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models.languages import GRADES
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import User
from tests.support.classifier import ChosenScores
from tests.support.comments import accept, rows
from tests.support.signed_in import PASSWORD, csrf_token, forms_of, sign_in, submit, submit_sign_in

pytestmark = pytest.mark.one_database

YOU = "/console/you"
NEW = "another four unrelated words"


@pytest.fixture
def mo(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "mo", "viewer")


def another(app: Flask, store: Store, name: str = "mo") -> FlaskClient:
    """A further browser of the same person."""
    browser = app.test_client()
    browser.set_cookie(
        "winnow_session", accounts.start_session(store, rows(store, User, name=name)[0]), path="/console"
    )
    return browser


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/console/").status_code == 200


def change(browser: FlaskClient, current: str = PASSWORD, new: str = NEW, again: str = NEW) -> tuple[int, str]:
    answer = submit(browser, YOU, f"{YOU}/password", current=current, new=new, again=again)
    return answer.status_code, answer.text


def test_a_new_password_signs_in_and_ends_every_other_browser(app: Flask, store: Store, mo: FlaskClient) -> None:
    other = another(app, store)
    assert change(mo)[0] == 303
    assert (is_in(mo), is_in(other)) == (True, False)
    assert submit_sign_in(app.test_client(), "mo", PASSWORD).status_code == 403
    assert submit_sign_in(app.test_client(), "mo", NEW).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "status", "field"),
    [
        ("wrong password here", NEW, NEW, 403, "current"),
        (PASSWORD, NEW, f"{NEW} ", 422, "again"),
        (PASSWORD, "short", "short", 422, "new"),
        (f"{PASSWORD}\0", NEW, NEW, 403, "current"),
        (f" {PASSWORD}", NEW, NEW, 403, "current"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_changes(
    app: Flask, store: Store, mo: FlaskClient, current: str, new: str, again: str, status: int, field: str
) -> None:
    """A password is taken as it was typed: white space and NUL are parts of it."""
    before, other = rows(store, User, name="mo")[0].password_hash, another(app, store)
    answer = change(mo, current, new, again)
    assert answer[0] == status
    assert f'id="{field}-error"' in answer[1]
    assert rows(store, User, name="mo")[0].password_hash == before
    assert is_in(other)


def test_guessing_at_the_present_password_is_slowed_down(mo: FlaskClient) -> None:
    statuses = [change(mo, current=f"wrong password {number}")[0] for number in range(12)]
    assert statuses[0] == 403
    assert statuses[-1] == 429


def test_one_browser_is_signed_out_and_the_rest_stays(app: Flask, store: Store, mo: FlaskClient) -> None:
    others = [another(app, store), another(app, store)]
    form = next(one for one in forms_of(mo, YOU) if one.action == f"{YOU}/sessions/end")
    submit(mo, YOU, f"{YOU}/sessions/end", form.buttons[0][1])
    assert is_in(mo)
    assert sorted(map(is_in, others)) == [False, True]


def test_all_other_browsers_are_signed_out(app: Flask, store: Store, mo: FlaskClient) -> None:
    others = [another(app, store), another(app, store)]
    submit(mo, YOU, f"{YOU}/sessions/end-others")
    assert is_in(mo)
    assert not any(map(is_in, others))


@pytest.mark.parametrize("session", ["", "nothing", "\0", "a" * 5000])
def test_a_browser_that_there_is_not_signs_nobody_out(mo: FlaskClient, session: str) -> None:
    form = {"csrf_token": csrf_token(mo, YOU), "session": session}
    assert mo.post(f"{YOU}/sessions/end", data=form).status_code in {303, 404}
    assert is_in(mo)


def test_another_persons_browser_is_not_signed_out(app: Flask, store: Store, mo: FlaskClient) -> None:
    nia = sign_in(app, store, "nia", "viewer")
    another(app, store, "nia")
    theirs = next(one for one in forms_of(nia, YOU) if one.action == f"{YOU}/sessions/end").buttons[0][1]
    mo.post(f"{YOU}/sessions/end", data={"csrf_token": csrf_token(mo, YOU), "session": theirs})
    assert len([one for one in forms_of(nia, YOU) if one.action == f"{YOU}/sessions/end"]) == 1


def test_the_page_says_what_one_may_do_on_which_site(app: Flask, store: Store, site: CreatedSite) -> None:
    nia = sign_in(app, store, "nia", "none")
    assert "You have no role on any site yet." in nia.get(YOU).text
    accounts.create_user(store, "mia", "none", on_sites={site.id: "moderator"})
    assert "<strong>moderator</strong> on <bdi>The Site</bdi>" in another(app, store, "mia").get(YOU).text
    assert "<strong>viewer</strong> on every site" in sign_in(app, store, "vi", "viewer").get(YOU).text


def test_the_languages_that_one_reads_are_chosen_and_come_first_in_the_queue(
    app: Flask, store: Store, queues: Queues, site: CreatedSite, mo: FlaskClient
) -> None:
    for number, language in enumerate(["hu", "hu", "ur-Latn"]):
        accept(store, queues, site, f"insult=0.6 {number}", language=language)
    Scorer(store, queues, ChosenScores()).run_batch()
    assert "In languages that you read" not in mo.get("/console/").text
    form = {"languages": ["ur-Latn", "de", "klingon", "de"], "csrf_token": csrf_token(mo, "/console/you")}
    assert mo.post("/console/you/languages", data=form).status_code == 303
    assert re.findall(r'<option value="([^"]+)" selected>', mo.get("/console/you").text) == ["de", "ur-Latn"]
    page = unescape(mo.get("/console/").text)
    assert re.search(r'read:\s+<a href="/console/\?language=ur-Latn">Urdu \(Latin letters\) \(1\)</a>', page)
    assert page.index("Urdu (Latin letters) (1)</option>") < page.index("Hungarian (2)</option>")


def test_more_languages_than_anybody_reads_are_refused(mo: FlaskClient) -> None:
    form = {"languages": [*GRADES][:31], "csrf_token": csrf_token(mo, "/console/you")}
    answer = mo.post("/console/you/languages", data=form)
    assert (answer.status_code, "Choose up to 30 languages." in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("browsers", "own", "told"),
    [
        (None, None, "UTC"),
        ("Asia/Tokyo", None, "Asia/Tokyo JST"),
        (None, "Asia/Tokyo", "Asia/Tokyo JST"),
        ("America/Bogota", "Asia/Tokyo", "Asia/Tokyo UTC-05"),
        ("../../etc/passwd", None, "UTC"),
    ],
)
def test_moments_are_told_by_the_clock_of_the_browser_or_else_of_the_person(
    store: Store, mo: FlaskClient, browsers: str | None, own: str | None, told: str
) -> None:
    with store.write() as session:
        session.scalars(select(User)).one().zone = own
    if browsers is not None:
        mo.set_cookie("winnow_zone", browsers, path="/console")
    page = mo.get("/console/you").text
    zone, _, clock = told.rpartition(" ")
    assert f"<option selected>{zone or clock}</option>" in page
    assert set(re.findall(r'title="\d+ \w+ 20\d\d, [\d:]{8} ([^"]*)"', page)) == {clock}
