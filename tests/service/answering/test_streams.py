"""What an answer tells a proxy: streams come through as they are made, and whole answers may wait there for readers."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from moderation.settings import Settings
from service.asgi import WholeRequests

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(("known", "told"), [([], True), ([("Content-Length", "4")], False)])
def test_a_proxy_is_told_to_hold_back_nothing_of_a_stream(
    app: Flask, settings: Settings, known: list[tuple[str, str]], told: bool
) -> None:
    def answer(_: Any, start: Any) -> list[bytes]:
        start("200 OK", known)
        return [b"in ", b"2"]

    app.wsgi_app = answer  # type: ignore[method-assign, assignment]
    sent: list[dict[str, Any]] = []
    asked = [{"type": "http.request", "body": b"", "more_body": False}]
    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "scheme": "http"}

    async def receive() -> dict[str, Any]:
        if not asked:
            await asyncio.Event().wait()
        return asked.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    asking = WholeRequests(app, settings)({**scope, "http_version": "1.1", "headers": []}, receive, send)
    with ThreadPoolExecutor(1) as thread:  # in this one a browser's event loop may run
        thread.submit(asyncio.run, asking).result()
    assert b"".join(message.get("body", b"") for message in sent) == b"in 2"
    assert ((b"x-accel-buffering", b"no") in sent[0]["headers"]) is told
