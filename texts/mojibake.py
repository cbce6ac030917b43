"""Undo mojibake: UTF-8 that was read as Latin-1 or Windows-1252 and encoded again, so that é has become Ã©.

A single pair that is also found in sound texts, such as the `É»` of "«CAFÉ»", stays.
"""

from __future__ import annotations

import re

from texts.edits import Edit

#: How often a text may have gone through it.
MOST_TIMES = 2

#: A character -> the byte that it was.
_BYTES = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    sign: byte for byte in range(0x80, 0x100) if (sign := bytes([byte]).decode("cp1252", "ignore"))
}


def _class_of(first: int, last: int) -> str:
    return f"[{''.join(re.escape(sign) for sign, byte in _BYTES.items() if first <= byte <= last)}]"


_MORE = _class_of(0x80, 0xBF)
_ENCODED = rf"{_class_of(0xC2, 0xDF)}{_MORE}|{_class_of(0xE0, 0xEF)}{_MORE}{{2}}|{_class_of(0xF0, 0xF4)}{_MORE}{{3}}"
_RUN = re.compile(rf"(?:{_ENCODED})+")
#: Pairs whose first sign is hardly ever followed by such a one otherwise.
_ALONE = re.compile("[ÂÃ].", re.DOTALL)


def mojibake(text: str) -> list[Edit]:
    """The characters of a text that are several, as read once."""
    if text.isascii():
        return []
    repairs = []
    for run in _RUN.finditer(text):
        if len(run[0]) == 2 and not _ALONE.fullmatch(run[0]):
            continue
        try:
            meant = bytes(_BYTES[sign] for sign in run[0]).decode()
        except UnicodeDecodeError:  # an overlong form or half a pair
            continue
        repairs += _one_by_one(run.start(), meant)
    return repairs


def _one_by_one(start: int, meant: str) -> list[Edit]:
    edits = []
    for character in meant:
        end = start + len(character.encode())
        edits.append((start, end, character))
        start = end
    return edits
