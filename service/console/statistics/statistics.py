"""The page of statistics: decisions, waiting times, and how far people and the classifier agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from models import LABELS
from moderation import clock
from moderation.decisions.second_looks import Agreement, agreement, mistakes, of_people
from moderation.history import tallies
from service import forms
from service.console import access, exports, names, plots
from service.console.plots import Plot, Series
from service.console.statistics import figures, sheet
from service.console.statistics.figures import Figure, Teammate
from service.context import context
from texts import wording

PERIODS = (7, 30, 90)
#: How many people have a plot on the page: those who decided most.
MOST_PEOPLE = 12
#: A label with fewer decisions by people has no plot of its own.
LEAST_DECIDED = 10

_OUTCOMES = (("published", "Published"), ("flagged", "Held"), ("rejected", "Rejected"))


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows, and the file that it offers."""

    sites: Sequence[tuple[str, str]]
    site_id: str | None
    days: Sequence[date]
    headlines: Sequence[Figure]
    team: Sequence[Teammate]
    people: Mapping[str, str]
    plots: Mapping[str, Sequence[Plot]]
    second_looks: Mapping[str, Sequence[Agreement]]
    disagreed: Mapping[str, tuple[int, int]]


def show_stats() -> ResponseReturnValue:
    with context().store.read() as session:
        return render_template("console/statistics/stats.html", page=_read(session), periods=PERIODS)


def export_stats() -> ResponseReturnValue:
    """What the page shows as a CSV file."""
    with context().store.read() as session:
        page = _read(session)
    rows = sheet.rows(page.headlines, page.team, page.people, page.plots, page.days)
    slot = exports.take_slot()
    found = list(rows)
    body = exports.lines(found, columns=sheet.COLUMNS, form="csv")
    return exports.send(body, slot, name="statistics", form="csv", total=(len(found), True))


def _read(session: Session) -> Page:
    days = _days()
    since, period = days[0].isoformat(), figures.of_days(len(days), days[-1])
    sites = names.of_own_sites(session)
    chosen = request.args.get("site") if request.args.get("site") in dict(sites) else None
    site_ids = [chosen] if chosen else [site_id for site_id, _ in sites]
    started = clock.now() - timedelta(days=len(days))
    own = [site_id for site_id in site_ids if access.may(site_id, "admin")]
    team = figures.team(session, site_ids, period, own=own, looks=of_people(session, own, started))
    return Page(
        sites,
        chosen,
        days,
        figures.headlines(session, site_ids, period),
        team,
        names.of_people(session, [one.actor for one in team]),
        {
            "Who decided how much": _people(session, site_ids, days),
            "Decisions a day": _decisions(session, site_ids, days),
            "The review queue": _queue(session, site_ids, days),
            "People and the classifier": _agreement(session, site_ids, since),
            "How scores are spread": _scores(session, site_ids, since),
        },
        second_looks(session, site_ids, started),
        mistakes(session, site_ids, started),
    )


def second_looks(session: Session, site_ids: Collection[str], since: datetime) -> dict[str, list[Agreement]]:
    """How far second looks agree with the first decision, of moderators and of the policy."""
    return {
        "moderators": [row for row in agreement(session, site_ids, since) if row.pairs],
        "policy": [row for row in agreement(session, site_ids, since, of="policy") if row.pairs],
    }


def _days() -> list[date]:
    chosen = forms.argument("days")
    number = int(chosen) if chosen in {str(period) for period in PERIODS} else PERIODS[0]
    today = clock.now().date()
    return [today - timedelta(days=back) for back in range(number - 1, -1, -1)]


def _name(day: date) -> str:
    return f"{day.day} {day:%b}"


def _decisions(session: Session, site_ids: Collection[str], days: Sequence[date]) -> list[Plot]:
    """Plots of the policy's decisions and of people's, which include a site's decisions over the API."""
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for day, key, number in tallies.by_day(session, site_ids, "decided", days[0].isoformat()):
        outcome, kind = key.split(" ")
        counts[day, outcome, "policy" if kind == "policy" else "people"] += number
    outcome_plots = []
    for kind, title in (("policy", "By the policy"), ("people", "By people")):
        series = [
            Series(name, look, [counts[day.isoformat(), look, kind] for day in days])
            for look, name in _OUTCOMES
            if kind == "policy" or look != "flagged"
        ]
        totals = {line.name: int(sum(value or 0 for value in line.values)) for line in series}
        totals_in_words = ", ".join(f"{number:,} {name.lower()}" for name, number in totals.items())
        undone = sum(counts[day.isoformat(), "undone", kind] for day in days)
        note = f"{totals_in_words}." + (f" {undone:,} taken back." if undone else "")
        outcome_plots.append(
            plots.stacked(
                title, [_name(day) for day in days], series, summary=f"{title}, by day: {totals_in_words}.", note=note
            )
        )
    return outcome_plots


def _queue(session: Session, site_ids: Collection[str], days: Sequence[date]) -> list[Plot]:
    samples = tallies.queue_samples(session, site_ids, days[0].isoformat())
    if len(days) == PERIODS[0]:
        points = [
            (f"{_name(day)}, {hour:02}:00", [f"{day.isoformat()} {hour:02}"]) for day in days for hour in range(24)
        ]
    else:
        points = [(_name(day), [f"{day.isoformat()} {hour:02}" for hour in range(24)]) for day in days]
    moments = [name for name, _ in points]
    size, age = (
        [max((samples[hour][which] for hour in hours if hour in samples), default=None) for _, hours in points]
        for which in (0, 1)
    )
    waits: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for day, key, number in tallies.by_day(session, site_ids, "wait", days[0].isoformat()):
        waits[day].append((int(key), number))
    medians = [tallies.median(waits[day.isoformat()]) for day in days]
    measured = [seconds for seconds in medians if seconds is not None]
    most, oldest = max((number or 0 for number in size), default=0), max((seconds or 0 for seconds in age), default=0)
    longest = wording.short_duration(max(measured)) if measured else "nothing"
    return [
        plots.line(
            "Waiting in the queue", moments, Series("Waiting", "seen", size), summary=f"At most {most:,} waited."
        ),
        plots.line(
            "Age of the oldest",
            moments,
            Series("Age", "seen", age),
            summary=f"The oldest waited {wording.short_duration(oldest)} at most.",
            times=True,
        ),
        plots.line(
            "Median wait for a person",
            [_name(day) for day in days],
            Series("Median", "seen", medians),
            summary=f"The median of a day was {longest} at most.",
            times=True,
        ),
    ]


def _scores(session: Session, site_ids: Collection[str], since: str) -> list[Plot]:
    counts: dict[str, list[int]] = {}
    for key, number in tallies.in_all(session, site_ids, "score", since).items():
        label, at = key.split(" ")
        counts.setdefault(label, [0] * tallies.BINS)[int(at)] += number
    return [plots.histogram(wording.named(label), counts[label]) for label in _ordered(counts)]


def _agreement(session: Session, site_ids: Collection[str], since: str) -> list[Plot]:
    """Plots of how often people reject, by score: for all labels together, then for each with enough decisions."""
    cells: dict[str, list[list[int]]] = defaultdict(lambda: [[0, 0] for _ in range(tallies.BANDS)])
    for key, number in tallies.in_all(session, site_ids, "agree", since).items():
        label, band, status = key.split(" ")
        for name in (label, ""):
            cells[name][int(band)][1] += number
            cells[name][int(band)][0] += number if status == "rejected" else 0
    if not cells:
        return []
    label_plots = []
    for label in ("", *_ordered({name for name in cells if name})):
        decided = sum(of for _, of in cells[label])
        if label and decided < LEAST_DECIDED:
            continue
        rejected = sum(number for number, _ in cells[label])
        title = wording.named(label) if label else "All labels"
        label_plots.append(
            plots.shares(
                title,
                [(max(0, number), max(0, of)) for number, of in cells[label]],
                summary=f"{title}: people decided {decided:,} comments, and rejected {rejected:,}.",
                note=f"{decided:,} decided by people.",
                wide=not label,
            )
        )
    return label_plots


def _people(session: Session, site_ids: Collection[str], days: Sequence[date]) -> list[Plot]:
    """A plot for each person: decisions by day, and the time between two decisions."""
    since = days[0].isoformat()
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for day, actor, number in tallies.by_day(session, site_ids, "person", since):
        counts[actor][day] += number
    paces: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, number in tallies.in_all(session, site_ids, "pace", since).items():
        actor, bucket = key.rsplit(" ", 1)
        paces[actor].append((int(bucket), number))
    busiest = sorted(counts, key=lambda actor: -sum(counts[actor].values()))[:MOST_PEOPLE]
    people = names.of_people(session, busiest)
    person_plots = []
    for actor in busiest:
        total, pace, name = sum(counts[actor].values()), tallies.median(paces[actor]), people.get(actor, actor)
        a_day = wording.counted(total, "{} decision", "{} decisions")
        a_day += f", {total / len(counts[actor]):,.0f} on a day with any"
        note = f"{a_day}. Median {wording.short_duration(pace)} from one to the next." if pace else f"{a_day}."
        series = Series("Decisions", "seen", [counts[actor][day.isoformat()] for day in days])
        person_plots.append(
            plots.stacked(name, [_name(day) for day in days], [series], summary=f"{name}: {a_day}.", note=note)
        )
    return person_plots


def _ordered(labels: Collection[str]) -> list[str]:
    """The labels in the classifier's order, then those that it no longer has."""
    return [label for label in LABELS if label in labels] + sorted(set(labels) - set(LABELS))


ROUTES = (("/statistics", "GET", show_stats), ("/statistics/file", "GET", export_stats))
