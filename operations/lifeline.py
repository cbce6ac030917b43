"""Ties a process to its parent, so that it ends when the parent ends, even by `kill -9`.

Run as a program (`python lifeline.py PARENT COMMAND…`) it ties itself to the process PARENT and then becomes COMMAND.
So a supervisor can tie any program without running code between fork and exec, which is not safe beside threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def die_with_parent(parent: int) -> None:
    """End this process with SIGKILL as soon as the process `parent`, which started it, has ended.

    On Linux the kernel does it, when the *thread* that forked this process ends: start children from the main thread.
    The tie is not inherited: each child has to call this itself.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_end_without, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # the parent ended before the tie held
        os.kill(os.getpid(), signal.SIGKILL)


def name_process(name: str) -> None:
    """Have `top`, `pgrep` and `ps -o comm` show this process by `name`, of which Linux keeps 15 bytes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def _end_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def _leave_watcher(parent: int) -> None:
    """For kernels without such a tie: fork a process that kills this one, also after exec, once `parent` is gone."""
    watched = os.getpid()
    if os.fork():
        return
    while _exists(parent) and os.getppid() == watched:
        time.sleep(0.5)
    if os.getppid() == watched:
        os.kill(watched, signal.SIGKILL)
    os._exit(0)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _become(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        die_with_parent(parent)  # holds across exec
    else:
        _leave_watcher(parent)
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}.")


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
