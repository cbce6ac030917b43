"""The API page in a real browser: what decision record 0061 asks of a viewer, our own does."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from moderation.sites.sites import CreatedSite
from tests.support.browsing import NewContext, Serve, violations_in_light_and_dark

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)


def test_it_is_accessible_and_fits(app: Flask, serve: Serve, new_context: NewContext) -> None:
    page = new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{serve(app)}/api/docs")
    for details in page.locator("main details").all()[:6]:
        details.locator("summary").first.click()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert violations_in_light_and_dark(page) == []


def test_a_request_is_tried_with_the_keyboard_alone(
    app: Flask, serve: Serve, new_context: NewContext, site: CreatedSite
) -> None:
    page = new_context().new_page()
    page.goto(f"{serve(app)}/api/docs")
    page.get_by_label("Site key").focus()
    page.keyboard.type(site.api_key)
    operation = page.locator("article", has=page.get_by_role("heading", name="Read the policy"))
    operation.locator("details.try > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(operation.locator("output")).to_contain_text('"preset": "balanced"')
