"""A card as a moderator sees it: its height, what stands out, where it comes to stand, and that nothing covers it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from flask import Flask
from playwright.sync_api import FloatRect, Locator, Page, expect

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.browsing import NewContext, Serve, at_keyboard, card, signed_in_page, violations_in_light_and_dark
from tests.support.comments import scored, stored
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]

LAPTOP, PHONE, ZOOMED = {"width": 1280, "height": 800}, {"width": 390, "height": 844}, {"width": 640, "height": 400}
LONG = "A paragraph that goes on. " * 80

Post = Callable[..., str]
Enter = Callable[..., Page]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Post:
    """Posts a comment that is held, the first the most urgent; gives its id."""
    strength = iter(range(890, 500, -1))

    def held(text: str, **fields: str) -> str:
        return scored(store, queues, scorer, site, f"{text} insult=0.{next(strength)}", **fields).id

    return held


@pytest.fixture
def enter(app: Flask, store: Store, serve: Serve, new_context: NewContext) -> Enter:
    """A browser in which Mo is at the review queue."""
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    url = f"{serve(app)}/console/"

    def open_queue(viewport: dict[str, int] = LAPTOP, **options: object) -> Page:
        return signed_in_page(new_context(viewport=viewport, reduced_motion="reduce", **options), url, "mo")

    return open_queue


def box(element: Locator) -> FloatRect:
    found = element.bounding_box()
    assert found is not None
    return found


def bottom(element: Locator) -> float:
    return box(element)["y"] + box(element)["height"]


def overlap(one: Locator, other: Locator) -> bool:
    a, b = box(one), box(other)
    return a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


# --- density and hierarchy ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("viewport", "most"), [(LAPTOP, 112), (PHONE, 260)], ids=["laptop", "phone"])
def test_the_card_of_a_line_is_low_and_the_comment_the_loudest_on_it(
    post: Post, enter: Enter, viewport: dict[str, int], most: int
) -> None:
    one = post("What a fool you are", thread="/2026/11/school-roof", ip="192.0.2.7")
    page = enter(viewport)
    assert box(card(page, one))["height"] <= most
    sizes = (
        card(page, one)
        .locator("*")
        .evaluate_all(
            """all => all.map((one) => [parseFloat(getComputedStyle(one).fontSize), !!one.closest(".written")])"""
        )
    )
    assert max(size for size, written in sizes if written) > 1.15 * max(size for size, written in sizes if not written)
    assert violations_in_light_and_dark(page) == []


def test_the_room_that_cards_take_is_each_persons_choice_and_kept_for_them(post: Post, enter: Enter) -> None:
    one = post("What a fool you are")
    page = enter()
    compact = box(card(page, one))["height"]
    expect(card(page, one).locator(".scores")).to_be_hidden()
    page.get_by_role("button", name="Comfortable").click()
    expect(card(page, one).locator(".scores")).to_be_visible()
    assert box(card(page, one))["height"] > compact + 50
    assert violations_in_light_and_dark(page) == []
    elsewhere = enter(java_script_enabled=False)
    expect(card(elsewhere, one).locator(".scores")).to_be_visible()
    elsewhere.get_by_role("button", name="Compact").click()
    assert box(card(elsewhere, one))["height"] == compact


def test_scores_under_their_threshold_are_one_line_that_opens(post: Post, enter: Enter) -> None:
    one = post("What a fool you are toxicity=0.316")
    page = enter()
    line = card(page, one).get_by_text("8 others under 0.33")
    expect(card(page, one).locator(".meter").first).to_be_hidden()
    line.click()
    expect(card(page, one).locator(".meter")).to_have_count(9)
    expect(card(page, one).locator(".meter").first).to_be_visible()


def test_what_readers_see_is_marked_as_the_danger_and_what_is_held_is_not_marked(
    post: Post, store: Store, site: CreatedSite, queues: Queues, scorer: Scorer, enter: Enter
) -> None:
    held = post("What a fool you are")
    seen = scored(store, queues, scorer, site, "I know where you live").id
    with store.write() as session:
        comments.report(session, site.id, seen, reason="illegal", note=None, reporter="r")
    page = enter()
    expect(card(page, held)).not_to_contain_text("Held")
    badge = card(page, seen).get_by_text("Readers see it")
    danger = "element => { element.style.color = 'var(--danger)'; return getComputedStyle(element).color; }"
    assert badge.evaluate("one => getComputedStyle(one).backgroundColor") == badge.evaluate(danger)
    reports, why = card(page, seen).locator(".reports"), card(page, seen).locator(".why")
    assert bottom(reports) <= box(why)["y"] + 1, "the reports come before what the policy thought"
    card(page, held).locator(".facts a").first.click()
    expect(card(page, held)).to_contain_text("Held")


@pytest.mark.parametrize(("key", "said", "status"), [("p", "Kept up.", "published"), ("r", "Taken down.", "rejected")])
def test_what_readers_see_is_kept_up_or_taken_down(
    store: Store, site: CreatedSite, queues: Queues, scorer: Scorer, enter: Enter, key: str, said: str, status: str
) -> None:
    seen = scored(store, queues, scorer, site, "I know where you live").id
    with store.write() as session:
        comments.report(session, site.id, seen, reason="illegal", note=None, reporter="r")
    page = enter()
    expect(card(page, seen).get_by_role("button", name="Keep up")).to_be_visible()
    at_keyboard(page, "j", "e")
    expect(page.get_by_role("dialog", name="Take down: the reason")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("button", name="Take down")).to_be_visible()
    at_keyboard(page, "Escape", key)
    expect(card(page, seen)).to_contain_text(said)
    assert stored(store, seen).status == status


# --- where things stand -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["j", "p"])
def test_the_card_that_somebody_is_on_stays_in_the_upper_half_with_the_next_in_view(
    post: Post, enter: Enter, key: str
) -> None:
    ids = [post(f"remark {number}") for number in range(16)]
    page = enter()
    at_keyboard(page, "j")
    for one, following in pairwise(ids[1:13]):
        at_keyboard(page, key)
        expect(card(page, one)).to_be_focused()
        assert bottom(card(page, one)) <= LAPTOP["height"] / 2 + 1
        assert box(card(page, one))["y"] >= 0
        expect(card(page, following)).to_be_in_viewport(ratio=1)


def test_a_folded_card_says_what_was_decided_on_which_words(post: Post, enter: Enter) -> None:
    one, _ = post("What a fool you are", name="Bo"), post("another")
    page = enter()
    at_keyboard(page, "j", "e", "6")
    folded = card(page, one)
    expect(folded).to_contain_text("Rejected: Spam or advertising.")
    for said in (folded.get_by_text("What a fool you are"), folded.get_by_role("heading", name="Bo")):
        expect(said).to_be_visible()
    assert box(folded)["height"] <= 48
    page.get_by_text("Last decisions").click()
    expect(page.locator("#recent li")).to_contain_text("What a fool you are insult=0.890")
    assert violations_in_light_and_dark(page) == []
    at_keyboard(page, "Escape", "u")
    expect(folded.locator(".meta")).to_be_visible()


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("text", ["short", LONG], ids=["short", "long"])
@pytest.mark.parametrize("at", [0, 5], ids=["first", "last"])
def test_the_dialog_for_a_reason_never_covers_its_comment(
    post: Post, enter: Enter, viewport: dict[str, int], text: str, at: int
) -> None:
    ids = [post(text if number == at else "more") for number in range(6)]
    page = enter(viewport, has_touch=viewport is PHONE)
    at_keyboard(page, *"j" * (at + 1), "e")
    expect(page.get_by_role("dialog")).to_be_visible()
    written = card(page, ids[at]).locator(".written")
    assert box(written)["y"] >= 0
    assert not overlap(page.get_by_role("dialog"), written)
    for button in ("Reject", "Cancel"):
        expect(page.get_by_role("dialog").get_by_role("button", name=button)).to_be_in_viewport(ratio=1)


def test_a_number_with_shift_chooses_the_reason_and_a_note_follows(post: Post, enter: Enter, store: Store) -> None:
    one, two = post("What a fool you are"), post("another")
    page = enter()
    at_keyboard(page, "j", "e", "Shift+Digit1")
    expect(page.get_by_label("Note", exact=True).last).to_be_focused()
    page.keyboard.type("Please, 1 more time.")
    at_keyboard(page, "Enter")
    expect(card(page, one)).to_contain_text("Rejected: Insults somebody.")
    expect(card(page, two)).to_be_focused()
    [reason] = stored(store, one).reasons or []
    assert (reason["code"], reason["note"]) == ("insult", "Please, 1 more time.")


def test_a_double_click_decides_once(post: Post, enter: Enter, store: Store) -> None:
    ids = [post(f"remark {number}") for number in range(14)]
    page = enter()
    for number, one in enumerate(ids[:8], start=1):
        button = card(page, one).get_by_role("button", name="Reject")
        button.scroll_into_view_if_needed()
        at = box(button)
        page.mouse.dblclick(at["x"] + 20, at["y"] + 20)
        expect(card(page, one)).to_contain_text("Rejected.")
        statuses = [stored(store, each).status for each in ids]
        assert statuses.count("rejected") == number


def test_a_marked_word_is_on_the_list_after_one_key_and_enter(
    post: Post, enter: Enter, store: Store, site: CreatedSite
) -> None:
    one = post("cheapwatches for everybody")
    page = enter()
    card(page, one).locator(".said").dblclick(position={"x": 20, "y": 12})
    at_keyboard(page, ",")
    expect(card(page, one).locator(".more [name=entry]:not([type=hidden])")).to_have_value("cheapwatches")
    at_keyboard(page, "Enter")
    expect(card(page, one).locator(".list-outcome")).to_contain_text("cheapwatches")
    with store.read() as session:
        assert policies.current(session, site.id).document["suspect_words"] == ["cheapwatches"]


# --- on a phone, and enlarged -------------------------------------------------------------------------------------


def test_on_a_phone_the_buttons_of_a_long_comment_are_under_the_thumb_all_the_while(post: Post, enter: Enter) -> None:
    one, two = post(LONG), post("another")
    page = enter(PHONE, has_touch=True)
    card(page, one).locator(".whole summary").click()
    assert box(card(page, one))["height"] > 2 * PHONE["height"]
    for _ in range(3):
        for name in ("Publish", "Reject"):
            button = card(page, one).get_by_role("button", name=name)
            expect(button).to_be_in_viewport(ratio=1)
            assert box(button)["y"] > PHONE["height"] * 0.6
            assert box(button)["height"] >= 44
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(50)
    card(page, one).get_by_role("button", name="Reject").tap()
    expect(card(page, two)).to_be_focused()


@pytest.mark.parametrize("viewport", [PHONE, ZOOMED], ids=["phone", "zoomed"])
def test_the_bar_for_selected_cards_covers_nothing_that_has_the_focus(
    post: Post, enter: Enter, viewport: dict[str, int]
) -> None:
    for number in range(6):
        post(f"remark {number}", thread=f"/{number}")
    page = enter(viewport)
    at_keyboard(page, "j", "x")
    bar = page.get_by_role("form", name="Selected comments")
    expect(bar.get_by_role("button", name="Reject them")).to_be_in_viewport(ratio=1)
    covered = """() => {
      const focused = document.activeElement, { top, left, width, height } = focused.getBoundingClientRect();
      const over = document.elementFromPoint(left + width / 2, top + height / 2);
      return over && (focused.contains(over) || over.contains(focused)) ? null : focused.outerHTML.slice(0, 90);
    }"""
    for _ in range(45):
        at_keyboard(page, "Tab")
        if page.evaluate("Boolean(document.activeElement.closest('.card'))"):
            assert page.evaluate(covered) is None
    eventually(lambda: page.evaluate("scrollY > 300"))


# --- tabs and filters ---------------------------------------------------------------------------------------------


def test_the_tabs_counts_add_up_follow_the_filters_and_are_what_each_tab_shows(
    post: Post, store: Store, site: CreatedSite, queues: Queues, scorer: Scorer, enter: Enter
) -> None:
    held = [post(f"remark {number}", thread="/a" if number else "/b") for number in range(4)]
    seen = scored(store, queues, scorer, site, "I know where you live", thread="/a").id
    with store.write() as session:
        for one in (seen, held[1]):  # of what is held, one was reported too, and counts once
            comments.report(session, site.id, one, reason="illegal", note=None, reporter="r")
    page = enter()
    # All tabs are opened once, and with each filter those whose numbers it changes.
    for filters, waiting, opened in (
        ("", [5, 3, 2], 7),
        ("?thread=%2Fa", [4, 2, 2], 3),
        ("?language=de", [0, 0, 0], 1),
    ):
        numbers = [*waiting, 0, 0, 0, 0]
        page.goto(page.url.partition("?")[0] + filters)
        names = ["All", "Held", "Reported", "Appeals", "Second looks", "Mine", "Put off"]
        assert page.locator("#tabs a").all_inner_texts() == [f"{a} {b}" for a, b in zip(names, numbers, strict=True)]
        for at, number in enumerate(numbers[:opened]):
            page.locator("#tabs a").nth(at).click()
            expect(page.locator("#tabs [aria-current]")).to_have_text(f"{names[at]} {number}")
            expect(page.locator(".card")).to_have_count(number)
    page.goto(page.url.partition("?")[0])
    assert violations_in_light_and_dark(page) == []
    at_keyboard(page, "j", "r")
    expect(page.locator("#tabs a").first).to_have_text("All 4")


def test_a_filter_acts_when_it_is_chosen_and_without_a_script_by_its_button(post: Post, enter: Enter) -> None:
    post("What a fool you are")
    post("another")
    page = enter()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_hidden()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Label").select_option(label="Insult (2)")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.get_by_role("list", name="Chosen filters")).to_contain_text("Label: Insult")
    assert page.url.partition("?")[2] == "order=due&label=insult"
    plain = enter(java_script_enabled=False)
    plain.get_by_text("Filters", exact=True).click()
    plain.get_by_label("Label").select_option(label="Insult (2)")
    plain.get_by_role("button", name="Show", exact=True).click()
    expect(plain.locator(".card")).to_have_count(2)
