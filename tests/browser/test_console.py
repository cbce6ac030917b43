"""The console in a real browser: deciding by mouse, by keyboard and without JavaScript, on comments that mean harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.browsing import HOSTILE, NewContext, expect_unharmed, signed_in_page, violations
from tests.support.waiting import eventually

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]

Flag = Callable[..., list[str]]


@pytest.fixture
def flag(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Flag:
    """Posts comments and has them flagged: the first is the most urgent. Gives their ids."""

    def post(*texts: str, name: str = "Ada") -> list[str]:
        sent = [Submission(name=name, comment=f"{text} insult=0.{80 - at}") for at, text in enumerate(texts)]
        outcomes = submissions.submit(store, queues, site.id, sent)
        scorer.run_batch()
        return [outcome.comment.id for outcome in outcomes if outcome.comment is not None]

    return post


def open_queue(new_context: NewContext, console_url: str, **options: object) -> Page:
    return signed_in_page(new_context(**options), console_url, "mo")


def status(store: Store, comment_id: str) -> str:
    with store.read() as session:
        found = session.get(Comment, comment_id)
        assert found is not None
        return found.status


def test_the_keyboard_is_enough(console_url: str, store: Store, flag: Flag, new_context: NewContext) -> None:
    ids = flag("one", "two", "three", "four")
    page = open_queue(new_context, console_url)
    cards = page.locator(".card")
    page.keyboard.press("j")
    expect(cards.nth(0)).to_be_focused()
    for forward, back in (("j", "k"), ("ArrowRight", "ArrowLeft")):
        page.keyboard.press(forward)
        page.keyboard.press(forward)
        page.keyboard.press(back)
        expect(cards.nth(1)).to_be_focused()
        page.keyboard.press(back)
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(cards.nth(1)).to_contain_text("Published.")
    expect(cards.nth(2)).to_be_focused()
    page.keyboard.press("e")
    page.get_by_role("dialog").get_by_label("Note").focus()
    page.keyboard.type("Not here, p or r.")
    page.keyboard.press("Enter")
    expect(cards.nth(2)).to_contain_text("Rejected.")
    expect(cards.nth(3)).to_be_focused()
    assert [status(store, one) for one in ids] == ["flagged", "published", "rejected", "flagged"]
    with store.read() as session:
        decided = session.get(Comment, ids[2])
        assert decided is not None
        assert decided.reasons is not None
        assert decided.reasons[0]["message"] == "Not here, p or r."


def test_deciding_the_last_card_brings_what_else_waits(console_url: str, flag: Flag, new_context: NewContext) -> None:
    flag("one")
    page = open_queue(new_context, console_url)
    flag("two")
    page.get_by_role("button", name="Publish the comment").click()
    expect(page.get_by_text("two")).to_be_visible()
    page.get_by_role("button", name="Reject the comment").click()
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()


def test_somebody_who_was_quicker_is_named_on_the_card(
    console_url: str, store: Store, flag: Flag, new_context: NewContext
) -> None:
    [first, _] = flag("one", "two")
    page = open_queue(new_context, console_url)
    for live in ("events", "changes"):  # else it would hear of the decision as it is made
        page.route(f"**/console/{live}*", lambda route: route.abort())
    page.reload()
    with store.write() as session:
        comments.decide(session, None, first, "reject", actor="policy", reason="Not here.")
    page.locator(".card").nth(0).get_by_role("button", name="Publish").click()
    told = "The site's policy rejected this comment just now, after you loaded the page. Reason: Not here."
    expect(page.locator(".card").nth(0)).to_contain_text(told)
    assert status(store, first) == "rejected"


def test_a_session_that_ended_meanwhile_is_explained(
    console_url: str, store: Store, flag: Flag, new_context: NewContext
) -> None:
    [first] = flag("one")
    page = open_queue(new_context, console_url)
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "winnow_session")
    accounts.end_session(store, token)
    page.get_by_role("button", name="Publish the comment").click()
    expect(page.locator(".card")).to_contain_text("You are no longer signed in, so nothing was done.")
    expect(page.get_by_role("button", name="Publish the comment")).to_be_visible()
    assert status(store, first) == "flagged"


def test_keys_can_be_shown_and_switched_off(
    console_url: str, store: Store, flag: Flag, new_context: NewContext
) -> None:
    [first] = flag("one")
    page = open_queue(new_context, console_url)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.locator(".card").focus()
    page.keyboard.press("r")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert status(store, first) == "flagged"


def test_without_javascript_everything_can_be_decided(
    console_url: str, store: Store, flag: Flag, new_context: NewContext
) -> None:
    ids = flag("one", "two")
    page = open_queue(new_context, console_url, java_script_enabled=False)
    page.get_by_text("Reason, note").nth(0).click()
    reason = page.locator("form.decision").get_by_label("Note").nth(0)
    reason.fill("A quotation.")
    reason.press("Enter")  # does not decide
    assert status(store, ids[0]) == "flagged"
    page.get_by_role("button", name="Publish").nth(0).click()
    expect(page.get_by_text("Published the comment by Ada.")).to_be_visible()
    page.get_by_role("button", name="Reject the comment").click()
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    assert [status(store, one) for one in ids] == ["published", "rejected"]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()


def test_hostile_comments_do_no_harm_in_the_queue(console_url: str, flag: Flag, new_context: NewContext) -> None:
    for text in HOSTILE:
        flag(text, name=" ".join(text[:150].split()))
    page = open_queue(new_context, console_url, viewport={"width": 360, "height": 800})
    shown = page.locator(".written").all_text_contents()
    assert sorted(shown) == sorted(f"{text} insult=0.80" for text in HOSTILE)
    for path in ("", "?q=insult&order=newest", "?author=%3Cscript%3Ealert(6)%3C/script%3E&thread=%E2%80%AE"):
        page.goto(console_url + path)
        expect_unharmed(page)


def test_what_waits_is_found_by_search_and_filters_with_the_keyboard_and_decided(
    console_url: str, store: Store, flag: Flag, new_context: NewContext
) -> None:
    ids = flag("about apples", "about pears", "more pears", name="Bo")
    flag("the pears of somebody else")
    page = open_queue(new_context, console_url)
    page.get_by_label("Search in what waits").focus()
    page.keyboard.type("PEARS")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(3)
    page.get_by_text("Filters", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Author", exact=True).focus()
    page.keyboard.type("bo")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.get_by_role("list", name="Chosen filters")).to_contain_text("Author: bo")
    page.wait_for_load_state()  # the keys' script is there
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.locator(".card").nth(1)).to_be_focused()
    eventually(lambda: [status(store, one) for one in ids] == ["flagged", "rejected", "flagged"])
    page.get_by_role("link", name="Show again without this filter: Author").press("Enter")
    expect(page.locator(".card")).to_have_count(2)


def test_a_link_in_a_comment_leads_to_a_page_of_ours_first(
    console_url: str, flag: Flag, new_context: NewContext
) -> None:
    flag("Look at https://evil.example/\u202egnp.exe now")
    page = open_queue(new_context, console_url)
    expect(page.locator(".card a[href*='evil.example']")).to_have_count(0)
    page.get_by_role("link", name="Open link").click()
    expect(page.get_by_role("heading", name="Where this link leads")).to_be_visible()
    expect(page.locator("code")).to_have_text("https://evil.example/%E2%80%AEgnp.exe")
    away = page.get_by_role("link", name="Open it in a new tab")
    expect(away).to_have_attribute("rel", "noreferrer noopener nofollow")
    assert violations(page) == []
