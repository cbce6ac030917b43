"""Who may decide on many comments at once, where, and what a form that no page made can do: nothing."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from flask import Flask

from moderation.decisions import bulk
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.policy import policies, policy_lists
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import BulkJob, Membership, ReviewItem, User
from tests.support.attacks import TEXT, attack
from tests.support.comments import accept, rows, scored, stored
from tests.support.signed_in import PASSWORD, csrf_token, field, sign_in, submit_sign_in
from worker import jobs, process

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def _opened(scorer: Scorer) -> None:
    process.use(scorer)


def test_only_sites_where_one_is_a_moderator_are_previewed_counted_and_decided(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    here = attack(store, queues, scorer, site, 3)
    there = attack(store, queues, scorer, other_site, 5)
    guest = accounts.create_user(store, "gil", "none", PASSWORD).id
    with store.write() as session:
        session.add(Membership(user_id=guest, site_id=site.id, role="moderator"))
    browser = app.test_client()
    submit_sign_in(browser, "gil", PASSWORD)
    queue = browser.get("/console/").text
    assert "and 2 that say nearly the same" in queue
    [group] = {item.group_id for item in rows(store, ReviewItem)}
    assert "/2026" not in (listed := browser.get(f"/console/groups/{group}").text)
    assert listed.count("/console/comments/c_") == 3
    preview = browser.get(f"/console/bulk?group={group}").text
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group")} | {"action": "reject"}
    assert browser.post("/console/bulk", data=form).status_code == 303
    [job] = rows(store, BulkJob)
    jobs.run_bulk_job(job.id)
    assert [stored(store, one).status for one in here] == ["rejected"] * 3
    assert [stored(store, one).status for one in there] == ["flagged"] * 5


def test_a_viewer_sees_groups_and_decides_nothing(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    [first, *_] = attack(store, queues, scorer, site, 3)
    browser = sign_in(app, store, "vi", "viewer")
    page = browser.get("/console/").text
    assert "and 2 that say nearly the same" in page
    assert "Decide on all" not in page
    assert 'id="selection"' not in page
    token = csrf_token(browser, "/console/")
    form = {"csrf_token": token, "seen_at": "2026-01-01T00:00:00+00:00", "action": "reject", "select": first}
    assert browser.post("/console/bulk/selection", data=form).status_code == 403
    assert browser.get(f"/console/bulk?everything=author&author=x&site={site.id}").status_code == 403
    assert rows(store, BulkJob) == []


def test_a_job_is_its_makers_and_an_admins(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    [first, *_] = attack(store, queues, scorer, site, 2)
    maker = sign_in(app, store, "mo")
    preview = maker.get("/console/").text
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at")} | {"action": "reject", "select": first}
    address = maker.post("/console/bulk/selection", data=form).headers["Location"]
    other, admin = sign_in(app, store, "ot"), sign_in(app, store, "ad", "admin")
    assert [one.get(address).status_code for one in (maker, other, admin)] == [200, 404, 200]
    listed = ["Selected comments" in one.get("/console/bulk/jobs").text for one in (maker, other, admin)]
    assert listed == [True, False, True], "an admin finds what a colleague has done"
    assert "By <bdi>mo</bdi>" in admin.get("/console/bulk/jobs").text
    for path in ("cancel", "undo"):
        token = csrf_token(other, "/console/")
        assert other.post(f"{address.partition('?')[0]}/{path}", data={"csrf_token": token}).status_code == 404
    assert rows(store, BulkJob)[0].state == "waiting"
    token = csrf_token(admin, "/console/")
    assert admin.post(f"{address.partition('?')[0]}/cancel", data={"csrf_token": token}).status_code == 303
    assert rows(store, BulkJob)[0].state == "cancelled"


def test_what_comes_in_after_the_preview_is_neither_decided_nor_counted(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    before = attack(store, queues, scorer, site, 2)
    browser = sign_in(app, store)
    [group] = {item.group_id for item in rows(store, ReviewItem)}
    preview = browser.get(f"/console/bulk?group={group}").text
    after = attack(store, queues, scorer, site, 2)
    assert {item.group_id for item in rows(store, ReviewItem)} == {group}
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group")} | {"action": "reject"}
    browser.post("/console/bulk", data=form)
    jobs.run_bulk_job(rows(store, BulkJob)[0].id)
    [job] = rows(store, BulkJob)
    assert (job.done, job.skipped, job.total) == (2, 0, 2)
    assert [stored(store, one).status for one in (*before, *after)] == ["rejected"] * 2 + ["flagged"] * 2


def test_a_selection_decides_what_was_shown_and_leaves_what_changed_since(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    ids = [accept(store, queues, site, f"{text} insult=0.6").id for text in ("one", "quite another", "a third thing")]
    scorer.run_batch()
    browser = sign_in(app, store)
    page = browser.get("/console/").text
    form = {name: field(page, name) for name in ("csrf_token", "seen_at")} | {"action": "publish", "select": ids[:2]}
    other = sign_in(app, store, "ot")
    decided = {"csrf_token": csrf_token(other, "/console/"), "action": "reject", "version": "2"}
    other.post(f"/console/comments/{ids[0]}/decision", data=decided)
    browser.post("/console/bulk/selection", data=form)
    [job] = rows(store, BulkJob)
    jobs.run_bulk_job(job.id)
    assert [stored(store, one).status for one in ids] == ["rejected", "published", "flagged"]
    [job] = rows(store, BulkJob)
    assert (job.done, job.skipped) == (1, 1)


@pytest.mark.parametrize(
    ("path", "changed", "code"),
    [
        ("/console/bulk/selection", {"action": "approve"}, 400),
        ("/console/bulk/selection", {"seen_at": "yesterday"}, 400),
        ("/console/bulk/selection", {"seen_at": "2026-01-01"}, 400),
        ("/console/bulk/selection", {"note": "x" * 501}, 422),
        ("/console/bulk/selection", {"code": "nonsense"}, 400),
        ("/console/bulk", {"group": "g_1"}, 404),
        ("/console/bulk", {"everything": "author", "author": "ada", "site": "s_nobody"}, 404),
    ],
)
def test_a_form_that_no_page_made_is_refused(
    app: Flask,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    path: str,
    changed: dict[str, str],
    code: int,
) -> None:
    [first, *_] = attack(store, queues, scorer, site, 2)
    browser = sign_in(app, store)
    page = browser.get("/console/").text
    form = {name: field(page, name) for name in ("csrf_token", "seen_at")} | {"action": "reject", "select": first}
    assert browser.post(path, data=form | changed).status_code == code
    assert rows(store, BulkJob) == []


def test_nothing_selected_is_said_kindly(app: Flask, store: Store, site: CreatedSite) -> None:
    browser = sign_in(app, store)
    form = {"csrf_token": csrf_token(browser, "/console/"), "action": "reject"}
    browser.post("/console/bulk/selection", data=form)
    assert "Nothing was selected." in browser.get("/console/").text


def test_a_decision_on_a_group_covers_the_copies_that_readers_see_unless_one_says_otherwise(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    held = attack(store, queues, scorer, site, 3)
    near, unlike = f"Ola! {TEXT}", "A different remark altogether, about the weather and the price of fish."
    seen, elsewhere = (scored(store, queues, scorer, on, near) for on in (site, other_site))
    other = scored(store, queues, scorer, site, unlike)
    assert {one.status for one in (seen, elsewhere, other)} == {"published"}
    guest = accounts.create_user(store, "gil", "none", PASSWORD).id
    with store.write() as session:
        session.add(Membership(user_id=guest, site_id=site.id, role="moderator"))
    browser = app.test_client()
    submit_sign_in(browser, "gil", PASSWORD)
    group = rows(store, ReviewItem, comment_id=held[0])[0].group_id
    assert "Readers see 1" in browser.get(f"/console/groups/{group}").text
    assert "and 2 that say nearly the same; readers see 1<" in browser.get("/console/").text
    assert "Reject 3" in browser.get(f"/console/bulk?group={group}&copies=0").text
    preview = browser.get(f"/console/bulk?group={group}").text
    assert "Readers see <strong>1</strong> of them now." in preview
    assert "Reject 4" in preview
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group", "copies")} | {"action": "reject"}
    assert browser.post("/console/bulk", data=form).status_code == 303
    [job] = rows(store, BulkJob)
    jobs.run_bulk_job(job.id)
    assert [stored(store, one).status for one in (*held, seen.id)] == ["rejected"] * 4
    assert [stored(store, one.id).status for one in (other, elsewhere)] == ["published"] * 2


def test_a_site_that_asks_for_a_reason_asks_for_it_of_many_at_once_too(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    ids = attack(store, queues, scorer, site, 2)
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(require_reason=True), actor="operator")
    browser = sign_in(app, store)
    queue = browser.get("/console/").text
    form = {name: field(queue, name) for name in ("csrf_token", "seen_at")} | {
        "action": "reject",
        "back": "/console/?q=x",
    }
    asked = browser.post("/console/bulk/selection", data=form | {"select": ids, "seen_version": f"{ids[0]}:2"})
    assert asked.status_code == 422
    assert "This site asks for a reason" in asked.text
    assert [asked.text.count(f'name="select" value="{one}"') for one in ids] == [1, 1]
    assert f'name="seen_version" value="{ids[0]}:2"' in asked.text
    assert 'action="/console/bulk/selection"' in asked.text
    assert field(asked.text, "seen_at") == form["seen_at"]
    assert 'href="/console/?q=x"' in asked.text
    assert rows(store, BulkJob) == []
    group = rows(store, ReviewItem)[0].group_id
    preview = browser.get(f"/console/bulk?group={group}").text
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "group")} | {"action": "reject"}
    answer = browser.post("/console/bulk", data=form)
    assert answer.status_code == 422
    assert "This site asks for a reason" in answer.text
    assert 'name="code"' in answer.text
    assert field(answer.text, "group") == group
    assert rows(store, BulkJob) == []
    assert browser.post("/console/bulk", data=form | {"code": "spam"}).status_code == 303


@pytest.mark.parametrize("meanwhile", ["nothing", "blocked for ever", "unblocked"])
def test_all_by_an_author_is_rejected_and_they_are_blocked_in_one_step_with_one_undo(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, meanwhile: str
) -> None:
    held = scored(store, queues, scorer, site, "you fool insult=0.7", name="Eve", email="eve@example.org")
    seen = scored(store, queues, scorer, site, "A nice bridge", name="Eve", email="eve@example.org")
    other = scored(store, queues, scorer, site, "you dolt insult=0.7", name="Bo")
    browser = sign_in(app, store, "mo")
    preview = browser.get(f"/console/bulk?everything=author&author={held.author_key}&site={site.id}").text
    assert "Reject 2 and block" in preview
    form = {name: field(preview, name) for name in ("csrf_token", "seen_at", "everything", "author", "site")}
    job = browser.post("/console/bulk", data=form | {"action": "block", "until": "day"}).headers["Location"]
    assert blocked(store, site) == ["email:eve@example.org"], "at once, before a worker has come to the comments"
    jobs.run_bulk_job(rows(store, BulkJob)[0].id)
    assert [stored(store, one.id).status for one in (held, seen, other)] == ["rejected", "rejected", "flagged"]
    page = browser.get(job).text
    assert "The author is blocked until" in page
    assert "eve@example.org" in page
    with store.write() as session:
        entry = "email:eve@example.org"
        if meanwhile == "blocked for ever":
            policy_lists.add(session, site.id, "blocked_authors", entry, until=None, actor="operator")
        if meanwhile == "unblocked":
            policy_lists.remove(session, site.id, "blocked_authors", entry, for_ever_too=True, actor="operator")
    assert browser.post(f"{job.partition('?')[0]}/undo", data=form).status_code == 303
    jobs.run_bulk_job(rows(store, BulkJob)[1].id)
    assert [stored(store, one.id).status for one in (held, seen)] == ["flagged", "published"]
    assert blocked(store, site) == (["email:eve@example.org"] if meanwhile == "blocked for ever" else [])


def blocked(store: Store, site: CreatedSite) -> list[str]:
    with store.read() as session:
        document = policies.current(session, site.id).document
    return list(document.get("blocked_authors", []))


@pytest.mark.parametrize(
    ("name", "listed", "until", "status", "offered"),
    [
        ("Eve", "trusted_authors", "week", 422, True),  # one of the two would not count
        ("Eve", "blocked_authors", "week", 303, False),  # there is nothing to add, so nothing to take back
        ("Eve", "", "ever", 403, True),
        ("Eve", "", "century", 400, True),
        ("Anonymous", "", "week", 303, False),
    ],
)
def test_who_cannot_be_blocked_is_not_and_a_refusal_starts_nothing(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite,
    name: str, listed: str, until: str, status: int, offered: bool,
) -> None:  # fmt: skip
    email = "eve@example.org" if name == "Eve" else None
    comment = scored(store, queues, scorer, site, "you fool insult=0.7", name=name, email=email)
    if listed:
        with store.write() as session:
            policy_lists.add(session, site.id, listed, "email:eve@example.org", until=None, actor="operator")
    browser = sign_in(app, store, "mo")
    address = f"/console/bulk?everything=author&author={comment.author_key or 'x'}&site={site.id}"
    preview = browser.get(address).text
    assert ("and block" in preview) is offered
    if comment.author_key is None:
        return
    form = {one: field(preview, one) for one in ("csrf_token", "seen_at", "everything", "author", "site")}
    answer = browser.post("/console/bulk", data=form | {"action": "block", "until": until})
    assert answer.status_code == status
    assert len(rows(store, BulkJob)) == (status == 303)
    assert blocked(store, site) == (["email:eve@example.org"] if listed == "blocked_authors" else [])


@pytest.mark.parametrize(
    ("criteria", "title"),
    [
        ({"author": "name:eve", "site": "s"}, "Everything by eve"),
        ({"author": "u-7", "site": "s"}, "Everything by u-7"),
        ({"address": "192.0.2.7", "site": "s"}, "Everything from 192.0.2.7"),
        ({"search": {}, "address_of": {"site": "s", "label": "spam", "q": "win"}}, "matches: Label “Spam”, Text “win”"),
        ({"search": {}, "address_of": {}}, "Everything that matches the search"),
        ({"author": None, "site": None}, "Everything by an erased author"),
        ({"address": None, "site": None}, "Everything from an address that was erased"),
        ({"search": None, "address_of": None}, "Everything that matches the search"),
    ],
)
def test_the_list_of_jobs_says_whose_comments_and_which(
    app: Flask, store: Store, criteria: dict[str, Any], title: str
) -> None:
    browser = sign_in(app, store)
    with store.write() as session:
        [user] = session.query(User).all()
        bulk.create(session, criteria, "reject", actor=f"user:{user.id}", total=0)
    assert title in unescape(browser.get("/console/bulk/jobs").text)
