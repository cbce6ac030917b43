"""What a page shows of a comment: its words, why it waits, and how its scores stand to its site's thresholds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

import models
from moderation import policies
from moderation.appeals import waiting
from moderation.policy import Presets, Threshold
from moderation.tables import Comment, PolicyVersion, Report, ReviewItem, Site, User
from service.console.marks import Segment, hidden_characters, segments

KINDS = {
    "flag": "Flagged",
    "report": "Reported by readers",
    "second_look": "Second look",
    "appeal": "Appeal",
}
#: From here on a text gets a box of its own that scrolls.
LONG = 1200


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A label's score beside its thresholds; `level` is `reject`, `flag` or `clear`."""

    name: str
    score: float
    threshold: Threshold

    @property
    def level(self) -> str:
        if self.threshold.reject_at is not None and self.score >= self.threshold.reject_at:
            return "reject"
        if self.threshold.flag_at is not None and self.score >= self.threshold.flag_at:
            return "flag"
        return "clear"


@dataclass(frozen=True, slots=True)
class Card:
    """A comment as a moderator sees it."""

    comment: Comment
    items: Sequence[ReviewItem]
    site_name: str
    scores: Sequence[ScoreLine]
    parent: Comment | None
    reports: Sequence[str]
    decided_by: str | None

    @property
    def segments(self) -> list[Segment]:
        return segments(self.comment.comment, self.comment.spans)

    @property
    def is_long(self) -> bool:
        return len(self.comment.comment) > LONG or self.comment.comment.count("\n") > 16

    @property
    def hidden_characters(self) -> list[str]:
        return hidden_characters(self.comment.name + self.comment.comment)

    @property
    def kinds(self) -> list[str]:
        """Why it waits, where its status does not say so already."""
        held = self.comment.status == "flagged"
        return [KINDS[item.kind] for item in self.items if not (held and item.kind == "flag")]


def build(session: Session, comments: Sequence[tuple[Comment, Sequence[ReviewItem]]]) -> list[Card]:
    """Cards for these comments, in order, with a query for each kind of thing that they show."""
    ids = [comment.id for comment, _ in comments]
    site_ids = {comment.site_id for comment, _ in comments}
    names = dict(session.execute(select(Site.id, Site.name).where(Site.id.in_(site_ids))).all())
    thresholds = _thresholds(session, site_ids)
    parents = _parents(session, [comment.parent_id for comment, _ in comments if comment.parent_id])
    reports = _reports(session, ids)
    people = people_names(session, [comment.decided_by for comment, _ in comments])
    return [
        Card(
            comment=comment,
            items=items,
            site_name=names[comment.site_id],
            scores=_score_lines(comment, thresholds[comment.site_id]),
            parent=parents.get(comment.parent_id or ""),
            reports=reports[comment.id],
            decided_by=people.get(comment.decided_by or ""),
        )
        for comment, items in comments
    ]


def people_names(session: Session, actors: Sequence[str | None]) -> dict[str, str]:
    """How to name those who decided, `user:<id>` or otherwise."""
    ids = {actor.removeprefix("user:") for actor in actors if actor and actor.startswith("user:")}
    found = dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all()) if ids else {}
    known = {"policy": "the site's policy", "site": "the site", "operator": "the operator"}
    return known | {f"user:{user_id}": found.get(user_id, "somebody who left") for user_id in ids}


def label_name(label: str) -> str:
    """A label as people read it: `Identity attack`."""
    return label.replace("_", " ").capitalize()


@cache
def presets() -> Presets:
    """The classifier's, read once a process and only when a page wants them."""
    return models.load().thresholds


def _thresholds(session: Session, site_ids: set[str]) -> dict[str, Mapping[str, Threshold]]:
    query = (
        select(PolicyVersion.site_id, PolicyVersion.document)
        .join(Site, (Site.id == PolicyVersion.site_id) & (Site.policy_version == PolicyVersion.version))
        .where(Site.id.in_(site_ids))
    )
    return {
        site_id: policies.thresholds(policies.DEFAULT | document, presets())
        for site_id, document in session.execute(query)
    }


def _score_lines(comment: Comment, thresholds: Mapping[str, Threshold]) -> list[ScoreLine]:
    """The highest first; labels that this site ignores come last."""
    lines = [
        ScoreLine(label_name(label), score, thresholds.get(label, Threshold()))
        for label, score in (comment.scores or {}).items()
    ]
    return sorted(lines, key=lambda line: (line.threshold == Threshold(), -line.score))


def _parents(session: Session, ids: Sequence[str]) -> dict[str, Comment]:
    if not ids:
        return {}
    return {one.id: one for one in session.scalars(select(Comment).where(Comment.id.in_(ids)))}


def _reports(session: Session, comment_ids: Sequence[str]) -> dict[str, list[str]]:
    """What readers said of each comment: `spam (2 readers)`, and their notes."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    notes: dict[str, list[str]] = defaultdict(list)
    query = select(Report).where(Report.comment_id.in_(comment_ids)).order_by(Report.id).limit(500)
    for report in session.scalars(query):
        counts[report.comment_id][report.reason] += 1
        if report.note:
            notes[report.comment_id].append(f"“{report.note}”")
    said: dict[str, list[str]] = defaultdict(list)
    for comment_id, reasons in counts.items():
        said[comment_id] = [
            f"{label_name(reason)}: {number} reader{'' if number == 1 else 's'}"
            for reason, number in reasons.most_common()
        ] + notes[comment_id]
    for comment_id, text in waiting(session, comment_ids).items():
        said[comment_id].insert(0, f"The author appeals: “{text}”")
    return said
