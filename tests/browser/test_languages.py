"""An author who reads Arabic comments, is told why, and appeals, from right to left: in a real browser."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.webhooks import statement_links
from tests.support.browsing import NewContext, Serve, violations_in_light_and_dark
from tests.support.comments import scored

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)


def test_an_author_is_told_and_appeals_in_arabic_from_right_to_left(
    app: Flask,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    settings: Settings,
    site: CreatedSite,
    serve: Serve,
    new_context: NewContext,
) -> None:
    with store.write() as session:
        chosen = SiteSettings(author_language="de", author_chooses=True)
        site_settings.save(session, site.id, chosen, actor="operator")
    comment = scored(store, queues, scorer, site, "أنت insult=0.95", name="Ada", thread="/bridge")
    assert comment.decided_at is not None
    link = statement_links.address(settings, comment.id, comment.decided_at)
    assert link is not None
    url = serve(app)
    page = new_context(locale="ar-EG", viewport={"width": 360, "height": 740}).new_page()

    page.goto(f"{url}/demo/")
    expect(page.get_by_role("heading", level=1)).to_have_text("حين تنتهي الدرجات المجانية")
    page.get_by_role("button", name="نشر التعليق").click()
    expect(page.locator("#comment-error")).to_have_text("يُرجى إدخال تعليقك!")
    expect_from_right_to_left(page)
    found = violations_in_light_and_dark(page)

    page.goto(f"{url}/console/")
    expect(page.get_by_role("button", name="تسجيل الدخول")).to_be_visible()
    expect_from_right_to_left(page)
    found += violations_in_light_and_dark(page)

    page.goto(url + link.removeprefix(settings.public_url))
    expect(page.get_by_role("heading", name="لم يُنشر تعليقك")).to_be_visible()
    expect(page.get_by_text("درجة 0.95 عن «إهانة»")).to_be_visible()
    expect_from_right_to_left(page)
    found += violations_in_light_and_dark(page)
    page.get_by_label("لماذا ترى القرار خاطئًا؟").fill("هذا اقتباس.")
    page.get_by_role("button", name="إرسال الاعتراض").click()
    expect(page.get_by_text("تم استلامه. سيقرؤه شخص في الموقع")).to_be_visible()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Ihr Einspruch")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"
    assert found == []


def expect_from_right_to_left(page: Page) -> None:
    """Text begins on the right, and nothing sticks out."""
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    heading = page.get_by_role("heading", level=1)
    begins = heading.evaluate(
        "one => { const all = document.createRange(); all.selectNodeContents(one);"
        " return one.getBoundingClientRect().right - all.getBoundingClientRect().right }"
    )
    assert begins < 2
