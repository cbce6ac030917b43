"""In which order people look: what is worse, less sure, has waited longer, or is seen by readers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import clock
from moderation.policy.terms import Threshold
from moderation.review import urgency
from moderation.review.urgency import HEAD_START, LATEST, LEAST

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
EDGES = {"spam": Threshold(0.6, 0.8), "insult": Threshold(0.5, None), "threat": Threshold(None, 0.7)}


@pytest.mark.parametrize(
    ("scores", "priority"),
    [
        # What could not be scored is looked at first.
        (None, 0),
        # Nothing at all can wait.
        ({}, 1000),
        ({"spam": 0.0}, 1000),
        # How bad it looks: 85 of 100 parts of the highest score.
        ({"profanity": 0.5}, 575),
        ({"profanity": 1.0}, 150),
        # On a threshold the policy is least sure: the other 15.
        ({"spam": 0.6}, 340),
        ({"spam": 0.8}, 170),
        # As far from both as a score between them can be.
        ({"spam": 0.7}, 405),
        # One threshold alone is as far from a score as half of what is above it.
        ({"insult": 0.5}, 425),
        ({"insult": 0.8}, 320),
        ({"insult": 0.625}, 394),
        ({"threat": 0.7}, 255),
        # The worst score, and the least sure label, each for itself.
        ({"profanity": 0.9, "insult": 0.5}, 85),
        # A label of which the policy says nothing makes nobody unsure.
        ({"other": 0.5}, 575),
    ],
)
def test_a_priority_is_how_bad_it_looks_and_how_unsure_the_policy_is(
    scores: dict[str, float] | None, priority: int
) -> None:
    assert urgency.of_scores(scores, EDGES) == priority


@pytest.mark.parametrize("threshold", [Threshold(0.5, 0.5), Threshold(1.0, None), Threshold(None, 1.0)])
def test_a_threshold_without_room_around_it_is_unsure_only_on_itself(threshold: Threshold) -> None:
    edge = threshold.lowest or 0.0
    on, off = (urgency.of_scores({"spam": score}, {"spam": threshold}) for score in (edge, edge - 0.01))
    assert on == round(1000 * (1 - 0.85 * edge - 0.15))
    assert off == round(1000 * (1 - 0.85 * (edge - 0.01)))


@given(
    st.dictionaries(st.sampled_from(["spam", "insult", "threat", "other"]), st.floats(0, 1)),
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 1),
)
def test_every_priority_is_one(scores: dict[str, float], flag_at: float | None, reject_at: float | None) -> None:
    edges = {name: Threshold(flag_at, reject_at) for name in scores}
    assert 0 <= urgency.of_scores(scores, edges) <= LEAST


@pytest.mark.parametrize(
    ("readers", "priority"),
    [
        ({"illegal": 1}, 100),
        ({"personal_data": 1}, 100),
        ({"offensive": 1}, 300),
        ({"spam": 1}, 400),
        ({"off_topic": 1}, 600),
        ({"a reason of before": 1}, 300),
        ({}, 300),
        # Each reader counts, whatever the reason; the gravest reason says what it is about.
        ({"spam": 2}, 267),
        ({"spam": 1, "offensive": 1}, 200),
        ({"off_topic": 3}, 300),
        ({"illegal": 9, "off_topic": 1}, 18),
        ({"off_topic": 1000}, 1),
    ],
)
def test_a_report_is_as_urgent_as_its_reason_and_its_readers(readers: dict[str, int], priority: int) -> None:
    assert urgency.of_reports(readers) == priority


@pytest.mark.parametrize(
    ("priority", "kind", "seen", "after"),
    [
        (0, "flag", False, timedelta(0)),
        (LEAST, "flag", False, LATEST),
        (500, "flag", False, timedelta(hours=12)),
        (500, "report", False, timedelta(hours=12)),
        (500, "appeal", False, timedelta(hours=12)),
        # What readers see comes before all that they do not see; nobody waits for a second look, seen or not.
        (500, "flag", True, timedelta(hours=12) - timedelta(milliseconds=HEAD_START)),
        (500, "report", True, timedelta(hours=12) - timedelta(milliseconds=HEAD_START)),
        (500, "appeal", True, timedelta(hours=12)),
        (LEAST, "second_look", True, LATEST + timedelta(milliseconds=HEAD_START)),
        (LEAST, "second_look", False, LATEST + timedelta(milliseconds=HEAD_START)),
    ],
)
def test_a_priority_becomes_a_moment(priority: int, kind: str, seen: bool, after: timedelta) -> None:
    assert urgency.due(priority, AT, kind=kind, seen=seen) == clock.milliseconds(AT + after)


@given(st.integers(0, LEAST), st.integers(0, LEAST), st.integers(0, 48 * 60))
def test_whatever_waits_a_day_longer_comes_before_what_is_worse(one: int, other: int, minutes: int) -> None:
    early, late = urgency.due(one, AT), urgency.due(other, AT + timedelta(minutes=minutes))
    if minutes > 24 * 60:
        assert early < late
    assert (early <= late) or one > other, "of what came together or later, only what is worse comes first"
