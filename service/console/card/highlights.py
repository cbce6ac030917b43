"""Cuts a comment's text so that a page can mark the words that moved its scores. Pure functions."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from texts import translation, wording
from texts.translation import gettext, later

#: Shades of a mark, from faint to strong.
LEVELS = 4
_COUNTED = (
    "",
    later("Counted a little towards %(labels)s"),
    later("Counted somewhat towards %(labels)s"),
    later("Counted much towards %(labels)s"),
    later("Counted most towards %(labels)s"),
)
_BRIEFLY = (
    "",
    later("counted a little"),
    later("counted somewhat"),
    later("counted much"),
    later("counted most"),
)
#: A word with less than this part of the largest weight is not marked.
_FAINTEST = 0.12


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the comment's text; `level` 0 is unmarked, `LEVELS` the strongest."""

    text: str
    level: int = 0
    labels: tuple[str, ...] = ()
    #: The reading of a disguised word.
    read_as: str | None = None

    @property
    def counted(self) -> str:
        """The level in words, for people who cannot see the shade."""
        return _counted(self.level, self.labels, translation.current())

    @property
    def briefly(self) -> str:
        """The level in two words, which are read out where the mark begins."""
        return gettext(_BRIEFLY[self.level])


def segments(text: str, spans: Mapping[str, Sequence[Sequence[float]]] | None) -> list[Segment]:
    """`text` cut into runs. `spans` are `{label: [[start, end, weight], …]}`, in code points.

    Where labels overlap, the run has the strongest level and all labels.
    """
    # A level and a set of labels (as bits) for each character: linear in the text's length for any spans.
    levels, bits = [0] * len(text), [0] * len(text)
    names = sorted(spans or {})
    for bit, label in enumerate(names):
        for start, end, level in _marks(text, (spans or {})[label]):
            for at in range(start, end):
                levels[at] = max(levels[at], level)
                bits[at] |= 1 << bit
    cut, at = [], 0
    for (level, labels), run in groupby(zip(levels, bits, strict=True)):
        end = at + sum(1 for _ in run)
        cut.append(Segment(text[at:end], level, tuple(name for bit, name in enumerate(names) if labels >> bit & 1)))
        at = end
    return cut


def hidden_characters(text: str) -> list[str]:
    """The names of invisible characters in `text` that change how it is read, each once."""
    hidden = {character for character in set(text) - _INNOCENT if unicodedata.category(character) == "Cf"}
    return sorted(unicodedata.name(character, f"U+{ord(character):04X}").lower() for character in hidden)


#: Soft hyphen, zero-width joiner and non-joiner (for emoji and many scripts), and byte-order mark.
_INNOCENT = frozenset("\xad\u200c\u200d\ufeff")


def _marks(text: str, spans: Sequence[Sequence[float]]) -> list[tuple[int, int, int]]:
    heaviest = max((weight for _, _, weight in spans), default=0.0)
    return [
        (max(0, int(start)), min(len(text), int(end)), max(1, round(LEVELS * weight / heaviest)))
        for start, end, weight in spans
        if heaviest > 0 and weight >= _FAINTEST * heaviest
    ]


@lru_cache(maxsize=1000)
def _counted(level: int, labels: tuple[str, ...], _language: str) -> str:
    return gettext(_COUNTED[level], labels=", ".join(wording.within(wording.label(name)) for name in labels))
