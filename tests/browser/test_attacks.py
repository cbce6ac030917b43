"""An attack in a real browser, with a real worker: one decision for all, selections, words and authors from a card."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from moderation import clock
from moderation.decisions import bulk
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import BulkJob, Comment
from moderation.webhooks import afterwards
from moderation.webhooks.sender import Sender
from tests.conftest import client_of
from tests.support.attacks import attack
from tests.support.browsing import Enter, NewContext, at_keyboard, signed_in_page, violations
from tests.support.comments import accept, rows, scored, stored
from tests.support.delivering import deliver_all
from tests.support.processes.parts import Part
from tests.support.receiver import Receiver
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)

Flag = Callable[..., list[str]]

WATCHES = "Great offer on replica watches, the best Swiss quality, see my page before they are gone"


@pytest.fixture
def worker(settings: Settings) -> Iterator[Part]:
    """A real scoring process, which does bulk jobs as well. A test starts it once its comments have their decisions."""
    part = Part(settings, "scoring")
    yield part
    part.kill()


def expect_done(page: Page, told: str, *, within: float = 30) -> None:
    """The job has ended and its page was loaded anew, which it is a moment after it says so."""
    expect(page.locator("#job[data-state=done]")).to_contain_text(told, timeout=within * 1000)


@pytest.fixture
def flag(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Flag:
    """Posts unlike comments and has them flagged, the first the most urgent; gives their ids."""

    def post(*texts: str, **fields: str) -> list[str]:
        ids = [
            accept(store, queues, site, f"{text} insult=0.{80 - at}", **({"name": f"Ada {at}"} | fields)).id
            for at, text in enumerate(texts)
        ]
        scorer.run_batch()
        return ids

    return post


UNLIKE = (
    "The bridge was closed for two years",
    "My grandmother never saw a bus on time",
    "Every mayor forgets what was promised",
    "Nobody explains the new allotment rules",
    "What a miserable excuse of an article",
)


def open_page(
    new_context: NewContext, console_url: str, path: str = "", *, person: str = "mo", **options: object
) -> Page:
    return signed_in_page(new_context(**options), console_url + path, person)


def statuses(store: Store, ids: list[str]) -> list[str]:
    return [stored(store, one).status for one in ids]


def told(receiver: Receiver) -> list[str]:
    return [request.json["type"] for request in receiver.requests]


def test_an_attack_is_rejected_with_three_keys_and_taken_back_with_one(
    app: Flask,
    console_url: str,
    store: Store,
    settings: Settings,
    queues: Queues,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    other_site: CreatedSite,
    receiver: Receiver,
    worker: Part,
    new_context: NewContext,
) -> None:
    with store.write() as session:
        site_settings.save(session, site_with_webhook.id, SiteSettings(grace_seconds=0), actor="operator")
    ids = attack(store, queues, scorer, site_with_webhook, 25, threads=("/2026/bridge", "/2026/mayor"))
    ids += attack(store, queues, scorer, other_site, 15)
    worker.start()
    sender = Sender(settings.webhook_allow)
    deliver_all(store, settings, sender)
    receiver.requests.clear()
    page = open_page(new_context, console_url)
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("and 39 that say nearly the same")

    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_text("40 comments by 40 authors on 3 pages of 2 sites.")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("r")
    expect_done(page, "Done: 40 rejected.")
    assert statuses(store, ids) == ["rejected"] * 40
    api = client_of(app, site_with_webhook.api_key)
    assert len(api.get("/api/v1/comments?status=rejected&limit=100").get_json()["comments"]) == 25
    deliver_all(store, settings, sender)
    assert told(receiver) == ["comment.rejected"] * 25

    receiver.requests.clear()
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect_done(page, "Done: 40 taken back.")
    assert statuses(store, ids) == ["flagged"] * 40
    assert len(api.get("/api/v1/comments?status=flagged&limit=100").get_json()["comments"]) == 25
    deliver_all(store, settings, sender)
    assert told(receiver) == ["comment.flagged"] * 25
    page.goto(console_url)
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("and 39 that say nearly the same")


def test_many_cards_are_selected_by_mouse_and_by_key_and_decided_at_once(
    console_url: str, store: Store, flag: Flag, worker: Part, new_context: NewContext
) -> None:
    ids = flag(*UNLIKE)
    worker.start()
    page = open_page(new_context, console_url)
    boxes = page.locator("input[name=select]")
    expect(page.get_by_text("0 selected")).to_be_visible()
    expect(page.get_by_role("button", name="Reject them")).to_be_disabled()
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.locator(".card").nth(1).focus()
    page.keyboard.press("x")
    page.locator(".card").nth(4).focus()
    page.keyboard.press("x")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Reject them").click()
    expect_done(page, "Done: 3 rejected.")
    assert statuses(store, ids) == ["rejected", "flagged", "rejected", "flagged", "rejected"]
    page.get_by_role("link", name="To the review queue").click()
    page.get_by_role("button", name="Select all on this page").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Publish them").click()
    expect_done(page, "Done: 2 published.")
    page.get_by_role("link", name="Bulk decisions").click()
    expect(page.get_by_text("Done: 3 rejected.")).to_be_visible()


def test_a_spammer_is_three_keys_and_comes_back_with_one(
    console_url: str, store: Store, flag: Flag, worker: Part, new_context: NewContext, site: CreatedSite
) -> None:
    ids = flag(*UNLIKE, name="Eve")
    worker.start()
    page = open_page(new_context, console_url)
    page.keyboard.press("j")
    page.keyboard.press("b")
    expect(page.get_by_role("button", name="and block")).to_be_visible()
    assert violations(page) == []
    page.wait_for_load_state()
    page.keyboard.press("b")
    expect_done(page, f"Done: {len(ids)} rejected.")
    expect(page.get_by_text("The author is blocked until")).to_be_visible()
    assert statuses(store, ids) == ["rejected"] * len(ids)
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect_done(page, f"Done: {len(ids)} taken back.")
    assert statuses(store, ids) == ["flagged"] * len(ids)
    with store.read() as session:
        assert not policies.current(session, site.id).document.get("blocked_authors")


def test_without_javascript_a_selection_and_a_group_are_decided_by_forms(
    console_url: str,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    flag: Flag,
    worker: Part,
    new_context: NewContext,
) -> None:
    ids = flag(*UNLIKE[:3])
    copies = attack(store, queues, scorer, site, 4)
    worker.start()
    page = open_page(new_context, console_url, java_script_enabled=False)
    page.get_by_label("Select the comment by Ada 0").check()
    page.get_by_label("Select the comment by Ada 2").check()
    page.get_by_role("button", name="Publish them").click()
    eventually(lambda: statuses(store, ids) == ["published", "flagged", "published"])
    page.reload()
    expect(page.get_by_text("Done: 2 published.")).to_be_visible()
    page.goto(console_url)
    page.get_by_role("link", name="and 3 that say nearly the same").click()
    expect(page.get_by_text("4 comments by 4 authors on 1 page.")).to_be_visible()
    page.get_by_role("link", name="Decide on all").click()
    page.get_by_role("button", name="Reject 4").click()
    eventually(lambda: statuses(store, copies) == ["rejected"] * 4)
    page.reload()
    page.get_by_role("button", name="Undo it all").click()
    eventually(lambda: statuses(store, copies) == ["flagged"] * 4)


def test_a_campaign_that_readers_see_is_found_in_the_bar_decided_by_a_key_and_taken_back(
    console_url: str,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    worker: Part,
    new_context: NewContext,
) -> None:
    """None of it waits, so the queue has nothing of it."""
    text = "Great offer on replica watches, the best Swiss quality, see my page before they are gone"
    ids = [accept(store, queues, site, f"{text} {at}", name=f"Seller {at}", thread="/a").id for at in range(4)]
    while scorer.run_batch().claimed:
        pass
    assert statuses(store, ids) == ["published"] * 4
    worker.start()
    page = open_page(new_context, console_url)
    page.get_by_role("link", name="Campaigns").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Readers see 4")).to_be_visible()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_hidden()
    page.get_by_label("Order").select_option("largest")  # acts at once
    page.wait_for_url("**/campaigns?order=largest")
    assert violations(page) == []
    page.get_by_role("link", name="4 comments", exact=True).press("Enter")
    expect(page.locator("mark")).to_have_count(4)
    expect(page.get_by_role("heading", name="Comments per hour")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Decide on all").press("Enter")
    expect(page.locator(".seen-now")).to_contain_text("Readers see 4 of them now.")
    expect(page.locator(".seen-now")).to_contain_text("Seller 3")
    assert violations(page) == []
    page.wait_for_load_state()
    page.keyboard.press("r")
    expect_done(page, "Done: 4 rejected.")
    assert statuses(store, ids) == ["rejected"] * 4
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect_done(page, "Done: 4 taken back.")
    assert statuses(store, ids) == ["published"] * 4


def test_everything_by_an_author_and_everything_that_matches_is_previewed_first(
    console_url: str, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, flag: Flag, worker: Part,
    new_context: NewContext,
) -> None:  # fmt: skip
    seen = accept(store, queues, site, "A friendly remark.", name="Eve").id
    ids = flag(*UNLIKE[:2], name="Eve") + flag(*UNLIKE[2:4])
    worker.start()
    page = open_page(new_context, console_url)
    page.locator(".card", has_text="Eve").first.get_by_text("More").click()
    page.locator(".card", has_text="Eve").first.get_by_role("link", name="Everything by this author").click()
    expect(page.get_by_text("3 comments by 1 author on 1 page of 1 site.")).to_be_visible()
    expect(page.get_by_text("Readers see it")).to_be_visible()
    page.get_by_label("Reason").select_option("spam")
    page.get_by_role("button", name="Reject 3", exact=True).click()
    expect_done(page, "Done: 3 rejected.")
    assert statuses(store, [seen, *ids]) == ["rejected"] * 3 + ["flagged"] * 2
    assert (stored(store, seen).reasons or [])[0]["code"] == "spam"
    page.goto(f"{console_url}?q=allotment")
    page.get_by_role("link", name="Decide on everything that matches").click()
    expect(page.get_by_text("1 comment by 1 author")).to_be_visible()
    page.get_by_role("button", name="Publish 1").click()
    expect_done(page, "Done: 1 published.")
    assert statuses(store, ids[2:]) == ["flagged", "published"]


def test_a_word_and_an_author_from_a_card_meet_the_next_comment(
    console_url: str,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    flag: Flag,
    new_context: NewContext,
) -> None:
    flag(UNLIKE[0], name="Eve", ip="192.0.2.7")
    page = open_page(new_context, console_url)
    card = page.locator(".card")
    card.locator(".written").dblclick(position={"x": 4, "y": 8})
    marked = page.evaluate("getSelection().toString().trim()")
    card.get_by_text("More").click()
    expect(card.get_by_label("Word or phrase")).to_have_value(marked)
    assert marked
    assert marked in UNLIKE[0]
    card.get_by_label("Word or phrase").fill("Miracle cure")
    card.get_by_role("button", name="Add", exact=True).click()
    expect(card).to_contain_text("Whatever has “Miracle cure” is held from now on, for a week.")
    card.get_by_label("From now on, on The Site").select_option("block this author")
    card.get_by_label("For how long").first.select_option("for a day")
    expect(card.get_by_label("For how long").first).not_to_contain_text("for ever")
    card.get_by_role("button", name="Add to the list").click()
    expect(card).to_contain_text("Eve is blocked from now on, for a day.")
    expect(card.get_by_role("button", name="Publish")).to_be_visible()
    later = [
        accept(store, queues, site, "I found a miracle  CURE for it", name="Ada").id,
        accept(store, queues, site, "Nothing wrong with this.", name="Eve").id,
    ]
    scorer.run_batch()
    assert statuses(store, later) == ["flagged", "rejected"]
    with store.read() as session:
        ends = policies.current(session, site.id).document["expires"]
    assert sorted(ends) == ["blocked_authors", "suspect_words"]


def test_open_pages_see_a_job_move_and_its_cards_go_without_asking(
    console_url: str, store: Store, scorer: Scorer, flag: Flag, new_context: NewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its maker's page and a colleague's, both kept from asking; and a queue, where the comments are."""
    monkeypatch.setattr(bulk, "STEP", 2)
    accounts.create_user(store, "ad", "admin", PASSWORD)
    ids = flag(*UNLIKE)
    maker, queue = open_page(new_context, console_url), open_page(new_context, console_url, person="ad")
    with queue.expect_response("**/console/events"):
        queue.reload()
    keep_from_asking(maker)
    maker.get_by_role("button", name="Select all on this page").click()
    with maker.expect_response("**/console/events"):
        maker.get_by_role("button", name="Reject them").click()
    expect(maker.get_by_text("Waiting for a worker: 5 to do.")).to_be_visible()
    [job] = rows(store, BulkJob)
    colleague = queue.context.new_page()
    keep_from_asking(colleague)
    with colleague.expect_response("**/console/events"):
        colleague.goto(f"{console_url}bulk/jobs/{job.id}")
    for done in (2, 4):
        run_step(scorer, job.id)
        for page in (maker, colleague):
            expect(page.locator("#told")).to_have_text(f"{done} of 5 rejected.")
            expect(page.locator("#progress")).to_have_js_property("value", done)
    run_step(scorer, job.id)
    for page in (maker, colleague):
        expect(page.locator("#told")).to_have_text("Done: 5 rejected.")
        expect(page.get_by_role("button", name="Undo it all")).to_be_visible()
    for comment_id in ids:
        expect(queue.locator(f"#{comment_id}")).to_contain_text("mo rejected this comment just now.")


def run_step(scorer: Scorer, job_id: str) -> None:
    """What a worker does again and again."""
    step = bulk.run_step(scorer.store, job_id)
    afterwards.tell(scorer.queues, step.news, by=step.by)


def keep_from_asking(page: Page) -> None:
    """Its script cannot ask how far a job is; the page itself can be loaded."""
    page.route(
        "**/bulk/jobs/*",
        lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_(),
    )


def test_a_page_without_a_stream_asks_how_far_a_job_is(
    console_url: str, store: Store, flag: Flag, worker: Part, new_context: NewContext
) -> None:
    flag(*UNLIKE)
    worker.start()
    page = open_page(new_context, console_url)
    page.route("**/console/events", lambda route: route.abort())
    page.get_by_role("button", name="Select all on this page").click()
    page.get_by_role("button", name="Reject them").click()
    expect_done(page, "Done: 5 rejected.")


def test_a_worker_killed_in_the_middle_of_a_job_loses_nothing(
    console_url: str, store: Store, settings: Settings, queues: Queues, scorer: Scorer, site: CreatedSite,
    new_context: NewContext,
) -> None:  # fmt: skip
    ids = attack(store, queues, scorer, site, 600, threads=("/a", "/b"))
    page = open_page(new_context, console_url)
    page.get_by_role("link", name="Decide on all").click()
    page.get_by_role("button", name=re.compile("Reject 600")).click()
    expect(page.get_by_text("Waiting for a worker: 600 to do.")).to_be_visible()
    with Part(settings, "scoring") as worker:
        eventually(lambda: 0 < rows(store, BulkJob)[0].done < 600, within=60, what="it is in the middle")
        worker.kill()
        [job] = rows(store, BulkJob)
        assert job.state == "running"
        assert len(rows(store, Comment, status="rejected")) == job.done
        with store.write() as session:  # the clock leaves it to its worker for a while
            session.execute(update(BulkJob).values(touched_at=clock.now() - bulk.LEFT_ALONE))
        worker.start()
        with Part(settings, "clock"):
            expect_done(page, "Done: 600 rejected.", within=90)
    decided = {row.id: (row.status, row.version) for row in rows(store, Comment)}
    assert decided == dict.fromkeys(ids, ("rejected", 3)), "each was decided once"


def test_a_campaign_is_found_and_decided_by_keys_and_its_next_copy_comes_last(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    for at in range(4):
        scored(store, queues, scorer, site, f"{WATCHES} {at} spam=0.6", name=f"Author {at}")
    page = enter("mo")
    copies = page.locator(".card", has_text="replica watches")
    expect(page.locator("#show-keys")).to_be_enabled()
    expect(copies).to_have_count(1)
    for text in ("you fool insult=0.73", "What a stupid bridge to build in such a place insult=0.74"):
        scored(store, queues, scorer, site, text, name="Other")
    page.reload()
    expect(page.locator("#show-keys")).to_be_enabled()
    expect(page.locator(".card:not(.decided)")).to_have_count(3)
    copies.focus()
    page.keyboard.press("r")
    eventually(lambda: [one.status for one in rows(store, Comment)].count("rejected") == 1)
    expect(page.locator(".card:not(.decided)")).to_have_count(2)
    at_keyboard(page, "p")
    eventually(lambda: [one.status for one in rows(store, Comment)].count("published") == 1)
    expect(page.locator(".card:not(.decided)", has_text="replica")).to_have_count(0)
    at_keyboard(page, "p")
    expect(page.locator(".card:not(.decided)", has_text="replica")).to_have_count(1)
    offer = page.locator(".card:not(.decided) .likewise")
    expect(offer).to_contain_text("mo rejected the same.")
    expect(offer.get_by_role("button")).to_have_text("Reject these 3, too")

    page.get_by_role("link", name="Campaigns").click()
    expect(page.locator("#show-keys")).to_be_enabled()
    at_keyboard(page, "?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    at_keyboard(page, "?", "j", "o")
    page.wait_for_url(re.compile(r"/groups/g_"))
    expect(page.locator("#show-keys")).to_be_enabled()
    at_keyboard(page, "j", "j")
    expect(page.locator(".members li:nth-child(2)")).to_be_focused()
    at_keyboard(page, "a")
    page.wait_for_url(re.compile(r"/bulk\?group="))
    at_keyboard(page, "r")
    page.wait_for_url(re.compile(r"/bulk/jobs/b_"))
    [job] = rows(store, BulkJob)
    assert (job.action, job.total) == ("reject", 3)
