"""From clear text to encrypted, from one key to another, and back: what is done when, while everything else goes on.

Every process has to know a key before anybody writes under it, so each step waits until all have looked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from moderation import actors, audit
from moderation.identities import keyring
from moderation.identities.keyring import LOOK_AGAIN, TABLE, Stage
from moderation.store import Store
from operations.encryption import rewriting
from operations.encryption.rewriting import Walk

#: Seconds after which every process has looked, and what it had begun is over.
SETTLED = LOOK_AGAIN + 2.0
Pause = Callable[[float], Any]


def is_under_way(store: Store) -> bool:
    """Whether something was begun and has not come to its end."""
    with store.read() as session:
        rows = keyring.read(session.connection())
    return bool(rows) and rows[-1].stage != "whole"


def encrypt(
    store: Store, secret_keys: Sequence[str], *, new_key: bool = False, behind: float = 0.0, pause: Pause = time.sleep
) -> Iterator[Walk]:
    """Encrypt everything under the newest key, or under a new one. Yields how far it is.

    Where an earlier run was broken off, it is brought to its end. `behind`: the seconds that a replica may be behind.
    """
    letter, stage = _key(store, secret_keys, new_key=new_key)
    if stage == "known":
        _wait(store, pause)
        _set(store, "current", letter)
    if stage != "whole":
        _wait(store, pause)
    yield from _walk(store, letter, "identities.encrypted", behind=behind, pause=pause)


def decrypt(store: Store, *, behind: float = 0.0, pause: Pause = time.sleep) -> Iterator[Walk]:
    """Bring everything back to clear text. Yields how far it is; what cannot be opened stays."""
    _set(store, "known")
    _wait(store, pause)
    yield from _walk(store, None, "identities.decrypted", behind=behind, pause=pause)


def _walk(store: Store, letter: str | None, action: str, *, behind: float, pause: Pause) -> Iterator[Walk]:
    """Write everything under a key (None: in clear text), and forget all other keys that nothing needs any more."""
    done = Walk()
    yield from rewriting.walk(store, letter, done)
    pause(behind)
    with store.write() as session:
        kept = keyring.current().lost if done.is_rest else keyring.current().lost & done.unreadable.keys()
        kept_letters = [*kept] if letter is None else [letter, *kept]
        session.execute(sa.delete(TABLE).where(TABLE.c.letter.not_in(kept_letters)))
        if letter is not None:
            session.execute(sa.update(TABLE).where(TABLE.c.letter == letter).values(stage="whole"))
        _end(session, action, done)
    store.keyring.look_again()


def _key(store: Store, secret_keys: Sequence[str], *, new_key: bool) -> tuple[str, Stage]:
    """The letter and the stage of the key under which everything is to be."""
    with store.write() as session:
        connection = session.connection()
        rows = keyring.read_alone(connection)
        usable = [row for row in rows if row.letter in keyring.ring_of(rows, secret_keys).keys]
        is_over = not usable or usable[-1].stage == "whole"
        if not usable or (new_key and is_over):
            letter, stage = keyring.insert(connection, rows, secret_keys, "known"), "known"
        else:
            letter, stage = usable[-1].letter, usable[-1].stage
    store.keyring.look_again()
    return letter, stage  # type: ignore[return-value]


def _set(store: Store, stage: Stage, letter: str | None = None) -> None:
    with store.write() as session:
        change = sa.update(TABLE).values(stage=stage)
        session.execute(change if letter is None else change.where(TABLE.c.letter == letter))
    store.keyring.look_again()


def _wait(store: Store, pause: Pause) -> None:
    pause(SETTLED)
    store.keyring.look_again()


def _end(session: Any, action: str, walk: Walk) -> None:
    rewriting.forget_place(session)
    detail = {"rows": walk.changed} | ({"unreadable": walk.unreadable.total()} if walk.unreadable else {})
    audit.record(session, [audit.row(action, actor=actors.OPERATOR, detail=detail)])
