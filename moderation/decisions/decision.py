"""A decision about a comment, and its forms: the comment's columns, the audit row, the review item and the event."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moderation import actors, audit, clock
from moderation.review import review_items
from moderation.review.fingerprints import NONE, Fingerprint
from moderation.review.lookalikes import Owners
from moderation.review.review_items import NewItem
from moderation.sites import author_sentences
from moderation.sites.site_settings import SiteSettings
from moderation.tables import Comment
from moderation.tracing import Cause
from moderation.webhooks import catalogue
from moderation.webhooks.catalogue import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A decision that is about to be written or was just written: the comment's new status, by whom and why."""

    comment_id: str
    site_id: str
    external_id: str | None
    thread: str | None
    author_key: str | None
    language: str | None
    revision: int
    version: int
    status: str
    actor: str
    reasons: list[dict[str, Any]]
    scores: dict[str, Any] | None
    own_scores: dict[str, Any] | None
    spans: dict[str, Any] | None
    model_version: str | None
    policy_version: int | None
    decided_at: datetime
    #: Ask a moderator, with this urgency (from 0, look now, to 1000, can wait); None: ask nobody.
    priority: int | None = None
    #: By this it is grouped with comments that say nearly the same.
    fingerprint: Fingerprint = NONE
    #: The owners of the fingerprint's bands shortly before (`lookalikes.owners`).
    owners: Owners = field(default_factory=dict)
    #: The group's id; see `lookalikes`. `writing.record` finds it.
    group_id: str | None = None
    #: The comment's `origin`, which says whom else to tell.
    origin: dict[str, Any] | None = None
    #: For a person's decision: the decision before it, which an undo restores.
    was: dict[str, Any] | None = None
    #: The request that caused it; None: the one that this thread works for.
    cause: Cause | None = None

    @classmethod
    def of(cls, comment: Comment, **fields: Any) -> Decision:
        """A decision about `comment`. Values that are not among the `fields` are the comment's own."""
        unchanged = {name: getattr(comment, name) for name in _KEPT if name not in fields}
        return cls(comment_id=comment.id, decided_at=clock.now(), **unchanged, **fields)

    def columns(self) -> dict[str, Any]:
        """The comment's columns after the decision."""
        return {
            "status": self.status,
            "version": self.version,
            "scores": self.scores,
            "own_scores": self.own_scores,
            "spans": self.spans,
            "reasons": self.reasons,
            "decided_by": self.actor,
            "decided_at": self.decided_at,
            "updated_at": self.decided_at,
            "model_version": self.model_version,
            "policy_version": self.policy_version,
        }

    def audit_row(self, action: str = "comment.decided") -> dict[str, Any]:
        """The row of the audit log that says who decided what, and why."""
        return audit.row(
            action,
            actor=self.actor,
            site_id=self.site_id,
            comment_id=self.comment_id,
            status=self.status,
            revision=self.revision,
            version=self.version,
            reasons=self.reasons,
            scores=self.scores,
            model_version=self.model_version,
            policy_version=self.policy_version,
            detail={"was": self.was} if self.was else None,
        )

    def review_item(self) -> NewItem | None:
        """The review item for a moderator; None when the decision asks nobody."""
        if self.priority is None:
            return None
        label, rule = review_items.cause(self.reasons)
        return NewItem(
            site_id=self.site_id,
            comment_id=self.comment_id,
            priority=self.priority,
            label=label,
            rule=rule,
            language=self.language,
            author_key=self.author_key,
            thread=self.thread,
            group_id=self.group_id,
            seen=self.status == "published",
        )

    def event(self, settings: SiteSettings, grace: timedelta = timedelta(0)) -> Event:
        """The event for the site, with its `settings`, which is sent when the `grace` is over."""
        return Event(
            type=catalogue.DECIDED[self.status],
            site_id=self.site_id,
            comment_id=self.comment_id,
            at=self.decided_at,
            data={
                "id": self.comment_id,
                "external_id": self.external_id,
                "thread": self.thread,
                "status": self.status,
                "version": self.version,
                "revision": self.revision,
                "decided_by": actors.kind(self.actor),
                "reasons": author_sentences.added(self.reasons, settings),
                "scores": self.scores,
            },
            origin=self.origin,
            version=self.version,
            grace=grace,
            cause=self.cause,
        )


#: The fields that a decision takes from its comment.
_KEPT = (
    "site_id",
    "external_id",
    "thread",
    "author_key",
    "language",
    "revision",
    "version",
    "scores",
    "own_scores",
    "spans",
    "model_version",
    "policy_version",
    "origin",
)
