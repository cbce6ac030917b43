"""Audit events in words, for the page and for the CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from moderation.tables import AuditEvent
from texts import wording

#: Action -> its words. The page's filter lists them in this order.
ACTIONS = {
    "comment.decided": "Decided on a comment",
    "comment.undone": "Took a decision back",
    "comment.confirmed": "Agreed with a decision",
    "comment.agreement_undone": "Took back that they agree",
    "comment.edited": "Edited a comment",
    "comment.reported": "Reported a comment",
    "comment.erased": "Erased a comment",
    "comment.appealed": "Appealed against a decision",
    "comment.appeal_upheld": "Upheld a decision on appeal",
    "comment.appeal_reversed": "Changed a decision on appeal",
    "author.warned": "Warned an author",
    "author.warning_taken_back": "Took a warning back",
    "author.standing_changed": "Changed an author’s standing",
    "reports.dismissed": "Dismissed a reader’s reports",
    "reports.dismissal_undone": "Took back that reports were dismissed",
    "comment.note_written": "Wrote a note on a comment",
    "comment.note_removed": "Removed a note from a comment",
    "author.note_written": "Wrote a note on an author",
    "author.note_removed": "Removed a note from an author",
    "comment.assigned": "Assigned a comment",
    "comment.escalated": "Asked an admin about a comment",
    "comment.unassigned": "Left a comment to everybody again",
    "comment.put_off": "Put a comment off",
    "comment.called_back": "Called a comment back",
    "comment.came_back": "Let a comment wait again, when its time had come",
    "comment.skipped": "Skipped a comment",
    "filter.shared": "Shared a filter of the queue",
    "filter.removed": "Removed a shared filter",
    "comments.exported": "Exported comments",
    "retention.ran": "Removed what is kept no longer",
    "author.exported": "Exported everything there is on an author",
    "author.erased": "Erased everything there was on an author",
    "bulk.started": "Began to decide on many comments",
    "bulk.cancelled": "Stopped deciding on many comments",
    "bulk.failed": "Failed to decide on many comments",
    "audit.exported": "Exported the audit log",
    "policy.changed": "Changed the policy",
    "policy_test.added": "Kept a test of the policy",
    "policy_test.imported": "Brought tests of the policy from a file",
    "policy_test.removed": "Removed a test of the policy",
    "list.created": "Made a shared list",
    "list.renamed": "Renamed a shared list",
    "list.deleted": "Deleted a shared list",
    "list.entries_added": "Added to a shared list",
    "list.entries_removed": "Took out of a shared list",
    "list.entries_ended": "Took out of a shared list what had ended",
    "site.created": "Created a site",
    "site.imported": "Brought comments from another system",
    "site.renamed": "Renamed a site",
    "site.settings_changed": "Changed a site’s settings",
    "site.key_rotated": "Made a new key",
    "site.key_revoked": "Revoked a key",
    "site.key_restored": "Made a key valid again",
    "webhook.added": "Added a webhook",
    "webhook.removed": "Removed a webhook",
    "webhook.switched_on": "Switched a webhook on",
    "webhook.switched_off": "Switched a webhook off",
    "webhook.batches_set": "Changed a webhook’s batches",
    "webhook.tested": "Tested a webhook",
    "webhook.redelivered": "Sent a webhook’s message again",
    "user.created": "Added a person",
    "user.role_changed": "Changed a role on every site",
    "user.site_role_changed": "Changed a role on one site",
    "user.disabled": "Disabled a person",
    "user.enabled": "Enabled a person again",
    "user.link_made": "Made a link to set a password",
    "user.password_set": "Set a password",
    "user.signed_in": "Signed in",
    "user.sessions_ended": "Ended sessions",
    "user.sso_linked": "Signed in through the provider for the first time",
    "user.totp_turned_on": "Turned an authenticator on",
    "user.totp_turned_off": "Turned an authenticator off",
    "user.recovery_codes_made": "Made recovery codes",
    "user.recovery_code_used": "Used a recovery code",
    "user.alerts_added": "Added a way to hear of alerts",
    "user.alerts_changed": "Changed how they hear of alerts",
    "user.alerts_removed": "Removed a way to hear of alerts",
    "user.alerts_tested": "Sent themselves a test of alerts",
}
#: A detail's name -> its name on the page, where that differs.
_CALLED = {"user": "person", "from": "before", "role": "now", "undoes": "version taken back", "job": "bulk job"}
_ORDER = {name: number for number, name in enumerate(_CALLED)}


def action(name: str) -> str:
    """An action in words. One that is not on the list is of another version of Winnow."""
    return ACTIONS.get(name) or wording.named(name.replace(".", " "))


def summary(event: AuditEvent, people: Mapping[str, str]) -> str:
    """An event's reasons and details in one line. `people` are names by actor."""
    parts = [reasons(event)]
    if event.action == "policy.changed":
        parts.append(f"policy version {event.policy_version}")
    parts.append(detail(event, people))
    return " · ".join(part for part in parts if part)


def reasons(event: AuditEvent) -> str:
    """The reasons of a decision, in words."""
    return " ".join(str(reason.get("message", "")) for reason in event.reasons or ())


def detail(event: AuditEvent, people: Mapping[str, str]) -> str:
    """The details of an event, in words. `people` are names by actor."""
    return ", ".join(_details(event.detail or {}, people))


def _details(document: Mapping[str, Any], people: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(document, key=lambda key: (_ORDER.get(key, len(_ORDER)), key)):  # PostgreSQL keeps no order
        value = document[name]
        if name == "was":  # the decision before, kept whole so that it can be restored
            yield f"before: {value.get('status')}"
        elif value is not None:
            called = _CALLED.get(name, wording.named(name).lower())
            yield f"{called}: {people.get(f'user:{value}', '') or _plain(value, people)}"


def _plain(value: Any, people: Mapping[str, str]) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return "; ".join(_details(value, people))
        case list() | tuple():
            return ", ".join(_plain(item, people) for item in value)
        case str():
            return _moment(value) or value
    return f"{value:,}" if isinstance(value, int) else str(value)


def _moment(text: str) -> str | None:
    """A moment in words; None for a text that is not a moment."""
    if len(text) < len("2026-11-27T00:00") or text[4:5] != "-":
        return None
    try:
        return wording.exact(datetime.fromisoformat(text))
    except ValueError:
        return None
