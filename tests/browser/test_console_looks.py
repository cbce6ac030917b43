"""Every page of the console, and the author's: axe-core finds nothing in the light or the dark, and none is wider than
a phone, or than a screen at 200 % zoom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from moderation.clock import new_id
from moderation.decisions import appeals, bulk, comments
from moderation.decisions.scoring import Scorer
from moderation.history import tallies
from moderation.intake.queues import Queues
from moderation.people import accounts, totp
from moderation.policy import list_imports, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.settings import Settings
from moderation.sites import archive, sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Alert, Comment, ReviewItem, User, WebhookEndpoint
from moderation.webhooks import statement_links
from tests.support.attacks import attack
from tests.support.browsing import (
    Enter,
    NewContext,
    Serve,
    at_keyboard,
    card,
    sign_in,
    violations_in_light_and_dark,
)
from tests.support.clock import Clock
from tests.support.comments import rows, scored
from tests.support.receiver import Receiver
from tests.support.signed_in import PASSWORD

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)

PHONE, ZOOMED = {"width": 360, "height": 740}, {"width": 640, "height": 450}
WIDE = {"width": 1280, "height": 900}
HEIGHT, DIRECTION = "one => one.getBoundingClientRect().height", "one => getComputedStyle(one).direction"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
MIDDLE = "one => { const at = one.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }"
#: Buttons that stick to the foot of the screen, of cards without the focus.
STICKY_ELSEWHERE = """() => [...document.querySelectorAll(".card:not(:focus) form.decision")]
  .filter((one) => getComputedStyle(one).position === "sticky").length"""
Post = Callable[..., Comment]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Post:
    return partial(scored, store, queues, scorer, site)


# What moves after it was shown, other than by somebody's doing ("layout shift" in the Layout Instability API, where 0.1
# counts as good). A time that a script makes local may move a word beside it.
WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput || value < 0.02) continue;
      const moved = sources.map(({ node }) => (node?.outerHTML ?? node?.textContent ?? "?").slice(0, 60));
      shifts.push(`moves by ${value.toFixed(4)}: ${moved.join(", ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
"""
SHIFTS = (
    "async () => { for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame); return shifts.splice(0); }"
)


#: What a finger is to hit, in pixels (WCAG 2.5.8), but for what is only for screen readers.
TOO_SMALL = """() => [...document.querySelectorAll("main a, main button, main summary")]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen") && one.getBoundingClientRect().height < 24)
  .map((one) => `${one.outerHTML.slice(0, 90)} (${one.getBoundingClientRect().height})`)"""
#: Placeholders with a contrast below 4.5, which axe-core does not look at.
FAINT = """() => {
  const light = (colour) => { const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => (part / 255) <= 0.04045
    ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  return [...document.querySelectorAll("[placeholder]")].filter((one) => {
    const lights = [getComputedStyle(one, "::placeholder").color, getComputedStyle(one).backgroundColor].map(light);
    return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05) < 4.5;
  }).map((one) => one.outerHTML.slice(0, 90));
}"""


class Looks:
    """What is wrong with the pages that were looked at."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.wrong: list[str] = []

    def visit(self, *paths: str) -> None:
        for path in paths:
            self.page.goto(self.url + path)
            self.page.wait_for_load_state()
            self.wrong += [f"{path}: {one}" for one in self.page.evaluate(SHIFTS)]
            self.look(path)

    def _faint(self) -> list[str]:
        self.page.emulate_media(color_scheme="dark")
        found: list[str] = self.page.evaluate(FAINT)
        self.page.emulate_media(color_scheme="light")
        return found

    def look(self, name: str) -> None:
        page = self.page
        page.wait_for_load_state()
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        for size in (ZOOMED, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            if (over := page.evaluate(TOO_WIDE)) > 0:
                self.wrong.append(f"{name}: {over} pixels too wide at {size['width']}")
        self.wrong += [f"{name}: {one} is too small for a finger" for one in page.evaluate(TOO_SMALL)]
        self.wrong += [f"{name}: {one} can hardly be read in the dark" for one in self._faint()]
        self.wrong += [f"{name}: {one}" for one in violations_in_light_and_dark(page)]
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        page.evaluate(SHIFTS)  # those of another size are none; the next page begins at this one


def test_on_a_phone_the_bar_is_one_line_and_a_card_begins_with_its_comment(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, post: Post, enter: Enter
) -> None:
    parent = post("A nice bridge. " * 30, thread="/a")
    [first, *_] = attack(store, queues, scorer, site, 5)
    answer = post("you fool insult=0.73", thread="/a", parent_id=parent.id)
    page = enter("ada", PHONE, is_mobile=True, has_touch=True)
    bar = page.get_by_role("navigation", name="Console")
    assert bar.evaluate(HEIGHT) < 60
    assert page.evaluate(TOO_WIDE) <= 0
    assert card(page, first).locator(".alike").evaluate(HEIGHT) < 60  # its two parts are beside each other
    assert card(page, answer.id).locator(".reply-to").evaluate(HEIGHT) < 60  # two lines of what it answers
    bar.get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    expect(bar.get_by_role("link", name="People")).to_be_in_viewport(ratio=1)
    page.goto(page.url.replace("/people", "/comments"))
    page.get_by_text("More filters").click()
    last = page.get_by_role("search").get_by_label("at least")
    assert last.evaluate("one => one.getBoundingClientRect().bottom") < 800, "all filters in a screen, or nearly"


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
def test_on_a_laptop_the_bar_is_one_line_however_long_its_words_are(
    site: CreatedSite, enter: Enter, locale: str
) -> None:
    """Where its words are long, what is not for every day is in a menu, with a script and without."""
    page = enter("ada", {"width": 1280, "height": 800}, locale=locale, java_script_enabled=locale != "fr")
    for width in (1280, 1200, 1184, 1000):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator(".bar").evaluate(HEIGHT) < 60, width
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.evaluate(TOO_WIDE) <= 0
    bar = page.get_by_role("navigation").first
    people = bar.locator("a[href$='/console/people']")
    if locale == "en":
        expect(people).to_be_visible()
        return
    expect(people).to_be_hidden()
    bar.locator("summary").click()
    expect(people).to_be_visible()
    if locale == "de":
        assert violations_in_light_and_dark(page) == []
        at_keyboard(page, "Escape")
        expect(people).to_be_hidden()
        bar.locator("summary").click()
    people.click()
    expect(bar.locator("[aria-current]")).to_have_attribute("href", "/console/people")
    assert page.locator(".bar").evaluate(HEIGHT) < 60


@pytest.mark.usefixtures("ungrouped")
def test_on_a_phone_the_first_comment_is_in_view_and_each_cards_buttons_come_where_the_last_ones_were(
    post: Post, enter: Enter
) -> None:
    ids = [post(f"{'you fool ' * (3 + 7 * (at % 4))} insult=0.{80 - at}", name=f"Ada {at}").id for at in range(9)]
    page = enter("mo", PHONE, is_mobile=True, has_touch=True)
    page.goto(page.url + "?label=insult&order=newest")  # with a filter in use, too
    expect(card(page, ids[-1]).locator(".written")).to_be_in_viewport(ratio=1)
    page.locator(".filters summary").click()
    expect(page.get_by_label("Label", exact=True)).to_have_value("insult")
    expect(page.get_by_label("Label", exact=True)).to_be_visible()
    page.goto(page.url.partition("?")[0])
    expect(card(page, ids[0]).locator(".written")).to_be_in_viewport(ratio=1)
    page.wait_for_load_state("load")
    assert page.locator(".bar").evaluate(HEIGHT) < 100, "one line for Winnow and who it is, and one for where to go"
    heights = []
    for one in ids[:8]:
        button = card(page, one).locator("form.decision [value=publish]")
        expect(button).to_be_in_viewport(ratio=1)
        expect(card(page, one).locator(".written")).to_be_in_viewport(ratio=1)
        place = button.evaluate(MIDDLE)
        heights += [place[1]] if page.evaluate("scrollY") else []  # before that there is nothing to scroll
        page.touchscreen.tap(*place)
        expect(card(page, one)).to_have_class("card decided")
        # The buttons of the cards that follow stay at the ends of these.
        assert page.evaluate(STICKY_ELSEWHERE) == 0
        expect(page.locator(".outcome.good")).to_have_count(ids.index(one) + 1)
        page.wait_for_timeout(600)  # a second tap within half a second of the last is a double one, and decides nothing
    assert len(heights) > 2
    assert max(heights) - min(heights) <= 2, "under the thumb"


def test_a_name_without_a_space_takes_few_lines_of_a_phone(post: Post, enter: Enter) -> None:
    comment = post("insult=0.7", name="Z" * 200)
    page = enter("mo", PHONE, is_mobile=True, has_touch=True)
    page.goto(f"{page.url}author?site={comment.site_id}&key={comment.author_key}")
    assert page.get_by_role("heading", level=1).evaluate(HEIGHT) < 100
    page.get_by_role("link", name="Everything by this author").click()
    assert page.get_by_role("heading", level=1).evaluate(HEIGHT) < 100
    assert page.locator(".who-said").first.evaluate(HEIGHT) < 60


def test_what_is_written_from_left_to_right_is_cut_at_its_own_end_on_a_page_from_right_to_left(
    post: Post, enter: Enter
) -> None:
    post("See https://example.org/" + "path/" * 60 + " insult=0.7", thread="https://example.org/" + "news/" * 60)
    page = enter("ada", WIDE, locale="ar")
    assert page.locator(".card > header").first.evaluate(HEIGHT) < 40, "a long title makes no second line"
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.locator(".card .thread a").evaluate(DIRECTION) == "ltr"
    assert page.locator(".card .thread").evaluate("one => one.scrollWidth <= one.clientWidth")
    tops = page.locator(".card .facts a").evaluate_all("all => all.map((one) => one.getClientRects()[0].top)")
    assert abs(tops[0] - tops[1]) < 5, "the page stands on the line of the age"
    page.goto(page.url.partition("/console/")[0] + "/console/comments")
    assert page.locator(".excerpt").evaluate(DIRECTION) == "ltr"


def test_in_the_audit_log_the_name_of_a_site_that_wraps_begins_where_its_line_does(
    store: Store, settings: Settings, post: Post, enter: Enter
) -> None:
    post("insult=0.7")
    long = sites.create_site(store, settings, "A Gazette of the United Northern Harbour Towns " * 4)
    with store.write() as session:
        archive.archive(session, long.id, actor="operator")
    page = enter("ada", PHONE, is_mobile=True, has_touch=True)
    page.goto(page.url + "audit")
    facts = page.locator(".log li", has_text="Gazette").first
    lines = facts.evaluate(
        "one => [...one.querySelector('.facts bdi').getClientRects()].slice(1)"
        ".map(({ left }) => left - one.getBoundingClientRect().left)"
    )
    assert len(lines) > 1
    assert max(lines) < 2


def test_every_page_is_accessible_and_fits_a_phone_and_a_zoomed_screen(
    app: Flask, store: Store, settings: Settings, queues: Queues, scorer: Scorer, site: CreatedSite, post: Post,
    receiver: Receiver, serve: Serve, clock: Clock, new_context: NewContext,
) -> None:  # fmt: skip
    url = f"{serve(app)}/console/"
    long = "An Uncommonly Long Name of a Site That Somebody Wrote Without a Break" + "x" * 60
    other = sites.create_site(store, settings, long, "https://a-very-long-host-name.example/" + "path/" * 30)
    accounts.create_user(store, "chief", "admin", PASSWORD)
    accounts.create_user(store, "m" * 80, "none", on_sites={site.id: "admin", other.id: "viewer"})
    with store.read() as session:
        chief, member = session.scalars(select(User).order_by(User.name)).all()
    parent = post("A nice bridge", name="Bo", thread="/a", ip="192.0.2.7")
    rejected = post("you fool insult=0.73", thread="/a", parent_id=parent.id, ip="192.0.2.7")
    with store.write() as session:
        comments.report(session, site.id, parent.id, reason="spam", note="n" * 300, reporter="r")
        rejected = comments.decide(session, None, rejected.id, "reject", actor=f"user:{member.id}", code="insult")
        session.flush()
        appeals.lodge(session, rejected, "Not so! " + "x" * 300)
        statement = statement_links.address(settings, rejected.id, rejected.decided_at) or ""  # type: ignore[arg-type]
    post("x" * 3000 + " https://long.example/" + "y" * 300 + " insult=0.7", name="z" * 200, thread="/" + "t" * 400)
    [first, *_] = attack(store, queues, scorer, site, 5)
    with store.write() as session:
        group = session.scalars(select(ReviewItem.group_id).where(ReviewItem.comment_id == first)).one()
        job = bulk.create(session, {"comments": [first]}, "reject", actor=f"user:{chief.id}", total=1)
        shared = shared_lists.create(
            session, "An Uncommonly Long Name of a List " + "x" * 46, "words", actor="operator"
        ).id
    read = list_imports.read(KINDS["words"], "casino\n" + "w" * 200)
    shared_lists.add(store, shared, read, until=clock.now + timedelta(days=3), actor=f"user:{member.id}")
    began = dict.fromkeys(("first_seen_at", "last_seen_at", "began_at"), clock.now)
    with store.write() as session:  # so that it stands above every page
        session.add(Alert(id=new_id("al"), key=f"hold:{other.id}", kind="hold", site_id=other.id, number=1, **began))
    tallies.sample_queue(store)
    clock.advance(minutes=2)
    tallies.roll_up(store)
    [endpoint] = rows(store, WebhookEndpoint)

    page = new_context(reduced_motion="reduce").new_page()  # else a colour may be on its way
    page.add_init_script(WATCH_SHIFTS)
    looks = Looks(page, url)
    looks.visit("sign-in", f"welcome/{people_link(store)}", "welcome/x")
    page.goto(f"{url}sign-in")
    page.get_by_role("button", name="Sign in").click()
    looks.look("sign-in without a password")
    sign_in(page, "chief")
    looks.visit(
        "", "?label=insult&q=fool&author=ada&order=newest", f"groups/{group}", f"bulk?group={group}",
        "campaigns?short=1",
        f"bulk?everything=author&author=ada&site={site.id}", "bulk/jobs", f"bulk/jobs/{job.id}",
        "comments?q=fool&author=ada&from=2001-01-01", "comments", f"comments/{rejected.id}", f"comments/{parent.id}",
        f"author?site={site.id}&key={rejected.author_key}", "audit", "statistics?days=7", "policies",
        "lists", f"lists/{shared}",
        f"sites/{other.id}/policy", f"sites/{site.id}/settings", "sites", f"sites/{site.id}", "people",
        f"people/{member.id}", f"sites/{other.id}/webhooks", f"sites/{other.id}/webhooks/{endpoint.id}", "you",
        "comments/c_nothing", "nowhere", "go", "go?q=site", "sites?q=nothing",
    )  # fmt: skip
    look_after_actions(looks, site.id, member.id, receiver.url)
    look_at_signing_in(looks, clock.now)
    page.goto(url.removesuffix("/console/") + "/statement/" + statement.rpartition("/")[2])
    looks.look("statement")
    page.goto(page.url[:-3])
    looks.look("statement that is none")
    assert not looks.wrong, "\n".join(looks.wrong)


def people_link(store: Store) -> str:
    """The token of somebody's link to set a password."""
    made = accounts.create_user(store, "nia", "viewer")
    assert made.setup_token is not None
    return made.setup_token


def look_after_actions(looks: Looks, site_id: str, person_id: str, receiver_url: str) -> None:
    """What a button leads to: secrets shown once, a decided card, the keys."""
    page, url = looks.page, looks.url
    for form, button in ((f"sites/{site_id}", "New API key"), (f"people/{person_id}", "New one-time link")):
        page.goto(url + form)
        page.get_by_role("button", name=button).click()
        looks.look(button)
    page.goto(f"{url}sites/{site_id}/webhooks")
    page.get_by_label("Address").fill(receiver_url)
    page.get_by_role("button", name="Add").click()
    looks.look("a new webhook")
    page.goto(url)
    page.get_by_role("button", name="Publish").nth(0).click()
    expect(page.locator(".card.decided")).to_have_count(1)
    looks.look("a decided card")
    page.keyboard.press("?")
    looks.look("the keys")
    at_keyboard(page, "?", "0", "s")
    expect(page.get_by_role("dialog", name="Go to").get_by_role("link", name="Statistics")).to_be_visible()
    looks.look("where to go")


def look_at_signing_in(looks: Looks, now: datetime) -> None:
    """An authenticator is set up, and asked for."""
    page, url = looks.page, looks.url
    looks.visit("you/authenticator")
    secret = page.get_by_role("textbox", name="Key").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(totp.code_at(secret, int(now.timestamp()) // totp.STEP_SECONDS))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("recovery codes").first).to_be_visible()
    looks.look("recovery codes")
    page.context.clear_cookies()
    page.goto(f"{url}sign-in")
    page.get_by_label("Name").fill("chief")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code")).to_be_visible()
    looks.look("second step")
