"""A replica of the database: PostgreSQL's own copy, some moments behind, for long reading.

Whoever reads there must bear not to see what was written a moment ago. A replica that is away, or too far behind, is
left alone for a while, and the primary is asked in its place.
"""

from __future__ import annotations

import threading
import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

#: Seconds that a replica may be behind.
FURTHEST_BEHIND = 30.0
#: Seconds for which an answer counts, to whether it is there and how far behind it is.
_REMEMBERED = 5.0

#: Seconds behind the primary; 0 once all that came was taken over and more may come, null where that cannot be told.
_BEHIND = text("""
    SELECT CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        ELSE EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp())
    END
""")


class Replica:
    """A replica, and whether it can be used now. Threads may share one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._lock = threading.Lock()
        self._usable, self._until = False, 0.0

    def is_usable(self) -> bool:
        """Whether it answers and is at most `FURTHEST_BEHIND` behind; asked anew every few seconds."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._usable = self._looks_usable()
                self._until = time.monotonic() + _REMEMBERED
            return self._usable

    def behind(self) -> float | None:
        """How many seconds it is behind; None where that cannot be told.

        Raises:
            SQLAlchemyError: it does not answer.
        """
        with self.engine.connect() as connection:
            seconds = connection.scalar(_BEHIND)
        return None if seconds is None else float(seconds)

    def leave_alone(self) -> None:
        """Do not use it for some seconds: it failed."""
        with self._lock:
            self._usable, self._until = False, time.monotonic() + _REMEMBERED

    def _looks_usable(self) -> bool:
        try:
            behind = self.behind()
        except SQLAlchemyError:
            return False
        return behind is not None and behind <= FURTHEST_BEHIND
