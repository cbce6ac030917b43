"""The page of the review queue: comments that wait for a person, most urgent first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.review import case_pages, review_counts, review_items, saved_filters
from moderation.review.cases import PUT_OFF
from moderation.tables import Comment, ReviewItem
from moderation.webhooks import endpoints
from service.console import access, holding, names
from service.console.card import cards
from service.console.queue import cases as case_forms
from service.console.queue import pausing, queue_filters
from service.console.queue.saved_filters import may_share
from service.context import context

PAGE = 20
#: The numbers of waiting comments are shown for at most so many sites.
SITES_COUNTED = 50


def show_queue() -> ResponseReturnValue:
    """A page of cards. The address has the filters and the position where the page begins."""
    beginning = request.args.get("after")
    with context().store.read() as session:
        saved = saved_filters.of_person(session, access.user().id, access.roles())
        for first in (one for one in saved if one.id == access.user().default_filter and not request.args):
            return redirect(url_for("console.show_queue", **first.query))
        sites = names.of_own_sites(session)
        query = queue_filters.read([site_id for site_id, _ in sites], access.user().id)
        site_ids = [query.site_id] if query.site_id else access.in_use()
        reminder = pausing.read(session)
        is_enough = reminder is not None and reminder.kind == "cap"
        rows, next_page, page = _NOTHING if is_enough else _read(session, site_ids, query, beginning)
        left_out = review_counts.left_out(session, site_ids, access.actor())
        counted = review_counts.counts(session, site_ids, left_out)
        tabs, all_counted = review_counts.by_kind(session, site_ids, query.filters, counted["kind"], left_out)
        administered = [site_id for site_id in site_ids if access.may(site_id, "admin")]
        return render_template(
            "console/queue/queue.html",
            cards=cards.build(session, rows),
            case_tabs=_case_tabs(session, site_ids, query),
            colleagues=case_forms.colleagues(session) if access.may_anywhere("moderator") else [],
            waiting=review_counts.capped(tabs.values()),
            tabs=None if query.values.get("q") else tabs,
            all_counted=all_counted,
            kinds=names.TABS,
            case_kinds=names.CASE_TABS,
            query=query,
            saved=saved,
            may_share=may_share,
            names=queue_filters.NAMES,
            options=queue_filters.options(query, counted, access.languages()),
            orders=queue_filters.ORDERS,
            sites=sites,
            waiting_on=_waiting_on(session, access.in_use(), None if query.site_id else left_out),
            in_words=queue_filters.in_words,
            number=queue_filters.number,
            reminder=reminder,
            is_first=read_position(beginning) is None and read_place(beginning) is None,
            page=page,
            next=next_page,
            failing=Counter(endpoints.failing(session, administered).values()),
            site_names=dict(sites),
            holding=holding.told(session, sites),
            seen_at=clock.now().isoformat(),
            may_decide=lambda site_id: access.may(site_id, "moderator"),
            may_decide_any=access.may_anywhere("moderator"),
        )


#: The comments of the page with their open items, where the next page begins, and the page of the queue.
_Read = tuple[list[tuple[Comment, list[ReviewItem]]], str | None, review_items.Page]
_NOTHING: _Read = ([], None, review_items.Page([], None, 0))


def _read(session: Session, site_ids: Collection[str], query: queue_filters.Query, beginning: str | None) -> _Read:
    if query.shows_put_off:
        return _read_put_off(session, site_ids, query, beginning)
    # Without a filter, one index holds the queue of all sites in order; also of archived ones, where there are any.
    sees_all = query.site_id is None and access.user().role != "none" and len(site_ids) == len(access.roles())
    after, on_sites = read_position(beginning), None if sees_all else site_ids
    page = review_items.page(session, on_sites, query.filters, query.order, after=after, limit=PAGE)
    return with_all_items(session, page.rows, query.filters.not_for), write_position(page.next), page


def with_all_items(
    session: Session, rows: Collection[tuple[ReviewItem, Comment]], person: str | None
) -> list[tuple[Comment, list[ReviewItem]]]:
    """Each comment once, with all its open items but those that `person` may not take.

    A comment that is flagged and reported is decided once.
    """
    comments = {comment.id: comment for _, comment in rows}
    return _with_items(session, list(comments.values()), person, _OPEN_ITEMS)


def _with_items(
    session: Session, comments: Sequence[Comment], person: str | None, query: Select[ReviewItem]
) -> list[tuple[Comment, list[ReviewItem]]]:
    items: dict[str, list[ReviewItem]] = {comment.id: [] for comment in comments}
    for item in session.scalars(query, {"ids": list(items), "person": person or ""}):
        items[item.comment_id].append(item)
    return [(comment, items[comment.id]) for comment in comments]


# Built once, because building one takes longer than running it.
_ITEMS = (
    select(ReviewItem)
    .where(
        ReviewItem.comment_id.in_(bindparam("ids", expanding=True)),
        or_(ReviewItem.not_for.is_(None), ReviewItem.not_for != bindparam("person")),
    )
    .order_by(ReviewItem.id)
)
_OPEN_ITEMS, _PUT_OFF_ITEMS = _ITEMS.where(ReviewItem.is_open), _ITEMS.where(ReviewItem.outcome == PUT_OFF)


def _read_put_off(
    session: Session, site_ids: Collection[str], query: queue_filters.Query, beginning: str | None
) -> _Read:
    """As `_read`, with a page of the queue with nothing on it."""
    comments, ended = case_pages.put_off(session, site_ids, query.filters, after=read_place(beginning), limit=PAGE)
    rows = _with_items(session, comments, query.filters.not_for, _PUT_OFF_ITEMS)
    return rows, write_place(ended), review_items.Page([], None, len(rows))


def _case_tabs(session: Session, site_ids: Collection[str], query: queue_filters.Query) -> dict[str, int]:
    """How many comments the tabs beside the queue's have."""
    turn = queue_filters.own_turn(access.user().id)
    return {
        names.TURN: case_pages.count_turn(session, site_ids, turn, query.filters),
        names.PUT_OFF: case_pages.count_put_off(session, site_ids, query.filters),
    }


def write_place(place: case_pages.Place | None) -> str | None:
    """The place where a page of what is put off ended, for the address of the next page."""
    return None if place is None else f"{clock.milliseconds(place[0])}-{place[1]}"


def read_place(text: str | None) -> case_pages.Place | None:
    """The place that `write_place` wrote; None for any other text."""
    at, _, comment_id = (text or "").partition("-")
    if not (re.fullmatch(r"[0-9]{1,13}", at) and clock.is_id("c", comment_id)):
        return None
    return clock.from_milliseconds(int(at)), comment_id


def write_position(position: review_items.Position | None) -> str | None:
    """The place where a page ended, for the address of the next page."""
    return None if position is None else f"{position.at}-{position.item_id}"


def read_position(text: str | None) -> review_items.Position | None:
    """The place that `write_position` wrote; None for any other text, which is the beginning."""
    at, _, item_id = (text or "").partition("-")
    if not (re.fullmatch(r"[0-9]{1,17}", at) and clock.is_id("q", item_id)):
        return None
    return review_items.Position(int(at), item_id)


def _waiting_on(
    session: Session, site_ids: Collection[str], left_out: review_counts.LeftOut | None
) -> review_counts.Counts:
    if not 1 < len(site_ids) <= SITES_COUNTED:
        return {}
    left_out = left_out or review_counts.left_out(session, site_ids, access.actor())
    return review_counts.for_person(session, site_ids, left_out)


ROUTES = (("/", "GET", show_queue),)
