"""Reads files of JSON objects, of any size: one on each line, or in whatever layout."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from moderation.past import files
from moderation.past.records import NotReadable, WrongFile
from texts.controls import storable

#: Bytes of a line, and characters of an object.
_LONGEST = 16 * 1024 * 1024
_CHUNK = 1024 * 1024
#: Lines in a row that hold nothing.
_MOST_EMPTY = 1_000_000
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECODER = json.JSONDecoder()
#: What joins the objects of an array.
_BETWEEN = re.compile(r"[\[\], \t\r\n]*")


def opened(path: Path) -> files.Opened:
    """Open a file, as `files.opened` does.

    Raises:
        WrongFile: it is packed otherwise than by gzip, no file on a disk, or UTF-16.
    """
    opened = files.opened(path)
    beginning = opened.file.read(2)
    opened.file.seek(0)
    if beginning in _UTF_16:
        opened.file.close()
        raise WrongFile(
            "It is UTF-16, which PowerShell makes of a program's output, and may have lost letters. Have the program "
            "write the file itself, or run it in another shell."
        )
    return opened


def _plain(line: bytes) -> bytes:
    return line.strip().removeprefix(_BOM)


def lines(file: BinaryIO, strip: Callable[[bytes], bytes] = _plain) -> Iterator[tuple[int, bytes]]:
    """The lines of which `strip` leaves anything, with their numbers.

    Raises:
        WrongFile: a line does not end, or too many in a row hold nothing.
    """
    number = empty = 0
    while line := file.readline(_LONGEST):
        number += 1
        if len(line) == _LONGEST:
            raise WrongFile(f"Line {number:,} is longer than 16 MiB. Write each object on a line of its own.")
        if line := strip(line):
            empty = 0
            yield number, line
            continue
        empty += 1
        if empty > _MOST_EMPTY:
            raise WrongFile(
                f"Up to line {number:,} more than {_MOST_EMPTY:,} lines in a row hold nothing, so nothing behind this "
                "line is read. What stands before it was read."
            )


def parse(line: bytes) -> dict[str, Any]:
    """The object on a line.

    Raises:
        NotReadable: it is no JSON object.
    """
    try:
        document = json.loads(line)
    except RecursionError:
        raise NotReadable("It is nested too deeply.") from None
    except ValueError as error:
        raise NotReadable(f"It is no JSON: {str(error)[:100]}.") from None
    if not isinstance(document, dict):
        raise NotReadable("It is no JSON object.")
    return document


def objects(file: BinaryIO) -> Iterator[tuple[int, dict[str, Any] | NotReadable]]:
    """The objects of a file, or why one cannot be read, with the numbers of their lines.

    They stand on lines of their own, with or without what joins an array; else, as in `mongoexport --pretty` and in an
    array on one line, one after the other.

    Raises:
        WrongFile: this is no JSON, where each object has not its own line.
    """
    each = lines(file, _of_array)
    try:
        beginning = list(islice(each, 2))
    except WrongFile:  # all of it on one line, or nothing on very many
        beginning = [(1, b"")]
    if beginning and not any(_is_whole(line) for _, line in beginning):
        file.seek(0)
        yield from _anywhere(file)
        return
    for number, line in chain(beginning, each):
        try:
            yield number, parse(line)
        except NotReadable as error:
            yield number, error


def _is_whole(line: bytes) -> bool:
    try:
        parse(line)
    except NotReadable:
        return False
    return True


def _of_array(line: bytes) -> bytes:
    """A line of an array that has each object on a line of its own, without what joins them; empty: only that."""
    line = _plain(line).lstrip(b"[, \t").rstrip(b", \t")
    return line[:-1].rstrip(b", \t") if line.endswith(b"]") and not line.startswith(b"[") else line


def _anywhere(file: BinaryIO) -> Iterator[tuple[int, dict[str, Any] | NotReadable]]:
    """The objects of a file that follow one another in whatever layout."""
    decoder, text, at, number, at_end = codecs.getincrementaldecoder("utf-8-sig")(errors="replace"), "", 0, 1, False
    while True:
        begins = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        number += text.count("\n", at, begins)
        at = begins
        try:
            document, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise WrongFile(f"Line {number:,} is nested too deeply. What stands before it was read.") from None
        except ValueError as error:
            text, at = text[at:], 0
            if at_end and not text:
                return
            if at_end or len(text) > _LONGEST:
                why = f"Line {number:,} begins what is no JSON ({str(error)[:100]}), or is longer than 16 MiB."
                raise WrongFile(f"{why} What stands before it was read.") from None
            piece = file.read(max(_CHUNK, len(text)))
            at_end = not piece
            text += decoder.decode(piece, final=at_end)
            continue
        yield number, document if isinstance(document, dict) else NotReadable("It is no JSON object.")
        number += text.count("\n", at, end)
        at = end


def text_of(value: Any) -> str | None:
    """A value that is a text, as every database can store it; None for an empty one and for anything else."""
    return storable(value) if isinstance(value, str) and value else None


def objects_beside(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The objects of another file in the same folder; none where there is no such file. What is no object is left out.

    It may be compressed, with `.gz` behind its name.
    """
    other = next((other for end in ("", ".gz") if (other := path.with_name(name + end)).is_file()), None)
    if other is None:
        return
    with files.opened(other).file as file:
        for _, document in objects(file):
            if isinstance(document, dict):
                yield document
