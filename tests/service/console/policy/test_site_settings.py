"""A site's settings by their form: reasons, shares, the grace time and appeals."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from moderation.intake.queues import Queues
from moderation.sites import site_settings
from moderation.sites.site_settings import Retention, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from service.console.policy.site_settings import LONGEST_REASON, MOST_REASONS
from tests.support.clock import Clock
from tests.support.comments import accept
from tests.support.signed_in import forms_of, sign_in

pytestmark = pytest.mark.one_database


@pytest.fixture
def chief(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "chief", "admin")


def save(
    browser: FlaskClient, site: CreatedSite, reasons: list[tuple[str, str, str]] | None = None, /, **fields: str
) -> TestResponse:
    """Change the settings' form, and its lines of code, text and label when `reasons` are given."""
    path = f"/console/sites/{site.id}/settings"
    [form] = [one for one in forms_of(browser, path) if one.action == path]
    data = MultiDict(form.fields)
    if reasons is not None:
        for at, name in enumerate(("code", "text", "label")):
            data.setlist(name, [line[at] for line in reasons])
    for name, value in fields.items():
        data[name] = value
    return browser.post(path, data=data)


def stored(store: Store, site: CreatedSite) -> SiteSettings:
    with store.read() as session:
        return site_settings.of_sites(session, {site.id})[site.id]


def test_the_form_untouched_changes_nothing(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    before = stored(store, site)
    assert save(chief, site).status_code == 303
    assert stored(store, site) == before


def test_each_page_of_a_site_leads_to_other_sites(
    chief: FlaskClient, site: CreatedSite, other_site: CreatedSite
) -> None:
    for page in ("policy", "policy/tests", "settings"):
        assert "Other sites" in chief.get(f"/console/sites/{site.id}/{page}").text


def test_numbers_are_saved_as_the_page_means_them(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    answer = save(
        chief,
        site,
        grace_seconds="0",
        second_look_automatic="0.5",
        second_look_moderators="100",
        appeal_days="3650",
    )
    assert answer.status_code == 303
    found = stored(store, site)
    assert (found.grace_seconds, found.appeal_days) == (0, 3650)
    assert (found.second_look_automatic, found.second_look_moderators) == (0.005, 1.0)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("grace_seconds", "301", "Give a whole number from 0 to 300."),
        ("grace_seconds", "", "Give a whole number from 0 to 300."),
        ("grace_seconds", "٣", "Give a whole number from 0 to 300."),
        ("second_look_automatic", "100.1", "Give a percentage from 0 to 100."),
        ("second_look_moderators", "-1", "Give a percentage from 0 to 100."),
        ("appeal_days", "0", "Give a whole number from 1 to 3,650."),
        ("address", "blog.example", "Give a URL that starts with http:// or https://"),
        ("address", "https://mo:secret@blog.example", "must not hold a user"),
    ],
)
def test_a_number_that_will_not_do_is_named_and_nothing_is_saved(
    chief: FlaskClient, store: Store, site: CreatedSite, field: str, value: str, sentence: str
) -> None:
    before = stored(store, site)
    answer = save(chief, site, **{field: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    kind = "url" if field == "address" else "decimal"
    assert re.search(rf'id="{field}" name="{field}" inputmode="{kind}"[^>]* value="{value}"', answer.text)
    assert stored(store, site) == before


def test_titles_are_read_only_from_an_address_that_is_given(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    assert "titles are read from there only" in save(chief, site, read_titles="on").text
    assert not stored(store, site).read_titles
    assert save(chief, site, read_titles="on", address="https://blog.example/").status_code == 303
    assert (stored(store, site).address, stored(store, site).read_titles) == ("https://blog.example/", True)


def test_a_reason_keeps_its_code_when_its_words_change_and_a_new_one_gets_a_code(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    answer = save(
        chief,
        site,
        [
            ("rude", "Rude\0 to others ", "insult"),
            ("", "Not about the article!", "nonsense"),
            ("", " ", "spam"),
        ],
    )
    assert answer.status_code == 303
    assert [(one.code, one.text, one.label) for one in stored(store, site).reasons] == [
        ("rude", "Rude to others", "insult"),
        ("not_about_the_article", "Not about the article!", None),
    ]


@pytest.mark.parametrize(
    ("reasons", "sentence"),
    [
        ([("", "", "")], "Leave at least one reason."),
        ([("", "Rude", ""), ("", "rude!", "")], "This reason is there twice."),
        ([("", "a" * (LONGEST_REASON + 1), "")], f"At most {LONGEST_REASON} characters fit."),
        ([("", f"Reason {at}", "") for at in range(MOST_REASONS + 1)], f"at most {MOST_REASONS} fit."),
    ],
)
def test_reasons_that_will_not_do_are_refused(
    chief: FlaskClient, store: Store, site: CreatedSite, reasons: list[tuple[str, str, str]], sentence: str
) -> None:
    before = stored(store, site)
    answer = save(chief, site, reasons)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert stored(store, site) == before


def test_days_of_keeping_are_saved_shown_and_counted(
    chief: FlaskClient, store: Store, site: CreatedSite, queues: Queues, clock: Clock
) -> None:
    accept(store, queues, site)
    with store.write() as session:
        session.execute(update(Comment).values(status="published"))
    clock.advance(days=9)
    answer = save(chief, site, keep_text="180", keep_identity="8", keep_audit="365", keep_deliveries="7")
    assert answer.status_code == 303
    assert stored(store, site).retention == Retention(text=180, identity=8, audit=365, deliveries=7)
    page = chief.get(f"/console/sites/{site.id}/settings").text
    assert "By what is saved, 0 are too old now" in page
    with store.write() as session:
        session.execute(update(Comment).values(ip="203.0.113.7"))
    page = chief.get(f"/console/sites/{site.id}/settings").text
    assert "By what is saved, 1 is too old now" in page
    assert save(chief, site, keep_text="", keep_identity="", keep_audit="", keep_deliveries="").status_code == 303
    assert stored(store, site).retention == Retention()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("keep_text", "179", "Authors may appeal for 180 days: keep texts for as long."),
        ("keep_text", "0", "Give a whole number from 1 to 3,650."),
        ("keep_identity", "-1", "Give a whole number from 1 to 3,650."),
        ("keep_deliveries", "31", "Give a whole number from 1 to 30."),
        ("keep_feedback", "731", "Give a whole number from 1 to 730."),
    ],
)
def test_days_that_will_not_do_are_named(
    chief: FlaskClient, store: Store, site: CreatedSite, field: str, value: str, sentence: str
) -> None:
    answer = save(chief, site, **{field: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert stored(store, site).retention == Retention()
