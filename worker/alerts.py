"""Sends people's alerts beside the clock's tasks: a mail server or a chat that hangs must not keep those waiting."""

from __future__ import annotations

import threading

import structlog

from moderation.alerts.sending import Sending
from moderation.settings import Settings
from moderation.store import AWAY, Store

#: How often it is looked whether something is due.
EVERY_SECONDS = 3.0
#: So long the process waits in the end for a message that is on its way. One that takes longer is sent once more.
LAST_SECONDS = 2.0

log = structlog.get_logger(__name__)


class AlertSender:
    """A thread that sends what is due, until it is stopped."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._sending = Sending(settings, store)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="alerts")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait a little for what is on its way."""
        self._stopped.set()
        self._thread.join(LAST_SECONDS)

    def _run(self) -> None:
        failing = False
        while not self._stopped.wait(EVERY_SECONDS):
            try:
                self._sending.send_due(self._stopped.is_set)
                failing = False
            except AWAY as error:
                if not failing:
                    log.error("database.away", doing="sending alerts", error=str(error).partition("\n")[0])
                failing = True
            except Exception:
                log.exception("alerts.failed")
