r"""Undo what broken clients leave in a text: `%20`, `&amp;quot;`, `\u00e9`, once or several times over.

Each rule reads one escape, so that a place in the result can be traced back to the text. An escape in an address stays,
because it means something there. A per cent sign after a number stays too ("100%de"), unless it encodes a sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts import markup
from texts.edits import Edit
from texts.links import BEGINNING

#: C1 control character -> the letter or sign of Windows-1252 that browsers show for it. U+0085 is also a line break,
#: and stays one.
OF_WINDOWS = {
    code: sign for code in range(0x80, 0xA0) if code != 0x85 and (sign := bytes([code]).decode("cp1252", "ignore"))
}

#: How often a text may be escaped.
MOST_TIMES = 3

_AMP = r"(?:amp|\#0*38|\#[xX]0*26);"
_NUMBER = r"\#[0-9]++|\#[xX][0-9a-fA-F]++"
_ENTITY = re.compile(
    rf"&((?:{_AMP}){{1,20}})({_NUMBER}|[A-Za-z][A-Za-z0-9]{{1,30}});|&({_NUMBER}|[A-Za-z][A-Za-z0-9]{{1,30}});?"
)
_PERCENT = r"%(?:25)*"
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(
    rf"(?P<kept>{BEGINNING}[^\s\"'<>]+|(?<![A-Za-z0-9])[A-Za-z]:\\\S+"
    r"|(?<![^\W_])[^\W_](?:\\[^\W_](?![^\W_])){3,})"  # s\p\e\l\t
    rf"|(?P<ascii>{_PERCENT}[0-7]{_HEX})"
    rf"|(?P<bytes>(?:{_PERCENT}[89A-Fa-f]{_HEX})+)"
    rf"|(?:{_PERCENT}|\\{{1,8}})(?:u(?P<unit>{_HEX}{{4}})|u\{{0*(?P<code>{_HEX}{{1,6}})\}})"
    rf"|\\{{1,8}}(?:U(?P<long>{_HEX}{{8}})|(?:x|0000)(?P<byte>{_HEX}{{2}})|(?P<octal>[01][0-7]{{2}})(?![0-9]))"
    r"|\\{1,8}(?P<sign>[nrt\"'/])",
)
_ONE_BYTE = re.compile(rf"{_PERCENT}({_HEX}{{2}})")
_LOW_HALF = re.compile(rf"(?:{_PERCENT}|\\{{1,8}})u([dD][c-fC-F]{_HEX}{{2}})")
_ENCODED_BLANK = re.compile(rf"{_PERCENT}20")
_ADDRESS = re.compile(r"https?://|www\.")
_FOR_BLANK = re.compile("(?<=\\w)\\+(?=\\w)|[\u3164\uffa0]")
_BLANK = re.compile(r"\s")
_SIGNS = {"n": "\n", "r": "\n", "t": " "}


def escapes(text: str) -> list[Edit]:
    """The escapes of a text, each read once."""
    edits = list(_entities(text, 0, len(text))) if "&" in text else []
    return edits or (list(_others(text)) if "%" in text or "\\" in text else [])


def blanks(text: str) -> list[Edit]:
    """The signs that stand for blanks in a text without any: plus signs of a form's encoding, or invisible letters."""
    if not any(sign in text for sign in "+\u3164\uffa0") or _BLANK.search(text) or _ADDRESS.match(text):
        return []
    edits = [(sign.start(), sign.end(), " ") for sign in _FOR_BLANK.finditer(text)]
    return edits if len(edits) > 1 else []


def _entities(text: str, first: int, last: int) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text, first, last):
        outer, inner, plain = match.groups()
        written = match[0] if plain is not None else f"&{inner};"
        read_as = markup.unescape(written if written.endswith(";") else written + ";")
        if read_as.rstrip(";") != written.rstrip(";"):
            yield match.start(), match.end(), read_as.replace("\ufffd", "")
        elif outer is not None:  # "&amp;Tom;" is "&Tom;"
            yield match.start(), match.end(1), "&"


def _others(text: str) -> Iterator[Edit]:
    whole = not _BLANK.search(text) and not _ADDRESS.match(text) and len(_ENCODED_BLANK.findall(text)) > 1
    last_end = at = 0
    while match := _ESCAPE.search(text, at):
        start, at = match.span()
        if match["kept"] is not None:
            if whole:  # the whole sentence was encoded, with its addresses
                at = start + 4
            continue
        if match["unit"] is not None:
            at, read_as = _unit(text, match)
        elif text[start] == "%" and start != last_end and text[start - 1 : start].isdigit() and not _is_sign(match):
            continue
        else:
            read_as = _read(match)
        last_end = at
        yield start, at, read_as


def _is_sign(match: re.Match[str]) -> bool:
    return match["ascii"] is not None and match["ascii"][-2] == "2"


def _read(match: re.Match[str]) -> str:
    """The text of an escape; bytes that are not UTF-8 give nothing."""
    if match["sign"] is not None:
        return _SIGNS.get(match["sign"], match["sign"])
    if match["octal"] is not None:
        return chr(int(match["octal"], 8))
    if (digits := match["code"] or match["long"]) is not None:
        code = int(digits, 16)
        return "" if 0xD800 <= code < 0xE000 or code > 0x10FFFF else chr(code)
    if match["byte"] is not None:
        return chr(int(match["byte"], 16))
    return bytes(int(digits, 16) for digits in _ONE_BYTE.findall(match[0])).decode(errors="ignore")


def _unit(text: str, match: re.Match[str]) -> tuple[int, str]:
    """Where a UTF-16 unit ends, with its other half if it has one, and its character; a single half gives nothing."""
    unit = int(match["unit"], 16)
    if not 0xD800 <= unit < 0xE000:
        return match.end(), chr(unit)
    low = _LOW_HALF.match(text, match.end()) if unit < 0xDC00 else None
    if low is None:
        return match.end(), ""
    return low.end(), chr(0x10000 + ((unit - 0xD800) << 10) + (int(low[1], 16) - 0xDC00))
