"""The console's answer when something was done: a sentence for the page's script, or the page again with it."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect
from flask.typing import ResponseReturnValue

from service import forms
from service.console import access


def done(message: str, *, flashed: tuple[Any, str] | None = None, **beside: Any) -> ResponseReturnValue:
    """The answer. `beside` is what else the script is told; `flashed`, content and kind, what the page shows instead
    of the message."""
    if access.wants_json():
        return jsonify(message=message, **beside)
    flash(*(flashed or (message, "good")))
    return redirect(access.own_address(forms.text("back")), 303)
