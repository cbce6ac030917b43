"""The page of each thread of a file, kept on the disk: there may be millions."""

from __future__ import annotations

import sqlite3


class Pages:
    """Thread's id -> its page. To be closed."""

    def __init__(self) -> None:
        self._known = sqlite3.connect("")
        self._known.execute("CREATE TABLE pages (thread PRIMARY KEY, page) WITHOUT ROWID")

    def put(self, thread: str, page: str) -> None:
        self._known.execute("INSERT OR REPLACE INTO pages VALUES (?, ?)", (thread, page))

    def of(self, thread: str | None) -> str | None:
        """The thread's page, where it is known."""
        page: tuple[str] | None = self._known.execute("SELECT page FROM pages WHERE thread = ?", (thread,)).fetchone()
        return None if page is None else page[0]

    def close(self) -> None:
        self._known.close()
