"""All comments of the sites that somebody may see: searching them, and taking what was found away as a file."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from models import LABELS
from moderation import audit, clock
from moderation.history import search
from moderation.tables import Comment
from service import forms
from service.console import access, exports, names
from service.console.comments import comment_search, second_look
from service.context import context

PAGE = 50
#: Counting further would tell nobody more.
COUNT_UP_TO = 10_000


def list_comments() -> ResponseReturnValue:
    """The latest first; a search that no index answers says how far it looked, and offers to go on."""
    asked = comment_search.read()
    before = forms.identifier("before", "c")
    with context().store.read() as session:
        part = search.find(session, asked.search, before=before, limit=PAGE)
        number, exact = search.count(session, asked.search, most=COUNT_UP_TO)
        sites = names.of_own_sites(session)
        hidden = second_look.hidden(session, part.rows)
    # To be found by how it was decided or scored would tell as much.
    left_out = hidden if {"status", "label"} & set(asked.fields) else set()
    return render_template(
        "console/comments/comments.html",
        comments=[one for one in part.rows if one.id not in left_out],
        hidden=hidden,
        left_out=len(left_out),
        fields=asked.fields,
        more=asked.more,
        number=number,
        exact=exact,
        next=part.next[-1] if part.next else None,
        stopped_at=clock.moment_of(part.stopped_at[-1]) if part.stopped_at else None,
        is_first=before is None,
        sites=sites,
        site_of=dict(sites),
        statuses=comment_search.CHOICES,
        labels=LABELS,
        may_export=access.may_anywhere("moderator"),
    )


def export_comments() -> ResponseReturnValue:
    """Everything that the page's filters find on the sites where the person is a moderator, as CSV or NDJSON."""
    asked = comment_search.read("moderator")
    if not asked.search.site_ids:
        abort(403, "Exporting takes the role of a moderator.")
    slot = exports.take_slot()
    try:
        return _export(asked, slot)
    except BaseException:
        slot.release()
        raise


def _export(asked: comment_search.Asked, slot: exports.Slot) -> ResponseReturnValue:
    store, wanted, form = context().store, asked.search, exports.chosen_format()
    with store.read() as session:
        total = search.count(session, wanted, most=exports.COUNT_UP_TO, look=exports.LOOK)
        sites = dict(names.of_own_sites(session))
    # What was asked for may name a person, so the audit has which filters there were, and not what they held.
    detail = {"format": form, "filters": sorted(asked.fields), "comments": total[0], "all_counted": total[1]}
    with store.write() as session:
        rows = [
            audit.row("comments.exported", actor=access.actor(), site_id=site_id, detail=detail)
            for site_id in wanted.site_ids
        ]
        audit.record(session, rows)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    lines = exports.lines(
        (row for page in search.everything(store, wanted) for row in _rows(app, page, sites, form)),
        columns=exports.COMMENT_COLUMNS,
        form=form,
    )
    return exports.send(lines, slot, name="comments", form=form, total=total)


def _rows(app: Flask, page: Sequence[Comment], sites: dict[str, str], form: str) -> list[dict[str, object]]:
    """A page of the file. It is sent after the request has ended, so the app is given."""
    with app.app_context():
        return [exports.comment_row(one, sites.get(one.site_id, ""), flat=form == "csv") for one in page]


ROUTES = (
    ("/comments", "GET", list_comments),
    ("/comments/export", "POST", export_comments),
)
