"""Whether a reader sees anything of a text: some letters, signs and mark-up are not shown at all."""

from __future__ import annotations

import re
import unicodedata

from texts import markup

#: Letters and symbols that show nothing, or a gap.
FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U0001d159")
_NOT_DRAWN = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})
#: Elements that are seen though they hold no words.
_PICTURE = re.compile(r"<(?:audio|embed|iframe|img|input|object|picture|svg|video)\b[^<>]*>", re.IGNORECASE)
_BBCODE = re.compile(markup.BBCODE, re.IGNORECASE)
_MOST_ESCAPED = 3


#: Characters that show what follows in the order against its script's, so that `gpj.exe` reads `exe.jpg`.
_OVERRIDES = re.compile("[\u202d\u202e]")


def is_turned_round(text: str) -> bool:
    """Whether hidden characters have a text read in another order than it is written in, as it is or as HTML."""
    return _OVERRIDES.search(text) is not None or ("&" in text and _OVERRIDES.search(markup.unescape(text)) is not None)


def is_drawn(character: str) -> bool:
    """Whether a character by itself shows something. One that Unicode has not assigned shows a box."""
    if character in FILLERS or "\U000e0000" <= character <= "\U000e0fff" or "\ufff0" <= character <= "\ufff8":
        return False
    return character != "\u2065" and unicodedata.category(character) not in _NOT_DRAWN


def can_be_seen(text: str, *, unknown_tags: bool = False) -> bool:
    """Whether anything of a text can be seen, as it is and as HTML or BBCode. Linear in the text's length.

    `unknown_tags`: a tag that is not HTML counts as words, because some pages show it as text.
    """
    if text[:1].isalnum() and is_drawn(text[0]):
        return True
    for _ in range(_MOST_ESCAPED):
        if (plain := markup.unescape(text)) == text:
            break
        text = plain
    if "<" in text and _PICTURE.search(text):
        return True
    words = markup.without_known_tags(text) if unknown_tags else markup.without_tags(text, between="")
    return any(map(is_drawn, _BBCODE.sub("", words)))
