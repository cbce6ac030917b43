"""Read what stands between two blanks of a text by itself, where that is how the text would be read.

Most comments hide nothing: their tokens are those of their pieces, and a piece is read once and remembered
(`scoring/pieces.py`). What is hidden is hidden within a piece, or goes on over blanks, as in "s p e l t". So each piece
says whether it hides something by itself, and what it may be the beginning or the continuation of; a text with a
piece of the first kind, or with two neighbours of the second, is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.reading.tokens import find_token_spans, find_tokens
from models.reading.words import Reader
from texts.codes import TURNED, codes, is_base64
from texts.normalization import folded, hides

#: Kinds of what goes on over blanks. A piece that continues one has its bit; one that may begin it, `BEGINS` times it.
LETTERS, HEXADECIMAL, MORSE = 1, 2, 4
ANY_KIND, BEGINS = 7, 8
#: Its text is read as a whole.
HIDES = 64
#: Its text may show a signal that is seen in a text (`scoring/signals.py`).
SIGNALS = 128
#: It holds several words, or gaps that are no blanks.
GAPS = 256
#: It holds a word.
WORD = 512
#: It is what stands between two neighbouring blanks.
EMPTY = 1024

#: A word of two letters or more, or some that hyphens join, with punctuation around it, and the end of a sentence; the
#: most usual kind of piece. Of another kind nothing. After each piece stands a blank.
_PART_OF_WORD = "(?=[a-f]*[g-z])[a-z]{2,40}"
_ORDINARY = re.compile(
    rf"(?:[(\"']*(?!(?:com|net|org)\b)({_PART_OF_WORD}(?:-{_PART_OF_WORD}){{0,3}}(?:'(?![a-f]{{2}})[a-z]{{1,2}})?)"
    r"(?:\.*[!?]?[,;:)\"'])*([.!?]*) |[^ ]* )",
    re.IGNORECASE | re.ASCII,
)
#: Letters of a word that may be Base64.
_LONG = 12
#: What counts together with the rest of a text, or reaches over blanks: control characters, mark-up, mail's line ends,
#: letters of a line that is upside down, letters that stand for words, and the sign after which letters are reversed.
_REACHES_FAR = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f]|<[A-Za-z/!?]|!\[|\[\]|\[/?[A-Za-z][A-Za-z0-9]*(?:[=\s\]]|\Z)|=(?:[0-9A-F]{2}|[?\s])"
    rf"|[{''.join(TURNED)}\u3300-\u3357\ufdf0-\ufdfc\u202e]"
)
#: A piece of these signs hides nothing, unless it has one of the following as well.
_PLAIN = re.compile(r"[!-$'-*,-;>-Z\]-~]+")
_MAY_HIDE = re.compile(r"[\W_]{2}[^\W_][\W_]{2}|[.\-_][/|]")
_MAY_BE_CODE = re.compile(r"[A-Za-z0-9+/_-]{12}")
_WORD = re.compile(r"\w")
_LETTER, _ALONE = re.compile(r"[^\W_]"), re.compile(r"(?<![^\W_])[^\W_](?![^\W_])")
_BEGINS_WITH_ONE = re.compile(r"[\W_]*[^\W_](?![^\W_])")
_LETTERS_TO_THE_END = re.compile(r"[^\W_](?:[\s.\-_|~,/\\]{1,3}[^\W_])*[\s.\-_|~,/\\]{0,2}")
_BYTES = r"(?:(?:0x)?[0-9A-Fa-f]{2},{0,2})"
_BEGINS_WITH_BYTES, _ENDS_WITH_BYTES = re.compile(rf",{{0,2}}{_BYTES}+(?!\w)"), re.compile(rf"(?<![\w#]){_BYTES}+\Z")
#: What is a number in some text, if not in each.
_NUMBER, _SHORTEST_NUMBER = re.compile(rf"{_BYTES}{{5}}|[01]{{7}}"), 7
_MORSE = re.compile(r"[.\-·•∙⋅–—−_/|]+")
_HIDDEN_ADDRESS = re.compile(r"\.?(?:com|net|org)\b")
_HIDDEN_DOT = re.compile(r"[\[({]\.[\])}]")


def read_pieces(pieces: Sequence[str], reader: Reader) -> tuple[list[list[str]], list[int]]:
    """The tokens of each piece, none where it hides something; and what it says of its text, as a sum of the above."""
    tokens: list[list[str]] = []
    told: list[int] = []
    for piece, (word, end) in zip(pieces, _ORDINARY.findall(" ".join([*pieces, ""])), strict=True):
        if word and (len(word) < _LONG or not is_base64(word.partition("'")[0])):
            # What is one token is remembered once, as the piece that it is.
            tokens.append([word, end] if end else [piece if len(word) == len(piece) else word])
            told.append(WORD)
        else:
            its_tokens, tells = _read_piece(piece, reader)
            tokens.append(its_tokens)
            told.append(tells)
    return tokens, told


def _read_piece(piece: str, reader: Reader) -> tuple[list[str], int]:
    if not piece:
        return [], EMPTY
    tells = _signals(piece) | (WORD if _WORD.search(piece) else 0)
    if _PLAIN.fullmatch(piece):
        shown = piece
        hidden = bool(_MAY_HIDE.search(piece) and hides(piece)) or bool(_MAY_BE_CODE.search(piece) and codes(piece))
    else:
        shown = folded(piece)
        tells |= GAPS if piece.split() != [piece] else 0
        hidden = _REACHES_FAR.search(piece) is not None or hides(piece) or _is_parted(shown, reader)
    if hidden or (len(piece) >= _SHORTEST_NUMBER and _NUMBER.search(piece)):
        return [], tells | HIDES
    return find_tokens(shown), tells | _kinds(piece, shown)


def _signals(piece: str) -> int:
    lowered = piece.lower()
    told = "://" in lowered or "www." in lowered or _HIDDEN_ADDRESS.match(lowered)
    return SIGNALS if told or ("." in piece and _HIDDEN_DOT.search(piece)) else 0


def _is_parted(shown: str, reader: Reader) -> bool:
    """Whether a line end parts a word of the piece, or may part it from another piece."""
    if "\n" not in shown:
        return False
    lines = shown.strip(" ")
    return lines.startswith("\n") or lines.endswith("\n") or reader.rejoin(shown) != shown


def _kinds(piece: str, shown: str) -> int:
    """What a piece may continue, and what it may begin."""
    kinds, forms = 0, {piece, shown}
    if not all(map(_LETTER.search, forms)):
        kinds |= LETTERS
    if any(map(_ALONE.search, forms)):
        if any(map(_BEGINS_WITH_ONE.match, forms)):
            kinds |= LETTERS
        is_one = any(len(_LETTER.findall(form)) == 1 for form in forms)
        if is_one or any(_LETTERS_TO_THE_END.fullmatch(shown, start) for start, _ in find_token_spans(shown)):
            kinds |= LETTERS * BEGINS
    if _BEGINS_WITH_BYTES.match(piece):
        kinds |= HEXADECIMAL
    if _ENDS_WITH_BYTES.search(piece):
        kinds |= HEXADECIMAL * BEGINS
    words = piece.split() or [""]
    if _MORSE.fullmatch(words[0]):
        kinds |= MORSE
    if _MORSE.fullmatch(words[-1]):
        kinds |= MORSE * BEGINS
    return kinds
