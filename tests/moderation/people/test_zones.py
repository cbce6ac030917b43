"""A person's days and hours, by the clock where they are: also on the days on which it is put forward or back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.people import zones
from moderation.tables import User

BERLIN, HAVANA, NEPAL = "Europe/Berlin", "America/Havana", "Asia/Kathmandu"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def at(zone: str | None) -> User:
    return User(zone=zone)


@pytest.mark.parametrize(
    ("chosen", "counts"),
    [
        (BERLIN, BERLIN),
        (None, "UTC"),
        ("", "UTC"),
        # What another machine knew, or nobody ever did, must not keep anybody from their work.
        ("Europe/Atlantis", "UTC"),
        ("../etc/passwd", "UTC"),
        ("/etc/localtime", "UTC"),
        ("Europe", "UTC"),
        ("a\0b", "UTC"),
    ],
)
def test_a_zone_that_is_not_known_here_is_utc(chosen: str | None, counts: str) -> None:
    assert zones.of(at(chosen)).key == counts


def test_places_can_be_chosen_in_the_order_of_their_names() -> None:
    first, *places = zones.names()
    assert first == "UTC"
    assert {BERLIN, HAVANA, NEPAL} <= set(places)
    assert places == sorted(places)
    assert not [name for name in places if name.startswith("Etc/") or "/" not in name]


@pytest.mark.parametrize(
    ("zone", "now", "began"),
    [
        ("UTC", "2026-11-02T12:34:56.789+00:00", "2026-11-02T00:00+00:00"),
        # The day of the place, not that of the server.
        (BERLIN, "2026-11-02T22:59:59+00:00", "2026-11-01T23:00+00:00"),
        (BERLIN, "2026-11-02T23:00:00+00:00", "2026-11-02T23:00+00:00"),
        (NEPAL, "2026-11-02T18:14:59+00:00", "2026-11-01T18:15+00:00"),
        (NEPAL, "2026-11-02T18:15:00+00:00", "2026-11-02T18:15+00:00"),
        # On the day of the change the day began by the clock as it was then.
        (BERLIN, "2026-03-29T12:00+00:00", "2026-03-28T23:00+00:00"),
        (BERLIN, "2026-10-25T12:00+00:00", "2026-10-24T22:00+00:00"),
        # In Havana there is no midnight in spring, the day begins at one ...
        (HAVANA, "2026-03-08T04:59+00:00", "2026-03-07T05:00+00:00"),
        (HAVANA, "2026-03-08T12:00+00:00", "2026-03-08T05:00+00:00"),
        # ... and two in autumn, of which the day begins at the first.
        (HAVANA, "2026-11-01T04:30+00:00", "2026-11-01T04:00+00:00"),
        (HAVANA, "2026-11-01T05:30+00:00", "2026-11-01T04:00+00:00"),
        (HAVANA, "2026-11-01T12:00+00:00", "2026-11-01T04:00+00:00"),
    ],
)
def test_a_day_begins_at_midnight_where_the_person_is(zone: str, now: str, began: str) -> None:
    assert zones.day_began(at(zone), moment(now)).astimezone(UTC) == moment(began)


@pytest.mark.parametrize(
    ("zone", "hour", "after", "following"),
    [
        ("UTC", 8, "2026-11-02T07:59:59.999+00:00", "2026-11-02T08:00+00:00"),
        # What is due at this very moment is not due once more.
        ("UTC", 8, "2026-11-02T08:00:00+00:00", "2026-11-03T08:00+00:00"),
        ("UTC", 0, "2026-11-02T00:00:01+00:00", "2026-11-03T00:00+00:00"),
        ("UTC", 23, "2026-12-31T23:30+00:00", "2027-01-01T23:00+00:00"),
        (BERLIN, 8, "2026-11-02T06:59+00:00", "2026-11-02T07:00+00:00"),
        (BERLIN, 0, "2026-11-02T22:30+00:00", "2026-11-02T23:00+00:00"),
        (NEPAL, 8, "2026-11-02T00:00+00:00", "2026-11-02T02:15+00:00"),
        # Over a change of the clock it stays the hour that the clock shows.
        (BERLIN, 8, "2026-03-28T08:00+00:00", "2026-03-29T06:00+00:00"),
        (BERLIN, 8, "2026-10-24T08:00+00:00", "2026-10-25T07:00+00:00"),
        # The hour that is left out comes an hour later by that clock, and not once more.
        (BERLIN, 2, "2026-03-29T00:30+00:00", "2026-03-29T01:00+00:00"),
        (BERLIN, 2, "2026-03-29T01:00+00:00", "2026-03-30T00:00+00:00"),
        # Of the hour that comes twice the first counts.
        (BERLIN, 2, "2026-10-24T23:59+00:00", "2026-10-25T00:00+00:00"),
        (BERLIN, 2, "2026-10-25T00:00+00:00", "2026-10-26T01:00+00:00"),
        (BERLIN, 2, "2026-10-25T00:59+00:00", "2026-10-26T01:00+00:00"),
        (BERLIN, 2, "2026-10-25T01:30+00:00", "2026-10-26T01:00+00:00"),
        (BERLIN, 3, "2026-10-25T01:30+00:00", "2026-10-25T02:00+00:00"),
        (HAVANA, 0, "2026-11-01T05:30+00:00", "2026-11-02T05:00+00:00"),
        (HAVANA, 1, "2026-11-01T05:30+00:00", "2026-11-01T06:00+00:00"),
    ],
)
def test_an_hour_comes_once_a_day_by_the_clock_where_the_person_is(
    zone: str, hour: int, after: str, following: str
) -> None:
    assert zones.next_hour(at(zone), hour, moment(after)).astimezone(UTC) == moment(following)


@pytest.mark.parametrize("zone", ["UTC", BERLIN, HAVANA, NEPAL, "Australia/Lord_Howe", "Africa/Cairo"])
@pytest.mark.parametrize("hour", [0, 1, 2, 3, 23])
def test_in_a_year_every_date_has_its_hour_once(zone: str, hour: int) -> None:
    user, here = at(zone), zones.of(at(zone))
    now, dates = datetime(2025, 12, 31, 12, tzinfo=UTC), []
    for _ in range(366):
        following = zones.next_hour(user, hour, now).astimezone(UTC)
        assert following > now
        now = following
        dates.append(now.astimezone(here).date())
    assert dates == [dates[0] + timedelta(days=number) for number in range(366)]
    assert dates[0] - date(2025, 12, 31) <= timedelta(days=1)


@given(
    st.sampled_from([BERLIN, HAVANA, NEPAL, "Pacific/Chatham"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
)
def test_every_moment_of_a_date_has_the_same_beginning(zone: str, naive: datetime) -> None:
    user, now = at(zone), naive.replace(tzinfo=UTC)
    began = zones.day_began(user, now).astimezone(UTC)
    here = zones.of(user)
    assert began <= now < began + timedelta(hours=25, minutes=1)
    assert began.astimezone(here).date() == now.astimezone(here).date()
    assert zones.day_began(user, began).astimezone(UTC) == began
