"""Takes the pictures of docs/images anew: `.venv/bin/python -m tools.take_pictures`, from the checkout's root.

Runs a Winnow of its own in a temporary directory, with the past of a newspaper that never was; what its comments score
is for the installed classifier to say. Names of pictures after the command take only these: `… take stats policy`.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import models
from moderation.intake import queues
from moderation.intake.queues import Queues
from operations import connections, environment, migrate
from tests.support.browsing import find_chromium
from tests.support.processes.installation import Installation
from tests.support.processes.redis_server import RedisServer
from tools import newspaper
from tools.newspaper import ADMIN, PASSWORD, Newspaper

PICTURES = Path(__file__).parents[1] / "docs" / "images"
SIZE = {"width": 1280, "height": 900}
#: Of a picture's colours: enough for a page of text and a few shades, and a third of the bytes.
COLOURS = 255
ON_THE_PAGE = (
    ("Mia", "Lovely piece, thank you. The part about the queue made me smile."),
    ("Jonas", "Our club switched comments off in spring. I hope we can bring them back."),
)


def main(wanted: list[str]) -> None:
    """Take the pictures with these names, or all."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        installation = Installation(Path(directory) / "data")
        paper = _print(Path(directory), installation)
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        try:
            installation.start()
            page = _sign_in(browser, installation)
            for name in wanted or [*OF_THE_PAPER, "demo"]:
                if name == "demo":
                    take_demo(installation, browser)
                else:
                    OF_THE_PAPER[name](page, installation.url, paper)
        finally:
            browser.close()
            installation.stop()


def take_console(page: Page, url: str, paper: Newspaper) -> None:
    """The review queue."""
    page.set_viewport_size({"width": SIZE["width"], "height": 1080})
    page.goto(f"{url}/console/?site={paper.site_id}")
    page.wait_for_load_state()
    page.keyboard.press("j")
    _keep(page, "console")
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]


def take_bulk(page: Page, url: str, paper: Newspaper) -> None:
    """What one decision on all look-alikes would do."""
    page.goto(f"{url}/console/bulk?group={paper.group_id}")
    _keep(page, "bulk", height=700)


def take_comment(page: Page, url: str, paper: Newspaper) -> None:
    """A comment with what is around it and what was done with it."""
    page.goto(f"{url}/console/comments/{paper.rejected_id}")
    _keep(page, "comment")


def take_policy(page: Page, url: str, paper: Newspaper) -> None:
    """Thresholds by their consequences: one is moved, and not yet saved."""
    page.goto(f"{url}/console/sites/{paper.site_id}/policy")
    page.wait_for_load_state("networkidle")
    page.locator('[name="flag_at.toxicity"]').fill("0.6")
    page.wait_for_timeout(500)
    _keep(page, "policy")


def take_stats(page: Page, url: str, paper: Newspaper) -> None:
    """Four weeks of decisions."""
    page.goto(f"{url}/console/statistics?site={paper.site_id}")
    _keep(page, "stats")


def take_statement(page: Page, url: str, paper: Newspaper) -> None:
    """What the author of a rejected comment is told."""
    page.goto(url + paper.statement)
    page.set_viewport_size({"width": 800, "height": 900})
    _keep(page, "statement", full_page=True)
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]


def take_demo(installation: Installation, browser: Browser) -> None:
    """The end of the article's page: comments, one of them held, and the form."""
    for name, comment in ON_THE_PAGE:
        requests.post(f"{installation.url}/demo/", data={"name": name, "comment": comment}, timeout=10)
    page = browser.new_page(viewport={"width": 1180, "height": 800})
    page.goto(f"{installation.url}/demo/")
    page.get_by_role("link", name="An insult").click()
    page.get_by_label("Name").fill("You")
    page.get_by_role("button", name="Post comment").click()
    page.get_by_text("held for review").first.wait_for()
    page.locator(".talk").evaluate("talk => talk.scrollIntoView()")
    _keep(page, "demo")


OF_THE_PAPER: dict[str, Callable[[Page, str, Newspaper], None]] = {
    "console": take_console,
    "bulk": take_bulk,
    "comment": take_comment,
    "policy": take_policy,
    "stats": take_stats,
    "statement": take_statement,
}


def _print(directory: Path, installation: Installation) -> Newspaper:
    """The newspaper's past, in the database that the installation is about to open."""
    installation.data_dir.mkdir()
    environment.generate_secret_key(installation.data_dir)
    settings = environment.read(
        {"WINNOW_WEBHOOK_ALLOW": "127.0.0.1/32"}, installation.data_dir, public_url=installation.url
    )
    store, redis = connections.open_store(settings), RedisServer(directory)
    migrate.upgrade(store)
    redis.start()
    try:
        return newspaper.print_newspaper(store, settings, Queues(queues.connect(redis.url)), models.load())
    finally:
        redis.kill()
        store.close()


def _sign_in(browser: Browser, installation: Installation) -> Page:
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    page.goto(f"{installation.url}/console/sign-in")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/console/(?!sign-in)"))
    return page


def _keep(page: Page, name: str, *, height: int | None = None, full_page: bool = False) -> None:
    page.wait_for_load_state()
    clip = None if height is None else {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
    taken = page.screenshot(full_page=full_page, clip=clip)  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
