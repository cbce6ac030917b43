"""A background process hears that it should stop, in whatever it waits; and what it sends beside ends with it."""

from __future__ import annotations

import ctypes
import operator
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from moderation.alerts.sending import Sending
from moderation.settings import Settings
from moderation.store import Store
from tests.support.waiting import eventually
from worker import alerts
from worker.alerts import AlertSender
from worker.stopping import Stopping

SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: A wait that a test would not outlast.
FOR_EVER = 3_600.0


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    woken = signal.set_wakeup_fd(-1)
    yield
    signal.set_wakeup_fd(woken)
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_remembered_and_ends_every_wait_from_then_on(number: int) -> None:
    stopping = Stopping()
    assert not stopping.requested
    send(number)
    assert stopping.requested
    for _ in range(3):
        stopping.wait(FOR_EVER)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_wait_that_it_comes_in(number: int) -> None:
    stopping = Stopping()
    thread = threading.Thread(target=send, args=(number,))
    thread.start()
    stopping.wait(FOR_EVER)
    thread.join()
    assert stopping.requested


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_comes_just_before_a_wait_begins_ends_it(number: int) -> None:
    """Where no handler can run any more: signal and wait are one step of the interpreter."""
    stopping = Stopping()
    come = partial(ctypes.CDLL(None).kill, os.getpid(), number)
    begin = partial(stopping._signals.poll, 10_000)
    waits: list[list[object]] = []

    def poll(_milliseconds: float) -> object:
        waits.append(list(map(operator.call, (come, begin))))
        return waits[-1][1]

    stopping._signals = SimpleNamespace(poll=poll)  # type: ignore[assignment]
    stopping.wait(FOR_EVER)
    assert stopping.requested
    assert [bool(woken) for _, woken in waits] == [True], "it did not wait until its time was over"


def test_another_signal_ends_no_wait() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: heard.append(number))
    try:
        stopping = Stopping()
        began = time.monotonic()
        send(signal.SIGUSR1)
        stopping.wait(0.2)
        assert time.monotonic() - began >= 0.2
        assert heard == [signal.SIGUSR1]
        assert not stopping.requested
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.001])
def test_without_a_signal_a_wait_ends_by_itself(seconds: float) -> None:
    stopping = Stopping()
    stopping.wait(seconds)
    assert not stopping.requested


def test_what_else_is_to_hear_of_it_is_called_at_each_signal_after_it_is_remembered() -> None:
    heard: list[bool] = []
    stopping = Stopping(also=lambda: heard.append(stopping.requested))
    for number in (*SIGNALS, signal.SIGTERM):
        send(number)
    assert heard == [True, True, True]


def test_however_many_signals_come_no_handler_is_held_up() -> None:
    """Each writes into a pipe, which takes 64 kB and then no more."""
    stopping = Stopping()
    for _ in range(70_000):
        send(signal.SIGTERM)
    assert stopping.requested


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that something due was looked for, which is done again and again at once."""
    found: list[int] = []
    look = Sending.send_due

    def counted(*args: object) -> None:
        found.append(1)
        look(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Sending, "send_due", counted)
    monkeypatch.setattr(alerts, "EVERY_SECONDS", 0.001)
    return found


@pytest.mark.one_database
def test_alerts_are_looked_for_until_the_sender_is_stopped(settings: Settings, store: Store, rounds: list[int]) -> None:
    sender = AlertSender(settings, store)
    sender.start()
    eventually(lambda: len(rounds) >= 3)
    sender.stop()
    eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "alerts"])
    done = len(rounds)
    sender.stop()
    assert len(rounds) == done


@pytest.mark.one_database
def test_a_database_that_is_away_is_told_once_and_looked_for_again(
    settings: Settings, tmp_path: Path, rounds: list[int]
) -> None:
    nowhere = f"sqlite:///{tmp_path}/nowhere/winnow.db"
    away = Store(nowhere, secret_keys=settings.secret_keys)
    with capture_logs() as logged:
        sender = AlertSender(replace(settings, database_url=nowhere), away)
        sender.start()
        eventually(lambda: len(rounds) >= 5)
        sender.stop()
    told = [line["event"] for line in logged]
    assert told == ["database.away"], "once for the outage, not for each look"
    assert logged[0]["doing"] == "sending alerts"
    assert "\n" not in logged[0]["error"]


@pytest.mark.one_database
def test_what_goes_wrong_with_one_look_does_not_end_the_looking(
    settings: Settings, store: Store, rounds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        rounds.append(1)
        raise ValueError("a message that nobody can build")

    monkeypatch.setattr(Sending, "send_due", fail)
    with capture_logs() as logged:
        sender = AlertSender(settings, store)
        sender.start()
        eventually(lambda: len(rounds) >= 3)
        sender.stop()
    assert {line["event"] for line in logged} == {"alerts.failed"}
