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
from moderation.decisions.second_looks import Agreement, Pair, agreement, answered, mistakes, of_people
from moderation.history import tallies
from service import forms
from service.console import access, exports, names, plots
from service.console.plots import Plot, Series
from service.console.statistics import figures, sheet
from service.console.statistics.figures import Figure, Teammate
from service.context import context
from texts import translation, wording
from texts.translation import decimal, gettext, later, ngettext

PERIODS = (7, 30, 90)
#: How many people have a plot on the page: those who decided most.
MOST_PEOPLE = 12
#: A label with fewer decisions by people has no plot of its own.
LEAST_DECIDED = 10

_OUTCOMES = (("published", later("Published")), ("flagged", later("Held")), ("rejected", later("Rejected")))
#: What second looks are compared in, beside the labels; `wording.label` says it.
_DECISION = later("Decision")
#: Who decided -> the title of the plot, the plot in a sentence, and what came of it.
_BY = {
    "policy": (
        later("By the policy"),
        later("By the policy, by day: %(totals)s"),
        later("%(published)s published, %(flagged)s held, %(rejected)s rejected."),
    ),
    "people": (
        later("By people"),
        later("By people, by day: %(totals)s"),
        later("%(published)s published, %(rejected)s rejected."),
    ),
}


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
    page = context().store.read_behind(_read)
    return render_template("console/statistics/stats.html", page=page, periods=PERIODS)


def export_stats() -> ResponseReturnValue:
    """What the page shows as a CSV file. It is for programs as well, so its names are English."""
    with translation.in_language(translation.SOURCE):
        page = context().store.read_behind(_read)
        looks = page.second_looks
        days = {name: day.isoformat() for name, day in zip(_names(page.days), page.days, strict=True)}
        rows = list(sheet.rows(page.headlines, page.team, page.people, page.plots, days, second_looks=looks))
    slot = exports.take_slot(access.actor())
    body = exports.lines(rows, columns=sheet.COLUMNS, form="csv")
    return exports.send(body, slot, name="statistics", form="csv", total=(len(rows), True))


def _read(session: Session) -> Page:
    days = _days()
    since, period = days[0].isoformat(), figures.of_days(len(days), days[-1])
    chosen = request.args.get("site") if request.args.get("site") in access.roles() else None
    sites, site_ids = names.of_own_sites(session, chosen=chosen), [chosen] if chosen else access.in_use()
    started = clock.now() - timedelta(days=len(days))
    own = [site_id for site_id in site_ids if access.may(site_id, "admin")]
    looks = answered(session, site_ids, started)
    own_looks = looks if set(own) == set(site_ids) else answered(session, own, started)
    team = figures.team(session, site_ids, period, own=own, looks=of_people(own_looks))
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
        second_looks(looks),
        mistakes(looks),
    )


def second_looks(looks: Sequence[Pair]) -> dict[str, list[Agreement]]:
    """How far second looks agree with the first decision, of moderators and of the policy."""
    return {
        "moderators": [row for row in agreement(looks) if row.pairs],
        "policy": [row for row in agreement(looks, of="policy") if row.pairs],
    }


def _days() -> list[date]:
    chosen = forms.argument("days")
    number = int(chosen) if chosen in {str(period) for period in PERIODS} else PERIODS[0]
    today = clock.now().date()
    return [today - timedelta(days=back) for back in range(number - 1, -1, -1)]


def _names(days: Sequence[date]) -> list[str]:
    """What plots call these days."""
    return [wording.short_day(datetime(day.year, day.month, day.day)) for day in days]


def _decisions(session: Session, site_ids: Collection[str], days: Sequence[date]) -> list[Plot]:
    """Plots of the policy's decisions and of people's, which include a site's decisions over the API."""
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for day, key, number in tallies.by_day(session, site_ids, "decided", days[0].isoformat()):
        outcome, kind = key.split(" ")
        counts[day, outcome, "policy" if kind == "policy" else "people"] += number
    outcome_plots, names = [], _names(days)
    for kind, (title, by_day, told) in _BY.items():
        series = [
            Series(gettext(name), look, [counts[day.isoformat(), look, kind] for day in days])
            for look, name in _OUTCOMES
            if kind == "policy" or look != "flagged"
        ]
        totals = gettext(told, **{line.look: decimal(int(sum(value or 0 for value in line.values))) for line in series})
        undone = sum(counts[day.isoformat(), "undone", kind] for day in days)
        note = [totals] + ([ngettext("%(number)s taken back.", "%(number)s taken back.", undone)] if undone else [])
        outcome_plots.append(
            plots.stacked(
                gettext(title),
                names,
                series,
                summary=gettext(by_day, totals=totals),
                note=" ".join(note),
            )
        )
    return outcome_plots


def _queue(session: Session, site_ids: Collection[str], days: Sequence[date]) -> list[Plot]:
    samples, names = tallies.queue_samples(session, site_ids, days[0].isoformat()), _names(days)
    if len(days) == PERIODS[0]:
        points = [
            (f"{name}, {hour:02}:00", [f"{day.isoformat()} {hour:02}"])
            for day, name in zip(days, names, strict=True)
            for hour in range(24)
        ]
    else:
        points = [
            (name, [f"{day.isoformat()} {hour:02}" for hour in range(24)])
            for day, name in zip(days, names, strict=True)
        ]
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
    longest = wording.short_duration(max(measured)) if measured else gettext("nothing")
    return [
        plots.line(
            gettext("Waiting in the queue"),
            moments,
            Series(gettext("Waiting"), "seen", size),
            summary=ngettext("At most %(number)s waited.", "At most %(number)s waited.", most),
        ),
        plots.line(
            gettext("Age of the oldest"),
            moments,
            Series(gettext("Age"), "seen", age),
            summary=gettext("The oldest waited %(time)s at most.", time=wording.short_duration(oldest)),
            times=True,
        ),
        plots.line(
            gettext("Median wait for a person"),
            names,
            Series(gettext("Median"), "seen", medians),
            summary=gettext("The median of a day was %(time)s at most.", time=longest),
            times=True,
        ),
    ]


def _scores(session: Session, site_ids: Collection[str], since: str) -> list[Plot]:
    counts: dict[str, list[int]] = {}
    for key, number in tallies.in_all(session, site_ids, "score", since).items():
        label, at = key.split(" ")
        counts.setdefault(label, [0] * tallies.BINS)[int(at)] += number
    return [plots.histogram(wording.label(label), counts[label]) for label in _ordered(counts)]


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
        title = wording.label(label) if label else gettext("All labels")
        label_plots.append(
            plots.shares(
                title,
                [(max(0, number), max(0, of)) for number, of in cells[label]],
                summary=ngettext(
                    "%(title)s: people decided %(number)s comment, and rejected %(rejected)s.",
                    "%(title)s: people decided %(number)s comments, and rejected %(rejected)s.",
                    decided,
                    title=title,
                    rejected=decimal(rejected),
                ),
                note=ngettext("%(number)s decided by people.", "%(number)s decided by people.", decided),
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
    person_plots, names_of_days = [], _names(days)
    highest = max((number for actor in busiest for number in counts[actor].values()), default=0)
    for actor in busiest:
        total, pace, name = sum(counts[actor].values()), tallies.median(paces[actor]), people.get(actor, actor)
        told = [
            ngettext(
                "%(number)s decision, %(a_day)s on a day with any.",
                "%(number)s decisions, %(a_day)s on a day with any.",
                total,
                a_day=decimal(round(total / len(counts[actor]))),
            )
        ]
        summary = gettext("%(name)s: %(told)s", name=name, told=told[0])
        if pace:
            told.append(gettext("Median %(time)s from one to the next.", time=wording.short_duration(pace)))
        series = Series(gettext("Decisions"), "seen", [counts[actor][day.isoformat()] for day in days])
        note = " ".join(told)
        person_plots.append(plots.stacked(name, names_of_days, [series], summary=summary, note=note, highest=highest))
    return person_plots


def _ordered(labels: Collection[str]) -> list[str]:
    """The labels in the classifier's order, then those that it no longer has."""
    return [label for label in LABELS if label in labels] + sorted(set(labels) - set(LABELS))


ROUTES = (("/statistics", "GET", show_stats), ("/statistics/file", "GET", export_stats))
