"""A moderator's day by the keyboard: a selection, a comment's own page and back, and the list of keys."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import BulkJob, Comment
from tests.support.browsing import NewContext, Serve, sign_in
from tests.support.comments import rows
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytest_plugins = ("tests.support.chromium",)
pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("ungrouped")]


def test_a_queue_is_worked_by_keys_alone(
    app: Flask,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    serve: Serve,
    new_context: NewContext,
) -> None:
    for at in range(6):
        submissions.submit(store, queues, site.id, [Submission(name=f"Ada {at}", comment=f"you fool {at} insult=0.73")])
    scorer.run_batch()
    accounts.create_user(store, "mo", "admin", PASSWORD)
    page = new_context().new_page()
    page.goto(f"{serve(app)}/console/")
    expect(page.get_by_label("Name")).to_be_focused()
    sign_in(page, "mo")
    expect(page.locator(".card")).to_have_count(6)
    expect(page.locator("#show-keys")).to_be_enabled()

    page.keyboard.press("?")
    page.keyboard.press("Space")
    expect(page.get_by_label("Use these keys")).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)

    for key in "jjj":
        page.keyboard.press(key)
    third = page.locator(".card:focus").get_attribute("id")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(rf"/comments/{third}"))
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()
    page.keyboard.press("j")
    page.wait_for_url(re.compile(r"/console/$"))
    expect(page.locator(f"#{third}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#{third}")).not_to_be_focused()
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/comments/c_"))
    page.keyboard.press("r")
    eventually(lambda: [one.status for one in rows(store, Comment)].count("rejected") == 1)
    page.get_by_role("link", name="Review queue").click()
    expect(page.locator(".card")).to_have_count(5)
    expect(page.locator("#show-keys")).to_be_enabled()

    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#selected")).to_have_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("#selected")).to_have_text("3 selected")
    page.keyboard.press("p")
    page.wait_for_url(re.compile(r"/bulk/jobs/b_"))
    [job] = rows(store, BulkJob)
    assert (job.action, job.total) == ("publish", 3)
