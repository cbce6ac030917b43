"""Large tables that packages hold compressed: unpacked once for each user of a machine, and mapped from there.

So all processes share them, and a process that starts need not unpack them. They lie in the folder for temporary
files; where that cannot be used, a process keeps tables of its own.
"""

from __future__ import annotations

import os
import stat
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tables = dict[str, NDArray[Any]]


class Rows:
    """A table's rows by their numbers: the `first` of them are used where they are mapped, the others are read from
    the file.

    With a row that is used there, sixteen pages or more count as the process' memory, so that a few rows that are
    seldom asked for would soon be all of the table. To read one takes half a microsecond.
    """

    def __init__(self, table: NDArray[np.uint8], first: int) -> None:
        self.table, self._first, self._width = table, len(table), table.shape[1]
        mapped = table.base
        if isinstance(mapped, np.memmap) and mapped.filename is not None:
            self._file, self._offset, self._first = os.open(mapped.filename, os.O_RDONLY), int(mapped.offset), first
            weakref.finalize(self, os.close, self._file)

    def at(self, numbers: NDArray[np.intp]) -> NDArray[np.uint8]:
        """The rows of ascending numbers."""
        mapped = int(numbers.searchsorted(self._first))
        rows = np.empty((len(numbers), self._width), np.uint8)
        rows[:mapped] = self.table[numbers[:mapped]]
        for at, number in enumerate(numbers[mapped:].tolist(), mapped):
            rows[at] = np.frombuffer(os.pread(self._file, self._width, self._offset + number * self._width), np.uint8)
        return rows


def unpacked(names: Sequence[str], unpack: Callable[[], Tables], are_whole: Callable[[Tables], bool]) -> Tables:
    """Tables by name, mapped from the files of these names. What is in a file must show in its name, with a checksum.

    Where there are none that `are_whole`, they are made by `unpack`.
    """
    try:
        return _open(names, are_whole)
    except (OSError, ValueError, EOFError):
        tables = unpack()
    try:
        _keep(tables)
        return _open(names, are_whole)
    except (OSError, ValueError, EOFError):
        return tables


def folder() -> Path:
    """Where the files are."""
    return Path(tempfile.gettempdir()) / f"winnow-encoder-{os.getuid()}"


def _open(names: Sequence[str], are_whole: Callable[[Tables], bool]) -> Tables:
    """What an earlier process wrote, when it had checked it.

    Raises OSError, ValueError or EOFError where it is not there, or anybody else may have written it.
    """
    _require_own(folder())
    mapped = {name: np.load(folder() / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}
    tables = {name: np.asarray(table) for name, table in mapped.items()}
    if not are_whole(tables):
        raise ValueError("not the tables that were asked for")
    return tables


def _keep(tables: Tables) -> None:
    """Write tables where `_open` finds them. Whoever reads meanwhile sees no half of one."""
    folder().mkdir(mode=0o700, exist_ok=True)
    _require_own(folder())
    for name, table in tables.items():
        descriptor, part = tempfile.mkstemp(dir=folder(), suffix=".npy")
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.save(file, table)
            os.replace(part, folder() / f"{name}.npy")
        finally:
            Path(part).unlink(missing_ok=True)  # where the disk is full each start would leave another


def _require_own(place: Path) -> None:
    status = place.lstat()
    if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o022:
        raise OSError(f"{place} may be written by others")
