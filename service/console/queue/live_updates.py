"""Live updates for open pages of the console: server-sent events, or answers when a page asks.

A stream holds a thread, so their number is limited. A page without a stream asks every few seconds.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Iterator
from queue import Empty
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from moderation import actors, clock
from moderation.people import accounts
from moderation.people.roles import archived, by_site
from moderation.review import claims
from moderation.store import AWAY
from moderation.tables import Comment, ReviewItem
from moderation.webhooks.console_channel import Message
from service.console import access, names
from service.console.queue import bulk, latest_change
from service.console.queue.subscription import Line, Wire
from service.context import Context, context
from texts import translation

#: How often a stream sends a heartbeat, and checks whether its reader may still read it.
HEARTBEAT_SECONDS = 5.0
#: After this time a page has to connect again, so that no page keeps its place for ever.
LONGEST_SECONDS = 300.0
RETRY_SECONDS = 10
#: Cards that a page may ask about in one request.
MOST_CARDS = 200
#: New items are counted from this long before the page's last request, because those may have been committed later.
_OVERLAP_MS = 3000
_COUNT_UP_TO = 100


class Reach(NamedTuple):
    """What the reader of a stream may hear of: their sites, and their own bulk jobs; an admin of all sites any job."""

    sites: Collection[str]
    #: Those of which nothing waits.
    archived: Collection[str]
    actor: str
    is_admin: bool

    def includes(self, message: Message) -> bool:
        """Whether a message is for this reader."""
        if message.job is not None:
            return self.is_admin or message.job.created_by == self.actor
        return message.site in self.sites and not (message.kind == "opened" and message.site in self.archived)


#: Gives what the reader of a stream may hear of now; None when their session has ended.
Allowed = Callable[[], Reach | None]


def init_app(app: Flask) -> None:
    """Make the wire, for an app that has its context already. Nothing is opened until a page listens."""
    context: Context = app.extensions["winnow"]
    app.extensions["winnow_wire"] = Wire(context.settings.redis_url, context.settings.event_streams)


def stream_events() -> ResponseReturnValue:
    """Server-sent events of the sites that the person may see. 503 when there is no room or no Redis."""
    wire: Wire = current_app.extensions["winnow_wire"]
    line = wire.join(access.actor())
    if line is None:
        return {"message": "Ask /console/changes instead."}, 503, {"Retry-After": str(RETRY_SECONDS)}
    store, token, language = context().store, access.session_token(), translation.current()

    def allowed() -> Reach | None:
        user = accounts.resume_session(store, token)
        if user is None:
            return None
        with store.read() as session:
            sites = by_site(session, user).keys()
            return Reach(sites, archived(session), actors.of_user(user.id), user.role == "admin")

    answer = Response(_tell(line, allowed, language), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.call_on_close(lambda: wire.leave(line))
    return answer


def show_changes() -> ResponseReturnValue:
    """The changes `since` (milliseconds since 1970): how many new items, and the present state of `cards`."""
    card_ids = [text for text in request.args.get("cards", "").split(",") if clock.is_id("c", text)][:MOST_CARDS]
    since = request.args.get("since", "")
    moment = now_ms()
    with context().store.read() as session:
        query = select(Comment).where(Comment.id.in_(card_ids), Comment.site_id.in_(access.roles()))
        rows = session.scalars(query).all()
        ids = [row.id for row in rows]
        open_items = select(ReviewItem.comment_id).where(ReviewItem.comment_id.in_(ids), ReviewItem.is_open)
        waiting = set(session.scalars(open_items))
        holders = claims.holders(session, ids)
        put_off = latest_change.put_off(session, ids)
        people = names.of_people(session, list(holders.values()))
        me = access.actor()
        shown = {
            row.id: {
                "version": row.version,
                "waits": row.id in waiting,
                "put_off": row.id in put_off,
                "message": None if row.id in waiting else put_off.get(row.id) or latest_change.tell(session, row),
                "by": people[holders[row.id]] if holders.get(row.id, me) != me else None,
            }
            for row in rows
        }
        opened = 0
        if re.fullmatch(r"[0-9]{1,14}", since):
            after = clock.from_milliseconds(int(since) - _OVERLAP_MS)
            new_items = select(ReviewItem.id).where(
                ReviewItem.site_id.in_(access.in_use()), ReviewItem.opened_at > after, ReviewItem.is_open
            )
            opened = session.scalar(select(func.count()).select_from(new_items.limit(_COUNT_UP_TO).subquery())) or 0
    return jsonify(now=moment, opened=opened, cards=shown)


def now_ms() -> int:
    """For templates: the moment at which this page was made, in milliseconds since 1970."""
    return clock.milliseconds(clock.now())


def _tell(line: Line, allowed: Allowed, language: str) -> Iterator[str]:
    """The stream's text. It ends after `LONGEST_SECONDS`, when Redis goes away, or when the reader's session ends."""
    began = time.monotonic()
    reach = allowed()
    yield f"retry: {1000 * RETRY_SECONDS}\nevent: connected\ndata: {{}}\n\n"
    beat = time.monotonic() + HEARTBEAT_SECONDS
    while reach is not None and time.monotonic() - began < LONGEST_SECONDS:
        if time.monotonic() >= beat:
            try:
                reach = allowed()
            except AWAY:
                return
            beat = time.monotonic() + HEARTBEAT_SECONDS
            yield ":\n\n" if reach is not None else "event: over\ndata: {}\n\n"
            continue
        try:
            message = line.messages.get(timeout=max(0.0, beat - time.monotonic()))
        except Empty:
            continue
        if message is None:
            return
        if reach.includes(message):
            with translation.in_language(language):  # the request has ended, and its language with it
                shown = json.dumps(_show(message))
            yield f"data: {shown}\n\n"


def _show(message: Message) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": message.kind, "comments": list(message.comments), "by": message.by}
    if message.job is None:
        return shown
    return shown | {"job": {"id": message.job.id} | bulk.show_progress(message.job)}


ROUTES = (
    ("/events", "GET", stream_events),
    ("/changes", "GET", show_changes),
)
