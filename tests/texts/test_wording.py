"""Numbers and times as people are told them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from texts import translation, wording


@pytest.mark.parametrize(
    ("name", "text"),
    [("spam", "Spam"), ("identity_attack", "Identity attack"), ("self_harm", "Self-harm"), ("", "")],
)
def test_a_name_of_ours_in_words(name: str, text: str) -> None:
    assert wording.named(name) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 links"), (1, "1 link"), (2, "2 links"), (21, "21 links"), (1234, "1,234 links")]
)
def test_a_noun_goes_with_its_number(number: int, text: str) -> None:
    assert wording.counted(number, "{} link", "{} links") == text


def test_a_form_may_say_the_number_in_its_own_way() -> None:
    assert [wording.counted(number, "One field needs", "{} fields need") for number in (1, 3)] == [
        "One field needs",
        "3 fields need",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-30, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (150, "2 minutes ago"),
        (3600, "1 hour ago"),
        (23.4 * 3600, "23 hours ago"),
        (86400, "1 day ago"),
        (10 * 86400, "1 week ago"),
        (45.1 * 86400, "2 months ago"),
        (400 * 86400, "1 year ago"),
    ],
)
def test_how_long_ago(seconds: float, text: str) -> None:
    assert wording.ago(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "90 seconds"),
        (310, "5 minutes"),
        (7200, "2 hours"),
        (90_000, "25 hours"),
    ],
)
def test_how_long(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 sec"),
        (40, "40 sec"),
        (90, "1.5 min"),
        (100, "1.7 min"),
        (59.96, "60 sec"),
        (7200, "2 hr"),
        (3600 * 15, "15 hr"),
        (86400 * 3, "3 days"),
    ],
)
def test_durations_are_told_shortly(seconds: float, text: str) -> None:
    assert wording.short_duration(seconds) == text


def test_a_moment_is_told_in_full_with_or_without_its_seconds() -> None:
    moment = datetime(2026, 11, 3, 9, 5, 2, tzinfo=UTC)
    assert wording.exact(moment) == "3 November 2026, 09:05:02 UTC"
    assert wording.exact(moment, seconds=False) == "3 November 2026, 09:05 UTC"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berlin", "3 November 2026, 10:05:02 CET"),
        ("America/New_York", "3 November 2026, 04:05:02 EST"),
        ("Asia/Kathmandu", "3 November 2026, 14:50:02 UTC+05:45"),
        ("America/Sao_Paulo", "3 November 2026, 06:05:02 UTC-03"),
        ("Pacific/Auckland", "3 November 2026, 22:05:02 NZDT"),
    ],
)
def test_a_moment_is_told_by_the_clock_of_a_zone(zone: str, told: str) -> None:
    translation.speak("en", ZoneInfo(zone))
    try:
        assert wording.exact(datetime(2026, 11, 3, 9, 5, 2, tzinfo=UTC)) == told
    finally:
        translation.speak("en")


def test_languages_that_senders_make_up_are_not_remembered_for_ever() -> None:
    for number in range(3_000):
        wording.language(f"xx-{number}")
    assert wording._language.cache_info().currsize <= 1_000
