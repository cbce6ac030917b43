"""Undo what mail gateways leave in a text: quoted-printable (`=C3=A9`, `=` at a line's end) and encoded words.

A `=` stands in other texts, too. So what may be a formula is read only where something else shows that it is mail, and
what a line's end parts is read both ways: as one word, and as two.
"""

from __future__ import annotations

import binascii
import re

from texts.edits import Edit
from texts.links import BEGINNING

_ENCODED = re.compile(
    rf"(?P<kept>{BEGINNING}[^\s\"'<>]+)"
    r"|(?P<bytes>(?:=[89A-F][0-9A-F])+)"
    r"|(?P<signs>(?:=(?:[2-7][0-9A-F]|0A|0D|09))+)"
    r"|(?P<soft>(?<!=)=[ \t]{0,3}\r?\n)(?P<after>[^\s=]{0,40})"
    r"|=\?(?P<charset>[A-Za-z0-9_-]{2,20})(?:\*[A-Za-z-]{1,10})?\?(?P<way>[QqBb])\?(?P<word>[^?\s]{1,400})\?="
    r"(?:\s{1,5}(?==\?))?"
)
_BYTE = re.compile(r"=([0-9A-Fa-f]{2})")
#: Signs that are encoded in mail, and stand in no formula.
_DECISIVE = re.compile("=3D|=0")
#: The part of a word before a line's end.
_BEFORE = re.compile(r"[^\s=]{1,40}\Z")
_WORD_BEFORE = re.compile(r"[^\W\d_]{2}\Z")


def mail(text: str) -> list[Edit]:
    """What a gateway has encoded in a text, as read once."""
    if "=" not in text:
        return []
    edits: list[Edit] = []
    is_mail = False
    for match in _ENCODED.finditer(text):
        if match["soft"] is not None:
            edits.append(_across_lines(text, match, edits[-1][1] if edits else 0))
        elif match["kept"] is None and (read_as := _read(match)) is not None:
            edits.append((*match.span(), read_as))
            is_mail = is_mail or _is_decisive(text, match, read_as)
        is_mail = is_mail or match["soft"] is not None
    return edits if is_mail else []


def _is_decisive(text: str, match: re.Match[str], read_as: str) -> bool:
    signs = match["signs"] or ""
    if match["word"] is not None or _DECISIVE.search(signs) or len(match["bytes"] or "") > 3 or len(signs) > 6:
        return True
    after = text[match.end() : match.end() + 1]
    if signs == "=20" and after in {"", "\n", "\r"}:  # a blank at a line's end, which would be lost on the way
        return True
    within = after.isalpha() or read_as.isalpha()
    return within and _WORD_BEFORE.search(text, max(0, match.start() - 2), match.start()) is not None


def _read(match: re.Match[str]) -> str | None:
    """What it stands for; None where it cannot be read."""
    if match["word"] is not None:
        return _word(match["charset"], match["way"].upper(), match["word"])
    sent = bytes(int(byte, 16) for byte in _BYTE.findall(match["signs"] or match["bytes"]))
    try:
        return sent.decode().replace("\r", "")
    except UnicodeDecodeError:
        return sent.decode("cp1252", "ignore")


def _word(charset: str, way: str, word: str) -> str | None:
    try:
        if way == "B":
            return binascii.a2b_base64(word + "==").decode(charset, "ignore") or None
        return _BYTE.sub(lambda byte: chr(int(byte[1], 16)), word.replace("_", " ")).encode("latin-1").decode(charset)
    except (LookupError, ValueError):
        return None


def _across_lines(text: str, match: re.Match[str], done: int) -> Edit:
    """The word that a line's end parts; and the two words, should somebody have written it so."""
    part = _BEFORE.search(text, max(done, match.start() - 40), match.start())
    before, after = part[0] if part else "", match["after"]
    both = f"{before}{after} {before} {after}" if before and after else f"{before}{after}"
    return match.start() - len(before), match.end(), both
