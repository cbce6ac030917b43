"""Patterns that users type to match comments: words with wildcards, and expressions. Linear time, whatever they type.

`PatternSet` is for the lists of one policy. `WordIndex` has the same meaning and is for lists of tens of thousands:
what it takes for a comment does not grow with the list.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

import re2

from texts.comparison import as_read, readings
from texts.folding import fold, normalized

#: Entries in a compiled set: few enough that its automaton stays within its memory for any text.
_SET_SIZE = 250

#: Limits of `*`: in a word, and how many words of a list may have several. Each `*` multiplies the matcher's states.
MOST_STARS, SEVERAL_STARS, MOST_WITH_SEVERAL = 3, 2, 100

#: `_` does not count as a letter: `_word_` is emphasis.
_WORD = re.compile(r"[^\W_]+")
_WORD_OF_ENTRY = re.compile(r"(?:[^\W_]|\*)+")
#: Words are put between marks, so that the expressions need no (costly) Unicode classes.
_MARKED = "\x01\\g<0>\x01"
_MARKED_WORD = re.compile(r"\x01([^\x01]*)\x01")

#: Words of a phrase in a `WordIndex`: so many places are looked up at most for each word of a comment.
MOST_WORDS = 16
#: Steps of an expression's program, in RE2's count, and its memory in bytes.
MOST_STEPS, _EXPRESSION_MEMORY = 300, 1 << 20
#: Expressions that are looked for in one pass.
_AT_ONCE, _TOGETHER_MEMORY = 20, 32 << 20


class PatternError(ValueError):
    """An entry of a word list or of an address list cannot be used; the message says which and why."""

    def about(self, entry: str) -> str:
        """The message where only this entry is meant, and shown: without its number and without repeating it."""
        rest = re.sub(r"^Entry \d+ ", "", str(self)).removeprefix(f"{entry} ")
        return str(self) if rest == str(self) else f"It {rest}"


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
        return sorted(
            {
                chunk * _SET_SIZE + number
                for chunk, compiled in enumerate(self._sets)
                for reading in _marked_readings(text)
                for number in compiled.Match(reading) or ()
            }
        )


class WordIndex:
    """Words and phrases as in a `PatternSet`, with the same matches, looked up word by word.

    Only entries that `is_sought` are looked for one by one, so a list may have few of those.

    Raises:
        PatternError: an entry is empty or too long.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self._phrases: dict[str, int] = {}
        #: The same for entries with signs around their words, such as `c++`: what is before and behind the words.
        self._edged: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
        #: A phrase's first word -> the lengths, in words, of the phrases that begin with it.
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        sought: list[int] = []
        for number, entry in enumerate(entries):
            plain = fold(entry)
            _check_length(plain, number)
            marked = _WORD.sub(_MARKED, as_read(entry) or plain)
            if is_sought(entry):
                sought.append(number)
                continue
            core = marked[marked.index("\x01") : marked.rindex("\x01") + 1]
            words = _MARKED_WORD.findall(core)
            lengths[words[0]].add(len(words))
            if core == marked:
                self._phrases.setdefault(core, number)
            else:
                self._edged[core].append((*marked.split(core, 1), number))  # type: ignore[arg-type]
        self._lengths = {word: tuple(sorted(numbers)) for word, numbers in lengths.items()}
        self._sought, self._numbers = PatternSet([entries[number] for number in sought]), sought

    def matches(self, text: str) -> set[int]:
        """The numbers of the entries that occur in `text`, from 0. Of entries that mean the same, only the first."""
        numbers = {self._numbers[number] for number in self._sought.matches(text)}
        for marked in _marked_readings(text) if self._lengths else ():
            words = list(_MARKED_WORD.finditer(marked))
            for at, word in enumerate(words):
                for length in self._lengths.get(word[1], ()):
                    if at + length <= len(words):
                        numbers.update(self._at(marked, word.start(), words[at + length - 1].end()))
        return numbers

    def _at(self, marked: str, begin: int, end: int) -> Iterator[int]:
        """The entries whose words stand exactly there."""
        core = marked[begin:end]
        if (number := self._phrases.get(core)) is not None:
            yield number
        for before, behind, number in self._edged.get(core, ()):
            if marked.startswith(behind, end) and marked.endswith(before, 0, begin):
                yield number


def is_sought(entry: str) -> bool:
    """Whether an entry of a `WordIndex` has to be looked for: it has a `*`, or no letters (such as an emoji)."""
    plain = as_read(entry) or fold(entry)
    return "*" in plain or _WORD.search(plain) is None


class ExpressionSet:
    """Regular expressions in RE2's syntax, in any case, looked for in a text as it stands and as it is read.

    RE2 takes linear time. Several are looked for in one pass, and one by one only where that finds something.

    Raises:
        PatternError: an entry is no expression, or too large, or matches everything.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self._each = [_expression_of(entry) for entry in entries]
        self._together = [_any_of(entries[at : at + _AT_ONCE]) for at in range(0, len(entries), _AT_ONCE)]

    def matches(self, text: str) -> set[int]:
        """The numbers of the expressions that are found in `text`, from 0."""
        shown = {normalized("NFKC", text), as_read(text)} if self._each else set()
        return {
            number
            for version in shown
            for chunk, together in enumerate(self._together)
            if together is None or together.search(version) is not None
            for number in range(chunk * _AT_ONCE, min((chunk + 1) * _AT_ONCE, len(self._each)))
            if self._each[number].search(version) is not None
        }


def _options(memory: int) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = memory
    return options


def _expression_of(entry: str) -> Any:
    if r"\Q" in entry:  # it would quote the expressions that are put together with it
        raise PatternError(r"\Q is not taken. Put a backslash before each sign instead.")
    try:
        compiled = re2.compile(entry, options=_options(_EXPRESSION_MEMORY))
    except re2.error as error:
        [why, *_] = error.args
        said = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        raise PatternError(f"It is no regular expression that RE2 can use: {said}.") from None
    if compiled.programsize > MOST_STEPS:
        steps = f"{compiled.programsize:,} steps; at most {MOST_STEPS} are allowed"
        raise PatternError(f"It takes {steps}. Say it shorter.")
    if compiled.search("") is not None:
        raise PatternError("It is found in every text, also in an empty one.")
    return compiled


def _any_of(entries: Sequence[str]) -> Any:
    """An expression for any of these; None where they cannot be put together."""
    try:
        return re2.compile("|".join(f"(?:{entry})" for entry in entries), options=_options(_TOGETHER_MEMORY))
    except re2.error:  # two of them have groups of the same name
        return None


@lru_cache(maxsize=4)  # a comment's text is looked at by several lists, one after the other
def _marked_readings(text: str) -> tuple[str, ...]:
    return tuple(_WORD.sub(_MARKED, reading) for reading in readings(text))


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
            raise PatternError(f"Entry {number} has more than {MOST_STARS} * in a word. Say it in several entries.")
        if several > MOST_WITH_SEVERAL and max(stars, default=0) >= SEVERAL_STARS:
            raise PatternError(
                f"Entry {number} is too much: a list takes {MOST_WITH_SEVERAL} words with two or more *, since each "
                "slows the look at every comment. Write some of them out, or with one *."
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
    _check_length(plain, number)
    words = as_read(entry) or plain
    parts: list[str] = []
    at = 0
    for word in _WORD_OF_ENTRY.finditer(words):
        parts += [re2.escape(words[at : word.start()]), _word_expression(word[0])]
        at = word.end()
    return "".join((*parts, re2.escape(words[at:])))


def _check_length(plain: str, number: int) -> None:
    if not plain.strip("* "):
        what = "has nothing but stars" if "*" in plain else "is empty"
        raise PatternError(f"Entry {number + 1} {what}: give it some letters.")
    if len(plain) > 200:
        raise PatternError(f"Entry {number + 1} has {len(plain):,} characters; at most 200 fit.")


def count_words(entry: str) -> int:
    """How many words an entry has, as they are compared."""
    return len(_WORD.findall(as_read(entry) or fold(entry)))


def _word_expression(word: str) -> str:
    if not word.strip("*"):  # beside punctuation, as in `c++*`: a word, or nothing
        return r"(?:\x01[^\x01]*\x01)?"
    return r"\x01" + r"[^\x01]*".join(re2.escape(part) for part in re.split(r"\*+", word)) + r"\x01"
