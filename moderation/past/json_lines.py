"""Reads files with a JSON object on each line, of any size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from moderation.past.records import NotReadable, WrongFile

#: Bytes of a line.
_LONGEST = 16 * 1024 * 1024


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that hold anything, with their numbers.

    Raises:
        WrongFile: a line does not end.
    """
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        if len(line) == _LONGEST:
            raise WrongFile(f"Line {number:,} is longer than 16 MiB. Write each object on a line of its own.")
        if line := line.strip().removeprefix(b"\xef\xbb\xbf"):
            yield number, line


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


def of_array(line: bytes) -> bytes:
    """A line of an array that has each object on a line of its own, without what joins them; empty: only that."""
    line = line.lstrip(b"[, \t").rstrip(b", \t")
    return line[:-1].rstrip(b", \t") if line.endswith(b"]") and not line.startswith(b"[") else line


def objects_beside(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """The objects of another file in the same folder; none where there is no such file. Others' lines are left out."""
    other = path.with_name(name)
    if not other.is_file():
        return
    with other.open("rb") as file:
        for _, line in lines(file):
            try:
                if plain := of_array(line):
                    yield parse(plain)
            except NotReadable:
                continue
