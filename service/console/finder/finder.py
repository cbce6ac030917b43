"""Go to: a few letters lead to any page that the person may open: of a site, a policy, an author, a search.

Without a script it is a page of links; the script of every page shows the same in a dialog (`finder.js`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from models import LABELS
from moderation.finding import names as names_meant
from moderation.policy.rules import LISTS
from service import forms
from service.console import access, names, navigation
from service.context import context
from texts import wording
from texts.folding import fold
from texts.translation import gettext

MOST_SHOWN = 12
#: An author is looked for from so many letters on.
LEAST_OF_AUTHOR = 2
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A page to go to: what it is called, what it belongs to, and its address."""

    text: str
    address: str
    what: str = ""


def show_places() -> ResponseReturnValue:
    """What the words of `q` may mean, the best first."""
    asked = forms.argument("q", most=_LONGEST)
    with context().store.read() as session:
        found = _matching(session, asked)
        found += _authors(session, asked)
    found = found[: MOST_SHOWN - len(searches := _searches(asked))] + searches
    return render_template("console/finder/finder.html", asked=asked, places=found)


def _matching(session: Session, asked: str) -> list[Place]:
    """The pages whose name, or what they belong to, has words that begin with the words asked for, in any order.

    First come those whose name begins so.
    """
    whole, words = fold(asked), fold(asked).split()
    if not words:
        return list(_pages())
    candidates = [*_pages(), *_of_sites(names.of_own_sites(session))]
    found = [one for one in candidates if _has(fold(f"{one.text} {one.what}").split(), words)]
    return sorted(found, key=lambda one: not fold(one.text).startswith(whole))


def _has(here: list[str], words: list[str]) -> bool:
    return all(any(one.startswith(word) for one in here) for word in words)


def _pages() -> Iterator[Place]:
    for entry in navigation.of(access.user()):
        yield Place(gettext(entry.text), url_for(entry.endpoint))
    for kind, text in (names.TABS | names.CASE_TABS).items():
        if kind:
            yield Place(gettext(text), url_for("console.show_queue", kind=kind), gettext("Review queue"))
    yield Place(gettext("Alerts"), url_for("console.show_alerts"))
    yield Place(access.user().name, url_for("console.show_you"))
    if access.may_everywhere("admin"):
        yield Place(gettext("Somebody new"), url_for("console.list_people", _anchor="new-name"), gettext("People"))
        yield Place(gettext("A new site"), url_for("console.list_sites", _anchor="new-name"), gettext("Sites"))


def _of_sites(sites: list[tuple[str, str]]) -> Iterator[Place]:
    """The pages of each site, and the fields of its policy."""
    for site_id, name in sites:
        yield Place(name, url_for("console.show_queue", site=site_id), gettext("Review queue"))
    for site_id, name in sites:
        if access.may(site_id, "admin"):
            yield Place(name, url_for("console.show_site", site_id=site_id), gettext("Sites"))
    policies = [
        (name, url_for("console.show_policy", site_id=site_id))
        for site_id, name in sites
        if access.may(site_id, "moderator")
    ]
    fields = [(gettext(one.title), one.key) for one in LISTS]
    fields += [(wording.label(label), f"flag_at.{label}") for label in LABELS]
    for name, address in policies:
        yield Place(gettext("Policy"), address, name)
    for text, anchor in fields:
        for name, address in policies:
            yield Place(text, f"{address}#{anchor}", gettext("Policy of %(site)s", site=name))


def _authors(session: Session, asked: str) -> list[Place]:
    if len(asked) < LEAST_OF_AUTHOR:
        return []
    site_names = dict(names.of_own_sites(session))
    return [
        Place(
            one.name,
            url_for("console.show_author", site=one.site_id, key=one.key),
            gettext("Author on %(site)s", site=site_names[one.site_id]),
        )
        for one in names_meant.known_as(session, list(site_names), asked)
    ]


def _searches(asked: str) -> list[Place]:
    if not asked:
        return []
    said = f"“{asked}”"
    return [
        Place(said, url_for("console.show_queue", q=asked), gettext("Search in what waits")),
        Place(said, url_for("console.list_comments", q=asked), gettext("Search all comments")),
        Place(said, url_for("console.list_comments", author=asked), gettext("Comments by authors of this name")),
    ]


ROUTES = (("/go", "GET", show_places),)
