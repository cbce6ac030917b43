"""What became of decisions and appeals, read from the audit: for the tallies, which add it up. Pure.

Events here are rows with an audit event's `action`, `actor`, `status` and `reasons`, of one comment and oldest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row

from moderation import actors

Event = Row[Any]

_SETTLED = {"published", "rejected"}
#: What came of an appeal: the action of its audit event -> the word in the tallies.
_APPEALS = {"comment.appealed": "lodged", "comment.appeal_upheld": "upheld", "comment.appeal_reversed": "reversed"}


class Outcome(NamedTuple):
    """What an event adds: `number` to `key` of the kind `what`, on the day of the event `of`."""

    of: Event
    what: str
    key: str
    number: int


def of_event(event: Event, earlier: Sequence[Event]) -> Iterator[Outcome]:
    """What an event says of appeals and of the decision before it. `earlier` as for `tallies.keys`.

    `overturned` `user:<id> rejected`  decisions that somebody else turned into the opposite, by who had decided what
    `appeal`     `reversed`            appeals: `lodged`, `upheld`, `reversed`
    """
    if takes_back(event):
        yield from _taken_back(earlier, last_decision(earlier))
    elif event.action == "comment.agreement_undone":
        agreed = [at for at, past in enumerate(earlier) if past.action == "comment.confirmed"]
        yield from _taken_back(earlier, agreed[-1] if agreed else None)
    elif event.action in _APPEALS:
        yield Outcome(event, "appeal", _APPEALS[event.action], 1)
    elif is_persons(event):
        yield from _overturned(event, earlier)


def is_persons(event: Event) -> bool:
    """Whether the event is a decision of a person at the console."""
    decided: bool = event.action == "comment.decided" and actors.is_person(event.actor)
    return decided and not takes_back(event)


def takes_back(event: Event) -> bool:
    """Whether the event undoes a person's decision."""
    if event.action == "comment.undone":
        return True
    [first, *_] = event.reasons or [{}]
    return bool(event.action == "comment.decided" and first.get("rule") == "undo")


def last_decision(earlier: Sequence[Event]) -> int | None:
    """Where in `earlier` the last decision of a person is: the one that an undo takes back."""
    return next((at for at in range(len(earlier) - 1, -1, -1) if is_persons(earlier[at])), None)


def _overturned(event: Event, earlier: Sequence[Event]) -> Iterator[Outcome]:
    before = _settled(earlier)
    if before is None or before.actor == event.actor or event.status not in _SETTLED - {before.status}:
        return
    yield Outcome(before, "overturned", f"{before.actor} {before.status}", 1)


def _settled(earlier: Sequence[Event]) -> Event | None:
    """The last decision to publish or to reject these words that nobody took back."""
    decisions: list[Event] = []
    for event in earlier:
        if event.action == "comment.edited":
            decisions.clear()
        elif takes_back(event):
            if decisions and is_persons(decisions[-1]):
                decisions.pop()
        elif event.action == "comment.decided":
            decisions.append(event)
    return next((event for event in reversed(decisions) if event.status in _SETTLED), None)


def _taken_back(earlier: Sequence[Event], at: int | None) -> Iterator[Outcome]:
    """What the decision or agreement at this place had added, the other way round."""
    if at is None:
        return
    undone = earlier[at]
    outcomes = list(_overturned(undone, earlier[:at])) if is_persons(undone) else []
    answer = earlier[at - 1] if at else None  # an answer to an appeal is noted right before what it decides
    if answer is not None and answer.actor == undone.actor and answer.action.startswith("comment.appeal_"):
        outcomes += of_event(answer, ())
    for outcome in outcomes:
        yield outcome._replace(number=-outcome.number)
