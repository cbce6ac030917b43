"""The console's pages beside its queue in a real browser: a moderator's tasks from sign-in to what the API says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from moderation import audit, news
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.history import tallies
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts, sessions
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, Note, User
from moderation.webhooks import afterwards
from service.console import exports
from tests.conftest import client_of
from tests.support.browsing import (
    HOSTILE,
    NewContext,
    Serve,
    card,
    expect_unharmed,
    sign_in,
    signed_in_page,
    violations,
)
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]

Post = Callable[..., str]


@pytest.fixture
def url(app: Flask, store: Store, serve: Serve) -> str:
    accounts.create_user(store, "mo", "admin", PASSWORD)
    return f"{serve(app)}/console/"


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Post:
    def one(comment: str, name: str = "Ada", **known: Any) -> str:
        [outcome] = submissions.submit(store, queues, site.id, [Submission(name=name, comment=comment, **known)])
        scorer.run_batch()
        assert outcome.comment is not None
        return outcome.comment.id

    return one


def open_page(new_context: NewContext, url: str, path: str, **options: object) -> Page:
    return signed_in_page(new_context(**options), url + path, "mo")


def test_a_form_that_cannot_be_sent_keeps_what_was_written_and_is_sent_once(
    url: str, store: Store, post: Post, new_context: NewContext
) -> None:
    comment = post("something insult=0.8")
    page = open_page(new_context, url, f"comments/{comment}")
    card(page, comment).locator("details.more > summary").click()
    box, button = (
        page.get_by_placeholder("No author and no site sees it"),
        page.get_by_role("button", name="Add the note"),
    )
    box.fill("A note of many words.")
    told = page.locator("form.write-note").get_by_role("alert")
    page.clock.install()
    page.clock.fast_forward(61_000)
    page.route("**/you/who", lambda route: route.abort())
    button.click()
    expect(told).to_have_text("The server cannot be reached. Try again in a moment.")
    expect(told).to_be_in_viewport()
    page.unroute("**/you/who")
    with store.read() as session:
        mo = session.scalars(select(User.id)).one()
    with store.write() as session:
        sessions.end_all(session, mo, actor="operator")
    button.click()
    expect(told).to_have_text("You are no longer signed in, so nothing was done. Sign in, and try again here.")
    expect(box).to_have_value("A note of many words.")
    with page.context.expect_page() as opened:
        told.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, "mo")
    assert opened.value.url.startswith(page.url)
    button.evaluate("button => { button.click(); button.click(); }")
    expect(page.locator(".colleagues-notes").get_by_text("A note of many words.")).to_have_count(1)
    assert [one.text for one in rows(store, Note)] == ["A note of many words."]


def test_a_comment_is_found_and_what_was_found_is_taken_away_as_the_api_has_it(
    app: Flask, url: str, site: CreatedSite, post: Post, new_context: NewContext, tmp_path: Path
) -> None:
    ids = [post(f"The bridge, part {at}\n=cmd insult=0.{60 + at}", "Bo", thread="/bridge") for at in range(7)]
    post("something else")
    page = open_page(new_context, url, "comments")
    page.get_by_role("searchbox").fill("bridge part")
    page.keyboard.press("Enter")
    expect(page.get_by_text("7 comments found")).to_be_visible()
    page.get_by_text("More filters").click()
    page.get_by_label("Label").select_option("insult")
    page.get_by_label("at least").fill("0.63")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("4 comments found")).to_be_visible()

    api = client_of(app, site.api_key)
    expected = [api.get(f"/api/v1/comments/{one}").get_json() for one in reversed(ids[3:])]
    rows = [json.loads(line) for line in download(page, "Export as NDJSON", tmp_path).decode().splitlines()]
    assert rows == [{"site": "The Site"} | comment for comment in expected]
    expect(page.get_by_text("Done: 4 in the file.")).to_be_visible()
    table = csv.DictReader(io.StringIO(download(page, "Export as CSV", tmp_path).decode("utf-8-sig"), newline=""))
    assert [(row["id"], row["comment"]) for row in table] == [(one["id"], one["comment"]) for one in expected]
    expect(page.get_by_text("Done: 4 in the file.")).to_be_visible()
    assert violations(page) == []


def download(page: Page, button: str, directory: Path) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    path = directory / started.value.suggested_filename
    started.value.save_as(path)
    return path.read_bytes()


def test_an_export_that_is_refused_says_why(url: str, app: Flask, post: Post, new_context: NewContext) -> None:
    post("one")
    page = open_page(new_context, url, "comments")
    with app.app_context():
        taken = [exports.take_slot(f"user:{number}") for number in range(exports.AT_ONCE)]
    page.get_by_role("button", name="Export as CSV").click()
    expect(page.get_by_text("Other exports are running now.")).to_be_visible()
    for slot in taken:
        slot.release()
    with page.expect_download():
        page.get_by_role("button", name="Export as CSV").click()


def test_without_javascript_an_export_is_a_download(
    url: str, post: Post, new_context: NewContext, tmp_path: Path
) -> None:
    ids = [post("one"), post("two")]
    page = open_page(new_context, url, "comments", java_script_enabled=False)
    lines = download(page, "Export as NDJSON", tmp_path).decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids[::-1]


def test_the_history_is_read_after_an_edit_a_report_a_decision_and_its_undoing(
    url: str,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    post: Post,
    new_context: NewContext,
    clock: Clock,
) -> None:
    which = post("you fool insult=0.73")
    clock.advance(seconds=5)
    with store.write() as session:
        comments.edit(session, site.id, which, {"comment": "you great fool insult=0.83"})
    afterwards.tell(queues, news.of(session))
    clock.advance(seconds=5)
    scorer.run_batch()
    clock.advance(seconds=5)
    with store.write() as session:
        comments.report(session, site.id, which, reason="insult", note="Rude.", reporter="r")
    clock.advance(seconds=5)
    page = open_page(new_context, url, "comments")
    page.locator(".list .own-page").click()
    page.locator(".card").get_by_role("button", name="Reject").click()
    expect(page.locator(".card").get_by_text("Rejected", exact=True)).to_be_visible()
    clock.advance(seconds=5)
    with store.write() as session:
        known = {"site_id": site.id, "comment_id": which, "status": "flagged", "version": 6}
        mo = f"user:{session.scalars(select(User.id)).one()}"
        audit.record(session, [audit.row("comment.undone", actor=mo, **known)])
    page.reload()
    told = page.locator(".timeline > li")
    expect(told).to_have_count(7)
    for at, said in enumerate(
        (
            "Accepted by the site",
            "Held by the site's policy",
            "Edited by the site",
            "Held by the site's policy",
            "Reported: insult by a reader",
            "Rejected by mo",
            "Took the decision back: held again by mo",
        )
    ):
        expect(told.nth(at)).to_contain_text(said)
    expect(told.nth(1)).to_contain_text("0.73")
    expect(told.nth(3)).to_contain_text("0.83")
    page.get_by_role("link", name="All about this author").click()
    expect(page.get_by_role("heading", level=1, name="Ada")).to_be_visible()


def test_the_statistics_show_what_was_just_decided(
    url: str, store: Store, post: Post, new_context: NewContext, clock: Clock
) -> None:
    for at in range(3):
        post(f"fool {at} insult=0.73")
    page = open_page(new_context, url, "")
    for at in range(3):
        clock.advance(seconds=10)
        page.locator(".card:not(.decided)").first.get_by_role("button", name="Reject" if at else "Publish").click()
        expect(page.locator(".card:not(.decided)")).to_have_count(2 - at)
    eventually(lambda: len([row for row in rows(store, Comment) if (row.decided_by or "").startswith("user:")]) == 3)
    clock.advance(minutes=2)
    while tallies.roll_up(store):
        pass
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_text("1 published, 2 rejected.")).to_be_visible()
    people_plot = page.get_by_role("img", name="By people, by day: 1 published, 2 rejected.")
    assert people_plot.locator("rect title").all_text_contents()[-1].endswith(": 2 rejected")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download all of it as CSV").click()
    table = list(csv.reader(io.StringIO(started.value.path().read_text("utf-8-sig"), newline="")))
    assert len({len(line) for line in table}) == 1
    assert any("mo" in line for line in table), "the team is in it"
    page.get_by_text("As a table: All labels").click()
    row = page.get_by_role("region", name="All labels, as a table").get_by_role("row", name="0.7-0.8")
    expect(row).to_have_text("0.7-0.82367%")


def test_hostile_comments_do_no_harm_on_any_other_page(url: str, post: Post, new_context: NewContext) -> None:
    ids = [
        post(f"{text} insult=0.7", " ".join(text[:150].split()), thread=text[:400], user_id=text[:150])
        for text in HOSTILE
    ]
    page = open_page(new_context, url, "comments", viewport={"width": 360, "height": 800})
    for path in ("comments", "audit", "statistics", *(f"comments/{one}" for one in ids)):
        page.goto(url + path)
        expect_unharmed(page)
        if path.startswith("comments/"):
            author, thread = (
                page.get_by_role("link", name=name) for name in ("All about this author", "The whole thread")
            )
            where = thread.evaluate("link => link.href")
            thread.click(trial=True)  # nothing lies over it
            author.click()
            page.wait_for_url("**/console/author?**")
            expect_unharmed(page)
            page.goto(where)
            expect_unharmed(page)
            expect(page.locator(".list li")).to_have_count(1)


def test_what_cannot_be_judged_is_not_put_in_order_by_its_scores_and_is_offered_first_to_who_reads_it(
    url: str, post: Post, new_context: NewContext
) -> None:
    guessed, worse = (post(f"Nem tudom {score} insult={score}", language="hu") for score in (0.02, 0.45))
    looks_bad, doubtful = (post(f"insult={score}", language="en") for score in (0.75, 0.52))
    page = open_page(new_context, url, "you")
    page.get_by_label("The review queue offers comments in these first").select_option(label="Hungarian")
    page.locator("section", has=page.locator("#languages-title")).get_by_role("button", name="Keep").click()
    page.goto(url)
    in_order = page.locator("#cards .card").evaluate_all("all => all.map((one) => one.id)")
    assert in_order == [looks_bad, doubtful, guessed, worse]
    of_hungarian = card(page, worse).get_by_text("Scores, which say little in this language")
    expect(of_hungarian).to_be_visible()
    of_hungarian.click()
    expect(card(page, worse).get_by_role("list", name="Scores")).to_contain_text("0.45")
    page.locator("p", has_text="In languages that you read:").get_by_role("link", name="Hungarian (2)").click()
    expect(page.locator("#cards .card")).to_have_count(2)
    expect(card(page, guessed)).to_be_visible()


def test_pages_say_what_changed_nothing_and_what_somebody_may_not_do(
    store: Store, url: str, site: CreatedSite, new_context: NewContext
) -> None:
    page = open_page(new_context, url, "")
    page.goto(f"{url}sites/{site.id}/policy")
    page.get_by_role("button", name="Save as version").click()
    expect(page.get_by_text("Nothing is different from the policy in force")).to_be_visible()
    expect(page.get_by_role("button", name="Save as version 2")).to_be_visible()

    answer = page.goto(f"{url}no-such-page")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    expect(page.get_by_role("link", name="Review queue").first).to_be_visible()

    accounts.create_user(store, "vic", "viewer", PASSWORD)
    theirs = new_context().new_page()
    theirs.goto(f"{url}audit")
    expect(theirs.get_by_label("Name")).to_be_focused()
    sign_in(theirs, "vic")
    theirs.goto(f"{url}sites/{site.id}/policy")
    expect(theirs.get_by_role("button", name="Save as version")).to_have_count(0)
    answer = theirs.goto(f"{url}audit")
    assert answer is not None
    assert answer.status == 403
