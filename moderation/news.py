"""News: what has to be told once a transaction is committed. Functions note it in the transaction's session.

So a caller need not know what follows from a change: whoever commits calls `afterwards.tell` once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

#: What open consoles are told: a comment waits for a person; it was decided on or changed; somebody opened it; somebody
#: closed it; somebody else opened, or closed, what another has open; what is known of its author changed; a colleague
#: wrote a note on it, assigned it, put it off or skipped it; a bulk job made progress.
Kind = Literal["opened", "decided", "claimed", "released", "joined", "left", "author", "handled", "job"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a bulk job is. The fields are those of `BulkJob`."""

    id: str
    created_by: str
    action: str
    state: str
    total: int
    done: int
    skipped: int
    error: str | None = None


@dataclass(slots=True)
class News:
    """What is to be told. Only `happenings` keep their order."""

    #: The status and the actor of each decision, for `/metrics` to count.
    decisions: list[tuple[str, str]] = field(default_factory=list)
    #: Sites with a delivery that was written or is due again.
    sites: set[str] = field(default_factory=set)
    #: For open consoles, in order: what happened, the site and the comment.
    happenings: dict[tuple[Kind, str, str], None] = field(default_factory=dict)
    #: Comments that wait to be scored, by id: their site, and since when.
    pending: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    #: Bulk jobs to start.
    started: list[str] = field(default_factory=list)
    #: Bulk jobs that began, went on or ended, by id.
    progress: dict[str, Progress] = field(default_factory=dict)

    def happened(self, kind: Kind, site_id: str, comment_ids: Iterable[str]) -> None:
        """Note, for open consoles, that this happened to comments of a site."""
        self.happenings.update(dict.fromkeys((kind, site_id, comment_id) for comment_id in comment_ids))


def of(session: Session) -> News:
    """The news of the session's transaction, to add to. A session has one transaction (`Store.write`)."""
    session_news: News = session.info.setdefault("news", News())
    return session_news


def merged(many: Iterable[News]) -> News:
    """The news of several transactions as one."""
    whole = News()
    for item in many:
        whole.decisions += item.decisions
        whole.sites |= item.sites
        whole.happenings |= item.happenings
        whole.pending |= item.pending
        whole.started += item.started
        whole.progress |= item.progress
    return whole
