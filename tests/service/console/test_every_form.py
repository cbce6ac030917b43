"""Every form that a page of the console has, found by following its links, with what nobody would type into it."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation import actors
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.webhooks import endpoints
from tests.support.signed_in import Form, forms_in, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

#: As they stand in the body of a form: NUL alone and within a word, bytes that are no UTF-8, half of a surrogate pair,
#: digits that `int` takes and SQL does not, numbers that are none, a moment that is none, and a text that is long.
HOSTILE = (
    "%00",
    "a%00b",
    "%FF%FE%ED%A0%80",
    "%D9%A3",
    "9" * 400,
    "-1",
    "nan",
    "0001-01-01T00:00:00%2B23:59",
    "a" * 3_000,
)
#: Its answers would end the test's own session.
LEFT_OUT = {"/console/sign-out"}


@pytest.fixture
def browser(
    app: Flask,
    store: Store,
    settings: Settings,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    other_site: CreatedSite,
) -> FlaskClient:
    """An admin's browser, with something on every page, and two sites, so that no page is passed over."""
    sent = [
        Submission(name="Ada", comment=f"number {at} insult=0.{score}", email="ada@example.org", ip="192.0.2.1")
        for at, score in enumerate((60, 70, 10))
    ]
    submissions.submit(store, queues, site.id, sent)
    scorer.run_batch()
    with store.write() as session:
        endpoint, _ = endpoints.add(session, settings, site.id, "https://example.org/hook", actor=actors.OPERATOR)
        session.flush()
        endpoints.test(session, site.id, endpoint.id, actor=actors.OPERATOR)
    accounts.create_user(store, "nia", "none", on_sites={site.id: "viewer"})
    return sign_in(app, store, "chief", "admin")


def crawl(app: Flask, browser: FlaskClient) -> dict[str, tuple[str, Form]]:
    """Every form of every page that links lead to from the first one: by its endpoint, the page and the form."""
    routes = app.url_map.bind("localhost")
    waiting, seen, forms = ["/console/"], set[str](), dict[str, tuple[str, Form]]()
    while waiting:
        path = waiting.pop(0)
        page = browser.get(path)
        assert page.status_code == 200, f"{path}: {page.status_code}"
        for form in forms_in(page.text, path):
            if form.method == "DIALOG":
                continue
            endpoint, _ = routes.match(urlsplit(form.action).path, method=form.method)
            if form.action not in LEFT_OUT:
                forms.setdefault(f"{form.method} {endpoint}", (path, form))
        for link in map(unescape, re.findall(r'href="(/console/[^"#]*)', page.text)):
            endpoint, _ = routes.match(urlsplit(link).path)
            assert endpoint != "console.show_nothing", f"{path} links to {link}, which is no page"
            if endpoint not in seen and endpoint != "console.static":
                seen.add(endpoint)
                waiting.append(link)
    return forms


def send(browser: FlaskClient, form: Form, changed: str, hostile: str) -> int:
    """Send the form as it stands, but for one field; `hostile` is percent-encoded already."""
    pairs = dict(form.fields + form.buttons[:1]) | {"format": "csv"}
    body = "&".join(f"{quote(name)}={hostile if name == changed else quote(value)}" for name, value in pairs.items())
    if form.method == "GET":
        return browser.get(f"{form.action}?{body}").status_code
    return browser.post(form.action, data=body, content_type="application/x-www-form-urlencoded").status_code


def unlike(names: set[str]) -> list[str]:
    """The names without those of fields that are read alike: of all labels and of all languages, two."""
    kept = {name: [name] for name in names if "." not in name}
    for name in sorted(names - set(kept)):
        kept.setdefault(name.partition(".")[0] + ".", []).append(name)
    return [name for alike in kept.values() for name in alike[:2]]


def test_no_field_of_any_form_makes_an_error_of_the_server(app: Flask, browser: FlaskClient) -> None:
    forms = crawl(app, browser)
    assert len(forms) >= 25, f"the pages lost their forms: {sorted(forms)}"
    for endpoint, (_, form) in sorted(forms.items()):
        for name in unlike({name for name, _ in form.fields + form.buttons} - {"csrf_token"}):
            for hostile in HOSTILE:
                status = send(browser, form, name, hostile)
                assert status < 500, f"{endpoint}: {name}={hostile[:20]} was answered with {status}"


def test_every_form_that_changes_something_carries_a_token(app: Flask, browser: FlaskClient) -> None:
    forms = {endpoint: form for endpoint, (_, form) in crawl(app, browser).items() if form.method == "POST"}
    assert len(forms) >= 20
    for endpoint, form in sorted(forms.items()):
        assert "csrf_token" in dict(form.fields), endpoint
        without = {name: value for name, value in form.fields if name != "csrf_token"}
        answer = browser.post(form.action, data=without)
        assert (answer.status_code, "before you last signed in" in answer.text) == (400, True), endpoint
