"""Say how a disguised word was read, so that a person sees both forms."""

from __future__ import annotations

import unicodedata

from models.reading.tokens import find_tokens
from models.reading.words import Reader
from texts.folding import normalized
from texts.normalization import normalize

_LONGEST = 40  # letters; what is longer hides no word


def read_as(reader: Reader, written: str) -> str | None:
    """The words that the classifier read in a part of a comment; None where they stand there plainly.

    Case, accents and punctuation beside the letters are no disguise. Marks such as "<digits>" are no words.
    """
    letters = _letters(written[: 10 * _LONGEST])
    if len(letters) > _LONGEST:
        return None
    readings = [reader.read(token) for token in find_tokens(reader.rejoin(normalize(written)))]
    words = [word for reading in readings for word in reading.words]
    disguised = any(reading.disguised for reading in readings)
    if not words or any(word.startswith("<") for word in words):
        return None
    return " ".join(words) if disguised or _letters("".join(words)) != letters else None


def _letters(text: str) -> str:
    """The bare letters and digits, as somebody would type them."""
    plain = normalized("NFD", text)
    return "".join(one for one in plain if unicodedata.category(one)[0] in "LN").casefold()
