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
from service.console import retold
from texts import wording
from texts.translation import decimal, gettext, later

_DECIDED = {"published": later("Published"), "flagged": later("Held"), "rejected": later("Rejected")}
_DONE = {
    "comment.edited": later("Edited"),
    "comment.erased": later("Erased"),
    "comment.undone": later("Took the decision back"),
    "comment.appeal_upheld": later("Upheld the decision on appeal"),
    "comment.appeal_reversed": later("Reversed the decision on appeal"),
    "comment.agreement_undone": later("Took back that they agree"),
    "comment.note_written": later("Wrote a note for colleagues"),
    "comment.note_removed": later("Removed a note"),
    "author.note_written": later("Wrote a note on the author"),
    "author.note_removed": later("Removed a note on the author"),
    "comment.assigned": later("Assigned it"),
    "comment.escalated": later("Asked an admin"),
    "comment.unassigned": later("Left it to everybody again"),
    "comment.put_off": later("Put it off"),
    "comment.called_back": later("Called it back"),
    "comment.came_back": later("Waits again: its time had come"),
    "comment.skipped": later("Skipped it"),
}
#: Status -> that the decision before it was taken back, and by which it was before.
_BACK = {
    "published": later("Took the decision back: published again"),
    "flagged": later("Took the decision back: held again"),
    "rejected": later("Took the decision back: rejected again"),
    "pending": later("Took the decision back: pending again"),
}
#: The same where a job took many back.
_UNDONE = {
    "published": later("Took the decision back: published"),
    "flagged": later("Took the decision back: held"),
    "rejected": later("Took the decision back: rejected"),
}
_LOOKED = {
    "publish": later("Second look: would publish it"),
    "reject": later("Second look: would reject it"),
    "edit": later("Second look: ended by an edit"),
    "erase": later("Second look: erased"),
    "undo": later("Second look: ended, since the decision was taken back"),
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
    entries = [Entry(at=comment.accepted_at, what=gettext("Accepted"), kind="site", who=gettext("the site"))]
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
    what = _DECIDED.get(event.status or "", later("Decided")) if decided else _DONE.get(event.action)
    if undone or event.action == "comment.undone":
        what = (_UNDONE if undone else _BACK).get(event.status or "", what)
    said = gettext(what) if what is not None else wording.named(event.action.partition(".")[2])
    by_person = actors.is_person(event.actor)
    return Entry(
        at=event.created_at,
        what=said,
        kind="person" if by_person else "scored" if decided and event.scores else "site",
        who=people.get(event.actor, event.actor),
        why=[why for reason in reasons if (why := _reason(reason))],
        facts=_facts(event),
        version=event.version or 0,
        scores=sorted((event.scores or {}).items(), key=lambda item: -item[1]) if decided and not by_person else [],
    )


def _reason(reason: Mapping[str, Any]) -> str:
    message, note = retold.message(reason), reason.get("note")
    return f"{message} “{note}”" if note and str(note) not in message else message


def _facts(event: AuditEvent) -> list[str]:
    facts = []
    if event.action == "comment.decided" and not actors.is_person(event.actor):
        facts += [gettext("classifier %(version)s", version=event.model_version)] if event.model_version else []
        facts += [gettext("policy version %(version)s", version=event.policy_version)] if event.policy_version else []
    if fields := (event.detail or {}).get("fields"):
        facts.append(gettext("changed %(fields)s", fields=", ".join(fields)))
    facts += [gettext("revision %(revision)s", revision=event.revision)] if event.revision else []
    return facts + ([gettext("version %(version)s", version=event.version)] if event.version else [])


def _report(report: Report) -> Entry:
    what = gettext("Reported: %(reason)s", reason=wording.within(wording.label(report.reason)))
    return Entry(at=report.created_at, what=what, kind="reader", who=gettext("a reader"), said=report.note)


def _appeal(appeal: Appeal, version: int | None) -> Iterator[Entry]:
    yield Entry(
        at=appeal.created_at,
        what=gettext("Appealed"),
        kind="author",
        who=gettext("the author"),
        said=appeal.text or None,
        facts=[gettext("against version %(version)s", version=version or appeal.version)],
    )


def _second_look(item: ReviewItem, people: Mapping[str, str]) -> Iterator[Entry]:
    yield Entry(at=item.opened_at, what=gettext("Chosen for a second look"), kind="site", who=gettext("chance"))
    if item.closed_at is not None:
        what = gettext(_LOOKED.get(item.outcome or "", later("Second look: closed")))
        yield Entry(at=item.closed_at, what=what, kind="person", who=people.get(item.closed_by or "", item.closed_by))


def _delivery(delivery: WebhookDelivery, url: str, attempts: Sequence[WebhookAttempt]) -> Entry:
    steps = [(attempt.created_at, _attempt(number, attempt)) for number, attempt in enumerate(attempts, 1)]
    if delivery.cancelled_at is not None:
        steps.append((delivery.cancelled_at, gettext("Cancelled before anything left: the decision was taken back")))
    elif delivery.delivered_at is None and delivery.next_attempt_at is None:
        steps.append((attempts[-1].created_at if attempts else delivery.created_at, gettext("Given up")))
    elif delivery.delivered_at is None and delivery.next_attempt_at is not None:
        steps.append(
            (delivery.next_attempt_at, gettext("Will be tried again") if attempts else gettext("Will be tried"))
        )
    host = urlsplit(url).hostname or gettext("its endpoint")  # a path may hold a secret
    what = gettext("Webhook to %(host)s: %(event)s", host=host, event=delivery.event.partition(".")[2])
    facts = [gettext("delivered")] if delivery.delivered_at is not None else []
    return Entry(at=delivery.created_at, what=what, kind="webhook", facts=facts, steps=steps)


def _attempt(number: int, attempt: WebhookAttempt) -> str:
    went = attempt.error or gettext("It answered %(status)s.", status=attempt.status_code)
    tried = gettext("Attempt %(number)s, %(time)s ms.", number=number, time=decimal(attempt.duration_ms))
    return f"{tried} {went}"
