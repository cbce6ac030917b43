"""An author appeals, and another moderator looks; a second one looks at a first one's decisions: in real browsers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from moderation import clock
from moderation.decisions import second_looks
from moderation.decisions.scoring import Scorer
from moderation.decisions.second_looks import Agreement
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from moderation.webhooks.sender import Sender
from tests.conftest import client_of
from tests.support.browsing import (
    HOSTILE,
    NewContext,
    Serve,
    expect_unharmed,
    sign_in,
    violations,
    violations_in_light_and_dark,
)
from tests.support.comments import scored, stored
from tests.support.delivering import deliver_all
from tests.support.receiver import Receiver
from tests.support.signed_in import PASSWORD

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)

Post = Callable[..., Comment]
Author = Callable[..., Page]


@pytest.fixture
def url(app: Flask, store: Store, serve: Serve) -> str:
    for name in ("mo", "nia"):
        accounts.create_user(store, name, "moderator", PASSWORD)
    return serve(app)


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Post:
    return partial(scored, store, queues, scorer, site_with_webhook)


@pytest.fixture
def author(app: Flask, url: str, site_with_webhook: CreatedSite, new_context: NewContext) -> Author:
    """The author's browser, at the link that the site got from the API."""

    def go(comment: Comment, **options: Any) -> Page:
        shown = client_of(app, site_with_webhook.api_key).get(f"/api/v1/comments/{comment.id}").get_json()
        page = new_context(**options).new_page()
        page.goto(url + shown["statement_url"].removeprefix("http://127.0.0.1:8000"))
        return page

    return go


def choose(store: Store, site: CreatedSite, *, moderators: float, grace: int = 0) -> None:
    with store.write() as session:
        settings = SiteSettings(second_look_automatic=0.0, second_look_moderators=moderators, grace_seconds=grace)
        site_settings.save(session, site.id, settings, actor="operator")


def at_queue(new_context: NewContext, url: str, name: str) -> Page:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{url}/console/")
    sign_in(page, name)
    return page


def press(page: Page, url: str, comment: Comment, button: str) -> None:
    """Decide on the comment's own page."""
    page.goto(f"{url}/console/comments/{comment.id}")
    page.get_by_role("button", name=button).first.click()


def test_an_author_appeals_and_another_moderator_reverses(
    app: Flask,
    url: str,
    store: Store,
    settings: Settings,
    site_with_webhook: CreatedSite,
    new_context: NewContext,
    receiver: Receiver,
    post: Post,
    author: Author,
) -> None:
    choose(store, site_with_webhook, moderators=0.0)
    comment = post("It says: you fool. insult=0.6", thread="/bridge")
    mo, nia = at_queue(new_context, url, "mo"), at_queue(new_context, url, "nia")
    press(mo, url, comment, "Reject")
    assert stored(store, comment.id).status == "rejected"

    page = author(comment)
    expect(page.get_by_role("heading", name="Your comment was not published")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Why is the decision wrong?").fill("It is a line from a play.\nAct two.")
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_text("It was received. Another moderator")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)

    press(mo, url, comment, "Reverse")
    expect(mo.get_by_text("The author appeals against your own decision")).to_be_visible()
    assert stored(store, comment.id).status == "rejected"
    nia.goto(f"{url}/console/")
    expect(nia.get_by_text("Appeal", exact=True)).to_be_visible()
    expect(nia.locator(".appeal")).to_contain_text("It is a line from a play.")
    press(nia, url, comment, "Reverse")

    shown = client_of(app, site_with_webhook.api_key).get(f"/api/v1/comments/{comment.id}").get_json()
    assert (shown["status"], shown["statement_url"]) == ("published", None)
    deliver_all(store, settings, Sender(settings.webhook_allow))
    told = [(one.json["type"], one.json["data"].get("outcome")) for one in receiver.requests]
    assert sorted(told[-2:]) == [("appeal.decided", "reversed"), ("comment.published", None)]
    page.reload()
    expect(page.get_by_role("heading", name="Your comment is published")).to_be_visible()
    expect(page.get_by_text("It was read, and the decision was changed.")).to_be_visible()
    assert "nia" not in page.content()
    assert violations(page) == []


def test_without_javascript_an_appeal_that_is_upheld_says_so(
    url: str, store: Store, site_with_webhook: CreatedSite, new_context: NewContext, post: Post, author: Author
) -> None:
    choose(store, site_with_webhook, moderators=0.0)
    comment = post("bad toxicity=0.95")
    page = author(comment, java_script_enabled=False)
    page.get_by_label("Why is the decision wrong?").fill("I meant it kindly.")
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_text("It was received. A person at the site will read it")).to_be_visible()
    press(at_queue(new_context, url, "mo"), url, comment, "Uphold")
    page.reload()
    expect(page.get_by_text("It was read, and the decision stands.")).to_be_visible()
    assert stored(store, comment.id).version == comment.version


@pytest.mark.usefixtures("ungrouped")
def test_a_second_moderator_looks_and_their_agreement_is_measured(
    url: str,
    store: Store,
    settings: Settings,
    site_with_webhook: CreatedSite,
    new_context: NewContext,
    receiver: Receiver,
    post: Post,
) -> None:
    choose(store, site_with_webhook, moderators=1.0)
    found = [post(f"{number} insult=0.6") for number in range(3)]
    mo, nia = at_queue(new_context, url, "mo"), at_queue(new_context, url, "nia")
    for comment, button in zip(found, ("Reject", "Reject", "Publish"), strict=True):
        press(mo, url, comment, button)
    nia.goto(f"{url}/console/")
    expect(nia.get_by_text("Second look", exact=True)).to_have_count(3)
    deliver_all(store, settings, Sender(settings.webhook_allow))
    before = len(receiver.requests)
    choose(store, site_with_webhook, moderators=0.0)
    for comment, button in zip(found, ("Reject", "Publish", "Publish"), strict=True):
        press(nia, url, comment, button)
    deliver_all(store, settings, Sender(settings.webhook_allow))
    told = [(one.json["type"], one.json["data"]["id"]) for one in receiver.requests[before:]]
    assert told == [("comment.published", found[1].id)], "the site hears of the disagreement alone"
    since = clock.now() - timedelta(days=1)
    with store.read() as session:
        [overall] = second_looks.agreement(second_looks.answered(session, {site_with_webhook.id}, since))
    assert overall == Agreement("decision", 3, overall.kappa)
    assert overall.kappa == pytest.approx(0.4)


def test_undo_takes_back_that_one_agreed_and_leaves_the_decision_before_that(
    url: str, store: Store, site_with_webhook: CreatedSite, new_context: NewContext, post: Post, author: Author
) -> None:
    choose(store, site_with_webhook, moderators=0.0, grace=60)
    appealed, other = post("a toxicity=0.95"), post("b insult=0.6")
    page = author(appealed)
    page.get_by_label("Why is the decision wrong?").fill("I meant it kindly.")
    page.get_by_role("button", name="Send the appeal").click()
    nia = new_context().new_page()
    nia.goto(f"{url}/console/?kind=flag")
    sign_in(nia, "nia")
    nia.goto(f"{url}/console/?kind=flag")
    nia.keyboard.press("j")
    nia.keyboard.press("r")
    expect(nia.locator(".outcome.good")).to_be_visible()
    nia.goto(f"{url}/console/?kind=appeal")
    card = nia.locator(f"article[id='{appealed.id}']")
    nia.keyboard.press("j")
    nia.keyboard.press("r")
    expect(card.get_by_text("Upheld: it stays rejected.")).to_be_visible()
    nia.keyboard.press("u")
    expect(card.get_by_text("Undone: the appeal waits again.")).to_be_visible()
    assert stored(store, other.id).status == "rejected"
    page.reload()
    expect(page.get_by_text("It was received.")).to_be_visible()
    nia.keyboard.press("u")  # what it takes back is on another page
    expect(nia.locator("#trouble")).to_contain_text("The comment by")
    expect(nia.locator("#trouble")).to_contain_text("Undone.")
    assert stored(store, other.id).status == "flagged"
    nia.keyboard.press("u")
    expect(nia.locator("#trouble span")).to_have_text("There is nothing to undo in this tab.")


def test_an_answer_that_was_told_is_not_taken_back_and_the_page_says_so(
    url: str, store: Store, site_with_webhook: CreatedSite, new_context: NewContext, post: Post, author: Author
) -> None:
    choose(store, site_with_webhook, moderators=0.0)
    comment = post("a toxicity=0.95")
    page = author(comment)
    page.get_by_label("Why is the decision wrong?").fill("I meant it kindly.")
    page.get_by_role("button", name="Send the appeal").click()
    nia = new_context().new_page()
    nia.goto(f"{url}/console/")
    sign_in(nia, "nia")
    nia.keyboard.press("j")
    nia.keyboard.press("e")
    nia.locator("#note").fill("We looked again, and it is an insult.")
    nia.keyboard.press("Enter")
    expect(nia.locator(".outcome.good")).to_be_visible()
    nia.keyboard.press("u")
    expect(nia.locator("#trouble")).to_contain_text("the author has been told that the decision stands")
    page.reload()
    expect(page.get_by_text("We looked again, and it is an insult.")).to_be_visible()
    assert violations(page) == []


def test_a_statement_is_accessible_on_a_small_screen(
    store: Store, site_with_webhook: CreatedSite, post: Post, author: Author
) -> None:
    choose(store, site_with_webhook, moderators=0.0)
    page = author(post("a spam=0.95"), viewport={"width": 360, "height": 640})
    found = violations_in_light_and_dark(page)
    page.get_by_role("button", name="Send the appeal").click()  # the browser asks for the words
    page.get_by_label("Why is the decision wrong?").evaluate("field => field.removeAttribute('required')")
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_role("alert")).to_have_text("Please write why the decision is wrong.")
    found += violations_in_light_and_dark(page)
    page.goto(page.url[:-3])
    expect(page.get_by_role("heading", name="This is not a link of ours")).to_be_visible()
    found += violations_in_light_and_dark(page)
    assert found == []


def test_hostile_comments_do_no_harm_on_the_page(
    store: Store, site_with_webhook: CreatedSite, post: Post, author: Author
) -> None:
    choose(store, site_with_webhook, moderators=0.0)
    for text in HOSTILE:
        comment = post(f"{text} insult=0.95", name=" ".join(text[:150].split()))
        page = author(comment, viewport={"width": 360, "height": 800})
        expect_unharmed(page)
        assert page.locator(".written").text_content() == f"{text} insult=0.95"
        page.close()
