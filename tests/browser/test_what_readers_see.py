"""In a real browser, what readers can see already: reports first, campaigns as a whole, and nothing fails quietly."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import User, WebhookEndpoint
from moderation.webhooks import endpoints
from moderation.webhooks.sender import Sender
from tests.support.attacks import TEXT, attack
from tests.support.browsing import NewContext, Serve, signed_in_page
from tests.support.comments import accept, rows, stored
from tests.support.delivering import deliver_once
from tests.support.processes.parts import Part
from tests.support.receiver import Receiver
from tests.support.signed_in import PASSWORD

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)

Enter = Callable[[str], Page]
Draw = Callable[[str], str]


@pytest.fixture
def url(app: Flask, store: Store, serve: Serve) -> str:
    accounts.create_user(store, "mo", "admin", PASSWORD)
    return f"{serve(app)}/console/"


@pytest.fixture
def enter(new_context: NewContext, url: str) -> Enter:
    """An admin's page: `enter("audit")`."""

    def open_page(path: str) -> Page:
        return signed_in_page(new_context(), url + path, "mo")

    return open_page


@pytest.fixture
def drawn(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Draw:
    """Publishes a comment that is drawn for a second look; its id."""

    def publish(text: str) -> str:
        with store.write() as session:
            site_settings.save(session, site.id, SiteSettings(second_look_automatic=1.0), actor="operator")
        comment_id = accept(store, queues, site, text).id
        scorer.run_batch()
        return comment_id

    return publish


def report(store: Store, site: CreatedSite, comment_id: str, *readers: str, reason: str = "personal_data") -> None:
    with store.write() as session:
        for reader in readers:
            comments.report(session, site.id, comment_id, reason=reason, note=None, reporter=reader)


def mo(store: Store) -> str:
    return f"user:{rows(store, User, name='mo')[0].id}"


def test_a_reported_comment_that_readers_see_comes_before_held_insults_and_says_so(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    insults = ("You fool of a mayor", "My dog writes better articles", "What a miserable allotment")
    held = [accept(store, queues, site, f"{text} insult=0.75").id for text in insults]
    seen = accept(store, queues, site, "Her name is Lena and she lives at 14 Quay Street").id
    scorer.run_batch()
    report(store, site, seen, "r1", "r2", "r3", "r4")
    page = enter("")
    cards = page.locator(".card")
    expect(cards).to_have_count(4)
    expect(cards.first).to_have_attribute("id", seen)
    expect(cards.first).to_contain_text("Readers see it")
    expect(cards.first).to_contain_text("4 readers")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(cards.first).to_contain_text("Taken down.")
    assert stored(store, seen).status == "rejected"
    assert {stored(store, one).status for one in held} == {"flagged"}


def test_a_comment_drawn_for_a_second_look_is_shown_whole_once_a_reader_reports_it(
    store: Store, site: CreatedSite, drawn: Draw, enter: Enter
) -> None:
    seen = drawn("Her name is Lena and she lives at 14 Quay Street")
    page = enter("")
    card = page.locator(f"article[id='{seen}']")
    expect(card).to_contain_text("A second look: what was decided before")
    expect(card).not_to_contain_text("Readers see it")
    report(store, site, seen, "r1")
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    expect(card).to_contain_text("Readers see it")
    expect(card).to_contain_text("1 reader")


def test_a_decision_on_a_campaign_reaches_the_copies_that_readers_see(
    store: Store, settings: Settings, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    published = [
        accept(store, queues, site, f"Lucia! {TEXT} https://{number}.example.net/ {number}", name=f"Lucia {number}").id
        for number in range(3)
    ]
    scorer.run_batch()
    assert {stored(store, one).status for one in published} == {"published"}
    held = attack(store, queues, scorer, site, 5)
    assert {stored(store, one).status for one in held} == {"flagged"}
    page = enter("")
    page.get_by_role("link", name="Decide on all").click()
    expect(page.get_by_text("Readers see 3 of them now. What you decide holds for them, too.")).to_be_visible()
    with Part(settings, "scoring"):
        page.get_by_role("button", name="Reject 8").click()
        expect(page.locator("#job[data-state=done]")).to_contain_text("Done: 8 rejected.", timeout=30_000)
    assert {stored(store, one).status for one in held + published} == {"rejected"}


def test_a_webhook_that_fails_is_told_in_the_queue_and_followed_to_its_cause(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, receiver: Receiver, enter: Enter
) -> None:
    [endpoint] = rows(store, WebhookEndpoint)

    def send(status: int) -> None:
        receiver.answer(status)
        with store.write() as session:
            endpoints.test(session, site_with_webhook.id, endpoint.id, actor="operator")
        deliver_once(store, settings, Sender(settings.webhook_allow))

    send(500)
    page = enter("")
    expect(page.get_by_text("1 of its webhooks fails.")).to_be_visible()
    page.get_by_role("link", name="See its webhooks").click()
    expect(page.get_by_text("Fails", exact=True)).to_be_visible()
    send(200)
    page.reload()
    expect(page.get_by_text("Fails", exact=True)).to_have_count(0)


def test_the_audit_log_tells_of_decisions_in_english(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    held = accept(store, queues, site, "You fool insult=0.75").id
    scorer.run_batch()
    with store.write() as session:
        comments.decide(session, None, held, "reject", actor=mo(store), reason="Not here.")
    main = enter("audit").locator("main")
    expect(main).to_contain_text("Decided on a comment rejected")
    expect(main).to_contain_text("before: held")
    shown = main.inner_text()
    assert re.findall(r"[{}]|None|True|datetime|comment\.decided", shown) == []


def test_second_looks_at_the_policys_decisions_are_on_the_statistics_page(
    store: Store, drawn: Draw, enter: Enter
) -> None:
    passed = drawn("A calm remark")
    page = enter("statistics")
    expect(page.get_by_text("No second looks yet.")).to_be_visible()
    page.goto(page.url.replace("statistics", ""))
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.locator(".card").first).to_contain_text("Rejected.")
    assert stored(store, passed).status == "rejected"
    page.goto(page.url + "statistics")
    expect(page.get_by_text("Of 1 that the policy published, people would reject 1.")).to_be_visible()


def test_a_block_for_a_week_has_its_end_on_the_policy_and_on_the_authors_page(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    accept(store, queues, site, "You fool insult=0.75", name="Bo")
    scorer.run_batch()
    page = enter("")
    card = page.locator(".card")
    card.locator("details.more > summary").click()
    card.locator("select[name=list]").first.select_option("blocked_authors")
    card.get_by_role("button", name="Add to the list").click()
    expect(card.get_by_text("is blocked from now on, for a week.")).to_be_visible()
    page.goto(page.url + f"sites/{site.id}/policy")
    expect(page.get_by_text(re.compile(r"Bo until \w+"))).to_be_visible()
