"""A moderator works in Arabic, from right to left and by keyboard: in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.browser.test_languages import expect_from_right_to_left
from tests.support.browsing import Enter, at_keyboard, card, violations_in_light_and_dark
from tests.support.comments import scored, stored

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)


def test_a_moderator_decides_takes_it_back_and_looks_around_in_arabic(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, enter: Enter
) -> None:
    first = scored(store, queues, scorer, site, "insult=0.85 أحمق", name="سامي", user_id="s")
    second = scored(store, queues, scorer, site, "insult=0.86 Go away", name="Bob", thread="/bridge", user_id="b")
    page = enter("ada", viewport={"width": 360, "height": 740}, locale="ar-EG")
    expect(page.get_by_role("heading", level=1)).to_have_text("قائمة المراجعة")
    expect_from_right_to_left(page)
    at_keyboard(page, "j", "ArrowLeft", "ArrowRight", "p")
    done = page.locator(".card.decided .outcome")
    expect(done).to_contain_text("نُشر.")
    at_keyboard(page, "u")
    expect(page.locator(".card .outcome").first).to_have_text("تم التراجع. لم يُبلَّغ الموقع قط.")
    card(page, second.id).get_by_role("link", name="السياق").click()
    expect(page.get_by_role("heading", name="آخر تعليقات الكاتب")).to_be_visible()
    at_keyboard(page, "Escape", "x")
    expect(page.locator("#selected")).to_have_text("المحدد: 1")
    at_keyboard(page, "?")
    expect(page.get_by_role("heading", name="المفاتيح")).to_be_visible()
    at_keyboard(page, "?")
    found = violations_in_light_and_dark(page)
    page.goto(f"{page.url.partition('/console')[0]}/console/comments/{first.id}")
    expect(page.get_by_role("heading", name="ما جرى له")).to_be_visible()
    expect_from_right_to_left(page)
    assert found == []
    assert {stored(store, one.id).status for one in (first, second)} == {"flagged"}
