"""Coral's export: its MongoDB collections as `mongoexport` writes them, from Talk 4 to the latest Coral.

`comments.json` is the file (or `archivedComments.json`); `users.json`, `stories.json` (Talk: `assets.json`),
`commentModerationActions.json` and its archive are read where they stand beside it. Coral's own `utilities/download`
writes the same files.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from moderation.past import coral_sites, json_lines, records
from moderation.past.json_lines import text_of
from moderation.past.records import Archive, LeftOut, NotReadable, PastComment, Read, Status, WrongFile

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
#: A moderator's reason for a rejection, where that is another one -> what it says of the text.
_REASONS: dict[str, dict[str, float]] = {
    "SPAM": {"spam": 1.0},
    "AD": {"spam": 1.0},
    "BANNED_WORD": {},
    "ILLEGAL_CONTENT": {},
    "MISINFORMATION": {},
    "IRRELEVANT_CONTENT": {},
    "OTHER": {},
}
_RATING = LeftOut("are ratings without a text")
_ACTIONS = ("archivedCommentModerationActions.json", "commentModerationActions.json")
_FROM_DATABASE = "Write the comments with mongoexport."
#: How files begin that other tools made of Coral's database -> what they are, and what to do.
_OTHER_FORMS = [
    (re.compile(pattern), what)
    for pattern, what in (
        (rb"\x6d\xe2\x99\x81", f"It is an archive of mongodump. {_FROM_DATABASE}"),
        (rb"[^\0]{0,100}\0", "It is BSON, as mongodump writes it. bsondump makes of it what is read here."),
        (
            rb"""\s*\[?\s*\{\s*["']?_id["']?\s*:\s*ObjectId\(""",
            f"It is what MongoDB's shell shows, which is no JSON. {_FROM_DATABASE}",
        ),
        (
            rb"(?:\xef\xbb\xbf)?Comment ID,",
            "It is what one person downloaded of their own comments, without authors, decisions and threads. "
            + _FROM_DATABASE,
        ),
        (
            rb"(?:\xef\xbb\xbf)?[A-Za-z_.]+(?:,[A-Za-z_.0-9]+)+\r?\n",
            f"It is CSV, which has no revisions. {_FROM_DATABASE[:-1]}, without --type.",
        ),
    )
]


def open_archive(path: Path, site: str | None = None) -> Archive:
    """The comments of a Coral export, of one of its sites or tenants where that is named.

    Raises:
        WrongFile: it is what another tool made of Coral's database.
    """
    opened = json_lines.opened(path)
    beginning = opened.file.read(1000)
    opened.file.seek(0)
    if (other := next((what for pattern, what in _OTHER_FORMS if pattern.match(beginning)), None)) is not None:
        opened.file.close()
        raise WrongFile(other)
    return Archive(_comments(path, opened.file, site), opened.size, opened.position)


def _comments(path: Path, file: BinaryIO, asked: str | None) -> Iterator[Read]:
    with file, closing(sqlite3.connect("")) as connection:
        beside = _Beside(path, connection)
        wanted = coral_sites.choose(path, file, asked, beside.site_of)
        for number, document in json_lines.objects(file):
            place = f"Line {number:,}"
            left_out = wanted(document, place) if isinstance(document, dict) else None
            yield left_out or records.read(place, partial(_comment, document, place, beside))


class _Beside:
    """What stands in the other files, in a database on the disk: there may be millions of users."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._known = connection
        columns = "kind, id, first, second, more, PRIMARY KEY (kind, id)"
        self._known.execute(f"CREATE TABLE known ({columns}) WITHOUT ROWID")
        for user in json_lines.objects_beside(path, "users.json"):
            self._keep("user", user, _user_name(user), _user_email(user))
        for name in ("assets.json", "stories.json"):
            for story in json_lines.objects_beside(path, name):
                self._keep("story", story, records.page(text_of(story.get("url"))), text_of(story.get("siteID")))
        for name in _ACTIONS:
            for action in json_lines.objects_beside(path, name):
                self._keep_action(action)

    def _keep(self, kind: str, document: Mapping[str, Any], first: str | None, second: str | None = None) -> None:
        """Keep what is known of a user or a story. One without an id is nobody's."""
        if (its_id := _id(document)) is not None:
            put = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, NULL)"
            self._known.execute(put, (kind, its_id, first, second))

    def _keep_action(self, action: Mapping[str, Any]) -> None:
        """Keep the latest action on a comment, in whatever order they come; a status only where a person gave it."""
        comment_id = text_of(action.get("commentID"))
        if comment_id is None:
            return
        by_person = text_of(action.get("moderatorID")) is not None
        status = text_of(action.get("status")) if by_person else None
        reason = action.get("rejectionReason")
        code = text_of(reason.get("code")) if isinstance(reason, Mapping) else None
        more = json.dumps([text_of(action.get("commentRevisionID")), code])
        self._known.execute(
            "INSERT INTO known VALUES ('action', ?, ?, ?, ?) ON CONFLICT DO UPDATE SET first = excluded.first,"
            " second = excluded.second, more = excluded.more WHERE coalesce(excluded.second >= second, 1)",
            (comment_id, status, _date(action), more),
        )

    def find(self, kind: str, some_id: str | None) -> tuple[str | None, str | None]:
        """What is known of the user (name, e-mail) or story (page, site)."""
        first, second, _ = self._found(kind, some_id)
        return first, second

    def site_of(self, document: Mapping[str, Any]) -> str | None:
        """The site of Coral's that a comment is of: as it says itself, else as its story says."""
        return text_of(document.get("siteID")) or self.find("story", _story_id(document))[1]

    def decision(self, comment_id: str | None) -> _Decision:
        """The last decision on a comment."""
        status, moment, more = self._found("action", comment_id)
        revision, code = json.loads(more or "[null, null]")
        return _Decision(status, _moment_or_none(moment), revision, code)

    def _found(self, kind: str, some_id: str | None) -> tuple[str | None, str | None, str | None]:
        query = "SELECT first, second, more FROM known WHERE kind = ? AND id = ?"
        first, second, more = self._known.execute(query, (kind, some_id)).fetchone() or (None, None, None)
        return first, second, more


@dataclass(frozen=True, slots=True)
class _Decision:
    """The last status that a person gave a comment; None where the last change was not a person's."""

    status: str | None = None
    moment: datetime | None = None
    #: Which text it was about, and a moderator's reason for a rejection, where Coral notes them.
    revision: str | None = None
    code: str | None = None

    def examples(self) -> Mapping[str, float]:
        """What the person said of the text."""
        told = _EXAMPLES.get(self.status or "", {})
        return _REASONS.get(self.code or "", told) if self.status == "REJECTED" else told


def _comment(document: dict[str, Any] | NotReadable, place: str, beside: _Beside) -> PastComment | LeftOut:
    """A comment, or a rating and nothing else."""
    if isinstance(document, NotReadable):
        raise document
    author_id = text_of(_either(document, "authorID", "author_id"))
    username, email = beside.find("user", author_id)
    coral_status = str(document.get("status") or "NONE")
    if coral_status not in _STATUS:
        raise records.NotReadable(f"Its status is {coral_status[:40]!r}, which Coral does not know.")
    status, why = _STATUS[coral_status]
    waits = status == "published" and coral_status == "NONE" and _was_reported(document)
    if waits:
        why = "It was published in Coral, and reported."
    if _either(document, "deletedAt", "deleted_at") is not None:
        status, why, waits = "erased", "It was deleted in Coral.", False
    body = _body(document)
    if status != "erased" and not body and _either(document, "rating", "rating") is not None:
        return _RATING
    decision = _persons_decision(document, beside)
    stands = decision.status == coral_status
    return PastComment(
        place=place,
        key=records.key(_id(document)),
        parent_key=records.line(text_of(_either(document, "parentID", "parent_id")), 180),
        name=records.name(username),
        comment=records.prose(body, status),
        created_at=_moment(_either(document, "createdAt", "created_at")),
        status=status,
        why=why,
        waits=waits,
        decided_at=decision.moment if stands else None,
        thread=beside.find("story", _story_id(document))[0],
        email=records.email(email),
        user_id=records.line(author_id, 200),
        examples=decision.examples() if stands else {},
    )


def _persons_decision(document: Mapping[str, Any], beside: _Beside) -> _Decision:
    """The last decision, if a person made it, on the text that the comment has now."""
    text = _latest(document)
    history = document.get("status_history")
    last = history[-1] if isinstance(history, list) and history else None
    if isinstance(last, Mapping) and text_of(last.get("assigned_by")) is not None:
        moment, written = _moment_or_none(last.get("created_at")), _moment_or_none(text.get("created_at"))
        if moment is not None and written is not None and moment < written:
            return _Decision()
        return _Decision(text_of(last.get("type")), moment)
    decision = beside.decision(_id(document))
    written_as = text_of(text.get("id"))
    return _Decision() if decision.revision and written_as and decision.revision != written_as else decision


def _latest(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The last revision, which Talk 4 keeps in `body_history`; the comment itself where there is none."""
    for name in ("revisions", "body_history"):
        revisions = document.get(name)
        if isinstance(revisions, list) and revisions and isinstance(revisions[-1], Mapping):
            return revisions[-1]
    return {"body": document.get("body")}


def _body(document: Mapping[str, Any]) -> str | None:
    """The latest text, with the address of the picture or the video that stands below it."""
    revision = _latest(document)
    body, media = text_of(revision.get("body")) or "", revision.get("media")
    address = records.url(text_of(media.get("url"))) if isinstance(media, Mapping) else None
    return body if address is None or address in body else f"{body}\n{address}"


def _story_id(document: Mapping[str, Any]) -> str | None:
    return text_of(_either(document, "storyID", "asset_id"))


def _id(document: Mapping[str, Any]) -> str | None:
    return text_of(document.get("id"))


def _user_name(user: Mapping[str, Any]) -> str | None:
    metadata = user.get("metadata")
    shown = metadata.get("displayName") if isinstance(metadata, Mapping) else None
    return text_of(shown) or text_of(user.get("username"))


def _user_email(user: Mapping[str, Any]) -> str | None:
    """An account's address; Talk 4 has it as the id of the profile `local`."""
    if (email := text_of(user.get("email"))) is not None:
        return email
    profiles = user.get("profiles")
    for profile in profiles if isinstance(profiles, list) else ():
        if isinstance(profile, Mapping) and profile.get("provider") == "local":
            return text_of(profile.get("id"))
    return None


def _was_reported(document: Mapping[str, Any]) -> bool:
    """Whether readers, or Coral's own phases, flagged it: undecided, it waits there among the reported."""
    counts = _either(document, "actionCounts", "action_counts")
    flags = _either(counts, "FLAG", "flag") if isinstance(counts, Mapping) else None
    if isinstance(flags, Mapping):  # of canonical extended JSON
        flags = next(iter(flags.values()), None)
    try:
        return float(flags or 0) > 0
    except (TypeError, ValueError):
        return False


def _either(document: Mapping[str, Any], new: str, old: str) -> Any:
    """The value by Coral's name, or by Talk's; None where there is neither, or MongoDB's `undefined`."""
    values = (document.get(name) for name in (new, old))
    return next((value for value in values if value is not None and value != {"$undefined": True}), None)


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
    return records.moment(value / 1000 if isinstance(value, int | float) else text_of(value))
