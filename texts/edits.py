"""How a text is replaced by what it reads as, so that each character can be traced back to its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

#: Where a text is replaced, and by what: start, end, what is read there. Edits are in order and apart.
Edit = tuple[int, int, str]
Step = Callable[[str], list[Edit]]


def edited(text: str, edits: Iterable[Edit]) -> str:
    """`text` with its edits made."""
    pieces, done = [], 0
    for start, end, read_as in edits:
        pieces += [text[done:start], read_as]
        done = end
    return "".join([*pieces, text[done:]])


def read(text: str, steps: Iterable[Step]) -> str:
    """`text` after each of the steps, which read what the one before left."""
    for find in steps:
        if edits := find(text):
            text = edited(text, edits)
    return text


def moved(places: list[int], edits: Iterable[Edit], side: int) -> list[int]:
    """Where each character begins (`side` 0) or ends (-1) in the original, after edits, which have one place each."""
    positions: list[int] = []
    done = 0
    for start, end, read_as in edits:
        positions += places[done:start]
        positions += [places[start:end][side]] * len(read_as)
        done = end
    return positions + places[done:]


def kinds(of: Mapping[str, str], other: str = " ", beyond: str = " ") -> bytes:
    """A table for `outline`: kind -> its characters of ASCII; the `other` ones of ASCII, and all `beyond` it."""
    known = {ord(character): ord(kind) for kind, characters in of.items() for character in characters}
    return bytes(known.get(byte, ord(other if byte < 0x80 else beyond)) for byte in range(0x100))


def outline(text: str, table: bytes) -> bytes:
    """The kind of each character of a text, and of each byte of those beyond ASCII.

    What a pattern cannot do without is found in it in a tenth of the pattern's own time.
    """
    return text.encode("utf-8", "surrogatepass").translate(table)
