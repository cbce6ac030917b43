"""What a transaction has to tell once it is committed. Whatever happens notes it here, in the transaction's session.

So no caller has to remember what follows from what it did: whoever commits calls `afterwards.tell` once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

#: What open consoles are told: a comment waits for a person, was decided on or changed; somebody has it open, or left
#: it; a bulk job went on.
Kind = Literal["opened", "decided", "claimed", "released", "job"]


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
    """What is to be told, in no particular order but for the console's."""

    #: The status and the actor of each decision: `/metrics` counts them.
    decisions: list[tuple[str, str]] = field(default_factory=list)
    #: Sites that a delivery was written for, or is due again.
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
        """Note for open consoles that this happened to comments of a site."""
        self.happenings.update(dict.fromkeys((kind, site_id, comment_id) for comment_id in comment_ids))


def of(session: Session) -> News:
    """The news of the session's transaction, to add to. A session has one transaction (`Store.write`)."""
    noted: News = session.info.setdefault("news", News())
    return noted


def merged(many: Iterable[News]) -> News:
    """The news of several transactions as one."""
    whole = News()
    for one in many:
        whole.decisions += one.decisions
        whole.sites |= one.sites
        whole.happenings |= one.happenings
        whole.pending |= one.pending
        whole.started += one.started
        whole.progress |= one.progress
    return whole
