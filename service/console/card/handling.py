"""What colleagues made of a comment, for its card: notes, whose turn, until when it is put off, how many skipped it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from moderation.review import cases, notes
from moderation.tables import Case, Comment, Note
from service.console import access, names


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note, and whether the person signed in may remove it."""

    id: str
    text: str
    who: str
    at: datetime
    removable: bool
    on_author: bool


@dataclass(frozen=True, slots=True)
class Handling:
    """What a card says of how colleagues handle the comment."""

    notes: Sequence[ShownNote] = ()
    #: Whose turn it is, in words: a name, `you` or `admins`.
    turn: str | None = None
    put_off_until: datetime | None = None
    put_off_by: str | None = None
    skipped: int = 0


def of_comments(session: Session, comments: Sequence[Comment]) -> Mapping[str, Handling]:
    """Comment id -> what is known of it, with one query for each kind of data. Only moderators see any of it."""
    mine = [comment for comment in comments if access.may(comment.site_id, "moderator")]
    ids = [comment.id for comment in mine]
    if not ids:
        return {}
    cases_by_comment = cases.of_comments(session, ids)
    skipped = cases.skipped(session, ids)
    on_comments = notes.of_comments(session, ids)
    keys = {(comment.site_id, comment.author_key) for comment in mine if comment.author_key}
    on_authors = notes.of_authors(session, {(site_id, key) for site_id, key in keys if key})
    written = [note for group in (*on_comments.values(), *on_authors.values()) for note in group]
    people = names.of_people(
        session,
        [note.written_by for note in written] + [who for case in cases_by_comment.values() for who in _people(case)],
    )
    return {
        comment.id: _handling(
            cases_by_comment.get(comment.id),
            [*on_authors.get((comment.site_id, comment.author_key or ""), ()), *on_comments.get(comment.id, ())],
            skipped.get(comment.id, 0),
            people,
        )
        for comment in mine
    }


def of_author(session: Session, site_id: str, key: str) -> list[ShownNote]:
    """The notes on an author, for the author's page. Only moderators see them."""
    if not access.may(site_id, "moderator"):
        return []
    author_notes = notes.of_authors(session, {(site_id, key)}).get((site_id, key), [])
    people = names.of_people(session, [note.written_by for note in author_notes])
    return [_shown(note, people) for note in author_notes]


def _people(case: Case) -> list[str]:
    return [who for who in (case.assigned_to, case.put_off_by) if who and who != cases.ADMINS]


def _handling(case: Case | None, found: Sequence[Note], skipped: int, people: Mapping[str, str]) -> Handling:
    shown = [_shown(note, people) for note in found]
    if case is None:
        return Handling(shown, skipped=skipped)
    own = {access.actor(): "you", cases.ADMINS: "an admin"}
    to = case.assigned_to
    return Handling(
        shown,
        turn=None if to is None else own.get(to) or people[to],
        put_off_until=case.put_off_until,
        put_off_by=people.get(case.put_off_by or ""),
        skipped=skipped,
    )


def _shown(note: Note, people: Mapping[str, str]) -> ShownNote:
    removable = note.written_by == access.actor() or access.may(note.site_id, "admin")
    return ShownNote(note.id, note.text, people[note.written_by], note.written_at, removable, note.comment_id is None)
