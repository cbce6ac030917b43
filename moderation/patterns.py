"""Patterns that users type to match comments: words with wildcards. Linear time, whatever they type."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import re2

from texts.comparison import as_read, readings
from texts.folding import fold

#: Entries in a compiled set: few enough that its automaton stays within its memory for any text.
_SET_SIZE = 250

#: Limits of `*`: in a word, and how many words of a list may have several. Each `*` multiplies the matcher's states.
MOST_STARS, SEVERAL_STARS, MOST_WITH_SEVERAL = 3, 2, 100

#: `_` does not count as a letter: `_word_` is emphasis.
_WORD = re.compile(r"[^\W_]+")
_WORD_OF_ENTRY = re.compile(r"(?:[^\W_]|\*)+")
#: Words are put between marks, so that the expressions need no (costly) Unicode classes.
_MARKED = "\x01\\g<0>\x01"


class PatternError(ValueError):
    """An entry of a word list or of an address list cannot be used; the message says which and why."""


class PatternSet:
    """A list of words or phrases, matched whole, in any case and any disguise. `*` stands for any run of letters.

    Entries and texts are compared as a reader reads them: see `texts/comparison.py`.

    RE2 matches the whole list in one pass without backtracking. The cost of a list is checked only when it is saved
    (`check_wildcards`), so that older lists still work.

    Raises:
        PatternError: an entry is empty or too long.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self.entries = tuple(entries)
        expressions = [_expression(entry, number) for number, entry in enumerate(self.entries)]
        self._sets = [_compile(expressions[at : at + _SET_SIZE]) for at in range(0, len(expressions), _SET_SIZE)]

    def matches(self, text: str) -> list[int]:
        """The numbers of the entries that occur in `text`, from 0, in order."""
        if not self._sets:
            return []
        marked = [_WORD.sub(_MARKED, reading) for reading in readings(text)]
        return sorted(
            {
                chunk * _SET_SIZE + number
                for chunk, compiled in enumerate(self._sets)
                for reading in marked
                for number in compiled.Match(reading) or ()
            }
        )


def check_wildcards(entries: Sequence[str], earlier: Collection[str] = ()) -> None:
    """Refuse new entries (those not among `earlier`) that would take long for each comment.

    Raises:
        PatternError: an entry has too many `*`, or too many entries have several.
    """
    several = 0
    for number, entry in enumerate(entries, 1):
        stars = [len(re.findall(r"\*+", word)) for word in _WORD_OF_ENTRY.findall(fold(entry))]
        several += sum(1 for number_of_stars in stars if number_of_stars >= SEVERAL_STARS)
        if entry in earlier:
            continue
        if max(stars, default=0) > MOST_STARS:
            raise PatternError(f"Entry {number} has more than {MOST_STARS} `*` in a word. Say it in several entries.")
        if several > MOST_WITH_SEVERAL and max(stars, default=0) >= SEVERAL_STARS:
            raise PatternError(
                f"Entry {number} is too much: a list takes {MOST_WITH_SEVERAL} words with two or more `*`, since each "
                "slows the look at every comment. Write some of them out, or with one `*`."
            )


def _compile(expressions: Sequence[str]) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    compiled = re2.Set.SearchSet(options)
    for expression in expressions:
        compiled.Add(expression)
    compiled.Compile()
    return compiled


def _expression(entry: str, number: int) -> str:
    plain = fold(entry)
    if not plain.strip("* ") or len(plain) > 200:
        raise PatternError(f"Entry {number + 1} must have between 1 and 200 characters beside `*`.")
    words = as_read(entry) or plain
    parts: list[str] = []
    at = 0
    for word in _WORD_OF_ENTRY.finditer(words):
        parts += [re2.escape(words[at : word.start()]), _word_expression(word[0])]
        at = word.end()
    return "".join((*parts, re2.escape(words[at:])))


def _word_expression(word: str) -> str:
    if not word.strip("*"):  # beside punctuation, as in `c++*`: a word, or nothing
        return r"(?:\x01[^\x01]*\x01)?"
    return r"\x01" + r"[^\x01]*".join(re2.escape(part) for part in re.split(r"\*+", word)) + r"\x01"
