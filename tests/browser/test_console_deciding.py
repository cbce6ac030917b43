"""Deciding in a real browser: by keyboard from sign-in to the site's webhook, taken back, and not into each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from moderation import clock
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts, sessions
from moderation.policy import policies
from moderation.review import saved_filters
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import BulkJob, Comment, User, WebhookDelivery
from moderation.webhooks import console_channel
from tests.conftest import client_of
from tests.support.browsing import (
    NewContext,
    Serve,
    at_keyboard,
    card,
    sign_in,
    signed_in_page,
    violations,
    violations_in_light_and_dark,
)
from tests.support.comments import rows, stored
from tests.support.receiver import Receiver
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually
from worker import process

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]

Flag = Callable[..., list[str]]
#: What a page does every few seconds it does ten times as often.
ASK_SOONER = "const later = setInterval; window.setInterval = (act, ms, ...more) => later(act, ms / 10, ...more);"


@pytest.fixture
def url(app: Flask, serve: Serve) -> str:
    return f"{serve(app)}/console/"


@pytest.fixture
def site(site_with_webhook: CreatedSite, store: Store) -> CreatedSite:
    """A site with a webhook, told of a moderator's decision two seconds later."""
    with store.write() as session:
        site_settings.save(
            session,
            site_with_webhook.id,
            SiteSettings(grace_seconds=2, second_look_automatic=0.0, second_look_moderators=0.0),
            actor="operator",
        )
    return site_with_webhook


@pytest.fixture
def flag(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Flag:
    """Posts comments and has them flagged as a scoring process does: the first is the most urgent. Gives their ids."""

    def post(*texts: str) -> list[str]:
        sent = [Submission(name="Ada", comment=f"{text} insult=0.{800 - at}") for at, text in enumerate(texts)]
        outcomes = submissions.submit(store, queues, site.id, sent)
        process.use(scorer)
        while (result := scorer.run_batch()).claimed:
            process.record(result)
        with store.write() as session:  # the site knows that they wait
            for row in session.query(WebhookDelivery).filter_by(event="comment.flagged"):
                row.next_attempt_at = None
        return [outcome.comment.id for outcome in outcomes if outcome.comment is not None]

    return post


@pytest.fixture
def enter(store: Store, new_context: NewContext, url: str) -> Callable[..., Page]:
    """A moderator at the review queue: `enter("mo")`."""

    def open_queue(name: str, *, at: str = url, **options: object) -> Page:
        accounts.create_user(store, name, "moderator", PASSWORD)
        return signed_in_page(new_context(**options), at, name)

    return open_queue


def status_of(store: Store, comment_id: str) -> str:
    return stored(store, comment_id).status


# --- the keyboard, from sign-in to the webhook --------------------------------------------------------------------


def test_by_keyboard_from_sign_in_to_the_api_and_the_webhook(
    app: Flask,
    url: str,
    store: Store,
    site: CreatedSite,
    flag: Flag,
    new_context: NewContext,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
) -> None:
    [first, second, _] = flag("one", "two", "three")
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    page = new_context().new_page()
    page.goto(url)
    page.get_by_label("Name").focus()
    page.keyboard.type("mo")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review queue")).to_be_visible()
    page.wait_for_load_state()
    at_keyboard(page, "j", "e")
    expect(page.get_by_role("dialog")).to_contain_text("6 Spam or advertising")
    at_keyboard(page, "6")
    expect(card(page, second)).to_be_focused()
    expect(card(page, first)).to_contain_text("Rejected: Spam or advertising.")
    at_keyboard(page, "u")
    expect(card(page, first)).to_contain_text("Undone. The site was never told.")
    expect(card(page, first)).to_be_focused()
    at_keyboard(page, "e")
    page.keyboard.press("ArrowDown")
    page.get_by_label("Note", exact=True).last.focus()
    page.keyboard.type("p, r and u are only letters here.")
    at_keyboard(page, "Enter")
    expect(card(page, first)).to_contain_text("Rejected: Attacks people for who they are.")
    at_keyboard(page, "p")
    expect(card(page, second)).to_contain_text("Published.")

    client: FlaskClient = client_of(app, site.api_key)
    shown = client.get(f"/api/v1/comments/{first}").get_json()
    assert (shown["status"], shown["version"], shown["decided_by"]) == ("rejected", 5, "user")
    assert shown["reasons"] == [
        {
            "rule": "moderator",
            "action": "reject",
            "message": "Attacks people for who they are: p, r and u are only letters here.",
            "label": "identity_attack",
            "code": "identity_attack",
            "note": "p, r and u are only letters here.",
        }
    ]
    assert client.get(f"/api/v1/comments/{second}").get_json()["status"] == "published"
    assert deliver() == [], "not before the grace is over"
    eventually(lambda: [deliver(), len(receiver.requests) == 2][1], what="the site was told of both")
    told = sorted((one.json["data"]["id"], one.json["type"], one.json["data"]["version"]) for one in receiver.requests)
    assert told == sorted([(first, "comment.rejected", 5), (second, "comment.published", 3)])


def test_a_decision_undone_in_its_grace_never_leaves_and_one_undone_later_is_followed_by_another(
    store: Store,
    flag: Flag,
    enter: Callable[..., Page],
    receiver: Receiver,
    deliver: Callable[[], list[str]],
) -> None:
    [first, second, third] = flag("one", "two", "three")
    page = enter("mo")
    at_keyboard(page, "j", "r")
    expect(card(page, first)).to_contain_text("Rejected.")
    at_keyboard(page, "z")
    expect(card(page, first)).to_contain_text("The site was never told.")
    at_keyboard(page, "j", "d")
    expect(card(page, second)).to_contain_text("Rejected.")
    eventually(deliver, what="the second has left")
    page.get_by_text("Last decisions").click()
    at_keyboard(page, "Escape")
    expect(card(page, third)).to_be_focused()
    page.get_by_text("Last decisions").click()
    expect(page.locator("#recent li")).to_have_count(1)
    page.locator("#recent").get_by_role("button", name="Undo").click()
    expect(card(page, second)).to_contain_text("The site had been told already, and is now told of this too.")
    eventually(deliver)
    assert [(one.json["data"]["id"], one.json["type"]) for one in receiver.requests] == [
        (second, "comment.rejected"),
        (second, "comment.flagged"),
    ]
    assert [stored(store, one).status for one in (first, second)] == ["flagged", "flagged"]


def test_undo_is_there_after_the_page_was_loaded_again_and_for_nobody_else(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, _] = flag("one", "two")
    page = enter("mo")
    at_keyboard(page, "j", "r")
    expect(card(page, first)).to_contain_text("Rejected.")
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    at_keyboard(page, "u")
    expect(card(page, first)).to_contain_text("Undone.")
    expect(card(page, first)).to_be_focused()
    at_keyboard(page, "r")
    expect(card(page, first)).to_contain_text("Rejected.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    kept = page.evaluate("Object.keys(sessionStorage)")
    assert all(key.startswith("winnow-place ") for key in kept), "the place to come back to is no undo"


def test_the_next_cards_are_there_however_quickly_somebody_decides(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    ids = flag(*(f"remark {number}" for number in range(29)))
    page = enter("mo")
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    at_keyboard(page, "j")
    for one in ids[:24]:
        expect(card(page, one)).to_be_focused()
        at_keyboard(page, "p")
    eventually(lambda: [stored(store, one).status for one in ids[:24]] == ["published"] * 24)
    assert loads == [], "all on one page"
    expect(card(page, ids[24])).to_be_focused()
    assert page.locator(".card").count() < 29, "what was decided does not pile up"
    for _ in range(20):
        at_keyboard(page, "u")
    eventually(lambda: [stored(store, one).status for one in ids[4:24]] == ["flagged"] * 20)
    expect(page.locator("#recent")).to_be_hidden()
    page.wait_for_load_state("networkidle")
    at_keyboard(page, "u")
    expect(page.get_by_text("There is nothing to undo in this tab.")).to_be_visible()


def test_without_javascript_a_decision_can_be_undone(store: Store, flag: Flag, enter: Callable[..., Page]) -> None:
    [first, _] = flag("one", "two")
    page = enter("mo", java_script_enabled=False)
    page.get_by_text("Reason, note").nth(0).click()
    page.get_by_role("button", name="Not about the subject").nth(0).click()
    expect(page.get_by_text("Rejected the comment by Ada.")).to_be_visible()
    assert (stored(store, first).reasons or [{}])[0]["code"] == "off_topic"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone. The site was never told.")).to_be_visible()
    expect(page.locator(".card")).to_have_count(2)
    assert stored(store, first).status == "flagged"


def test_one_click_on_a_reason_in_the_cards_menu_rejects_for_it(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, second] = flag("one", "two")
    page = enter("mo")
    expect(page.locator("#show-keys")).to_be_enabled()
    menu = card(page, first).locator(".reasoning")
    menu.locator("summary").click()
    assert violations_in_light_and_dark(page) == []
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="Insults somebody")).to_be_hidden()
    menu.locator("summary").click()
    menu.get_by_label("Note").fill("To Anna.")
    menu.get_by_label("Note").press("Enter")  # decides nothing
    menu.get_by_role("button", name="Insults somebody").click()
    expect(card(page, second)).to_be_focused()
    expect(card(page, first).locator(".outcome")).to_contain_text("Rejected: Insults somebody.")
    [reason] = stored(store, first).reasons or []
    assert (reason["code"], reason["note"]) == ("insult", "To Anna.")
    assert status_of(store, second) == "flagged"


#: As a quick hand or a busy browser has it: the next key is there before the browser says that the dialog has closed.
ENTER_AND_E = """() => {
    document.querySelector("#reasons form").requestSubmit();
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "e", bubbles: true, cancelable: true}));
}"""


def test_e_twice_rejects_for_the_last_reason_with_the_last_note(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    ids = flag("one", "two", "three")
    page = enter("mo")
    expect(page.locator("#show-keys")).to_be_enabled()
    again = page.get_by_role("button", name="The same again")
    at_keyboard(page, "j", "e")
    expect(again).to_be_hidden()  # nothing was given yet
    at_keyboard(page, "e", "Shift+Digit6")
    page.keyboard.type("An advertisement.")
    page.evaluate(ENTER_AND_E)
    expect(again).to_have_text(re.compile("Spam or advertising “An advertisement.”"))
    at_keyboard(page, "e")
    eventually(lambda: [status_of(store, one) for one in ids] == ["rejected", "rejected", "flagged"])
    first, second = (stored(store, one).reasons or [{}] for one in ids[:2])
    assert [(one[0]["code"], one[0]["note"]) for one in (first, second)] == [("spam", "An advertisement.")] * 2
    expect(card(page, ids[2])).to_be_focused()
    offered = "field => [...field.list.options].map(({ value }) => value)"
    assert page.locator("#note").evaluate(offered) == ["An advertisement."]
    assert card(page, ids[2]).locator("[name=reason]").evaluate(offered) == ["An advertisement."]
    at_keyboard(page, "u", "u")
    eventually(lambda: [status_of(store, one) for one in ids] == ["flagged"] * 3)


#: What a quick or a shaking hand presses: the next key is there before the browser has drawn anything.
AT_ONCE = """keys => { for (const key of keys) document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {key, code: /^\\d$/.test(key) ? `Digit${key}` : "", bubbles: true, cancelable: true}));
}"""


def test_a_second_key_in_the_dialog_for_a_reason_decides_nothing_more_and_leads_nowhere(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    ids = flag("one", "two", "three", "four")
    page = enter("mo")
    with store.write() as session:
        mo = session.scalars(select(User.id)).one()
        saved_filters.save(session, "Appeals", {"kind": "appeal"}, user_id=mo, by=f"user:{mo}")
    page.reload()
    expect(page.locator("a.saved-filter")).to_have_count(1)
    expect(page.locator("#show-keys")).to_be_enabled()
    at_keyboard(page, "j", "e")
    page.evaluate(AT_ONCE, ["1", "1"])  # a number of a saved filter, too
    expect(card(page, ids[1])).to_be_focused()
    eventually(lambda: [status_of(store, one) for one in ids] == ["rejected", *["flagged"] * 3])
    at_keyboard(page, "e", "Shift+Digit6", "Tab")
    expect(page.locator("#note")).not_to_be_focused()
    page.locator("#reasons").get_by_role("button", name="Reject", exact=True).evaluate(
        f"button => {{ button.click(); ({AT_ONCE})(['e']); }}"
    )
    expect(page.locator("#reasons[open]")).to_have_attribute("data-card", ids[2])
    eventually(lambda: status_of(store, ids[1]) == "rejected")
    at_keyboard(page, "Shift+Digit2", "Enter", "Enter")
    eventually(lambda: [status_of(store, one) for one in ids] == ["rejected"] * 3 + ["flagged"])
    expect(card(page, ids[3])).to_be_focused()
    assert [(stored(store, one).reasons or [{}])[0]["code"] for one in ids[:3]] == ["insult", "spam", "identity_attack"]
    assert "kind=" not in page.url


def test_what_is_pressed_twice_is_sent_once_and_escape_is_stronger_than_an_answer_on_its_way(
    store: Store, site: CreatedSite, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first] = flag("one")
    page = enter("mo")
    expect(page.locator("#show-keys")).to_be_enabled()
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(re.compile("/list$|/context[?]"), hold)
    at_keyboard(page, "j", ",")
    page.keyboard.type("moron")
    at_keyboard(page, "Enter", "Enter")
    eventually(lambda: page.evaluate("document.querySelectorAll('[data-sending]').length") == 1)
    assert len(waiting) == 1
    waiting.pop().continue_()
    expect(card(page, first).locator(".list-outcome")).to_contain_text("moron")
    with store.read() as session:
        assert policies.current(session, site.id).version == 2

    def answer_after(*keys: str) -> None:
        at_keyboard(page, *keys)
        eventually(lambda: page.evaluate("1") and waiting)
        at_keyboard(page, "Escape")
        with page.expect_response(waiting[0].request.url):
            waiting.pop().continue_()
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")

    at_keyboard(page, "Escape")
    card(page, first).focus()
    answer_after(".")
    expect(card(page, first).locator(".context")).to_have_count(0)
    at_keyboard(page, ".")  # asked anew
    eventually(lambda: page.evaluate("1") and waiting)
    waiting.pop().continue_()
    expect(card(page, first).locator(".context")).to_have_count(1)
    at_keyboard(page, "0")
    expect(page.get_by_role("dialog").get_by_role("link", name="Statistics")).to_be_visible()
    page.route(re.compile("/go[?]"), hold)
    page.keyboard.insert_text("st")
    answer_after("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", name="Review queue")).to_be_visible()


def test_what_was_given_before_is_one_click_or_one_number_away(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    ids = flag("one", "two", "three", "four", "five")
    page = enter("mo", viewport={"width": 1280, "height": 800})
    expect(page.locator("#show-keys")).to_be_enabled()
    again = page.get_by_role("button", name="Again:")
    expect(again).to_have_count(0)
    at_keyboard(page, "j", "e", "Shift+Digit1")
    page.keyboard.type("To Anna.")
    at_keyboard(page, "Enter")
    before = card(page, ids[2]).bounding_box()
    expect(again).to_have_count(4)
    assert card(page, ids[2]).bounding_box() == before, "it takes room that was empty"
    assert violations_in_light_and_dark(page) == []
    card(page, ids[1]).get_by_role("button", name="Again: Insults somebody “To Anna.”").click()
    expect(card(page, ids[2])).to_be_focused()
    at_keyboard(page, "e", "Shift+Digit6")
    page.keyboard.type("Sold 2 watches.")  # a number within a note is a number
    at_keyboard(page, "Enter")
    at_keyboard(page, "e", "Shift+Digit1")
    expect(page.locator("#numbered-notes li")).to_have_text(["1 To Anna.", "2 Sold 2 watches."])
    assert violations_in_light_and_dark(page) == []
    for button in ("Reject", "Cancel"):
        expect(page.get_by_role("dialog").get_by_role("button", name=button)).to_be_in_viewport(ratio=1)
    at_keyboard(page, "1")
    expect(page.locator("#note")).to_have_value("To Anna.")
    at_keyboard(page, "Enter")
    eventually(lambda: [status_of(store, one) for one in ids] == ["rejected"] * 4 + ["flagged"])
    given = [(one["code"], one["note"]) for one in ((stored(store, each).reasons or [{}])[0] for each in ids[:4])]
    assert given == [("insult", "To Anna.")] * 2 + [("spam", "Sold 2 watches."), ("insult", "To Anna.")]


def test_a_reason_that_the_server_never_got_is_seen_on_the_card_that_comes_back(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, _] = flag("one", "two")
    page = enter("mo")
    expect(page.locator("#show-keys")).to_be_enabled()
    page.route("**/decision", lambda route: route.abort())
    menu = card(page, first).locator(".reasoning")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Insults somebody").click()
    expect(page.locator("#trouble")).to_contain_text("Reject, Ada")
    expect(menu.get_by_role("button", name="Insults somebody")).to_have_class("chosen")
    page.unroute("**/decision")
    page.keyboard.press("Escape")
    card(page, first).locator("[name=action][value=reject]").click()
    eventually(lambda: status_of(store, first) == "rejected")
    assert (stored(store, first).reasons or [{}])[0]["code"] == "insult"


# --- honest failure -----------------------------------------------------------------------------------------------


def test_a_decision_that_the_server_never_got_comes_back(store: Store, flag: Flag, enter: Callable[..., Page]) -> None:
    [first, second] = flag("one", "two")
    page = enter("mo")
    at_keyboard(page, "j")
    page.context.set_offline(True)
    at_keyboard(page, "p")
    expect(card(page, first)).to_contain_text("The server cannot be reached.")
    expect(card(page, first).get_by_role("button", name="Publish")).to_be_visible()
    expect(card(page, second)).to_be_focused()
    lost = "Publish, Ada “one insult=0.800”: The server"
    expect(page.get_by_role("alert")).to_contain_text(f"{lost} cannot be reached.")
    expect(page.locator("#away")).to_contain_text("The server cannot be reached. Read on")
    assert page.get_by_text("Published.").count() == 0
    assert stored(store, first).status == "flagged"
    page.context.set_offline(False)
    expect(page.locator("#away")).to_be_hidden()
    expect(page.get_by_role("alert")).to_contain_text(f"{lost} is there again: try once more.")
    expect(card(page, first)).to_contain_text("The server is there again: try once more.")
    assert page.get_by_text("cannot be reached").count() == 0, "what was said of it is not true any longer"
    page.get_by_role("button", name="Show it").click()
    expect(card(page, first)).to_be_focused()
    at_keyboard(page, "p")
    expect(card(page, first)).to_contain_text("Published.")
    assert stored(store, first).status == "published"


def test_an_answer_to_what_was_asked_before_the_server_was_away_does_not_bring_it_back(
    flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, _] = flag("one", "two")
    page = enter("mo")
    held: list[Route] = []
    page.route("**/changes?*", lambda route: held.append(route))  # noqa: PLW0108  (it needs a function to mark)
    page.evaluate("dispatchEvent(new Event('online'))")  # at which the page asks

    def held_up() -> list[Route]:
        page.wait_for_timeout(20)  # in which the browser's requests reach us
        return held

    eventually(held_up)
    page.route(re.compile("/(decision|claim)$"), lambda route: route.abort())
    at_keyboard(page, "j", "p")
    expect(card(page, first)).to_contain_text("The server cannot be reached.")
    asked = len(held)
    with page.expect_response("**/changes?*"):
        held[0].continue_()
    page.wait_for_timeout(200)  # in which the page would have shown it
    expect(page.locator("#away")).to_be_visible()
    expect(card(page, first)).to_contain_text("The server cannot be reached.")
    page.unroute("**/changes?*")
    for route in held[1:asked]:
        route.continue_()
    expect(page.locator("#away")).to_be_hidden(timeout=15_000)  # it asks again by itself, though its stream is open
    expect(card(page, first)).to_contain_text("The server is there again: try once more.")


def test_nothing_is_called_done_while_it_is_on_its_way_or_after_the_server_failed(
    store: Store, flag: Flag, enter: Callable[..., Page], app: Flask
) -> None:
    [first, second] = flag("one", "two")
    page = enter("mo")
    held: list[Route] = []
    page.route("**/decision", lambda route: held.append(route))  # noqa: PLW0108  (it needs a function to mark)
    at_keyboard(page, "j", "r")
    expect(card(page, first)).to_contain_text("Rejecting…")
    expect(card(page, second)).to_be_focused()

    def held_up() -> list[Route]:
        page.wait_for_timeout(20)  # in which the browser's requests reach us
        return held

    eventually(held_up)
    held[0].fulfill(status=500, body="<h1>Internal Server Error</h1>", content_type="text/html")
    expect(card(page, first)).to_contain_text("The server failed (500).")
    expect(card(page, first).get_by_role("button", name="Reject")).to_be_visible()
    expect(page.locator("#recent")).to_be_hidden()
    page.unroute("**/decision")
    at_keyboard(page, "k", "r")
    expect(card(page, first)).to_contain_text("Rejected.")


def test_what_is_on_its_way_is_undone_when_it_has_arrived_and_whoever_leaves_before_is_asked(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, _] = flag("one", "two")
    page = enter("mo")
    held: list[Route] = []
    page.route(re.compile("/(decision|undo)$"), lambda route: held.append(route))  # noqa: PLW0108

    def holds_up(number: int) -> None:
        def came() -> bool:
            page.wait_for_timeout(20)  # in which the browser's requests reach us
            return len(held) == number

        eventually(came)

    asks = "!dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    at_keyboard(page, "j", "r", "u")
    holds_up(1)
    assert page.evaluate(asks)
    held[0].continue_()
    holds_up(2)
    expect(card(page, first).locator(".outcome")).to_have_text("Undoing…")
    assert page.evaluate(asks)
    held[1].continue_()
    expect(card(page, first)).to_contain_text("Undone.")
    assert not page.evaluate(asks)
    assert stored(store, first).status == "flagged"


def test_decisions_arrive_although_somebody_leaves_the_page_at_once(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    ids = flag(*(f"remark {number}" for number in range(14)))
    page = enter("mo")
    at_keyboard(page, "j", *"r" * 14)
    page.goto("about:blank")
    eventually(lambda: [stored(store, one).status for one in ids] == ["rejected"] * 14)


def test_an_undo_that_failed_can_be_tried_again(store: Store, flag: Flag, enter: Callable[..., Page]) -> None:
    [first, _] = flag("one", "two")
    page = enter("mo")
    at_keyboard(page, "j", "r")
    expect(card(page, first)).to_contain_text("Rejected.")
    page.context.set_offline(True)
    at_keyboard(page, "u")
    expect(card(page, first)).to_contain_text("The server cannot be reached.")
    assert stored(store, first).status == "rejected"
    page.context.set_offline(False)
    at_keyboard(page, "u")
    expect(card(page, first)).to_contain_text("Undone.")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert stored(store, first).status == "flagged"


# --- two at once --------------------------------------------------------------------------------------------------


def test_who_has_a_comment_open_is_shown_to_others_until_they_leave(flag: Flag, enter: Callable[..., Page]) -> None:
    [first, second] = flag("one", "two")
    mo, nia = enter("mo"), enter("nia")
    at_keyboard(mo, "j")
    expect(card(nia, first)).to_contain_text("mo is looking at this")
    expect(card(mo, first)).not_to_contain_text("is looking at this")
    at_keyboard(mo, "j")
    expect(card(nia, second)).to_contain_text("mo is looking at this")
    expect(card(nia, first)).not_to_contain_text("is looking at this")
    nia.reload()
    expect(card(nia, second)).to_contain_text("mo is looking at this")
    mo.goto("about:blank")
    expect(card(nia, second)).not_to_contain_text("is looking at this")


def test_a_claim_warns_and_does_not_block(store: Store, flag: Flag, enter: Callable[..., Page]) -> None:
    [first, _] = flag("one", "two")
    mo, nia = enter("mo"), enter("nia")
    at_keyboard(mo, "j")
    expect(card(nia, first)).to_contain_text("mo is looking at this")
    at_keyboard(nia, "j")
    expect(card(mo, first)).to_contain_text("nia is looking at this, too")
    at_keyboard(nia, "j")
    expect(card(mo, first)).not_to_contain_text("is looking at this")
    expect(card(nia, first)).to_contain_text("mo is looking at this")
    at_keyboard(nia, "k", "p")
    expect(card(nia, first)).to_contain_text("Published.")
    expect(card(mo, first)).to_contain_text("nia published this comment just now.")
    expect(card(mo, first)).to_be_focused()
    at_keyboard(mo, "r")
    at_keyboard(mo, "j")
    expect(card(mo, first)).to_have_class(re.compile("decided"))
    assert stored(store, first).status == "published"


@pytest.mark.parametrize("field", ["note", "dialog"])
@pytest.mark.parametrize("happens", ["decided", "edited"])
def test_what_somebody_types_goes_on_into_its_field_whatever_becomes_of_the_comment(
    app: Flask, store: Store, site: CreatedSite, flag: Flag, enter: Callable[..., Page], scorer: Scorer,
    happens: str, field: str,
) -> None:  # fmt: skip
    ids = flag("one", "two", "three", "four", "five", "six")
    first = ids[0]
    mo, nia = enter("mo"), enter("nia")
    note = card(mo, first).locator("[name=reason]") if field == "note" else mo.locator("#note")
    if field == "dialog":
        at_keyboard(mo, "j", "e")
    else:
        card(mo, first).locator(".reasoning summary").click()
    note.click()
    mo.keyboard.type("Please ")
    if happens == "decided":
        at_keyboard(nia, "j", "p")
        expect(card(mo, first)).to_contain_text("nia published this comment just now.")
    else:
        edit = {"comment": "one, in other words insult=0.8"}
        assert client_of(app, site.api_key).patch(f"/api/v1/comments/{first}", json=edit).status_code < 300
        process.use(scorer)
        while (result := scorer.run_batch()).claimed:
            process.record(result)
        expect(card(mo, first).locator(".outcome")).to_contain_text(re.compile("edited|changed"))
    mo.keyboard.type("just remove the insult")
    expect(note).to_be_focused()
    expect(note).to_have_value("Please just remove the insult")
    expect(card(mo, first).get_by_role("button", name="Reject", include_hidden=True)).to_be_disabled()
    at_keyboard(mo, *(["Enter"] if field == "dialog" else []), "Escape", "r")
    expect(card(mo, first)).to_be_focused()
    at_keyboard(mo, "j")
    if happens == "decided":
        expect(card(mo, first)).to_have_class(re.compile("decided"))
    else:
        expect(card(mo, first).locator(".written")).to_contain_text("in other words")
        expect(card(mo, first).locator("[name=reason]")).to_have_value("Please just remove the insult")
    assert stored(store, first).status == ("published" if happens == "decided" else "flagged")
    assert {stored(store, one).status for one in ids[1:]} == {"flagged"}


def test_anothers_decision_folds_the_card_and_says_who_decided_what_and_why(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, second, third] = flag("one", "two", "three")
    mo, nia = enter("mo"), enter("nia")
    at_keyboard(nia, "j", "j", "j")
    expect(card(nia, third)).to_be_focused()
    place = card(nia, third).bounding_box()
    at_keyboard(mo, "j", "e", "6")
    expect(card(nia, first)).to_contain_text("mo rejected this comment just now. Reason: Spam or advertising")
    expect(card(nia, first).locator(".meta")).to_be_hidden()
    expect(card(nia, third)).to_be_focused()
    assert place is not None
    at_keyboard(mo, "u")
    expect(nia.get_by_role("button", name="1 new, show it")).to_be_visible()
    at_keyboard(nia, "n")
    expect(card(nia, first).locator(".meta")).to_be_visible()
    assert stored(store, second).status == "flagged"


def test_new_cards_wait_behind_a_bar_and_move_nothing(flag: Flag, enter: Callable[..., Page]) -> None:
    ids = flag(*(f"remark {number}" for number in range(8)))
    page = enter("mo")
    card(page, ids[4]).focus()
    card(page, ids[4]).scroll_into_view_if_needed()
    before = card(page, ids[4]).bounding_box()
    [new] = flag("something new insult=0.99")
    bar = page.get_by_role("button", name="1 new, show it")
    expect(bar).to_be_visible()
    expect(page).to_have_title("(1) Review queue · Winnow")
    assert card(page, ids[4]).bounding_box() == before
    assert card(page, new).count() == 0
    assert violations(page) == []
    at_keyboard(page, "x")
    for ticked in (True, False):  # the selection's buttons are at the foot of the window, or at the end of the page
        page.keyboard.press("End")
        expect(page.get_by_role("button", name="Reject them")).to_be_in_viewport()
        reject, over = page.get_by_role("button", name="Reject them").bounding_box(), bar.bounding_box()
        assert reject is not None
        assert over is not None
        assert reject["y"] + reject["height"] <= over["y"] or over["y"] + over["height"] <= reject["y"], ticked
        card(page, ids[4]).focus()
        at_keyboard(page, "x")
    page.keyboard.press("n")
    expect(card(page, new)).to_be_focused()
    expect(bar).to_be_hidden()
    expect(page).to_have_title("Review queue · Winnow")


def test_what_moves_up_in_place_of_what_was_decided_is_not_called_new(flag: Flag, enter: Callable[..., Page]) -> None:
    flag(*(f"remark {number}" for number in range(28)))
    page = enter("mo")
    at_keyboard(page, "j", "p", "p")
    expect(page.locator(".card.decided .outcome.good")).to_have_count(2)
    [new] = flag("something new insult=0.99")
    expect(page.get_by_role("button", name="1 new, show it")).to_be_visible()
    at_keyboard(page, "n")
    expect(card(page, new)).to_be_focused()
    expect(page.locator(".card:not(.decided)")).to_have_count(19)


def test_where_nothing_waited_what_is_new_appears(flag: Flag, enter: Callable[..., Page]) -> None:
    page = enter("mo")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    [new] = flag("one")
    page.get_by_role("button", name="1 new, show it").click()
    expect(card(page, new)).to_be_focused()
    expect(page.get_by_text("Nothing waits for you.")).to_be_hidden()
    page.keyboard.press("p")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()


@pytest.mark.parametrize("streams", [0, 1])
def test_a_page_that_finds_no_room_for_a_stream_asks_and_sees_the_same(
    make_app: Callable[..., Flask], store: Store, serve: Serve, flag: Flag, enter: Callable[..., Page], streams: int
) -> None:
    [first, second] = flag("one", "two")
    address = f"{serve(make_app(max_event_streams=streams))}/console/"
    answers: list[int] = []
    mo, nia = enter("mo", at=address), enter("nia", at=address)
    for page in (mo, nia):
        page.add_init_script(ASK_SOONER)
        page.reload()
    nia.on("response", lambda answer: answers.append(answer.status) if "/changes" in answer.url else None)
    at_keyboard(mo, "j")
    expect(card(nia, first)).to_contain_text("mo is looking at this")
    at_keyboard(mo, "r")
    expect(card(nia, first)).to_contain_text("mo rejected this comment just now.")
    expect(mo.locator("#tabs")).to_contain_text("All 1")  # its cards ahead are there, so that the next one is news
    [new] = flag("three")
    for page in (mo, nia):
        page.get_by_role("button", name="1 new, show it").click()
        expect(card(page, new)).to_be_focused()
    assert 200 in answers, "nia asked"
    assert stored(store, second).status == "flagged"


# --- looks --------------------------------------------------------------------------------------------------------


def test_what_deciding_adds_is_accessible(flag: Flag, enter: Callable[..., Page]) -> None:
    flag("one", "two", "three")
    page = enter("mo", viewport={"width": 360, "height": 800})
    found = []
    page.locator(".card").first.focus()
    at_keyboard(page, "e")
    found += violations_in_light_and_dark(page)
    at_keyboard(page, "1")
    expect(page.locator(".card").first).to_contain_text("Rejected: Insults somebody.")
    page.get_by_text("Last decisions").click()
    found += violations_in_light_and_dark(page)
    page.get_by_text("Last decisions").click()
    page.context.set_offline(True)
    page.locator(".card").nth(1).focus()
    at_keyboard(page, "p")
    expect(page.get_by_role("alert")).to_be_visible()
    found += violations_in_light_and_dark(page)
    page.context.set_offline(False)
    at_keyboard(page, "?")
    found += violations_in_light_and_dark(page)
    at_keyboard(page, "?")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert found == []


def test_times_are_local_with_the_exact_time_on_hover(
    url: str, store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first] = flag("one")
    with store.write() as session:
        comment = session.get(Comment, first)
        assert comment is not None
        comment.created_at = comment.accepted_at = clock.now().replace(month=1, day=15, hour=12, minute=30, second=5)
        year = comment.created_at.year
    page = enter("mo", timezone_id="America/New_York", locale="en-GB")
    page.goto(f"{url}comments/{first}")
    written = page.locator(".card time").first
    expect(written).to_have_text(re.compile("ago$"))
    exact = f"15 January {year}, 07:30:05 EST"
    expect(written).to_have_attribute("title", re.compile(exact))
    expect(page.locator(".history time").first).to_have_text(re.compile(exact))


def test_the_policys_decision_meanwhile_is_told_as_the_policys(
    store: Store, flag: Flag, enter: Callable[..., Page], queues: Queues, site: CreatedSite
) -> None:
    [first] = flag("one")
    page = enter("mo")
    with store.write() as session:
        comments.decide(session, None, first, "publish", actor="site", grace=timedelta(0))

    console_channel.publish(queues.redis, console_channel.Message("decided", site.id, [first]))
    expect(card(page, first).locator(".outcome")).to_have_text("The site published this comment just now.")
    assert rows(store, Comment)[0].status == "published"


# --- a session that ended, and a text that is cut -----------------------------------------------------------------


def test_a_tab_whose_session_ended_offers_to_sign_in_and_lives_again(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, second, third] = flag("one", "two", "three")
    page, nia = enter("mo"), enter("nia")
    at_keyboard(page, "j", "p")
    expect(card(page, first)).to_contain_text("Published.")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Sign out").click()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(
        "You are no longer signed in, and do not see here what others do. What you typed is kept."
    )
    expect(alert.get_by_role("link", name="Sign in")).to_be_visible()
    at_keyboard(page, "u")
    expect(alert).to_contain_text("was not taken back. You are no longer signed in")
    expect(alert.get_by_role("link", name="Sign in")).to_be_visible()
    card(page, second).focus()
    at_keyboard(page, "r")
    expect(card(page, second).locator(".outcome")).to_contain_text("You are no longer signed in, so nothing was done.")
    with page.context.expect_page() as opened:
        card(page, second).locator(".outcome").get_by_role("link", name="Sign in").click()
    sign_in(opened.value, "mo")
    opened.value.wait_for_load_state()
    opened.value.close()
    card(page, second).focus()
    at_keyboard(page, "r")
    expect(card(page, second).get_by_text("Rejected.")).to_be_visible()
    at_keyboard(nia, "j", "j", "p")
    expect(card(nia, third)).to_contain_text("Published.")
    expect(card(page, third)).to_contain_text("nia published this comment just now.")
    assert [stored(store, one).status for one in (first, second, third)] == ["published", "rejected", "published"]


def test_a_page_whose_person_was_signed_out_claims_nothing_more_keeps_what_was_typed_and_goes_on_when_they_are_back(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, second] = flag("one", "two")
    page = enter("mo")
    page.context.add_init_script(ASK_SOONER)
    page.reload()
    claims: list[str] = []
    page.on("request", lambda sent: claims.append(sent.url) if sent.url.endswith("/claim") else None)
    for live in ("events", "changes"):  # only the claim is told that nobody is signed in
        page.route(f"**/console/{live}*", lambda route: route.abort())
    with page.expect_response(lambda answer: answer.url.endswith(f"{first}/claim") and answer.ok):
        at_keyboard(page, "j", "c")
    page.keyboard.type("Who is this?")
    with store.read() as session:
        mo = session.scalars(select(User.id).where(User.name == "mo")).one()
    with store.write() as session:
        sessions.end_all(session, mo, actor="operator")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(
        "You are no longer signed in, and do not see here what others do. What you typed is kept."
    )
    page.clock.install()
    before = len(claims)
    card(page, second).focus()
    page.clock.run_for(60_000)
    card(page, first).get_by_label("Note for colleagues").focus()
    page.clock.run_for(60_000)
    assert len(claims) == before

    for live in ("events", "changes"):
        page.unroute(f"**/console/{live}*")
    with page.context.expect_page() as opened:
        alert.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, "mo")
    assert opened.value.url == f"{page.url}#{first}", "the same place"
    opened.value.close()
    with page.expect_response(lambda answer: answer.url.endswith("/claim") and answer.ok):
        page.evaluate("dispatchEvent(new Event('focus'))")
    expect(alert).to_be_hidden()
    card(page, first).focus()
    at_keyboard(page, "c")
    card(page, first).get_by_role("button", name="Add the note").click()
    expect(card(page, first).locator(".colleagues-notes").get_by_text("Who is this?")).to_be_visible()


def test_what_one_takes_back_in_another_tab_waits_on_this_page_again(
    store: Store, flag: Flag, enter: Callable[..., Page]
) -> None:
    [first, _] = flag("one", "two")
    page = enter("mo")
    other = page.context.new_page()
    other.goto(page.url)
    at_keyboard(other, "j", "p")
    expect(card(page, first).locator(".outcome")).to_have_text("mo published this comment just now.")
    expect(card(other, first)).to_contain_text("Published.")
    at_keyboard(other, "u")
    expect(card(other, first)).to_contain_text("Undone.")
    page.get_by_role("button", name="1 new, show it").click()
    expect(card(page, first)).to_be_focused()
    expect(card(page, first).get_by_role("button", name="Publish")).to_be_visible()
    expect(other.locator("#news")).to_be_hidden()


def test_a_long_comment_says_that_it_is_cut_and_is_opened_by_keyboard_also_on_its_own_page(
    flag: Flag, enter: Callable[..., Page], url: str
) -> None:
    [long] = flag("A paragraph that goes on. " * 80 + "And here is the insult.")
    page = enter("mo")
    for address in (url, f"{url}comments/{long}"):
        page.goto(address)
        box, more = card(page, long).locator(".written").first, card(page, long).locator(".whole summary")
        assert box.evaluate("box => box.scrollHeight > box.clientHeight + 50")
        assert box.evaluate("box => getComputedStyle(box).maskImage").startswith("linear-gradient")
        expect(more).to_contain_text("Show all of it: 2,1")
        more.focus()
        at_keyboard(page, "Enter")
        assert box.evaluate("box => box.scrollHeight <= box.clientHeight + 1")
        expect(more).to_have_text(re.compile("Show less"))
        assert violations(page) == []


def test_where_a_site_asks_for_a_reason_the_key_that_rejects_asks_for_it(
    store: Store, site: CreatedSite, flag: Flag, enter: Callable[..., Page]
) -> None:
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(require_reason=True), actor="operator")
    [first, second] = flag("one", "two")
    page = enter("mo")
    at_keyboard(page, "j", "r")
    expect(page.get_by_role("heading", name="Reject: the reason")).to_be_visible()
    at_keyboard(page, "Escape", "x", "e")  # with a selection, r is for all of it
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(re.compile("This site asks for a reason"))
    page.get_by_role("dialog").get_by_role("radio").first.focus()
    at_keyboard(page, "1")
    expect(card(page, first).get_by_text("Rejected: Insults somebody.")).to_be_visible()
    card(page, second).focus()
    at_keyboard(page, "x")
    page.get_by_role("button", name="Reject them").click()
    expect(page.get_by_role("alert")).to_contain_text("This site asks for a reason")
    expect(page.get_by_label("Reason")).to_be_focused()
    assert violations(page) == []
    page.get_by_label("Reason").select_option("spam")
    page.get_by_role("button", name="Reject 1").click()
    expect(page.get_by_role("heading", name="Selected comments")).to_be_visible()
    assert rows(store, BulkJob)[0].criteria["ids"] == [[second, 2]], "without the one that was decided meanwhile"


def test_a_block_from_a_card_is_taken_back_on_the_card(flag: Flag, enter: Callable[..., Page]) -> None:
    [first] = flag("one")
    page = enter("mo")
    card(page, first).locator("details.more > summary").click()
    card(page, first).locator("select[name=list]").first.select_option("blocked_authors")
    card(page, first).get_by_role("button", name="Add to the list").click()
    expect(card(page, first).get_by_text("is blocked from now on, for a week.")).to_be_visible()
    card(page, first).get_by_role("button", name="Take it back").press("Enter")
    expect(card(page, first).get_by_text("Ada is no longer among the blocked authors.")).to_be_visible()
    expect(card(page, first)).to_be_focused()
    card(page, first).locator("select[name=list]").first.select_option("blocked_authors")
    card(page, first).get_by_role("button", name="Add to the list").click()
    expect(card(page, first).get_by_text("is blocked from now on, for a week.")).to_be_visible()
    page.reload()
    expect(card(page, first).get_by_text(re.compile("This site blocks the author Ada until"))).to_be_visible()
    card(page, first).get_by_role("button", name="Unblock").click()
    expect(card(page, first).get_by_text("Ada is no longer among the blocked authors.")).to_be_visible()
    expect(card(page, first).locator(".listed")).to_have_count(0)
    assert violations(page) == []
