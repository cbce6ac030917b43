"""Coral's export: its MongoDB collections as `mongoexport` writes them, from Talk 4 to the latest Coral.

`comments.json` is the file; `users.json`, `stories.json` (Talk: `assets.json`) and `commentModerationActions.json` are
read where they stand beside it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from moderation.past import files, json_lines, records
from moderation.past.records import Archive, NotReadable, PastComment, Status, Unreadable
from texts.controls import storable

_STATUS: dict[str, tuple[Status, str]] = {
    "NONE": ("published", "It was published in Coral."),
    "APPROVED": ("published", "It was approved in Coral."),
    "ACCEPTED": ("published", "It was approved in Coral."),
    "REJECTED": ("rejected", "It was rejected in Coral."),
    "PREMOD": ("flagged", "It waited for a moderator in Coral."),
    "SYSTEM_WITHHELD": ("flagged", "It waited for a moderator in Coral."),
}
#: What Coral itself tells Perspective of a moderator's decision.
_EXAMPLES = {"APPROVED": {"toxicity": 0.0}, "ACCEPTED": {"toxicity": 0.0}, "REJECTED": {"toxicity": 1.0}}


def open_archive(path: Path) -> Archive:
    """The comments of a Coral export."""
    opened = files.opened(path)
    return Archive(_comments(path, opened.file), opened.size, opened.position)


def _comments(path: Path, file: BinaryIO) -> Iterator[PastComment | Unreadable]:
    with file, closing(sqlite3.connect("")) as connection:
        beside = _Beside(path, connection)
        for number, document in json_lines.objects(file):
            yield from records.read(f"Line {number:,}", partial(_comment, document, f"Line {number:,}", beside))


class _Beside:
    """What stands in the other files, in a database on the disk: there may be millions of users."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._known = connection
        self._known.execute("CREATE TABLE known (kind, id, first, second, PRIMARY KEY (kind, id)) WITHOUT ROWID")
        put = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)"
        for user in json_lines.objects_beside(path, "users.json"):
            self._known.execute(put, ("user", _id(user), _user_name(user), _user_email(user)))
        for name in ("assets.json", "stories.json"):
            for story in json_lines.objects_beside(path, name):
                self._known.execute(put, ("story", _id(story), records.page(_string(story.get("url"))), None))
        for action in json_lines.objects_beside(path, "commentModerationActions.json"):
            by_person = _string(action.get("moderatorID")) is not None
            status = _string(action.get("status")) if by_person else None
            self._known.execute(put, ("action", _string(action.get("commentID")), status, _date(action)))

    def find(self, kind: str, some_id: str | None) -> tuple[str | None, str | None]:
        """What is known of the user (name, e-mail), story (page) or comment (a person's decision, and when)."""
        query = "SELECT first, second FROM known WHERE kind = ? AND id = ?"
        first, second = self._known.execute(query, (kind, some_id)).fetchone() or (None, None)
        return first, second


def _comment(document: dict[str, Any] | NotReadable, place: str, beside: _Beside) -> PastComment:
    if isinstance(document, NotReadable):
        raise document
    author_id = _string(_either(document, "authorID", "author_id"))
    username, email = beside.find("user", author_id)
    coral_status = str(document.get("status") or "NONE")
    if coral_status not in _STATUS:
        raise records.NotReadable(f"Its status is {coral_status[:40]!r}, which Coral does not know.")
    status, why = _STATUS[coral_status]
    if _either(document, "deletedAt", "deleted_at") is not None:
        status, why = "erased", "It was deleted in Coral."
    decided, decided_at = _persons_decision(document, beside)
    return PastComment(
        place=place,
        key=records.key(_id(document)),
        parent_key=records.line(_string(_either(document, "parentID", "parent_id")), 180),
        name=records.name(username),
        comment=records.prose(_body(document), status),
        created_at=_moment(_either(document, "createdAt", "created_at")),
        status=status,
        why=why,
        decided_at=decided_at if decided == coral_status else None,
        thread=beside.find("story", _string(_either(document, "storyID", "asset_id")))[0],
        email=records.email(email),
        user_id=records.line(author_id, 200),
        examples=_EXAMPLES.get(coral_status, {}) if decided == coral_status else {},
    )


def _persons_decision(document: Mapping[str, Any], beside: _Beside) -> tuple[str | None, datetime | None]:
    """The last status that a person gave the comment, and when; None where the last change was not a person's."""
    history = document.get("status_history")
    last = history[-1] if isinstance(history, list) and history else None
    if isinstance(last, Mapping) and _string(last.get("assigned_by")) is not None:
        return _string(last.get("type")), _moment_or_none(last.get("created_at"))
    decided, decided_at = beside.find("action", _id(document))
    return decided, _moment_or_none(decided_at)


def _body(document: Mapping[str, Any]) -> str | None:
    """The latest text: of the last revision, which Talk 4 keeps in `body_history`, and also in `body`."""
    for name in ("revisions", "body_history"):
        revisions = document.get(name)
        if isinstance(revisions, list) and revisions and isinstance(revisions[-1], Mapping):
            return _string(revisions[-1].get("body"))
    return _string(document.get("body"))


def _id(document: Mapping[str, Any]) -> str | None:
    return _string(document.get("id"))


def _user_name(user: Mapping[str, Any]) -> str | None:
    metadata = user.get("metadata")
    shown = metadata.get("displayName") if isinstance(metadata, Mapping) else None
    return _string(shown) or _string(user.get("username"))


def _user_email(user: Mapping[str, Any]) -> str | None:
    """An account's address; Talk 4 has it as the id of the profile `local`."""
    if (email := _string(user.get("email"))) is not None:
        return email
    profiles = user.get("profiles")
    for profile in profiles if isinstance(profiles, list) else ():
        if isinstance(profile, Mapping) and profile.get("provider") == "local":
            return _string(profile.get("id"))
    return None


def _either(document: Mapping[str, Any], new: str, old: str) -> Any:
    return document.get(new) if document.get(new) is not None else document.get(old)


def _string(value: Any) -> str | None:
    return storable(value) if isinstance(value, str) and value else None


def _date(document: Mapping[str, Any]) -> str | None:
    moment = _moment_or_none(document.get("createdAt"))
    return moment.isoformat() if moment else None


def _moment_or_none(value: Any) -> datetime | None:
    try:
        return _moment(value)
    except records.NotReadable:
        return None


def _moment(value: Any) -> datetime:
    """A date of MongoDB's extended JSON: a text, milliseconds, or either within `$date` and `$numberLong`."""
    for name in ("$date", "$numberLong"):
        if isinstance(value, Mapping):
            value = value.get(name)
    if isinstance(value, str) and value.lstrip("-").isdigit():
        value = int(value)
    return records.moment(value / 1000 if isinstance(value, int | float) else _string(value))
