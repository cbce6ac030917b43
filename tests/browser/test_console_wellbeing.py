"""A moderator who hides comments until they ask, wants breaks and has enough for a day; and hears of alerts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from moderation.alerts.sending import Sending
from moderation.alerts.watching import Watching
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AlertChannel, Comment
from tests.moderation.alerts.mailbox import Mailbox
from tests.support.browsing import (
    NewContext,
    Serve,
    at_keyboard,
    card,
    picture,
    signed_in_page,
    violations_in_light_and_dark,
)
from tests.support.clock import Clock
from tests.support.comments import rows, scored, set_policy
from tests.support.receiver import Receiver
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytest_plugins = ("tests.support.chromium",)
PAINTED = "one => getComputedStyle(one).backgroundColor"
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]


@pytest.fixture
def held(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> list[str]:
    """Comments that wait, the most urgent first."""
    return [scored(store, queues, scorer, site, f"Fool {at} insult=0.{890 - at}").id for at in range(7)]


def is_hidden(page: Page, comment_id: str) -> bool:
    written = card(page, comment_id).locator(".said > .written")
    return bool(written.evaluate("one => getComputedStyle(one).visibility === 'hidden'"))


def decided(store: Store) -> int:
    return sum(bool(comment.decided_by and comment.decided_by.startswith("user:")) for comment in rows(store, Comment))


def test_comments_stay_hidden_until_asked_and_reminders_let_one_go_on(
    console_url: str, new_context: NewContext, held: list[str], store: Store
) -> None:
    page = signed_in_page(new_context(viewport={"width": 1280, "height": 800}), f"{console_url}you", "mo")
    picture(page, "you", whole=True)
    page.get_by_label("Comments, until you ask").select_option("Covered")
    page.get_by_label("or after so many decisions").fill("2")
    page.get_by_label("So many decisions are enough").fill("4")
    page.locator("section", has=page.locator("#wellbeing-title")).get_by_role("button", name="Keep").click()
    page.goto(console_url)
    assert [is_hidden(page, one) for one in held[:2]] == [True, True]
    picture(page, "covered", whole=True)
    assert violations_in_light_and_dark(page) == []
    at_keyboard(page, "j", "h")
    assert [is_hidden(page, one) for one in held[:2]] == [False, True]
    at_keyboard(page, "r")
    expect(card(page, held[1])).to_be_focused()
    at_keyboard(page, "r")
    expect(page.locator("#pause")).to_contain_text("2 decisions without a break: it is time for one.")
    assert is_hidden(page, held[1]), "it was never asked for, not even in the line of what was decided"
    picture(page, "break", whole=True)
    page.locator("#pause").get_by_role("button", name="Go on").click()
    expect(page.locator("#pause")).to_be_hidden()
    expect(card(page, held[2])).to_be_focused()
    at_keyboard(page, "r")
    eventually(lambda: decided(store) == 3, what="the third is decided")
    at_keyboard(page, "r")
    expect(page.locator(".empty")).to_contain_text("You have made 4 decisions today, as many as you had set yourself.")
    expect(page.locator("#cards .card")).to_have_count(0)
    picture(page, "enough", whole=True)
    assert violations_in_light_and_dark(page) == []
    page.get_by_role("button", name="Go on for today").click()
    expect(card(page, held[4])).to_be_visible()


def test_without_a_script_a_hidden_comment_opens_too(
    console_url: str, new_context: NewContext, held: list[str]
) -> None:
    page = signed_in_page(new_context(java_script_enabled=False), f"{console_url}you", "mo")
    page.get_by_label("Comments, until you ask").select_option("Blurred")
    page.locator("section", has=page.locator("#wellbeing-title")).get_by_role("button", name="Keep").click()
    page.goto(console_url)
    first = card(page, held[0])
    assert first.locator(".said > .written").evaluate("one => getComputedStyle(one).filter") == "blur(7.6px)"
    first.get_by_text("Show the comment").click()
    assert first.locator(".said > .written").evaluate("one => getComputedStyle(one).filter") == "none"
    page.goto(f"{console_url}comments")
    expect(page.locator(".list .excerpt").first).to_contain_text("Show the comment")
    page.goto(f"{console_url}you")
    page.get_by_label("Comments, until you ask").select_option("Grey, without marks")
    page.locator("section", has=page.locator("#wellbeing-title")).get_by_role("button", name="Keep").click()
    page.goto(console_url)
    picture(page, "grey", whole=True)
    mark = first.locator(".said > .written mark")
    assert mark.evaluate(PAINTED) == "rgba(0, 0, 0, 0)"
    first.get_by_text("Show the comment").click()
    assert mark.evaluate(PAINTED) != "rgba(0, 0, 0, 0)"


def test_a_person_chooses_how_to_hear_of_alerts(
    console_url: str, new_context: NewContext, store: Store, settings: Settings, receiver: Receiver
) -> None:
    page = signed_in_page(new_context(viewport={"width": 390, "height": 844}), f"{console_url}you/alerts", "mo")
    page.get_by_text("Chat (Slack, Mattermost)").click()
    picture(page, "alerts-new", whole=True)
    page.get_by_label("Address of an incoming webhook").fill("https://[::1]/hook")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#url-error")).to_contain_text("private")
    assert violations_in_light_and_dark(page) == []
    page.get_by_label("Address of an incoming webhook").fill(receiver.url)
    page.locator("#new-chat-hour").select_option("Once a day, at 09:00")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Chat (Slack, Mattermost): 127.0.0.1")).to_be_visible()
    picture(page, "alerts", whole=True)
    assert [channel.hour for channel in rows(store, AlertChannel)] == [9]
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("status").first).to_be_visible()
    Sending(settings, store).send_due()
    [request] = receiver.requests
    assert "test" in request.json["text"].lower()
    assert violations_in_light_and_dark(page) == []


def test_what_is_wrong_stands_above_the_pages_and_comes_by_chat_and_by_e_mail(
    make_app: Callable[..., Flask], settings: Settings, store: Store, queues: Queues, scorer: Scorer,
    site: CreatedSite, receiver: Receiver, serve: Serve, clock: Clock, new_context: NewContext,
) -> None:  # fmt: skip
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    with closing(Mailbox()) as mailbox:
        operated = replace(settings, smtp_url=mailbox.url, alert_review_items=3)
        console_url = f"{serve(make_app(smtp_url=mailbox.url))}/console/"
        page = signed_in_page(new_context(), f"{console_url}you/alerts", "mo")
        for way, field, address in (
            ("E-mail", "E-mail address", "mo@example.com"),
            ("Chat (Slack, Mattermost)", "Address of an incoming webhook", receiver.url),
        ):
            page.locator("summary", has_text=way).click()
            page.get_by_label(field).fill(address)
            page.get_by_role("button", name="Add").click()
            expect(page.get_by_role("heading", name=way)).to_be_visible()

        watching = Watching(operated, store, queues)

        def passes(minutes: int) -> None:
            clock.advance(minutes=minutes)
            watching.check()
            Sending(operated, store).send_due()

        set_policy(store, site, mode="hold")
        for at in range(3):
            scored(store, queues, scorer, site, f"Fool {at} insult=0.6")
        passes(0)
        passes(3)  # what is over within two minutes is no alert; and no worker runs here
        wrong = [
            "Nobody scores comments.",
            "The Site holds every comment for a moderator.",
            "3 comments or more wait for a moderator on The Site.",
        ]
        page.goto(f"{console_url}comments")
        above = page.get_by_role("list", name="Alerts").get_by_role("listitem")
        assert [line.partition(".")[0] + "." for line in above.all_inner_texts()] == wrong
        above.nth(2).get_by_role("link", name="See what waits").click()
        expect(page.locator("#cards .card")).to_have_count(3)
        expect(page.get_by_text("holds every comment")).to_have_count(1)

        set_policy(store, site, mode="auto")
        passes(2)
        page.goto(f"{console_url}comments")
        expect(above).to_have_count(2)
        told = {*wrong, "The Site no longer holds every comment."}
        chat = {request.json["text"].partition("\n")[0] for request in receiver.requests}
        assert chat == {mail["Subject"] for mail in mailbox.messages} == {f"Winnow: {one}" for one in told}
        assert {mail["To"] for mail in mailbox.messages} == {"mo@example.com"}
