"""From a keystroke that decides to the next comment on the screen, beside the same by form, without JavaScript."""

from __future__ import annotations

import statistics
import time

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import texts
from benchmarks.installation import Installation, installed, until
from benchmarks.report import Report
from moderation.intake import submissions
from moderation.intake.submissions import Submission
from moderation.people import accounts
from moderation.policy import policies
from tests.support.browsing import find_chromium

DECISIONS, FORMS = 100, 20
TARGET_MS = 50
PASSWORD = "four unrelated words here"

#: Notes how long after a key was pressed the browser had painted a page on which another card has the focus.
_WATCH = """
window.painted = [];
document.addEventListener("keydown", (event) => {
  if (event.key !== "p") return;
  const before = document.activeElement;
  requestAnimationFrame(() => setTimeout(() => {
    const moved = document.activeElement !== before && document.activeElement.matches(".card");
    window.painted.push([performance.now() - event.timeStamp, moved]);
  }));
}, true);
"""


def run() -> Report:
    """By keyboard first, then by form."""
    report = Report(
        "keystrokes",
        "From a keystroke to the next comment",
        f"A moderator works through the review queue in Chromium: {DECISIONS} decisions with `p`, from the key until "
        f"the browser has painted the next card with the focus; and {FORMS} with the same page's form and no "
        "JavaScript, from the click until the next page has loaded. `winnow serve`, a worker and the browser share "
        "the machine. SQLite.",
    )
    with installed("sqlite") as installation, sync_playwright() as playwright:
        port = installation.serve()
        installation.work()
        _fill(installation, DECISIONS + FORMS + 30)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        url = f"http://127.0.0.1:{port}/console/"
        painted = _by_key(browser, url)
        loaded = _by_form(browser, url)
        browser.close()
    median = statistics.median(painted)
    figure = f"{median:.0f} ms median, {statistics.quantiles(painted, n=20)[-1]:.0f} ms for 95 of 100"
    report.add("key to next card", figure, f"at most {TARGET_MS} ms", median <= TARGET_MS)
    report.add("form to next page", f"{statistics.median(loaded):.0f} ms median")
    report.add("ratio", f"{statistics.median(loaded) / median:.1f}")
    return report


def _fill(installation: Installation, number: int) -> None:
    with installation.store.write() as session:
        policies.set_mode(session, installation.site.id, "hold", actor="operator")
    accounts.create_user(installation.store, "mo", "moderator", PASSWORD)
    sent = [Submission(name="Ada", comment=text) for text, _ in zip(texts.comments(), range(number), strict=False)]
    submissions.submit(installation.store, installation.queues, installation.site.id, sent)
    until(lambda: not installation.pending(), "every comment waits for a moderator")


def _by_key(browser: Browser, url: str) -> list[float]:
    page = _sign_in(browser, url, java_script_enabled=True)
    page.evaluate(_WATCH)
    page.keyboard.press("j")
    for number in range(1, DECISIONS + 1):
        page.keyboard.press("p")
        while page.evaluate("window.painted.length") < number:
            page.wait_for_timeout(10)
        page.wait_for_timeout(100)
    painted: list[tuple[float, bool]] = page.evaluate("window.painted")
    assert all(moved for _, moved in painted), "another card had the focus each time"
    return [took for took, _ in painted]


def _by_form(browser: Browser, url: str) -> list[float]:
    page = _sign_in(browser, url, java_script_enabled=False)
    took = []
    for _ in range(FORMS):
        began = time.perf_counter()
        page.locator("form.decision [value=publish]").first.click()
        page.wait_for_load_state("load")
        took.append(1000 * (time.perf_counter() - began))
    return took


def _sign_in(browser: Browser, url: str, *, java_script_enabled: bool) -> Page:
    page = browser.new_context(java_script_enabled=java_script_enabled).new_page()
    page.goto(url)
    page.get_by_label("Name").fill("mo")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("load")
    page.locator(".card").first.wait_for()
    return page
