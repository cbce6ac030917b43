"""What users type to match comments by: words with wildcards. Linear time, whatever they type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import re2

from texts.comparison import as_read, readings
from texts.folding import fold

#: Entries for each compiled set: small enough that its automaton stays within its memory for any text.
_SET_SIZE = 250

#: `_` is no letter: `_word_` is emphasis.
_WORD = re.compile(r"[^\W_]+")
_WORD_OF_ENTRY = re.compile(r"(?:[^\W_]|\*)+")
#: Words are set between marks, so that the expressions need no (costly) Unicode classes.
_MARKED = "\x01\\g<0>\x01"


class PatternError(ValueError):
    """An entry of a word list or of an address list cannot be used; the message says which and why."""


class PatternSet:
    """A list of words or phrases, matched whole, in any case and any disguise. `*` stands for any run of letters.

    Entries and texts are compared as a reader reads them: see `texts/comparison.py`.

    RE2 matches the whole list in one pass without backtracking, so a long list or a hostile entry costs no more.

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
    if not word.strip("*"):  # beside punctuation, as in `c++*`: a word or none
        return r"(?:\x01[^\x01]*\x01)?"
    return r"\x01" + r"[^\x01]*".join(re2.escape(part) for part in word.split("*")) + r"\x01"
