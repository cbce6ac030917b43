"""What somebody looks for: words and "phrases"."""

from __future__ import annotations

import re

#: Words of a search beyond these are left out.
MOST_TERMS = 8

_TERM = re.compile(r'["“”„]([^"“”„]+)["“”]|(\S+)')


def terms(text: str) -> list[str]:
    """The words and phrases that a search asks for."""
    found = (phrase.strip() or word for phrase, word in _TERM.findall(text))
    return [term for term in found if term][:MOST_TERMS]
