"""What cards have in common is rendered once, and each card has its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import Environment
from jinja2.runtime import Macro
from markupsafe import escape

from service.console.card.stencils import filled, in_address
from texts import translation
from texts.translation import gettext

RENDERED: list[str] = []


@pytest.fixture(autouse=True)
def page() -> Iterator[None]:
    RENDERED.clear()
    with Flask(__name__).test_request_context():
        yield


@pytest.fixture
def macro() -> Macro:
    environment = Environment(autoescape=True)
    environment.globals.update(_=gettext, rendered=RENDERED.append)
    template = environment.from_string(
        '{% macro menu(one, site) %}{{ rendered(site) or "" }}'
        '<a href="?{{ one.author }}">{{ _("Publish") }} {{ one.name }}, 100% {{ site }}</a>{% endmacro %}'
    )
    made: Macro = template.module.menu  # type: ignore[attr-defined]
    return made


def own(name: str) -> dict[str, str]:
    return {"name": escape(name), "author": in_address(name)}


def test_each_card_has_its_own_in_what_was_rendered_once(macro: Macro) -> None:
    pages = [filled(macro, own(name), "A site") for name in ("Ada", "Bo")]
    assert pages == [f'<a href="?{name}">Publish {name}, 100% A site</a>' for name in ("Ada", "Bo")]
    assert RENDERED == ["A site"]


@pytest.mark.parametrize("name", ["<script>", "%(author)s", "100%", "{{ name }}", "a&b=c"])
def test_what_somebody_wrote_stays_what_it_is(macro: Macro, name: str) -> None:
    filled(macro, own("Ada"), "A site")
    assert filled(macro, own(name), "A site") == (
        f'<a href="?{in_address(name)}">Publish {escape(name)}, 100% A site</a>'
    )


def test_what_cards_do_not_have_in_common_is_rendered_apart(macro: Macro) -> None:
    assert "100% <b>" not in filled(macro, own("Ada"), "<b>")
    assert "100% Another" in filled(macro, own("Ada"), "Another")
    with translation.in_language("de"):
        assert "Veröffentlichen Ada" in filled(macro, own("Ada"), "Another")
    assert "Publish Ada" in filled(macro, own("Ada"), "Another")
    assert RENDERED == ["<b>", "Another", "Another"]


def test_an_address_is_written_as_url_for_writes_it() -> None:
    app = Flask(__name__)
    app.add_url_rule("/", endpoint="page")
    with app.test_request_context():
        for value in ("Ada B. & Co <ü>", "/news/?a=1&b=2", "100%", "id:'7'", "name:x+y~z"):
            assert f"/?a={in_address(value)}" == escape(app.url_for("page", a=value))
