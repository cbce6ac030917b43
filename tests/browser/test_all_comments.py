"""The list of all comments in a real browser: yesterday's wrong decisions are found, corrected, and taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from moderation import actors
from moderation.decisions import appeals, bulk, comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import BulkJob, Comment, User
from tests.conftest import client_of
from tests.support.browsing import Enter, at_keyboard, card, violations
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.waiting import eventually

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]


def statuses(app: Flask, site: CreatedSite, ids: list[str]) -> list[str]:
    """What the API says of comments."""
    api = client_of(app, site.api_key)
    return [str(api.get(f"/api/v1/comments/{one}").get_json()["status"]) for one in ids]


@pytest.fixture
def ids(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock, enter: Enter) -> list[str]:
    """Five comments, of which `mo` rejected the first four."""
    for at in range(5):
        clock.advance(seconds=1)
        submissions.submit(store, queues, site.id, [Submission(name=f"Ada {at}", comment=f"you fool {at} insult=0.73")])
    scorer.run_batch()
    posted = [one.id for one in rows(store, Comment)]
    with store.write() as session:
        mo = actors.of_user(session.scalars(select(User.id).where(User.name == "mo")).one())
        for one in posted[:4]:
            clock.advance(seconds=1)
            comments.decide(session, None, one, "reject", actor=mo)
    return posted


def test_ones_own_decisions_are_found_and_corrected_in_their_rows(
    app: Flask, store: Store, site: CreatedSite, ids: list[str], enter: Enter
) -> None:
    page = enter("mo")
    page.get_by_role("link", name="All comments").click()
    page.get_by_role("link", name="My decisions").click()
    expect(page.locator("#number")).to_have_text("4 comments found")
    expect(page.locator("#show-keys")).to_be_enabled()
    at_keyboard(page, "j", "p")  # the last decision was wrong
    expect(page.locator(f"#{ids[3]} .outcome")).to_contain_text("Published.")
    expect(page.locator(f"#{ids[2]}")).to_be_focused()
    assert statuses(app, site, ids[3:4]) == ["published"]
    page.keyboard.press("u")
    expect(page.locator(f"#{ids[3]} .outcome")).to_contain_text("Undone.")
    expect(page.locator(f"#{ids[3]} .badges")).to_have_text("Rejected")
    assert statuses(app, site, ids[3:4]) == ["rejected"]

    at_keyboard(page, "j", "e", "Escape", "e", "Tab")
    page.keyboard.type("jury p")  # letters are no commands while somebody types
    page.keyboard.press("Enter")
    expect(page.locator(f"#{ids[2]} .outcome")).to_contain_text("Published.")
    assert [one.reasons[0]["note"] for one in rows(store, Comment, id=ids[2]) if one.reasons] == ["jury p"]
    at_keyboard(page, "j", "o")
    page.wait_for_url(re.compile(r"/comments/c_"))
    page.go_back()
    expect(page.locator(f"#{ids[1]}")).to_be_focused()


def test_an_undo_that_does_not_reach_the_server_can_be_tried_again(
    app: Flask, site: CreatedSite, ids: list[str], enter: Enter
) -> None:
    page = enter("mo")
    page.goto(page.url + "comments?by=me")
    expect(page.locator("#show-keys")).to_be_enabled()
    at_keyboard(page, "j", "p")
    told = page.locator(f"#{ids[3]} .outcome")
    expect(told).to_contain_text("Published.")
    page.context.set_offline(True)
    page.keyboard.press("u")
    expect(told).to_have_text("The server cannot be reached. Try again in a moment. Undo")
    page.context.set_offline(False)
    told.get_by_role("button", name="Undo").click()
    expect(told).to_contain_text("Undone.")
    assert statuses(app, site, ids[3:4]) == ["rejected"]


def test_ticked_rows_and_all_that_a_search_finds_are_decided_and_taken_back(
    app: Flask, store: Store, site: CreatedSite, ids: list[str], enter: Enter, clock: Clock
) -> None:
    page = enter("mo")
    page.goto(page.url + "comments?by=me")
    expect(page.locator("#show-keys")).to_be_enabled()
    for one in ids[:2]:
        page.locator(f"#{one} [name=select]").check()  # a ticked box is no field for words
    expect(page.locator("#selected")).to_have_text("2 selected")
    assert violations(page) == []

    def work(key: str) -> None:
        clock.advance(seconds=1)
        page.keyboard.press(key)
        page.wait_for_url(re.compile(r"/bulk/jobs/b_"))
        eventually(lambda: any(job.finished_at is None for job in rows(store, BulkJob)))
        bulk.run_step(store, rows(store, BulkJob)[-1].id)
        expect(page.locator("#job[data-state=done]")).to_be_visible()  # the page asks, and loads itself again

    work("p")
    expect(page.get_by_text("Done: 2 published.")).to_be_visible()
    page.get_by_role("link", name="Back to the comments").click()
    expect(page.locator(f"#{ids[0]} .badges")).to_have_text("Published")
    page.get_by_role("link", name="Decide on everything that this finds").click()
    expect(page.get_by_role("button", name="Publish 2")).to_be_visible()
    expect(page.get_by_role("button", name="Reject 2")).to_be_visible()
    work("r")
    assert statuses(app, site, ids) == ["rejected"] * 4 + ["flagged"]
    work("u")
    assert statuses(app, site, ids) == ["published", "published", "rejected", "rejected", "flagged"]


def test_without_javascript_a_row_is_decided_and_the_page_comes_back_to_it(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    submissions.submit(store, queues, site.id, [Submission(name=f"Ada {at}", comment="A bridge") for at in range(9)])
    scorer.run_batch()
    page = enter("mo", java_script_enabled=False)
    page.goto(page.url + "comments?author=ada")
    expect(page.get_by_text("Nobody is called exactly that")).to_be_visible()
    row = page.locator(".row").nth(7)
    which = row.get_attribute("id")
    row.get_by_role("button", name="Take down").click()
    assert page.url.endswith(f"author=ada#{which}")
    expect(row.locator(".badges")).to_have_text("Rejected")
    page.locator(".undo").get_by_role("button", name="Undo").click()
    expect(row.locator(".badges")).to_have_text("Published")


def test_a_phrase_a_person_and_a_date_of_writing_are_found_and_an_appeal_is_told_once(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock, enter: Enter
) -> None:
    sent = [
        Submission(name="Dorothy Pratt", user_id="u-17", comment="Long ago", created_at=clock.now - timedelta(days=14)),
        Submission(name="Bo", comment="The fool of Quay Street insult=0.73"),
        Submission(name="Cy", comment="Dorothy Pratt is a fool in the street at a quay insult=0.72"),
    ]
    submissions.submit(store, queues, site.id, sent)
    scorer.run_batch()
    old = rows(store, Comment, name="Dorothy Pratt")[0].id
    with store.write() as session:
        rejected = comments.decide(session, None, old, "reject", actor="operator")
        session.flush()
        appeals.lodge(session, rejected, "It was a joke.")
    page = enter("mo")
    page.get_by_label("Search in what waits").fill('"quay street"')
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("The fool of Quay Street")
    page.get_by_role("link", name="Review queue").click()
    card(page, old).get_by_role("button", name="Reverse").click()
    expect(card(page, old)).to_contain_text("Reversed")

    page.get_by_role("link", name="All comments").click()
    page.get_by_text("More filters").click()
    page.get_by_label("Latest first, by").select_option("written")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row").last).to_contain_text("Dorothy Pratt")  # written first, though it came first, too
    expect(page.locator(".row").last).to_contain_text("came")
    page.get_by_text("More filters").click()
    page.locator("[name=author]").fill("dorothy pratt")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#number")).to_have_text("1 comment found")
    expect(page.locator("#show-keys")).to_be_enabled()
    at_keyboard(page, "j", "o")
    page.wait_for_url(re.compile(rf"/comments/{old}"))
    expect(page.locator("#history, .timeline").get_by_text("Reversed the decision on appeal")).to_have_count(1)
    expect(page.locator(".timeline > li", has_text="Appealed")).to_have_count(1)
