"""A comment's history in order of time: scores, decisions, edits, reports, appeals, second looks, webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from moderation import actors
from moderation.history.histories import History
from moderation.tables import Appeal, AuditEvent, Comment, Report, ReviewItem, WebhookAttempt, WebhookDelivery
from texts import wording

_DECIDED = {"published": "Published", "flagged": "Held", "rejected": "Rejected"}
_DONE = {
    "comment.edited": "Edited",
    "comment.erased": "Erased",
    "comment.undone": "Took the decision back",
    "comment.appeal_upheld": "Upheld the decision on appeal",
    "comment.appeal_reversed": "Reversed the decision on appeal",
    "comment.agreement_undone": "Took back that they agree",
    "comment.note_written": "Wrote a note for colleagues",
    "comment.note_removed": "Removed a note",
    "author.note_written": "Wrote a note on the author",
    "comment.assigned": "Assigned it",
    "comment.escalated": "Asked an admin",
    "comment.unassigned": "Left it to everybody again",
    "comment.put_off": "Put it off",
    "comment.called_back": "Called it back",
    "comment.came_back": "Waits again: its time had come",
    "comment.skipped": "Skipped it",
}
_LOOKED = {
    "publish": "would publish it",
    "reject": "would reject it",
    "edit": "ended by an edit",
    "erase": "erased",
    "undo": "ended, since the decision was taken back",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One event of the timeline, as texts."""

    at: datetime
    what: str
    #: `scored`, `person`, `reader`, `site`, `author` or `webhook`.
    kind: str
    who: str | None = None
    why: list[str] = field(default_factory=list)
    #: A text that somebody wrote.
    said: str | None = None
    #: Versions of the classifier and the policy, the revision, and the like.
    facts: list[str] = field(default_factory=list)
    #: Label and score, the highest first.
    scores: list[tuple[str, float]] = field(default_factory=list)
    #: Pairs of a moment and what happened then.
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    #: The version of the comment that it made, by which events of the same moment are sorted.
    version: int = 0


def tell(comment: Comment, history: History, people: Mapping[str, str]) -> list[Entry]:
    """All events of a comment, oldest first. `people` are names by actor."""
    entries = [Entry(at=comment.accepted_at, what="Accepted", kind="site", who="the site")]
    told_below = ("comment.reported", "comment.appealed")
    entries += [_event(event, people) for event in history.events if event.action not in told_below]
    entries += [_report(report) for report in history.reports]
    # The row of an appeal moves to a later version when a decision is taken back; the event keeps what it was against.
    versions = (event.version for event in history.events if event.action == "comment.appealed")
    for appeal, version in zip_longest(history.appeals, versions):
        entries += _appeal(appeal, version) if appeal is not None else ()
    for item in history.second_looks:
        entries += _second_look(item, people)
    entries += [_delivery(*delivery) for delivery in history.deliveries]
    return sorted(entries, key=lambda entry: (entry.at, entry.kind == "webhook", entry.version))


def _event(event: AuditEvent, people: Mapping[str, str]) -> Entry:
    decided = event.action == "comment.decided"
    reasons = event.reasons or []
    undone = any(reason.get("rule") == "undo" for reason in reasons)
    what = _DECIDED.get(event.status or "", "Decided") if decided else _DONE.get(event.action)
    if what is None:
        what = wording.named(event.action.partition(".")[2])
    if event.action == "comment.undone" and event.status:
        what = f"{what}: {_DECIDED.get(event.status, event.status).lower()} again"
    by_person = actors.is_person(event.actor)
    return Entry(
        at=event.created_at,
        what=f"Took the decision back: {what[0].lower()}{what[1:]}" if undone else what,
        kind="person" if by_person else "scored" if decided and event.scores else "site",
        who=people.get(event.actor, event.actor),
        why=[why for reason in reasons if (why := _reason(reason))],
        facts=_facts(event),
        version=event.version or 0,
        scores=sorted((event.scores or {}).items(), key=lambda item: -item[1]) if decided and not by_person else [],
    )


def _reason(reason: Mapping[str, Any]) -> str:
    message, note = str(reason.get("message", "")), reason.get("note")
    return f"{message} “{note}”" if note and str(note) not in message else message


def _facts(event: AuditEvent) -> list[str]:
    facts = []
    if event.action == "comment.decided" and not actors.is_person(event.actor):
        facts += [f"classifier {event.model_version}"] if event.model_version else []
        facts += [f"policy version {event.policy_version}"] if event.policy_version else []
    if fields := (event.detail or {}).get("fields"):
        facts.append(f"changed {', '.join(fields)}")
    facts += [f"revision {event.revision}"] if event.revision else []
    return facts + ([f"version {event.version}"] if event.version else [])


def _report(report: Report) -> Entry:
    what = f"Reported: {wording.named(report.reason).lower()}"
    return Entry(at=report.created_at, what=what, kind="reader", who="a reader", said=report.note)


def _appeal(appeal: Appeal, version: int | None) -> Iterator[Entry]:
    facts = [f"against version {version or appeal.version}"]
    yield Entry(
        at=appeal.created_at, what="Appealed", kind="author", who="the author", said=appeal.text or None, facts=facts
    )


def _second_look(item: ReviewItem, people: Mapping[str, str]) -> Iterator[Entry]:
    yield Entry(at=item.opened_at, what="Chosen for a second look", kind="site", who="chance")
    if item.closed_at is not None:
        what = f"Second look: {_LOOKED.get(item.outcome or '', 'closed')}"
        yield Entry(at=item.closed_at, what=what, kind="person", who=people.get(item.closed_by or "", item.closed_by))


def _delivery(delivery: WebhookDelivery, url: str, attempts: Sequence[WebhookAttempt]) -> Entry:
    steps = [(attempt.created_at, _attempt(number, attempt)) for number, attempt in enumerate(attempts, 1)]
    if delivery.cancelled_at is not None:
        steps.append((delivery.cancelled_at, "Cancelled before anything left: the decision was taken back"))
    elif delivery.delivered_at is None and delivery.next_attempt_at is None:
        steps.append((attempts[-1].created_at if attempts else delivery.created_at, "Given up"))
    elif delivery.delivered_at is None and delivery.next_attempt_at is not None:
        steps.append((delivery.next_attempt_at, "Will be tried" + (" again" if attempts else "")))
    host = urlsplit(url).hostname or "its endpoint"  # a path may hold a secret
    what = f"Webhook to {host}: {delivery.event.partition('.')[2]}"
    facts = ["delivered"] if delivery.delivered_at is not None else []
    return Entry(at=delivery.created_at, what=what, kind="webhook", facts=facts, steps=steps)


def _attempt(number: int, attempt: WebhookAttempt) -> str:
    went = attempt.error or f"It answered {attempt.status_code}."
    return f"Attempt {number}, {attempt.duration_ms:,} ms. {went}"
