"""Winnow's own export: a line of JSON for each comment and labelled example, which imports again byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import JSON, Column, Float, Integer, String, Table, select

from moderation import clock
from moderation.history import feedback
from moderation.identities.columns import Sealed, SealedDocument, each_text
from moderation.intake.submissions import content_hash
from moderation.past import json_lines, records
from moderation.past.records import NotReadable, Unreadable, WrongFile
from moderation.store import Store
from moderation.tables import STATUSES, Comment, Feedback, Moment
from texts.controls import storable

#: The first line of an export.
HEADER = {"format": "winnow comments", "version": 1}
#: Columns that the importing installation makes anew.
_MADE_ANEW = frozenset({"site_id", "author_key", "content_hash", "group_id"})
_COLUMNS: dict[str, Column[Any]] = {
    name: column for name, column in cast("Table", Comment.__table__).columns.items() if name not in _MADE_ANEW
}
#: The same of labelled examples, which follow the comments. The hash is made anew of a text that is whole.
_OF_EXAMPLES: dict[str, Column[Any]] = {
    name: column for name, column in cast("Table", Feedback.__table__).columns.items() if name != "site_id"
}
_PAGE = 500


def export(store: Store, site_id: str) -> Iterator[str]:
    """The lines of an export: the header, every comment of a site, and its labelled examples, each oldest first."""
    yield _line(HEADER)
    for row in _rows_of(store, Comment, _COLUMNS, site_id):
        yield _line({name: _shown(value) for name, value in row.items() if value is not None})
    for row in _rows_of(store, Feedback, _OF_EXAMPLES, site_id):
        is_cut = len(row["text"]) >= feedback.LONGEST_TEXT
        left_out = () if is_cut else ("text_hash",)
        shown = {name: _shown(value) for name, value in row.items() if value is not None and name not in left_out}
        yield _line({"example": shown})


def _rows_of(
    store: Store, table: type[Comment | Feedback], columns: Iterable[str], site_id: str
) -> Iterator[dict[str, Any]]:
    """A site's rows of a table, oldest first."""
    after, wanted = "", [getattr(table, name) for name in columns]
    while True:
        query = select(*wanted).where(table.site_id == site_id, table.id > after).order_by(table.id).limit(_PAGE)
        with store.read() as session:
            rows = session.execute(query).mappings().all()
        for row in rows:
            yield dict(row)
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


@dataclass(frozen=True, slots=True)
class PastExample:
    """A labelled example of an export: its columns, without the site's id."""

    row: dict[str, Any]


#: What a line may hold.
Row = dict[str, Any] | PastExample


class Lines:
    """The lines of an export, opened: the rows of comments, without the site's id, and then of examples."""

    def __init__(self, path: Path) -> None:
        opened = json_lines.opened(path)
        self.size, self.position = opened.size, opened.position
        self.rows = _rows(opened.file)


def _rows(file: BinaryIO) -> Iterator[tuple[str, Row] | Unreadable]:
    """Place and columns of each comment and each example.

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


class _Form:
    """The fields of a line, as the columns that they go into take them."""

    def __init__(self, columns: Mapping[str, Column[Any]], prefix: str, what: str) -> None:
        self._columns, self._prefix, self._what = columns, prefix, what
        self._required = [name for name, column in columns.items() if not column.nullable]
        self._nulls: dict[str, Any] = dict.fromkeys(columns)

    def read(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """All columns; what the line lacks is None."""
        if unknown := sorted(document.keys() - self._columns.keys()):
            raise NotReadable(f"There is no field {unknown[0][:40]!r}.")
        return self._nulls | {name: _value(self._columns[name], value) for name, value in document.items()}

    def require(self, row: Mapping[str, Any]) -> None:
        """Refuse a row that lacks something, or whose id is none."""
        if missing := [name for name in self._required if row[name] is None]:
            raise NotReadable(f"It has no {missing[0]}.")
        if not clock.is_id(self._prefix, row["id"]):
            raise NotReadable(f"{row['id'][:60]!r} is no id of {self._what}.")


_COMMENT, _EXAMPLE = _Form(_COLUMNS, "c", "a comment"), _Form(_OF_EXAMPLES, "f", "an example")


def _row(document: Mapping[str, Any]) -> Row:
    if isinstance(document.get("example"), dict) and len(document) == 1:
        return PastExample(_example(document["example"]))
    row = _COMMENT.read(document)
    _COMMENT.require(row)
    if row["status"] not in STATUSES:
        raise NotReadable(f"{row['status']!r} is no status.")
    return row


def _example(document: Mapping[str, Any]) -> dict[str, Any]:
    row = _EXAMPLE.read(document)
    if len(row["text"] or "") < feedback.LONGEST_TEXT:
        row["text_hash"] = content_hash(row["text"] or "")
    _EXAMPLE.require(row)
    return row


def _value(column: Column[Any], value: Any) -> Any:
    """A value as its column takes it.

    Raises:
        NotReadable: it does not fit.
    """
    if value is None:
        return None
    if isinstance(column.type, Moment):
        if not isinstance(value, str):
            raise NotReadable(f"{column.key} is no date.")
        return _moment(column.key, value)
    if isinstance(column.type, Float):
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise NotReadable(f"{column.key} is no number from 0 to 1.")
        return float(value)
    if isinstance(column.type, JSON | SealedDocument):
        if not isinstance(value, list if column.key == "reasons" else dict):
            raise NotReadable(f"{column.key} has another form.")
        if not _is_storable(value):
            raise NotReadable(f"{column.key} holds what is no character, or is nested too deeply.")
        return value
    if not isinstance(value, int if isinstance(column.type, Integer) else str) or isinstance(value, bool):
        raise NotReadable(f"{column.key} has another form.")
    longest = column.type.length if isinstance(column.type, String | Sealed) else None
    if isinstance(value, str) and (storable(value) != value or (longest is not None and len(value) > longest)):
        raise NotReadable(f"{column.key} is too long, or holds what is no character.")
    if isinstance(value, int) and not 0 <= value < 2**31:
        raise NotReadable(f"{column.key} is no number of an export.")
    return value


def _is_storable(document: Any) -> bool:
    """Whether every database can store the texts and names of a document."""
    try:
        return bool(each_text(document, storable) == document)
    except RecursionError:
        return False


def _moment(name: str, text: str) -> datetime:
    try:
        return records.moment(text)
    except NotReadable as error:
        raise NotReadable(f"{name}: {error}") from None


def for_site(row: Mapping[str, Any], site_id: str, taken: frozenset[str]) -> dict[str, Any]:
    """A row for a site. Ids that another site of this installation has are replaced, always by the same ones."""
    return {
        **row,
        "id": clock.free_id("c", row["id"], site_id, taken),
        "parent_id": row["parent_id"] and clock.free_id("c", row["parent_id"], site_id, taken),
    }
