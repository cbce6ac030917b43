"""Going to a page by a few letters: what each role is led to, and in which order."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites import archive
from moderation.sites.sites import CreatedSite, create_site
from moderation.store import Store
from tests.support.signed_in import PASSWORD, sign_in, submit_sign_in

pytestmark = pytest.mark.one_database


def places(browser: FlaskClient, asked: str) -> list[tuple[str, str]]:
    """What the page offers: name and address."""
    page = browser.get("/console/go", query_string={"q": asked}).text.partition('class="places"')[2]
    return re.findall(r'<a href="([^"]*)"><bdi>([^<]*)</bdi>', page)


def addresses(browser: FlaskClient, asked: str) -> list[str]:
    return [address for address, _ in places(browser, asked)]


def test_nobody_is_led_to_a_page_that_they_may_not_open(app: Flask, store: Store, site: CreatedSite) -> None:
    viewer = sign_in(app, store, "vi", "viewer")
    admin = sign_in(app, store, "ada", "admin")
    for asked in ("", "people", "policy", "banned", "sites", "somebody", "audit", "the site"):
        for address in addresses(viewer, asked):
            assert viewer.get(address).status_code == 200, address
        for address in addresses(admin, asked):
            assert admin.get(address, follow_redirects=True).status_code == 200, address
    assert f"/console/sites/{site.id}/policy#banned_words" in addresses(admin, "banned")
    assert not any("policy" in address for address in addresses(viewer, "banned"))
    assert "/console/people" not in addresses(viewer, "people")


def test_words_begin_the_words_of_a_name_in_any_order_and_what_begins_so_comes_first(
    app: Flask, store: Store, settings: Settings, site: CreatedSite
) -> None:
    other = create_site(store, settings, "Harbour Statistics")
    ada = sign_in(app, store, "ada", "admin")
    assert addresses(ada, "STAT")[0] == "/console/statistics"
    assert f"/console/?site={other.id}" in addresses(ada, "stat har")
    assert addresses(ada, "harbour pol")[0] == f"/console/sites/{other.id}/policy"
    assert not any(address.startswith("/console/sites/") for address in addresses(ada, "arbour"))


def test_somebody_new_is_for_the_one_site_or_for_each_where_one_is_admin(
    app: Flask, store: Store, settings: Settings, site: CreatedSite
) -> None:
    ada = sign_in(app, store, "ada", "admin")
    here = f"/console/sites/{site.id}#member-name"
    assert addresses(ada, "somebody")[:-3] == [here]
    assert 'id="member-name"' in ada.get(here).text
    other = create_site(store, settings, "Another")
    assert addresses(ada, "somebody")[:-3] == [
        "/console/people#new-name",
        f"/console/sites/{other.id}#member-name",
        here,
    ]
    accounts.create_user(store, "mo", "none", PASSWORD, on_sites={site.id: "admin", other.id: "moderator"})
    mo = app.test_client()
    submit_sign_in(mo, "mo", PASSWORD)
    assert addresses(mo, "somebody")[:-3] == [here]


def test_an_archived_site_is_no_place_to_go_to(app: Flask, store: Store, site: CreatedSite) -> None:
    ada = sign_in(app, store, "ada", "admin")
    assert any(site.id in address for address in addresses(ada, "the site"))
    with store.write() as session:
        archive.archive(session, site.id, actor="operator")
    assert not any(site.id in address for address in addresses(ada, "the site"))


def test_an_author_is_found_by_name_id_or_address_on_ones_own_sites_only(
    app: Flask, store: Store, settings: Settings, queues: Queues, site: CreatedSite
) -> None:
    other = create_site(store, settings, "Another")
    for one in (site, other):
        known = Submission(name="Dorothy Pratt", user_id="d7", comment="Hello.")
        visitor = Submission(name="Dorothy Pratt", comment="Hello there.")
        submissions.submit(store, queues, one.id, [known, visitor])
    accounts.create_user(store, "mo", "none", PASSWORD, on_sites={site.id: "moderator"})
    mo = app.test_client()
    submit_sign_in(mo, "mo", PASSWORD)
    here = {
        f"/console/author?site={site.id}&amp;key=d7",
        f"/console/author?site={site.id}&amp;key=name:dorothy+pratt",
    }
    assert {one for one in addresses(mo, "DOROTHY PRATT") if "/author" in one} == here
    assert [one for one in addresses(mo, "d7") if "/author" in one] == [f"/console/author?site={site.id}&amp;key=d7"]
    for address in here:
        assert mo.get(address.replace("&amp;", "&")).status_code == 200
    everywhere = sign_in(app, store, "ada", "admin")
    assert len([one for one in addresses(everywhere, "dorothy pratt") if "/author" in one]) == 4


def test_an_author_who_wrote_lately_is_found_by_the_beginnings_of_words_of_their_name(
    app: Flask, store: Store, settings: Settings, queues: Queues, site: CreatedSite
) -> None:
    other = create_site(store, settings, "Another")
    for site_id, name in ((site.id, "Élodie Pratt"), (site.id, "Pratt, Bo"), (other.id, "Elodie P.")):
        submissions.submit(store, queues, site_id, [Submission(name=name, comment=f"Hello, I am {name}.")])
    accounts.create_user(store, "mo", "none", PASSWORD, on_sites={site.id: "moderator"})
    mo = app.test_client()
    submit_sign_in(mo, "mo", PASSWORD)
    for asked, found in (
        ("ELOD", ["Élodie Pratt"]),
        ("pra el", ["Élodie Pratt"]),
        ("prat", ["Pratt, Bo", "Élodie Pratt"]),
        ("ratt", []),
        ("e", []),
    ):
        assert [name for address, name in places(mo, asked) if "/author" in address] == found


def test_what_is_typed_can_always_be_searched_for(app: Flask, store: Store, site: CreatedSite) -> None:
    ada = sign_in(app, store, "ada", "admin")
    assert addresses(ada, "qwertz & co") == [
        "/console/?q=qwertz+%26+co",
        "/console/comments?q=qwertz+%26+co",
        "/console/comments?author=qwertz+%26+co",
    ]
    assert ada.get("/console/go", query_string={"q": "\0" * 300 + "<b>"}).status_code == 200


def test_a_long_list_of_sites_can_be_searched(app: Flask, store: Store, settings: Settings, site: CreatedSite) -> None:
    ada = sign_in(app, store, "ada", "admin")
    assert 'role="search" class="find-site"' not in ada.get("/console/sites").text
    for number in range(12):
        create_site(store, settings, f"Paper {number:02}")
    for page in ("/console/sites", "/console/policies"):
        assert 'class="find-site"' in ada.get(page).text
        found = ada.get(page, query_string={"q": "PAPER 1"}).text
        assert ("Paper 10" in found, "Paper 02" in found) == (True, False)
        assert "No site has this in its name." in ada.get(page, query_string={"q": "herald"}).text
