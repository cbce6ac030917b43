"""Walks through every column that may hold an e-mail or IP address, and writes each value as it is to be.

In small transactions, which anybody may break off. Where it was is kept, so that it goes on from there.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from moderation.history import watermarks
from moderation.identities import keyring, tokens
from moderation.identities.columns import Sealed, SealedDocument, each_text
from moderation.identities.keyring import Ring
from moderation.identities.tokens import Key
from moderation.store import AWAY, Store
from moderation.tables import Table, Watermark
from operations.errors import OperatorError

#: Rows that are read at a time, and that one transaction changes.
PAGE, STEP = 500, 50
#: So many of the latest comments are looked at, whether some have an address in clear text.
_LATEST = 10_000
#: The row of `watermarks` that says how far a walk has come.
MARK = "identities"
#: Seconds between two tries, and how often it is tried, where somebody else's lock is in the way.
_PAUSE, _TRIES = 1.0, 60
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_Row = Mapping[str, Any]


@dataclass(slots=True)
class Walk:
    """What a walk has found so far."""

    #: Rows looked at, and changed.
    seen: int = 0
    changed: int = 0
    #: The letter of a key -> values that cannot be opened with it.
    unreadable: Counter[str] = field(default_factory=Counter)
    #: Whether it went on from where an earlier one was broken off, and so has not seen everything.
    is_rest: bool = False


def _as_stored(kind: Any) -> Any:
    if isinstance(kind, SealedDocument):
        return _DOCUMENT
    return sa.String() if isinstance(kind, Sealed) else kind


class _Values:
    """A table as it stands, without the types that encrypt and decrypt."""

    def __init__(self, table: sa.Table) -> None:
        self.name = table.name
        self.sealed = {
            column.name: column.type for column in table.columns if isinstance(column.type, Sealed | SealedDocument)
        }
        self.key = [column.name for column in table.primary_key]
        names = dict.fromkeys([*self.key, *self.sealed])
        self.table = sa.table(table.name, *(sa.column(name, _as_stored(table.c[name].type)) for name in names))

    def page(self, after: Sequence[Any] | None) -> sa.Select[Any]:
        columns = [self.table.c[name] for name in self.key]
        query = sa.select(self.table).order_by(*columns).limit(PAGE)
        if after is None:
            return query
        values = [sa.literal(value, column.type) for value, column in zip(after, columns, strict=True)]
        return query.where(sa.tuple_(*columns) > sa.tuple_(*values))

    def is_row(self, row: _Row) -> sa.ColumnElement[bool]:
        return sa.and_(*(self.table.c[name] == row[name] for name in self.key))

    def update(self, names: Sequence[str]) -> sa.Update:
        """Writes these columns of many rows."""
        is_row = (self.table.c[name] == sa.bindparam(f"which_{name}") for name in self.key)
        return sa.update(self.table).where(*is_row).values({name: sa.bindparam(f"new_{name}") for name in names})

    def changes(self, row: _Row, ring: Ring, target: Key | None, unreadable: Counter[str]) -> dict[str, Any]:
        """The columns of a row that are to be written otherwise."""
        changed = {}
        for name, kind in self.sealed.items():
            old = row[name]
            if old is None or old == "":
                continue
            rewrite = (
                _of_text(kind, ring, target, unreadable)
                if isinstance(kind, Sealed)
                else (_of_document(kind, ring, target, unreadable))
            )
            new = rewrite(old)
            if new != old:
                changed[name] = new
        return changed


#: The tables, each with its columns that may be encrypted.
TABLES = [values for table in Table.metadata.sorted_tables if (values := _Values(table)).sealed]


def count(session: Session) -> int:
    """How many rows a walk looks at."""
    return sum(session.scalar(sa.select(sa.func.count()).select_from(values.table)) or 0 for values in TABLES)


def in_clear(session: Session) -> bool:
    """Whether the latest comments have an e-mail or IP address in clear text."""
    comments = sa.table("comments", sa.column("id"), sa.column("email"), sa.column("ip"))
    latest = sa.select(comments).order_by(comments.c.id.desc()).limit(_LATEST).subquery()
    clear = [sa.func.coalesce(latest.c[name], tokens.MARK).not_like(f"{tokens.MARK}%") for name in ("email", "ip")]
    return session.scalar(sa.select(latest.c.id).where(sa.or_(*clear)).limit(1)) is not None


def walk(store: Store, target: str | None, progress: Walk) -> Iterator[Walk]:
    """Write every value under the key of this letter, or in clear text (None). Yields after each page."""
    name, after = _place(store, target)
    progress.is_rest = name is not None
    names = [values.name for values in TABLES]
    for values in TABLES[names.index(name) if name in names else 0 :]:
        start: Sequence[Any] | None = [after] if values.name == name and after else None
        yield from _walk_table(store, values, target, start, progress)


def forget_place(session: Session) -> None:
    """The next walk begins at the beginning."""
    session.execute(sa.delete(Watermark).where(Watermark.name == MARK))


def _walk_table(
    store: Store, values: _Values, target: str | None, after: Sequence[Any] | None, progress: Walk
) -> Iterator[Walk]:
    while True:
        with store.read() as session:
            page = [dict(row) for row in session.execute(values.page(after)).mappings()]
        ring = keyring.current()
        key = _key(ring, target)
        due = [row for row in page if values.changes(row, ring, key, progress.unreadable)]
        for at in range(0, len(due), STEP):
            progress.changed += _change(store, values, due[at : at + STEP], target)
        progress.seen += len(page)
        yield progress
        if len(page) < PAGE:
            return
        after = [page[-1][name] for name in values.key]


def _change(store: Store, values: _Values, rows: Sequence[_Row], target: str | None) -> int:
    """Change these rows, unless they are gone or as they should be meanwhile. Returns how many were changed."""
    for number in range(1, _TRIES + 1):
        try:
            with store.write() as session:
                return _change_now(session, values, rows, target)
        except AWAY:
            if number == _TRIES:
                raise
            time.sleep(_PAUSE)
    raise AssertionError


def _change_now(session: Session, values: _Values, rows: Sequence[_Row], target: str | None) -> int:
    ring = keyring.current()
    key = _key(ring, target)
    changed: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    of_rows = sa.or_(*(values.is_row(row) for row in rows))
    now = session.execute(sa.select(values.table).where(of_rows).with_for_update()).mappings().all()
    for row in map(dict, now):
        changes = values.changes(row, ring, key, Counter())
        if changes.keys() & set(values.key):  # one by one, since it may become the same as another
            gives_way = _gives_way(session, values, row, changes)
            change = sa.delete(values.table) if gives_way else sa.update(values.table).values(changes)
            session.execute(change.where(values.is_row(row)))
        elif changes:
            which = {f"which_{name}": row[name] for name in values.key}
            changed[tuple(changes)].append(which | {f"new_{name}": value for name, value in changes.items()})
    for names, of_names in changed.items():
        session.connection().execute(values.update(names), of_names)
    if len(values.key) == 1:
        place = f"{target or '-'} {values.name} {rows[-1][values.key[0]]}"
    else:
        place = f"{target or '-'} {values.name} "
    watermarks.put(session, MARK, place)
    return len(rows)


def _key(ring: Ring, target: str | None) -> Key | None:
    if target is not None and target not in ring.keys:
        raise OperatorError("Another command has taken this key away meanwhile. Run it again.")
    return None if target is None else ring.keys[target]


def _gives_way(session: Session, values: _Values, row: _Row, changes: _Row) -> bool:
    """Whether there is a row already that this one would be the same as: a process wrote it while keys changed.

    Readers' numbers are added up. An author's standing was counted anew when that row was written.
    """
    same = {name: changes.get(name, row[name]) for name in values.key}
    if session.scalar(sa.select(sa.func.count()).select_from(values.table).where(values.is_row(same))) == 0:
        return False
    if values.name == "reporters":
        numbers = sa.table("reporters", *(sa.column(name) for name in (*values.key, "upheld", "dismissed")))
        old = session.execute(sa.select(numbers).where(*(numbers.c[name] == row[name] for name in values.key))).one()
        sums = {name: numbers.c[name] + getattr(old, name) for name in ("upheld", "dismissed")}
        session.execute(sa.update(numbers).where(*(numbers.c[name] == same[name] for name in values.key)).values(sums))
    return True


def _place(store: Store, target: str | None) -> tuple[str | None, str | None]:
    """The table and the id at which a walk to the same key was broken off."""
    with store.read() as session:
        position = session.scalar(sa.select(Watermark.position).where(Watermark.name == MARK))
    letter, _, rest = (position or "").partition(" ")
    name, _, after = rest.partition(" ")
    return (name, after) if name and letter == (target or "-") else (None, None)


def _of_text(kind: Sealed, ring: Ring, target: Key | None, unreadable: Counter[str]) -> Callable[[str], str]:
    def rewrite(old: str) -> str:
        text = _opened(kind.purpose, old, ring, target, unreadable, has_same=kind.compared is not None)
        return old if text is None else text if target is None else kind.sealed(text, target)

    return rewrite


def _of_document(
    kind: SealedDocument, ring: Ring, target: Key | None, unreadable: Counter[str]
) -> Callable[[Any], Any]:
    def rewrite_text(old: str) -> str:
        text = _opened("document", old, ring, target, unreadable, has_same=True)
        return old if text is None else text if target is None else kind.sealed(text, target)

    return lambda document: each_text(document, rewrite_text)


def _opened(
    purpose: str, old: str, ring: Ring, target: Key | None, unreadable: Counter[str], *, has_same: bool
) -> str | None:
    """The text of a value; None where it is as it should be, or cannot be opened."""
    if not tokens.is_token(old):
        return old
    letter = old[1]
    if target is not None and letter == target.letter:
        return None
    if letter in ring.lost:
        unreadable[letter] += 1
        return None
    if (key := ring.keys.get(letter)) is None:
        return None  # a text that only looks like a token
    text = key.unseal(purpose, old, has_same=has_same)
    if text is None:
        unreadable[letter] += 1
    return text
