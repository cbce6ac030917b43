"""What every request may need, opened once by `create_app`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import Session

from moderation import news
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.store import Store
from moderation.webhooks import afterwards


@dataclass(frozen=True)
class Context:
    """The open database, the queue and the settings of this process."""

    settings: Settings
    store: Store
    queues: Queues

    @contextmanager
    def write(self, *, by: str | None = None) -> Iterator[Session]:
        """A transaction of `Store.write`, and `afterwards.tell` once it is committed.

        For changes that sites, open consoles or workers have to hear of. `by` is the name of the person at the console.
        """
        with self.store.write() as session:
            yield session
        afterwards.tell(self.queues, news.of(session), by=by)


def context() -> Context:
    """The context of the app that serves the current request."""
    app_context: Context = current_app.extensions["winnow"]
    return app_context
