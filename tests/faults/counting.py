"""The counts after a fault: what was accepted, stored, decided and told, and whether all of it agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from moderation.store import Store
from moderation.tables import AuditEvent, Comment, ReviewItem, WebhookDelivery, WebhookEndpoint
from tests.support.receiver import Received

#: What is younger is no backlog.
FRESH = timedelta(seconds=2)


@dataclass
class Counts:
    """What is shown of a fault: comments, messages, requests, seconds."""

    accepted: int = 0
    stored: int = 0
    decided: int = 0
    told: int = 0
    told_twice: int = 0
    refused: int = 0
    #: From the fault's end until new comments are accepted, decided and told as ever.
    recovered: float = 0.0
    #: The longest that a request had to wait for its answer; of an upgrade, from the migration on.
    slowest: float = 0.0


@dataclass(frozen=True)
class Site:
    """What the database knows of one site: comment -> status, decisions, open items, messages."""

    comments: dict[str, str]
    external_ids: Counter[str]
    decisions: Counter[str]
    last_status: dict[str, str | None]
    held: set[str]
    messages: dict[str, str]
    not_delivered: set[str]


def read(store: Store, site_id: str) -> Site:
    """All of a site."""
    with store.read() as session:
        comments = session.execute(
            select(Comment.id, Comment.status, Comment.external_id).where(Comment.site_id == site_id)
        ).all()
        decided = session.execute(
            select(AuditEvent.comment_id, AuditEvent.status)
            .where(AuditEvent.site_id == site_id, AuditEvent.action == "comment.decided")
            .order_by(AuditEvent.id)
        ).all()
        held = session.scalars(
            select(ReviewItem.comment_id).where(
                ReviewItem.site_id == site_id, ReviewItem.kind == "flag", ReviewItem.closed_at.is_(None)
            )
        ).all()
        messages = session.execute(
            select(WebhookDelivery.id, WebhookDelivery.comment_id, WebhookDelivery.delivered_at)
            .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
            .where(WebhookEndpoint.site_id == site_id)
        ).all()
    return Site(
        {row.id: row.status for row in comments},
        Counter(row.external_id or "" for row in comments),
        Counter(row.comment_id or "" for row in decided),
        {row.comment_id or "": row.status for row in decided},
        set(held),
        {row.id: row.comment_id or "" for row in messages},
        {row.id for row in messages if row.delivered_at is None},
    )


def backlog(store: Store, site_id: str, moment: datetime) -> int:
    """How many of a site's comments wait to be decided or told, and are not fresh at that moment."""
    before = moment - FRESH
    with store.read() as session:
        pending = session.scalar(
            select(func.count())
            .select_from(Comment)
            .where(Comment.site_id == site_id, Comment.status == "pending", Comment.accepted_at < before)
        )
        untold = session.scalar(
            select(func.count())
            .select_from(WebhookDelivery)
            .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
            .where(
                WebhookEndpoint.site_id == site_id,
                WebhookEndpoint.active,
                WebhookDelivery.next_attempt_at.is_not(None),
                WebhookDelivery.created_at < before,
            )
        )
    return (pending or 0) + (untold or 0)


def longest_wait(store: Store, site_id: str, but: Collection[str]) -> float:
    """Seconds from acceptance to decision, of the comment that waited longest, without some."""
    with store.read() as session:
        rows = session.execute(
            select(Comment.id, Comment.accepted_at, AuditEvent.created_at)
            .join(AuditEvent, AuditEvent.comment_id == Comment.id)
            .where(Comment.site_id == site_id, AuditEvent.action == "comment.decided")
        )
        waits = [(row.created_at - row.accepted_at).total_seconds() for row in rows if row.id not in but]
    return max(waits, default=0.0)


def faults_in(site: Site, accepted: dict[int, str], received: list[Received], *, told: bool = True) -> list[str]:
    """Each promise that was not kept, as a sentence."""
    ids = set(accepted.values())
    arrived = {request.headers["webhook-id"]: request.json["data"]["id"] for request in received}
    statements = {
        "each that was accepted is stored": ids <= set(site.comments),
        "each is stored once": max(site.external_ids.values(), default=1) == 1 and len(ids) == len(accepted),
        "nothing is stored that was not accepted": set(site.comments) <= ids,
        "each is decided": "pending" not in site.comments.values() and set(site.decisions) == set(site.comments),
        "none is decided twice": max(site.decisions.values(), default=1) == 1,
        "the audit has the status that the comment has": site.last_status == site.comments,
        "what is held, and only that, waits for a moderator": site.held
        == {one for one, status in site.comments.items() if status == "flagged"},
    }
    if told:
        statements |= {
            "one message for each decision": Counter(site.messages.values()) == site.decisions,
            "each message arrived, under its one id": arrived == site.messages,
            "each message is known to have arrived": not site.not_delivered,
        }
    return [statement for statement, holds in statements.items() if not holds]
