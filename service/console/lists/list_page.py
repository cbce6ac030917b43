"""A shared list: its entries with their hits, adding to it or importing a file, taking entries out, its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import clock
from moderation.history import list_hits
from moderation.policy import hidden_entries, list_imports, shared_lists
from moderation.policy.list_imports import MOST_BYTES, MOST_LINES, Imported, UnreadableFile
from moderation.policy.list_kinds import KINDS
from moderation.policy.shared_lists import Added, SharedListError
from moderation.tables import SharedList, SharedListEntry
from service import forms
from service.console import access, names
from service.console.lists import trials
from service.console.lists.lists import may_change, require_readable
from service.console.lists.trials import Trial
from service.console.retold import retold
from service.context import context
from texts.translation import gettext, later, ngettext

PAGE = 100
#: How far away the end of an entry may be.
FURTHEST = timedelta(days=3660)
#: Which entries the page has, and in which order.
ORDERS = {
    "latest": later("the latest first"),
    "hits": later("the most hits first"),
    "idle": later("only those without a hit"),
}
_ROOM = 256 * 1024
#: Characters that a page holds again after they were sent: browsers take long for tens of thousands of lines.
_MOST_AGAIN = 50_000


def allow_files() -> None:
    """Allow a list's file in the form; for `before_request`, before anything reads the form."""
    if request.endpoint == "console.add_entries":
        request.max_content_length = request.max_form_memory_size = MOST_BYTES + _ROOM


def show_list(list_id: str) -> ResponseReturnValue:
    with context().store.read() as session:
        row = require_readable(session, list_id)
        return _page(session, row)


def add_entries(list_id: str) -> ResponseReturnValue:
    """Add the entries of the form or of its file, or try them, or (without any) the list as it is, on past comments."""
    store = context().store
    action = forms.choice("action", ("try", "add"), gettext("Choose to try or to add."))
    if action == "add":
        access.require_everywhere("admin")
    text = forms.clean(request.form.get("entries", ""))
    with store.read() as session:
        row = require_readable(session, list_id)
        try:
            text = "\n".join(part for part in (text, _file()) if part.strip())
            imported = _read(session, list_id, text) if text or action == "add" else None
        except UnreadableFile as error:
            return _page(session, row, code=422, text=text, error=retold(str(error)))
        if imported is not None and imported.bad_lines:
            return _page(session, row, code=422, text=text, imported=imported)
        if action == "try":
            return _page(session, row, text=text, trial=trials.run(session, row, imported))
    assert imported is not None
    until = _until()
    try:
        added = shared_lists.add(store, list_id, imported, until=until, actor=access.actor())
    except SharedListError as error:
        with store.read() as session:
            return _page(session, row, code=422, text=text, error=retold(str(error)))
    flash(_told(added, imported.repeated), "good")
    span = "{}-{}".format(*added.numbers) if added.added else None
    return redirect(url_for("console.show_list", list_id=list_id, added=span), 303)


def remove_entries(list_id: str) -> ResponseReturnValue:
    """Take out the ticked entries, all that a search finds, or all that were just added."""
    access.require_everywhere("admin")
    having, span = forms.text("having", most=200), _span(forms.text("span"))
    store = context().store
    with store.read() as session:  # numbers are not used again, so looking for them holds nobody up
        shared_lists.find(session, list_id)
        if forms.text("action") == "found" and having:
            numbers: Sequence[int] = shared_lists.numbers(session, list_id, having=having)
        elif forms.text("action") == "span" and span:
            numbers = shared_lists.numbers(session, list_id, within=span)
        else:
            ticked = [forms.number(text) for text in request.form.getlist("number")[:PAGE]]
            numbers = [number for number in ticked if number is not None]
    taken = shared_lists.take_out(store, list_id, numbers, actor=access.actor())
    if not taken.number:
        flash(gettext("Nothing was taken out: tick the entries first."), "bad")
    else:
        several = ngettext("%(number)s entry was taken out.", "%(number)s entries were taken out.", taken.number)
        told = gettext("“%(entry)s” was taken out.", entry=taken.entry) if taken.number == 1 else several
        flash(told, "good")
    return redirect(url_for("console.show_list", list_id=list_id), 303)


def rename_list(list_id: str) -> ResponseReturnValue:
    access.require_everywhere("admin")
    try:
        with context().store.write() as session:
            shared_lists.rename(session, list_id, forms.text("name"), actor=access.actor())
    except SharedListError as error:
        return _refused(list_id, error)
    flash(gettext("Done."), "good")
    return redirect(url_for("console.show_list", list_id=list_id), 303)


def delete_list(list_id: str) -> ResponseReturnValue:
    access.require_everywhere("admin")
    try:
        with context().store.write() as session:
            name, size = shared_lists.delete_list(session, list_id, actor=access.actor())
    except SharedListError as error:
        return _refused(list_id, error)
    hidden_entries.clear_soon(context().store, list_id)
    told = ngettext(
        "“%(name)s” is deleted, with its %(number)s entry.",
        "“%(name)s” is deleted, with its %(number)s entries.",
        size,
        name=name,
    )
    flash(told, "good")
    return redirect(url_for("console.list_lists"), 303)


def _refused(list_id: str, error: SharedListError) -> Response:
    with context().store.read() as session:
        return _page(session, shared_lists.find(session, list_id), code=422, about_list=retold(str(error)))


def _file() -> str:
    """The text of the file in the form; "" where there is none."""
    file = request.files.get("file")
    return list_imports.decode(file.stream.read(MOST_BYTES + 1)) if file is not None and file.filename else ""


def _read(session: Session, list_id: str, text: str) -> Imported:
    there = shared_lists.state(session, list_id)
    return list_imports.read(there.kind, text, there)


def _until() -> datetime | None:
    """The end of the day that the form names, in UTC; None: for ever."""
    text = forms.text("until")
    if not text:
        return None
    day, moment = forms.day(text), clock.now()
    if day is None or not moment - timedelta(days=1) < day <= moment + FURTHEST:
        abort(422, gettext("Choose a day from today on, at most ten years from now."))
    return day + timedelta(days=1)


def _told(added: Added, repeated: int) -> str:
    """What became of the lines, as sentences."""
    parts = [ngettext("%(number)s entry was added.", "%(number)s entries were added.", added.added)]
    if added.prolonged:
        number = added.prolonged
        parts.append(
            ngettext("%(number)s was there and ends later now.", "%(number)s were there and end later now.", number)
        )
    if added.there_already:
        parts.append(ngettext("%(number)s was there already.", "%(number)s were there already.", added.there_already))
    if repeated:
        parts.append(ngettext("%(number)s line repeats another.", "%(number)s lines repeat others.", repeated))
    return " ".join((*parts, gettext("It holds for every comment from now on.")))


def _span(text: str) -> tuple[int, int] | None:
    first, _, last = text.partition("-")
    numbers = forms.number(first), forms.number(last)
    return None if numbers[0] is None or numbers[1] is None else (numbers[0], numbers[1])


def _page(
    session: Session,
    row: SharedList,
    *,
    code: int = 200,
    text: str = "",
    error: str | None = None,
    about_list: str | None = None,
    imported: Imported | None = None,
    trial: Trial | None = None,
) -> Response:
    having = forms.argument("q", most=200)
    order = forms.argument("order") if forms.argument("order") in ORDERS else "latest"
    sites = trials.sites(session)
    own = [site_id for site_id, _ in sites]
    hits = list_hits.of_list(session, row.id, own)
    shown, following = _entries(session, row.id, having, order, hits)
    page = render_template(
        "console/lists/list.html",
        list=row,
        kind=KINDS[row.kind],
        users=[user for user in shared_lists.subscribers(session, row.id) if access.may(user[0], "viewer")],
        shown=shown,
        next=following,
        hits=hits,
        days=list_hits.DAYS,
        people=names.of_people(session, [row.created_by, *(entry.added_by for entry in shown)]),
        having=having,
        order=order,
        orders=ORDERS,
        is_first=not request.args.get("before"),
        sites=sites,
        site=forms.text("site"),
        may_change=may_change(),
        text=text if len(text) <= _MOST_AGAIN else "",
        again=len(text) > _MOST_AGAIN,
        until=forms.text("until"),
        error=error,
        about_list=about_list,
        imported=imported,
        trial=trial,
        added=_span(forms.argument("added")) if may_change() else None,
        most_lines=MOST_LINES,
        most_mib=MOST_BYTES // 1024 // 1024,
    )
    return make_response(page, code)


def _entries(
    session: Session, list_id: str, having: str, order: str, hits: Counter[int]
) -> tuple[Sequence[SharedListEntry], int | None]:
    """A page of entries, and the number before which the next page begins."""
    before = forms.number(forms.argument("before"))
    if order == "hits":
        found = shared_lists.by_numbers(session, list_id, [number for number, _ in hits.most_common(5 * PAGE)])
        return [entry for entry in found if having.lower() in entry.entry.lower()][:PAGE], None
    if order == "idle":
        idle = (number for number in shared_lists.numbers(session, list_id, having=having) if number not in hits)
        numbers = [number for number in idle if before is None or number < before][: PAGE + 1]
        rows: Sequence[SharedListEntry] = shared_lists.by_numbers(session, list_id, numbers)
    else:
        rows = shared_lists.entries(session, list_id, having=having, before=before, limit=PAGE + 1)
    return rows[:PAGE], rows[PAGE - 1].number if len(rows) > PAGE else None


ROUTES = (
    ("/lists/<list_id>", "GET", show_list),
    ("/lists/<list_id>/entries", "POST", add_entries),
    ("/lists/<list_id>/remove", "POST", remove_entries),
    ("/lists/<list_id>/name", "POST", rename_list),
    ("/lists/<list_id>/delete", "POST", delete_list),
)
