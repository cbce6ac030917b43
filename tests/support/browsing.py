"""What the tests in a real browser share; `chromium.py` has their fixtures."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.signed_in import PASSWORD

#: Makes a browser context, from Playwright's options.
NewContext = Callable[..., BrowserContext]
#: Serves an app, on this port or any, and gives its address.
Serve = Callable[..., str]
#: Opens the review queue as "mo", a moderator, or "ada", an admin.
Enter = Callable[..., Page]

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(3)'><style>*{display:none}</style></svg>",
    "\u202eright to left \u2066 and never closed",
    "x" * 19_900,
    "Z" + "\u0324\u033b\u0353\u0315\u030d" * 40 + "algo",
    "<div style='position:fixed;inset:0;background:red' class='button' onclick='alert(4)'>over everything</div>",
    "</div></article></main><style>body{display:none}</style><script src=//evil.example/x.js></script>",
    "http://evil.example/\u202e\u2067gpj.exe www.evil.example/" + "a" * 3000 + " javascript:alert(5)",
    "<b>m</b>0r<!-- -->0n \u0456d\u0456\u043et f\u200bo\u200bo\u200bl",
    "\u2068" * 500 + "isolates" + "\u202a\u202b" * 500,
    "line one\n\n    line   two\ttab",
]


def find_chromium() -> str | None:
    """Where Debian's Chromium is: the shell that it packages for itself, which is quicker, or else the whole."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def sign_in(page: Page, name: str) -> None:
    """Fill in the console's form, and wait for what comes after it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"^[^?]*/console/(?!sign-in)"))


def signed_in_page(context: BrowserContext, address: str, name: str) -> Page:
    """A page at an address of the console, with this person signed in, and loaded.

    The form is sent without being drawn, which is quicker.
    """
    form = context.request.get(urljoin(address, "/console/sign-in"))
    token = re.search(r'name="csrf_token" value="([^"]*)"', form.text())
    assert token, form.text()
    answer = context.request.post(
        form.url,
        form={"csrf_token": token[1], "name": name, "password": PASSWORD},
        headers={"Referer": form.url},
        max_redirects=0,
    )
    assert answer.status == 303, answer.text()
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state()
    return page


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Take a picture of the page, where somebody wants to see them: `WINNOW_TEST_PICTURES` names a folder."""
    if folder := os.environ.get("WINNOW_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=whole)


def at_keyboard(page: Page, *keys: str) -> None:
    """Press keys, one after the other."""
    for key in keys:
        page.keyboard.press(key)


def card(page: Page, comment_id: str) -> Locator:
    """A comment's card."""
    return page.locator(f"article[id='{comment_id}']")


def expect_unharmed(page: Page) -> None:
    """Nothing that a comment holds came alive, or stretches the page."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    for alive in (
        "main script",
        "main style",
        "main [style]",
        "main [onclick]",
        "main img[src=x]",
        ".written svg",
        ".written a",
    ):
        assert page.locator(alive).count() == 0
    elsewhere = "links => links.filter((link) => link.origin !== location.origin).map((link) => link.href)"
    assert page.locator("a").evaluate_all(elsewhere) == []
    expect(page.get_by_role("heading", level=1)).to_be_visible()


#: All rules, without what only a report needs: that is more than half of axe-core's work.
_VIOLATIONS_ONLY = {"resultTypes": ["violations"], "selectors": False, "preload": False, "iframes": False}
#: What the dark changes, with colours where they are going to, by an axe-core that is loaded already.
_IN_THE_DARK = """async () => {
  document.getAnimations().forEach((one) => one.finish());
  return (await axe.run(document, {runOnly: ["color-contrast"], resultTypes: ["violations"],
    selectors: false, preload: false, iframes: false})).violations.flatMap(
    (one) => one.nodes.map((node) => `dark: ${one.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`));
}"""


def violations_in_light_and_dark(page: Page) -> list[str]:
    """What axe-core finds wrong with a page in the light, and with its contrasts in the dark."""
    page.emulate_media(color_scheme="light")
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(_IN_THE_DARK)
    page.emulate_media(color_scheme="light")
    return found


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page by WCAG 2.2 AA and its own best practices: rule and element."""
    found = Axe().run(page, options=_VIOLATIONS_ONLY)
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]
