"""Under which keys e-mail and IP addresses are encrypted: a table of keys, each sealed under `WINNOW_SECRET_KEY`.

The table is the switch: without a row nothing is encrypted. Every process looks at it every few seconds, so that all
read under a key before anybody writes under it. While values are moved from one key to another (or from clear text),
they are looked for in each form that they may have.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from moderation import clock, sealing
from moderation.identities import tokens
from moderation.identities.tokens import Key
from moderation.sealing import SealError

log = structlog.get_logger(__name__)

#: A key is `known` while values are looked for under it and none is written, `current` when new values are written
#: under it, `whole` once all are under it.
Stage = Literal["known", "current", "whole"]
#: Seconds after which a process looks again.
LOOK_AGAIN = 5.0
#: Seconds after which a database that does not answer is asked again.
_TRY_AGAIN = 1.0

TABLE = sa.table(
    "identity_keys",
    sa.column("letter", sa.String),
    sa.column("sealed", sa.Text),
    sa.column("stage", sa.String),
    sa.column("created_at", sa.DateTime(timezone=True)),
)


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys as a process knows them."""

    #: The key under which values are written; None: they are written in clear text.
    writer: Key | None = None
    keys: Mapping[str, Key] = field(default_factory=dict)
    #: Whether values in clear text may be there.
    with_clear: bool = True
    #: Whether what is written is to be encrypted.
    is_wanted: bool = False
    #: The letters of keys that cannot be opened.
    lost: frozenset[str] = frozenset()

    @property
    def is_on(self) -> bool:
        """Whether some value may be encrypted."""
        return bool(self.keys or self.lost)

    @property
    def is_mixed(self) -> bool:
        """Whether a value may have more than one form."""
        return len(self.keys) + self.with_clear > 1

    def forms(self, text: str, seal: Callable[[str, Key], str]) -> list[tokens.Stored]:
        """Each form that a text may have in a column, as it is written now first."""
        keys = sorted(self.keys.values(), key=lambda key: key is not self.writer)
        forms = [tokens.Stored(seal(text, key)) for key in keys]
        return list(dict.fromkeys([*forms, tokens.Stored(text)] if self.with_clear else forms))


OFF = Ring()
_current = OFF


def current() -> Ring:
    """The keys of the database that this process used last. (But in tests there is only one.)"""
    return _current


class Keyring:
    """Keeps the keys of one database."""

    def __init__(self, engine: sa.Engine, secret_keys: Sequence[str]) -> None:
        self._engine, self._secret_keys = engine, tuple(secret_keys)
        self._ring: Ring | None = None
        self._due = 0.0
        self._lock = threading.Lock()

    def use(self, *, writes: bool = False) -> None:
        """Use this database's keys from now on; before a transaction.

        Raises:
            SealError: there are keys, and this process has no secret key.
            DBAPIError: the database is away, and the keys are not known yet.
        """
        global _current  # noqa: PLW0603  (columns are the same for all databases)
        if time.monotonic() >= self._due:
            with self._lock:
                if time.monotonic() >= self._due:
                    self._look()
        ring = self._ring or OFF
        if writes and ring.is_wanted and not ring.keys:
            ring = self._begin_anew()
        _current = ring

    def look_again(self) -> None:
        """Have the next use look at the table, because it has changed."""
        self._due = 0.0

    def _look(self) -> None:
        try:
            with self._engine.connect() as connection:
                rows = read(connection)
        except DBAPIError:
            if self._ring is not None:  # what follows will say that the database is away
                self._due = time.monotonic() + _TRY_AGAIN
                return
            rows = []
            if sa.inspect(self._engine).has_table(TABLE.name):  # it may have come meanwhile: a first start migrates
                with self._engine.connect() as connection:
                    rows = read(connection)
        self._take(rows)

    def _take(self, rows: Sequence[StoredKey]) -> None:
        if rows and not self._secret_keys:
            raise SealError(
                "E-mail and addresses are encrypted in this database, and WINNOW_SECRET_KEY is not set. "
                "Give this process the key that the others have."
            )
        ring = ring_of(rows, self._secret_keys)
        if ring.lost and ring.lost != (self._ring or OFF).lost:
            log.error("identities.unreadable", keys=len(ring.lost), mend="Run `winnow doctor`.")
        self._ring, self._due = ring, time.monotonic() + LOOK_AGAIN

    def _begin_anew(self) -> Ring:
        """Begin another key, because those that are there cannot be opened: comments are moderated all the same."""
        with self._engine.execution_options(writes=True).begin() as connection:
            rows = read_alone(connection)
            if rows and not ring_of(rows, self._secret_keys).keys:
                insert(connection, rows, self._secret_keys, "current")
                rows = read(connection)
        self._take(rows)
        return self._ring or OFF


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A row of the table."""

    letter: str
    sealed: str
    stage: str


def read(connection: sa.Connection) -> list[StoredKey]:
    """The keys that there are, the oldest first."""
    query = sa.select(TABLE.c.letter, TABLE.c.sealed, TABLE.c.stage).order_by(TABLE.c.created_at, TABLE.c.letter)
    return [StoredKey(*row) for row in connection.execute(query)]


def read_alone(connection: sa.Connection) -> list[StoredKey]:
    """The keys that there are, for a transaction that may make another: nobody else makes one until it has ended.

    On PostgreSQL two that look at the same moment would both make the same letter.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"LOCK TABLE {TABLE.name} IN SHARE ROW EXCLUSIVE MODE"))
    return read(connection)


def insert(connection: sa.Connection, rows: Sequence[StoredKey], secret_keys: Sequence[str], stage: Stage) -> str:
    """Make another key, in the caller's transaction, which has read them alone. Returns its letter."""
    letter = tokens.free_letter({row.letter for row in rows})
    sealed = sealing.seal_under(secret_keys, tokens.new_material())
    values = {"letter": letter, "sealed": sealed, "stage": stage, "created_at": clock.now()}
    connection.execute(TABLE.insert(), values)
    return letter


def ring_of(rows: Sequence[StoredKey], secret_keys: Sequence[str]) -> Ring:
    """The ring of a process that finds these keys in its database."""
    keys: dict[str, Key] = {}
    for row in rows:
        try:
            keys[row.letter] = Key(row.letter, sealing.unseal_under(secret_keys, row.sealed))
        except SealError:
            continue
    written = [row.letter for row in rows if row.letter in keys and row.stage != "known"]
    return Ring(
        writer=keys[written[-1]] if written else None,
        keys=keys,
        is_wanted=any(row.stage != "known" for row in rows),
        with_clear=all(row.stage != "whole" for row in rows),
        lost=frozenset(row.letter for row in rows) - keys.keys(),
    )
