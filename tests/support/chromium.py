"""Fixtures: Debian's Chromium, driven by Playwright. Where it is missing tests are skipped, but never under CI.

The shell that Debian packages for itself comes first: the same engine without a window of its own, for whose parts a
whole Chromium starts a process or two with every page.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright
from werkzeug.serving import make_server

from moderation.people import accounts
from moderation.store import Store
from tests.support.browsing import Enter, NewContext, Serve, find_chromium, signed_in_page
from tests.support.signed_in import PASSWORD

#: How long a page may take for what is expected of it, on a machine that has much else to do. Nobody waits for so long.
PATIENCE_MS = 30_000
LAPTOP = {"width": 1280, "height": 800}
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        missing = "Chromium is missing: apt-get install chromium-headless-shell"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[NewContext]:
    """Makes browser contexts: people with their own cookies. Their pages raise no error and fetch nothing elsewhere."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def hear(dialog: Dialog) -> None:
        """Leaving a page is confirmed; no page shows another dialog of the browser's."""
        if dialog.type == "beforeunload":
            dialog.accept()
        else:
            wrong.append(f"dialog: {dialog.message}")

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on("dialog", hear)
        context.on("console", lambda line: wrong.append(line.text) if _is_violation(line.text) else None)
        context.on("request", lambda sent: wrong.append(sent.url) if "127.0.0.1" not in sent.url else None)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert wrong == []


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an app from a thread on a port of its own: `url = serve(app)`."""
    with _servers() as start:
        yield start


@pytest.fixture
def console_url(app: Flask, store: Store, serve: Serve) -> str:
    """The console's address; mo is a moderator of all sites, and ada an admin."""
    for name, role in (("mo", "moderator"), ("ada", "admin")):
        accounts.create_user(store, name, role, PASSWORD)
    return f"{serve(app)}/console/"


@pytest.fixture
def enter(console_url: str, new_context: NewContext) -> Enter:
    """A browser in which somebody is at the review queue."""

    def open_queue(name: str, viewport: dict[str, int] = LAPTOP, **options: object) -> Page:
        return signed_in_page(new_context(viewport=viewport, reduced_motion="reduce", **options), console_url, name)

    return open_queue


@contextmanager
def _servers() -> Iterator[Serve]:
    running = []

    def start(app: Flask, port: int = 0) -> str:
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def _is_violation(text: str) -> bool:
    return "Content Security Policy" in text or "Refused to" in text
