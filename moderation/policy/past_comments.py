"""The past comments of a site on which a policy is tried: the latest, and the latest that people decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, Select, func, select, text, union_all
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.policy import campaign_authors, facts, standings
from moderation.policy.consequences import Past, Sample, apart_from_thresholds, seconds_a_decision
from moderation.policy.rules import FIRST_COMMENT, LANGUAGE, REPEATED
from moderation.policy.terms import Facts, Policy
from moderation.tables import DECIDED_BY_PEOPLE, AuditEvent, Comment, ReviewItem

#: At most so many of the latest, and of those that people decided.
MOST = 2000
#: And of these so many as have this many characters together, since each text is read anew for each policy.
CHARACTERS = 1_000_000
_DECIDED = ("published", "flagged", "rejected")
_COLUMNS = (
    Comment.id,
    Comment.status,
    Comment.version,
    Comment.decided_by,
    Comment.decided_at,
    Comment.accepted_at,
    Comment.scores,
    Comment.own_scores,
    Comment.reasons,
    Comment.comment,
    Comment.name,
    Comment.email,
    Comment.user_id,
    Comment.author_key,
    Comment.group_id,
    Comment.ip,
    Comment.url,
    Comment.origin,
    Comment.language,
)
#: A text, and what its sender said its language is -> its language, and whether the classifier judges it.
Tell = Callable[[str, str | None], tuple[str, bool]]
_Row = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Past comments with their facts, read once for however many policies are tried on them."""

    #: Each comment's row, and its facts of that moment.
    comments: Sequence[tuple[_Row, Facts]]
    #: The ids of those that are among the site's latest.
    latest: Collection[str]
    #: Comment id -> the version that somebody saw at a second look.
    confirmed: Mapping[str, int]
    days: float
    seconds: float
    measured: bool
    #: Whether there are more than were asked for.
    is_part: bool


def read(session: Session, site_id: str, policy: Policy, tell: Tell, *, most: int = MOST) -> Sample:
    """The site's last `most` comments, and the last `most` that people decided, prepared for `policy`'s rules."""
    return prepare(gather(session, site_id, most=most), policy, tell)


def gather(session: Session, site_id: str, *, most: int = MOST) -> Gathered:
    """The site's last `most` comments, and the last `most` that people decided, with what no policy changes in them.

    Facts of that moment (repeated, first comment) are taken from the reasons that were recorded then.
    """
    recent, more_recent = _latest(session, site_id, most)
    confirmed = _confirmed(session, site_id, most)
    decided, more_decided = _by_people(session, site_id, most)
    by_people = [*decided, *_by_ids(session, confirmed, {row.id for row in recent})]
    rows = {row.id: row for row in (*recent, *by_people)}
    given = _rules_then(session, list(rows.values()))
    seconds, measured = seconds_a_decision([(row.decided_by, row.decided_at) for row in by_people if row.decided_at])
    return Gathered(
        [(row, _facts(row, given.get(row.id, set()))) for row in rows.values()],
        {row.id for row in recent},
        confirmed,
        _days(recent),
        seconds,
        measured,
        more_recent or more_decided,
    )


def prepare(gathered: Gathered, policy: Policy, tell: Tell) -> Sample:
    """These comments as `policy`'s rules see them.

    Whether the language was judged is as it was then, unless the policy names languages: only then is each told.
    """
    rows = [row for row, _ in gathered.comments]
    standing = standings.replayed(rows, policy)
    authors_alike = campaign_authors.replayed(rows, policy)
    comments = []
    for row, its in gathered.comments:
        facts_then = replace(its, standing=standing[row.id], authors_alike=authors_alike[row.id])
        if policy.languages:
            language, judged = tell(row.comment, row.language)
            facts_then = replace(facts_then, language=language, language_judged=judged)
        before, after = apart_from_thresholds(policy, facts_then, row.scores)
        comments.append(
            Past(
                row.scores,
                before,
                after,
                _decided(row, gathered.confirmed),
                row.id in gathered.latest,
                facts_then.own_scores,
                policy.trust_after is not None and facts_then.standing.approvals >= policy.trust_after,
                policy.hold_times.are_now(row.accepted_at),
                policy.campaign_authors is not None and facts_then.authors_alike >= policy.campaign_authors,
            )
        )
    return Sample(comments, gathered.days, gathered.seconds, gathered.measured, gathered.is_part)


def latest_comments(session: Session, site_id: str, most: int = MOST) -> Sequence[Row[*tuple[Any, ...]]]:
    """The site's last `most` decided comments, the latest first: what `facts.of_comment` needs of them, and more."""
    return _latest(session, site_id, most)[0]


def _latest(session: Session, site_id: str, most: int) -> tuple[Sequence[_Row], bool]:
    # An index has this order for each status: take the head of each and merge.
    heads = [
        select(Comment.id)
        .where(Comment.site_id == site_id, Comment.status == status)
        .order_by(Comment.id.desc())
        .limit(most + 1)
        .subquery()
        for status in _DECIDED
    ]
    ids = union_all(*(select(head.c.id) for head in heads))
    return _read_whole(session, select(Comment.id).where(Comment.id.in_(ids)), most)


def _by_people(session: Session, site_id: str, most: int) -> tuple[Sequence[_Row], bool]:
    query = select(Comment.id).where(
        Comment.site_id == site_id, text(DECIDED_BY_PEOPLE), Comment.status.in_(("published", "rejected"))
    )
    return _read_whole(session, query, most)


def _read_whole(session: Session, ids: Select[str], most: int) -> tuple[Sequence[_Row], bool]:
    """The latest of these comments, and whether there are more.

    At most `most` of them, with no more than their share of `CHARACTERS` together; but always the first.
    """
    sizes = ids.add_columns(func.length(Comment.comment)).order_by(Comment.id.desc()).limit(most + 1)
    latest = session.execute(sizes).all()
    chosen: list[str] = []
    room = CHARACTERS * min(most, MOST) // MOST
    for comment_id, size in latest[:most]:
        room -= size or 0
        if room < 0 and chosen:
            break
        chosen.append(comment_id)
    query: Select[*tuple[Any, ...]] = select(*_COLUMNS).where(Comment.id.in_(chosen))
    return session.execute(query.order_by(Comment.id.desc())).all(), len(latest) > len(chosen)


def _by_ids(session: Session, ids: dict[str, int], but: set[str]) -> list[_Row]:
    further = ids.keys() - but
    query: Select[*tuple[Any, ...]] = select(*_COLUMNS).where(Comment.id.in_(further), Comment.status.in_(_DECIDED))
    return list(session.execute(query).all()) if further else []


def _confirmed(session: Session, site_id: str, most: int) -> dict[str, int]:
    """Comment id -> the version that somebody saw at a second look."""
    query = (
        select(ReviewItem.comment_id, ReviewItem.about)
        .where(
            ReviewItem.site_id == site_id,
            ReviewItem.kind == "second_look",
            ReviewItem.closed_at.is_not(None),
            ReviewItem.outcome.in_(("publish", "reject")),
        )
        .order_by(ReviewItem.closed_at.desc())
        .limit(most)
    )
    return {comment_id: (about or {}).get("version", 0) for comment_id, about in session.execute(query)}


def _rules_then(session: Session, rows: Sequence[_Row]) -> dict[str, set[str]]:
    """Comment id -> the rules in the reasons of the policy's own decision, before any person's."""
    by_policy = {row.id: _rules(row.reasons) for row in rows if row.decided_by == actors.POLICY}
    others = [row.id for row in rows if row.decided_by != actors.POLICY]
    query = select(AuditEvent.comment_id, AuditEvent.reasons).where(
        AuditEvent.comment_id.in_(others), AuditEvent.action == "comment.decided", AuditEvent.actor == actors.POLICY
    )
    then = {str(comment_id): _rules(reasons) for comment_id, reasons in session.execute(query)} if others else {}
    return by_policy | then


def _rules(reasons: list[dict[str, Any]] | None) -> set[str]:
    return {str(reason.get("rule")) for reason in reasons or ()}


def _facts(row: _Row, given: set[str]) -> Facts:
    its = facts.of_comment(row)
    own_scores = row.own_scores
    if own_scores is None and its.own_words is not None:  # decided before they were kept: sooner held than rejected
        own_scores = dict.fromkeys(row.scores or (), 0.0)
    return replace(
        its,
        own_scores=own_scores or {},
        repeated=REPEATED.name in given,
        first_comment=FIRST_COMMENT.name in given,
        moment=row.accepted_at,
        language="und",
        language_judged=LANGUAGE.name not in given,
    )


def _decided(row: _Row, confirmed: Mapping[str, int]) -> Literal["publish", "reject"] | None:
    by_person = row.decided_by == actors.SITE or actors.is_person(row.decided_by)
    by_person = by_person or confirmed.get(row.id) == row.version
    if not by_person or row.status == "flagged":
        return None
    return "publish" if row.status == "published" else "reject"


def _days(recent: Sequence[_Row]) -> float:
    """How many days these comments came in. At least one, so that a busy first hour does not stand for every hour."""
    if not recent:
        return 1.0
    oldest: datetime = min(row.accepted_at for row in recent)
    return max(1.0, (clock.now() - oldest) / timedelta(days=1))
