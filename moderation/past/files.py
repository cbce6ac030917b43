"""Opens a file of the past for reading, compressed by gzip (as Disqus mails it) or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from moderation.past.records import WrongFile

_GZIP = b"\x1f\x8b"
#: How other archives begin -> what they are called.
_ARCHIVES = {b"PK\x03\x04": "a ZIP archive", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A file to read from, how large it is on the disk, and how far of that it has been read."""

    file: BinaryIO
    size: int
    position: Callable[[], int]


def opened(path: Path) -> Opened:
    """Open a file.

    Raises:
        WrongFile: it is packed otherwise than by gzip, or no file on a disk.
    """
    if not path.is_file():
        raise WrongFile("It is no file on a disk, such as a pipe: it is read more than once. Save it in a file first.")
    on_disk, size = path.open("rb"), path.stat().st_size
    beginning = on_disk.read(8)
    on_disk.seek(0)
    for mark, name in _ARCHIVES.items():
        if beginning.startswith(mark):
            on_disk.close()
            raise WrongFile(f"It is packed ({name}). Unpack it first; only gzip is read as it is.")
    file = cast("BinaryIO", _Unpacked(on_disk)) if beginning.startswith(_GZIP) else on_disk
    return Opened(file, size, lambda: size if file.closed else on_disk.tell())


class _Unpacked(gzip.GzipFile):
    """What was compressed. A file that breaks off is read up to there."""

    def __init__(self, on_disk: BinaryIO) -> None:
        super().__init__(fileobj=on_disk, mode="rb")
        self._on_disk = on_disk

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            raise ValueError("it is read in pieces: it may unpack to any size")
        parts: list[bytes] = []
        missing = size
        while missing > 0:
            try:
                part = self.read1(missing)
            except (EOFError, OSError, zlib.error) as error:
                if parts:  # the next reading meets it again
                    break
                raise _broken(error) from None
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def readline(self, size: int | None = -1) -> bytes:
        try:
            return super().readline(size)
        except (EOFError, OSError, zlib.error) as error:
            raise _broken(error) from None

    def close(self) -> None:
        super().close()
        self._on_disk.close()


def _broken(error: Exception) -> WrongFile:
    return WrongFile(f"It is compressed, and broken: {str(error)[:100]}. What stands before it was read.")
