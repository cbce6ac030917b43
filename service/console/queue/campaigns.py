"""Campaigns: groups of comments that say nearly the same, with those that readers see, how they grow and by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.review import campaigns, fingerprints, groups
from moderation.review.campaigns import Place, Size
from moderation.tables import Comment
from service import forms
from service.console import access, names, plots
from service.console.card import links, second_look
from service.console.plots import Plot, Series
from service.context import context
from texts import wording
from texts.translation import decimal, gettext, later

#: Groups on a page, and comments of a group.
GROUPS, PAGE = 25, 50
#: So many of a group's latest comments are looked at for authors, pages and growth: in the list, and on its page.
SAMPLED, LOOKED_AT = 200, 2_000
ORDERS = {"latest": later("Latest first"), "largest": later("Largest first")}
#: A group that is younger is drawn by hours, else by days.
_BY_HOURS = timedelta(hours=48)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MOST_BARS = 31
#: What the two plots are called, and what they say, by the hour and by the day.
_COMMENTS = {
    _HOUR: (later("Comments per hour"), later("Comments per hour, %(zone)s: at most %(number)s, %(when)s.")),
    _DAY: (later("Comments per day"), later("Comments per day, %(zone)s: at most %(number)s, %(when)s.")),
}
_AUTHORS = {
    _HOUR: (later("Authors per hour"), later("Different authors per hour, %(zone)s: at most %(number)s.")),
    _DAY: (later("Authors per day"), later("Different authors per day, %(zone)s: at most %(number)s.")),
}
_NAMED = {"published": later("Readers see it"), "flagged": later("Held"), "rejected": later("Rejected")}
#: Of a place in the list: microseconds since 1970 have so many until the year 2286.
_DIGITS = 16
_COLUMNS = (Comment.site_id, Comment.author_key, Comment.ip, Comment.thread, Comment.status)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A group as its line in the list, and the head of its page, show it."""

    group_id: str
    sizes: Sequence[Size]
    #: What became of its comments: status -> how many, counted up to `campaigns.COUNT_UP_TO` + 1.
    statuses: dict[str, int]
    #: Of how many of its latest comments the authors and pages are, and how many of them came in the last hour and day.
    looked_at: int
    authors: int
    threads: int
    last_hour: int
    last_day: int
    #: One of its comments.
    example: Comment | None
    may_decide: bool

    @property
    def number(self) -> int:
        """How many came."""
        return sum(size.number for size in self.sizes)

    @property
    def first_at(self) -> datetime:
        return min(size.first_at for size in self.sizes)

    @property
    def last_at(self) -> datetime:
        return max(size.last_at for size in self.sizes)


def list_campaigns() -> ResponseReturnValue:
    """The groups of at least three comments, by the moment of their last, or by their number."""
    order = cast("campaigns.Order", forms.argument("order") if forms.argument("order") in ORDERS else "latest")
    site_id = forms.argument("site") if forms.argument("site") in access.in_use() else ""
    little = request.args.get("short") == "1"
    sites = [site_id] if site_id else access.in_use()
    with context().store.read() as session:
        listed, more = campaigns.listed(session, sites, order, little=little, after=_place(order), limit=GROUPS)
        sizes = campaigns.sizes(session, listed, sites)
        found = [_campaign(session, group_id, sizes[group_id]) for group_id in listed if group_id in sizes]
        own = names.of_own_sites(session)
    chosen = {"site": site_id, "order": "" if order == "latest" else order, "short": "1" if little else ""}
    return render_template(
        "console/queue/campaigns.html",
        campaigns=found,
        sites=own,
        site_of=dict(own),
        site_id=site_id,
        order=order,
        orders=ORDERS,
        little=little,
        most=campaigns.COUNT_UP_TO,
        sampled=SAMPLED,
        is_first=_place(order) is None,
        next=None if more is None else {name: value for name, value in chosen.items() if value} | _address(more),
    )


def show_group(group_id: str) -> ResponseReturnValue:
    """A group: how it grew, by whom, what became of its comments, and the comments, oldest first."""
    access.require_id("g", group_id)
    after = forms.identifier("after", "c") or ""
    sites = access.in_use()
    with context().store.read() as session:
        sizes = campaigns.sizes(session, [group_id], sites).get(group_id, [])
        ids = _members(session, group_id, sites, after)
        comments = session.scalars(select(Comment).where(Comment.id.in_(ids[:PAGE])).order_by(Comment.id)).all()
        latest = campaigns.latest(session, group_id, [size.site_id for size in sizes], _COLUMNS, LOOKED_AT)
        waiting = groups.count(session, [group_id], sites).get(group_id, 0)
        if not comments and not sizes and not after:
            abort(404)
        return render_template(
            "console/queue/group.html",
            group_id=group_id,
            campaign=_campaign(session, group_id, sizes, latest) if sizes else None,
            waiting=waiting,
            plots=growth(latest, sum(size.number for size in sizes)) if len(latest) > 1 else [],
            comments=comments,
            segments=_marked([comment.comment for comment in comments]),
            hidden=second_look.hidden(session, comments),
            places=links.places(session, comments),
            most=campaigns.COUNT_UP_TO,
            site_names=names.of_sites(session, {comment.site_id for comment in comments}),
            next=ids[PAGE - 1] if len(ids) > PAGE else None,
            may_decide=any(
                access.may(site_id, "moderator")
                for site_id in {size.site_id for size in sizes} | {comment.site_id for comment in comments}
            ),
        )


def growth(latest: Sequence[Any], number: int) -> list[Plot]:
    """Two plots: a group's comments by what became of them, and how many authors wrote them, by the hour or the day.

    `latest` are rows of the group's latest comments, of `number` in all.
    """
    moments = [clock.moment_of(row.id) for row in latest]
    zone = wording.clock_at(min(moments))
    moments = [moment.astimezone(zone) for moment in moments]
    first, last = min(moments), max(moments)
    step = _HOUR if last - first < _BY_HOURS else _DAY
    begin = first.replace(minute=0, second=0, microsecond=0, hour=first.hour if step == _HOUR else 0)
    bars = (last - begin) // step + 1
    if bars > _MOST_BARS and step == _HOUR:
        step, begin = _DAY, begin.replace(hour=0)
        bars = (last - begin) // step + 1
    begin += max(0, bars - _MOST_BARS) * step
    bars = min(bars, _MOST_BARS)
    ticks = [wording.short_day(begin + at * step, hours=step == _HOUR) for at in range(bars)]
    by_status: dict[str, list[float]] = {status: [0.0] * bars for status in _NAMED}
    authors: list[set[str]] = [set() for _ in range(bars)]
    for row, moment in zip(latest, moments, strict=True):
        if moment >= begin:
            at = (moment - begin) // step
            authors[at].add(row.author_key or row.ip or "")
            if row.status in by_status:
                by_status[row.status][at] += 1
    return [
        _by_status(step, zone, ticks, by_status, of_all=(len(latest), number)),
        _by_author(step, zone, ticks, [float(len(found)) for found in authors]),
    ]


def _by_status(
    step: timedelta,
    zone: timezone,
    ticks: Sequence[str],
    numbers: Mapping[str, list[float]],
    *,
    of_all: tuple[int, int],
) -> Plot:
    """Comments by what became of them. `of_all` is how many were looked at, and of how many."""
    title, summary = _COMMENTS[step]
    busiest = max(range(len(ticks)), key=lambda at: sum(values[at] for values in numbers.values()))
    most = int(sum(values[busiest] for values in numbers.values()))
    looked_at, number = (decimal(one) for one in of_all)
    note = gettext("Of the latest %(latest)s, of %(number)s.", latest=looked_at, number=number)
    return plots.stacked(
        gettext(title),
        ticks,
        [Series(gettext(_NAMED[status]), status, values) for status, values in numbers.items()],
        summary=gettext(summary, zone=zone, number=decimal(most), when=ticks[busiest]),
        note=note if of_all[1] > of_all[0] else "",
    )


def _by_author(step: timedelta, zone: timezone, ticks: Sequence[str], numbers: Sequence[float]) -> Plot:
    """How many different authors there were."""
    title, summary = _AUTHORS[step]
    return plots.line(
        gettext(title),
        ticks,
        Series(gettext("Authors"), "neutral", numbers),
        summary=gettext(summary, zone=zone, number=decimal(int(max(numbers)))),
    )


def _campaign(session: Session, group_id: str, sizes: Sequence[Size], latest: Sequence[Any] | None = None) -> Campaign:
    sites = [size.site_id for size in sizes]
    rows = latest or campaigns.latest(session, group_id, sites, _COLUMNS, SAMPLED)
    moment = clock.now()
    hour, day = (clock.first_id("c", moment - span) for span in (_HOUR, _DAY))
    return Campaign(
        group_id=group_id,
        sizes=sizes,
        statuses=campaigns.counts(session, group_id, sites),
        looked_at=len(rows),
        authors=len({row.author_key or row.ip or "" for row in rows}),
        threads=len({(row.site_id, row.thread) for row in rows}),
        last_hour=sum(row.id >= hour for row in rows),
        last_day=sum(row.id >= day for row in rows),
        example=session.get(Comment, rows[0].id) if rows else None,
        may_decide=any(access.may(site_id, "moderator") for site_id in sites),
    )


def _members(session: Session, group_id: str, sites: Sequence[str], after: str) -> list[str]:
    """The ids of the next members. What waited before groups were kept is a member by its review item alone."""
    waiting = session.execute(groups.members(group_id, sites, after=after).limit(PAGE + 1))
    ids = {row.comment_id for row in waiting}
    ids.update(campaigns.members(session, group_id, sites, after=after, limit=PAGE + 1))
    return sorted(ids)[: PAGE + 1]


def _marked(texts: Sequence[str]) -> list[list[tuple[str, bool]]]:
    """Each text in runs: its words, and whether most of these texts have them."""
    marked = []
    for text, runs in zip(texts, fingerprints.common_parts(list(texts)), strict=True):
        pieces, at = [], 0
        for start, end in runs:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
        marked.append([piece for piece in (*pieces, (text[at:], False)) if piece[0]])
    return marked


def _place(order: str) -> Place | None:
    """Where the page begins, as its address says."""
    group_id, value = forms.argument("after"), forms.argument("at")
    if not (clock.is_id("g", group_id) and value.isdecimal() and len(value) <= _DIGITS):
        return None
    return Place(int(value) if order == "largest" else _moment(int(value)), group_id)


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(0, clock.now().tzinfo) + timedelta(microseconds=microseconds)


def _address(place: Place) -> dict[str, str]:
    epoch = datetime.fromtimestamp(0, clock.now().tzinfo)
    value = place.value if isinstance(place.value, int) else (place.value - epoch) // timedelta(microseconds=1)
    return {"after": place.group_id, "at": str(value)}


ROUTES = (
    ("/campaigns", "GET", list_campaigns),
    ("/groups/<group_id>", "GET", show_group),
)
