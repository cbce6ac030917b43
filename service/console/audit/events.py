"""Audit events in words, for the page and for the CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from moderation.people.roles import ROLES
from moderation.policy.list_kinds import KINDS
from moderation.tables import AuditEvent
from service.console import names, retold
from service.console.audit import subjects
from texts import wording
from texts.translation import decimal, gettext, later

#: Action -> its words. The page's filter lists them in this order.
ACTIONS = {
    "comment.decided": later("Decided on a comment"),
    "comment.undone": later("Took a decision back"),
    "comment.confirmed": later("Agreed with a decision"),
    "comment.agreement_undone": later("Took back that they agree"),
    "comment.edited": later("Edited a comment"),
    "comment.reported": later("Reported a comment"),
    "comment.erased": later("Erased a comment"),
    "comment.appealed": later("Appealed against a decision"),
    "comment.appeal_upheld": later("Upheld a decision on appeal"),
    "comment.appeal_reversed": later("Changed a decision on appeal"),
    "author.warned": later("Warned an author"),
    "author.warning_taken_back": later("Took a warning back"),
    "author.standing_changed": later("Changed an author’s standing"),
    "reports.dismissed": later("Dismissed a reader’s reports"),
    "reports.dismissal_undone": later("Took back that reports were dismissed"),
    "comment.note_written": later("Wrote a note on a comment"),
    "comment.note_removed": later("Removed a note from a comment"),
    "author.note_written": later("Wrote a note on an author"),
    "author.note_removed": later("Removed a note from an author"),
    "comment.assigned": later("Assigned a comment"),
    "comment.escalated": later("Asked an admin about a comment"),
    "comment.unassigned": later("Left a comment to everybody again"),
    "comment.put_off": later("Put a comment off"),
    "comment.called_back": later("Called a comment back"),
    "comment.came_back": later("Let a comment wait again, when its time had come"),
    "comment.skipped": later("Skipped a comment"),
    "filter.shared": later("Shared a filter of the queue"),
    "filter.removed": later("Removed a shared filter"),
    "comments.exported": later("Exported comments"),
    "retention.ran": later("Removed what is kept no longer"),
    "author.exported": later("Exported everything there is on an author"),
    "author.erased": later("Erased everything there was on an author"),
    "identities.encrypted": later("Encrypted e-mail and addresses"),
    "identities.decrypted": later("Brought e-mail and addresses back to clear text"),
    "bulk.started": later("Began to decide on many comments"),
    "bulk.cancelled": later("Stopped deciding on many comments"),
    "bulk.failed": later("Failed to decide on many comments"),
    "audit.exported": later("Exported the audit log"),
    "policy.changed": later("Changed the policy"),
    "policy_test.added": later("Kept a test of the policy"),
    "policy_test.imported": later("Brought tests of the policy from a file"),
    "policy_test.removed": later("Removed a test of the policy"),
    "list.created": later("Made a shared list"),
    "list.renamed": later("Renamed a shared list"),
    "list.deleted": later("Deleted a shared list"),
    "list.entries_added": later("Added to a shared list"),
    "list.entries_removed": later("Took out of a shared list"),
    "list.entries_ended": later("Took out of a shared list what had ended"),
    "site.created": later("Created a site"),
    "site.imported": later("Brought comments from another system"),
    "site.renamed": later("Renamed a site"),
    "site.deleted": later("Deleted a site that was never used"),
    "site.archived": later("Archived a site"),
    "site.unarchived": later("Brought an archived site back"),
    "site.settings_changed": later("Changed a site’s settings"),
    "site.key_rotated": later("Made a new key"),
    "site.key_revoked": later("Revoked a key"),
    "site.key_restored": later("Made a key valid again"),
    "webhook.added": later("Added a webhook"),
    "webhook.removed": later("Removed a webhook"),
    "webhook.switched_on": later("Switched a webhook on"),
    "webhook.switched_off": later("Switched a webhook off"),
    "webhook.batches_set": later("Changed a webhook’s batches"),
    "webhook.tested": later("Tested a webhook"),
    "webhook.redelivered": later("Sent a webhook’s message again"),
    "user.created": later("Added a person"),
    "user.role_changed": later("Changed a role on every site"),
    "user.site_role_changed": later("Changed a role on one site"),
    "user.disabled": later("Disabled a person"),
    "user.enabled": later("Enabled a person again"),
    "user.link_made": later("Made a link to set a password"),
    "user.password_set": later("Set a password"),
    "user.signed_in": later("Signed in"),
    "user.sessions_ended": later("Ended sessions"),
    "user.sso_linked": later("Signed in through the provider for the first time"),
    "user.totp_turned_on": later("Turned an authenticator on"),
    "user.totp_turned_off": later("Turned an authenticator off"),
    "user.recovery_codes_made": later("Made recovery codes"),
    "user.recovery_code_used": later("Used a recovery code"),
    "user.alerts_added": later("Added a way to hear of alerts"),
    "user.alerts_changed": later("Changed how they hear of alerts"),
    "user.alerts_removed": later("Removed a way to hear of alerts"),
    "user.alerts_tested": later("Sent themselves a test of alerts"),
}
#: A detail's name -> its name on the page. One that is not here is shown as it is stored.
_CALLED = {
    "user": later("person"),
    "from": later("before"),
    "role": later("now"),
    "undoes": later("version taken back"),
    "job": later("bulk job"),
    "action": later("what"),
    "all_counted": later("all counted"),
    "among_them": later("among them"),
    "batch": later("batches"),
    "because": later("because"),
    "channel": later("way"),
    "closed": later("comments"),
    "comments": later("comments"),
    "deliveries": later("deliveries"),
    "delivery": later("message"),
    "digest": later("who it was, as a digest"),
    "done": later("done"),
    "endpoint": later("webhook"),
    "entries": later("entries"),
    "entry": later("entry"),
    "examples": later("examples"),
    "feedback": later("examples"),
    "fields": later("fields"),
    "filter": later("filter"),
    "filters": later("filters"),
    "format": later("format"),
    "host": later("host"),
    "identity": later("e-mail and addresses"),
    "audit": later("entries of the audit log"),
    "jobs": later("bulk decisions"),
    "key": later("key"),
    "kind": later("kind"),
    "list": later("list"),
    "list_version": later("list version"),
    "name": later("name"),
    "narrows": later("narrows"),
    "note": later("note"),
    "readers": later("readers"),
    "prolonged": later("made to end later"),
    "reason": later("reason"),
    "reports": later("reports"),
    "rows": later("rows"),
    "sessions": later("sessions"),
    "site": later("site"),
    "sites": later("sites"),
    "source": later("source"),
    "standing": later("standing"),
    "test": later("test"),
    "tests": later("tests"),
    "tests_failing": later("tests failing"),
    "text": later("texts"),
    "to": later("to whom"),
    "unreadable": later("unreadable"),
    "until": later("ends"),
    "warning": later("warning"),
    "was_called": later("was called"),
    "which": later("which"),
}
#: What is shown first. PostgreSQL keeps no order.
_FIRST = ("user", "from", "role", "undoes", "job", "list", "entries")
_ORDER = {name: number for number, name in enumerate(_FIRST)}
#: Ids, of which a reader learns how many they are.
_IDS = re.compile(r"[a-z]{1,3}_[0-9a-z]{26}")
#: What details say of comments, in words.
_VALUES = (
    names.STATUSES
    | names.STANDINGS
    | {"publish": later("publish"), "reject": later("reject")}
    | {role: role for role in ROLES}
)


def action(name: str) -> str:
    """An action in words. One that is not on the list is of another version of Winnow."""
    return gettext(ACTIONS[name]) if name in ACTIONS else wording.named(name.replace(".", " "))


def summary(event: AuditEvent, people: Mapping[str, str]) -> str:
    """An event's reasons and details in one line, but for what it is about. `people` are names by actor."""
    parts = [reasons(event)]
    if event.action == "policy.changed":
        parts.append(gettext("policy version %(version)s", version=event.policy_version))
    told = {name: value for name, value in (event.detail or {}).items() if name not in subjects.NAMED}
    parts.append(", ".join(_details(told, people)))
    return " · ".join(part for part in parts if part)


def reasons(event: AuditEvent) -> str:
    """The reasons of a decision, in words."""
    return " ".join(retold.message(reason) for reason in event.reasons or ())


def detail(event: AuditEvent, people: Mapping[str, str]) -> str:
    """The details of an event, in words. `people` are names by actor."""
    return ", ".join(_details(event.detail or {}, people))


def _details(document: Mapping[str, Any], people: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(document, key=lambda key: (_ORDER.get(key, len(_ORDER)), key)):
        value = document[name]
        if name == "was":  # the decision before, kept whole so that it can be restored
            called, said = _CALLED["from"], _plain(str(value.get("status")), people)
        elif value is not None:
            called = _CALLED.get(name, wording.named(name).lower())
            said = people.get(f"user:{value}", "") or _kind(name, value) or _plain(value, people)
        else:
            continue
        yield gettext("%(name)s: %(value)s", name=gettext(called), value=said)


def _kind(name: str, value: Any) -> str:
    """The kind of a shared list in words; "" for anything else."""
    kind = KINDS.get(value) if name == "kind" and isinstance(value, str) else None
    return "" if kind is None else wording.within(gettext(kind.title))


def _plain(value: Any, people: Mapping[str, str]) -> str:
    match value:
        case bool():
            return gettext("yes") if value else gettext("no")
        case Mapping():
            return "; ".join(_details(value, people))
        case list() | tuple() if all(_IDS.fullmatch(str(item)) for item in value):
            return decimal(len(value))
        case list() | tuple():
            return ", ".join(_plain(item, people) for item in value)
        case str():
            return gettext(_VALUES[value]) if value in _VALUES else _moment(value) or value
    return decimal(value) if isinstance(value, int) else str(value)


def _moment(text: str) -> str | None:
    """A moment in words; None for a text that is not a moment."""
    if len(text) < len("2026-11-27T00:00") or text[4:5] != "-":
        return None
    try:
        return wording.exact(datetime.fromisoformat(text))
    except ValueError:
        return None
