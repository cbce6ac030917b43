"""What every page of the console shows beside its own content: who is signed in, and where they may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.console import access


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the bar: shown to who has the role `needed` on some site."""

    endpoint: str
    text: str
    needed: str = "viewer"


ENTRIES = (
    Entry("console.show_queue", "Review queue"),
    Entry("console.list_comments", "All comments"),
    Entry("console.show_stats", "Statistics"),
    Entry("console.show_audit_log", "Audit log", "moderator"),
)


def for_pages() -> dict[str, Any]:
    """For `context_processor`: `user` and `entries`."""
    user = access.user_or_none()
    if user is None:
        return {"user": None, "entries": []}
    return {"user": user, "entries": [entry for entry in ENTRIES if access.may_anywhere(entry.needed)]}
