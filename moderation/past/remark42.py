"""Remark42's backup: a line of JSON about the site, then one for each comment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from moderation.past import json_lines, records
from moderation.past.json_lines import text_of
from moderation.past.records import Archive, NotReadable, PastComment, Read, WrongFile

#: The versions of its first line. Backups of before it was counted say nothing, which Remark42 reads as 0.
_VERSIONS = (0, 1)


def open_archive(path: Path) -> Archive:
    """The comments of a backup of Remark42, which writes it compressed."""
    opened = json_lines.opened(path)
    return Archive(_comments(opened.file), opened.size, opened.position)


def _comments(file: BinaryIO) -> Iterator[Read]:
    with file:
        documents = json_lines.objects(file)
        _, about = next(documents, (1, {}))
        if isinstance(about, NotReadable) or "users" not in about or about.get("version", 0) not in _VERSIONS:
            raise WrongFile('It is no backup of Remark42: the first line has to be {"version":1,"users":…,"posts":…}')
        for number, document in documents:
            place = f"Line {number:,}"
            yield records.read(place, partial(_comment, document, place))


def _comment(document: dict[str, Any] | NotReadable, place: str) -> PastComment:
    if isinstance(document, NotReadable):
        raise document
    is_gone = document.get("delete") is True
    user, locator = _within(document, "user"), _within(document, "locator")
    author_id = records.line(text_of(user.get("id")), 190)
    # Made of the name that a visitor typed, so that whoever types the same name has the same id.
    is_known = author_id is not None and not author_id.startswith("anonymous_")
    return PastComment(
        place=place,
        key=records.key(text_of(document.get("id"))),
        parent_key=records.line(text_of(document.get("pid")), 180),
        name=records.name(text_of(user.get("name"))),
        comment=records.prose(text_of(document.get("text")), "erased" if is_gone else "published"),
        created_at=records.moment(text_of(document.get("time"))),
        status="erased" if is_gone else "published",
        why="It was deleted in Remark42." if is_gone else "It was published in Remark42.",
        thread=records.page(text_of(locator.get("url"))),
        user_id=f"remark42:{author_id}" if is_known else None,
        ip=None,  # Remark42 keeps only a hash of it
    )


def _within(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}
