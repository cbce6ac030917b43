"""The demo page is for newcomers: on unless the operator switches it off, and what the bare address leads to."""

from __future__ import annotations

import dataclasses

from moderation.settings import Settings
from service.app import create_app


def test_the_bare_address_leads_to_the_demo(settings: Settings) -> None:
    answer = create_app(settings).test_client().get("/")
    assert (answer.status_code, answer.location) == (302, "/demo/")


def test_switched_off_there_is_no_demo_and_the_bare_address_leads_to_the_console(settings: Settings) -> None:
    client = create_app(dataclasses.replace(settings, demo=False)).test_client()
    assert client.get("/demo/").status_code == 404
    assert client.get("/").location == "/console/"
