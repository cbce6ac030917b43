"""What a person's name says, where it is judged like a text: an insult or a threat can be a name, too."""

from __future__ import annotations

import re

#: Given and family names that are rude words elsewhere, taken for names where one is written as a name.
_REAL = frozenset({"dick", "harshit", "dikshit", "phuc", "bich", "fuk", "butt", "lund"})
#: What makes a rude word of them after all.
_NOT_REAL_BEFORE = frozenset({"face", "head", "hole", "less", "me", "off", "pic", "pics", "sucker", "u", "wad", "you"})
_PARTICLES = frozenset({"al", "bin", "da", "de", "del", "di", "la", "le", "van", "der", "den", "von"})
#: A letter that `_` stands for, as in `f_ck`, and digits that only tell one account from another.
_HIDDEN_LETTER = re.compile(r"(?<!\w)(?:([^\W_])_(?=[^\W\d_])|([^\W_]{2,3})_(?=[^\W\d_](?![^\W_])))")
_NUMBERED = re.compile(r"(?<=[^\W\d_])\d{1,6}(?=\s|$)")


def as_text(name: str) -> str:
    """What is to be judged of a name; empty where there is nothing but a real name.

    `_` is a space, or a letter that is hidden; a number at the end is no part of what it says.
    """
    spaced = _HIDDEN_LETTER.sub(r"\1\2*", name).replace("_", " ")
    return " ".join(_without_real(_NUMBERED.sub("", spaced).split()))


def _without_real(words: list[str]) -> list[str]:
    """`words` without a first name that is real, where a family name follows or it stands alone."""
    folded = [word.strip(".,").casefold() for word in words]
    if set(folded) <= _REAL:
        return []
    written_as_name = all(word[:1].isupper() or plain in _PARTICLES for word, plain in zip(words, folded, strict=True))
    if folded[0] in _REAL and written_as_name and not _NOT_REAL_BEFORE.intersection(folded[1:2]):
        return words[1:]
    return words
