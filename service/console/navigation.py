"""What every page of the console shows beside its own content: who is signed in, and where they may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moderation.roles import includes
from moderation.tables import User
from service.console import access


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the bar: shown to who has the role `needed` on some site, or `everywhere` on all of them."""

    endpoint: str
    text: str
    needed: str = "viewer"
    everywhere: bool = False


ENTRIES = (
    Entry("console.show_queue", "Review queue"),
    Entry("console.list_comments", "All comments"),
    Entry("console.list_jobs", "Bulk decisions", "moderator"),
    Entry("console.show_stats", "Statistics"),
    Entry("console.list_policies", "Policy", "moderator"),
    Entry("console.show_audit_log", "Audit log", "moderator"),
    Entry("console.list_sites", "Sites", "admin"),
    Entry("console.list_people", "People", "admin", everywhere=True),
)


def for_pages() -> dict[str, Any]:
    """For `context_processor`: `user` and `entries`."""
    user = access.user_or_none()
    if user is None:
        return {"user": None, "entries": []}
    return {"user": user, "entries": [entry for entry in ENTRIES if _is_for(user, entry)]}


def _is_for(user: User, entry: Entry) -> bool:
    return includes(user.role, entry.needed) if entry.everywhere else access.may_anywhere(entry.needed)
