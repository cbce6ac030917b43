"""Undo what hides a word from a reader's eye but not from a program's.

Every rule works on one character, or on one HTML tag or entity, so that a place in the normalised text can be
traced back to the place in the original that a moderator sees.
"""

from __future__ import annotations

import html
import re
import unicodedata

# Letters that look like Latin ones. NFKC already folds full-width, mathematical and circled letters.
_LOOKALIKES = {
    # Cyrillic
    "а": "a", "в": "b", "е": "e", "ё": "e", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t",
    "у": "y", "х": "x", "ѕ": "s", "і": "i", "ї": "i", "ј": "j", "һ": "h", "ԁ": "d", "ԛ": "q", "ԝ": "w", "ɡ": "g",
    "ӏ": "l", "ь": "b", "п": "n", "г": "r", "и": "u", "з": "3", "ү": "y",
    # Greek
    "α": "a", "β": "b", "γ": "y", "δ": "d", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o",
    "ρ": "p", "σ": "o", "ς": "s", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "ζ": "z",
    # Latin with strokes and hooks, small capitals, phonetic letters
    "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "ƒ": "f", "ɑ": "a", "ʙ": "b", "ᴄ": "c",
    "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n",
    "ᴏ": "o", "ᴘ": "p", "ʀ": "r", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z", "ß": "ss",
    "æ": "ae", "œ": "oe", "ƙ": "k", "ʃ": "s", "ɩ": "i", "ʋ": "v", "ɯ": "w", "ɐ": "a", "ɔ": "c", "ə": "e", "ɛ": "e",
    # Armenian and Cherokee letters that fraud kits use
    "ս": "u", "օ": "o", "հ": "h", "ո": "n", "ց": "g", "զ": "q", "ա": "w",
    # Typography
    "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
    "∗": "*", "٭": "*", "⁎": "*", "•": "*", "·": ".", "‧": ".", "∙": ".", "․": ".", "▪": "*", "●": "*", "⭐": "*",
    "¡": "!", "€": "e", "£": "l", "¢": "c", "¥": "y", "₩": "w", "⓪": "0", "®": "r", "©": "c",
    "⭕": "o", "❌": "x", "✖": "x", "✝": "t",
}  # fmt: skip
_INLINE_TAG = "b|i|u|s|em|strong|span|font|small|big|sub|sup|a|wbr|mark|tt|code"
_HIDDEN = re.compile(
    rf"</?(?:{_INLINE_TAG})(?:\s[^<>]{{0,300}})?/?>"  # a tag inside a word: drop it
    r"|<!--[^<>]{0,300}-->"
    r"|(</?[a-z][^<>]{0,300}>)"  # any other tag parts words
    r"|(&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?)",
    re.IGNORECASE,
)


_TARGET = re.compile(r"<a\s[^<>]*?href\s*=\s*[\"']?((?:https?:)?//[^\s\"'<>]+|www\.[^\s\"'<>]+)", re.IGNORECASE)
_TIME_AND_END = re.compile(r"\s{0,3}\d{1,2}(?::\d\d){1,2}\s{0,3}</a>", re.IGNORECASE)


def _enclosed_letter(character: str) -> str:
    """The letter in "NEGATIVE SQUARED LATIN CAPITAL LETTER A" and its kind, which NFKC leaves alone."""
    name = unicodedata.name(character, "")
    if "LATIN CAPITAL LETTER " in name or "LATIN SMALL LETTER " in name or "REGIONAL INDICATOR SYMBOL" in name:
        letter = name.rsplit(" ", 1)[1]
        if len(letter) == 1:
            return letter if "CAPITAL" in name else letter.lower()
    return ""


def fold_character(character: str) -> str:
    """What one character reads as: zero, one or a few characters."""
    if character in "\n\t\r":
        return character
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me", "Cc", "Cs"} or character in "\u115f\u1160\u3164\uffa0":
        return " " if character in "\x0b\x0c\x1c\x1d\x1e\x1f\x85" else ""
    if category.startswith("Z"):
        return "\n" if character in "\u2028\u2029" else " "
    decomposed = unicodedata.normalize("NFKD", character)
    folded = "".join(_fold_base(part) for part in decomposed if unicodedata.category(part) not in {"Mn", "Me", "Cf"})
    if folded == character and category == "So":
        return _enclosed_letter(character) or character
    return folded


def _fold_base(character: str) -> str:
    lowered = character.lower()
    plain = _LOOKALIKES.get(lowered)
    if plain is None:
        return character
    return plain.upper() if lowered != character else plain


class _Folding(dict[int, str]):
    """A table for `str.translate` that learns a character when it first meets it."""

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        if len(self) < 20_000:  # a flood of rare characters must not grow memory without end
            self[code] = folded
        return folded


_FOLDING = _Folding()


def _hidden_markup(text: str) -> list[tuple[int, int, str]]:
    """The tags and entities of a text: (start, end, what they read as)."""
    found = []
    for match in _HIDDEN.finditer(text):
        tag, entity = match.groups()
        read_as = " " if tag is not None else _target(text, match)
        if entity is not None:
            read_as = html.unescape(entity if entity.endswith(";") else entity + ";")
            if read_as.rstrip(";") == entity.rstrip(";"):
                continue  # "AT&T;" is no entity
        found.append((match.start(), match.end(), read_as))
    return found


def _target(text: str, tag: re.Match[str]) -> str:
    """Where a link leads, for nobody sees it in the link's words; not so a link to a time in a film ("2:19")."""
    target = _TARGET.match(tag.group())
    return f" {target.group(1)} " if target and not _TIME_AND_END.match(text, tag.end()) else ""


def without_markup(text: str) -> str:
    """`text` with its tags and entities read: those within a word are gone, others part words."""
    if "<" not in text and "&" not in text:
        return text
    pieces, done = [], 0
    for start, end, read_as in _hidden_markup(text):
        pieces += [text[done:start], read_as]
        done = end
    return "".join([*pieces, text[done:]])


def normalize(text: str) -> str:
    """The text as a reader sees it: without markup, disguises and invisible characters.

    Case, digits and punctuation stay. Linear in the text's length.
    """
    text = without_markup(text)
    if text.isascii():
        return text
    return text.translate(_FOLDING)


def normalize_with_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """`normalize(text)` and, for each of its characters, where it starts and ends in the original text."""
    characters: list[tuple[str, int, int]] = []
    done = 0
    for start, end, read_as in [
        *(_hidden_markup(text) if "<" in text or "&" in text else []),
        (len(text),) * 2 + ("",),
    ]:
        characters += [(text[at], at, at + 1) for at in range(done, start)]
        characters += [(character, start, end) for character in read_as]
        done = end
    fold = not all(character.isascii() for character, _, _ in characters)
    pieces = [_FOLDING[ord(character)] if fold else character for character, _, _ in characters]
    starts = [start for piece, (_, start, _) in zip(pieces, characters, strict=True) for _ in piece]
    ends = [end for piece, (_, _, end) in zip(pieces, characters, strict=True) for _ in piece]
    return "".join(pieces), starts, ends
