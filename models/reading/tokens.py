"""Cut a normalised text into tokens, and read each token as the words that it stands for."""

from __future__ import annotations

import re

# A token is what a reader takes in at a glance: a word with the symbols inside it (so that "sh*t", "don't" and an
# address stay whole), letters spelt out one by one, a run of symbols, or the end of a sentence.
# Each alternative consumes disjoint kinds of characters, so that matching is linear in the text's length.
# The look ahead passes over spaces, where no token begins, at once.
_TOKEN = re.compile(
    r"(?! )(?:"
    r"(?<!\w)[^\W_](?:[ \t.\-_|~,/\\]{1,3}[^\W_](?![\w$@*])){2,}"  # s p e l t, s.p.e.l.t
    r"|[$@*]{0,3}\w+(?:[^\w\s\x1c-\x1f]{1,8}\w+)*[$@*]{0,6}"
    r"|(?<![.!?])[.!?]++(?=[\s\x1c-\x1f]|$)|\n+"
    r"|[^\w\s\x1c-\x1f.,;:'\"()\-!?]+|[!?]{2,}"
    r")"
)
_TOKEN_IN_ASCII = re.compile(_TOKEN.pattern, re.ASCII)  # finds the same there, in less time
SENTENCE_END = re.compile(r"(?:[.!?]+|\n+)\Z")
_TOP_DOMAINS = "com|net|org|info|biz|ru|cn|co|tk|xyz|io|ly|me|uk|de|top|shop|site|online|club|example"
_ADDRESS = re.compile(
    rf"(?:https?://|www\.)|[\w.+-]+@[\w-]+\.\w|[\w-]+\.(?:{_TOP_DOMAINS})(?:/|\Z|\?|:)", re.IGNORECASE
)


def find_tokens(text: str) -> list[str]:
    """The tokens of a normalised text, in order."""
    return (_TOKEN_IN_ASCII if text.isascii() else _TOKEN).findall(text)


def find_token_spans(text: str) -> list[tuple[int, int]]:
    """Where `find_tokens` found them."""
    return [match.span() for match in _TOKEN.finditer(text)]


def is_break(token: str) -> bool:
    """Whether a token ends a sentence."""
    return SENTENCE_END.match(token) is not None


def is_address(token: str) -> bool:
    """Whether a token is a web or e-mail address."""
    return len(token) > 5 and ("." in token) and _ADDRESS.search(token) is not None
