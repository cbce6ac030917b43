"""What authors say against a rejection: once for each decision, and to somebody else than who made it.

Upholding closes the appeal and changes nothing else; publishing the comment is a new decision. Either way the site is
told with `appeal.decided`. A decision that is taken back leaves the appeal open.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock
from moderation.review import review_items, urgency
from moderation.review.review_items import NewItem
from moderation.sites import site_settings
from moderation.tables import Appeal, Comment, ReviewItem
from moderation.webhooks import catalogue, events, withdrawal
from moderation.webhooks.catalogue import Event

#: Characters of an appeal.
LONGEST = 2000


class AppealRefused(Exception):
    """This decision cannot be appealed (any more); the message says why, to the author."""


class TooLate(Exception):
    """The answer to an appeal has been told, and its author has read that it is final."""


def find(session: Session, comment: Comment) -> Appeal | None:
    """The appeal against the decision in force, if there was one."""
    return session.scalar(select(Appeal).where(Appeal.comment_id == comment.id, Appeal.version == comment.version))


def is_open(session: Session, comment: Comment) -> bool:
    """Whether the decision in force can be appealed: a rejection that was not appealed before, on a site that lets."""
    settings = site_settings.of_sites(session, {comment.site_id})[comment.site_id]
    return comment.status == "rejected" and settings.appeals and find(session, comment) is None


def lodge(session: Session, comment: Comment, text: str) -> Appeal:
    """Take an appeal against the decision in force and ask a moderator, in the caller's transaction.

    `comment` is locked (`comments.find`), so that two appeals at once are one after the other.

    Raises:
        AppealRefused: the decision in force is no rejection, or was appealed already.
    """
    if not is_open(session, comment):
        raise AppealRefused("This decision cannot be appealed, or an appeal was sent already.")
    actor = comment.decided_by or actors.POLICY
    appeal = Appeal(
        id=clock.new_id("p"),
        site_id=comment.site_id,
        comment_id=comment.id,
        version=comment.version,
        text=text,
        created_at=clock.now(),
    )
    session.add(appeal)
    item = NewItem.of(
        comment,
        urgency.APPEAL,
        # Only a person of the console is somebody; a decision over the API does not say whose it was.
        not_for=actor if actors.is_person(actor) else None,
        about={"version": comment.version, "status": comment.status, "actor": actor, "labels": []},
    )
    review_items.open_items(session, [item], kind="appeal")
    _note(session, comment, "comment.appealed", "author")
    return appeal


def is_against(session: Session, comment: Comment, actor: str) -> bool:
    """Whether the comment's open appeal is against this person's own decision."""
    item = _open_item(session, comment)
    return item is not None and item.not_for == actor


def answer(session: Session, comment: Comment, status: str, *, actor: str, said: str | None = None) -> Appeal | None:
    """Settle the comment's open appeal by what `actor` is about to decide; None when there is none to settle.

    `said` is what they give as their reason, which the author reads. The caller closes the review item, and tells the
    site (`tell`).
    """
    item = _open_item(session, comment)
    version = (item.about or {}).get("version") if item is not None else None
    appeal = session.scalar(select(Appeal).where(Appeal.comment_id == comment.id, Appeal.version == version))
    if appeal is None:
        return None
    appeal.decided_at = clock.now()
    appeal.outcome = "reversed" if status == "published" else "upheld"
    appeal.answer = said
    _note(session, comment, f"comment.appeal_{appeal.outcome}", actor)
    return appeal


def tell(
    session: Session, comment: Comment, appeal: Appeal, *, by: int | None = None, grace: timedelta = timedelta(0)
) -> None:
    """Tell the site how an appeal was settled, in the caller's transaction.

    `by` is the comment's version that settled it, if that made one: this waits for its `grace`, and an undo of it
    cancels this too.
    """
    data = {
        "id": comment.id,
        "external_id": comment.external_id,
        "thread": comment.thread,
        "status": "published" if appeal.outcome == "reversed" else "rejected",
        "version": appeal.version,
        "outcome": appeal.outcome,
    }
    at = appeal.decided_at or clock.now()
    event = Event(catalogue.APPEAL_DECIDED, comment.site_id, comment.id, at=at, data=data, version=by, grace=grace)
    events.notify(session, [event])


def carry_over(session: Session, comment_id: str, version: int, *, to: int, reopened: bool) -> None:
    """The decision that made `version` is in force again as version `to`, and so an appeal against it is.

    `reopened`: what was undone had settled it; it waits for its answer again.
    """
    undecided = {"decided_at": None, "outcome": None, "answer": None} if reopened else {}
    session.execute(
        update(Appeal)
        .where(Appeal.comment_id == comment_id, Appeal.version == version)
        .values(version=to, **undecided)
        .execution_options(synchronize_session=False)
    )


def reopen(session: Session, comment: Comment, *, told_at: datetime) -> Appeal | None:
    """Take back the answer that upheld the decision in force; None when no such answer was given.

    Raises:
        TooLate: by `told_at` the site, and with it the author, was told.
    """
    appeal = find(session, comment)
    if appeal is None or appeal.outcome != "upheld":
        return None
    if clock.now() >= told_at or not withdrawal.take_back_answer(session, comment.id, appeal.version):
        raise TooLate
    appeal.decided_at = appeal.outcome = appeal.answer = None
    session.flush()
    return appeal


def erase(session: Session, comment_id: str) -> None:
    """Take away what the comment's author wrote in appeals."""
    session.execute(
        update(Appeal)
        .where(Appeal.comment_id == comment_id)
        .values(text="", answer=None)
        .execution_options(synchronize_session=False)
    )


def waiting(session: Session, comment_ids: Collection[str]) -> dict[str, str]:
    """What the authors of these comments say in their undecided appeals."""
    query = select(Appeal.comment_id, Appeal.text).where(
        Appeal.comment_id.in_(comment_ids), Appeal.outcome.is_(None), Appeal.text != ""
    )
    return dict(session.execute(query).all())


def _open_item(session: Session, comment: Comment) -> ReviewItem | None:
    return session.scalar(
        select(ReviewItem).where(ReviewItem.comment_id == comment.id, ReviewItem.kind == "appeal", ReviewItem.is_open)
    )


def _note(session: Session, comment: Comment, action: str, actor: str) -> None:
    row = audit.row(
        action,
        actor=actor,
        site_id=comment.site_id,
        comment_id=comment.id,
        revision=comment.revision,
        version=comment.version,
    )
    audit.record(session, [row])
