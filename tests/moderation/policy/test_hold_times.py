"""Times at which a site holds every comment: spans over midnight, clocks put forward and back, and what is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation.authors import Author, TrustedAuthors
from moderation.patterns import PatternSet
from moderation.policy import hold_times, rules
from moderation.policy.hold_times import NoTimes, compile_times
from moderation.policy.rules import evaluate
from moderation.policy.terms import Facts, Mode, Policy, Standing, Threshold, placement
from texts import translation

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def times(*spans: tuple[list[str], str, str], zone: str = "Europe/Berlin") -> hold_times.HoldTimes:
    return compile_times({"time_zone": zone, "spans": [{"days": d, "start": s, "end": e} for d, s, e in spans]})


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


FRIDAY_NIGHT = times((["fri"], "22:00", "06:00"))
WEEKEND = times((["fri"], "22:00", "24:00"), (["sat", "sun"], "00:00", "24:00"))
AROUND_TWO = times((WEEK, "01:30", "02:30"))
ALWAYS = times((WEEK, "00:00", "00:00"))


@pytest.mark.parametrize(
    ("which", "moment", "until"),
    [
        (FRIDAY_NIGHT, "2026-11-27 20:59", None),
        (FRIDAY_NIGHT, "2026-11-27 21:00", "2026-11-28 05:00"),
        (FRIDAY_NIGHT, "2026-11-28 04:59", "2026-11-28 05:00"),  # a Saturday, but begun on Friday
        (FRIDAY_NIGHT, "2026-11-28 05:00", None),
        (FRIDAY_NIGHT, "2026-11-28 21:30", None),  # Saturday's own night
        (FRIDAY_NIGHT, "2026-07-03 20:00", "2026-07-04 04:00"),  # in summer two hours from UTC
        (WEEKEND, "2026-11-27 21:00", "2026-11-29 23:00"),  # what joins on is one hold
        (WEEKEND, "2026-03-28 12:00", "2026-03-29 22:00"),  # of 47 hours
        (
            AROUND_TWO,
            "2026-10-25 00:29",
            "2026-10-25 01:30",
        ),  # the clocks go back: until half past two for the second time
        (AROUND_TWO, "2026-10-25 01:15", "2026-10-25 01:30"),
        (AROUND_TWO, "2026-10-25 01:30", None),
        (AROUND_TWO, "2026-03-29 00:29", None),
        (AROUND_TWO, "2026-03-29 00:30", "2026-03-29 01:30"),  # no clock shows half past two: half past three, then
        (ALWAYS, "2026-11-27 12:00", "2026-12-05 12:00"),
        (compile_times({}), "2026-11-27 21:00", None),
    ],
)
def test_it_is_known_until_when_everything_waits(which: hold_times.HoldTimes, moment: str, until: str | None) -> None:
    assert which.until(at(moment)) == (None if until is None else at(until))
    assert which.are_now(at(moment)) is (until is not None)


@pytest.mark.parametrize(
    ("document", "field", "message"),
    [
        ({"spans": [{"days": ["mon"], "start": "22:00", "end": "06:00"}]}, "time_zone", "Name the time zone"),
        ({"time_zone": "berlin", "spans": [{}]}, "time_zone", "Perhaps Europe/Berlin"),
        ({"time_zone": "../etc/passwd", "spans": [{}]}, "time_zone", "There is no time zone"),
        (
            {"time_zone": "UTC", "spans": [{"days": [], "start": "22:00", "end": "06:00"}]},
            "spans.0.days",
            "Name the days",
        ),
        ({"time_zone": "UTC", "spans": [{"days": ["mon"], "start": "22", "end": "06:00"}]}, "spans.0.start", "22:00"),
        (
            {"time_zone": "UTC", "spans": [{"days": ["mon"], "start": "24:00", "end": "06:00"}]},
            "spans.0.start",
            "22:00",
        ),
        (
            {"time_zone": "UTC", "spans": [{"days": ["mon"], "start": "٢٢:٠٠", "end": "06:00"}]},
            "spans.0.start",
            "22:00",
        ),
        ({"time_zone": "UTC", "spans": [{}] * 8}, "spans", "at most 7"),
    ],
)
def test_what_is_no_time_is_named(document: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(NoTimes, match=message) as refused:
        compile_times(document)
    assert refused.value.field == field


NIGHT = Policy(
    thresholds={"insult": Threshold(0.5, 0.9)},
    banned_words=PatternSet(["banned"]),
    trusted_authors=TrustedAuthors(["ada"]),
    trust_after=5,
    hold_times=FRIDAY_NIGHT,
)
BY_NIGHT, BY_DAY = at("2026-11-27 23:00"), at("2026-11-27 12:00")


@pytest.mark.parametrize(
    ("mode", "moment", "facts", "insult", "rule", "status"),
    [
        ("auto", BY_DAY, {}, 0.0, "clear", "published"),
        ("auto", BY_NIGHT, {}, 0.0, "scheduled_hold", "flagged"),
        ("auto", None, {}, 0.0, "clear", "published"),  # a policy's tests are the same at any time
        ("auto", BY_NIGHT, {}, 0.6, "flag_threshold", "flagged"),  # the better reason
        ("auto", BY_NIGHT, {}, 0.95, "reject_threshold", "rejected"),
        ("auto", BY_NIGHT, {"text": "banned"}, 0.0, "banned_words", "rejected"),
        ("auto", BY_NIGHT, {"author": Author(user_id="ada")}, 0.0, "trusted_author", "published"),
        ("auto", BY_NIGHT, {"standing": Standing(5)}, 0.0, "approved_author", "published"),
        ("open", BY_DAY, {}, 0.6, "flag_threshold", "published"),
        ("open", BY_NIGHT, {}, 0.6, "flag_threshold", "flagged"),  # nobody would look afterwards
        ("open", BY_NIGHT, {}, 0.0, "scheduled_hold", "flagged"),
        ("observe", BY_NIGHT, {}, 0.0, "scheduled_hold", "published"),
    ],
)
def test_at_these_times_what_would_be_published_waits(
    mode: Mode, moment: datetime | None, facts: dict[str, Any], insult: float, rule: str, status: str
) -> None:
    policy = replace(NIGHT, mode=mode)
    its = Facts(**{"text": "Calm.", "moment": moment} | facts)
    verdict = evaluate(policy, {"insult": insult}, its)
    assert verdict.reasons[0].rule == rule
    assert placement(rules.mode_for(policy, verdict, its), verdict.action)[0] == status


def test_the_reason_says_until_when() -> None:
    [reason] = evaluate(NIGHT, {}, Facts(text="Calm.", moment=BY_NIGHT)).reasons
    assert reason.message == "This site holds every comment at these times until Saturday 06:00 (Europe/Berlin)."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("berlin", "There is no time zone “berlin”. Perhaps Europe/Berlin?"),
        # Three at most, in the order of their names.
        ("indiana/", "Perhaps America/Indiana/Indianapolis or America/Indiana/Knox or America/Indiana/Marengo?"),
        # Of two letters half the world would be meant.
        ("me", "There is no time zone “me”. Names are such as Europe/Berlin."),
        ("Mars/Olympus", "There is no time zone “Mars/Olympus”. Names are such as Europe/Berlin."),
        ("x" * 99, f"There is no time zone “{'x' * 64}”."),
    ],
)
def test_a_time_zone_that_is_none_is_answered_by_those_that_look_like_it(name: str, said: str) -> None:
    with pytest.raises(NoTimes) as refused:
        hold_times.read_zone(name)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("08:05", "17:59", "2026-11-27 08:05", "2026-11-27 17:59"),
        ("22:00", "06:00", "2026-11-27 22:00", "2026-11-28 06:00"),
        ("00:00", "24:00", "2026-11-27 00:00", "2026-11-28 00:00"),
        # The same time twice is a whole day, whichever.
        ("00:00", "00:00", "2026-11-27 00:00", "2026-11-28 00:00"),
        ("12:30", "12:30", "2026-11-27 12:30", "2026-11-28 12:30"),
        ("23:59", "00:00", "2026-11-27 23:59", "2026-11-28 00:00"),
    ],
)
def test_a_span_holds_from_its_first_moment_to_its_last(start: str, end: str, first: str, last: str) -> None:
    which = times((["fri"], start, end), zone="UTC")
    minute = timedelta(minutes=1)
    assert [which.are_now(at(first) - minute), which.are_now(at(first))] == [False, True]
    assert [which.are_now(at(last) - minute), which.are_now(at(last))] == [True, False]
    assert which.until(at(first)) == at(last)


def test_seven_times_fit() -> None:
    assert len(times(*[([day], "22:00", "06:00") for day in WEEK]).spans) == hold_times.MOST_SPANS


@pytest.mark.parametrize(
    ("days", "start", "end", "words"),
    [
        (["mon"], "22:00", "06:00", "Mon 22:00 to 06:00"),
        (["mon", "tue"], "22:00", "06:00", "Mon, Tue 22:00 to 06:00"),
        (["mon", "tue", "wed"], "22:00", "06:00", "Mon to Wed 22:00 to 06:00"),
        (["mon", "tue", "thu"], "22:00", "06:00", "Mon, Tue, Thu 22:00 to 06:00"),
        (WEEK, "00:00", "24:00", "Mon to Sun all day"),
        (["sun", "mon"], "00:00", "00:00", "Mon, Sun all day"),
        (["sat"], "00:00", "23:59", "Sat 00:00 to 23:59"),
    ],
)
def test_each_time_is_told_as_short_as_it_can_be(days: list[str], start: str, end: str, words: str) -> None:
    document = {"time_zone": "UTC", "spans": [{"days": days, "start": start, "end": end}]}
    assert hold_times.describe(document) == f"{words} (UTC)"


def test_times_are_told_in_the_readers_language() -> None:
    document = {"time_zone": "UTC", "spans": [{"days": ["mon", "tue", "wed"], "start": "22:00", "end": "06:00"}]}
    with translation.in_language("de"):
        assert hold_times.describe(document).startswith("Mo. bis Mi. 22:00")


def test_times_are_told_in_words() -> None:
    document = {
        "time_zone": "Asia/Kolkata",
        "spans": [
            {"days": ["mon", "tue", "wed"], "start": "22:00", "end": "06:00"},
            {"days": ["sun", "sat"], "start": "00:00", "end": "24:00"},
        ],
    }
    assert hold_times.describe(document) == "Mon to Wed 22:00 to 06:00; Sat, Sun all day (Asia/Kolkata)"
    assert hold_times.describe({}) == "never"
