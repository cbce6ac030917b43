"""The catalogue of events: its schemas say enough to tell a wrong message from a right one."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from moderation.webhooks import catalogue
from moderation.webhooks.catalogue import EVENTS, EventType

MOMENT = "2026-11-23T18:30:00+00:00"
_ABOUT = {"id": "c_1", "external_id": None}
_DECIDED = _ABOUT | {
    "thread": "/a",
    "version": 2,
    "revision": 1,
    "decided_by": "policy",
    "reasons": [{"rule": "flag_threshold", "action": "flag", "message": "So it is.", "label": "spam", "score": 0.7}],
    "scores": {"spam": 0.7},
}
_LINK = {"statement_url": "https://winnow.example/statement/x"}
#: Event -> the data of a right message.
RIGHT: dict[str, dict[str, Any]] = {
    "comment.published": _DECIDED | {"status": "published"},
    "comment.flagged": _DECIDED | {"status": "flagged"} | _LINK,
    "comment.rejected": _DECIDED | {"status": "rejected"} | _LINK,
    "comment.erased": _ABOUT | {"status": "erased", "version": 3},
    "appeal.decided": _ABOUT | {"thread": None, "status": "rejected", "version": 3, "outcome": "upheld"},
    "author.warned": _ABOUT | {"thread": None, "warning": "aw_1", "message": "Please stay kind."},
    "author.standing_changed": _ABOUT
    | {"thread": None, "standing": "held", "until": MOMENT, "because": "It is so.", "decided_by": "policy"},
    "endpoint.test": {"id": "w_1"},
}


def is_valid(event: EventType, message: dict[str, Any]) -> bool:
    return jsonschema_rs.Draft202012Validator(event.schema, validate_formats=True).is_valid(message)


def message_of(event: EventType, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": event.name, "timestamp": MOMENT, "data": data}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
class TestSchema:
    def test_a_right_message_is_valid(self, event: EventType) -> None:
        assert is_valid(event, message_of(event, RIGHT[event.name]))

    def test_what_lacks_a_field_or_has_another_is_not(self, event: EventType) -> None:
        right = RIGHT[event.name]
        for name in right:
            assert not is_valid(event, message_of(event, {key: right[key] for key in right if key != name})), name
            assert not is_valid(event, message_of(event, right | {name: {"of": "no type"}})), name
        assert not is_valid(event, message_of(event, right | {"comment": "The words."}))
        for name in ("type", "timestamp", "data"):
            whole = message_of(event, right)
            del whole[name]
            assert not is_valid(event, whole), name

    def test_another_event_is_not_taken_for_it(self, event: EventType) -> None:
        for name, data in RIGHT.items():
            assert is_valid(event, {"type": name, "timestamp": MOMENT, "data": data}) == (name == event.name)

    def test_it_is_told_of_in_a_sentence(self, event: EventType) -> None:
        assert event.sent[0].isupper()
        assert event.sent.endswith(".")
        assert "|" not in event.sent, "it stands in a table"


def test_there_is_an_event_for_each_status_that_a_decision_may_give() -> None:
    assert {status: event.name for status, event in catalogue.DECIDED.items()} == {
        "published": "comment.published",
        "flagged": "comment.flagged",
        "rejected": "comment.rejected",
    }


def test_what_tells_of_a_comment_replaces_what_was_told_and_the_rest_stands_beside_it() -> None:
    assert set(EVENTS) - set(catalogue.REPLACING) == {
        "appeal.decided",
        "author.warned",
        "author.standing_changed",
        "endpoint.test",
    }
