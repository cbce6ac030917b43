"""Disqus' export: the threads of a forum, and its posts, which are what everybody else calls comments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from moderation.past import files, records
from moderation.past.pages import Pages
from moderation.past.records import Archive, PastComment, Read, Status, Unreadable, WrongFile
from moderation.past.xml_files import Element, elements

_ID = "dsq:id"
_ROOT = "disqus"
_PLACES = {"thread": (_ROOT,), "post": (_ROOT,)}


def open_archive(path: Path) -> Archive:
    """The posts of a Disqus export. It is read twice, because a post may stand before its thread."""
    opened = files.opened(path)
    return Archive(_posts(path, opened.file), opened.size, opened.position)


def _posts(path: Path, file: BinaryIO) -> Iterator[Read]:
    with file, closing(_pages(path)) as pages:
        for element in elements(file, _ROOT, [(_ROOT, "post")], resume=_PLACES):
            if isinstance(element, Unreadable):
                yield element
            else:
                yield records.read(_place(element), partial(_comment, element, pages))


def _pages(path: Path) -> Pages:
    """The page of each thread. Whatever is wrong with the file is told at the second reading."""
    pages = Pages()
    with files.opened(path).file as file, suppress(WrongFile):
        for element in elements(file, _ROOT, [(_ROOT, "thread")], resume=_PLACES):
            page = None if isinstance(element, Unreadable) else _page(element)
            if isinstance(element, Element) and page is not None and _ID in element.attributes:
                pages.put(element.attributes[_ID], page)
    return pages


def _place(element: Element) -> str:
    return f"Line {element.line:,}" + (f" (post {element.attributes[_ID][:40]})" if _ID in element.attributes else "")


def _page(thread: Element) -> str | None:
    """The path of a thread's page; its identifier where it has no address."""
    return records.page(thread.get("link")) or records.line(thread.get("id"), 500)


def _comment(post: Element, pages: Pages) -> PastComment:
    status, why = _status(post)
    author = post.child("author") or Element("post", "author", post.line, {})
    username = records.line(author.get("username"), 190) if author.get("isAnonymous") != "true" else None
    address = records.email(author.get("email"))
    thread, parent = post.child("thread"), post.child("parent")
    return PastComment(
        place=_place(post),
        key=records.key(post.attributes.get(_ID)),
        parent_key=records.line(parent.attributes.get(_ID), 180) if parent else None,
        name=records.name(author.get("name")),
        comment=records.prose(post.get("message"), status),
        created_at=records.moment(post.get("createdAt")),
        status=status,
        why=why,
        label="spam" if status == "rejected" else None,
        thread=pages.of(thread.attributes.get(_ID)) if thread else None,
        email=address,
        url=records.url(author.get("link")),
        ip=records.ip(post.get("ipAddress")),
        # With a prefix, because a site's own id of somebody else may be the same word.
        user_id=f"disqus:{username}" if username else None,
        examples={"spam": 1.0} if status == "rejected" else {},
        email_was_typed=address is not None and username is None,
    )


def _status(post: Element) -> tuple[Status, str]:
    """Disqus does not say who deleted a post. It may have been its author, so the text is not brought back."""
    if post.get("isDeleted") == "true":
        return "erased", "It was deleted in Disqus."
    if post.get("isSpam") == "true":
        return "rejected", "It was spam in Disqus."
    if post.get("isApproved") == "false":
        return "flagged", "It waited for a moderator in Disqus."
    return "published", "It was published in Disqus."
