"""Second looks: a random share of decisions is put before another moderator, who does not see the first decision.

When they agree, nothing changes and nobody is told; when they disagree, theirs is a new decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import Select, Table, bindparam, or_, select, update
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.decisions.decision import Decision
from moderation.review import review_items, urgency
from moderation.review.review_items import NewItem
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.tables import Comment, ReviewItem, Site

#: The label of the row for the agreement on publishing and rejecting.
DECISION = "decision"

#: Second looks that are read for the statistics: the latest, of each site and in all.
MOST_READ = 2000

_MAX = 1 << 64
_SITES = cast("Table", Site.__table__)
_ITEMS = cast("Table", ReviewItem.__table__)
# Built once, because building them takes longer than running them.
_OPEN_OTHERWISE = select(_ITEMS.c.comment_id).where(
    _ITEMS.c.comment_id.in_(bindparam("ids", expanding=True)),
    _ITEMS.c.kind != "second_look",
    ReviewItem.is_open,
)
_DRAWN = select(_SITES.c.id, _SITES.c.draw_key, _SITES.c.settings).where(
    _SITES.c.id.in_(bindparam("sites", expanding=True))
)
#: Two decisions on a comment: the first, and that of the second look.
Pair = tuple[Mapping[str, Any], Mapping[str, Any]]
#: Who made the first decisions.
Of = Literal["moderators", "policy"]


class Agreement(NamedTuple):
    """How far two looks agree: on one label, or (`label` is `DECISION`) on publishing and rejecting.

    `kappa` is Cohen's (1960): 1 for full agreement, 0 for as much as chance gives, None where it is not defined,
    because there are no pairs or everybody always said the same.
    """

    label: str
    pairs: int
    kappa: float | None


def is_drawn(key: str, comment_id: str, version: int, share: float) -> bool:
    """Whether the decision that made this version gets a second look: at random by the key, but always the same."""
    digest = hashlib.blake2b(f"{comment_id} {version}".encode(), key=key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * _MAX


class Drawing(NamedTuple):
    """How a site's decisions are drawn for a second look: by a key of its own, and by its settings."""

    key: str
    settings: SiteSettings


def read_sites(session: Session, site_ids: set[str]) -> dict[str, Drawing]:
    """How the decisions of these sites are drawn, by the sites' ids."""
    rows = session.execute(_DRAWN, {"sites": list(site_ids)})
    return {site_id: Drawing(key or site_id, site_settings.read(document)) for site_id, key, document in rows}


def open_drawn(session: Session, decisions: Sequence[Decision], sites: Mapping[str, Drawing]) -> None:
    """Open a second look at each of these decisions that is drawn, in the caller's transaction.

    Close the second look at an earlier decision of the same comment, because that decision no longer holds. `sites` is
    what `read_sites` returned.
    """
    _drop(session, [decision.comment_id for decision in decisions if decision.actor != actors.POLICY])
    settled = [
        decision for decision in decisions if decision.status in ("published", "rejected") and decision.priority is None
    ]
    drawn = []
    for decision in settled:
        key, settings = sites[decision.site_id]
        if is_drawn(key, decision.comment_id, decision.version, _share(settings, decision.actor)):
            drawn.append(_question(decision))
    otherwise_open = _asked_otherwise(session, [item.comment_id for item in drawn])
    review_items.open_items(
        session, [item for item in drawn if item.comment_id not in otherwise_open], kind="second_look"
    )


def answer(
    session: Session, comment: Comment, status: str, *, actor: str, label: str | None
) -> Literal["none", "agreed", "disagreed"]:
    """Note on the comment's open second look how `actor` is about to decide. Closes nothing.

    An answer by the first moderator, or about a decision that is no longer in force, does not count.
    """
    item = _open_item(session, comment.id)
    about = item.about if item is not None else None
    if item is None or about is None or about["version"] != comment.version or item.not_for == actor:
        return "none"
    item.about = about | {"second": {"status": status, "actor": actor, "labels": [label] if label else []}}
    session.flush()
    return "agreed" if comment.status == status else "disagreed"


def awaited(session: Session, comment_ids: Collection[str], actor: str) -> set[str]:
    """Those of these comments that wait for a second look, and only for that, which this person may take."""
    if not comment_ids:
        return set()
    query = select(ReviewItem.comment_id).where(
        ReviewItem.comment_id.in_(comment_ids),
        ReviewItem.kind == "second_look",
        ReviewItem.is_open,
        or_(ReviewItem.not_for.is_(None), ReviewItem.not_for != actor),
    )
    waiting = set(session.scalars(query))
    return waiting - _asked_otherwise(session, waiting)


def give_way(session: Session, comment_id: str) -> None:
    """Close the comment's second look because of a report: whoever judges the report has to see everything."""
    item = _open_item(session, comment_id)
    if item is not None:
        item.closed_at, item.closed_by, item.outcome = clock.now(), actors.POLICY, "report"
        session.flush()


def withdraw(session: Session, comment_id: str, version: int, *, actor: str) -> None:
    """Close the second look at the decision that made `version`, which `actor` undoes."""
    item = _open_item(session, comment_id)
    if item is not None and (item.about or {}).get("version") == version:
        item.closed_at, item.closed_by, item.outcome = clock.now(), actor, "undo"
        session.flush()


def answered(session: Session, site_ids: Collection[str], since: datetime) -> list[Pair]:
    """The first and the second decision of each look that a person answered since then: of the latest `MOST_READ`.

    What the latest are, of all sites, is read from the index alone.
    """
    moments: list[datetime] = []
    for site_id in site_ids if len(site_ids) > 1 else ():
        of_site = _closed(site_id, since).with_only_columns(ReviewItem.closed_at)
        moments = sorted([*moments, *session.scalars(of_site)], reverse=True)[:MOST_READ]
    if len(moments) == MOST_READ:
        since = moments[-1]
    rows = [row for site_id in sorted(site_ids) for row in session.execute(_closed(site_id, since))]
    latest = sorted(rows, key=lambda row: row.closed_at, reverse=True)[:MOST_READ]
    return [(row.about, row.about["second"]) for row in latest if row.about and _is_answered(row.about)]


def _closed(site_id: str, since: datetime) -> Select[Any]:
    query = select(ReviewItem.about, ReviewItem.closed_at).where(
        ReviewItem.site_id == site_id,
        ReviewItem.kind == "second_look",
        ReviewItem.closed_at.is_not(None),
        ReviewItem.closed_at >= since,
    )
    return query.order_by(ReviewItem.closed_at.desc()).limit(MOST_READ)


def agreement(looks: Sequence[Pair], *, of: Of = "moderators") -> list[Agreement]:
    """How far second looks agree with the first decisions, of moderators or of the policy.

    A person's decision has the label of its reason; a decision of the policy has those of its thresholds. Labels that
    never occur are left out.
    """
    theirs = _at_decisions(looks, of)
    rows = [_row(DECISION, [(first["status"], second["status"]) for first, second in theirs])]
    labels = sorted({label for pair in theirs for look in pair for label in look["labels"]})
    return rows + [
        _row(label, [(label in first["labels"], label in second["labels"]) for first, second in theirs])
        for label in labels
    ]


def mistakes(looks: Sequence[Pair]) -> dict[str, tuple[int, int]]:
    """Status -> how many of the policy's decisions got a second look, and how many of them were wrong."""
    counts = {"published": (0, 0), "rejected": (0, 0)}
    for first, second in _at_decisions(looks, "policy"):
        number, wrong = counts[first["status"]]
        counts[first["status"]] = number + 1, wrong + (first["status"] != second["status"])
    return counts


def of_people(looks: Sequence[Pair]) -> dict[str, tuple[int, int]]:
    """Person -> how many of their decisions got a second look, and how many of those looks agreed."""
    counts: dict[str, tuple[int, int]] = {}
    for first, second in _at_decisions(looks, "moderators"):
        pairs, agreed = counts.get(first["actor"], (0, 0))
        counts[first["actor"]] = pairs + 1, agreed + (first["status"] == second["status"])
    return counts


def kappa(pairs: Sequence[tuple[Any, Any]]) -> float | None:
    """Cohen's kappa of pairs of answers; None without pairs, or where chance alone would always agree."""
    if not pairs:
        return None
    number = len(pairs)
    observed = sum(first == second for first, second in pairs) / number
    answers = {answer for pair in pairs for answer in pair}
    by_chance = sum(
        sum(first == answer for first, _ in pairs) * sum(second == answer for _, second in pairs) for answer in answers
    ) / (number * number)
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def _row(label: str, pairs: Sequence[tuple[Any, Any]]) -> Agreement:
    return Agreement(label, len(pairs), kappa(pairs))


def _is_answered(about: Mapping[str, Any]) -> bool:
    """Whether the second look was taken by a person at the console."""
    second = about.get("second")
    return second is not None and actors.is_person(second["actor"])


def _at_decisions(looks: Sequence[Pair], of: Of) -> list[Pair]:
    """The looks at first decisions that moderators, or the policy, made."""
    return [look for look in looks if (look[0]["actor"] == actors.POLICY) == (of == "policy")]


def _share(settings: SiteSettings, actor: str) -> float:
    """The share that is drawn. None of the API's decisions: they do not say which person made them."""
    if actor == actors.POLICY:
        return settings.second_look_automatic
    return settings.second_look_moderators if actors.is_person(actor) else 0.0


def _question(decision: Decision) -> NewItem:
    """The review item of a second look. It has neither the label nor the rule, which the moderator is not to know."""
    labels = {reason.get("label") for reason in decision.reasons}
    rejected = decision.status == "rejected"
    return NewItem(
        site_id=decision.site_id,
        comment_id=decision.comment_id,
        priority=urgency.LEAST,
        language=decision.language,
        author_key=decision.author_key,
        thread=decision.thread,
        not_for=decision.actor if actors.is_person(decision.actor) else None,
        about={
            "version": decision.version,
            "status": decision.status,
            "actor": decision.actor,
            "labels": sorted(label for label in labels if label) if rejected else [],
        },
    )


def _asked_otherwise(session: Session, comment_ids: Collection[str]) -> set[str]:
    """Those of these comments that have an open item of another kind: they get no blind second look."""
    return set(session.scalars(_OPEN_OTHERWISE, {"ids": list(comment_ids)})) if comment_ids else set()


def _open_item(session: Session, comment_id: str) -> ReviewItem | None:
    return session.scalar(
        select(ReviewItem).where(
            ReviewItem.comment_id == comment_id, ReviewItem.kind == "second_look", ReviewItem.is_open
        )
    )


def _drop(session: Session, comment_ids: Sequence[str]) -> None:
    """Close the open second looks at these comments, on which somebody has decided anew."""
    if not comment_ids:
        return
    session.execute(
        update(ReviewItem)
        .where(
            ReviewItem.comment_id.in_(comment_ids),
            ReviewItem.kind == "second_look",
            ReviewItem.is_open,
        )
        .values(closed_at=clock.now(), closed_by=actors.POLICY, outcome="edit")
        .execution_options(synchronize_session=False)
    )
