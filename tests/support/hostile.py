"""Texts that cost more than they look: what an attacker sends to keep us busy. Each is made at any length."""

from __future__ import annotations

from collections.abc import Mapping

#: Repeated, each is the worst that we know of for some way of reading: the name says what it is made of.
_UNITS: Mapping[str, str] = {
    "marks in turn": "\u0301\u0323",
    "marks of class 0 and others": "\u0f73\u0323\u0f71",
    "letters with thirty marks": "a" + "\u0301\u0323" * 15,
    "ligatures of eighteen letters": "\ufdfa",
    "conjoining jamo": "\u1100\u1161\u11a8",
    "joined emoji": "👩\u200d",
    "flags": "🇩",
    "skin tones": "👍🏽",
    "one giant word": "a",
    "no space, underscores": "a_",
    "no space, dots": "a.",
    "no space, at signs": "a@",
    "no space, slashes": "a/",
    "no space, hyphens": "a-",
    "no space, apostrophes": "a'",
    "colons and slashes": "://",
    "link heads": "http://",
    "www": "www.",
    "open tags": "<a",
    "open links": "<a href=",
    "open comments": "<!--",
    "open comments in tags": "<b><!--",
    "open declarations": "<![",
    "open processing instructions": "<?",
    "closing tags": "</a",
    "less than": "<",
    "entities": "&amp;",
    "ampersands": "&",
    "numeric entities": "&#x26;",
    "open BBCode": "[url=",
    "brackets": "[(",
    "stars": "*",
    "masked letters": "a*",
    "letters spelt out": "f u c k ",
    "digits for letters": "1d10t ",
    "quotes of quotes": "> > > ",
    "open quotation marks": "«a “b 'c",
    "straight quotation marks": ' "a',
    "headings of quotations": "wrote: ",
    "line breaks": "\n",
    "hyphens at line ends": "a-\n",
    "blanks": " ",
    "tabs and breaks": " \t\n",
    "no-break spaces": "\u00a0",
    "zero-width spaces": "a\u200b",
    "right-to-left marks": "\u202e",
    "percent escapes": "%20",
    "a mail's escapes": "a=C3=20",
    "a mail's line ends": "a=\n",
    "a mail's words": "=?utf-8?Q?",
    "mojibake": "Ãƒ",
    "mojibake of three": "â€",
    "double percent escapes": "%25",
    "percent escapes of bytes": "%C3%25",
    "escapes of UTF-16": "\\ud83d",
    "entities within entities": "&amp;amp;",
    "pictures that never end": "![a](",
    "open quotations": "<blockquote>[quote]",
    "somebody wrote": "\nA:10 wrote",
    "quoted lines": "<br>&gt; a\n\n",
    "backslashes": "\\",
    "quotation marks": '"',
    "dots and blanks": ". ",
    "exclamation": "!",
    "Turkish dotted I": "İ",
    "Cyrillic look-alikes": "а",
    "Arabic": "ﷺ ",
    "Chinese": "你",
    "common words": "the and ",
    "insults": "idiot ",
    "times": "1:2:3 ",
    "mail addresses": "a@b.c ",
}


KINDS = tuple(_UNITS)


def text(kind: str, length: int) -> str:
    """A text of this kind with so many characters."""
    unit = _UNITS[kind]
    return (unit * (length // len(unit) + 1))[:length]
