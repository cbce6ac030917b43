"""What helps a person to keep well: reminders of breaks, and enough for a day, each by their own choice."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation import actors, audit, clock
from moderation.people import accounts, wellbeing
from moderation.people.accounts import PersonError
from moderation.people.wellbeing import Choices, Reminder
from moderation.store import Store
from moderation.tables import BulkChange, BulkJob, User
from tests.support.clock import Clock
from tests.support.comments import rows


@dataclass
class Worker:
    """A moderator who decides on comments as time goes by."""

    store: Store
    clock: Clock
    user_id: str

    def choose(self, **choices: object) -> None:
        with self.store.write() as session:
            wellbeing.choose(session, self.user_id, Choices(**choices))  # type: ignore[arg-type]

    def decide(self, times: int = 1, *, minutes: float = 0, action: str = "comment.decided", on: str = "c_1") -> None:
        actor = actors.of_user(self.user_id)
        for _ in range(times):
            self.clock.advance(minutes=minutes)
            with self.store.write() as session:
                audit.record(session, [audit.row(action, actor=actor, comment_id=on)])

    def go_on(self, kind: str) -> None:
        with self.store.write() as session:
            wellbeing.go_on(session, self.user_id, kind)

    def reminder(self) -> Reminder | None:
        (user,) = rows(self.store, User, id=self.user_id)
        with self.store.read() as session:
            return wellbeing.reminder(session, user)


@pytest.fixture
def mo(store: Store, clock: Clock) -> Worker:
    clock.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    return Worker(store, clock, accounts.create_user(store, "mo", "moderator", "four unrelated words here").id)


def test_who_chose_nothing_is_reminded_of_nothing(mo: Worker) -> None:
    mo.decide(30)
    assert mo.reminder() is None


def test_a_break_is_due_after_so_many_decisions_and_taken_by_pausing(mo: Worker) -> None:
    mo.choose(break_decisions=3)
    mo.decide(2, minutes=1)
    assert mo.reminder() is None
    mo.decide(minutes=1, action="comment.confirmed")
    assert mo.reminder() == Reminder("break", 3, 2)
    mo.clock.advance(minutes=6)
    assert mo.reminder() is None, "six minutes without a decision are a break"
    mo.decide(2, minutes=1)
    assert mo.reminder() is None, "what came before the break no longer counts"


def test_a_break_is_due_after_so_many_minutes_and_again_after_going_on(mo: Worker) -> None:
    mo.choose(break_minutes=20)
    mo.decide(5, minutes=4)
    assert mo.reminder() is None
    mo.decide(minutes=4)
    assert mo.reminder() == Reminder("break", 6, 20)
    mo.go_on("break")
    assert mo.reminder() is None
    mo.decide(5, minutes=4)
    assert mo.reminder() is None
    mo.decide(minutes=4)
    assert mo.reminder() == Reminder("break", 6, 20)


def test_enough_is_enough_until_the_day_is_over_or_somebody_goes_on(mo: Worker) -> None:
    mo.choose(day_cap=2, zone="America/New_York")
    mo.decide()
    assert mo.reminder() is None
    mo.decide()
    assert mo.reminder() == Reminder("cap", 2)
    mo.clock.advance(hours=15)  # 22:00 in New York, another day in UTC
    assert mo.reminder() == Reminder("cap", 2)
    mo.go_on("cap")
    mo.decide()
    assert mo.reminder() is None
    mo.clock.advance(hours=3)
    mo.decide(2)
    assert mo.reminder() == Reminder("cap", 2), "the next day it holds again"


def in_bulk(store: Store, user_id: str, *comment_ids: str) -> None:
    """A bulk job of this person on these comments."""
    fields = {"criteria": {}, "action": "reject", "state": "done", "total": 3, "done": 3, "skipped": 0}
    now = clock.now()
    with store.write() as session:
        job = BulkJob(
            id=clock.new_id("b", now), created_by=actors.of_user(user_id), created_at=now, touched_at=now, **fields
        )
        session.add(job)
        session.flush()
        session.add_all(BulkChange(job_id=job.id, comment_id=comment_id, version=2) for comment_id in comment_ids)


def test_what_a_bulk_job_decided_nobody_has_read(mo: Worker) -> None:
    mo.choose(day_cap=2, break_decisions=2)
    in_bulk(mo.store, mo.user_id, "c_0", "c_1", "c_2")
    for at in range(3):
        mo.decide(on=f"c_{at}")
    assert mo.reminder() is None
    mo.decide(2, on="c_9")
    assert mo.reminder() is not None


@pytest.mark.parametrize(
    ("whose", "days", "reminder"),
    [
        ("mo", 0, None),
        # A job goes on for as long as it has to, at most a day.
        ("mo", 0.9, None),
        ("mo", 2, Reminder("break", 2)),
        # What somebody else's job decided before was read now.
        ("bo", 0, Reminder("break", 2)),
    ],
)
def test_a_comment_counts_as_read_unless_ones_own_job_decided_it(
    mo: Worker, whose: str, days: float, reminder: Reminder | None
) -> None:
    mo.choose(break_decisions=2)
    in_bulk(mo.store, mo.user_id if whose == "mo" else "u_bo", "c_1")
    mo.clock.advance(days=days)
    mo.decide(2, on="c_1")
    assert mo.reminder() == reminder


@pytest.mark.parametrize(
    ("choices", "refused"),
    [
        ({}, None),
        ({"hides": "blur", "zone": "Europe/Berlin"}, None),
        ({"hides": "cover", "zone": "UTC"}, None),
        ({"hides": "paint"}, "Choose whether comments are grey, blurred or covered."),
        ({"hides": ""}, "Choose whether comments are grey, blurred or covered."),
        ({"zone": "Mars/Base"}, "This time zone is not known here."),
        ({"zone": ""}, "This time zone is not known here."),
        # From one on, and as many as make sense of each.
        ({"break_minutes": 1, "break_decisions": 1, "day_cap": 1}, None),
        ({"break_minutes": 600, "break_decisions": 1_000, "day_cap": 5_000}, None),
        ({"break_minutes": 0}, "Choose 1 to 600 minutes to a break, or leave the field empty."),
        ({"break_minutes": 601}, "Choose 1 to 600 minutes to a break, or leave the field empty."),
        ({"break_decisions": 0}, "Choose 1 to 1,000 decisions to a break, or leave the field empty."),
        ({"break_decisions": 1_001}, "Choose 1 to 1,000 decisions to a break, or leave the field empty."),
        ({"day_cap": 0}, "Choose 1 to 5,000 decisions a day, or leave the field empty."),
        ({"day_cap": 5_001}, "Choose 1 to 5,000 decisions a day, or leave the field empty."),
        ({"day_cap": -1}, "Choose 1 to 5,000 decisions a day, or leave the field empty."),
    ],
)
def test_what_cannot_be_chosen_is_refused(choices: dict[str, Any], refused: str | None) -> None:
    with nullcontext() if refused is None else pytest.raises(PersonError, match=re.escape(refused)):
        Choices(**choices).require()


@pytest.mark.one_database
def test_what_somebody_chose_is_theirs_alone(mo: Worker) -> None:
    bo = Worker(mo.store, mo.clock, accounts.create_user(mo.store, "bo", "moderator", "four unrelated words here").id)
    mo.choose(hides="blur", break_minutes=20, break_decisions=3, day_cap=9, zone="Europe/Berlin")
    bo.choose(hides="cover", day_cap=2)
    with pytest.raises(PersonError):
        mo.choose(hides="blur", day_cap=0)
    chosen = [
        (user.hides, user.break_minutes, user.break_decisions, user.day_cap, user.zone) for user in rows(mo.store, User)
    ]
    assert chosen == [("blur", 20, 3, 9, "Europe/Berlin"), ("cover", None, None, 2, None)]
    bo.decide(2)
    bo.go_on("cap")
    assert bo.reminder() is None
    mo.decide(9, minutes=1)
    assert mo.reminder() == Reminder("cap", 9), "the other's decisions are not counted, nor that they go on"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("pause", "reminder"),
    # Five minutes without a decision are work on a long comment; a second more is a break.
    [(5.0, Reminder("break", 2, 5)), (5 + 1 / 60, None)],
)
def test_whoever_decides_on_nothing_for_five_minutes_has_had_a_break(
    mo: Worker, pause: float, reminder: Reminder | None
) -> None:
    mo.choose(break_decisions=2)
    mo.decide()
    mo.decide(minutes=pause)
    assert mo.reminder() == reminder


@pytest.mark.one_database
def test_going_on_ends_with_the_day_by_the_persons_own_clock(mo: Worker) -> None:
    mo.choose(day_cap=1, zone="Europe/Berlin")
    mo.clock.now = datetime(2026, 11, 24, 23, tzinfo=UTC)  # midnight in Berlin
    mo.go_on("cap")
    mo.decide()
    assert mo.reminder() is None
    mo.clock.now = datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC)
    mo.decide()
    assert mo.reminder() is None
    mo.clock.advance(seconds=1)
    assert mo.reminder() is None, "nothing has been decided today"
    mo.decide()
    assert mo.reminder() == Reminder("cap", 1)


@pytest.mark.one_database
def test_nobody_is_taken_to_have_worked_for_more_than_twelve_hours(mo: Worker) -> None:
    mo.choose(break_minutes=600)
    mo.decide(150, minutes=5)
    found = mo.reminder()
    assert found is not None
    assert (found.decisions, found.minutes) == (144, 715)
