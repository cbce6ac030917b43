"""What helps a person to keep well: reminders of breaks, and enough for a day, each by their own choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

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


def test_what_a_bulk_job_decided_nobody_has_read(mo: Worker) -> None:
    mo.choose(day_cap=2, break_decisions=2)
    fields = {"criteria": {}, "action": "reject", "state": "done", "total": 3, "done": 3, "skipped": 0}
    with mo.store.write() as session:
        job = BulkJob(
            id=clock.new_id("b"),
            created_by=actors.of_user(mo.user_id),
            created_at=clock.now(),
            touched_at=clock.now(),
            **fields,
        )
        session.add(job)
        session.flush()
        session.add_all(BulkChange(job_id=job.id, comment_id=f"c_{at}", version=2) for at in range(3))
    for at in range(3):
        mo.decide(on=f"c_{at}")
    assert mo.reminder() is None
    mo.decide(2, on="c_9")
    assert mo.reminder() is not None


@pytest.mark.parametrize(
    "choices",
    [{"hides": "paint"}, {"zone": "Mars/Base"}, {"break_minutes": 0}, {"break_decisions": 1_001}, {"day_cap": 5_001}],
)
def test_what_cannot_be_chosen_is_refused(mo: Worker, choices: dict[str, object]) -> None:
    with pytest.raises(PersonError):
        mo.choose(**choices)
