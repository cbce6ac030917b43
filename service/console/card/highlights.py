"""Cuts a comment's text so that a page can mark the words that moved its scores. Pure functions."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

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

    Where labels overlap, the run has the strongest level and all labels. The cost grows with the number of spans and
    not with how long they are, since many may lie over the same words.
    """
    changes = [
        change
        for label, its in (spans or {}).items()
        for start, end, level in _marks(text, its)
        for change in ((start, 1, (level, label)), (end, -1, (level, label)))
    ]
    changes.sort(key=itemgetter(0))
    over: Counter[tuple[int, str]] = Counter()  # how many spans of each level and label lie over the place
    places: list[tuple[int, tuple[int, tuple[str, ...]]]] = [(0, (0, ()))]
    for place, at_once in groupby(changes, key=itemgetter(0)):
        for _, step, mark in at_once:
            over[mark] += step
        marks = [mark for mark, number in over.items() if number]
        level = max((level for level, _ in marks), default=0)
        places.append((place, (level, tuple(sorted({label for _, label in marks})))))
    starts = [next(run) for _, run in groupby(places, key=itemgetter(1))]
    ends = [*(start for start, _ in starts[1:]), len(text)]
    return [Segment(text[start:end], *mark) for (start, mark), end in zip(starts, ends, strict=True) if start < end]


def hidden_characters(text: str) -> list[str]:
    """The names of invisible characters in `text` that change how it is read, each once."""
    hidden = {character for character in set(text) - _INNOCENT if unicodedata.category(character) == "Cf"}
    return sorted(unicodedata.name(character, f"U+{ord(character):04X}").lower() for character in hidden)


#: Soft hyphen, zero-width joiner and non-joiner (for emoji and many scripts), and byte-order mark.
_INNOCENT = frozenset("\xad\u200c\u200d\ufeff")


def _marks(text: str, spans: Sequence[Sequence[float]]) -> list[tuple[int, int, int]]:
    """The spans that are marked, within the text: each with its start, its end and its level."""
    heaviest = max((weight for _, _, weight in spans), default=0.0)
    marks = [
        (max(0, int(start)), min(len(text), int(end)), max(1, round(LEVELS * weight / heaviest)))
        for start, end, weight in spans
        if heaviest > 0 and weight >= _FAINTEST * heaviest
    ]
    return [(start, end, level) for start, end, level in marks if start < end]


@lru_cache(maxsize=1000)
def _counted(level: int, labels: tuple[str, ...], _language: str) -> str:
    return gettext(_COUNTED[level], labels=", ".join(wording.within(wording.label(name)) for name in labels))
