"""Undo what people write words in so that no program reads them: Base64, hexadecimal and binary numbers, Morse,
Braille, and letters turned upside down.

A run is read only where all of it turns out to be plain words, so that keys, checksums and pictures stay as they are.
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

from texts.edits import Edit, kinds, outline

_BASE64 = re.compile(r"(?<![\w+/=.-])(?:[A-Za-z0-9+/_-]{12,}={0,2}|[A-Za-z0-9+/_-]{6,11}={1,2})(?![\w+/=])")
_HEX = re.compile(r"(?<![\w#])(?:0x)?[0-9A-Fa-f]{2}(?:[ ,]{0,2}(?:0x)?[0-9A-Fa-f]{2}){4,}(?!\w)")
_BINARY = re.compile(r"(?<!\w)[01]{7,8}(?: ?[01]{8}| [01]{7}){3,}(?!\w)")
_BYTE = re.compile(r"(?:0x)?([0-9A-Fa-f]{2})")
#: Digits that such runs have at the least: four words of seven ones and zeros; and five bytes, since most letters have
#: one in hexadecimal. Some of Greek have none ("cebc"), and show otherwise.
_DIGITS, _LEAST_BINARY, _LEAST_HEX = string.digits.encode(), 28, 5
_IN_HEX = kinds({"x": string.hexdigits, " ": " ,"}, other=".")
#: What may be Base64 where no equals sign shows it.
_IN_BASE64 = kinds({"x": f"{string.ascii_letters}{string.digits}+/_-"})
_LONG = b"x" * 12
#: The share of letters and blanks from which a text is words.
_PROSE = 0.8

_MORSE_LETTERS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
_OF_MORSE = dict(zip(_MORSE_LETTERS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
_DOTS_AND_DASHES = str.maketrans("·•∙⋅–—−_", "....----")
_SIGNS, _FURTHER = r"[.\-·•∙⋅–—−_]{1,5}", r"(?:(?: {1,3}| ?[/|] ?)[.\-·•∙⋅–—−_]{1,5})"
#: A run of letters that ends where a word does; or one that never does, passed over, so that none is sought within it.
_MORSE = re.compile(rf"(?<!\S){_SIGNS}(?:({_FURTHER}{{3,}})(?!\S)|{_FURTHER}*+)")
#: Signs of Morse after a gap, of which any run has three; letters beyond ASCII may be such signs.
_IN_MORSE = kinds({".": ".-_", " ": " /|"}, other="x", beyond=".")
_FEWEST_SIGNS = 3

_OF_BRAILLE = dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", "abcdefghijklmnopqrstuvwxyz", strict=True))
_CELLS = re.compile("[\u2801-\u28ff]+")

#: Letters that are turned by themselves, and those that pass for another letter, or for themselves, when turned.
TURNED = dict(zip("ɐɔǝɟƃɓɥᴉıɾʞꞁɯɹʇʌʍʎ¿¡", "acefgghiijklmrtvwy?!", strict=True))
_OF_TURNED = TURNED | dict(zip("bdlnopqsuxz", "qpluodbsnxz", strict=True))
_LINE = re.compile(r"[^\n\r]+")
_FEWEST_TURNED = 3


def codes(text: str) -> list[Edit]:
    """The runs of a text that are words in a code, and these words."""
    return sorted([*_numbers(text), *_signs(text)])


def is_base64(letters: str) -> bool:
    """Whether twelve letters or more are words in Base64."""
    return bool(_words(_of_64(letters)))


def turned(text: str) -> list[Edit]:
    """The lines in which every letter is upside down, as they are read with the page turned."""
    if text.isascii() or sum(text.count(letter) for letter in TURNED) < _FEWEST_TURNED:
        return []
    return [(*line.span(), _around(line[0])) for line in _LINE.finditer(text) if _is_turned(line[0])]


def _is_turned(line: str) -> bool:
    letters = [letter for letter in line.lower() if letter.isalpha()]
    return all(letter in _OF_TURNED for letter in letters) and sum(map(TURNED.__contains__, letters)) >= _FEWEST_TURNED


def _around(line: str) -> str:
    return "".join(_OF_TURNED.get(letter, letter) for letter in reversed(line.lower()))


def _numbers(text: str) -> Iterator[Edit]:
    """What stands for bytes. A run of ones and zeros may be hexadecimal, too: it is read once."""
    written = text.encode("utf-8", "surrogatepass")
    digits = len(written) - len(written.translate(None, _DIGITS))
    runs = list(_runs(_long_words(text), _of_64))
    if (digits >= _LEAST_HEX and _may_be_hex(written)) or _is_hex_without_digits(text):
        runs += _runs(_HEX.finditer(text), _of_hex)
    if digits >= _LEAST_BINARY:
        runs += _runs(_BINARY.finditer(text), _of_binary)
    done = 0
    for run in sorted(runs):
        if run[0] >= done:
            done = run[1]
            yield run


def _may_be_hex(written: bytes) -> bool:
    """Whether five bytes may stand in a row, whatever is between them. A prefix of theirs is passed over as well."""
    return b"x" * 10 in written.translate(_IN_HEX, b" ,") or b"0x" in written


def _is_hex_without_digits(text: str) -> bool:
    outlined = outline(text, _IN_HEX)
    return b"x" * 10 in outlined or b"xx xx xx xx xx" in outlined


def _long_words(text: str) -> Iterator[re.Match[str]]:
    """What may be Base64: in a text of ASCII without equals signs, one of its long words."""
    outlined = outline(text, _IN_BASE64) + b" "
    if "=" in text or (_LONG in outlined and not text.isascii()):
        yield from _BASE64.finditer(text)
        return
    at = outlined.find(_LONG)
    while at >= 0:
        if run := _BASE64.match(text, at):
            yield run
        at = outlined.find(_LONG, outlined.index(b" ", at))


def _runs(found: Iterable[re.Match[str]], read: Callable[[str], bytes]) -> Iterator[Edit]:
    for run in found:
        if words := _words(read(run[0])):
            yield *run.span(), f" {words} "


def _words(data: bytes) -> str:
    """The text that these bytes are, where it is words; "" where it is none."""
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        return ""
    letters = sum(letter.isalpha() or letter in " '" for letter in text)
    return text if len(text) > 3 and letters >= _PROSE * len(text) else ""


def _of_64(run: str) -> bytes:
    bare = run.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4)) if len(bare) % 4 != 1 else b""


def _of_hex(run: str) -> bytes:
    return bytes.fromhex("".join(_BYTE.findall(run)))


def _of_binary(run: str) -> bytes:
    parts = run.split() if " " in run else [run[at : at + 8] for at in range(0, len(run), 8)]
    return bytes(int(part, 2) for part in parts if len(part) <= 8)


def _signs(text: str) -> Iterator[Edit]:
    if not text.isascii():
        for run in _CELLS.finditer(text):
            if _OF_BRAILLE.keys() >= set(run[0]):
                yield from ((at, at + 1, _OF_BRAILLE[cell]) for at, cell in enumerate(run[0], run.start()))
    if outline(text, _IN_MORSE).count(b" .") < _FEWEST_SIGNS:
        return
    for run in filter(itemgetter(1), _MORSE.finditer(text)):
        signs = run[0].translate(_DOTS_AND_DASHES).replace("|", "/")
        words = [[_OF_MORSE.get(letter, "") for letter in word.split()] for word in re.split(" {3}|/", signs)]
        if {".", "-"} <= set(signs) and all(all(word) for word in words):
            yield *run.span(), " ".join(map("".join, words))
