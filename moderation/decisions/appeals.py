"""Appeals: what authors say against a rejection, once for each decision. Another person than the first answers it.

Upholding the rejection closes the appeal and changes nothing else; publishing the comment is a new decision. Either way
the site gets `appeal.decided`. When that decision is undone, the appeal is open again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock
from moderation.review import review_items, urgency
from moderation.review.review_items import NewItem
from moderation.sites import site_settings
from moderation.tables import Appeal, Comment, ReviewItem, Site
from moderation.webhooks import catalogue, events, withdrawal
from moderation.webhooks.catalogue import Event
from texts.translation import gettext

#: Characters of an appeal.
LONGEST = 2000


class AppealRefused(Exception):
    """This decision cannot be appealed (any more); the message tells the author why, in the language of now."""


class TooLate(Exception):
    """The site has been told the answer to an appeal, and the author has read that it is final."""


def find(session: Session, comment: Comment) -> Appeal | None:
    """The appeal against the decision in force, if there was one."""
    return session.scalar(select(Appeal).where(Appeal.comment_id == comment.id, Appeal.version == comment.version))


def is_open(session: Session, comment: Comment) -> bool:
    """Whether the decision in force can be appealed: a rejection, not yet appealed, on a site that takes appeals."""
    site = session.get_one(Site, comment.site_id)
    takes_appeals = site.archived_at is None and site_settings.read(site.settings).appeals
    return comment.status == "rejected" and takes_appeals and find(session, comment) is None


def lodge(session: Session, comment: Comment, text: str) -> Appeal:
    """Take an appeal against the decision in force and ask a moderator, in the caller's transaction.

    `comment` has to be locked (`comments.find`), so that of two appeals at once the second is refused.

    Raises:
        AppealRefused: the decision in force is not a rejection, or was appealed already.
    """
    if not is_open(session, comment):
        raise AppealRefused(gettext("This decision cannot be appealed, or an appeal was sent already."))
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
        # A decision over the API does not say which person made it.
        not_for=actor if actors.is_person(actor) else None,
        about={"version": comment.version, "status": comment.status, "actor": actor, "labels": []},
    )
    review_items.open_items(session, [item], kind="appeal")
    _note(session, comment, "comment.appealed", actors.AUTHOR)
    return appeal


def is_against(session: Session, comment: Comment, actor: str) -> bool:
    """Whether the comment's open appeal is against this person's own decision."""
    item = _open_item(session, comment)
    return item is not None and item.not_for == actor


def answer(session: Session, comment: Comment, status: str, *, actor: str, reason: str | None = None) -> Appeal | None:
    """Settle the comment's open appeal by the decision that `actor` is about to make. None when no appeal is open.

    The author reads `reason`. The caller closes the review item, and tells the site (`tell`).
    """
    item = _open_item(session, comment)
    version = (item.about or {}).get("version") if item is not None else None
    appeal = session.scalar(select(Appeal).where(Appeal.comment_id == comment.id, Appeal.version == version))
    if appeal is None:
        return None
    appeal.decided_at = clock.now()
    appeal.outcome = "reversed" if status == "published" else "upheld"
    appeal.answer = reason
    _note(session, comment, f"comment.appeal_{appeal.outcome}", actor)
    return appeal


def tell(
    session: Session, comment: Comment, appeal: Appeal, *, by: int | None = None, grace: timedelta = timedelta(0)
) -> None:
    """Tell the site how an appeal was settled, in the caller's transaction.

    `by` is the version of the comment that the settling decision made, if it made one. The message then waits for that
    decision's `grace`, and undoing the decision cancels the message too.
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
    """Move the appeal against `version` to version `to`: an undo has put that decision in force again, as version `to`.

    `reopened`: the decision that was undone had settled the appeal, so that it waits for its answer again.
    """
    undecided = {"decided_at": None, "outcome": None, "answer": None} if reopened else {}
    session.execute(
        update(Appeal)
        .where(Appeal.comment_id == comment_id, Appeal.version == version)
        .values(version=to, **undecided)
        .execution_options(synchronize_session=False)
    )


def reopen(session: Session, comment: Comment, *, told_at: datetime) -> Appeal | None:
    """Take back the answer that upheld the decision in force. None when there was no such answer.

    Raises:
        TooLate: `told_at` is past, so the site and the author may have been told.
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
    """Erase what the comment's author wrote in appeals, and the answers."""
    session.execute(
        update(Appeal)
        .where(Appeal.comment_id == comment_id)
        .values(text="", answer=None)
        .execution_options(synchronize_session=False)
    )


def waiting(session: Session, comment_ids: Collection[str]) -> dict[str, str]:
    """Comment id -> the text of its undecided appeal."""
    return dict(session.execute(_WAITING, {"ids": list(comment_ids)}).all())


#: Built once, because building it takes longer than running it.
_WAITING = select(Appeal.comment_id, Appeal.text).where(
    Appeal.comment_id.in_(bindparam("ids", expanding=True)), Appeal.outcome.is_(None), Appeal.text != ""
)


def _open_item(session: Session, comment: Comment) -> ReviewItem | None:
    return session.scalar(
        select(ReviewItem).where(ReviewItem.comment_id == comment.id, ReviewItem.kind == "appeal", ReviewItem.is_open)
    )


def _note(session: Session, comment: Comment, action: str, actor: str) -> None:
    audit.record(session, [audit.row_about(comment, action, actor)])
