"""What people do with a stored comment: decide on it, edit it, report it, erase it.

`submissions.py` stores new comments as `pending`; `writing.py` writes the decisions of people and of the policy; and
`undoing.py` undoes a person's decision. Nothing else writes a comment's status.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, authors, clock, news, tracing
from moderation.decisions import appeals, erasing, reports, second_looks, standing, writing
from moderation.decisions.decision import Decision
from moderation.intake.submissions import content_hash, reading_hash
from moderation.policy.rules import MODERATOR, REPORTED
from moderation.review import campaigns, cases, lookalikes, review_items, urgency
from moderation.review.campaigns import Arrival
from moderation.review.fingerprints import NONE, Fingerprint
from moderation.review.review_items import NewItem
from moderation.sites import site_settings
from moderation.tables import Appeal, Comment, Feedback, Report, ReviewItem
from moderation.webhooks import catalogue, events
from moderation.webhooks.catalogue import Event

#: The columns with an author's data, which are emptied when the comment is erased.
_PERSONAL = (
    "email",
    "url",
    "ip",
    "user_agent",
    "user_id",
    "language",
    "author_key",
    "content_hash",
    "request_hash",
)


class CommentError(Exception):
    """Something cannot be done with a comment; the message says why."""


class NotFound(CommentError):
    """No comment has this id on this site."""


class Erased(CommentError):
    """The comment was erased."""


class NotYours(CommentError):
    """The author appeals against this person's own decision, so somebody else has to look."""


class ReasonMissing(CommentError):
    """This site asks its moderators for a reason when they reject."""

    def __init__(self) -> None:
        super().__init__("This site asks for a reason when you reject: choose one of its list, or write a note.")


class Stale(CommentError):
    """The comment changed since the caller saw it. `current` is its row now."""

    def __init__(self, current: Comment) -> None:
        super().__init__(
            f"The comment is at version {current.version} now: {current.status}, by {current.decided_by or 'nobody'}."
        )
        self.current = current


def decide(  # noqa: PLR0913  (a decision in full)
    session: Session,
    site_id: str | None,
    comment_id: str,
    action: Literal["publish", "reject"],
    *,
    actor: str,
    reason: str | None = None,
    code: str | None = None,
    version: int | None = None,
    grace: timedelta = timedelta(0),
) -> Comment:
    """Write a person's decision, in the caller's transaction. Closes every open review item of the comment.

    `site_id` None means every site (for the console). `code` is a reason of the site's list and `reason` a note.
    `version` is the version that the moderator saw. The site is told when the `grace` is over, in which the decision
    can be undone. Agreeing at a second look, or upholding on appeal, leaves the decision in force as it is, without a
    new version and its webhook; undoing it opens the question again.

    Raises:
        NotFound, Erased: there is nothing to decide.
        Stale: the comment is no longer at `version`.
        NotYours: the author appeals against a decision of this very person.
        ReasonMissing: a person at the console rejects without a reason, on a site that asks for one.
    """
    comment = find(session, site_id, comment_id, lock=True)
    require_version(session, comment, version)
    cases.bring_back(session, [comment.id])
    _require_reason(session, comment, action, actor, code or reason)
    decision = Decision.of(
        comment,
        status="published" if action == "publish" else "rejected",
        actor=actor,
        reasons=[_reason_of_person(session, comment.site_id, action, code, reason)],
        was=_decision_in_force(comment),
    )
    appeal, confirms = _answer(session, comment, decision)
    if confirms:
        return _leave_as_it_is(session, comment, decision, appeal, grace)
    decision = replace(decision, version=comment.version + 1)
    review_items.close(session, [comment.id], by=actor, outcome=action, version=decision.version)
    if appeal is not None:
        appeals.tell(session, comment, appeal, by=decision.version, grace=grace)
    writing.write(session, [decision], grace=grace)
    session.refresh(comment)
    reports.settle(session, comment, decision.status, version=decision.version)
    standing.weigh(session, comment)
    return comment


def _leave_as_it_is(
    session: Session, comment: Comment, decision: Decision, appeal: Appeal | None, grace: timedelta
) -> Comment:
    """What follows a decision that agrees with the one in force."""
    reports.settle(session, comment, decision.status, version=comment.version)
    if appeal is not None:
        appeals.tell(session, comment, appeal, grace=grace)
    news.of(session).happened("decided", comment.site_id, [comment.id])
    return comment


def _require_reason(session: Session, comment: Comment, action: str, actor: str, reason: str | None) -> None:
    """Raises ReasonMissing for people at the console only; a site's own software need not give a reason."""
    if reason or action != "reject" or not actors.is_person(actor):
        return
    if site_settings.of_sites(session, {comment.site_id})[comment.site_id].require_reason:
        raise ReasonMissing


def _decision_in_force(comment: Comment) -> dict[str, Any]:
    """The decision that an undo restores."""
    return {
        "status": comment.status,
        "reasons": comment.reasons,
        "decided_by": comment.decided_by,
        "decided_at": comment.decided_at.isoformat() if comment.decided_at else None,
    }


def _answer(session: Session, comment: Comment, decision: Decision) -> tuple[Appeal | None, bool]:
    """Settle the comment's second look and its appeal by the decision that is about to be written.

    Returns the appeal that this settles, and whether that is all: the decision only confirms the one in force, and the
    comment has no other open item.
    """
    if appeals.is_against(session, comment, decision.actor):
        raise NotYours("The author appeals against your own decision, so another moderator has to look.")
    label = decision.reasons[0].get("label") if decision.status == "rejected" else None
    second = second_looks.answer(session, comment, decision.status, actor=decision.actor, label=label)
    appeal = appeals.answer(session, comment, decision.status, actor=decision.actor, reason=_reason_in_words(decision))
    upheld = appeal is not None and appeal.outcome == "upheld"
    agrees = decision.status == comment.status and (second == "agreed" or upheld)
    if not agrees or review_items.open_kinds(session, comment.id) - {"second_look", "appeal"}:
        return appeal, False
    outcome = "publish" if decision.status == "published" else "reject"
    review_items.close(session, [comment.id], by=decision.actor, outcome=outcome)
    audit.record(session, [replace(decision, scores=None).audit_row("comment.confirmed")])
    return appeal, True


def _reason_in_words(decision: Decision) -> str | None:
    """The reason that a person gave, in words; None where they gave none."""
    [reason] = decision.reasons
    return str(reason["message"]) if reason.keys() & {"code", "note"} else None


def edit(
    session: Session, site_id: str, comment_id: str, fields: Mapping[str, Any], *, version: int | None = None
) -> tuple[Comment, bool]:
    """Change what a comment says, in the caller's transaction: it is `pending` again until it has been scored.

    Returns the comment and whether anything changed.

    Raises:
        NotFound, Erased, Stale: as for `decide`.
    """
    comment = find(session, site_id, comment_id, lock=True)
    require_version(session, comment, version)
    changed = {name: value for name, value in fields.items() if getattr(comment, name) != value}
    if not changed:
        return comment, False
    mark = {"turned_down": True} if was_turned_down(comment) else {}
    kept = {name: value for name, value in (comment.origin or {}).items() if name != "turned_down"}
    comment.origin = (kept | mark) or None
    for name, value in changed.items():
        setattr(comment, name, value)
    comment.content_hash = reading_hash(comment.comment)
    comment.author_key = authors.key_of(comment.user_id, comment.email, comment.name)
    comment.status = "pending"
    comment.revision += 1
    comment.version += 1
    comment.updated_at = clock.now()
    cause = tracing.current()
    comment.request_id, comment.traceparent = cause.request_id, cause.traceparent
    comment.scores = comment.own_scores = comment.reasons = comment.spans = None
    comment.decided_by = comment.decided_at = None
    review_items.close(session, [comment.id], by=actors.SITE, outcome=review_items.EDITED)
    reports.set_aside(session, comment)
    audit.record(session, [audit.row_about(comment, "comment.edited", actors.SITE, fields=sorted(changed))])
    news.of(session).happened("decided", comment.site_id, [comment.id])
    news.of(session).pending[comment.id] = (comment.site_id, comment.updated_at)
    return comment, True


def was_turned_down(comment: Comment) -> bool:
    """Whether people speak against a comment as it stands, or did before an edit of which none has said anything.

    A person rejected it, or readers' reports hid it. By an edit, its author would not be heard by the policy alone.
    """
    if any(reason.get("rule") == REPORTED.name for reason in comment.reasons or ()):
        return True
    if comment.decided_by == actors.SITE or actors.is_person(comment.decided_by):
        return comment.status == "rejected"
    return bool((comment.origin or {}).get("turned_down"))


def erase(session: Session, site_id: str, comment_id: str, *, actor: str = actors.SITE) -> Comment:
    """Erase a comment's text and author for good. The audit stays, without what people wrote into it.

    Labelled examples (feedback) of the same text on this site are erased too.

    Raises:
        NotFound, Erased: there is nothing to erase.
    """
    comment = find(session, site_id, comment_id, lock=True)
    external_id = comment.external_id
    erasing.forget(session, comment)
    same_text = (Feedback.site_id == site_id, Feedback.text_hash == content_hash(comment.comment))
    session.execute(delete(Feedback).where(*same_text))
    for name in _PERSONAL:
        setattr(comment, name, None)
    comment.name = comment.comment = ""
    comment.external_id = comment.idempotency_key = comment.own_scores = comment.spans = comment.origin = None
    comment.request_id = comment.traceparent = comment.group_id = None
    comment.status, comment.version, comment.updated_at = "erased", comment.version + 1, clock.now()
    session.execute(update(Report).where(Report.comment_id == comment.id).values(note=None, reporter=None))
    appeals.erase(session, comment.id)
    review_items.close(session, [comment.id], by=actor, outcome="erase")
    review_items.forget(session, comment.id)
    audit.record(session, [audit.row_about(comment, "comment.erased", actor)])
    news.of(session).happened("decided", comment.site_id, [comment.id])
    data = {"id": comment.id, "external_id": external_id, "status": "erased", "version": comment.version}
    events.notify(
        session,
        [
            Event(
                catalogue.COMMENT_ERASED,
                comment.site_id,
                comment.id,
                at=comment.updated_at,
                data=data,
                version=comment.version,
            )
        ],
    )
    return comment


def report(
    session: Session,
    site_id: str,
    comment_id: str,
    *,
    reason: str,
    note: str | None,
    reporter: str | None,
    fingerprint: Fingerprint = NONE,
) -> Report:
    """Store a reader's report and ask a moderator. A second report by the same reader changes nothing.

    Where the policy says so, enough reports by readers who were right before hide the comment (`reports.hide`).

    `fingerprint` is the comment's (`lookalikes.of_comment`), by which it is grouped with comments like it.

    Raises:
        NotFound, Erased: there is nothing to report.
    """
    comment = find(session, site_id, comment_id, lock=True)
    if reporter is not None:
        earlier = session.scalar(
            select(Report).where(Report.comment_id == comment.id, Report.reporter == reporter).limit(1)
        )
        if earlier is not None:
            return earlier
    group_id = _group_of(session, comment, fingerprint)
    second_looks.give_way(session, comment.id)
    item = NewItem.of(comment, urgency.of_reports({reason: 1}), group_id=group_id)
    review_items.open_items(session, [item], kind="report")
    entry = Report(
        id=clock.new_id("r"),
        site_id=comment.site_id,
        comment_id=comment.id,
        reason=reason,
        note=note,
        reporter=reporter,
        created_at=clock.now(),
        outcome="waiting",
    )
    session.add(entry)
    session.flush()
    reports.hide(session, comment)
    review_items.hurry(session, comment, urgency.of_reports(_reports_waiting(session, comment.id)), kind="report")
    audit.record(session, [audit.row_about(comment, "comment.reported", actors.SITE, reason=reason)])
    return entry


def _group_of(session: Session, comment: Comment, fingerprint: Fingerprint) -> str | None:
    """The group of a stored comment. One that was decided before groups were kept gets its own now."""
    if comment.group_id is not None or not fingerprint.bands:
        return comment.group_id
    fingerprints = {comment.id: fingerprint}
    group_id = lookalikes.assign(session, fingerprints, lookalikes.owners(session, fingerprints))[comment.id]
    campaigns.join(session, [Arrival(comment.id, comment.site_id, group_id, None, fingerprint.says_little)])
    return group_id


def _reports_waiting(session: Session, comment_id: str) -> dict[str, int]:
    """Reason -> how many readers gave it since the comment's open report item was opened."""
    opened_at = select(ReviewItem.opened_at).where(
        ReviewItem.comment_id == comment_id, ReviewItem.kind == "report", ReviewItem.is_open
    )
    query = select(Report.reason, func.count()).where(
        Report.comment_id == comment_id, Report.created_at >= opened_at.scalar_subquery()
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Report.reason))}


def find(session: Session, site_id: str | None, comment_id: str, *, lock: bool = False) -> Comment:
    """The comment with this id, on this site (None: on any).

    Raises:
        NotFound: there is none.
        Erased: it was erased.
    """
    query = select(Comment).where(Comment.id == comment_id)
    if site_id is not None:
        query = query.where(Comment.site_id == site_id)
    comment = session.scalar(query.with_for_update() if lock else query)
    if comment is None:
        raise NotFound(f"There is no comment {comment_id}.")
    if comment.status == "erased":
        raise Erased(f"Comment {comment_id} was erased.")
    return comment


def lock(session: Session, site_id: str, comment_ids: Collection[str]) -> None:
    """Lock these comments of a site for the caller's transaction, before it decides on several.

    They are locked in one order, so that two transactions cannot wait for each other on PostgreSQL.
    """
    query = select(Comment.id).where(Comment.id.in_(comment_ids), Comment.site_id == site_id)
    session.execute(query.order_by(Comment.id).with_for_update())


def require_version(session: Session, comment: Comment, version: int | None) -> None:
    """Raises Stale unless the comment is at this version; None: any."""
    if version is not None and comment.version != version:
        session.expunge(comment)  # the rollback that follows would take its values away
        raise Stale(comment)


def _reason_of_person(
    session: Session, site_id: str, action: Literal["publish", "reject"], code: str | None, note: str | None
) -> dict[str, Any]:
    """A person's reason: an entry of the site's list, a note, both or neither."""
    text = label = None
    if code is not None:
        entry = site_settings.of_sites(session, {site_id})[site_id].reason_of(code)
        text, label = entry.text, entry.label
    message = ": ".join(part for part in (text, note) if part) or f"A moderator chose to {action} it."
    reason = MODERATOR.reason(message, action=action, label=label).as_json()
    return reason | {name: value for name, value in (("code", code), ("note", note)) if value}
