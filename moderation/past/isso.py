"""Isso's database: a SQLite file with the tables `threads` and `comments`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from moderation.past import records
from moderation.past.pages import Pages
from moderation.past.records import Archive, PastComment, Read, Status, WrongFile

#: Each table by itself: who makes such a file may have every comment match every thread.
_COMMENTS = "SELECT id, tid, parent, created, mode, text, author, email, website FROM comments ORDER BY id"
_THREADS = "SELECT id, uri FROM threads"
#: Tables, and no views: who makes such a file may have a view compute anything, without end.
_TABLES = "SELECT count(*) FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%' AND name IN ('comments', 'threads')"
#: Bytes of a comment with all that belongs to it. Isso takes comments of 65,535 characters.
_LONGEST_ROW = 4 * 1024 * 1024
_MODES: dict[int, tuple[Status, str]] = {
    1: ("published", "It was published in Isso."),
    2: ("flagged", "It waited for a moderator in Isso."),
    4: ("erased", "It was deleted in Isso, and has answers."),
}


def open_archive(path: Path) -> Archive:
    """The comments of Isso's database, which is only read. Isso may go on running.

    Raises:
        WrongFile: this is no database of Isso.
    """
    read_so_far = [0]
    try:
        with closing(_connect(path)) as connection:
            [(tables,)] = connection.execute(_TABLES).fetchall()
            if tables != 2:
                raise WrongFile("It is no database of Isso: it has not both tables, comments and threads.")
            for query in (_THREADS, _COMMENTS):
                connection.execute(query).fetchone()
            [(size,)] = connection.execute("SELECT count(*) FROM comments").fetchall()
    except sqlite3.DatabaseError as error:
        raise WrongFile(f"It is no database of Isso: {error}.") from None
    return Archive(_comments(path, read_so_far), size, lambda: read_so_far[0])


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_ROW)
    connection.text_factory = lambda text: text.decode(errors="replace")
    connection.row_factory = sqlite3.Row
    return connection


def _comments(path: Path, read_so_far: list[int]) -> Iterator[Read]:
    with closing(_connect(path)) as connection, closing(Pages()) as pages:
        try:
            for row in connection.execute(_THREADS):
                if (page := records.line(_text(row["uri"]), 500)) is not None:
                    pages.put(str(row["id"]), page)
            for row in connection.execute(_COMMENTS):
                read_so_far[0] += 1
                yield records.read(f"Comment {row['id']}", partial(_comment, row, pages))
        except sqlite3.DatabaseError as error:
            raise WrongFile(f"After comment {read_so_far[0]:,} the database cannot be read: {error}.") from None


def _comment(row: sqlite3.Row, pages: Pages) -> PastComment:
    if row["mode"] not in _MODES:
        raise records.NotReadable(f"Its mode is {str(row['mode'])[:40]!r}, which Isso does not know.")
    status, why = _MODES[row["mode"]]
    address = records.email(_text(row["email"]))
    return PastComment(
        place=f"Comment {row['id']}",
        key=records.key(str(row["id"])),
        parent_key=str(row["parent"]) if row["parent"] else None,
        name=records.name(_text(row["author"])),
        comment=records.prose(_text(row["text"]), status),
        created_at=records.moment(created if isinstance(created := row["created"], int | float) else _text(created)),
        status=status,
        why=why,
        thread=pages.of(str(row["tid"])),
        email=address,
        url=records.url(_text(row["website"])),
        # Isso keeps only the first part of an address, so that it stands for a whole network.
        ip=None,
        email_was_typed=address is not None,
    )


def _text(value: object) -> str | None:
    """A column's text. SQLite's columns may hold anything."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)
