"""An author's page: who they are on a site, what they wrote, and what was decided about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from moderation import authors, clock
from moderation.authors import Author
from moderation.decisions import standing
from moderation.history import histories
from moderation.history.histories import Record
from moderation.policy import policies, policy_lists
from moderation.policy.policy_lists import ListEntry
from moderation.tables import Comment
from service import forms
from service.console import access, names, plots
from service.console.card import handling, second_look
from service.context import context
from texts import wording
from texts.translation import decimal, gettext, later
from texts.visibility import can_be_seen

_USED = ((later("Names"), "name"), (later("E-mail"), "email"), (later("User id"), "user_id"), (later("Web"), "url"))
_LOOKS = {"published": "published", "flagged": "flagged", "rejected": "rejected"}


def show_author() -> ResponseReturnValue:
    site_id, key = forms.argument("site"), forms.clean(request.args.get("key", ""))
    access.require(site_id, "viewer")
    with context().store.read() as session:
        records = ((candidate, histories.author(session, site_id, candidate)) for candidate in authors.keys_meant(key))
        key, record = next((pair for pair in records if pair[1] is not None), (key, None))
        if record is None:
            abort(404)
        hidden = second_look.hidden(session, record.recent)
        document = policies.DEFAULT | policies.current(session, site_id).document
        latest = record.recent[0]
        warned = standing.warnings(session, [latest]).get(latest.id, [])
        by_rule = standing.of_authors(session, [latest], {site_id: document}).get(latest.id, [])
        actors = [comment.decided_by for comment in record.recent] + [warning.created_by for warning in warned]
        people = names.of_people(session, actors)
        notes = handling.of_author(session, site_id, key)
        site_name = names.of_sites(session, [site_id])[site_id]
    may_see_addresses = access.may(site_id, "moderator")
    return render_template(
        "console/comments/author.html",
        site_id=site_id,
        site_name=site_name,
        key=key,
        record=_without(record, hidden),
        hidden=hidden,
        name=latest.name if latest.name and can_be_seen(latest.name) else None,
        names=people,
        plot=_scores([comment for comment in record.recent if comment.id not in hidden]),
        listed=_listed(record, document, addresses=may_see_addresses),
        by_rule=by_rule,
        warnings=warned,
        latest=latest,
        may_decide=may_see_addresses,
        forever=access.may(site_id, "admin"),
        day=clock.now().date(),
        back=request.full_path,
        notes=notes,
        used=[(title, values) for title, field in _USED if (values := record.values_of(field))],
        addresses=record.values_of("ip") if may_see_addresses else [],
    )


def _listed(record: Record, document: Mapping[str, Any], *, addresses: bool) -> list[ListEntry]:
    """The policy's entries that block, suspend or trust the author."""
    identities = [
        *(Author(user_id=value) for value, _ in record.values_of("user_id")),
        *(Author(email=value) for value, _ in record.values_of("email")),
        *(Author(name=value) for value, _ in record.values_of("name") if not authors.is_nameless(value)),
    ]
    addresses_used = [ip for ip, _ in record.values_of("ip")] if addresses else []
    return policy_lists.matching(document, identities, addresses_used)


def _without(record: Record, hidden: Collection[str]) -> Record:
    """The record without these comments in its counts."""
    left_out = Counter(comment.status for comment in record.recent if comment.id in hidden)
    return replace(record, counts={name: number - left_out[name] for name, number in record.counts.items()})


def _scores(recent: Sequence[Comment]) -> plots.Plot | None:
    """A plot of the highest score of each of the author's latest comments, in order."""
    points = [
        (
            f"{wording.day(comment.created_at)}, {wording.within(wording.label(label))}",
            score,
            _LOOKS.get(comment.status, "neutral"),
        )
        for comment in reversed(recent)
        for label, score in [_highest(comment)]
        if label
    ]
    if not points:
        return None
    high = sum(score >= 0.5 for _, score, _ in points)
    return plots.dots(
        gettext("Highest score of each comment"),
        points,
        summary=gettext(
            "The highest scores of the latest %(number)s comments, in order: %(high)s are %(half)s or more.",
            number=len(points),
            high=high,
            half=decimal(0.5),
        ),
        legend=[("published", gettext("Published")), ("flagged", gettext("Held")), ("rejected", gettext("Rejected"))],
    )


def _highest(comment: Comment) -> tuple[str, float]:
    return max((comment.scores or {}).items(), key=lambda item: item[1], default=("", 0.0))


ROUTES = (("/author", "GET", show_author),)
