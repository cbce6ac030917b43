"""Notes for colleagues, about a comment or about an author. Neither sites nor authors are told of them.

Their texts stand here alone, so that erasing a comment erases them too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, select
from sqlalchemy.orm import Session

from moderation import audit, clock, news
from moderation.tables import Comment, Note

LONGEST = 2000
#: Notes on one comment, and on one author.
MOST = 50


class TooMany(Exception):
    """There are `MOST` notes already."""


class NotYours(Exception):
    """Somebody else wrote the note."""


def write(session: Session, comment: Comment, text: str, *, by: str, on_author: bool = False) -> Note:
    """Write a note on a comment or on its author, in the caller's transaction.

    Raises:
        TooMany: there is no room for another.
    """
    place = {"author_key": comment.author_key} if on_author else {"comment_id": comment.id}
    here = _on_author(comment.site_id, comment.author_key) if on_author else (Note.comment_id == comment.id,)
    if (session.scalar(select(func.count()).select_from(Note).where(*here)) or 0) >= MOST:
        raise TooMany
    note = Note(
        id=clock.new_id("n"), site_id=comment.site_id, written_by=by, written_at=clock.now(), text=text, **place
    )
    session.add(note)
    session.flush()
    action = "author.note_written" if on_author else "comment.note_written"
    audit.record(session, [audit.row_about(comment, action, by, note=note.id)])
    news.of(session).happened("handled", comment.site_id, [comment.id])
    return note


def remove(session: Session, note: Note, *, by: str, is_admin: bool) -> None:
    """Remove a note, in the caller's transaction: its writer may, and an admin of the site.

    Raises:
        NotYours: somebody else wrote it.
    """
    if note.written_by != by and not is_admin:
        raise NotYours
    action = "comment.note_removed" if note.comment_id else "author.note_removed"
    about = note.comment_id or _latest_by(session, note.site_id, note.author_key)
    row: dict[str, Any] = audit.row(action, actor=by, site_id=note.site_id, comment_id=about, detail={"note": note.id})
    audit.record(session, [row])
    session.delete(note)
    session.flush()
    if note.comment_id:
        news.of(session).happened("handled", note.site_id, [note.comment_id])


def _latest_by(session: Session, site_id: str, author_key: str | None) -> str | None:
    """The author's latest comment there: the audit has ids of comments, and no names."""
    query = select(Comment.id).where(Comment.site_id == site_id, Comment.author_key == author_key)
    return session.scalar(query.order_by(Comment.id.desc()).limit(1))


def of_comments(session: Session, comment_ids: Collection[str]) -> Mapping[str, list[Note]]:
    """Comment id -> its notes, oldest first."""
    by_comment: dict[str, list[Note]] = {}
    for note in session.scalars(_ON_COMMENTS, {"ids": list(comment_ids)}):
        by_comment.setdefault(note.comment_id or "", []).append(note)
    return by_comment


def of_authors(session: Session, authors: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], list[Note]]:
    """`(site id, author's key)` -> the notes on the author there, oldest first."""
    if not authors:
        return {}
    site_ids, keys = ({pair[at] for pair in authors} for at in (0, 1))
    query = select(Note).where(Note.site_id.in_(site_ids), Note.author_key.in_(keys)).order_by(Note.id)
    by_author: dict[tuple[str, str], list[Note]] = {}
    for note in session.scalars(query):
        by_author.setdefault((note.site_id, note.author_key or ""), []).append(note)
    return by_author


#: Built once, because building it takes longer than running it.
_ON_COMMENTS = select(Note).where(Note.comment_id.in_(bindparam("ids", expanding=True))).order_by(Note.id)


def erase(session: Session, comment: Comment, *, author_too: bool) -> None:
    """Erase what colleagues wrote about a comment that is about to be erased, in the caller's transaction; with
    `author_too` also what they wrote about its author."""
    _delete(session, Note.comment_id == comment.id)
    if author_too:
        _delete(session, *_on_author(comment.site_id, comment.author_key))


def _delete(session: Session, *conditions: ColumnElement[bool]) -> None:
    session.execute(delete(Note).where(*conditions).execution_options(synchronize_session=False))


def _on_author(site_id: str, key: str | None) -> Sequence[ColumnElement[bool]]:
    return Note.site_id == site_id, Note.author_key == key
