"""The ways in which people hide words from filters, applied to clean text: to measure what they still achieve."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from random import Random

from models.package_data import read_lists

_WORD = re.compile(r"[A-Za-z]{3,}")
_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7+", "b": "8", "g": "9"}
_LOOKALIKES = {
    "cyrillic": dict(zip("aceiopxysjhkmtbn", "асеіорхуѕјһкмтьп", strict=True)),
    "greek": dict(zip("aoiuvnpktxyb", "αοιυνηρκτχγβ", strict=True)),
}
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u00ad\ufeff"
#: After the last but one of these letters stand from right to left, and are read so, as a browser shows them.
_HIDDEN = _ZERO_WIDTH + "\u202e\u202c"

Disguise = Callable[[str, Random], str]


def _leet(word: str, rng: Random) -> str:
    return "".join(rng.choice(_LEET.get(letter.lower(), letter)) for letter in word)


def _between(separator: str) -> Disguise:
    return lambda word, _rng: separator.join(word)


def _repeated(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at] * rng.randint(2, 5) + word[at + 1 :]


def _script(name: str) -> Disguise:
    letters = _LOOKALIKES[name]
    return lambda word, _rng: "".join(letters.get(letter.lower(), letter) for letter in word)


def _shifted(first_capital: int, first_small: int) -> Disguise:
    def disguise(word: str, _rng: Random) -> str:
        bases = {True: (first_capital, "A"), False: (first_small, "a")}
        return "".join(chr(bases[c.isupper()][0] + ord(c) - ord(bases[c.isupper()][1])) for c in word)

    return disguise


def _zalgo(word: str, rng: Random) -> str:
    return "".join(
        letter + "".join(chr(rng.randint(0x300, 0x36F)) for _ in range(rng.randint(1, 4))) for letter in word
    )


def _hidden(word: str, rng: Random) -> str:
    return "".join(letter + rng.choice(_HIDDEN) for letter in word[:-1]) + word[-1]


def _zero_width(word: str, rng: Random) -> str:
    return "".join(letter + rng.choice(_ZERO_WIDTH) for letter in word[:-1]) + word[-1]


def _masked(word: str, _rng: Random) -> str:
    at = 1 + next((i for i, letter in enumerate(word[1:-1]) if letter.lower() in "aeiou"), 0)
    return word[:at] + "*" + word[at + 1 :]


def _emoji(word: str, rng: Random) -> str:
    at = 1 + next((i for i, letter in enumerate(word[1:-1]) if letter.lower() in "aeiou"), 0)
    return word[:at] + rng.choice("🌟💩🍑🔥❤") + word[at + 1 :]


def _squared(word: str, _rng: Random) -> str:
    return "".join(chr(0x1F170 + ord(letter.upper()) - ord("A")) for letter in word)


def _over_lines(word: str, rng: Random) -> str:
    at = len(word) // 2
    return word[:at] + rng.choice(("\n", "-\n")) + word[at:]


def _entities(word: str, rng: Random) -> str:
    return "".join(f"&#{ord(letter)};" if rng.random() < 0.6 else letter for letter in word)


def _tags(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word))
    return f"{word[:at]}<b>{word[at]}</b>{word[at + 1 :]}"


def _mixed_case(word: str, rng: Random) -> str:
    return "".join(letter.upper() if rng.random() < 0.5 else letter.lower() for letter in word)


WORD_DISGUISES: dict[str, Disguise] = {
    "leetspeak": _leet,
    "spaced letters": _between(" "),
    "dotted letters": _between("."),
    "hyphenated letters": _between("-"),
    "repeated letters": _repeated,
    "Cyrillic look-alikes": _script("cyrillic"),
    "Greek look-alikes": _script("greek"),
    "full-width letters": _shifted(0xFF21, 0xFF41),
    "mathematical letters": _shifted(0x1D400, 0x1D41A),
    "Zalgo": _zalgo,
    "zero-width characters": _zero_width,
    "zero-width and bidi characters": _hidden,
    "masked letters": _masked,
    "emoji for letters": _emoji,
    "squared letters": _squared,
    "split over lines": _over_lines,
    "HTML entities": _entities,
    "HTML tags": _tags,
    "mixed case": _mixed_case,
}
KINDS = (*WORD_DISGUISES, "glued words", "dilution")


def disguise(text: str, kind: str, rng: Random, strong: Set[str]) -> str:
    """The text with its strong words disguised; where it has none, two words that are at least three letters long.

    Harmless texts are disguised alike, so that the disguise itself tells nothing.
    Raises KeyError for a kind that is not in `KINDS`.
    """
    if kind == "dilution":
        return dilute(text)
    words = list(_WORD.finditer(text))
    chosen = [match for match in words if match.group().lower() in strong]
    chosen = chosen or sorted(rng.sample(words, min(2, len(words))), key=lambda match: match.start())
    if kind == "glued words":
        return _glue(text, [match.span() for match in chosen])
    pieces, done = [], 0
    for match in chosen:
        pieces += [text[done : match.start()], WORD_DISGUISES[kind](match.group(), rng)]
        done = match.end()
    return "".join([*pieces, text[done:]])


def _glue(text: str, spans: list[tuple[int, int]]) -> str:
    """The text without the spaces before and after the given words."""
    drop = {place for start, end in spans for place in (start - 1, end) if 0 <= place < len(text)}
    return "".join(letter for place, letter in enumerate(text) if place not in drop or letter != " ")


def dilute(text: str, words: int = 2000) -> str:
    """The text in the middle of so many clean words."""
    sentences = read_lists("models.evaluation", "dilution.toml")["sentences"]
    clean = sentences * (words // len(" ".join(sentences).split()) + 1)
    half = len(clean) // 2
    return " ".join([*clean[:half], text.rstrip() + ("" if text.rstrip()[-1:] in ".!?" else "."), *clean[half:]])
