"""What the review queue's address asks for, and what a moderator can choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast, get_args

from flask import request

from moderation import actors, clock
from moderation.policy import rules
from moderation.review.review_counts import Counts
from moderation.review.review_pages import COUNT_UP_TO, Filters, Order
from service import forms
from service.console import names
from texts import wording

ORDERS: Mapping[Order, str] = {
    "due": "Most urgent first",
    "oldest": "Oldest first",
    "newest": "Newest first",
}
#: What an address calls a span of time -> how it is read, how long it is, and whether what is older is meant.
AGES: Mapping[str, tuple[str, timedelta, bool]] = {
    "hour": ("At most an hour", timedelta(hours=1), False),
    "day": ("At most a day", timedelta(days=1), False),
    "over-hour": ("More than an hour", timedelta(hours=1), True),
    "over-day": ("More than a day", timedelta(days=1), True),
    "over-week": ("More than a week", timedelta(days=7), True),
}
RULES = {name: rule.title for name, rule in rules.BY_NAME.items()}
#: In an address -> in the form, and how its values are read.
NAMES = {
    "kind": "Why it waits",
    "label": "Label",
    "rule": "Rule",
    "language": "Language",
    "age": "Waiting for",
    "author": "Author",
    "thread": "Page",
    "q": "Text",
}
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What one address asks for. `values` are its filters as they stand there, by their names in `NAMES`."""

    site_id: str | None
    order: Order
    values: Mapping[str, str]
    filters: Filters

    @property
    def address(self) -> dict[str, str]:
        """The arguments of an address that asks for the same."""
        order = {} if self.order == "due" else {"order": self.order}
        return ({"site": self.site_id} if self.site_id else {}) | order | dict(self.values)

    def without(self, name: str) -> dict[str, str]:
        """The arguments of an address that does not ask for this."""
        return {key: value for key, value in self.address.items() if key != name}


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose; `text` has its count, where there is one."""

    value: str
    text: str
    #: Whether it is a language that the person reads.
    own: bool = False


def read(site_ids: Sequence[str], user_id: str, given_by: Mapping[str, str] | None = None) -> Asked:
    """What the request's address asks for, or the form `given_by`; nothing where no page could have asked for it."""
    source = request.args if given_by is None else given_by
    given = {name: forms.text(name, most=_LONGEST, sent=source) for name in ("site", "order", *NAMES)}
    order = cast("Order", given["order"]) if given["order"] in get_args(Order) else "due"
    values = {name: given[name] for name in NAMES if given[name] and (name != "age" or given[name] in AGES)}
    _, span, older = AGES.get(values.get("age", ""), ("", None, False))
    since = None if span is None else clock.now() - span
    filters = Filters(
        **{name: values.get(name) for name in ("kind", "label", "rule", "language", "thread")},
        author_key=values.get("author"),
        text=values.get("q"),
        opened_since=None if older else since,
        opened_before=since if older else None,
        not_for=actors.of_user(user_id),
        one_of_each=site_ids,
    )
    return Asked(given["site"] if given["site"] in site_ids else None, order, values, filters)


def options(asked: Asked, found: Mapping[str, Counts], own: Sequence[str]) -> dict[str, list[Option]]:
    """What each list offers: the values that occur, and the one that is chosen; one's `own` languages come first."""
    lists = {}
    for name, counted in found.items():
        values = dict(counted)
        values.setdefault(asked.values.get(name, ""), 0)
        values.pop("", None)
        offered = [
            Option(value, f"{in_words(name, value)} ({number(count)})", own=name == "language" and value in own)
            for value, count in values.items()
        ]
        lists[name] = sorted(offered, key=lambda option: not option.own)
    lists["age"] = [Option(value, text) for value, (text, _, _) in AGES.items()]
    return lists


def in_words(name: str, value: str) -> str:
    """A filter's value as people read it."""
    if name == "age":
        return AGES[value][0]
    if name == "label":
        return wording.named(value)
    if name == "language":
        return wording.language(value)
    known = {"kind": names.REVIEW_KINDS, "rule": RULES}.get(name, {})
    return known.get(value, value)


def number(count: int) -> str:
    """A count that nobody went on with: `1,000+`."""
    return f"{COUNT_UP_TO:,}+" if count > COUNT_UP_TO else f"{count:,}"
