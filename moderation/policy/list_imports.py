"""Reads the lines of a file, or of a form, as entries of a shared list. Pure: nothing is stored.

One bad line is enough for nothing to be imported, so all of them are found, and the first are told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from moderation.patterns import PatternError
from moderation.policy.list_kinds import LONGEST, ListKind
from texts import wording

#: Lines of a file, its size in bytes, and bad lines that are told.
MOST_LINES, MOST_BYTES, MOST_TOLD = 65_000, 4 * 1024 * 1024, 50
#: Characters of a bad line that are shown.
_SHOWN = 80
#: The kinds in whose entries no `#` can be, so that the rest of a line behind one is a remark.
_WITH_REMARKS = frozenset({"addresses", "domains"})


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be an entry: its number from 1, its beginning, and why."""

    number: int
    beginning: str
    why: str


@dataclass(slots=True)
class Imported:
    """What was read: entry by key, in order; how many lines say what an earlier one did; and the bad lines."""

    entries: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    bad: list[BadLine] = field(default_factory=list)
    #: How many bad lines there are, also beyond those that are told.
    bad_lines: int = 0
    #: The keys of those entries that are costly (`ListKind.is_costly`).
    costly: set[str] = field(default_factory=set)

    def complain(self, number: int, line: str, why: str) -> None:
        """Note a bad line."""
        self.bad_lines += 1
        if len(self.bad) < MOST_TOLD:
            self.bad.append(BadLine(number, line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…", why))


class UnreadableFile(ValueError):
    """A file has no entries that could be read; the message says why."""


def decode(content: bytes) -> str:
    """The text of a file.

    Raises:
        UnreadableFile: it is too large, or not in UTF-8.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB. Divide it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"Line {line:,} is not in UTF-8. Save the file as a text in UTF-8.") from None


class There(Protocol):
    """What a list has already: asked only once a costly entry is met."""

    @property
    def keys(self) -> Collection[str]:
        """The keys of its entries."""

    @property
    def costly(self) -> int:
        """How many of them are costly."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a list has, where that is known."""

    keys: Collection[str] = ()
    costly: int = 0


NOTHING = Counted()


def read(kind: ListKind, text: str, there: There = NOTHING) -> Imported:
    """The entries in a text, one on each line, for a list with what is `there`; empty lines are passed over.

    Raises:
        UnreadableFile: it has no entries, or too many lines.
    """
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = [(number, entry) for number, line in enumerate(lines, 1) if (entry := _entry(kind, line))]
    if not numbered:
        raise UnreadableFile("There is no entry in it. Give one on each line.")
    if len(numbered) > MOST_LINES:
        raise UnreadableFile(f"It has {len(numbered):,} entries; at most {MOST_LINES:,} fit at once. Divide it.")
    imported = Imported()
    costly = 0
    for number, entry in numbered:
        if costly > kind.most_costly and len(imported.bad) == MOST_TOLD and kind.is_costly(entry):
            # Nothing will be added, and it is told why: what it takes long to check is only counted.
            key = kind.key(entry)
            imported.repeated += key in imported.entries
            imported.bad_lines += key not in imported.entries and key not in there.keys
            continue
        if len(entry) > LONGEST:
            imported.complain(number, entry, f"It has {len(entry):,} characters; at most {LONGEST} fit.")
            continue
        try:
            spelled = kind.spelled(entry)
        except PatternError as error:
            imported.complain(number, entry, error.about(entry))
            continue
        key = kind.key(spelled)
        if key in imported.entries:
            imported.repeated += 1
            continue
        if kind.is_costly(spelled) and key not in there.keys:
            costly = costly + 1 if costly else there.costly + 1
            if costly > kind.most_costly:
                why = f"A list takes {wording.counted(kind.most_costly, 'one entry', '{} entries')} {kind.costly}."
                imported.complain(number, entry, why)
                continue
            imported.costly.add(key)
        imported.entries[key] = spelled
    return imported


def _entry(kind: ListKind, line: str) -> str:
    return (line.partition("#")[0] if kind.name in _WITH_REMARKS else line).strip()
