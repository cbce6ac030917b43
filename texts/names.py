"""A person's name as a text to be judged: an insult or a threat can stand in a name, too."""

from __future__ import annotations

import re

#: Given and family names that are also rude words. They count as names where they are written as names.
_REAL = frozenset({"dick", "harshit", "dikshit", "phuc", "bich", "fuk", "butt", "lund"})
#: Words before or after which they are rude words after all.
_NOT_REAL_BEFORE = frozenset({"face", "head", "hole", "less", "me", "off", "pic", "pics", "sucker", "u", "wad", "you"})
_PARTICLES = frozenset({"al", "bin", "da", "de", "del", "di", "la", "le", "van", "der", "den", "von"})
#: `_` in place of a letter, as in `f_ck`; and digits that only tell one account from another.
_HIDDEN_LETTER = re.compile(r"(?<!\w)(?:([^\W_])_(?=[^\W\d_])|([^\W_]{2,3})_(?=[^\W\d_](?![^\W_])))")
_NUMBERED = re.compile(r"(?<=[^\W\d_])\d{1,6}(?=\s|$)")


def as_text(name: str) -> str:
    """The text of a name that is to be judged; empty for a name that is nothing but a real name.

    `_` is read as a space or as a hidden letter; a number at the end is left out.
    """
    spaced = _HIDDEN_LETTER.sub(r"\1\2*", name).replace("_", " ")
    return " ".join(_without_real(_NUMBERED.sub("", spaced).split()))


def _without_real(words: list[str]) -> list[str]:
    """`words` without a real first name, where it stands alone or a family name follows."""
    folded = [word.strip(".,").casefold() for word in words]
    if set(folded) <= _REAL:
        return []
    written_as_name = all(word[:1].isupper() or plain in _PARTICLES for word, plain in zip(words, folded, strict=True))
    if folded[0] in _REAL and written_as_name and not _NOT_REAL_BEFORE.intersection(folded[1:2]):
        return words[1:]
    return words
