"""Winnow's own export: a line of JSON for each comment, which imports again byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import JSON, Column, Integer, String, Table, select

from moderation import clock
from moderation.past import files, json_lines, records
from moderation.past.records import NotReadable, Unreadable, WrongFile
from moderation.store import Store
from moderation.tables import STATUSES, Comment, Moment
from texts.controls import storable

#: The first line of an export.
HEADER = {"format": "winnow comments", "version": 1}
#: Columns that the importing installation makes anew.
_MADE_ANEW = frozenset({"site_id", "author_key", "content_hash"})
_COLUMNS: dict[str, Column[Any]] = {
    name: column for name, column in cast("Table", Comment.__table__).columns.items() if name not in _MADE_ANEW
}
_PAGE = 500


def export(store: Store, site_id: str) -> Iterator[str]:
    """The lines of an export: the header, and every comment of a site, oldest first."""
    yield _line(HEADER)
    after = ""
    columns = [getattr(Comment, name) for name in _COLUMNS]
    while True:
        query = select(*columns).where(Comment.site_id == site_id, Comment.id > after).order_by(Comment.id).limit(_PAGE)
        with store.read() as session:
            rows = session.execute(query).mappings().all()
        for row in rows:
            yield _line({name: _shown(value) for name, value in row.items() if value is not None})
        if len(rows) < _PAGE:
            return
        after = str(rows[-1]["id"])


def _line(document: Mapping[str, Any]) -> str:
    """In one order, because PostgreSQL keeps the names within a document in another than SQLite."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value


class Lines:
    """The lines of an export, opened: the rows of comments, without the site's id."""

    def __init__(self, path: Path) -> None:
        opened = files.opened(path)
        self.size, self.position = opened.size, opened.position
        self.rows = _rows(opened.file)


def _rows(file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]] | Unreadable]:
    """Place and columns of each comment.

    Raises:
        WrongFile: the file does not begin as an export does.
    """
    with file:
        lines = json_lines.lines(file)
        _require_header(next(lines, (1, b""))[1])
        for number, line in lines:
            place = f"Line {number:,}"
            try:
                yield place, _row(json_lines.parse(line))
            except NotReadable as error:
                yield Unreadable(place, str(error))


def _require_header(line: bytes) -> None:
    try:
        header = json_lines.parse(line)
    except NotReadable:
        header = {}
    if header != HEADER:
        raise WrongFile(f"It is no export of Winnow: the first line has to be {_line(HEADER)}")


def _row(document: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(document.keys() - _COLUMNS.keys()):
        raise NotReadable(f"There is no field {unknown[0][:40]!r}.")
    row = {name: _value(column, document.get(name)) for name, column in _COLUMNS.items()}
    if not clock.is_id("c", row["id"]):
        raise NotReadable(f"{row['id'][:60]!r} is no id of a comment.")
    if row["status"] not in STATUSES:
        raise NotReadable(f"{row['status']!r} is no status.")
    return row


def _value(column: Column[Any], value: Any) -> Any:
    """A value as its column takes it.

    Raises:
        NotReadable: it does not fit.
    """
    if value is None:
        if not column.nullable:
            raise NotReadable(f"It has no {column.key}.")
        return None
    if isinstance(column.type, Moment):
        if not isinstance(value, str):
            raise NotReadable(f"{column.key} is no date.")
        return _moment(column.key, value)
    if isinstance(column.type, JSON):
        if not isinstance(value, list if column.key == "reasons" else dict):
            raise NotReadable(f"{column.key} has another form.")
        return value
    if not isinstance(value, int if isinstance(column.type, Integer) else str) or isinstance(value, bool):
        raise NotReadable(f"{column.key} has another form.")
    longest = column.type.length if isinstance(column.type, String) else None
    if isinstance(value, str) and (storable(value) != value or (longest is not None and len(value) > longest)):
        raise NotReadable(f"{column.key} is too long, or holds what is no character.")
    if isinstance(value, int) and not 0 <= value < 2**31:
        raise NotReadable(f"{column.key} is no number of an export.")
    return value


def _moment(name: str, text: str) -> datetime:
    try:
        return records.moment(text)
    except NotReadable as error:
        raise NotReadable(f"{name}: {error}") from None


def for_site(row: Mapping[str, Any], site_id: str, taken: frozenset[str]) -> dict[str, Any]:
    """A row for a site: where another site of this installation has an id already, an id that follows from both."""
    return {
        **row,
        "id": _free(row["id"], site_id, taken),
        "parent_id": row["parent_id"] and _free(row["parent_id"], site_id, taken),
    }


def _free(comment_id: str, site_id: str, taken: frozenset[str]) -> str:
    if comment_id not in taken:
        return comment_id
    return clock.derived_id("c", clock.moment_of(comment_id), site_id, comment_id)
