"""What cards have in common is rendered once in a process: menus and forms, with blanks for what is one card's own.

A card's menus have a hundred words, fields and addresses, of which a comment changes nothing but its id, its author and
the way back. So a macro makes them of blanks, and for each card the blanks are filled in.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace
from urllib.parse import quote_plus

from flask import request
from flask_wtf.csrf import generate_csrf
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from moderation.tables import Comment
from texts import translation

#: As `url_for` leaves them in what it is given.
_SAFE = "!$'()*,/:;?@"
_MOST_KEPT = 1000
#: Of an author's name so much is read out with each button.
NAME_READ_OUT = 60


def filled(macro: Macro, own: Mapping[str, str], *common: object) -> Markup:
    """What a macro makes of a card's own values, which are HTML, and of some that many cards have in common.

    The macro's first argument has the names of `own`, with blanks for the values: it may say them, and ask nothing of
    them. It must look at nothing beside its arguments, so what it asks is in `common`.
    """
    stencil = _stencil(macro, translation.current(), request.script_root, tuple(own), common)
    return Markup(stencil % own)  # noqa: S704  (`own` is HTML)


def form_fields(comment: Comment, back: str) -> dict[str, str]:
    """What a comment's form has of its own, as HTML; `back` is the page that it leads back to."""
    return {
        "id": escape(comment.id),
        "version": str(comment.version),
        "called": escape(comment.name[:NAME_READ_OUT]),
        "back": escape(back),
        "token": escape(generate_csrf()),
    }


def in_address(value: str | None) -> Markup:
    """A value as it stands in an address in HTML, as `url_for` would write it."""
    return escape(quote_plus(value or "", safe=_SAFE))


@lru_cache(maxsize=_MOST_KEPT)
def _stencil(macro: Macro, _language: str, _root: str, names: tuple[str, ...], common: tuple[object, ...]) -> str:
    """What the macro makes, with `%(id)s` and the like where values belong."""
    blanks = {name: secrets.token_hex(12) for name in names}  # which nothing else on a page holds
    text = str(macro(SimpleNamespace(**blanks), *common)).replace("%", "%%")
    for name, blank in blanks.items():
        text = text.replace(blank, f"%({name})s")
    return text
