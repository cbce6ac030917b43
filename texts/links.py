"""What a link is: an address that begins with http://, https:// or www., bare or in markup. Linear time.

Both sides build on `BEGINNING`: what counts and shows links, and the classifier's signals. The classifier's tokens have
an expression of their own, by which it was trained.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

#: How an address begins, for an expression that says how it goes on; the classifier's signals regard case. A script
#: that is written without spaces may stand right before `www.`.
BEGINNING = r"(?:https?://|(?<![A-Za-z0-9_])www\.)"

_ADDRESS = re.compile(rf"{BEGINNING}[^\s\"'<>]+", re.IGNORECASE)
#: A link in markup or bare. The address within the markup, and its text where that repeats the address, belong to it.
_LINK = re.compile(rf"(?:<a\s[^<>]*>?\s*|\[url[^\[\]]*\]?\s*|(?={BEGINNING}))(?:https?://)?(?:www\.)?", re.IGNORECASE)
#: What every link has one of, in lower case.
_MARKS = ("://", "www.", "<a", "[url")
_NOT_IN_ADDRESSES = re.compile(r"[\s\"<>\\^`{|}]")


def count(text: str) -> int:
    """How many links a text holds, as addresses, `<a>` or BBCode."""
    lowered = text.lower()
    if not any(mark in lowered for mark in _MARKS):  # ten times as fast, and true of most comments
        return 0
    return len(_LINK.findall(text))


def addresses(text: str) -> list[str]:
    """The addresses in a text, in markup or not, in order."""
    return _ADDRESS.findall(text)


def is_address(text: str) -> bool:
    """Whether a text is one whole address that a browser can open: with its scheme, and a host."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return whole and _NOT_IN_ADDRESSES.search(text) is None
