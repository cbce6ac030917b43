"""Cut a text into the parts that the sentence encoder reads."""

from __future__ import annotations

import re
import string

from models.reading.disguises import Disguises
from models.reading.native import Native
from texts import edits
from texts.edits import kinds, outline
from texts.normalization import normalize, normalize_with_offsets, visible, visible_with_offsets

#: What names somebody or leads somewhere, and says nothing.
_NO_WORDS = re.compile(r"(?:https?://|www\.)\S+|(?<!\w)@\w+")
_ENDS = ".!?\n。！？؟।"
#: A sentence with its end; of a longer one pieces that end with a word where there are words.
_PART = re.compile(rf"[^{_ENDS}]{{1,160}}(?:[{_ENDS}\s]+|(?<=\s)|\Z)|[^{_ENDS}]{{1,60}}[{_ENDS}\s]*|[{_ENDS}\s]+")
#: Parts of a text: of a longer one neighbouring sentences are read together, since each part costs by itself.
_MOST_PARTS = 100
_SHOUTING = 0.7  # the share of capitals from which a text is read in small letters
#: Capitals within words, and from which share of the letters on, and from how many, they are odd.
_INNER_CAPITAL = re.compile(r"(?<=[^\W\d_])[A-ZÀ-ÞА-Я](?=[a-zß-ÿа-я])|(?<=[a-zß-ÿа-я])[A-ZÀ-ÞА-Я]")
_MANY_INNER, _FEW_INNER = 0.25, 1
_IN_CASES = kinds({"A": string.ascii_uppercase, "a": string.ascii_lowercase})
_PICTURE = re.compile("(?<=[^\\W\\d_])[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?(?=[^\\W\\d_])")

Places = list[tuple[int, int]]


_NO_DISGUISES = Disguises(())


def find_parts(
    text: str, *, plain: bool = False, disguises: Disguises = _NO_DISGUISES, native: Native | None = None
) -> list[str]:
    """The sentences of a text as a reader sees it, one at least.

    `plain`: without accents, as English is read; else in the letters of `native`, if it is given, and with the words of
    `disguises` written out.
    """
    shown = normalize(text) if plain else edits.read(visible(text), _steps(disguises, native))
    return _cut(_NO_WORDS.sub(" ", shown))


def _steps(disguises: Disguises, native: Native | None) -> list[edits.Step]:
    return [*([native.find] if native is not None else ()), disguises.find, find_glued]


def find_glued(shown: str) -> list[edits.Edit]:
    """Pictures that stand between words in place of blanks, with blanks around them. Linear in the text's length.

    Where there are more blanks than such pictures, these hide words, or follow one.
    """
    found = [] if shown.isascii() else [(*match.span(), f" {match[0]} ") for match in _PICTURE.finditer(shown)]
    return found if len(found) > shown.count(" ") else []


def locate_parts(
    text: str, *, plain: bool = False, disguises: Disguises = _NO_DISGUISES, native: Native | None = None
) -> tuple[list[str], list[Places]]:
    """`find_parts` of the text, and where in it each of their characters starts and ends."""
    if plain:
        shown, starts, ends = normalize_with_offsets(text)
    else:
        shown, starts, ends = visible_with_offsets(text)
        for find in _steps(disguises, native):
            made = find(shown)
            shown, starts, ends = edits.edited(shown, made), edits.moved(starts, made, 0), edits.moved(ends, made, -1)
    pieces, places, done = [], [], 0
    for gap in _NO_WORDS.finditer(shown):
        pieces += [shown[done : gap.start()], " "]
        places += [*zip(starts[done : gap.start()], ends[done : gap.start()], strict=True)]
        places.append((starts[gap.start()], ends[gap.end() - 1]))
        done = gap.end()
    pieces.append(shown[done:])
    places += [*zip(starts[done:], ends[done:], strict=True)]
    parts = _cut("".join(pieces))
    located, at = [], 0
    for part in parts:
        located.append(places[at : at + len(part)])
        at += len(part)
    return parts, located


def _cut(shown: str) -> list[str]:
    parts = _PART.findall(_quiet(shown)) or [""]
    together = -(-len(parts) // _MOST_PARTS)
    return ["".join(parts[at : at + together]) for at in range(0, len(parts), together)]


def _quiet(text: str) -> str:
    """A shouted text in small letters, and one with capitals within most words."""
    capitals, small = sum(map(str.isupper, text)), sum(map(str.islower, text))
    if capitals <= 4 or capitals < _SHOUTING * (capitals + small):
        return without_odd_capitals(text)
    return _lowered(text)


def without_odd_capitals(text: str) -> str:
    """A text with capitals within most words in small letters."""
    if text.isascii():  # in a tenth of the time
        cases = outline(text, _IN_CASES)
        if not (b"aA" in cases or b"AAa" in cases):
            return text
    odd = len(_INNER_CAPITAL.findall(text))
    return _lowered(text) if odd > _FEW_INNER and odd >= _MANY_INNER * sum(map(str.isalpha, text)) else text


def _lowered(text: str) -> str:
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text
