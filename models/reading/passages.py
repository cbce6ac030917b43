"""Find the parts of a text that are in another language than the whole: insults that are listed, and English words.

A look at each word's marks says which texts may have any (`Passages.marks`); only these are gone through.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.languages import FIRST_LEARNT, UNTOLD
from models.reading.disguises import Disguises
from models.reading.language import MET_IN_ENGLISH, detect, likelier_of
from models.reading.latin import is_romanised
from models.reading.letters import find_words
from models.reading.listed import LEAST_INSIDE_OF_INSULTS, WordList
from models.reading.tokens import find_token_spans, is_break
from models.reading.words import MARKS, Reader
from models.remembered import Remembered
from texts.edits import edited, moved
from texts.normalization import folded, normalize_with_offsets, visible, visible_with_offsets

#: English comments that hold a word of an English passage. "und" was met in 37, "que" in 38 and "der" in 78.
_ENGLISH_FROM = 80
#: Letters of a listed word that stands alone among words of another language than English, and of English: many a
#: shorter one is a word there, or an abbreviation, as the German party's FDP is a Portuguese insult.
_LEAST_ALONE, _LEAST_IN_ENGLISH = 6, 4
#: Romanised insults count in romanised texts of so many words: longer ones the fast reader has learnt to judge.
_FEW_ROMANISED = 10
#: The language whose lists have them; and characters of a text in which hidden ones are looked for.
_LISTED, _LONGEST_ROMANISED = "hi-Latn", 150
#: Of neighbouring words, how many are of no usual English, and which share, where they may be in another language.
_LEAST_STRANGE, _STRANGE = 3, 0.6
_ROMANISED = FIRST_LEARNT - {"en"}
#: English words of threats and curses, beside those that are bad by themselves.
_OF_THREATS = frozenset(
    "kill rape murder shoot hang stab throat neck hope hell fire dead yourself shut".split()  # noqa: SIM905
)
#: Insults that are names in English.
_NAMES = frozenset({"randi"})
#: Insults of one language with so many words between them are one passage.
_WORDS_BETWEEN = 2
#: Passages of a text in other languages than English; each costs the reader that understands.
_MOST = 8
#: Runs of a text whose language is asked for.
_MOST_TOLD = 32
#: Words of a language that are usual English ones, too.
_ALSO_WORDS = {
    "de": frozenset(["die", "man", "war", "was", "hat", "in", "so", "also", "am", "an", "er"]),
    "nl": frozenset(["die", "man", "was", "is", "in", "of", "we", "he", "me"]),
}
_LATIN = re.compile("[a-zà-ÿ\u0100-\u024f]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text, in places of the original, its language, and whether it was chosen as a listed insult."""

    start: int
    end: int
    language: str
    is_listed: bool = False


@dataclass(frozen=True)
class Passages:
    """Finds passages.

    Parameters
    ----------
    reader : reads the tokens of English
    insults : each language's insults
    asking : English words that ask for a look at what a text is about, and how loudly (`scoring/readers.py`)
    """

    reader: Reader
    insults: Mapping[str, WordList]
    asking: Mapping[str, int] = field(default_factory=dict)
    _listed: WordList = field(init=False)
    _languages: dict[str, list[str]] = field(init=False)
    _telling: WordList = field(init=False)
    _bad: Set[str] = field(init=False)
    _folded_insults: dict[str, frozenset[str]] = field(init=False)
    _is_english: Remembered[str, bool] = field(init=False)

    def __post_init__(self) -> None:
        languages: defaultdict[str, list[str]] = defaultdict(list)
        telling: dict[str, str] = {}
        for code, its in self.insults.items():
            for entry in its.entries() if code != "en" else ():
                rarest = min(entry.split(), key=self._times_met)
                if entry not in _NAMES and (code in FIRST_LEARNT or self._times_met(rarest) < MET_IN_ENGLISH):
                    languages[entry].append(code)
                    telling[entry] = rarest
        by_code = {code: frozenset(map(_folded, its.entries())) for code, its in self.insults.items()}
        object.__setattr__(self, "_folded_insults", by_code)
        object.__setattr__(self, "_is_english", Remembered(self._reads_english))
        object.__setattr__(self, "_bad", self.reader.strong | set(self.insults["en"].entries()) | _OF_THREATS)
        object.__setattr__(self, "_languages", dict(languages))
        object.__setattr__(self, "_listed", WordList(languages, LEAST_INSIDE_OF_INSULTS))
        object.__setattr__(self, "_telling", WordList(map(_folded, telling.values()), LEAST_INSIDE_OF_INSULTS))

    def may_hide(self, text: str, language: str) -> bool:
        """Whether a text in Hindi or Urdu in Latin letters may hide a listed insult; of a long one none would count."""
        return language in _ROMANISED and len(text) <= _LONGEST_ROMANISED and bool(self._hidden.find(visible(text)))

    @cached_property
    def _hidden(self) -> Disguises:
        return Disguises(self.insults[_LISTED].entries() if _LISTED in self.insults else ())

    def marks(self, words: Sequence[str]) -> tuple[bool, bool, bool, int]:
        """Of the words that a token is read as: whether they may be a listed insult of another language than English.

        And whether none is a usual English word, whether one is a bad one, and how loudly they ask (`asking`).
        """
        known = self.reader.known
        telling = usual = bad = spoken = False
        asking = 0
        for word in words if len(words) < 2 else (*words, "".join(words)):
            if word[0] != "<":
                times = known.get(word, 0)
                spoken = True
                usual = usual or times >= _ENGLISH_FROM
                telling = telling or self._telling.holds(word, within=not times)
                bad = bad or word in self._bad
                asking = max(asking, self.asking.get(word, 0))
        return telling, spoken and not usual, bad, asking

    def marks_of_known(self, words: Sequence[str]) -> NDArray[np.int8]:
        """`marks` of each of some known words alone, shape (n_words, 4)."""
        marks = np.zeros((len(words), 4), np.int8)
        marks[:, 1] = [self.reader.known[word] < _ENGLISH_FROM for word in words]
        telling = self._bad | self.asking.keys() | set(self._telling.entries())
        for at in [at for at, word in enumerate(words) if word in telling]:
            marks[at] = self.marks([words[at]])
        return marks

    def find_insults(self, text: str, language: str) -> list[Passage]:
        """The insults in a text that are listed in other languages than its own."""
        shown, starts, ends = visible_with_offsets(text)
        if language in _ROMANISED:
            edits = self._hidden.find(shown)
            shown, starts, ends = edited(shown, edits), moved(starts, edits, 0), moved(ends, edits, -1)
        words = find_words(shown)
        spelt = [word for word, _, _ in words]
        found: list[tuple[str, int, int]] = []  # language, first word, one past the last
        for entry, first, last in sorted(self._listed.find(spelt), key=lambda match: match[1:]):
            codes = self._tells(entry, language, few=sum(map(str.isalpha, spelt)) <= _FEW_ROMANISED)
            first_word = shown[slice(*words[first][1:])]
            is_full_name = language in _ROMANISED and len(words) > 1 and shown.istitle()  # Bhaskar Chutia
            is_named = (language == "en" or is_full_name) and "de" not in codes and last - first == 1
            is_name = (is_named and first_word.istitle()) or self._is_surname(shown, words, first, last, codes)
            if not codes or is_name or not self._is_foreign(spelt[first:last], codes):
                continue
            code = found[-1][0] if found and found[-1][0] in codes else likelier_of(entry, codes)
            if found and found[-1][0] == code and first - found[-1][2] <= _WORDS_BETWEEN:
                found[-1] = (code, found[-1][1], max(last, found[-1][2]))
            else:
                found.append((code, first, last))
        places = [(starts[words[first][1]], ends[words[last - 1][2] - 1], code) for code, first, last in found[:_MOST]]
        return [Passage(*place, is_listed=True) for place in places]

    def _is_surname(
        self, shown: str, words: Sequence[tuple[str, int, int]], first: int, last: int, codes: Sequence[str]
    ) -> bool:
        """Whether a romanised insult follows a given name: capitals after a word that is none of English.

        "Bhaskar Chutia hat das Brot gebacken."
        """
        if first == 0 or last - first > 1 or codes != ["hi-Latn"]:
            return False
        before = words[first - 1]
        both = shown[before[1] : before[2]], shown[slice(*words[first][1:])]
        apart = shown[before[2] : words[first][1]]
        return all(map(str.istitle, both)) and apart.isspace() and self._times_met(before[0]) < MET_IN_ENGLISH

    def _tells(self, entry: str, language: str, *, few: bool) -> Sequence[str]:
        """The languages of an entry that is an insult in a text in another language; `few`: the text has few words."""
        codes = self._languages.get(entry, ())
        if language in _ROMANISED:  # which the fast reader judges without a list
            return codes if few or codes != ["hi-Latn"] else ()
        if language in codes or language.removesuffix("-Latn") in codes:
            return ()
        least = _LEAST_IN_ENGLISH if language == "en" else _LEAST_ALONE
        own_script = not entry[0].isascii() and not _LATIN.match(entry)
        return codes if " " in entry or own_script or len(entry) >= least else ()

    def _is_foreign(self, words: Sequence[str], codes: Sequence[str]) -> bool:
        """Whether one of some words is none of English. The fast reader has learnt some of the romanised ones."""
        return not FIRST_LEARNT.isdisjoint(codes) or any(self._times_met(word) < MET_IN_ENGLISH for word in words)

    def find_english(self, text: str, language: str) -> list[Passage]:
        """The runs of English words in a text in another language: two at least, or a bad one."""
        shown, starts, ends = normalize_with_offsets(text)
        runs: list[list[tuple[int, int]]] = [[]]
        for start, end in find_token_spans(shown):
            token = shown[start:end]
            if self._is_english[token]:
                runs[-1].append((start, end))
            elif runs[-1] and (is_break(token) or any(map(str.isalpha, token))):
                runs.append([])
        return [
            Passage(starts[run[0][0]], ends[run[-1][1] - 1], "en")
            for run in runs
            if self._says_something([shown[slice(*span)] for span in run], language)
        ]

    def find_foreign(self, text: str, judges: Callable[[str], bool]) -> list[Passage]:
        """The runs of words in an English text that are no usual English, where their language is told and judged."""
        shown, starts, ends = normalize_with_offsets(text)
        found: list[Passage] = []
        for run in islice(self._strange_runs(shown), _MOST_TOLD):
            start, end = starts[run[0][0]], ends[run[-1][1] - 1]
            told = detect(visible(text[start:end]), self.reader.known, self.reader.strong)
            if told not in FIRST_LEARNT and told != UNTOLD and judges(told):
                found.append(Passage(start, end, told))
        return found[:_MOST]

    def _strange_runs(self, shown: str) -> Iterator[list[tuple[int, int]]]:
        """The tokens between two that are of no usual English, in one sentence and with few others among them."""
        run: list[tuple[int, int]] = []
        strange = 0  # tokens of the run
        others = 0  # usual ones after the last strange one
        for start, end in [*find_token_spans(shown), (0, 0)]:
            token = shown[start:end]
            is_strange = bool(token) and self.marks(self.reader.token_words(token))[1]
            if not token or is_break(token) or (not is_strange and others == _WORDS_BETWEEN):
                run = run[: len(run) - others]
                if are_foreign(strange, len(run)):
                    yield run
                run, strange, others = [], 0, 0
            elif is_strange or run:
                run.append((start, end))
                strange += is_strange
                others = 0 if is_strange else others + 1

    def _reads_english(self, token: str) -> bool:
        """Whether a token is usual English or bad, and no words that were run together, as a foreign word may look."""
        words = self._words(token)
        if not words or not words[0].isalpha() or (token.isalpha() and len(words) > 1):
            return False
        return all(map(self._is_english_word, words))

    def _is_english_word(self, word: str) -> bool:
        if is_romanised(word) or "hi-Latn" in self._languages.get(word, ()):
            return False
        usual = self.reader.known.get(word, 0) >= _ENGLISH_FROM
        return usual or (len(word) >= _LEAST_IN_ENGLISH and word in self._bad)

    def _says_something(self, tokens: Sequence[str], language: str) -> bool:
        """Whether a run of English words in a text has two that its language has not, or one that is a bad word."""
        own = _ALSO_WORDS.get(language, frozenset())
        english = [token for token in tokens if token.lower() not in own]
        return len(english) > 1 or (len(english) == 1 and self._stands_alone(english[0], language))

    def _stands_alone(self, token: str, language: str) -> bool:
        own = self._folded_insults.get(language, frozenset()) | _OF_THREATS
        return any(len(word) >= _LEAST_ALONE and word in self._bad and word not in own for word in self._words(token))

    def _words(self, token: str) -> list[str]:
        """The words that a token is read as."""
        return [word for word in self.reader.token_words(token) if word not in MARKS]

    def _times_met(self, word: str) -> int:
        return self.reader.known.get(_folded(word), 0)


def are_foreign(strange: NDArray[np.intp] | int, words: NDArray[np.intp] | int) -> Any:
    """Whether so many of some neighbouring words are no usual English ones that they may be in another language."""
    return (strange >= _LEAST_STRANGE) & (strange >= _STRANGE * words)


def _folded(word: str) -> str:
    return folded(word).lower()
