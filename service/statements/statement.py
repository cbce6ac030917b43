"""Gathers what a statement of reasons tells the comment's author about the decision in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.decisions import appeals
from moderation.sites import author_sentences, site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.tables import Appeal, AuditEvent, Comment, Report, Site
from moderation.webhooks import withdrawal
from moderation.webhooks.statement_links import Link
from service import languages
from service.console.card.highlights import Segment, segments
from service.statements import wording
from texts.translation import gettext, ngettext

#: How many of a comment's decisions, and of those taken back, are read, from the latest.
_MOST = 50


class Ended(Exception):
    """The link no longer works; the message says why."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The content of the page."""

    comment: Comment
    site_name: str
    #: Whether its author may choose among our languages.
    is_offered_in_others: bool
    headline: str
    effect: str
    #: Who decided, in words that follow the day of the decision.
    decided_by: str
    grounds: Sequence[str]
    legal_ground: str | None
    means: Sequence[str]
    segments: Sequence[Segment]
    #: Earlier decisions, the latest first: the moment, and a line.
    earlier: Sequence[tuple[datetime, str]]
    #: The latest appeal, whichever decision it was against.
    appeal: Appeal | None
    #: Whether the author may be told how the appeal ended.
    is_answered: bool
    #: What the moderator answered.
    answer: str | None
    may_appeal: bool
    until: datetime

    @property
    def by_moderator(self) -> bool:
        """Whether a person decided in the console. Who decided over the API is not known."""
        return actors.is_person(self.comment.decided_by)


def build(session: Session, link: Link) -> Statement:
    """The statement that a link opens, in the language of the site's authors, which the request speaks from now on.

    Raises:
        Ended: the link is too old, or the comment was erased.
    """
    comment = session.get(Comment, link.comment_id)
    if comment is None:
        raise _erased()
    settings = site_settings.of_sites(session, {comment.site_id})[comment.site_id]
    languages.speak_to_author(settings)
    if comment.status == "erased":
        raise _erased()
    until = link.decided_at + timedelta(days=settings.appeal_days)
    if until < clock.now():
        raise Ended(
            ngettext(
                "It was good for one day after the decision.",
                "It was good for %(number)s days after the decision.",
                settings.appeal_days,
            )
        )
    events = _decisions(session, comment.id)
    before = events if comment.status == "pending" else events[1:]
    reported = bool(session.scalar(select(exists().where(Report.comment_id == comment.id))))
    in_force = comment.status in ("flagged", "rejected")
    actor = comment.decided_by or actors.POLICY
    appeal = session.scalar(
        select(Appeal).where(Appeal.comment_id == comment.id).order_by(Appeal.version.desc()).limit(1)
    )
    return Statement(
        comment=comment,
        site_name=session.scalars(select(Site.name).where(Site.id == comment.site_id)).one(),
        is_offered_in_others=settings.author_chooses,
        headline=wording.headline(comment.status),
        effect=wording.effect(comment.status),
        decided_by=wording.decided_by(actor),
        grounds=_grounds(comment, events, settings) if in_force else [],
        legal_ground=wording.legal_ground(comment.reasons) if comment.status == "rejected" else None,
        means=_means(comment, actor, events, reported=reported) if in_force else [],
        segments=segments(comment.comment, comment.spans if in_force else None),
        earlier=[(event.created_at, wording.what_happened(event.status or "", event.actor)) for event in before],
        appeal=appeal,
        is_answered=appeal is not None and _is_answered(session, appeal, settings.grace),
        answer=author_sentences.of_answer(appeal.answer, settings) if appeal is not None and appeal.answer else None,
        may_appeal=appeals.is_open(session, comment),
        until=until,
    )


def _erased() -> Ended:
    return Ended(gettext("The comment was erased, and with it what was decided about it."))


def _is_answered(session: Session, appeal: Appeal, grace: timedelta) -> bool:
    """Whether the author may be told how the appeal ended: a moderator can undo it until the grace time is over."""
    if appeal.outcome != "upheld" or appeal.decided_at is None or appeal.decided_at + grace <= clock.now():
        return appeal.outcome is not None
    return withdrawal.answer_has_left(session, appeal.comment_id, appeal.version)


def _grounds(comment: Comment, events: Sequence[AuditEvent], settings: SiteSettings) -> list[str]:
    """The reasons, in sentences. For a moderator's rejection without a reason: why the comment had been held before."""
    reasons = comment.reasons or []
    if not actors.is_person(comment.decided_by) or any(reason.keys() & {"code", "note"} for reason in reasons):
        return wording.grounds(reasons, settings)
    held_event = next((event for event in events if event.actor == actors.POLICY and event.status != "published"), None)
    return wording.without_reason(held_event.reasons if held_event is not None else None, settings)


def _means(comment: Comment, actor: str, events: Sequence[AuditEvent], *, reported: bool) -> list[str]:
    held_before = any(event.actor == actors.POLICY and event.status == "flagged" for event in events)
    return wording.means(
        comment.status, actor, held_before=held_before, reported=reported, scored=comment.scores is not None
    )


def _decisions(session: Session, comment_id: str) -> Sequence[AuditEvent]:
    """The decisions on a comment that were not taken back, the latest first."""
    query = select(AuditEvent).where(
        AuditEvent.comment_id == comment_id, AuditEvent.action.in_(("comment.decided", "comment.undone"))
    )
    taken_back: set[int] = set()
    decisions = []
    for event in session.scalars(query.order_by(AuditEvent.id.desc()).limit(_MOST)):
        if event.action == "comment.undone":
            taken_back.add((event.detail or {}).get("undoes", 0))
        elif event.version not in taken_back:
            decisions.append(event)
    return decisions
