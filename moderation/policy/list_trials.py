"""Tries a shared list on a site's latest comments: which have an entry of it, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.policy import facts, past_comments
from moderation.policy.list_kinds import Effect, PreparedList

#: Comments and entries that are shown.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A comment that has entries of the list, by their numbers."""

    comment_id: str
    status: str
    name: str
    text: str
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class ListTrial:
    """What a list finds in a site's latest comments."""

    #: How many comments were looked at; and status -> in how many of them an entry was found.
    looked_at: int
    found: Counter[str]
    #: The entries that were found, by number: in how many comments. The most frequent first.
    entries: Sequence[tuple[int, int]]
    #: How many different entries were found, those that are not named above included.
    different: int
    comments: Sequence[Found]


def run(session: Session, site_id: str, candidate: PreparedList, effect: Effect = "reject") -> ListTrial:
    """Look for the list's entries in the site's last `past_comments.MOST` comments. Nothing is stored."""
    rows = past_comments.latest_comments(session, site_id)
    by_entry: Counter[int] = Counter()
    hits: Counter[str] = Counter()
    shown: list[Found] = []
    for row in rows:
        comment_facts = facts.of_comment(row)
        numbers = candidate.matches(comment_facts, comment_facts.text, effect)
        if not numbers:
            continue
        by_entry.update(numbers)
        hits[row.status] += 1
        if len(shown) < MOST_SHOWN:
            shown.append(Found(row.id, row.status, row.name, row.comment, numbers))
    return ListTrial(len(rows), hits, by_entry.most_common(MOST_SHOWN), len(by_entry), shown)
