"""The data directory of `winnow up`: created, checked, locked for one `winnow up` at a time; its files come whole."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from operations.errors import OperatorError, is_full


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Create the directory, and lock every other `winnow up` out of it inside the block.

    Raises:
        OperatorError: it cannot be written, or another `winnow up` uses it.
    """
    path = data_dir / "up.lock"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(data_dir, error) from None
    try:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # of this process alone, not of those it forks
        except BlockingIOError:
            holder = os.read(lock, 20).decode(errors="replace").strip()
            raise OperatorError(
                f"Another `winnow up` (process {holder or 'unknown'}) runs on {data_dir}. "
                "Stop it, or give this one its own --data-dir."
            ) from None
        _write_pid(lock, data_dir)
        yield
    finally:
        os.close(lock)


def write_whole(path: Path, text: str, *, over: bool = True) -> None:
    """Write a small file that only its owner can read. Who reads meanwhile finds what was there, or all of `text`.

    Unless `over`, a file that is there stays.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if over:
            part.replace(path)
        else:
            with suppress(FileExistsError):
                take_name(part, path)
    finally:
        part.unlink(missing_ok=True)


def take_name(part: Path, path: Path) -> None:
    """Give a whole file its name, which nobody may have: of several at the same moment one gets it.

    Afterwards `part` may be there still.

    Raises:
        FileExistsError: somebody has it. Nothing was changed.
    """
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        part.replace(path)


def _write_pid(lock: int, data_dir: Path) -> None:
    try:
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
    except OSError as error:
        raise _unwritable(data_dir, error) from None


def _unwritable(data_dir: Path, error: OSError) -> OperatorError:
    mend = "Free some space" if is_full(error) else "Make it writable"
    return OperatorError(
        f"The data directory {data_dir} cannot be written by user id {os.getuid()}: {error.strerror}. "
        f"{mend}, or choose another with --data-dir."
    )
