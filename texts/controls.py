"""Control characters, which no name and no sentence needs: NUL, C0, DEL, C1, and halves of surrogate pairs."""

from __future__ import annotations

import re

from texts.escapes import OF_WINDOWS

#: Characters that a name or an id must not hold: C0, DEL and C1, and the line breaks of Unicode.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Control characters that mean nothing in prose: all but line breaks and tabs.
_MEANINGLESS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def without_meaningless(text: str) -> str:
    """A text without control characters but line breaks and tabs; those of Windows-1252 become what they stood for."""
    if text.isprintable():
        return text
    return _MEANINGLESS.sub("", text.translate(OF_WINDOWS))


def storable(text: str) -> str:
    """A text that every database can store: in place of half a surrogate pair stands U+FFFD, and NUL is left out."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "")


def printable(text: str, *, keep: str = "") -> str:
    """A text for a terminal: what moves its cursor, colours it or turns its letters round is written out, as `\\x1b`.

    Characters in `keep` stay.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep else letter.encode("unicode_escape").decode()
        for letter in text
    )
