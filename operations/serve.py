"""The web server: granian, which speaks HTTP in Rust. `service/asgi.py` runs the Flask application in threads."""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.util
import os
import socket
import stat
import threading
import time
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from moderation.settings import Settings
from operations import logs
from operations.lifeline import die_with_parent
from operations.memory import share_one_pool, without_collector
from operations.traces import sending
from service.answering.leaving import Leaving
from service.asgi import UNREAD_SECONDS, WholeRequests

_APPLICATION = "service.wsgi"
#: How long a stopping process may take requests and finish them, in seconds: less than the supervisor waits.
_FINISH_WITHIN = 8
#: Connections that a process holds, idle ones included; more wait until one is closed. A process that may open 1,024
#: files has room left.
MOST_CONNECTIONS = 512


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. A web process that dies is started again."""
    share_one_pool()
    # Loaded here first, so that an error in loading is shown once and ends this process: granian's own processes would
    # show it again and again. They share what is loaded now; the application opens nothing before a request.
    with without_collector():
        importlib.import_module(_APPLICATION)
    Granian(
        f"{_APPLICATION}:app",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        workers=settings.web_processes,
        backpressure=MOST_CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=_FINISH_WITHIN,
        log_level=LogLevels.error,
        log_dictconfig=logs.GRANIAN,
        log_access=False,
        websockets=False,
    ).serve(target_loader=partial(_load, settings), wrap_loader=False)


def _load(settings: Settings) -> Any:
    """Runs in each web process, before anything else of ours does."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    die_with_parent(parent.pid)
    threading.Thread(target=_give_up_on_unread, daemon=True, name="unread").start()
    logs.configure(settings.log_format, part=f"web {os.getpid()}")
    sending.start(settings, part="web")
    multiprocessing.util.Finalize(None, sending.stop, exitpriority=0)  # these processes run nothing of `atexit`
    application = importlib.import_module(_APPLICATION).app
    importlib.import_module("service.compat.judging").load_classifier(application)
    return Leaving(WholeRequests(application, settings))


def _give_up_on_unread() -> None:
    """Once this process listens, have the kernel close each of its connections whose client takes nothing of an answer.

    granian has a deadline for headers and none for writing: as many clients as `MOST_CONNECTIONS` that ask and never
    read would keep out everybody else for as long as they like. Connections inherit this from the socket that listens.
    """
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        return
    while not (listening := _listening()):
        time.sleep(0.05)
    for listener in listening:
        with listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * UNREAD_SECONDS))


def _listening() -> list[socket.socket]:
    """The TCP sockets on which this process listens, each as a copy. granian opens them and hands them to nobody."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            if not stat.S_ISSOCK(os.stat(int(name)).st_mode):
                continue
            copy = socket.socket(fileno=os.dup(int(name)))
        except OSError:  # closed meanwhile
            continue
        is_tcp = copy.family in {socket.AF_INET, socket.AF_INET6}
        if is_tcp and copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            found.append(copy)
        else:
            copy.close()
    return found
