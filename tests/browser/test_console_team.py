"""A hard case goes round a team: two moderators at once, with keys, on a phone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent
from tests.support.browsing import Enter, at_keyboard, card, expect_unharmed, picture, violations_in_light_and_dark
from tests.support.comments import rows, scored

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]

PHONE = {"width": 390, "height": 844}
HOSTILE = "<b>Ask</b> legal <script>alert(1)</script> \u202e first. " + "x" * 300


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Callable[[str], str]:
    strength = iter(range(890, 500, -1))
    return lambda text: scored(store, queues, scorer, site, f"{text} insult=0.{next(strength)}", user_id="u7").id


def tabs(page: Page) -> str:
    return " ".join(page.locator("#tabs").inner_text().split())


def test_a_hard_case_goes_round_two_moderators(store: Store, enter: Enter, post: Callable[[str], str]) -> None:
    first, second, third = post("What a fool you are"), post("Another fool"), post("A third")
    mo, ada = enter("mo"), enter("ada")
    expect(card(ada, first)).to_be_visible()
    at_keyboard(mo, "j", "s")
    expect(card(mo, second)).to_be_focused()
    expect(card(ada, first)).to_contain_text("skipped by 1")
    at_keyboard(mo, "c")
    mo.keyboard.type(HOSTILE)
    picture(mo, "tools")
    assert violations_in_light_and_dark(mo) == []
    card(mo, second).get_by_role("button", name="Add the note").click()
    expect(card(ada, second).locator(".note-text")).to_have_text(HOSTILE.strip())
    expect(card(ada, second).get_by_role("button", name="Remove")).to_be_visible()
    expect_unharmed(ada)
    at_keyboard(mo, "i")
    expect(card(ada, second)).to_contain_text("For an admin")
    picture(ada, "queue")
    at_keyboard(ada, "m")
    expect(ada.locator("#cards .card")).to_have_count(1)
    assert "All 3" in tabs(ada)
    assert "Mine 1 Put off 0" in tabs(ada)
    ada.wait_for_load_state()
    at_keyboard(ada, "q")
    expect(card(ada, third)).to_be_visible()
    ada.wait_for_load_state()
    at_keyboard(mo, "k")
    card(mo, third).focus()
    at_keyboard(mo, "l", "Tab", "Enter")
    expect(card(mo, third)).to_contain_text("Put off for a day.")
    expect(card(ada, third)).to_contain_text("mo put this off until")
    at_keyboard(ada, "v")
    expect(card(ada, third)).to_contain_text("Put off until")
    ada.wait_for_load_state()
    assert "All 2 Held 2" in tabs(ada)
    assert "Mine 1 Put off 1" in tabs(ada)
    picture(ada, "put-off")
    assert violations_in_light_and_dark(ada) == []
    at_keyboard(ada, "j", "l")
    expect(card(ada, third)).to_contain_text("It waits in the queue again.")
    mo.get_by_role("button", name="1 new").click()
    expect(card(mo, third).locator(".decision [name=action]").first).to_be_visible()
    people = {one.action for one in rows(store, AuditEvent) if one.actor.startswith("user:")}
    assert people >= {f"comment.{done}" for done in ("skipped", "note_written", "escalated", "put_off", "called_back")}


def test_an_answer_that_comes_late_takes_nobody_from_the_card_on_which_they_went_on(
    enter: Enter, post: Callable[[str], str]
) -> None:
    first, second, third = post("What a fool you are"), post("Another fool"), post("A third")
    mo = enter("mo")
    held: list[Route] = []
    mo.route(re.compile("/(skip|put-off)$"), lambda route: held.append(route))  # noqa: PLW0108  (Playwright wants one)
    at_keyboard(mo, "j", "s")
    expect(card(mo, second)).to_be_focused()
    at_keyboard(mo, "l")
    until = card(mo, second).get_by_label("Put it off")
    expect(until).to_be_focused()
    held[0].continue_()
    expect(card(mo, first)).to_contain_text("skipped by 1")
    expect(until).to_be_focused()
    at_keyboard(mo, "Tab", "Enter")
    card(mo, third).focus()
    at_keyboard(mo, "c")
    note = card(mo, third).get_by_label("Note for colleagues")
    expect(note).to_be_focused()
    held[1].continue_()
    expect(card(mo, second)).to_contain_text("Put off for a day.")
    expect(note).to_be_focused()


def test_the_numbers_above_the_cards_follow_what_is_done_on_a_full_page(
    enter: Enter, post: Callable[[str], str]
) -> None:
    for number in range(13):
        post(f"What a fool you are, number {number}")
    mo = enter("mo")
    assert "All 13 Held 13" in tabs(mo)
    at_keyboard(mo, "j", "p", "r", "l", "Tab", "Enter")
    expect(mo.locator("#waiting")).to_have_text("10 wait")
    assert tabs(mo) == "All 10 Held 10 Reported 0 Appeals 0 Second looks 0 Mine 0 Put off 1"
    at_keyboard(mo, "u")
    expect(mo.locator("#waiting")).to_have_text("11 wait")


def test_on_a_phone_without_javascript_by_its_forms(enter: Enter, post: Callable[[str], str]) -> None:
    one = post("What a fool you are")
    page = enter("mo", PHONE, java_script_enabled=False)
    picture(page, "phone-before")

    def more(part: str) -> None:
        card(page, one).locator(".more > summary").click()
        card(page, one).locator(".part > summary", has_text=part).click()

    more("Take, assign")
    card(page, one).get_by_label("Colleague to assign it to").fill("nobody of this name")
    card(page, one).get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator("main")).to_contain_text("Nobody of this name decides on comments of this site.")
    page.goto(page.url.partition("/console/")[0] + "/console/")
    more("Note for colleagues")
    card(page, one).get_by_label("Note for colleagues").fill("Known for this.")
    card(page, one).get_by_label("What the note is on").select_option("author")
    card(page, one).get_by_role("button", name="Add the note").click()
    expect(card(page, one)).to_contain_text("On the author, by mo")
    more("Take, assign")
    picture(page, "phone-tools")
    card(page, one).get_by_role("button", name="Take it").click()
    page.get_by_role("link", name="Mine").click()
    expect(card(page, one)).to_contain_text("For you")
    picture(page, "phone-mine")
    more("Take, assign")
    card(page, one).get_by_role("button", name="Put off", exact=True).click()
    expect(page.locator("#cards .card")).to_have_count(0)
    page.get_by_role("link", name="Put off").click()
    expect(card(page, one)).to_contain_text("Put off until")
    card(page, one).get_by_role("button", name="Remove").click()
    expect(card(page, one)).not_to_contain_text("Known for this.")
