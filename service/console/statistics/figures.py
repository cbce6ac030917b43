"""Headline numbers with the period before beside them, and a line for each person of the team. From tallies only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from moderation import actors
from moderation.history import tallies
from texts import wording
from texts.translation import decimal, gettext, percent

#: People in the table of the team: those who decided most.
MOST_IN_TEAM = 100


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the period and the same of the period before; None where there is nothing to tell it from.

    `unit` is `""` for a plain number, `share` for a part of one, and `seconds`.
    """

    name: str
    now: float | None
    before: float | None
    unit: str = ""
    note: str = ""

    def in_words(self, value: float | None) -> str:
        """A value as the page shows it."""
        if value is None:
            return "–"
        if self.unit == "seconds":
            return wording.short_duration(value)
        return percent(value, 1) if self.unit == "share" else decimal(round(value))


@dataclass(frozen=True, slots=True)
class Teammate:
    """What somebody did in the period. `of_admin` is for admins only: how their decisions stood."""

    actor: str
    decisions: int
    before: int
    #: Seconds from one decision to the next, the median.
    pace: float | None
    of_admin: OfAdmin | None = None


@dataclass(frozen=True, slots=True)
class OfAdmin:
    """How somebody's decisions stood: how many others overturned, and how many second looks agreed, of how many."""

    decisions: int
    overturned: int
    looks: int
    agreed: int


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` on, before `end`."""

    start: date
    end: date

    @property
    def previous(self) -> Period:
        """As many days right before."""
        return Period(self.start - (self.end - self.start), self.start)

    def tallies(self, session: Session, site_ids: Collection[str], what: str) -> dict[str, int]:
        """Key -> number of what was counted on these days."""
        return tallies.in_all(session, site_ids, what, self.start.isoformat(), self.end.isoformat())


def of_days(days: int, today: date) -> Period:
    """The last `days` days, today among them."""
    return Period(today - timedelta(days=days - 1), today + timedelta(days=1))


def headlines(session: Session, site_ids: Collection[str], period: Period) -> list[Figure]:
    """The numbers that the page begins with."""
    now, before = _numbers(session, site_ids, period), _numbers(session, site_ids, period.previous)
    return [
        Figure(name, now[key], before[key], unit, note)
        for name, key, unit, note in (
            (gettext("Decided by the policy"), "policy", "", gettext("Published, held or rejected.")),
            (gettext("Decided by people"), "people", "", gettext("Of the team, and over the API.")),
            (gettext("Time to decision"), "median", "seconds", gettext("From flag or report to a person; the median.")),
            (gettext("Nine of ten within"), "ninety", "seconds", gettext("One in ten took longer.")),
            (gettext("Overturned"), "overturned", "share", gettext("Of the team’s decisions, by somebody else.")),
            (gettext("Policy overturned"), "mistaken", "share", gettext("Of what it published or rejected.")),
            (gettext("Appeals"), "lodged", "", gettext("Sent by authors.")),
            (gettext("Appeals reversed"), "reversed", "share", gettext("Of those answered.")),
        )
    ]


def _numbers(session: Session, site_ids: Collection[str], period: Period) -> dict[str, float | None]:
    decided: Counter[str] = Counter()
    for key, number in period.tallies(session, site_ids, "decided").items():
        outcome, kind = key.split(" ")
        if outcome != "undone":
            decided["policy" if kind == "policy" else "people"] += number
            decided["settled"] += number if kind == "policy" and outcome != "flagged" else 0
    waits = [(int(key), number) for key, number in period.tallies(session, site_ids, "wait").items()]
    overturned: Counter[str] = Counter()
    for key, number in period.tallies(session, site_ids, "overturned").items():
        overturned[actors.kind(key.rpartition(" ")[0])] += number
    of_team = sum(period.tallies(session, site_ids, "person").values())
    appeals = period.tallies(session, site_ids, "appeal")
    answered = appeals.get("upheld", 0) + appeals.get("reversed", 0)
    return {
        "policy": decided["policy"],
        "people": decided["people"],
        "median": tallies.median(waits),
        "ninety": tallies.quantile(waits, 0.9),
        "overturned": _share(overturned["user"], of_team),
        "mistaken": _share(overturned["policy"], decided["settled"]),
        "lodged": appeals.get("lodged", 0),
        "reversed": _share(appeals.get("reversed", 0), answered),
    }


def team(
    session: Session,
    site_ids: Collection[str],
    period: Period,
    *,
    own: Collection[str],
    looks: dict[str, tuple[int, int]],
) -> list[Teammate]:
    """Those who decided in the period, the busiest first.

    `own` are the sites whose admin looks at this: only these count for how decisions stood. `looks` are the second
    looks there at each person's decisions (`second_looks.of_people`).
    """
    decisions = period.tallies(session, site_ids, "person")
    before = period.previous.tallies(session, site_ids, "person")
    paces: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, number in period.tallies(session, site_ids, "pace").items():
        actor, bucket = key.rsplit(" ", 1)
        paces[actor].append((int(bucket), number))
    on_own = period.tallies(session, own, "person") if own else {}
    overturned: Counter[str] = Counter()
    for key, number in (period.tallies(session, own, "overturned") if own else {}).items():
        overturned[key.rpartition(" ")[0]] += number
    busiest = sorted(decisions, key=lambda actor: (-decisions[actor], actor))[:MOST_IN_TEAM]
    return [
        Teammate(
            actor,
            decisions[actor],
            before.get(actor, 0),
            tallies.median(paces[actor]),
            OfAdmin(on_own.get(actor, 0), max(0, overturned[actor]), *looks.get(actor, (0, 0))) if own else None,
        )
        for actor in busiest
    ]


def _share(number: int, of: int) -> float | None:
    """A part of a whole, at least nothing and at most all of it; None of nothing."""
    return min(1.0, max(0.0, number / of)) if of > 0 else None
