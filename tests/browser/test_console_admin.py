"""What admins and people do about themselves, in a real browser: from the page to its effect."""

from __future__ import annotations

import re
import time

import pytest
import requests
from flask import Flask
from playwright.sync_api import Page, expect

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts, totp
from moderation.policy.list_imports import MOST_LINES
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import ApiCaller, CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, User, WebhookEndpoint
from moderation.webhooks.sender import Sender
from tests.support.browsing import NewContext, Serve, card, signed_in_page, violations_in_light_and_dark
from tests.support.comments import rows, scored
from tests.support.delivering import deliver_once
from tests.support.receiver import Receiver
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)


@pytest.fixture
def url(app: Flask, store: Store, serve: Serve, site: CreatedSite) -> str:
    accounts.create_user(store, "chief", "admin", PASSWORD)
    # The links and commands that pages show have the address that people use.
    address = serve(app)
    object.__setattr__(app.extensions["winnow"].settings, "public_url", address)
    return f"{address}/console/"


def open_as(new_context: NewContext, url: str, name: str, path: str = "", **options: object) -> Page:
    return signed_in_page(new_context(**options), url + path, name)


def code_now(secret: str, *, later: int = 0) -> str:
    return totp.code_at(secret, int(time.time()) // totp.STEP_SECONDS + later)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_new_person_follows_their_link_and_sees_one_site_only(
    url: str, site: CreatedSite, other_site: CreatedSite, new_context: NewContext, javascript: bool
) -> None:
    chief = open_as(new_context, url, "chief", java_script_enabled=javascript)
    chief.get_by_role("link", name="People").click()
    chief.get_by_label("Name").fill("nia")
    chief.get_by_label("Role").select_option("moderator")
    chief.get_by_label("On", exact=True).select_option("The Other Site")
    chief.get_by_role("button", name="Create").click()
    expect(chief.get_by_role("heading", level=1)).to_have_text("A link for nia")
    link = chief.get_by_role("textbox", name="One-time link").inner_text()
    chief.get_by_role("link", name="I have sent it").click()
    expect(chief.get_by_role("heading", level=1)).to_have_text("nia")
    expect(chief.get_by_text("Has no password.")).to_be_visible()

    nia = new_context(java_script_enabled=javascript).new_page()
    nia.goto(link)
    nia.get_by_label("Password").fill(PASSWORD)
    nia.get_by_label("The same again").fill(PASSWORD)
    nia.get_by_role("button", name="Set the password and sign in").click()
    nia.wait_for_url(url)
    expect(nia.get_by_role("navigation", name="Console").get_by_role("link", name="Sites")).to_have_count(0)
    nia.goto(f"{url}comments")
    assert "The Site" not in nia.locator("main").inner_text()
    assert nia.goto(f"{url}sites/{site.id}").status == 404  # type: ignore[union-attr]
    assert nia.goto(f"{url}sites/{other_site.id}").status == 403  # type: ignore[union-attr]
    nia.goto(f"{url}you")
    expect(nia.get_by_text("moderator on The Other Site")).to_be_visible()


def test_a_new_key_works_on_the_api_and_a_revoked_one_does_not(
    url: str, site: CreatedSite, new_context: NewContext
) -> None:
    def status(key: str) -> int:
        told = {"Authorization": f"Bearer {key}"}
        return requests.get(f"{url.removesuffix('console/')}api/v1/comments", headers=told, timeout=10).status_code

    page = open_as(new_context, url, "chief", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Sites").click()
    page.get_by_role("link", name="The Site", exact=True).click()
    page.get_by_role("button", name="New API key").click()
    key = page.get_by_role("textbox", name="API key").inner_text()
    page.get_by_role("button", name="Copy API key").click()
    expect(page.locator("#copied")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == key
    assert f"Authorization: Bearer {key}" in page.get_by_role("textbox", name="A first comment").inner_text()
    assert (status(site.api_key), status(key)) == (200, 200)
    page.get_by_role("link", name="I have saved it").click()
    expect(page.get_by_text(key)).to_have_count(0)
    shown = "_".join(site.api_key.split("_")[:2])
    page.get_by_role("button", name=f"Revoke API key {shown}").click()
    expect(page.get_by_text("The key is revoked")).to_be_visible()
    eventually(lambda: status(site.api_key) == 401)
    assert status(key) == 200
    page.get_by_role("button", name=f"Make valid again API key {shown}").click()
    expect(page.get_by_text("The key is valid again.")).to_be_visible()
    assert status(site.api_key) == 200


def test_a_new_site_shows_its_keys_once_and_takes_a_name_and_a_mode(
    url: str, store: Store, new_context: NewContext
) -> None:
    page = open_as(new_context, url, "chief", "sites")
    page.get_by_role("button", name="Create the site").click()
    expect(page.get_by_text("A site's name has 1 to 200 characters")).to_be_visible()
    page.get_by_label("Name").fill("A <b>new</b> site")
    page.get_by_role("button", name="Create the site").click()
    key = page.get_by_role("textbox", name="API key").inner_text()
    page.get_by_role("link", name="I have saved them").click()
    page.get_by_label("hold").check()
    page.get_by_role("button", name="Set the mode").click()
    expect(page.get_by_text("The site is in mode hold.")).to_be_visible()
    page.locator("#site-name").fill("Another name")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Another name")
    with store.read() as session:
        assert sites.authenticate(session, key) == ApiCaller(page.url.split("/")[-1])


def test_a_webhook_is_added_tested_and_sent_again(
    url: str, store: Store, settings: Settings, site: CreatedSite, receiver: Receiver, new_context: NewContext
) -> None:
    sender = Sender(settings.webhook_allow)
    page = open_as(new_context, url, "chief", f"sites/{site.id}")
    page.get_by_role("link", name="See its webhooks").click()
    page.get_by_label("Address").fill("nowhere")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Give a URL that starts with http://")).to_be_visible()
    top = "one => one.getBoundingClientRect().top"
    assert page.get_by_label("Address").evaluate(top) == page.get_by_role("button", name="Add").evaluate(top)
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_role("button", name="Add").click()
    assert page.get_by_role("textbox", name="Signing secret").inner_text().startswith("whsec_")
    receiver.answer(500)
    page.get_by_role("button", name="send a test").click()
    expect(page.get_by_text("No attempt yet.")).to_be_visible()
    assert deliver_once(store, settings, sender) == ["failed"]
    page.get_by_role("link", name="Load again").click()
    expect(page.locator(".delivery")).to_contain_text("Will be tried again")
    expect(page.locator(".attempts li")).to_contain_text(re.compile(r"500 after [\d,]+ ms: It answered 500\."))
    receiver.answer(204)
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is sent once more")).to_be_visible()
    assert deliver_once(store, settings, sender) == ["delivered"]
    page.get_by_role("link", name="Load again").click()
    expect(page.locator(".delivery")).to_contain_text("Delivered")
    expect(page.locator(".attempts li")).to_have_count(2)
    first, second = receiver.requests
    assert first.json["type"] == "endpoint.test"
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    page.get_by_role("link", name="Webhooks").last.click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("The webhook is switched off.")).to_be_visible()
    assert not rows(store, WebhookEndpoint)[0].active
    expect(page.get_by_role("button", name="Send a test")).to_have_count(0)
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("The webhook is switched on.")).to_be_visible()
    assert rows(store, WebhookEndpoint)[0].active


def test_a_shared_list_is_tried_made_from_a_file_of_65_000_lines_used_by_a_site_and_meets_the_next_comment(
    url: str, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, new_context: NewContext
) -> None:
    scored(store, queues, scorer, site, "Our moonshot, seen by everybody")
    page = open_as(new_context, url, "chief")
    page.get_by_role("link", name="Shared lists").click()
    page.get_by_label("Name").fill("Casino spam")
    page.get_by_role("button", name="Create").click()

    def choose(*lines: str) -> None:
        file = {"name": "words.txt", "mimeType": "text/plain", "buffer": "\n".join(lines).encode()}
        page.get_by_label("Or a file").set_input_files(file)  # type: ignore[arg-type]

    choose("moonshot", "baccarat")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_text("1 comment of the last 1 has an entry of it.")).to_be_visible()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    choose(*(f"spin{number}" for number in range(2, MOST_LINES)))  # beside what was tried, which the page still has
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("65,000 entries were added.")).to_be_visible()
    expect(page.get_by_text("65,000 entries, changed")).to_be_visible()
    page.goto(f"{url}sites/{site.id}/policy")
    page.get_by_label("Casino spam").select_option(label="Reject")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    later = scored(store, queues, scorer, site, "Play B A C C A R A T with us")
    key = {"Authorization": f"Bearer {site.api_key}"}
    told = requests.get(f"{url.removesuffix('console/')}api/v1/comments/{later.id}", headers=key, timeout=10).json()
    assert (told["status"], told["reasons"][0]["rule"]) == ("rejected", "list_banned")
    page.goto(f"{url}lists")
    page.get_by_role("link", name="Casino spam").click()
    expect(page.get_by_text("Used by: The Site (rejects)")).to_be_visible()
    page.get_by_label("With", exact=True).fill("baccarat")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("entry 2")
    actions = [event.action for event in rows(store, AuditEvent) if event.actor.startswith("user:")]
    assert {"list.created", "list.entries_added", "policy.changed"} <= set(actions)


def make_list(page: Page, name: str, kind: str, entries: str) -> None:
    page.get_by_role("link", name="Shared lists").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Of").select_option(label=kind)
    page.get_by_role("button", name="Create").click()
    page.get_by_label("Entries, one on each line").fill(entries)
    page.get_by_role("button", name="Add", exact=True).click()


def test_lists_of_patterns_authors_and_domains_are_mended_line_by_line_and_each_decides(
    url: str, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, new_context: NewContext
) -> None:
    page = open_as(new_context, url, "chief")
    make_list(page, "Numbers", "patterns", "call \\d{3}-\\d{4}\n(no end")
    error = page.get_by_role("alert")
    expect(error).to_contain_text("Line 2, “(no end”: ")
    expect(page.get_by_label("Entries, one on each line")).to_have_value("call \\d{3}-\\d{4}\n(no end")
    page.get_by_label("Entries, one on each line").fill("call \\d{3}-\\d{4}")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("1 entry was added.")).to_be_visible()
    make_list(page, "Regulars", "authors", "id:42\nname:Eve")
    expect(page.get_by_text("2 entries were added.")).to_be_visible()
    make_list(page, "Shops", "domains", "evil.example")
    expect(page.get_by_text("1 entry was added.")).to_be_visible()
    page.goto(f"{url}sites/{site.id}/policy")
    for name, effect in (("Numbers", "Hold"), ("Regulars", "Publish, whatever the scores"), ("Shops", "Reject")):
        page.get_by_label(re.compile(f"^{name}")).select_option(label=effect)
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    said = {
        "Please CALL 555-0199 now": ({}, "flagged"),
        "See https://www.evil.example/tyres": ({}, "rejected"),
        "You fool insult=0.95": ({"user_id": "42"}, "published"),
        "Another fool insult=0.95": ({"name": "Eve"}, "rejected"),  # anybody can type a name: it proves nothing
    }
    got = {text: scored(store, queues, scorer, site, text, **known).status for text, (known, _) in said.items()}
    assert got == {text: status for text, (_, status) in said.items()}


def test_an_authenticator_is_set_up_and_asked_for(url: str, store: Store, new_context: NewContext) -> None:
    page = open_as(new_context, url, "chief", "you")
    page.get_by_role("link", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    eventually(lambda: page.locator(".qr").evaluate("image => image.naturalWidth") > 100)
    page.get_by_text("Or type the key").click()
    secret = page.get_by_role("textbox", name="Key").inner_text().replace(" ", "")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("This is not the code of now.")).to_be_visible()
    page.get_by_label("Code").fill(code_now(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    recovery = page.locator("#codes").inner_text().split()
    assert len(recovery) == totp.RECOVERY_CODES

    other = new_context().new_page()
    other.goto(f"{url}you")
    sign_in_with_password(other, "chief")
    expect(other.get_by_role("heading", level=1)).to_have_text("Enter the code")
    expect(other.get_by_label("Code")).to_be_focused()
    assert other.request.get(f"{url}you", max_redirects=0).status == 303, "the password alone does not do"
    used = code_now(secret)
    other.get_by_label("Code").fill(used if rows(store, User)[0].totp_step == now_step() else "123456")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_text("it was used already")).to_be_visible()
    other.get_by_label("Code").fill(code_now(secret, later=1))
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(f"{url}you")

    third = new_context().new_page()
    third.goto(url)
    sign_in_with_password(third, "chief")
    third.get_by_label("Code").fill(recovery[3])
    third.get_by_role("button", name="Sign in").click()
    third.wait_for_url(url)
    third.goto(f"{url}you")
    expect(third.get_by_text("9 recovery codes left.")).to_be_visible()
    third.get_by_role("link", name="Change").click()
    third.get_by_label("Code").fill(recovery[4])
    third.get_by_role("button", name="Turn it off").click()
    expect(third.get_by_text("Your authenticator is turned off.")).to_be_visible()


def sign_in_with_password(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def now_step() -> int:
    return int(time.time()) // totp.STEP_SECONDS


def test_another_browser_is_signed_out_from_ones_own_page(url: str, new_context: NewContext) -> None:
    here = open_as(new_context, url, "chief", "you")
    phone = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    there = open_as(new_context, url, "chief", user_agent=phone)
    third = open_as(new_context, url, "chief")
    here.reload()
    expect(here.get_by_text("This browser", exact=True)).to_have_count(1)
    here.get_by_role("button", name="Sign out Chrome on Android").click()
    expect(here.get_by_text("That browser is signed out.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert third.goto(f"{url}you").ok  # type: ignore[union-attr]
    here.get_by_role("button", name="Sign out everywhere else").click()
    expect(here.get_by_text("You are signed out everywhere but here.")).to_be_visible()
    third.reload()
    expect(third.get_by_role("heading", level=1)).to_have_text("Sign in")
    here.reload()
    expect(here.get_by_role("heading", level=1)).to_have_text("chief")


def test_a_changed_password_signs_the_others_out(url: str, new_context: NewContext) -> None:
    here = open_as(new_context, url, "chief", "you")
    there = open_as(new_context, url, "chief")
    here.get_by_label("Password now").fill("not my password")
    here.get_by_label("New password").fill("another four words here")
    here.get_by_label("The same again").fill("another four words here")
    here.get_by_role("button", name="Change the password").click()
    expect(here.get_by_text("This is not your password.")).to_be_visible()
    here.get_by_label("Password now").fill(PASSWORD)
    here.get_by_label("New password").fill("another four words here")
    here.get_by_label("The same again").fill("another four words here")
    here.get_by_role("button", name="Change the password").click()
    expect(here.get_by_text("Your password is changed")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_people_are_disabled_enabled_and_given_a_new_way_in(url: str, store: Store, new_context: NewContext) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    mo = open_as(new_context, url, "mo")
    chief = open_as(new_context, url, "chief", "people")
    chief.get_by_role("link", name="chief").last.click()
    chief.get_by_role("button", name="Disable").click()
    expect(chief.get_by_text("chief is the last admin on every site who can sign in.")).to_be_visible()
    chief.goto(f"{url}people")
    chief.get_by_role("link", name="mo", exact=True).click()
    chief.get_by_role("button", name="Disable").click()
    expect(chief.get_by_text("They are signed out everywhere")).to_be_visible()
    mo.reload()
    expect(mo.get_by_role("heading", level=1)).to_have_text("Sign in")
    chief.get_by_role("button", name="Enable").click()
    chief.get_by_role("button", name="New one-time link").click()
    mo.goto(chief.get_by_role("textbox", name="One-time link").inner_text())
    expect(mo.get_by_role("heading", level=1)).to_have_text("Welcome, mo")


def test_an_admin_puts_a_closed_site_away_and_brings_it_back(
    url: str, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, new_context: NewContext
) -> None:
    held = scored(store, queues, scorer, site, "insult=0.6")
    chief = open_as(new_context, url, "chief", f"sites/{site.id}")
    chief.get_by_text("Archive it").click()
    expect(chief.get_by_text("1 comment waits for a moderator")).to_be_visible()
    chief.get_by_role("button", name="Archive this site").click()
    expect(chief.get_by_text("1 comment waits again when the site is brought back.")).to_be_visible()
    assert violations_in_light_and_dark(chief) == []
    key = {"Authorization": f"Bearer {site.api_key}"}
    answer = requests.post(
        f"{url.removesuffix('console/')}api/v1/comments", {"name": "A", "comment": "B"}, headers=key, timeout=10
    )
    assert answer.json()["type"].endswith("#problem-archived")
    chief.goto(url)
    expect(chief.locator(".card")).to_have_count(0)
    chief.goto(f"{url}sites")
    chief.get_by_text("1 archived site").click()
    chief.get_by_role("link", name="The Site", exact=True).click()
    chief.get_by_role("button", name="Bring the site back").click()
    expect(chief.get_by_text("what was open waits again")).to_be_visible()
    chief.goto(url)
    expect(card(chief, held.id)).to_be_visible()


def test_a_name_is_given_once_and_a_site_that_is_closed_is_archived_and_brought_back(
    url: str, site: CreatedSite, other_site: CreatedSite, new_context: NewContext
) -> None:
    def status() -> int:
        address = f"{url.removesuffix('console/')}api/v1/comments"
        headers = {"Authorization": f"Bearer {other_site.api_key}"}
        sent = requests.post(address, json={"name": "Ada", "comment": "Hello."}, headers=headers, timeout=10)
        return sent.status_code

    page = open_as(new_context, url, "chief", f"sites/{other_site.id}")
    page.locator("#site-name").fill(" the SITE ")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("There is a site the SITE already. Choose another name.")).to_be_visible()
    page.goto(f"{url}sites/{other_site.id}")
    assert status() == 202
    page.get_by_text("Archive it", exact=True).click()
    page.get_by_role("button", name="Archive this site").click()
    expect(page.get_by_text("it takes no comments any more")).to_be_visible()
    eventually(lambda: status() >= 400, what="programs are told that it is closed")
    page.get_by_role("button", name="Bring the site back").click()
    eventually(lambda: status() == 202, what="it is as it was")
