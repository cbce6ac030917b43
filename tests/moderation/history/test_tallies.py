"""Tallies: what the statistics show is what the audit says, however and whenever it was added up."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy import event as engine_event

from moderation import audit, clock
from moderation.decisions import appeals, comments, undoing
from moderation.decisions.scoring import Scorer
from moderation.history import tallies
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.settings import Settings
from moderation.sites import site_settings, sites
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Site, Tally, Watermark
from tests.support.clock import Clock

ACTORS = ("policy", "user:u_a", "user:u_b", "site", "operator")


@st.composite
def happenings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What may be in an audit, in order, with the pauses between; `roll_up` stands for the clock process's turn."""
    kinds = ("policy", "person", "person", "undo", "undo", "edit", "report", "sign-in", "roll_up")
    found = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=4, max_size=25)):
        found.append(
            {
                "kind": kind,
                "comment": draw(st.sampled_from(("c_1", "c_2"))),
                "actor": draw(st.sampled_from(("user:u_a", "user:u_b"))),
                "status": draw(st.sampled_from(("published", "flagged", "rejected"))),
                "score": draw(st.sampled_from((0.0, 0.049, 0.1, 0.55, 0.9999, 1.0))),
                "pause": draw(st.sampled_from((0.0, 0.1, 3.0, 40.0, 700.0, 50_000.0))),
            }
        )
    return found


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=happenings(), step=st.integers(1, 6))
def test_what_was_added_up_as_it_came_is_what_the_whole_audit_says(
    store: Store, site: CreatedSite, story: list[dict[str, Any]], step: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        time = Clock(patch)
        patch.setattr(tallies, "STEP", step)
        with store.write() as session:
            for table in (Tally, Watermark, AuditEvent):
                session.execute(delete(table))
        for happening in story:
            time.advance(seconds=happening["pause"])
            if happening["kind"] == "roll_up":
                tallies.roll_up(store)
            else:
                time.advance(milliseconds=1)
                _write(store, site.id, happening)
        time.advance(minutes=2)
        while tallies.roll_up(store):
            pass
        assert _tallies(store) == _count_naively(store)
        tallies.rebuild(store)
        assert _tallies(store) == _count_naively(store)


def _write(store: Store, site_id: str, happening: dict[str, Any]) -> None:
    known: dict[str, Any] = {"site_id": site_id, "comment_id": happening["comment"]}
    kind, actor = happening["kind"], happening["actor"]
    scores = {"insult": happening["score"], "spam": 0.05}
    rows = {
        "policy": lambda: audit.row(
            "comment.decided", actor="policy", status=happening["status"], scores=scores, **known
        ),
        "person": lambda: audit.row(
            "comment.decided", actor=actor, status=happening["status"], scores=scores, reasons=[], **known
        ),
        "undo": lambda: audit.row(
            "comment.decided", actor=actor, status="flagged", reasons=[{"rule": "undo"}], **known
        ),
        "edit": lambda: audit.row("comment.edited", actor="site", **known),
        "report": lambda: audit.row("comment.reported", actor="site", **known),
        "sign-in": lambda: audit.row("user.signed_in", actor=actor),
    }
    with store.write() as session:
        audit.record(session, [rows[kind]()])


def _tallies(store: Store) -> dict[tuple[str, str, str], int]:
    with store.read() as session:
        rows = session.scalars(select(Tally).where(Tally.what != "queue")).all()
    return {(row.day, row.what, row.key): row.number for row in rows if row.number}


def _count_naively(store: Store) -> dict[tuple[str, str, str], int]:  # noqa: PLR0912  (one story, told in order)
    """The same from the beginning to the end, event by event, with everything in memory."""
    with store.read() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    counts: Counter[tuple[str, str, str]] = Counter()
    asked: dict[str, Any] = {}
    decided_at: dict[str, Any] = {}
    agreed: dict[str, list[tuple[str, str, str] | None]] = {}
    in_force: dict[str, list[AuditEvent]] = {}
    for event in events:
        if event.comment_id is None:
            continue
        _count_overturned(counts, in_force.setdefault(event.comment_id, []), event)
        day, kind, which = event.created_at.date().isoformat(), event.actor.split(":")[0], event.comment_id
        if (event.reasons or [{}])[:1] == [{"rule": "undo"}]:
            counts[day, "decided", f"undone {kind}"] += 1
            if agreed.get(which) and agreed[which][-1] is not None:
                counts[agreed[which][-1]] -= 1  # type: ignore[index]
            if event.status == "flagged":
                asked.setdefault(which, event.created_at)
        elif event.action == "comment.edited":
            asked.pop(which, None)
        elif event.action == "comment.reported":
            asked.setdefault(which, event.created_at)
        elif event.actor == "policy":
            counts[day, "decided", f"{event.status} policy"] += 1
            for label, score in (event.scores or {}).items():
                counts[day, "score", f"{label} {min(19, int(score * 20))}"] += 1
            if event.status == "flagged":
                asked.setdefault(which, event.created_at)
        else:
            counts[day, "decided", f"{event.status} user"] += 1
            counts[day, "person", event.actor] += 1
            if event.actor in decided_at:
                gap = (event.created_at - decided_at[event.actor]).total_seconds()
                if 0.3 <= gap <= 600:
                    counts[day, "pace", f"{event.actor} {tallies.bucket(gap)}"] += 1
            decided_at[event.actor] = event.created_at
            if which in asked:
                waited = (event.created_at - asked.pop(which)).total_seconds()
                counts[day, "wait", str(tallies.bucket(waited))] += 1
            insult = (event.scores or {})["insult"]
            label, score = ("insult", insult) if insult > 0.05 else ("spam", 0.05)
            key = (day, "agree", f"{label} {min(9, int(score * 10))} {event.status}")
            agreed.setdefault(which, []).append(key if event.status != "flagged" else None)
            if event.status != "flagged":
                counts[key] += 1
    counts.pop(("", "", ""), None)
    return {key: number for key, number in counts.items() if number}


def _count_overturned(counts: Counter[tuple[str, str, str]], decisions: list[Any], event: AuditEvent) -> None:
    """Keep the comment's decisions that nobody took back, each with what it overturned."""
    if event.action == "comment.edited":
        decisions.clear()
    elif (event.reasons or [{}])[:1] == [{"rule": "undo"}]:
        if decisions and decisions[-1][0].actor != "policy":
            counts[decisions.pop()[1]] -= 1
    elif event.action == "comment.decided":
        settled = [past for past, _ in decisions if past.status != "flagged"]
        key = ("", "", "")
        if settled and event.actor.startswith("user:") and settled[-1].actor != event.actor:
            past = settled[-1]
            if event.status not in ("flagged", past.status):
                key = (past.created_at.date().isoformat(), "overturned", f"{past.actor} {past.status}")
        counts[key] += 1
        decisions.append((event, key))


def test_what_people_do_with_comments_is_counted(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    flagged = _post(store, queues, scorer, site.id, "well insult=0.73")
    _post(store, queues, scorer, site.id, "nice day")
    clock.advance(minutes=5)
    with store.write() as session:
        comments.decide(session, None, flagged, "reject", actor="user:u_a")
    assert tallies.roll_up(store) == 3, "the person's decision is younger than a minute"  # site.created is first
    clock.advance(minutes=2)
    assert tallies.roll_up(store) == 1
    counts = {(what, key): number for (_, what, key), number in _tallies(store).items()}
    assert counts["decided", "flagged policy"] == counts["decided", "published policy"] == 1
    assert counts["decided", "rejected user"] == counts["person", "user:u_a"] == 1
    assert counts["agree", "insult 7 rejected"] == 1
    assert counts["score", "insult 14"] == 1
    waited = tallies.median((int(key), number) for (what, key), number in counts.items() if what == "wait")
    assert waited == pytest.approx(300, rel=0.1)


def test_who_was_overturned_and_what_came_of_an_appeal_is_counted_until_it_is_taken_back(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    def told(*kinds: str) -> dict[str, int]:
        clock.advance(minutes=2)
        _drain(store)
        return {key: number for (_, what, key), number in _tallies(store).items() if what in kinds}

    which = _post(store, queues, scorer, site.id, "well insult=0.73")
    with store.write() as session:
        comment = comments.decide(session, None, which, "reject", actor="user:u_a")
        appeals.lodge(session, comment, "It was a joke.")
    assert told("appeal", "overturned") == {"lodged": 1}
    with store.write() as session:
        version = comments.decide(session, None, which, "publish", actor="user:u_b").version
    assert told("appeal", "overturned") == {"lodged": 1, "reversed": 1, "user:u_a rejected": 1}
    with store.write() as session:
        undoing.undo(session, which, version, actor="user:u_b")
    assert told("appeal", "overturned") == {"lodged": 1}
    with store.write() as session:
        version = comments.decide(session, None, which, "reject", actor="user:u_b").version
    assert told("appeal", "overturned") == {"lodged": 1, "upheld": 1}


def test_an_upheld_appeal_that_is_taken_back_is_answered_no_more(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    which = _post(store, queues, scorer, site.id, "well insult=0.73")
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(grace_seconds=60), actor="operator")
        appeals.lodge(session, comments.decide(session, None, which, "reject", actor="user:u_a"), "It was a joke.")
        version = comments.decide(session, None, which, "reject", actor="user:u_b", grace=timedelta(minutes=1)).version
    clock.advance(seconds=5)
    with store.write() as session:
        undoing.undo_own(session, which, version, actor="user:u_b")
    clock.advance(minutes=2)
    _drain(store)
    assert {key: number for (_, what, key), number in _tallies(store).items() if what == "appeal"} == {"lodged": 1}


def test_the_policys_mistakes_are_told_apart_by_what_it_had_decided(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    for text, action in (("nice", "reject"), ("awful spam=0.99", "publish"), ("held insult=0.73", "publish")):
        which = _post(store, queues, scorer, site.id, text)
        with store.write() as session:
            comments.decide(session, None, which, action, actor="user:u_a")  # type: ignore[arg-type]
    with store.write() as session:  # their own change of mind overturns nothing
        comments.decide(session, None, which, "reject", actor="user:u_a")
    clock.advance(minutes=2)
    _drain(store)
    found = {key: number for (_, what, key), number in _tallies(store).items() if what == "overturned"}
    assert found == {"policy published": 1, "policy rejected": 1}


def test_a_decision_that_was_undone_says_nothing_about_the_classifier(
    store: Store, site: CreatedSite, clock: Clock
) -> None:
    decision = {"actor": "user:u_a", "status": "rejected", "score": 0.55, "comment": "c_1"}
    _write(store, site.id, decision | {"kind": "person"})
    clock.advance(seconds=5)
    _write(store, site.id, decision | {"kind": "undo"})
    clock.advance(minutes=2)
    tallies.roll_up(store)
    found = {(what, key) for _, what, key in _tallies(store)}
    assert found == {("decided", "rejected user"), ("decided", "undone user"), ("person", "user:u_a")}


def test_events_of_the_last_minute_are_left_for_later(store: Store, site: CreatedSite, clock: Clock) -> None:
    assert tallies.roll_up(store) == 0
    clock.advance(seconds=61)
    assert tallies.roll_up(store) == 1
    assert tallies.roll_up(store) == 0


def test_two_clock_processes_count_nothing_twice(store: Store, site: CreatedSite, clock: Clock) -> None:
    known = {"site_id": site.id, "status": "published"}
    with store.write() as session:
        audit.record(session, [audit.row("comment.decided", actor="policy", **known) for _ in range(500)])
    clock.advance(minutes=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "STEP", 7)
        threads = [threading.Thread(target=_drain, args=(store,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    _drain(store)
    assert [number for (_, what, _), number in _tallies(store).items() if what == "decided"] == [500]


def test_the_queue_is_sampled_at_its_worst_of_each_hour(
    store: Store, site: CreatedSite, other_site: CreatedSite, queues: Queues, scorer: Scorer, clock: Clock
) -> None:
    clock.now = clock.now.replace(hour=9, minute=5)
    first = _post(store, queues, scorer, site.id, "one insult=0.73")
    _post(store, queues, scorer, site.id, "two insult=0.73")
    clock.advance(minutes=10)
    tallies.sample_queue(store)
    with store.write() as session:
        comments.decide(session, None, first, "reject", actor="user:u_a")
    clock.advance(minutes=10)
    tallies.sample_queue(store)
    clock.advance(hours=1)
    tallies.sample_queue(store)
    with store.read() as session:
        rows = session.scalars(select(Tally).where(Tally.what == "queue")).all()
    found = {(row.site_id, row.key): row.number for row in rows}
    assert found[site.id, "09 size"] == 2
    assert found[site.id, "09 age"] == 20 * 60
    assert found[site.id, "10 size"] == 1
    assert found[site.id, "10 age"] == 80 * 60
    assert found[other_site.id, "09 size"] == found[other_site.id, "10 age"] == 0


def test_a_site_that_goes_takes_its_tallies_and_holds_up_nobody_elses(
    store: Store, site: CreatedSite, settings: Settings, clock: Clock
) -> None:
    doomed = sites.create_site(store, settings, "Doomed")
    clock.advance(minutes=2)
    tallies.roll_up(store)
    with store.write() as session:
        audit.record(session, [audit.row("comment.decided", actor="policy", site_id=doomed.id, status="published")])
    with store.write() as session:
        session.execute(delete(Site).where(Site.id == doomed.id))
        audit.record(session, [audit.row("comment.decided", actor="policy", site_id=site.id, status="published")])
    clock.advance(minutes=2)
    _drain(store)
    assert [key for _, _, key in _tallies(store)] == ["published policy"]


def test_tallies_of_a_kind_are_read_past_those_of_other_kinds(store: Store, site: CreatedSite, clock: Clock) -> None:
    day = (clock.now - timedelta(days=2)).date().isoformat()
    with store.write() as session:
        for what in ("decided", "score", "wait"):
            session.add(Tally(site_id=site.id, day=day, what=what, key="a", number=3))
    asked: list[tuple[str, Any]] = []
    engine_event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with store.read() as session:
        assert tallies.by_day(session, [site.id], "score", day) == [(day, "a", 3)]
        assert tallies.in_all(session, [site.id], "score", day, before=day) == {}
        assert tallies.in_all(session, [site.id], "score", day) == {"a": 3}
    if store.is_sqlite:
        statement, values = asked[-1]
        with store.engine.connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
        assert "site_id=? AND day=? AND what=?" in plan, plan


def test_a_median_of_buckets_is_near_the_median() -> None:
    seconds = [2, 3, 5, 8, 13, 60, 600]
    counts = Counter(tallies.bucket(one) for one in seconds)
    assert tallies.median(counts.items()) == pytest.approx(8, rel=0.1)
    assert tallies.quantile(counts.items(), 0.9) == pytest.approx(600, rel=0.1)
    assert tallies.median([]) is None


def test_the_first_id_of_a_moment_parts_earlier_from_later() -> None:
    moment = clock.now().replace(microsecond=5000)
    assert clock.new_id("a", moment - timedelta(milliseconds=1)) < clock.first_id("a", moment)
    assert clock.new_id("a", moment) >= clock.first_id("a", moment)
    assert clock.moment_of(clock.new_id("a", moment)) == moment


def _drain(store: Store) -> None:
    while tallies.roll_up(store):
        pass


def _post(store: Store, queues: Queues, scorer: Scorer, site_id: str, text: str) -> str:
    [outcome] = submissions.submit(store, queues, site_id, [Submission(name="Ada", comment=text)])
    scorer.run_batch()
    assert outcome.comment is not None
    return outcome.comment.id
