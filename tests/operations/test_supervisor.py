"""The supervisor starts processes, starts again what dies, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

# A program that supervises children; each adds its pid to a file named after its number, when it begins or at its
# `NOTE`. All but the first are forked where `kind` says so.
PROGRAM = """
import os, sys
from functools import partial
from operations.supervisor import Supervisor
kind, directory, stop_within, *scripts = sys.argv[1:]
note = "import os, sys; print(os.getpid(), file=open({path!r}, 'a')); "
with Supervisor(stop_within=float(stop_within)) as supervisor:
    for number, script in enumerate(scripts):
        noting = note.format(path=f"{directory}/{number}")
        script = script.replace("NOTE; ", noting) if "NOTE; " in script else noting + script
        if kind == "fork" and number:
            supervisor.fork(str(number), partial(exec, script, {}), environ=os.environ | {"GIVEN": "yes"})
        else:
            supervisor.start(str(number), [sys.executable, "-c", script], stops_last=number == 0)
    supervisor.run()
"""
SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); NOTE; time.sleep(600)"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"


def pids(directory: Path, number: int) -> list[int]:
    path = directory / str(number)
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def descendants(process: subprocess.Popen[bytes], *, at_least: int) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    eventually(lambda: len(parent.children(recursive=True)) >= at_least)
    return parent.children(recursive=True)


def none_left(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


@pytest.fixture(params=["program", "fork"])
def supervise(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(*scripts: str, stop_within: float = 2) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, request.param, str(tmp_path), str(stop_within), *scripts]
        started.append(subprocess.Popen(command, start_new_session=True))
        eventually(lambda: all(pids(tmp_path, number) for number in range(len(scripts))))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_child(supervise: Callable[..., subprocess.Popen[bytes]], number: int) -> None:
    process = supervise(SLEEP, SLEEP)
    children = descendants(process, at_least=2)
    process.send_signal(number)
    assert process.wait(60) == 0
    assert none_left(children)


def test_ctrl_c_in_a_terminal_ends_every_child(supervise: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = supervise(SLEEP, SLEEP)
    children = descendants(process, at_least=2)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    assert none_left(children)


def test_kill_9_leaves_no_child(supervise: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = supervise(SLEEP, STUBBORN)
    children = descendants(process, at_least=2)
    process.kill()
    eventually(lambda: none_left(children))


def test_a_child_that_dies_is_started_again(supervise: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    supervise(SLEEP, SLEEP)
    os.kill(pids(tmp_path, 1)[0], signal.SIGKILL)
    eventually(lambda: len(pids(tmp_path, 1)) == 2)
    assert len(pids(tmp_path, 0)) == 1
    assert psutil.pid_exists(pids(tmp_path, 1)[1])


def test_a_child_that_keeps_dying_is_started_less_and_less_often(
    supervise: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    note = "import time; print(time.monotonic(), file=open({!r}, 'a')); raise SystemExit(1)"
    supervise(SLEEP, note.format(str(tmp_path / "began")))
    eventually(lambda: len(pids(tmp_path, 1)) >= 4 and len((tmp_path / "began").read_text().split()) >= 4)
    began = [float(moment) for moment in (tmp_path / "began").read_text().split()]
    gaps = [later - earlier for earlier, later in pairwise(began[:4])]
    assert all(gap > 0.9 * least for gap, least in zip(gaps, (0.2, 0.4, 0.8), strict=True)), gaps


def test_what_a_dead_child_started_is_ended_too(
    supervise: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = supervise(SLEEP, PARENT)
    descendants(process, at_least=3)
    grandchildren = psutil.Process(pids(tmp_path, 1)[0]).children()
    os.kill(pids(tmp_path, 1)[0], signal.SIGKILL)
    eventually(lambda: none_left(grandchildren))


def test_a_child_that_ignores_sigterm_is_killed_after_the_deadline(
    supervise: Callable[..., subprocess.Popen[bytes]],
) -> None:
    process = supervise(SLEEP, STUBBORN)
    children = descendants(process, at_least=2)
    began = time.monotonic()
    process.terminate()
    process.wait(60)
    assert time.monotonic() - began > 1.5
    assert none_left(children)


def test_a_second_ctrl_c_does_not_wait(supervise: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = supervise(SLEEP, STUBBORN, SLEEP, stop_within=600)
    children = descendants(process, at_least=3)
    process.send_signal(signal.SIGINT)
    eventually(lambda: any(none_left([child]) for child in children), what="the first one was heard")
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert none_left(children)


def test_what_the_others_need_is_told_to_end_last(
    supervise: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    tell = (
        "import signal, sys, time; "
        "stop = lambda *_: (time.sleep({wait}), open({path!r}, 'a').write('{name} '), sys.exit()); "
        "signal.signal(signal.SIGTERM, stop); open({ready!r}, 'w').close(); time.sleep(600)"
    )
    order = tmp_path / "order"
    scripts = [
        tell.format(wait=wait, path=str(order), name=name, ready=str(tmp_path / f"{name}-ready"))
        for wait, name in ((0, "needed"), (0.5, "needing"))
    ]
    process = supervise(*scripts, stop_within=60)
    eventually(lambda: (tmp_path / "needed-ready").exists() and (tmp_path / "needing-ready").exists())
    process.terminate()
    process.wait(60)
    assert order.read_text() == "needing needed "


@pytest.mark.parametrize("supervise", ["fork"], indirect=True)
def test_a_forked_part_has_its_own_environment_name_and_session_and_no_input(
    supervise: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    tell = "print(os.environ.get('GIVEN'), repr(sys.stdin.read()), os.getsid(0) == os.getpid(), file=open({!r}, 'w'));"
    process = supervise(SLEEP, tell.format(str(tmp_path / "told")) + SLEEP)
    eventually(lambda: (tmp_path / "told").exists() and (tmp_path / "told").read_text())
    assert (tmp_path / "told").read_text() == "yes '' True\n"
    assert "winnow-1" in {child.name() for child in descendants(process, at_least=2)}


@pytest.mark.parametrize("supervise", ["fork"], indirect=True)
def test_what_an_operator_can_mend_in_a_forked_part_is_told_in_a_sentence(
    supervise: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    process = supervise(SLEEP, "from operations.errors import OperatorError; raise OperatorError('Set it, please.')")
    eventually(lambda: len(pids(tmp_path, 1)) == 2)
    process.terminate()
    process.wait(60)
    told = capfd.readouterr().err
    assert "Error: Set it, please." in told
    assert "Traceback" not in told
