"""Go to: a few letters lead to any page that the person may open: of a site, a policy, an author, a search.

Without a script it is a page of links; the script of every page shows the same in a dialog (`finder.js`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
from texts.folding import begun, fold_accents
from texts.translation import gettext

MOST_SHOWN = 12
#: An author is looked for from so many letters on.
LEAST_OF_AUTHOR = 2
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A page to go to: what it is called, what it belongs to, and where it is."""

    text: str
    what: str
    endpoint: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Made for those that are shown only."""
        return url_for(self.endpoint, **self.values)  # type: ignore[arg-type]


def show_places() -> ResponseReturnValue:
    """What the words of `q` may mean, the best first."""
    asked = forms.argument("q", most=_LONGEST)
    with context().store.read() as session:
        sites = names.of_own_sites(session)
        found = [*_matching(sites, asked), *_authors(session, dict(sites), asked)]
    searches = _searches(asked)
    places = found[: MOST_SHOWN - len(searches)] + searches
    return render_template("console/finder/finder.html", asked=asked, places=places)


def _matching(sites: Sequence[tuple[str, str]], asked: str) -> list[Place]:
    """The pages whose name, or what they belong to, has words that begin with the words asked for, in any order.

    First come those whose name begins so.
    """
    whole, words = fold_accents(asked), fold_accents(asked).split()
    if not words:
        return list(_pages())
    candidates = [*_pages(), *_of_sites(sites), *_forms(sites), *_of_policies(sites, words)]
    found = [one for one in candidates if all(begun(f"{one.text} {one.what}", words))]
    return sorted(found, key=lambda one: not fold_accents(one.text).startswith(whole))


def _pages() -> Iterator[Place]:
    for entry in navigation.of(access.user()):
        yield Place(gettext(entry.text), "", entry.endpoint)
    for kind, text in (names.TABS | names.CASE_TABS).items():
        if kind:
            yield Place(gettext(text), gettext("Review queue"), "console.show_queue", {"kind": kind})
    yield Place(gettext("Alerts"), "", "console.show_alerts")
    yield Place(access.user().name, "", "console.show_you")


def _forms(sites: Sequence[tuple[str, str]]) -> Iterator[Place]:
    """Where somebody, or a site, is added. Where there is one site, somebody new is for that one."""
    somebody, form, of_all = gettext("Somebody new"), {"_anchor": "new-name"}, access.may_everywhere("admin")
    if of_all and len(sites) != 1:
        yield Place(somebody, gettext("People"), "console.list_people", form)
    for site_id, name in sites:
        if access.may(site_id, "admin"):
            yield Place(somebody, name, "console.show_site", {"site_id": site_id, "_anchor": "member-name"})
    if of_all:
        yield Place(gettext("A new site"), gettext("Sites"), "console.list_sites", form)


def _of_sites(sites: Sequence[tuple[str, str]]) -> Iterator[Place]:
    queue, settings, policy = gettext("Review queue"), gettext("Sites"), gettext("Policy")
    for site_id, name in sites:
        yield Place(name, queue, "console.show_queue", {"site": site_id})
    for site_id, name in sites:
        if access.may(site_id, "admin"):
            yield Place(name, settings, "console.show_site", {"site_id": site_id})
    for site_id, name in sites:
        if access.may(site_id, "moderator"):
            yield Place(policy, name, "console.show_policy", {"site_id": site_id})


def _of_policies(sites: Sequence[tuple[str, str]], words: Sequence[str]) -> Iterator[Place]:
    """The fields of policies of which a word is asked for: not all of them, because a site's name is."""
    fields = [(gettext(one.title), one.key) for one in LISTS]
    fields += [(wording.label(label), f"flag_at.{label}") for label in LABELS]
    for text, anchor in fields:
        if not any(begun(text, words)):
            continue
        for site_id, name in sites:
            if access.may(site_id, "moderator"):
                values = {"site_id": site_id, "_anchor": anchor}
                yield Place(text, gettext("Policy of %(site)s", site=name), "console.show_policy", values)


def _authors(session: Session, site_names: Mapping[str, str], asked: str) -> list[Place]:
    if len(asked) < LEAST_OF_AUTHOR:
        return []
    site_ids = list(site_names)
    meant = names_meant.known_as(session, site_ids, asked)
    exactly = {(one.site_id, one.key) for one in meant}
    begun = names_meant.beginning_so(session, site_ids, asked)
    return [
        Place(
            one.name,
            gettext("Author on %(site)s", site=site_names[one.site_id]),
            "console.show_author",
            {"site": one.site_id, "key": one.key},
        )
        for one in [*meant, *(one for one in begun if (one.site_id, one.key) not in exactly)]
    ]


def _searches(asked: str) -> list[Place]:
    if not asked:
        return []
    said = f"“{asked}”"
    return [
        Place(said, gettext("Search in what waits"), "console.show_queue", {"q": asked}),
        Place(said, gettext("Search all comments"), "console.list_comments", {"q": asked}),
        Place(said, gettext("Comments by authors of this name"), "console.list_comments", {"author": asked}),
    ]


ROUTES = (("/go", "GET", show_places),)
