"""The pages of campaigns: what readers see is named before one decides on all, and undone with the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation import clock
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, BulkJob, LookalikeGroup, Membership
from service.console.queue import campaigns
from tests.support.clock import Clock
from tests.support.comments import rows, scored, stored
from tests.support.signed_in import PASSWORD, csrf_token, field, sign_in, submit_sign_in
from texts import translation
from worker import jobs, process

pytestmark = pytest.mark.one_database

WATCHES = "Great offer on replica watches, the best Swiss quality, see my page before they are gone"


@pytest.fixture(autouse=True)
def _opened(scorer: Scorer) -> None:
    process.use(scorer)


def test_growth_is_drawn_by_the_readers_clock() -> None:
    moments = [datetime(2026, 11, 30, 18, 10, tzinfo=UTC), datetime(2026, 11, 30, 18, 40, tzinfo=UTC)]
    latest = [
        SimpleNamespace(id=clock.new_id("c", moment), status="published", author_key=str(moment), ip=None)
        for moment in moments
    ]
    translation.speak("en", ZoneInfo("Asia/Kathmandu"))
    try:
        by_status, by_author = campaigns.growth(latest, 2)
    finally:
        translation.speak("en")
    assert [row[:2] for row in by_status.rows] == [["30 Nov 23:00", "1"], ["1 Dec 00:00", "1"]]
    assert by_status.summary == "Comments per hour, UTC+05:45: at most 1, 30 Nov 23:00."
    assert by_author.summary == "Different authors per hour, UTC+05:45: at most 1."


class Campaign:
    """Six published copies by five people on two pages, one that waits, one that the policy rejected."""

    def __init__(self, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> None:
        with store.write() as session:
            document = policies.DEFAULT | policies.current(session, site.id).document
            policies.save(session, site.id, document | {"campaign_authors": None}, actor="operator")
        told = [(f"{WATCHES} {at}", f"Author {min(at, 4)}", f"/page-{at % 2}") for at in range(6)]
        told += [(f"{WATCHES} spam=0.6", "Held", "/page-0"), (f"{WATCHES} spam=0.95", "Out", "/page-0")]
        self.ids = [scored(store, queues, scorer, site, text, name=name, thread=page).id for text, name, page in told]
        self.store = store
        [group] = rows(store, LookalikeGroup)
        self.id = group.group_id

    @property
    def statuses(self) -> list[str]:
        return [stored(self.store, one).status for one in self.ids]


@pytest.fixture
def campaign(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Campaign:
    return Campaign(store, queues, scorer, site)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_campaign_that_readers_see_is_found_previewed_by_name_decided_and_taken_back(
    app: Flask, store: Store, campaign: Campaign
) -> None:
    browser = sign_in(app, store)
    listed = words(browser.get("/console/campaigns").text)
    assert "8 comments by 7 authors, on 2 pages" in listed
    assert "Readers see 6 Held 1 Rejected 1" in listed
    group = browser.get(f"/console/groups/{campaign.id}").text
    assert group.count("/console/comments/c_") == 8
    assert group.count(f"<mark>{WATCHES}</mark>") == 8
    assert "Comments per hour" in group
    assert "Authors per hour" in group
    preview = browser.get(f"/console/bulk?group={campaign.id}").text
    told = words(preview)
    assert "Readers see 6 of them now." in told
    assert "Whose Author 4 2× , Author 0 , Author 1" in told
    assert "On /page-0 3× , /page-1 3×" in told
    assert "1 of this group is rejected already and stays so" in told
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group", "copies")}
    browser.post("/console/bulk", data=form | {"action": "reject", "note": "An advertisement."})
    [job] = rows(store, BulkJob)
    jobs.run_bulk_job(job.id)
    assert campaign.statuses == ["rejected"] * 8
    decided = rows(store, AuditEvent, action="comment.decided", actor=job.created_by)
    assert {event.comment_id for event in decided} == set(campaign.ids[:7])
    browser.post(f"/console/bulk/jobs/{job.id}/undo", data={"csrf_token": csrf_token(browser, "/console/")})
    jobs.run_bulk_job(rows(store, BulkJob)[1].id)
    assert campaign.statuses == ["published"] * 6 + ["flagged", "rejected"]


def test_a_campaigns_pages_are_called_as_their_articles_are(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    for at in range(4):
        title = "The <b>bridge</b> is closed" if at else None
        scored(store, queues, scorer, site, f"{WATCHES} {at}", name=f"A {at}", thread=f"/{at > 0}", thread_title=title)
    [group] = rows(store, LookalikeGroup)
    browser = sign_in(app, store)
    for address in (f"/console/groups/{group.group_id}", f"/console/bulk?group={group.group_id}"):
        page = browser.get(address).text
        assert "The &lt;b&gt;bridge&lt;/b&gt; is closed</bdi>" in page
        assert "/False</bdi>" in page, "where no title is known, its path"
        assert "/True</bdi>" not in page


def test_what_readers_see_may_be_left_as_it_is(app: Flask, store: Store, campaign: Campaign) -> None:
    browser = sign_in(app, store)
    preview = browser.get(f"/console/bulk?group={campaign.id}&copies=0").text
    assert "Readers see 6 more that say nearly the same, left as they are." in words(preview)
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group")} | {"action": "reject"}
    browser.post("/console/bulk", data=form)
    jobs.run_bulk_job(rows(store, BulkJob)[0].id)
    assert campaign.statuses == ["published"] * 6 + ["rejected"] * 2


def test_publishing_all_leaves_what_the_policy_rejected(app: Flask, store: Store, campaign: Campaign) -> None:
    browser = sign_in(app, store)
    preview = browser.get(f"/console/bulk?group={campaign.id}").text
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group", "copies")}
    browser.post("/console/bulk", data=form | {"action": "publish"})
    jobs.run_bulk_job(rows(store, BulkJob)[0].id)
    assert campaign.statuses == ["published"] * 7 + ["rejected"]


def test_only_campaigns_of_ones_own_sites_are_shown_and_a_viewer_decides_nothing(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, campaign: Campaign, other_site: CreatedSite
) -> None:
    elsewhere = scored(store, queues, scorer, other_site, WATCHES, name="Elsewhere").id
    assert stored(store, elsewhere).group_id == campaign.id
    guest = accounts.create_user(store, "gil", "none", PASSWORD).id
    with store.write() as session:
        session.add(Membership(user_id=guest, site_id=other_site.id, role="moderator"))
    browser = app.test_client()
    submit_sign_in(browser, "gil", PASSWORD)
    assert "No three comments say nearly the same." in browser.get("/console/campaigns").text
    own = browser.get(f"/console/groups/{campaign.id}").text
    assert elsewhere in own
    assert not any(one in own for one in campaign.ids)
    assert "Author 1" not in browser.get(f"/console/bulk?group={campaign.id}").text
    viewer = sign_in(app, store, "vi", "viewer")
    pages = viewer.get("/console/campaigns").text + viewer.get(f"/console/groups/{campaign.id}").text
    assert "9 comments" in words(pages)
    assert "Decide on all" not in pages


@pytest.mark.parametrize(
    "address",
    ["campaigns?after=g_x&at=1", "campaigns?at=" + "9" * 16 + "&after=g_" + "0" * 26, "campaigns?order=x&site=s_x",
     "campaigns?order=largest&short=1&at=-1&after=%00", "campaigns?at=²&after=g_" + "0" * 26],
)  # fmt: skip
def test_an_address_that_no_page_made_shows_a_page(app: Flask, store: Store, campaign: Campaign, address: str) -> None:
    assert sign_in(app, store).get(f"/console/{address}").status_code == 200


def test_a_group_that_is_none_is_not_found(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    assert [browser.get(f"/console/groups/{one}").status_code for one in ("g_x", "g_" + "0" * 26)] == [404, 404]


def test_the_list_goes_on_page_by_page(
    app: Flask, store: Store, site: CreatedSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "GROUPS", 2)
    with store.write() as session:
        for number in range(3, 8):
            at = clock.now - timedelta(minutes=number)
            row = LookalikeGroup(group_id=f"g_{number:026}", site_id=site.id, number=number, first_at=at, last_at=at,
                                 says_little=False)  # fmt: skip
            session.add(row)
    browser = sign_in(app, store)
    for order, expected in (("latest", [3, 4, 5, 6, 7]), ("largest", [7, 6, 5, 4, 3])):
        assert _all_pages(browser, f"/console/campaigns?order={order}") == expected


def _all_pages(browser: FlaskClient, address: str | None) -> list[int]:
    found: list[int] = []
    while address is not None and len(found) < 9:
        page = browser.get(address).text
        found += map(int, re.findall(r"/groups/g_0*(\d+)\"", page))
        more = re.search(r'href="([^"]*)" rel="next"', page)
        address = more and more[1].replace("&amp;", "&")
    return found


def test_what_comes_after_a_campaign_was_decided_says_so_and_is_decided_likewise_in_one_step(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, campaign: Campaign
) -> None:
    browser = sign_in(app, store)
    assert "decide-likewise" not in browser.get("/console/").text
    preview = browser.get(f"/console/bulk?group={campaign.id}").text
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group", "copies")}
    browser.post("/console/bulk", data=form | {"action": "reject", "code": "spam", "note": "Again."})
    jobs.run_bulk_job(rows(store, BulkJob)[0].id)
    later = [scored(store, queues, scorer, site, f"{WATCHES} 9{at} spam=0.6", name=f"New {at}").id for at in range(2)]
    queue = browser.get("/console/").text
    assert queue.count("decide-likewise") == 1, "the copies are behind one card"
    assert "mo rejected the same. Reject these 2, too" in words(queue)
    assert "data-ruled" in queue
    offered = re.search(r'<form class="alike likewise.*?</form>', queue, re.DOTALL)
    assert offered is not None
    sent = {name: field(offered[0], name) for name in ("csrf_token", "group", "seen_at", "code", "note", "back")}
    came_after = scored(store, queues, scorer, site, f"{WATCHES} 99 spam=0.6", name="Later").id
    browser.post("/console/bulk", data=sent | {"action": "reject"})
    jobs.run_bulk_job(rows(store, BulkJob)[1].id)
    assert [stored(store, one).status for one in (*later, came_after)] == ["rejected", "rejected", "flagged"]
    [reason] = stored(store, later[0]).reasons or []
    assert (reason["code"], reason["note"]) == ("spam", "Again.")


def test_a_campaign_that_people_decided_differently_offers_nothing(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, campaign: Campaign
) -> None:
    one, other = (scored(store, queues, scorer, site, f"{WATCHES} 8{at} spam=0.6", name=f"N {at}") for at in range(2))
    browser = sign_in(app, store)
    token = csrf_token(browser, "/console/")
    for comment, action in ((one, "reject"), (other, "publish")):
        form = {"csrf_token": token, "action": action, "version": str(stored(store, comment.id).version)}
        browser.post(f"/console/comments/{comment.id}/decision", data=form)
        assert ("decide-likewise" in browser.get("/console/").text) is (comment is one)
