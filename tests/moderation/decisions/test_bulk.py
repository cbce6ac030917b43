"""Bulk jobs: one decision on many comments, step by step, with what somebody else decided meanwhile left alone."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from moderation import clock
from moderation.decisions import bulk, comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts, roles
from moderation.review import review_pages
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import (
    AuditEvent,
    BulkChange,
    BulkJob,
    Comment,
    Membership,
    ReviewItem,
    Site,
    User,
    WebhookDelivery,
)
from tests.support.clock import Clock as FakeClock
from tests.support.comments import accept, rows, stored
from worker import jobs, process

Start = Callable[..., str]


@pytest.fixture(autouse=True)
def _opened(scorer: Scorer) -> None:
    process.use(scorer)


@pytest.fixture
def actor(store: Store) -> str:
    return f"user:{accounts.create_user(store, 'mo', 'moderator', 'four unrelated words here').id}"


@pytest.fixture
def flag(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Callable[..., list[str]]:
    def post(*texts: str, where: CreatedSite = site, **fields: Any) -> list[str]:
        ids = [accept(store, queues, where, f"{text} insult=0.6", **fields).id for text in texts]
        while scorer.run_batch().claimed:
            pass
        return ids

    return post


@pytest.fixture
def start(store: Store, actor: str) -> Start:
    """Makes a job of what was previewed just now."""

    def make(action: bulk.Action = "reject", *, by: str = actor, **criteria: Any) -> str:
        seen = {"seen_at": clock.now().isoformat()} | criteria
        with store.read() as session:
            user = session.get(User, by.removeprefix("user:"))
            assert user is not None
            sites = roles.by_site(session, user)
            found = bulk.preview(session, seen, action, sites, actor=by)
        with store.write() as session:
            return bulk.create(session, seen, action, actor=by, total=found.total, note="An attack.").id

    return make


def job(store: Store, job_id: str) -> BulkJob:
    [found] = rows(store, BulkJob, id=job_id)
    return found


def statuses(store: Store, ids: list[str]) -> list[str]:
    return [stored(store, one).status for one in ids]


def run(store: Store, job_id: str) -> BulkJob:
    while bulk.run_step(store, job_id).more:
        pass
    return job(store, job_id)


def test_a_group_is_decided_everywhere_and_counted(
    store: Store, flag: Callable[..., list[str]], other_site: CreatedSite, start: Start, actor: str
) -> None:
    text = "You all have to see what this one weird doctor says about losing weight"
    copies = flag(*(f"{text} {number}" for number in range(7))) + flag(text, where=other_site)
    [other] = flag("An ordinary quarrel about buses, which never come when they should")
    [item] = rows(store, ReviewItem, comment_id=copies[0])
    done = run(store, start(group=item.group_id))
    assert (done.state, done.total, done.done, done.skipped) == ("done", 8, 8, 0)
    assert statuses(store, copies) == ["rejected"] * 8
    assert statuses(store, [other]) == ["flagged"]
    assert {stored(store, one).decided_by for one in copies} == {actor}
    assert {reason["message"] for one in copies for reason in stored(store, one).reasons or []} == {"An attack."}
    assert rows(store, ReviewItem, closed_at=None, group_id=item.group_id) == []


def test_all_that_a_search_finds_is_decided_once_however_its_order_changes_and_taken_back(
    store: Store, flag: Callable[..., list[str]], other_site: CreatedSite, start: Start, actor: str, clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(bulk, "STEP", 3)
    ids = flag(*(f"fool {number}" for number in range(10)), name="Eve")
    [elsewhere], [other] = flag("fool", name="Eve", where=other_site), flag("fool", name="Adam")
    site_id = stored(store, ids[0]).site_id
    clock.advance(seconds=1)
    run(store, start(found={"author": '"eve"', "site": site_id, "text": "fool"}))
    assert statuses(store, ids) == ["rejected"] * 10
    assert statuses(store, [elsewhere, other]) == ["flagged"] * 2
    clock.advance(seconds=1)
    # What it decides is decided by the same person and later: it moves to where the job has been.
    mine = start("publish", found={"by": actor, "dates": "decided"})
    clock.advance(seconds=1)
    late = ids[7]
    with store.write() as session:
        comments.decide(session, None, late, "publish", actor="user:somebody")
    done = run(store, mine)
    assert (done.done, done.state) == (9, "done")
    assert statuses(store, ids) == ["published"] * 10
    with store.write() as session:
        undoing = bulk.undo(session, done.id, actor=actor).id
    run(store, undoing)
    assert statuses(store, ids) == ["published" if one == late else "rejected" for one in ids]


def test_a_search_by_decision_answers_no_second_look(
    store: Store, flag: Callable[..., list[str]], site: CreatedSite, start: Start
) -> None:
    chosen = SiteSettings(second_look_automatic=0.0, second_look_moderators=1.0)
    with store.write() as session:
        session.get_one(Site, site.id).settings = dataclasses.asdict(chosen)
    ids = flag("one", "two")
    with store.write() as session:
        for one in ids:
            comments.decide(session, None, one, "reject", actor="user:somebody")
    done = run(store, start("publish", found={"status": "rejected"}))
    assert (done.done, done.skipped) == (0, 2)
    assert statuses(store, ids) == ["rejected"] * 2


def test_what_somebody_decides_meanwhile_is_skipped_and_counted(
    store: Store, flag: Callable[..., list[str]], start: Start
) -> None:
    ids = flag("one", "two", "three", name="Eve")
    [author] = {stored(store, one).author_key for one in ids}
    by_author = start(author=author, site=stored(store, ids[0]).site_id)
    by_ids = start(ids=[[one, stored(store, one).version] for one in ids])
    with store.write() as session:
        comments.decide(session, None, ids[1], "publish", actor="user:somebody")
    done = run(store, by_author)
    assert (done.done, done.skipped) == (2, 1)
    assert statuses(store, ids) == ["rejected", "published", "rejected"]
    done = run(store, by_ids)
    assert (done.done, done.skipped) == (0, 1), "the others are as wanted already"


def test_what_came_after_the_preview_is_left_for_the_next_one(
    store: Store, flag: Callable[..., list[str]], start: Start
) -> None:
    before = flag("one", name="Eve")
    site_id, author = stored(store, before[0]).site_id, stored(store, before[0]).author_key
    job_id = start(author=author, site=site_id)
    after = flag("two", name="Eve")
    assert run(store, job_id).done == 1
    assert statuses(store, after) == ["flagged"]


def test_everything_by_an_author_or_from_an_address_means_what_readers_see_too(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, start: Start
) -> None:
    published = accept(store, queues, site, "nice", name="Eve", ip="192.0.2.7").id
    elsewhere = accept(store, queues, site, "nice too", name="Ada", ip="192.0.2.7").id
    rejected = accept(store, queues, site, "insult=0.95", name="Eve").id
    scorer.run_batch()
    waiting = accept(store, queues, site, "still being scored", name="Eve").id
    done = run(store, start(author="name:eve", site=site.id))
    assert (done.total, done.done) == (1, 1), "one is rejected already"
    assert statuses(store, [published, elsewhere, rejected, waiting]) == [
        "rejected", "published", "rejected", "pending",
    ]  # fmt: skip
    run(store, start(address="192.0.2.7", site=site.id))
    assert statuses(store, [elsewhere]) == ["rejected"]


def test_a_search_means_what_is_open_and_matches(
    store: Store, flag: Callable[..., list[str]], other_site: CreatedSite, start: Start, site: CreatedSite
) -> None:
    here = flag("buy Cheap pills", "cheap talk", thread="/a") + flag("cheap pills", thread="/b")
    there = flag("cheap pills", where=other_site)
    run(store, start(search={"site": site.id, "text": "CHEAP pills", "thread": "/a"}))
    assert statuses(store, here + there) == ["rejected", "flagged", "flagged", "flagged"]
    run(store, start("publish", search={"text": "pills"}))
    assert statuses(store, here + there) == ["rejected", "flagged", "published", "published"]
    run(store, start("publish", search={"label": "spam"}))
    assert statuses(store, here) == ["rejected", "flagged", "published"]
    run(store, start("publish", search={"label": "insult"}))
    assert statuses(store, here) == ["rejected", "published", "published"]


def test_only_sites_on_which_the_person_may_decide_are_touched_also_once_they_no_longer_may(
    store: Store, flag: Callable[..., list[str]], site: CreatedSite, other_site: CreatedSite, start: Start
) -> None:
    guest = accounts.create_user(store, "gil", "none", "four unrelated words here").id
    with store.write() as session:
        session.add(Membership(user_id=guest, site_id=site.id, role="moderator"))
        session.add(Membership(user_id=guest, site_id=other_site.id, role="viewer"))
    ids = flag("pills") + flag("pills", where=other_site)
    assert run(store, start(by=f"user:{guest}", search={"text": "pills"})).done == 1
    assert statuses(store, ids) == ["rejected", "flagged"]
    more = flag("pills again")
    job_id = start(by=f"user:{guest}", search={"text": "pills"})
    _disable(store, guest)
    assert run(store, job_id).done == 0
    assert statuses(store, more) == ["flagged"]


def _disable(store: Store, user_id: str) -> None:
    with store.write() as session:
        user = session.get(User, user_id)
        assert user is not None
        user.disabled_at = clock.now()


def test_nobody_decides_in_bulk_what_wants_somebody_else(
    store: Store, flag: Callable[..., list[str]], start: Start, actor: str
) -> None:
    ids = flag("pills", "more pills")
    with store.write() as session:
        session.query(ReviewItem).filter_by(comment_id=ids[0]).update({"not_for": actor})
    assert run(store, start(search={"text": "pills"})).done == 1
    assert statuses(store, ids) == ["flagged", "rejected"]
    done = run(store, start("publish", ids=[[one, stored(store, one).version] for one in ids]))
    assert (done.done, done.skipped) == (1, 1)
    assert statuses(store, ids) == ["flagged", "published"]


def test_a_job_has_the_sites_grace_time_and_an_undo_within_it_tells_nobody(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, start: Start, actor: str
) -> None:
    ids = [accept(store, queues, site_with_webhook, f"pills {at} insult=0.6").id for at in range(3)]
    scorer.run_batch()
    before = len(rows(store, WebhookDelivery))
    job_id = start(search={"text": "pills"})
    run(store, job_id)
    told = rows(store, WebhookDelivery)[before:]
    assert len(told) == 3
    assert {one.next_attempt_at - one.created_at >= timedelta(seconds=9) for one in told if one.next_attempt_at} == {
        True
    }
    with store.write() as session:
        undoing = bulk.undo(session, job_id, actor=actor).id
        assert bulk.undo(session, job_id, actor=actor).id == undoing, "twice is the same as once"
    done = run(store, undoing)
    assert (done.state, done.total, done.done, done.skipped) == ("done", 3, 3, 0)
    assert statuses(store, ids) == ["flagged"] * 3
    assert len(rows(store, ReviewItem, closed_at=None)) == 3
    later = rows(store, WebhookDelivery)[before:]
    assert [one.next_attempt_at for one in later] == [None] * 3, "nothing leaves, and nothing more is to tell"


def test_agreeing_at_a_second_look_leaves_nothing_for_the_jobs_undo(
    store: Store, site: CreatedSite, flag: Callable[..., list[str]], start: Start, actor: str
) -> None:
    with store.write() as session:
        every = SiteSettings(second_look_automatic=0.0, second_look_moderators=1.0)
        site_settings.save(session, site.id, every, actor="operator")
    agreed, own = flag("one", "two")
    with store.write() as session:
        comments.decide(session, None, agreed, "reject", actor="user:u1")
    job_id = start(ids=[[agreed, 3], [own, 2]])
    assert run(store, job_id).done == 2
    with store.write() as session:
        undoing = bulk.undo(session, job_id, actor=actor)
    assert run(store, undoing.id).done == 1
    assert (stored(store, agreed).status, stored(store, agreed).decided_by) == ("rejected", "user:u1")
    assert stored(store, own).status == "flagged"


def test_an_undo_leaves_alone_what_was_decided_anew(
    store: Store, flag: Callable[..., list[str]], start: Start, actor: str
) -> None:
    ids = flag("pills", "more pills")
    job_id = start(search={"text": "pills"})
    run(store, job_id)
    with store.write() as session:
        comments.decide(session, None, ids[0], "publish", actor="user:somebody")
        undoing = bulk.undo(session, job_id, actor=actor).id
    done = run(store, undoing)
    assert (done.done, done.skipped) == (1, 1)
    assert statuses(store, ids) == ["published", "flagged"]
    with store.write() as session, pytest.raises(bulk.NotAllowed):
        bulk.undo(session, undoing, actor=actor)


def test_a_cancelled_job_stops_and_what_it_did_can_be_undone(
    store: Store,
    flag: Callable[..., list[str]],
    start: Start,
    actor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "STEP", 2)
    ids = flag(*(f"pills {number}" for number in range(5)))
    job_id = start(search={"text": "pills"})
    assert bulk.run_step(store, job_id).more
    with store.write() as session:
        bulk.cancel(session, job_id, actor=actor)
    assert not bulk.run_step(store, job_id).more
    assert (job(store, job_id).state, job(store, job_id).done) == ("cancelled", 2)
    assert statuses(store, ids).count("rejected") == 2
    with store.write() as session:
        undoing = bulk.undo(session, job_id, actor=actor).id
    assert run(store, undoing).done == 2
    assert statuses(store, ids) == ["flagged"] * 5


def test_two_workers_with_the_same_job_do_each_comment_once(
    store: Store, flag: Callable[..., list[str]], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP", 3)
    ids = flag(*(f"pills {number}" for number in range(30)))
    job_id = start(search={"text": "pills"})
    workers = [threading.Thread(target=run, args=(store, job_id)) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    found = job(store, job_id)
    assert (found.state, found.total, found.done, found.skipped) == ("done", 30, 30, 0)
    assert {stored(store, one).version for one in ids} == {3}
    assert len(rows(store, AuditEvent, action="comment.decided", status="rejected")) == 30
    assert len(rows(store, BulkChange)) == 30


def test_a_job_lets_others_have_their_turn_and_goes_on_after_them(
    store: Store,
    queues: Queues,
    flag: Callable[..., list[str]],
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "STEP", 1)
    monkeypatch.setattr(jobs, "BULK_SECONDS", 0.0)
    flag("pills", "more pills")
    queues.redis.delete("rq:queue:scoring")
    job_id = start(search={"text": "pills"})
    monkeypatch.setattr(jobs, "BULK_SECONDS", 0.001)
    jobs.run_bulk_job(job_id)
    assert job(store, job_id).done >= 1
    waiting = int(queues.redis.llen("rq:queue:scoring"))
    assert waiting == (0 if job(store, job_id).state == "done" else 1)


def test_a_job_that_nobody_touched_for_a_while_is_queued_again_once(
    store: Store, queues: Queues, flag: Callable[..., list[str]], start: Start, clock: Any
) -> None:
    flag("pills")
    queues.redis.delete("rq:queue:scoring")
    job_id = start(search={"text": "pills"})
    assert bulk.queue_again(store, queues) == 0
    clock.advance(seconds=31)
    assert bulk.queue_again(store, queues) == 1
    assert bulk.queue_again(store, queues) == 0, "another while passes first"
    assert queues.redis.llen("rq:queue:scoring") == 1
    jobs.run_bulk_job(job_id)
    clock.advance(seconds=31)
    assert bulk.queue_again(store, queues) == 0
    assert job(store, job_id).state == "done"


def test_a_fault_of_ours_fails_the_job_and_says_so(
    store: Store, flag: Callable[..., list[str]], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag("pills")
    job_id = start(search={"text": "pills"})

    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(comments, "decide", fail)
    jobs.run_bulk_job(job_id)
    assert (job(store, job_id).state, job(store, job_id).error) == ("failed", "KeyError: see the worker's log.")


def test_a_preview_says_what_would_happen_and_counts_so_far_only(
    store: Store,
    flag: Callable[..., list[str]],
    site: CreatedSite,
    other_site: CreatedSite,
    actor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = flag("pills 1", "pills 2", name="Eve", thread="/a") + flag("pills 3", where=other_site, name="Mallory")
    seen = {"search": {"text": "pills"}, "seen_at": clock.now().isoformat()}
    both = [site.id, other_site.id]
    with store.read() as session:
        found = bulk.preview(session, seen, "reject", both, actor=actor)
        assert (found.total, found.more, found.statuses) == (3, False, {"flagged": 3})
        assert found.sites == {site.id: 2, other_site.id: 1}
        assert (len(found.authors), len(found.threads)) == (2, 2)
        assert {one.id for one in found.examples} == set(ids)
        monkeypatch.setattr(bulk, "COUNT_UP_TO", 1)
        monkeypatch.setattr(bulk, "_COUNTED_AT_ONCE", 1)
        found = bulk.preview(session, seen, "reject", both, actor=actor)
        assert (found.total, found.more) == (1, True)
        author = {"author": "name:eve", "site": site.id, "seen_at": clock.now().isoformat()}
        found = bulk.preview(session, author, "reject", both, actor=actor)
        assert (found.total, bulk.count(session, author, found, both)) == (1, 2)
        assert [one.comment.split()[0] for one in found.examples] == ["pills"], "examples are read whole"


def test_a_preview_stops_reading_an_author_whose_comments_a_decision_hardly_changes(
    store: Store, flag: Callable[..., list[str]], site: CreatedSite, actor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for comment_id in flag("pills 1", "pills 2", "pills 3", name="Eve")[:2]:
        with store.write() as session:
            comments.decide(session, site.id, comment_id, "reject", actor=actor)
    criteria = {"author": "name:eve", "site": site.id, "seen_at": clock.now().isoformat()}
    monkeypatch.setattr(bulk, "_COUNTED_AT_ONCE", 1)
    with store.read() as session:
        counts = bulk.previews(session, criteria, [site.id], actor=actor)
        assert {action: (found.total, found.more) for action, found in counts.items()} == {
            "publish": (3, False),
            "reject": (1, False),
        }
        monkeypatch.setattr(bulk, "_READ_UP_TO", 2)
        counts = bulk.previews(session, criteria, [site.id], actor=actor)
        assert {action: (found.total, found.more) for action, found in counts.items()} == {
            "publish": (2, True),
            "reject": (0, True),
        }


def test_a_preview_of_a_rare_filter_reads_only_what_passes_it(
    store: Store, flag: Callable[..., list[str]], site: CreatedSite, actor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag(*(f"talk {number}" for number in range(6)), thread="/busy")
    flag("pills 1", "pills 2", thread="/quiet")
    criteria = {"search": {"thread": "/quiet", "site": site.id}, "seen_at": clock.now().isoformat()}
    monkeypatch.setattr(review_pages, "COUNT_UP_TO", 1)
    monkeypatch.setattr(review_pages, "LOOKED_AT", 1)
    monkeypatch.setattr(review_pages, "_STEP", 1)
    monkeypatch.setattr(bulk, "_MOST_PAGES", 1)
    with store.read() as session:
        found = bulk.preview(session, criteria, "reject", [site.id], actor=actor)
    assert (found.total, found.more) == (2, False)


def test_the_tables_say_who_started_what(
    store: Store, flag: Callable[..., list[str]], start: Start, actor: str
) -> None:
    flag("pills")
    job_id = start(search={"text": "pills"})
    [event] = rows(store, AuditEvent, action="bulk.started")
    assert (event.actor, event.detail) == (actor, {"job": job_id, "action": "reject", "comments": 1})
    assert rows(store, Comment)[0].status == "flagged", "nothing happens before a worker takes it up"


def test_a_search_reaches_what_waits_behind_others_of_its_group(
    store: Store, flag: Callable[..., list[str]], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose place in the queue changes while the job goes on."""
    monkeypatch.setattr(bulk, "STEP", 2)
    text = "You all have to see what this one weird doctor says about losing weight"
    ids = flag(*(f"{text} {number}" for number in range(7)), *(f"weight is what {number} said" for number in "abc"))
    done = run(store, start(search={"text": "weight"}))
    assert (done.done, done.skipped) == (10, 0)
    assert statuses(store, ids) == ["rejected"] * 10
