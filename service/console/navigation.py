"""The console's bar, on every page: who is signed in, and the pages that they may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moderation.people.roles import includes
from moderation.tables import User
from service.console import access, speaking
from texts import translation
from texts.translation import gettext


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the bar, for people with the role `needed` on any site, or (`everywhere`) on all sites."""

    endpoint: str
    text: str
    needed: str = "viewer"
    everywhere: bool = False
    #: Whether moderators use it all day: these entries come first.
    daily: bool = False
    #: The pages that it leads to.
    below: tuple[str, ...] = ()


ENTRIES = (
    Entry("console.show_queue", "Review queue", daily=True),
    Entry("console.list_comments", "All comments", daily=True, below=("console.show_comment", "console.show_author")),
    Entry("console.list_campaigns", "Campaigns", daily=True, below=("console.show_group",)),
    Entry("console.show_stats", "Statistics", daily=True),
    Entry("console.list_jobs", "Bulk decisions", "moderator", below=("console.show_job",)),
    Entry(
        "console.list_policies",
        "Policy",
        "moderator",
        below=(
            "console.show_policy",
            "console.change_policy",
            "console.list_policy_tests",
            "console.show_site_settings",
            "console.change_site_settings",
        ),
    ),
    Entry("console.list_lists", "Shared lists", "moderator", below=("console.show_list", "console.add_entries")),
    Entry("console.show_audit_log", "Audit log", "moderator"),
    Entry(
        "console.list_sites",
        "Sites",
        "admin",
        below=("console.show_site", "console.list_webhooks", "console.show_deliveries"),
    ),
    Entry("console.list_people", "People", "admin", everywhere=True, below=("console.show_person",)),
)


#: So many letters of entries, and of who is signed in, stand in one line of the bar. Where there are more, what is not
#: for every day is in a menu.
_ONE_LINE = 114


def for_pages() -> dict[str, Any]:
    """The variables of every template that the frame needs: who may go where, and its language.

    For `context_processor`.
    """
    user, language = access.user_or_none(), speaking.chosen()
    entries = of(user) if user is not None else []
    with translation.in_language(language):
        said = [gettext(entry.text) for entry in entries] + [gettext("Sign out"), *own(user)]
    return {
        "user": user,
        "entries": entries,
        "bar_folds": sum(map(len, said)) > _ONE_LINE,
        "frame_language": language,
        "frame_direction": translation.direction(language),
    }


def own(user: User | None) -> list[str]:
    """Who is signed in, as the bar says it: the name, and the role if it tells more."""
    if user is None:
        return []
    return [user.name] if user.role in {user.name, "none"} else [user.name, gettext(user.role)]


def of(user: User) -> list[Entry]:
    """The entries that the person signed in may open."""
    return [entry for entry in ENTRIES if _is_for(user, entry)]


def _is_for(user: User, entry: Entry) -> bool:
    return includes(user.role, entry.needed) if entry.everywhere else access.may_anywhere(entry.needed)
