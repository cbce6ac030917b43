"""WordPress' export (WXR, versions 1.0 to 1.2): posts, each with its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from moderation.past import files, records
from moderation.past.records import Archive, LeftOut, PastComment, Read, Status, Unreadable
from moderation.past.xml_files import Element, elements

_ITEM = "item"
_WANTED = ((_ITEM, "link"), (_ITEM, "wp:post_id"), (_ITEM, "wp:comment"))
_PLACES = {_ITEM: ("rss", "channel"), "wp:comment": ("rss", "channel", _ITEM)}
#: What other sites' software sent, and what WordPress and its plugins keep among comments: notes for colleagues, which
#: readers must never see, logs, and how far a pupil came in a course.
_NOT_FOR_READERS = re.compile(
    r"pingback|trackback|(?:.*[_-])?note|editorial-comment|webhook_delivery|action_log|sensei_.*"
)
_LEFT_OUT = LeftOut("are no readers' words (pingbacks, trackbacks, notes)")
_STATUS: dict[str, tuple[Status, str]] = {
    "1": ("published", "It was approved in WordPress."),
    "approve": ("published", "It was approved in WordPress."),
    "approved": ("published", "It was approved in WordPress."),
    "0": ("flagged", "It waited for a moderator in WordPress."),
    "hold": ("flagged", "It waited for a moderator in WordPress."),
    "unknown": ("flagged", "WordPress' export does not say whether it was approved."),
    "spam": ("rejected", "It was marked as spam in WordPress."),
    "trash": ("rejected", "It was put in the trash in WordPress."),
    "post-trashed": ("rejected", "Its post was put in the trash in WordPress."),
}


def open_archive(path: Path) -> Archive:
    """A WXR file's comments."""
    opened = files.opened(path)
    return Archive(_comments(opened.file), opened.size, opened.position)


def _comments(file: BinaryIO) -> Iterator[Read]:
    with file:
        thread: str | None = None
        post_id: str | None = None
        for element in elements(file, "rss", _WANTED, resume=_PLACES, begun=_ITEM):
            if isinstance(element, Unreadable):
                yield element
            elif element.name == _ITEM:
                thread = post_id = None
            elif element.name == "link":
                thread = records.page(element.text)
            elif element.name == "wp:post_id":
                post_id = records.line(element.text, 100)
            elif _NOT_FOR_READERS.fullmatch((element.get("wp:comment_type") or "").strip()):
                yield _LEFT_OUT
            else:
                page = thread or (f"?p={post_id}" if post_id else None)
                place = _place(element)
                yield records.read(place, partial(_comment, element, place, page))


def _place(element: Element) -> str:
    number = records.line(element.get("wp:comment_id"), 40)
    return f"Line {element.line:,}" + (f" (comment {number})" if number else "")


def _comment(element: Element, place: str, thread: str | None) -> PastComment:
    approved = (element.get("wp:comment_approved") or "").strip() or "unknown"
    if approved not in _STATUS:
        raise records.NotReadable(f"Its state is {approved[:40]!r}, which WordPress does not know.")
    status, why = _STATUS[approved]
    user_id = records.line(element.get("wp:comment_user_id"), 200)
    user_id = None if user_id == "0" else user_id
    parent = records.line(element.get("wp:comment_parent"), 180)
    address = records.email(element.get("wp:comment_author_email"))
    return PastComment(
        place=place,
        key=records.key(element.get("wp:comment_id")),
        parent_key=None if parent == "0" else parent,
        name=records.name(element.get("wp:comment_author")),
        comment=records.prose(element.get("wp:comment_content"), status),
        created_at=_moment(element),
        status=status,
        why=why,
        label="spam" if approved == "spam" else None,
        thread=thread,
        email=address,
        url=records.url(element.get("wp:comment_author_url")),
        ip=records.ip(element.get("wp:comment_author_ip")),
        user_id=user_id,
        examples=_examples(element, approved),
        email_was_typed=address is not None and user_id is None,
    )


def _moment(element: Element) -> datetime:
    """When it was written: the moment in UTC, or the site's own time where WordPress has lost that."""
    written = [(element.get(f"wp:{name}") or "").strip() for name in ("comment_date_gmt", "comment_date")]
    return records.moment(next((text for text in written if text and not text.startswith("0000")), None))


def _examples(element: Element, approved: str) -> dict[str, float]:
    """What a person said: Akismet's plugin notes it with the comment, and spam is spam until somebody disagrees."""
    said = {
        (meta.get("wp:meta_value") or "").strip()
        for meta in element.children or ()
        if meta.name == "wp:commentmeta" and (meta.get("wp:meta_key") or "").strip() == "akismet_user_result"
    }
    if said & {"true", "false"}:
        return {"spam": 1.0 if "true" in said else 0.0}
    return {"spam": 1.0} if approved == "spam" else {}
