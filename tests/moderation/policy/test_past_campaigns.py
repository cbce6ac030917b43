"""How many authors had written nearly the same when each past comment came in: for trying the rule on what is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from moderation.policy import campaign_authors
from moderation.policy.terms import Policy

TEXT = "Nobody should ever pay one cent for this newspaper again, they lie about the election every day"


@dataclass
class Row:
    """A past comment, as far as it counts: so many minutes after the first, and decided so many after that."""

    at: int
    author_key: str | None = "ann"
    group_id: str | None = "g"
    ip: str | None = None
    decided_by: str | None = "policy"
    status: str = "published"
    decided: int | None = None
    comment: str = TEXT

    @property
    def id(self) -> str:
        return f"c_{self.at:09}"

    @property
    def accepted_at(self) -> datetime:
        return datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=self.at)

    @property
    def decided_at(self) -> datetime | None:
        return None if self.decided is None else datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=self.decided)


A_WEEK = 7 * 24 * 60
ANN, BOB, CY = Row(0, "ann"), Row(1, "bob"), Row(2, "cy")


@pytest.mark.parametrize(
    ("past", "found"),
    [
        # Each counts those before it, in whatever order they are given.
        ([ANN, BOB, CY], [1, 2, 3]),
        ([CY, ANN, BOB], [1, 2, 3]),
        # The same author twice is one.
        ([ANN, Row(1, "ann"), CY], [1, 1, 2]),
        # Who cannot be told from others is told by the address; without one they are one.
        ([Row(0, None, ip="192.0.2.1"), Row(1, None, ip="192.0.2.2"), Row(2, None, ip="192.0.2.1")], [1, 2, 2]),
        ([Row(0, None), Row(1, None), CY], [1, 1, 2]),
        # A week, to the minute.
        ([ANN, Row(A_WEEK, "bob")], [1, 2]),
        ([ANN, Row(A_WEEK + 1, "bob")], [1, 1]),
        # What belongs to no group, or to another, is not nearly the same.
        ([ANN, Row(1, "bob", None), Row(2, "cy", "other")], [1, 0, 1]),
        # What says little is no campaign, and is none of its authors' doing.
        ([ANN, Row(1, "bob", comment="So true!"), CY], [1, 0, 3]),
        # People have published one before this came, and rejected none: it is known to be harmless.
        ([Row(0, "ann", decided_by="user:mo", decided=1), Row(2, "bob")], [1, 0]),
        # They published it only when this was there already.
        ([Row(0, "ann", decided_by="user:mo", decided=2), Row(2, "bob")], [1, 2]),
        ([Row(0, "ann", decided_by="user:mo", decided=None), Row(2, "bob")], [1, 2]),
        # They rejected one, also beside one that was published.
        ([Row(0, "ann", decided_by="user:mo", decided=1, status="rejected"), Row(2, "bob")], [1, 2]),
        (
            [
                Row(0, "ann", decided_by="user:mo", decided=1, status="rejected"),
                Row(1, "bob", decided_by="user:mo", decided=2),
                Row(3, "cy"),
            ],
            [1, 2, 3],
        ),
        # A rejection that came later does not speak for those before it.
        (
            [
                Row(0, "ann", decided_by="user:mo", decided=1),
                Row(1, "bob", decided_by="user:mo", decided=9, status="rejected"),
                Row(3, "cy"),
                Row(10, "di"),
            ],
            [1, 2, 0, 4],
        ),
        # The policy's own decisions prove nothing.
        ([Row(0, "ann", decided_by="policy", decided=1), Row(2, "bob")], [1, 2]),
    ],
)
def test_past_comments_count_as_it_was_when_each_came_in(past: list[Row], found: list[int]) -> None:
    counted = campaign_authors.replayed(past, Policy(campaign_authors=3))
    assert [counted[row.id] for row in sorted(past, key=lambda row: row.at)] == found


def test_where_the_policy_does_not_ask_nothing_of_the_past_is_counted() -> None:
    assert not campaign_authors.replayed([ANN, BOB, CY], Policy())
