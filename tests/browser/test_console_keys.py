"""A moderator's day by the keyboard: a selection, a comment's own page and back, and the list of keys."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import BulkJob, Comment
from tests.support.browsing import Enter, NewContext, Serve, at_keyboard, sign_in, violations
from tests.support.comments import rows
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]


def test_a_queue_is_worked_by_keys_alone(
    app: Flask,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    serve: Serve,
    new_context: NewContext,
) -> None:
    for at in range(6):
        submissions.submit(store, queues, site.id, [Submission(name=f"Ada {at}", comment=f"you fool {at} insult=0.73")])
    scorer.run_batch()
    accounts.create_user(store, "mo", "admin", PASSWORD)
    page = new_context().new_page()
    page.goto(f"{serve(app)}/console/")
    expect(page.get_by_label("Name")).to_be_focused()
    sign_in(page, "mo")
    expect(page.locator(".card")).to_have_count(6)
    expect(page.locator("#show-keys")).to_be_enabled()

    page.keyboard.press("?")
    page.keyboard.press("Space")
    expect(page.get_by_label("Use these keys")).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.keyboard.press("r")  # on no card yet: it leads to the first, and decides nothing
    expect(page.locator(".card").first).to_be_focused()
    for key in "jj":
        page.keyboard.press(key)
    expect(page.locator(".card.decided")).to_have_count(0)
    third = page.locator(".card:focus").get_attribute("id")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(rf"/comments/{third}"))
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()
    page.keyboard.press("j")
    page.wait_for_url(re.compile(r"/console/$"))
    expect(page.locator(f"#{third}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#{third}")).not_to_be_focused()
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/comments/c_"))
    page.keyboard.press("r")
    eventually(lambda: [one.status for one in rows(store, Comment)].count("rejected") == 1)
    expect(page.get_by_role("status").get_by_text("Rejected the comment")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("j")  # past what the decision left behind
    page.wait_for_url(re.compile(r"/console/$"))
    expect(page.locator(".card")).to_have_count(5)
    expect(page.locator("#show-keys")).to_be_enabled()

    at_keyboard(page, "j", "x")
    expect(page.locator("#selected")).to_have_text("1 selected")
    at_keyboard(page, "j", "j", "Shift+X")
    expect(page.locator("#selected")).to_have_text("3 selected")
    page.keyboard.press("p")
    page.wait_for_url(re.compile(r"/bulk/jobs/b_"))
    [job] = rows(store, BulkJob)
    assert (job.action, job.total) == ("publish", 3)


def test_a_key_is_changed_and_the_action_that_had_it_gets_the_other(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    for at in range(4):
        submissions.submit(store, queues, site.id, [Submission(name=f"Ada {at}", comment=f"you fool {at} insult=0.73")])
    scorer.run_batch()
    page = enter("mo")
    keys = page.get_by_role("dialog", name="Keys")

    def change(key: str, *pressed: str) -> None:
        page.keyboard.press("?")
        keys.get_by_role("button", name=key, exact=True).click()
        at_keyboard(page, *pressed)

    change("p", "Escape")
    expect(keys.get_by_role("status")).to_contain_text("choose it here")
    expect(keys.get_by_role("button", name="The usual keys again")).to_be_hidden()
    keys.get_by_role("button", name="p", exact=True).click()
    at_keyboard(page, "1")
    expect(keys.get_by_role("status")).to_have_text("1 cannot be chosen: press one letter or sign.")
    at_keyboard(page, "r")
    expect(keys.get_by_role("status")).to_have_text("Changed: it is r now.")
    assert violations(page) == []
    expect(keys.locator("dd", has_text="publish it")).to_have_count(1)
    expect(keys.locator("div", has_text="publish it").locator("dt")).to_have_text("r or f")
    expect(keys.locator("div", has_text="take it down").locator("dt")).to_have_text("p or d")
    page.keyboard.press("?")
    page.reload()
    expect(page.locator("#show-keys")).to_be_enabled()
    at_keyboard(page, "j", "r")
    eventually(lambda: [one.status for one in rows(store, Comment)].count("published") == 1)
    at_keyboard(page, "p")
    eventually(lambda: [one.status for one in rows(store, Comment)].count("rejected") == 1)

    page.keyboard.press("?")
    keys.get_by_role("button", name="The usual keys again").click()
    page.keyboard.press("?")
    at_keyboard(page, "p")
    eventually(lambda: [one.status for one in rows(store, Comment)].count("published") == 2)

    # Caps Lock is on; and where a keyboard types Arabic, keys count by their place. Shift is no other way to decide.
    press = "(event) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, ...event}))"
    page.evaluate(press, {"key": "P", "code": "KeyP", "shiftKey": True})
    page.evaluate(press, {"key": "U", "code": "KeyU"})
    eventually(lambda: [one.status for one in rows(store, Comment)].count("published") == 1)
    expect(page.locator(".card:focus:not(.decided)")).to_have_count(1)
    page.evaluate(press, {"key": "\u0642", "code": "KeyR"})
    eventually(lambda: [one.status for one in rows(store, Comment)].count("rejected") == 2)


def test_a_few_letters_lead_to_a_page_a_field_of_a_policy_and_an_author_from_any_page(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    sent = [
        Submission(name="Dorothy Pratt", user_id="dorothy", comment=f"you fool {at} insult=0.73") for at in range(2)
    ]
    submissions.submit(store, queues, site.id, sent)
    scorer.run_batch()
    page = enter("ada")
    expect(page.locator("#show-keys")).to_be_enabled()
    dialog = page.get_by_role("dialog", name="Go to")

    def go_to(letters: str) -> None:
        page.wait_for_load_state()  # the page's scripts are there
        page.keyboard.press("Control+k")
        expect(dialog.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type(letters)
        page.keyboard.press("Enter")

    page.keyboard.press("0")
    expect(dialog.get_by_role("link", name="Audit log")).to_be_visible()
    assert violations(page) == []
    at_keyboard(page, "ArrowDown", "ArrowDown")
    expect(dialog.get_by_role("link", name="All comments")).to_be_focused()
    page.route("**/console/go?*", lambda route: route.abort())
    dialog.get_by_role("searchbox").fill("aud")
    expect(dialog.get_by_role("list")).to_have_text("The server cannot be reached. Try again in a moment.")
    at_keyboard(page, "Enter")
    expect(dialog.get_by_role("searchbox")).to_be_editable()
    page.unroute("**/console/go?*")
    dialog.get_by_role("searchbox").fill("qwertz")
    at_keyboard(page, "Escape")  # it need not be empty
    expect(dialog).to_be_hidden()
    go_to("st")
    expect(page.get_by_role("heading", name="The team")).to_be_visible()

    go_to("pratt")
    expect(page.get_by_role("heading", name="Dorothy Pratt")).to_be_visible()
    expect(page.locator(".excerpt")).to_have_count(2)

    go_to("tox")
    page.wait_for_url(re.compile(rf"{site.id}/policy#flag_at.toxicity"))
    expect(page.locator("#policy .handle").first).to_be_enabled()  # the page's script is there
    field = page.get_by_label("Flag from this score for toxicity", exact=True).and_(page.locator("[type=number]"))
    expect(field).to_be_focused()
    page.keyboard.type("0.9")  # in the place of what stood there
    expect(field).to_have_value("0.9")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()

    go_to("ban")
    expect(page.get_by_label("Banned words", exact=True)).to_be_focused()
    page.keyboard.type("0")  # a letter as any other, where somebody writes
    expect(page.get_by_label("Banned words", exact=True)).to_have_value("0")


def test_without_javascript_the_way_to_any_page_is_a_page_of_its_own(site: CreatedSite, enter: Enter) -> None:
    page = enter("ada", java_script_enabled=False)
    page.get_by_role("link", name="Go to").click()
    page.get_by_label("A page, a site").fill("ban")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_role("link", name="Banned words").click()
    page.wait_for_url(re.compile(rf"{site.id}/policy#banned_words"))
    expect(page.get_by_label("Banned words", exact=True)).to_be_focused()
