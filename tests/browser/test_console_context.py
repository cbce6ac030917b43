"""What is around a comment, opened in its card, and the queue as each person wants it: with keys, and on a phone."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent
from tests.support.browsing import Enter, at_keyboard, card, expect_unharmed, picture, violations_in_light_and_dark
from tests.support.comments import rows, scored

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]

PHONE = {"width": 360, "height": 740}
PLACE = {
    "thread": "/2026/winnowing",
    "thread_title": "Winnowing, then and now: how farmers parted the wheat from the chaff",
    "thread_url": "https://blog.example/2026/winnowing",
    "comment_url": "https://blog.example/2026/winnowing#comment-7",
}
HOSTILE = "<b>Bold</b> <script>alert(1)</script> \u200f " + "x" * 300


@pytest.fixture
def thread(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> list[str]:
    """A thread: what was published, a held answer to it, an answer to that, and another author's elsewhere."""

    def post(text: str, **fields: object) -> str:
        return scored(store, queues, scorer, site, text, **fields).id

    first = post("Is there a good book about this?", name="Bea", **PLACE)
    held = post("Only a fool asks that insult=0.8", name="Cyn", user_id="u7", parent_id=first, **PLACE)
    answer = post(HOSTILE, name="Dan", parent_id=held, **PLACE)
    for number in range(12):
        post(f"My remark number {number}", name="Cyn", user_id="u7", thread="/2026/other")
    other = post("You are one, too insult=0.7", name="Eve", language="de", thread="/2026/other")
    return [first, held, answer, other]


def top(page: Page, comment_id: str) -> float:
    found = card(page, comment_id).bounding_box()
    assert found is not None
    return found["y"]


def test_thread_and_author_open_in_the_card_by_a_key_and_the_place_is_kept(enter: Enter, thread: list[str]) -> None:
    _, held, answer, other = thread
    page = enter("mo")
    expect(card(page, held).locator(".thread")).to_have_text(f"on the page {PLACE['thread_title']}")
    way = card(page, held).get_by_role("link", name="Open it where it stands").get_attribute("href")
    at_keyboard(page, "j")
    before = top(page, held)
    at_keyboard(page, ".")
    around = card(page, held).get_by_role("region")
    expect(around.locator(".tree li")).to_have_count(3)
    expect(around.locator(".tree .here")).to_contain_text("This comment")
    expect(around.locator(".tree li").nth(2)).to_contain_text("<b>Bold</b>")
    expect(around.locator(".latest li")).to_have_count(10)
    expect(around).to_contain_text("12 published, 0 rejected")
    assert 0 <= top(page, held) <= before
    expect(card(page, held)).to_be_focused()
    expect_unharmed(page)
    picture(page, "context")
    page.emulate_media(color_scheme="dark")
    picture(page, "context-dark")
    assert violations_in_light_and_dark(page) == []
    at_keyboard(page, "Escape")
    expect(around).to_have_count(0)
    expect(card(page, held)).to_be_focused()
    page.keyboard.down(".")  # held down it shows the context for as long
    page.keyboard.down(".")
    expect(around.locator(".tree li")).to_have_count(3)
    page.keyboard.up(".")
    expect(around).to_have_count(0)
    at_keyboard(page, "p")
    expect(card(page, held)).to_contain_text("Published.")
    assert way is not None
    page.goto(urlsplit(page.url)._replace(path=way).geturl())
    expect(page.locator("main")).to_contain_text(PLACE["comment_url"])
    page.go_back()
    card(page, other).focus()
    at_keyboard(page, "y")
    expect(page.get_by_role("heading", level=1)).to_have_text("Eve")
    assert answer


def test_more_lies_over_the_page_and_lets_the_comment_be_read(enter: Enter, thread: list[str]) -> None:
    _, held, _, other = thread
    page = enter("mo")
    before = top(page, other)
    card(page, held).locator(".more > summary").click()
    menu, its_card = card(page, held).locator(".more-body"), card(page, held)
    expect(menu).to_be_visible()
    picture(page, "more")
    assert top(page, other) == before
    boxes = menu.bounding_box(), its_card.locator(".said > .written").bounding_box()
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] >= boxes[1]["y"] + boxes[1]["height"]
    assert boxes[0]["height"] < 260
    assert violations_in_light_and_dark(page) == []
    at_keyboard(page, "Escape")
    expect(menu).to_be_hidden()


def test_a_view_is_named_opened_by_a_key_made_the_first_shared_and_removed(
    store: Store, enter: Enter, thread: list[str]
) -> None:
    _, held, _, other = thread
    ada = enter("ada")
    ada.get_by_text("Filters", exact=True).click()
    ada.get_by_label("Language").select_option("de")
    expect(ada.locator("#cards .card")).to_have_count(1)
    ada.get_by_text("Save this filter").click()
    ada.get_by_label("Name").fill("In <b>German</b>")
    ada.get_by_label("For everybody").check()
    picture(ada, "save-filter")
    assert violations_in_light_and_dark(ada) == []
    ada.get_by_role("button", name="Save", exact=True).click()
    expect(ada.locator("main")).to_contain_text("is saved for everybody.")
    [event] = [one for one in rows(store, AuditEvent) if one.action == "filter.shared"]
    assert event.actor.startswith("user:")
    mo = enter("mo")
    expect(mo.locator("#cards .card")).to_have_count(2)
    at_keyboard(mo, "1")
    expect(mo.locator("#cards .card")).to_have_count(1)
    mo.get_by_text("Change saved filters").click()
    expect(mo.get_by_role("button", name="Remove")).to_have_count(0)
    mo.get_by_role("button", name="Open with it").click()
    mo.get_by_role("link", name="Review queue").click()
    expect(card(mo, other)).to_be_visible()
    assert parse_qs(urlsplit(mo.url).query) == {"language": ["de"]}
    picture(mo, "saved")
    mo.get_by_role("link", name="All 1").click()
    mo.get_by_role("link", name="Show all").click()
    expect(card(mo, held)).to_be_visible()
    ada.get_by_text("Change saved filters").click()
    ada.get_by_role("button", name="Remove").click()
    expect(ada.locator("main")).to_contain_text("is removed.")
    mo.get_by_role("link", name="Review queue").click()
    expect(mo.locator(".saved")).to_have_count(0)
    expect(card(mo, held)).to_be_visible()


def test_all_of_it_on_a_small_phone_without_javascript(enter: Enter, thread: list[str]) -> None:
    _, held, _, _ = thread
    page = enter("mo", PHONE, java_script_enabled=False)
    tabs = page.locator("#tabs").bounding_box()
    assert tabs is not None
    assert tabs["height"] < 48
    picture(page, "phone")
    card(page, held).locator(".more > summary").click()
    menu = card(page, held).locator(".more-body").bounding_box()
    assert menu is not None
    assert menu["height"] < 340, "what it has is in sight at once, and opens part by part"
    picture(page, "phone-more")
    page.locator(".more > summary").first.click()
    card(page, held).get_by_role("link", name="Context").click()
    expect(page.locator(".tree li")).to_have_count(3)
    picture(page, "phone-context")
    page.get_by_role("link", name="Back to where you were").click()
    assert urlsplit(page.url).fragment == held
    page.locator("#kind, .tabs a").nth(1).click()
    page.get_by_text("Save this filter").click()
    page.get_by_label("Name").fill("Held")
    picture(page, "phone-save")
    page.get_by_label("Open the queue with it").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".saved nav [aria-current]")).to_contain_text("Held")
    picture(page, "phone-saved")
    page.get_by_text("Change saved filters").click()
    page.get_by_role("button", name="Open with everything").click()
    expect(page.locator("main")).to_contain_text("The queue opens with everything again.")
