"""Takes the pictures of this directory anew: `.venv/bin/python -m docs.images.take`, from the checkout's root.

Runs a Winnow of its own in a temporary directory, with comments that we made up.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import requests
from playwright.sync_api import Browser, sync_playwright

from tests.support.installation import Installation
from tests.support.waiting import eventually

HERE = Path(__file__).parent
SIZE = {"width": 1180, "height": 800}
PASSWORD = "a password for a picture"  # noqa: S105
THREAD = "/2026/11/the-bridge"
LABELS = ("toxicity", "severe_toxicity", "insult", "profanity", "threat", "identity_attack")
#: A site that asks a person early and rejects nothing by itself, so that there is something to see.
POLICY = {
    "thresholds": {label: {"flag_at": 0.3, "reject_at": None} for label in LABELS}
    | {"spam": {"flag_at": 0.4, "reject_at": None}}
}
TO_REVIEW = (
    ("Tyre Corner", "Best prices on tyres! Visit http://tyres.example today and get 20% off, limited offer"),
    ("gus71", "The mayor is a liar and this paper is pathetic."),
    ("Harald K.", "Only an idiot could write something this stupid. Do you people ever read what you print?"),
)
ON_THE_PAGE = (
    ("Mia", "Lovely piece, thank you. The part about the queue made me smile."),
    ("Jonas", "Our club switched comments off in spring. I hope we can bring them back."),
)


def main() -> None:
    """Take both pictures."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        installation = Installation(Path(directory) / "data")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        try:
            installation.start()
            take_console(installation, browser)
            take_demo(installation, browser)
        finally:
            browser.close()
            installation.stop()


def take_console(installation: Installation, browser: Browser) -> None:
    """The review queue with a few comments in it."""
    api, session = f"{installation.url}/api/v1", installation.session
    session.put(f"{api}/policy", json=POLICY, timeout=10).raise_for_status()
    for name, comment in TO_REVIEW:
        submission = {"name": name, "comment": comment, "thread": THREAD}
        session.post(f"{api}/comments", json=submission, timeout=10).raise_for_status()
    eventually(lambda: not session.get(f"{api}/comments?status=pending", timeout=10).json()["comments"])
    page = browser.new_page(viewport=SIZE)
    page.goto(installation.welcome_link)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.screenshot(path=HERE / "console.png")


def take_demo(installation: Installation, browser: Browser) -> None:
    """The end of the article's page: comments, one of them held, and the form."""
    for name, comment in ON_THE_PAGE:
        requests.post(f"{installation.url}/demo/", data={"name": name, "comment": comment}, timeout=10)
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{installation.url}/demo/")
    page.get_by_role("link", name="An insult").click()
    page.get_by_label("Name").fill("You")
    page.get_by_role("button", name="Post comment").click()
    page.get_by_text("held for review").first.wait_for()
    page.locator(".talk").evaluate("talk => talk.scrollIntoView()")
    page.screenshot(path=HERE / "demo.png")


if __name__ == "__main__":
    main()
