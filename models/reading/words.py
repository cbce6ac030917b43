"""Read a token as the words that it stands for, through the ways in which people disguise words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import islice, product
from math import inf, log
from string import ascii_letters, ascii_lowercase, digits
from typing import NamedTuple

from models.reading.tokens import SENTENCE_END, is_address

_LONGEST_WORD = 40
_LONGEST_TOKEN = 400
_BEGINNING = 3  # letters, by which most masks are told to hide no strong word
_COMMON_FROM = 300  # training comments that hold a word which stands well alone
_LONGEST_GLUED, _LONGEST_IN_GLUED = 60, 16
_SHORTEST_SWAPPED = 5  # letters of a word of which two neighbours may be swapped, as in "fukcing", but not the first
#: Swapped forms that are words, or slips of harmless ones, somewhere: "certin" is "certain" as well as "cretin".
_SWAPPED_BY_CHANCE = frozenset({"pensi", "semne", "queres", "quere", "bobos", "certin", "pecie", "herea", "shtie"})
_SHORTEST_REVERSED = 4  # letters; many a shorter one is a word of its own from both sides
# What a digit or symbol in place of a letter reads as, the likelier reading first.
STANDS_FOR = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g", "2": "z",
    "@": "a", "$": "s", "!": "i", "|": "il", "+": "t", "(": "c", "<": "c", "#": "h", "%": "x", "?": "i",
}  # fmt: skip
_LIKELIEST = str.maketrans({sign: letters[0] for sign, letters in STANDS_FOR.items()})
_AMBIGUOUS = frozenset(sign for sign, letters in STANDS_FOR.items() if len(letters) > 1)
#: Takes the letters and digits of ASCII away.
_WITHOUT_ASCII = str.maketrans("", "", ascii_letters + digits)
#: Signs that join words, and hide no letters.
_JOINING = frozenset("'’./\\:;,=&_~()[]{}<>\"")
_PARTS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_REPEATED = re.compile(r"(.)\1+")
_TRIPLED = re.compile(r"(.)\1{2,}")
_SPELT_OUT = re.compile(r"[^\W_](?:[\W_]{1,3}[^\W_])+")
_HIDDEN = re.compile(r"[^\W_][^\w\s.\-/\\|~,:;'’=&+]{1,3}[^\W_]")  # a*s and s**t, but neither a.s nor a-s
_HAS_SIGN = re.compile(r"[\d@$!|+(<#%?]")
_LETTER = re.compile(r"[^\W\d_]")
_LINE_SPLIT = re.compile(r"-?[ \t]{0,3}\n[ \t]{0,3}")
_WORD_BEFORE = re.compile(r"[^\W\d_]+\Z")
_WORD_AFTER = re.compile(r"[^\W\d_]+")


MARKS = frozenset({"<disguised>", "<shouted>", "<many!>"})  # how a token is written; no word to pair with others


class Reading(NamedTuple):
    """The words that a token stands for.

    Attributes
    ----------
    words : lower-case words; synthetic ones are in angle brackets
    disguised : whether the words were hidden and had to be worked out
    """

    words: tuple[str, ...]
    disguised: bool = False


@dataclass(frozen=True)
class Reader:
    """Reads tokens with the help of the words that it knows.

    Parameters
    ----------
    known : how many training comments hold each known word
    strong : the known words that people disguise (those that make a comment toxic)
    """

    known: Mapping[str, int]
    strong: Set[str]
    _by_shape: dict[tuple[str, int], list[str]] = field(default_factory=dict, repr=False)
    _beginnings: set[str] = field(default_factory=set, repr=False)
    _swapped: dict[str, str] = field(default_factory=dict, repr=False)
    _total: int = field(default=0, repr=False)
    _cheapest: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        for word in sorted(self.strong):
            if len(word) >= _SHORTEST_SWAPPED and word.isascii():
                swaps = {swap for swap in _swaps(word) if swap not in self.known} - _SWAPPED_BY_CHANCE
                self._swapped.update(dict.fromkeys(swaps, word))
        for word in sorted(self.strong, key=lambda word: -self.known.get(word, 0)):
            self._by_shape.setdefault((word[0], len(word)), []).append(word)
            self._beginnings.update(word[:size] for size in range(1, _BEGINNING + 1))
        object.__setattr__(self, "_total", sum(self.known.values()) + 1)
        object.__setattr__(self, "_cheapest", 1.0 - log(max(self.known.values(), default=1) / self._total))

    def rejoin(self, text: str) -> str:
        """The text with words that were split over two lines put together again."""
        if "\n" not in text:
            return text
        pieces, done = [], 0
        for start, end in self.line_splits(text):
            pieces.append(text[done:start])
            done = end
        return "".join([*pieces, text[done:]])

    def line_splits(self, text: str) -> list[tuple[int, int]]:
        """Where line ends part a word that people disguise."""
        words = []
        for match in _LINE_SPLIT.finditer(text):
            start, end = match.span()
            left = _WORD_BEFORE.search(text, max(0, start - _LONGEST_WORD), start)
            right = _WORD_AFTER.match(text, end, end + _LONGEST_WORD)
            if left and right:
                before, after = left.group().lower(), right.group().lower()
                if before + after in self.strong and not (self._common(before) and self._common(after)):
                    words.append((start, end))
        return words

    def _common(self, word: str) -> bool:
        return self.known.get(word, 0) >= _COMMON_FROM

    def token_words(self, token: str) -> tuple[str, ...]:
        """The words of one token, with marks for the way it is written."""
        words: tuple[str, ...] = (_lowered(token),)
        if words[0] not in self.known or not words[0].isalnum():  # most are, and stand for nothing else
            words, disguised = self.read(token)
            if disguised:
                return (*words, "<disguised>")
        return (*words, "<shouted>") if token.isupper() and len(token) > 2 and token.isalpha() else words

    def read(self, token: str) -> Reading:
        """The words of one token. Never raises; of a longer token only the first letters count."""
        token = token[:_LONGEST_TOKEN]
        lowered = _lowered(token)
        of_letters = token.isalpha() and lowered.isalpha()
        if not of_letters and (words := _words_of_signs(token)) is not None:
            return Reading(words)
        if lowered in self.known:
            return Reading((lowered,))
        if of_letters:
            return self._word(lowered, token)
        if not any(map(str.isalnum, lowered)):
            return Reading(_symbol_words(lowered))
        if _SPELT_OUT.fullmatch(lowered) and not _HIDDEN.fullmatch(lowered):
            return self._spelt_out(lowered)
        return self._word(lowered, token)

    def _spelt_out(self, token: str) -> Reading:
        letters = "".join(filter(str.isalnum, token))
        if letters.isdigit():
            return Reading(("<digits>",))
        resolved = self._resolve(letters) or self._unglue(letters)
        return Reading(resolved, disguised=True) if resolved else Reading((letters[:_LONGEST_WORD],))

    def _word(self, lowered: str, token: str) -> Reading:
        if lowered.isalpha():
            found = self._resolve(lowered)
            if found:
                return Reading(found, disguised=found[0] in self.strong)
            hidden = self._swapped.get(lowered) or self._behind_reversed(lowered)
            if hidden:
                return Reading((hidden,), disguised=True)
            name = token[0].isupper() and token[1:].islower()
            return Reading((not name and self._unglue(lowered)) or (lowered[:_LONGEST_WORD],))
        unmasked = self._unmask(lowered)
        if unmasked:
            return Reading((unmasked,), disguised=unmasked in self.strong)
        parts = [part.replace("'", "") for part in islice(_PARTS.findall(lowered), 30)]
        joined = "".join(parts)
        if len(parts) > 1 and joined in self.strong and not all(map(self._common, parts)):
            return Reading((joined,), disguised=True)
        words = [word for part in parts for word in self._part(part)]
        return Reading(tuple(words))

    def _behind_reversed(self, word: str) -> str:
        """The strong word that is written backwards; "" when there is none."""
        told = len(word) >= _SHORTEST_REVERSED and word[::-1] in self.strong and not self._is_slip(word)
        return word[::-1] if told else ""

    def _is_slip(self, word: str) -> bool:
        """Whether it is a common word with two neighbouring letters swapped, as in "tihs" for "this"."""
        return any(map(self._common, _swaps(word, 0)))

    def _part(self, part: str) -> tuple[str, ...]:
        if part.isdigit():
            return ("<digits>",) if len(part) > 2 else ("<digit>",)
        return self._resolve(part) or self._unglue(part) or (part[:_LONGEST_WORD],)

    def _resolve(self, word: str) -> tuple[str, ...]:
        """The known word that this is with letters repeated or swapped for digits; () when there is none."""
        if word in self.known:
            return (word,)
        if len(word) > _LONGEST_GLUED:
            return ()
        for candidate in self._candidates(word):
            if candidate in self.known:
                return (candidate,)
        return ()

    def _candidates(self, word: str) -> Iterator[str]:
        if _TRIPLED.search(word):
            yield _TRIPLED.sub(r"\1\1", word)
            yield _TRIPLED.sub(r"\1", word)
            yield _REPEATED.sub(r"\1", word)
        elif _REPEATED.search(word):
            once = _REPEATED.sub(r"\1", word)
            if once in self.strong:
                yield once
        if _HAS_SIGN.search(word) and len(_LETTER.findall(word)) * 2 >= len(word) - 1:
            for plain in _plain_spellings(word):
                yield plain
                yield _REPEATED.sub(r"\1", plain)

    def _unmask(self, word: str) -> str:
        """The strong word behind "sh*t", "f**k", "b!tch" or "a$$", else the known one behind "l*mp"; "" for none."""
        if len(word) > _LONGEST_WORD:
            return ""
        bare = word.strip(".,:;'\"()-")
        signs = {character for character in bare.translate(_WITHOUT_ASCII) if not character.isalnum()}
        for plain in _plain_spellings(bare) if signs <= STANDS_FOR.keys() else ():
            if plain in self.strong:
                return plain
        if not signs or signs & _JOINING or bare[0] in signs:
            return ""
        mask = "".join("*" if character in signs else character for character in bare)
        strong = self._behind(mask, mask.replace("*", "."), [len(mask)])
        if strong or mask[-1] == "*":
            return strong
        plain = self._commonest(mask) if mask.count("*") == 1 and "-" not in bare else ""
        if self._common(plain):
            return plain
        loose = re.sub(r"\*+", ".{1,4}", mask)
        return self._behind(mask, loose, range(len(mask) - 2, len(mask) + 3)) or plain

    def _behind(self, mask: str, pattern: str, sizes: Iterable[int]) -> str:
        """The most frequent strong word of one of these sizes that fits; "" when there is none."""
        first, last = mask[: mask.index("*")], mask[mask.rindex("*") + 1 :]
        if first[:_BEGINNING] not in self._beginnings:
            return ""
        candidates = (word for size in sizes for word in self._by_shape.get((mask[0], size), ()))
        likely = [word for word in candidates if word.startswith(first) and word.endswith(last)]
        # Most masks hide no strong word: a pattern is compiled for those alone that may.
        return next((word for word in likely if re.fullmatch(pattern, word)), "")

    def _commonest(self, mask: str) -> str:
        """The most frequent known word that a mask of one letter fits; "" when there is none."""
        before, after = mask.split("*")
        words = [before + letter + after for letter in ascii_lowercase]
        count, word = max((self.known.get(word, 0), word) for word in words)
        return word if count else ""

    def _unglue(self, word: str) -> tuple[str, ...]:
        """The known words that were run together; () when it is not plainly two or more of them."""
        if not 7 <= len(word) <= _LONGEST_GLUED:
            return ()
        count_of, size = self.known.get, len(word)
        most = 2.2 * size + 4  # dearer than English words are by the letter
        best = [(0.0, 0), *[(inf, 0)] * size]  # of the letters up to each place: the cost, and where the last begins
        for start in range(size):
            cost_before = best[start][0]
            if cost_before + self._cheapest > most:
                continue
            for end in range(start + 1, min(start + _LONGEST_IN_GLUED, size) + 1):
                part = word[start:end]
                count = count_of(part)
                if count and (end - start > 2 or part in _SHORT_WORDS):
                    cost = cost_before - log(count / self._total) + 1.0
                    if cost < best[end][0]:
                        best[end] = (cost, start)
        if best[-1][0] > most:
            return ()
        words, end = [], size
        while end:
            start = best[end][1]
            words.append(word[start:end])
            end = start
        return tuple(reversed(words))


def _lowered(token: str) -> str:
    """A token in small letters; one that is, itself: tokens and words are remembered by the ten thousand."""
    lowered = token.lower()
    return token if lowered == token else lowered


_SHORT_WORDS = frozenset(
    re.findall(r"\w+", "a i u an as at be by do go he if in is it me my no of on or so to up us we am ur")
)


def _swaps(word: str, first: int = 1) -> Iterator[str]:
    """A word with two neighbouring letters swapped, from the `first` on."""
    return (f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in range(first, len(word) - 1))


def _plain_spellings(word: str) -> Iterator[str]:
    """The spellings in letters of a word with digits or symbols for letters, at most 16 of them."""
    word = word[:_LONGEST_WORD]
    likeliest = word.translate(_LIKELIEST)
    if not likeliest.isalpha():  # then no other is
        return
    if _AMBIGUOUS.isdisjoint(word):
        yield likeliest
        return
    options = (STANDS_FOR.get(character, character) for character in word)
    yield from islice(map("".join, product(*options)), 16)


def _words_of_signs(token: str) -> tuple[str, ...] | None:
    """The words of what ends a sentence, and of an address; None where a token is neither."""
    if SENTENCE_END.match(token):
        return ("<many!>",) if token.count("!") > 1 else ()
    return tuple(_address_words(token)) if is_address(token) else None


def _symbol_words(symbols: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(symbols[:12])) if symbols[0] not in "!?" else ("<many!>",)


def _address_words(token: str) -> Iterator[str]:
    """An address as its kind, its host's last two names and the words of its path."""
    lowered = token.lower()[:300]
    yield "<email>" if "@" in lowered.split("/", 3)[-1] and "//" not in lowered else "<url>"
    host = re.sub(r"^\w+://|^www\.", "", lowered).split("/")[0].split("?")[0]
    names = host.removeprefix("www.").split(".")
    yield "<host " + ".".join(names[-2:]) + ">"
    yield "<domain " + names[-1] + ">"
    yield from islice(re.findall(r"[^\W\d_]{3,20}", lowered), 12)
