"""The review queue's filters: read from its address, and the values to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast, get_args

from flask import request

from moderation import actors, clock
from moderation.policy import rules
from moderation.review.cases import Turn
from moderation.review.review_counts import Counts
from moderation.review.review_pages import COUNT_UP_TO, Filters, Order
from service import forms
from service.console import access, names
from texts import wording
from texts.translation import decimal, gettext, later

ORDERS: Mapping[Order, str] = {
    "due": later("Most urgent first"),
    "oldest": later("Oldest first"),
    "newest": later("Newest first"),
}
#: The name in the address -> its words, the span of time, and whether older items are meant.
AGES: Mapping[str, tuple[str, timedelta, bool]] = {
    "hour": (later("At most an hour"), timedelta(hours=1), False),
    "day": (later("At most a day"), timedelta(days=1), False),
    "over-hour": (later("More than an hour"), timedelta(hours=1), True),
    "over-day": (later("More than a day"), timedelta(days=1), True),
    "over-week": (later("More than a week"), timedelta(days=7), True),
}
RULES = {name: rule.title for name, rule in rules.BY_NAME.items()}
#: A filter's name in the address -> its name in the form.
NAMES = {
    "kind": later("Why it waits"),
    "label": later("Label"),
    "rule": later("Rule"),
    "language": later("Language"),
    "age": later("Waiting for"),
    "author": later("Author"),
    "thread": later("Page"),
    "q": later("Text"),
}
#: In the address of the whole queue, where without parameters a saved filter would be shown.
ALL = "all"
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Query:
    """The query of an address. `values` are its filters as texts, by the names in `NAMES`."""

    site_id: str | None
    order: Order
    values: Mapping[str, str]
    filters: Filters
    #: Whether the person's queue opens with a filter, so that an address without any has to say that it means it.
    opens_filtered: bool = False

    @property
    def shows_put_off(self) -> bool:
        """Whether what is put off is asked for, in place of what waits."""
        return self.values.get("kind") == names.PUT_OFF

    @property
    def address(self) -> dict[str, str]:
        """The parameters of an address with the same query."""
        order = {} if self.order == "due" else {"order": self.order}
        return ({"site": self.site_id} if self.site_id else {}) | order | dict(self.values)

    def without(self, name: str) -> dict[str, str]:
        """The parameters of an address without this filter."""
        return self.said({key: value for key, value in self.address.items() if key != name})

    def of_kind(self, kind: str) -> dict[str, str]:
        """The parameters of an address of this tab, under the same filters."""
        rest = {key: value for key, value in self.address.items() if key != "kind"}
        return self.said(rest | ({"kind": kind} if kind else {}))

    def said(self, address: dict[str, str] | None = None) -> dict[str, str]:
        """The parameters of an address, of this query's if none is given: those of the whole queue say so."""
        address = self.address if address is None else address
        return address or ({ALL: "1"} if self.opens_filtered else {})

    @property
    def whole(self) -> dict[str, str]:
        """The parameters of an address of all that waits, on the same site."""
        return self.said({"site": self.site_id} if self.site_id else {})


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose. `text` holds its count, where there is one."""

    value: str
    text: str
    #: Whether it is a language that the person reads.
    own: bool = False


def read(site_ids: Sequence[str], user_id: str, form: Mapping[str, str] | None = None) -> Query:
    """The query of the request's address, or of `form`. Values that no page could have sent are left out."""
    source = request.args if form is None else form
    values_sent = {name: forms.argument(name, most=_LONGEST, fields=source) for name in ("site", "order", *NAMES)}
    order = cast("Order", values_sent["order"]) if values_sent["order"] in get_args(Order) else "due"
    values = {
        name: values_sent[name] for name in NAMES if values_sent[name] and (name != "age" or values_sent[name] in AGES)
    }
    _, span, older = AGES.get(values.get("age", ""), ("", None, False))
    since = None if span is None else clock.now() - span
    kind = values.get("kind")
    filters = Filters(
        **{name: values.get(name) for name in ("label", "rule", "language", "thread")},
        kind=None if kind in names.CASE_TABS else kind,
        turn=own_turn(user_id) if kind == names.TURN else None,
        author_key=values.get("author"),
        text=values.get("q"),
        opened_since=None if older else since,
        opened_before=since if older else None,
        not_for=actors.of_user(user_id),
        one_of_each=site_ids,
    )
    site_id = values_sent["site"] if values_sent["site"] in site_ids else None
    return Query(site_id, order, values, filters, access.user().default_filter is not None)


def own_turn(user_id: str) -> Turn:
    """The cases of the person signed in, and those for admins where they are one."""
    return Turn(actors.of_user(user_id), [site_id for site_id in access.in_use() if access.may(site_id, "admin")])


def options(query: Query, counts_by_filter: Mapping[str, Counts], own: Sequence[str]) -> dict[str, list[Option]]:
    """Filter -> the options of its list: the values that occur, and the chosen one; one's `own` languages first."""
    lists = {}
    for name, counted in counts_by_filter.items():
        values = dict(counted)
        values.setdefault(query.values.get(name, ""), 0)
        values.pop("", None)
        offered = [
            Option(value, f"{in_words(name, value)} ({number(count)})", own=name == "language" and value in own)
            for value, count in values.items()
        ]
        lists[name] = sorted(offered, key=lambda option: not option.own)
    lists["age"] = [Option(value, gettext(text)) for value, (text, _, _) in AGES.items()]
    return lists


def in_words(name: str, value: str) -> str:
    """A filter's value in words."""
    if name == "age":
        return gettext(AGES[value][0])
    if name == "label":
        return wording.label(value)
    if name == "language":
        return wording.language(value)
    words = {"kind": names.REVIEW_KINDS | names.CASE_TABS, "rule": RULES}.get(name, {})
    return gettext(words[value]) if value in words else value


def number(count: int) -> str:
    """A count in words: `1,000+` where counting stopped."""
    return f"{decimal(COUNT_UP_TO)}+" if count > COUNT_UP_TO else decimal(count)
