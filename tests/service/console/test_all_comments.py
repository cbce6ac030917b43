"""The list of all comments, without a browser: what a row offers to whom, and addresses that nobody would type."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, BulkJob
from tests.support.clock import Clock
from tests.support.comments import rows, scored
from tests.support.signed_in import csrf_token, member, sign_in

pytestmark = pytest.mark.one_database

Post = Callable[..., str]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Post:
    def one(*comment: str, on: CreatedSite = site, **known: str) -> str:
        return scored(store, queues, scorer, on, *comment, **known).id

    return one


def offered(page: str, comment_id: str) -> list[str]:
    """The buttons of a comment's row."""
    row = page.partition(f'id="{comment_id}"')[2].partition("</li>")[0]
    return re.findall(r'name="action" value="(?:publish|reject)"[^>]*>([^<]+)<', row)


def test_a_row_offers_what_would_change_something_to_who_may_decide(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    published, held, reported = post("A bridge"), post("fool insult=0.73"), post("Another bridge")
    rejected, elsewhere = post("spam=0.95"), post("Their bridge", on=other_site)
    with store.write() as session:
        comments.report(session, site.id, reported, reason="spam", note=None, reporter="r")
    mia = member(app, store, "mia", **{site.id: "moderator", other_site.id: "viewer"})
    page = mia.get("/console/comments").text
    assert offered(page, published) == ["Take down"]
    assert offered(page, rejected) == ["Publish"]
    assert offered(page, held) == ["Publish", "Reject"]
    assert offered(page, reported) == ["Keep up", "Take down"]
    assert offered(page, elsewhere) == []
    assert f'value="{elsewhere}"' not in page, "nor is it to be ticked"
    assert offered(mia.get(f"/console/comments/{rejected}/row").text, rejected) == ["Publish"]
    vi = member(app, store, "vi", **{site.id: "viewer"})
    seen = vi.get("/console/comments?status=published").text
    assert offered(seen, published) == []
    assert "Decide on everything" not in seen
    assert vi.get(f"/console/comments/{elsewhere}/row").status_code == 404


def test_deciding_on_all_that_is_found_stays_on_the_sites_that_one_moderates_and_is_in_the_audit(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    post("you fool")
    post("another fool", on=other_site)
    mia = member(app, store, "mia", **{site.id: "moderator", other_site.id: "viewer"})
    address = "/console/bulk?everything=comments&q=fool&author=ada"
    page = mia.get(address).text
    assert "<strong>1</strong> comment" in page
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert {form["everything"], form["q"], form["author"]} == {"comments", "fool", "ada"}
    assert mia.post("/console/bulk", data=form | {"action": "reject"}).status_code == 303
    [job] = rows(store, BulkJob)
    assert (job.total, job.criteria["found"]["text"], job.criteria["found"]["author"]) == (1, "fool", '"ada"')
    [event] = rows(store, AuditEvent, action="bulk.started")
    assert event.actor == job.created_by
    vi = member(app, store, "vi", **{site.id: "viewer"})
    assert "There is nothing here to decide" in vi.get(address).text
    refused = vi.post(
        "/console/bulk", data=form | {"action": "reject", "csrf_token": csrf_token(vi, "/console/comments")}
    )
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "sort=x&by=user:u_a&rule=x",
        "by=user:%00&sort=decided",
        "sort=written&before=99999999999999999999-c_x",
        f"sort=written&before=9999999999999999-c_{'0' * 26}",
        f"sort=decided&before=c_{'0' * 26}",
        f"before=7-c_{'0' * 26}",
        "author=%22%22&sort=written",
        "author=***",
        f"author={'%C4%B0' * 160}",
        "by=me&sort=came&thread=%22&rule=links",
        "sort=decided&by=policy&from=2020-01-01&to=2019-01-01",
    ],
)
def test_addresses_that_nobody_would_type_are_answered(app: Flask, store: Store, post: Post, query: str) -> None:
    post("A bridge")
    browser = sign_in(app, store)
    assert browser.get(f"/console/comments?{query}").status_code == 200
    assert browser.get(f"/console/bulk?everything=comments&{query}").status_code == 200


def test_the_last_days_are_one_click_and_mean_the_same_to_whoever_gets_the_address(
    app: Flask, store: Store, post: Post, clock: Clock
) -> None:
    post("An old bridge")
    clock.advance(hours=24 * 10)
    post("A week of bridges")
    clock.advance(hours=24 * 6)
    post("A bridge today")
    browser = sign_in(app, store)

    def found(query: str) -> int:
        return browser.get(f"/console/comments?{query}").text.count('class="card')

    assert [found(f"q=bridge&last={days}") for days in (1, 7, 30, "x")] == [1, 2, 3, 3]
    assert found("q=bridges&last=7") == 1
    page = browser.get("/console/comments?q=bridge&last=30&sort=came").text
    assert re.findall(r'name="days" value="(\w+)"', page) == ["1", "7", "all"]
    assert 'value="all" type="submit" aria-current="true"' in page
    assert found("q=bridge&from=2000-01-01&last=30&days=7") == 2, "the button counts, with what was typed beside it"
    assert found("q=bridge&from=2000-01-01&last=1&days=all") == 3
    assert '<input type="hidden" name="last" value="30">' in page
    assert found("q=bridge&last=1&from=2000-01-01") == 3, "a date that is given counts"
    assert "Last 30 days" in browser.get("/console/bulk?everything=comments&q=bridge&last=30").text
