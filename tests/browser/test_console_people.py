"""What a moderator does about people, from sign-in to what the site hears: warn, suspend, unblock, dismiss reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import expect

from moderation.decisions import comments, standing
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Report, WebhookDelivery
from tests.conftest import client_of
from tests.support.browsing import NewContext, Serve, at_keyboard, card, signed_in_page, violations_in_light_and_dark
from tests.support.clock import Clock
from tests.support.comments import rows, scored
from tests.support.signed_in import PASSWORD

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]

Post = Callable[..., Comment]


@pytest.fixture
def here(site_with_webhook: CreatedSite) -> CreatedSite:
    return site_with_webhook


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, here: CreatedSite) -> Post:
    def one(text: str, **fields: str) -> Comment:
        return scored(store, queues, scorer, here, text, **fields)

    return one


def report(store: Store, comment: Comment, *readers: str) -> None:
    for reader in readers:
        with store.write() as session:
            comments.report(session, comment.site_id, comment.id, reason="spam", note=None, reporter=reader)


def told(store: Store, name: str) -> list[str]:
    found = rows(store, WebhookDelivery, event=name)
    return [str(row.payload["data"].get("message") or row.payload["data"].get("standing")) for row in found]


def test_mo_warns_an_author_and_dismisses_a_readers_reports_from_the_queue_and_takes_that_back(
    app: Flask, store: Store, post: Post, serve: Serve, new_context: NewContext
) -> None:
    held = post("What a fool you are insult=0.6", name="Eve", user_id="7")
    reported = post("Buy pills, all of you", name="Cy", user_id="8")
    report(store, reported, "troll")
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    accounts.create_user(store, "flo", "moderator", PASSWORD)
    url = f"{serve(app)}/console/"
    page = signed_in_page(new_context(), url, "mo")
    flo = signed_in_page(new_context(), url, "flo")
    card(page, held.id).focus()
    at_keyboard(page, "w")
    page.keyboard.type("Please stay kind.")
    card(page, held.id).get_by_role("button", name="Warn", exact=True).click()
    expect(card(page, held.id).locator(".list-outcome")).to_contain_text("The author is warned")
    expect(card(flo, held.id)).to_contain_text("warned once")
    assert violations_in_light_and_dark(page) == []
    line = card(page, reported.id).locator(".reporters li")
    expect(line).to_contain_text("no report decided yet")
    line.get_by_role("button", name="Dismiss all by this reader").click()
    expect(card(flo, reported.id)).to_have_class("card decided")
    expect(card(flo, reported.id)).to_contain_text("mo dismissed the reports of this comment just now.")
    expect(card(page, held.id)).to_be_focused()
    expect(card(page, reported.id).locator(".outcome")).to_contain_text("Dismissed 1 report by this reader.")
    card(page, reported.id).get_by_role("button", name="Take it back").click()
    expect(card(page, reported.id).locator(".outcome")).to_have_text("Undone: 1 report waits again.")
    expect(card(page, reported.id)).to_be_focused()
    expect(line).to_contain_text("no report decided yet")
    flo.get_by_role("button", name="1 new").click()
    expect(card(flo, reported.id).locator(".reporters li")).to_contain_text("no report decided yet")
    assert told(store, "author.warned") == ["Please stay kind."]
    actions = {event.action for event in rows(store, AuditEvent) if event.actor.startswith("user:")}
    assert {"author.warned", "reports.dismissed", "reports.dismissal_undone"} <= actions


def test_a_dismissal_whose_card_has_left_the_page_is_found_among_the_last_decisions(
    app: Flask, store: Store, post: Post, serve: Serve, new_context: NewContext
) -> None:
    alone, also = post("Buy pills, all of you", name="Cy"), post("Buy pills, everybody", name="Dee")
    report(store, alone, "troll")
    report(store, also, "troll", "ann")
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    page = signed_in_page(new_context(), f"{serve(app)}/console/", "mo")
    both = card(page, also.id).get_by_text("Who reported it")
    for _ in range(2):
        both.click()
        card(page, also.id).get_by_role("button", name="Dismiss all by this reader").first.click()
        expect(card(page, also.id)).to_contain_text("Dismissed 2 reports by this reader. 1 comment waits on")
        expect(card(page, alone.id)).to_have_class("card decided")
        page.reload()
        expect(card(page, alone.id)).to_have_count(0)
        expect(both).to_have_count(0)
        page.get_by_text("Last decisions").click()
        entry = page.locator("#recent li")
        expect(entry).to_contain_text("Dee Dismissed 2 reports by this reader.")
        entry.get_by_role("button", name="Undo").click()
        expect(card(page, also.id).locator(".outcome")).to_have_text("Undone: 2 reports wait again.")
        expect(both).to_be_visible()
        expect(page.locator("#recent")).to_be_hidden()
        page.get_by_role("button", name="1 new, show it").click()
        expect(card(page, alone.id).locator(".reporters")).to_contain_text("no report decided yet")
    assert {row.outcome for row in rows(store, Report)} == {"waiting"}


def test_mo_suspends_an_author_and_ends_it_on_their_page_without_scripts(
    app: Flask, store: Store, here: CreatedSite, post: Post, serve: Serve, new_context: NewContext
) -> None:
    with store.write() as session:
        policies.save(session, here.id, policies.DEFAULT | {"hold_after": 1}, actor="site")
    rejected = post("A first remark", name="Eve", user_id="7")
    with store.write() as session:
        comments.decide(session, here.id, rejected.id, "reject", actor="site")
    accounts.create_user(store, "mo", "admin", PASSWORD)
    url = f"{serve(app)}/console/"
    context = new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = signed_in_page(context, f"{url}author?site={here.id}&key=7", "mo")
    expect(page.locator("main")).to_contain_text("Held: people rejected 1 comment of this author")
    page.get_by_label("Suspend them until").fill(page.get_by_label("Suspend them until").get_attribute("min") or "")
    page.get_by_role("button", name="Suspend").click()
    expect(page.locator("main")).to_contain_text("This site suspends the author 7 until")
    assert post("A second remark", name="Eve", user_id="7").status == "rejected"
    page.get_by_role("button", name="End the suspension").click()
    expect(page.locator("main")).to_contain_text("7 is no longer among the suspended authors.")
    page.get_by_label("Warn them").fill("Welcome back.")
    page.get_by_role("button", name="Warn").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("main")).to_contain_text("The site was never told.")
    assert post("A third remark", name="Eve", user_id="7").status == "flagged"
    assert told(store, "author.standing_changed") == ["held", "suspended", "ordinary"]


def test_an_author_who_is_held_after_rejections_is_free_again_when_these_expire(
    store: Store, console_url: str, here: CreatedSite, post: Post, new_context: NewContext, clock: Clock
) -> None:
    page = signed_in_page(new_context(), f"{console_url}sites/{here.id}/policy", "ada")
    page.locator("[name=hold_after]").fill("2")
    page.locator("[name=strike_days]").fill("10")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    for at in (1, 2):
        post(f"What a fool, number {at} insult=0.6", name="Eve", user_id="7")
    page.goto(console_url)
    at_keyboard(page, "j", "r", "r")
    expect(page.locator(".card.decided .outcome.good")).to_have_count(2)
    assert post("Something calm.", name="Eve", user_id="7").status == "flagged"
    author = f"{console_url}author?site={here.id}&key=7"
    page.goto(author)
    expect(page.locator("main")).to_contain_text("Held: people rejected 2 comments of this author")
    clock.advance(days=9)
    page.goto(author)
    expect(page.locator("main")).to_contain_text("Held: people rejected 2 comments")
    clock.advance(days=2)
    page.goto(author)
    expect(page.get_by_role("heading", level=1)).to_have_text("Eve")
    expect(page.locator("main")).not_to_contain_text("Held:")
    assert post("Something calm again.", name="Eve", user_id="7").status == "published"
    standing.lapse(store)
    assert told(store, "author.standing_changed") == ["held", "ordinary"]


def test_reports_by_readers_who_were_right_hide_a_comment_until_mo_has_looked(
    app: Flask, store: Store, console_url: str, here: CreatedSite, post: Post, new_context: NewContext
) -> None:
    page = signed_in_page(new_context(), f"{console_url}sites/{here.id}/policy", "ada")
    page.locator("[name=hide_after_reports]").fill("2")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    api = client_of(app, here.api_key)

    def report_by_api(comment: Comment) -> list[int]:
        told = [{"reason": "spam", "reporter": reader} for reader in ("ann", "ben")]
        return [api.post(f"/api/v1/comments/{comment.id}/reports", json=one).status_code for one in told]

    bad, good = post("Buy pills, all of you", name="Cy"), post("I know a good pharmacy", name="Dee")
    report_by_api(bad)
    page.goto(console_url)
    at_keyboard(page, "j", "r")
    expect(card(page, bad.id)).to_contain_text("Taken down.")
    report_by_api(good)
    assert api.get(f"/api/v1/comments/{good.id}").get_json()["status"] == "flagged"
    page.goto(f"{console_url}?kind=report")
    expect(card(page, good.id)).to_contain_text("2 readers reported it whose reports were upheld before.")
    expect(card(page, good.id).locator(".reporters")).to_contain_text("1 upheld, 0 dismissed")
    at_keyboard(page, "j", "p")
    expect(card(page, good.id)).to_contain_text("Published.")
    report_by_api(good)
    assert api.get(f"/api/v1/comments/{good.id}").get_json()["status"] == "published", "somebody has looked"
    events = [row.event for row in rows(store, WebhookDelivery, comment_id=good.id)]
    assert events == ["comment.published", "comment.flagged", "comment.published"]
    assert {"policy.changed", "comment.decided", "comment.reported"} <= {one.action for one in rows(store, AuditEvent)}


def test_an_author_whom_people_published_is_trusted_by_rule_even_where_every_comment_waits(
    app: Flask, store: Store, console_url: str, here: CreatedSite, post: Post, new_context: NewContext
) -> None:
    page = signed_in_page(new_context(), f"{console_url}sites/{here.id}/policy", "ada")
    page.get_by_label("Mode").select_option("hold")
    page.locator("[name=trust_after]").fill("2")
    page.locator("[name=trust_after]").press("Tab")
    expect(page.locator("#people")).to_contain_text("By their authors' standing, 0 of the last 0 comments")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    held = [post(f"Remark number {at} of mine.", name="Eve", user_id="7") for at in range(2)]
    assert [one.status for one in held] == ["flagged"] * 2
    page.goto(console_url)
    at_keyboard(page, "j", "p", "p")
    expect(page.locator(".card.decided .outcome.good")).to_have_count(2)
    trusted = post("Remark number 3 of mine.", name="Eve", user_id="7")
    assert client_of(app, here.api_key).get(f"/api/v1/comments/{trusted.id}").get_json()["status"] == "published"
    page.goto(f"{console_url}author?site={here.id}&key=7")
    expect(page.locator("main")).to_contain_text("Trusted: people approved 2")
    assert told(store, "author.standing_changed") == ["trusted"]
    [event] = rows(store, AuditEvent, action="author.standing_changed")
    assert event.detail is not None
    assert event.detail["standing"] == "trusted"
