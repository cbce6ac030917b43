"""The data directory of `winnow up`: created, checked, and locked for one `winnow up` at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
