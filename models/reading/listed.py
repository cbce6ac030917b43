"""Find the words of a list in a text: bad words that people of a language wrote down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LEAST_INSIDE = 5  # letters of a listed word that is found within others ("drecksack" in "drecksackverein")
_MOST_WORDS = 4
_REMEMBERED = 20_000


class WordList:
    """Listed words: a single one matches a word, from five letters on also within one; several match in a row.

    In scripts that write no spaces every listed word is found within a run of letters.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._whole: set[str] = set()
        self._inside: set[str] = set()
        self._phrases: set[tuple[str, ...]] = set()
        for word in words:
            parts = tuple(word.lower().split())
            if len(parts) > 1:
                self._phrases.add(parts)
            elif parts and (len(parts[0]) >= _LEAST_INSIDE or (_writes_no_spaces(parts[0]) and len(parts[0]) > 1)):
                self._inside.add(parts[0])
            elif parts:
                self._whole.add(parts[0])
        self._sizes = sorted({len(word) for word in self._inside})
        self._known: dict[str, str] = {}

    def find(self, words: Sequence[str]) -> list[tuple[str, int, int]]:
        """What is found in a text's words, as `letters.spell` gives them: entry, first word, one past the last."""
        found = [(entry, at, at + 1) for at, word in enumerate(words) if (entry := self._entry(word))]
        if self._phrases:
            for at in range(len(words)):
                for size in range(2, _MOST_WORDS + 1):
                    phrase = tuple(words[at : at + size])
                    if phrase in self._phrases:
                        found.append((" ".join(phrase), at, at + size))
        return found

    def _entry(self, word: str) -> str:
        known = self._known.get(word)
        if known is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            known = self._known[word] = self._look_up(word)
        return known

    def _look_up(self, word: str) -> str:
        if word in self._whole:
            return word
        for size in self._sizes:
            for at in range(len(word) - size + 1):
                if word[at : at + size] in self._inside:
                    return word[at : at + size]
        return ""


def _writes_no_spaces(word: str) -> bool:
    return any("\u0e00" <= letter <= "\u0eff" or "\u3040" <= letter <= "\u9fff" for letter in word)
