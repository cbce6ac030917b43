"""Exports: files of many rows, written while they are sent, a page of rows at a time.

A file takes a thread for as long as its reader takes, so only a few are sent at the same time. A file that is not read
for a while is broken off (`service/asgi.py`).
"""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import Any

from flask import Flask, Response, abort, current_app

from models import LABELS
from moderation import clock
from moderation.tables import Comment
from service import csv_cells, forms
from service.api.answers import show_comment
from texts.translation import gettext

#: Files that a process sends at the same time; the other threads are for everybody else.
AT_ONCE = 2
#: An export's rows are counted beforehand up to this number, looking at no more rows than this.
COUNT_UP_TO = LOOK = 200_000
#: The size of a piece of a file, in characters: small, because pieces are kept for a reader who reads nothing.
_LETTERS_AT_ONCE = 32_000
_TYPES = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}

_PLAIN = (
    "id", "status", "name", "comment", "thread", "parent_id", "external_id", "email", "url", "ip", "user_agent",
    "user_id", "language", "created_at", "accepted_at", "updated_at", "revision", "version", "decided_by",
    "decided_at", "model_version", "policy_version",
)  # fmt: skip
COMMENT_COLUMNS = ("site", *_PLAIN, *(f"score_{label}" for label in LABELS), "reasons")


class Slots:
    """Who is being sent a file: one at a time each, so that nobody takes the places of all others."""

    def __init__(self) -> None:
        self._lock, self._taken = threading.Lock(), set[str]()

    def take(self, actor: str) -> bool:
        """Take a place for somebody. False: there is none, or they have one."""
        with self._lock:
            if len(self._taken) >= AT_ONCE or actor in self._taken:
                return False
            self._taken.add(actor)
            return True

    def give_back(self, actor: str) -> None:
        with self._lock:
            self._taken.discard(actor)


class Slot:
    """The right to send a file. It can be released more than once, and counts once."""

    def __init__(self, slots: Slots, actor: str) -> None:
        self._slots: Slots | None = slots
        self._actor = actor

    def release(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back(self._actor)


def init_app(app: Flask) -> None:
    """Make the slots of this process. `create_app` calls this."""
    app.extensions["winnow_exports"] = Slots()


def take_slot(actor: str) -> Slot:
    """A slot to send somebody a file. Ends the request with 503 while `AT_ONCE` are being sent, or one to them."""
    slots: Slots = current_app.extensions["winnow_exports"]
    if not slots.take(actor):
        abort(503, gettext("Other exports are running now. Try again when they have ended, in a minute or so."))
    return Slot(slots, actor)


def chosen_format() -> str:
    """The format that the form names: `csv` or `ndjson`."""
    return forms.choice("format", _TYPES, gettext("Choose CSV or NDJSON."))


def lines(rows: Iterable[dict[str, Any]], *, columns: Sequence[str], form: str) -> Iterator[bytes]:
    """The file's bytes, in pieces of some lines."""
    if form == "csv":
        yield ("\ufeff" + _csv_line(columns)).encode()  # spreadsheets know UTF-8 by this mark
    text = io.StringIO()
    for row in rows:
        if form == "csv":
            text.write(_csv_line([csv_cells.cell(row.get(name)) for name in columns]))
        else:
            text.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        if text.tell() >= _LETTERS_AT_ONCE:
            yield text.getvalue().encode()
            text = io.StringIO()
    if text.tell():
        yield text.getvalue().encode()


def send(body: Iterator[bytes], slot: Slot, *, name: str, form: str, total: tuple[int, bool]) -> Response:
    """The file as a download. Headers give the counted number of rows, and whether it is exact."""
    response = Response(_Closing(body, slot), content_type=_TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{clock.now():%Y-%m-%d-%H%M}.{form}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Winnow-Total"] = str(total[0])
    response.headers["X-Winnow-Total-Is"] = "exact" if total[1] else "least"
    return response


class _Closing:
    """A body that releases its slot when it has been sent, or when nobody reads it any more."""

    def __init__(self, body: Iterator[bytes], slot: Slot) -> None:
        self._body, self._slot = body, slot

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        finally:
            self._slot.release()

    def close(self) -> None:
        self._slot.release()


def comment_row(comment: Comment, site_name: str, *, flat: bool) -> dict[str, Any]:
    """A comment as the API shows it, with its site. `flat`, for a table: a column for each label, reasons as text."""
    shown = {"site": site_name} | show_comment(comment)
    if not flat:
        return shown
    scores = {f"score_{label}": score for label, score in (comment.scores or {}).items()}
    reasons = " ".join(str(reason.get("message", "")) for reason in comment.reasons or ())
    return shown | scores | {"reasons": reasons}


def _csv_line(cells: Sequence[object]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()


def moment(value: Any) -> str | None:
    """A moment as ISO 8601 in UTC; None for None."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
