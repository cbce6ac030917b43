"""One sender's flood waits for itself: the others, the console and `/healthz` have their turn meanwhile."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from moderation.settings import Settings
from service.answering.turns import Lane, Turns, lane_of
from service.asgi import WholeRequests
from tests.support.waiting import eventually

ONE, OTHER = Lane(b"one"), Lane(b"other")
SCORES, OTHER_SCORES = Lane(b"one", "scores"), Lane(b"other", "scores")
WAIT = 60


def test_senders_have_their_turns_one_after_the_other() -> None:
    turns: Turns[int] = Turns(16)
    for number in range(3):
        turns.add(ONE, number)
    turns.add(OTHER, 10)
    turns.add(OTHER, 11)
    assert [turns.take()[1] for _ in range(5)] == [0, 10, 1, 11, 2]


def test_a_quarter_of_the_threads_scores_for_one_sender_and_half_for_all() -> None:
    turns: Turns[str] = Turns(16)
    for _ in range(20):
        turns.add(SCORES, "scores")
    taken = [turns.take() for _ in range(4)]
    turns.add(ONE, "of the same sender")
    for _ in range(5):
        turns.add(OTHER_SCORES, "of another")
    assert [turns.take()[1] for _ in range(5)] == ["of the same sender", *["of another"] * 4]
    turns.add(OTHER, "a page")
    assert turns.take()[1] == "a page", "eight score, and the others wait"
    turns.done(taken[0][0])
    assert turns.take()[1] == "scores"


@pytest.mark.parametrize(("threads", "of_one"), [(16, 8), (5, 2), (3, 2)])
def test_half_of_the_threads_do_what_one_sender_asks_and_a_stream_holds_not_all_of_them(
    threads: int, of_one: int
) -> None:
    turns: Turns[str] = Turns(threads)
    for _ in range(threads):
        turns.add(ONE, "slow")
    taken = [turns.take() for _ in range(of_one)]
    turns.add(OTHER, "another's")
    assert turns.take()[1] == "another's", "though more of the first had come before it"
    turns.done(taken[0][0])
    assert turns.take()[1] == "slow"


def test_one_thread_alone_does_everything() -> None:
    turns: Turns[str] = Turns(1)
    for lane, work in ((SCORES, "scores"), (OTHER, "a page"), (SCORES, "scores again")):
        turns.add(lane, work)
    done = []
    for _ in range(3):
        lane, work = turns.take()
        done.append(work)
        turns.done(lane)
    assert done == ["scores", "a page", "scores again"]


def lane(path: str, *, query: str = "", body: str = "", method: str = "POST", **headers: str) -> Lane:
    scope = {
        "path": path, "method": method, "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    return lane_of(scope, lambda size: body.encode()[:size])


@pytest.mark.parametrize(
    ("path", "spellings", "another"),
    [
        (
            "/api/v1/check",
            [{"authorization": "Bearer wk_a"}, {"authorization": "bearer    wk_a "}, {"authorization": "BEARER wk_a"}],
            {"authorization": "Bearer wk_b"},
        ),
        (
            "/v1alpha1/comments:analyze",
            [{"query": "key=abc"}, {"query": "x=1&key=ABC", "cookie": "y"}, {"query": "key=%61bc", "cookie": "z"}],
            {"query": "key=abd"},
        ),
        ("/v1alpha1/comments:analyze", [{"x_goog_api_key": "abc"}], {"x_goog_api_key": "abd"}),
        (
            "/1.1/comment-check",
            [{"body": "blog=x&api_key=abc&x=1"}, {"body": "api_key=abc", "authorization": "x"}],
            {"body": "blog=x&api_key=abd"},
        ),
        ("/1.1/comment-check", [{"host": "abc.rest.example"}], {"host": "abd.rest.example"}),
        ("/coral/phase", [{"query": "site=s_1"}], {"query": "site=s_2"}),
    ],
)  # fmt: skip
def test_a_key_is_one_lane_however_it_is_sent(
    path: str, spellings: list[dict[str, str]], another: dict[str, str]
) -> None:
    lanes = {lane(path, **spelling) for spelling in spellings}
    assert len(lanes) == 1
    assert all(one.heavy == "scores" for one in lanes)
    assert lane(path, **another) not in lanes


def test_people_of_the_console_are_lanes_of_their_own() -> None:
    first, second = (lane("/console/", method="GET", cookie=f"x=1; winnow_session=ws_{who}") for who in "ab")
    assert first != second
    assert first.heavy is None


def test_probes_wait_behind_nobody_without_a_key() -> None:
    probes = {lane(path, method="GET", **headers) for path in ("/healthz", "/readyz", "/metrics")
              for headers in ({}, {"authorization": "Bearer wk_a"})}  # fmt: skip
    assert len(probes) == 3
    assert lane("/api/docs", method="GET") not in probes


def test_passwords_are_checked_in_two_of_sixteen_threads_whoever_asks() -> None:
    anybody = [lane("/console/sign-in", cookie=f"winnow_session=made-up-{number}") for number in range(9)]
    assert len(set(anybody)) == 9, "who asks can always look like somebody else"
    turns: Turns[str] = Turns(16)
    for one in anybody:
        turns.add(one, "a password")
    first, _ = turns.take()
    turns.take()
    turns.add(lane("/console/sign-in", method="GET"), "the page")
    turns.add(SCORES, "scores")
    assert [turns.take()[1] for _ in range(2)] == ["the page", "scores"]
    turns.done(first)
    assert turns.take()[1] == "a password"


def test_a_site_that_floods_with_checks_keeps_nobody_else_waiting(app: Flask, settings: Settings) -> None:
    scoring, release = threading.Semaphore(0), threading.Event()

    def check(environ: Any, start: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/api/v1/check" and environ["HTTP_AUTHORIZATION"] == "Bearer flood":
            scoring.release()
            assert release.wait(WAIT)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    app.wsgi_app = check  # type: ignore[method-assign, assignment]
    whole = WholeRequests(app, settings)

    async def ask(path: str, key: str) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            assert message.get("status", 200) == 200

        scope = {
            "type": "http", "http_version": "1.1", "scheme": "http", "method": "GET", "path": path,
            "raw_path": path.encode(), "query_string": b"", "client": ("127.0.0.1", 1),
            "headers": [(b"authorization", f"Bearer {key}".encode())],
        }  # fmt: skip
        await whole(scope, receive, send)

    async def flood() -> None:
        checks = [asyncio.create_task(ask("/api/v1/check", "flood")) for _ in range(3 * settings.web_threads)]
        try:
            await asyncio.to_thread(eventually, lambda: scoring.acquire(blocking=False), what="the flood is scored")
            others = [ask("/api/v1/check", "other"), ask("/healthz", "none"), ask("/console/", "none")]
            await asyncio.wait_for(asyncio.gather(*others), WAIT)
        finally:
            release.set()
        await asyncio.gather(*checks)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, flood()).result()
