"""The page of all comments of the sites that the person may see: a search, and its export as a file."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from models import LABELS
from moderation import audit, clock
from moderation.finding import names as names_meant
from moderation.finding import search
from moderation.tables import Comment
from service.console import access, comment_search, exports, names
from service.console.card import second_look
from service.console.comments import rows
from service.context import context
from texts.translation import gettext

PAGE = 50
#: Comments are counted up to this number.
COUNT_UP_TO = 10_000


def list_comments() -> ResponseReturnValue:
    """The page, the latest first. A search that no index can answer says how far it looked, and offers to go on."""
    query, before = comment_search.read(), comment_search.place()
    seen_at = clock.now().isoformat()
    with context().store.read() as session:
        criteria = names_meant.resolve(session, query.search)
        part = search.find(session, criteria, before=before, limit=PAGE)
        number, exact = search.count(session, criteria, most=COUNT_UP_TO)
        sites = names.of_own_sites(session, chosen=query.fields.get("site"))
        hidden = second_look.hidden(session, part.rows)
        colleagues = names.of_colleagues(session, access.roles())
        # A search by status, score or who decided would reveal the hidden decision.
        left_out = hidden if query.tells_decisions else set()
        return render_template(
            "console/comments/comments.html",
            rows=rows.build(session, [one for one in part.rows if one.id not in left_out], hidden),
            left_out=len(left_out),
            query=query,
            criteria=criteria,
            order=criteria.shown_order(),
            authors=names_meant.authors_of(session, criteria),
            number=number,
            exact=exact,
            next=search.as_text(part.next) if part.next else None,
            of_last=part.of_last,
            stopped_at=search.moment_of(part.stopped_at) if part.stopped_at else None,
            is_first=before is None,
            sites=sites,
            colleagues=colleagues,
            in_use=comment_search.in_words(query.fields, colleagues),
            choices=comment_search,
            labels=LABELS,
            seen_at=seen_at,
            may_decide=access.may_anywhere("moderator"),
        )


def export_comments() -> ResponseReturnValue:
    """All comments of the page's filters, on the sites where the person is a moderator, as CSV or NDJSON."""
    query = comment_search.read("moderator")
    if not query.search.site_ids:
        abort(403, gettext("Exporting takes the role of a moderator."))
    slot = exports.take_slot(access.actor())
    try:
        return _export(query, slot)
    except BaseException:
        slot.release()
        raise


def _export(query: comment_search.Query, slot: exports.Slot) -> ResponseReturnValue:
    store, form = context().store, exports.chosen_format()
    with store.read() as session:
        criteria = names_meant.resolve(session, query.search)
        total = search.count(session, criteria, most=exports.COUNT_UP_TO, look=exports.LOOK)
        sites = names.of_sites(session, access.roles())
    # The values of filters may name a person, so the audit has only the names of the filters.
    detail = {"format": form, "filters": sorted(query.fields), "comments": total[0], "all_counted": total[1]}
    with store.write() as session:
        rows = [
            audit.row("comments.exported", actor=access.actor(), site_id=site_id, detail=detail)
            for site_id in criteria.site_ids
        ]
        audit.record(session, rows)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    lines = exports.lines(
        (row for page in search.read_all(store, criteria) for row in _rows(app, page, sites, form)),
        columns=exports.COMMENT_COLUMNS,
        form=form,
    )
    return exports.send(lines, slot, name="comments", form=form, total=total)


def _rows(app: Flask, page: Sequence[Comment], sites: dict[str, str], form: str) -> list[dict[str, object]]:
    """The rows for a page of comments. The file is sent after the request has ended, so it needs the app."""
    with app.app_context():
        return [exports.comment_row(comment, sites.get(comment.site_id, ""), flat=form == "csv") for comment in page]


ROUTES = (
    ("/comments", "GET", list_comments),
    ("/comments/export", "POST", export_comments),
)
