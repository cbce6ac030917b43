"""Setting up an authenticator app, turning it off, and recovery codes."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import segno
from flask import Response, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from moderation import sealing
from moderation.people import totp
from moderation.sealing import SealError
from service import forms
from service.console import access
from service.console.signing_in import throttle
from service.context import context
from texts.translation import gettext

#: The entry of the signed cookie with the secret that is being set up and its user, encrypted.
_PENDING = "totp"


def show_authenticator() -> ResponseReturnValue:
    if access.user().totp_sealed is not None:
        return _page(200)
    if _pending_secret() is None:
        secret = f"{access.user().id} {totp.new_secret()}"
        session[_PENDING] = sealing.seal(context().settings, secret)
    return _page(200)


def show_qr_code() -> ResponseReturnValue:
    secret = _pending_secret()
    if secret is None:
        return "", 404
    image = io.BytesIO()
    segno.make_qr(_address(secret), error="l").save(image, kind="svg", scale=5, border=4, dark="#000", light="#fff")
    return Response(image.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "no-store"})


def turn_authenticator_on() -> ResponseReturnValue:
    secret = _pending_secret()
    if access.user().totp_sealed is not None or secret is None:
        return redirect(url_for("console.show_authenticator"), 303)
    user_id, code = access.user().id, forms.text("code", most=100)
    throttle.count_code(user_id, code)
    codes = totp.turn_on(context().store, context().settings, user_id, secret, code)
    if codes is None:
        return _page(422, error=gettext("This is not the code of now. Wait for the next one and enter that."))
    session.pop(_PENDING, None)
    return render_template("console/signing_in/recovery_codes.html", codes=codes, is_new=True)


def change_authenticator() -> ResponseReturnValue:
    """Turn it off, or make new recovery codes. Both need a code, so that an open browser is not enough."""
    user, code = access.user(), forms.text("code", most=100)
    if user.totp_sealed is None:
        return redirect(url_for("console.show_authenticator"), 303)
    throttle.count_code(user.id, code)
    if not totp.check(context().store, context().settings, user, code):
        return _page(403, error=gettext("This is not the code of now, or it was used already."))
    if forms.text("action") == "renew":
        codes = totp.renew_recovery_codes(context().store, user.id)
        return render_template("console/signing_in/recovery_codes.html", codes=codes, is_new=False)
    with context().store.write() as write:
        totp.turn_off(write, user.id, actor=access.actor())
    flash(gettext("Your authenticator is turned off. The password alone signs you in."), "wait")
    return redirect(url_for("console.show_you"), 303)


def _pending_secret() -> str | None:
    """The secret that this person is setting up in this browser; None when there is none."""
    sealed = session.get(_PENDING)
    if not isinstance(sealed, str):
        return None
    try:
        user_id, _, secret = sealing.unseal(context().settings, sealed).partition(" ")
    except SealError:
        return None
    return secret if user_id == access.user().id else None


def _page(status: int, error: str = "") -> ResponseReturnValue:
    secret = _pending_secret() or ""
    with context().store.read() as read:
        page = render_template(
            "console/signing_in/authenticator.html",
            is_on=access.user().totp_sealed is not None,
            required=context().settings.require_totp,
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            address=_address(secret) if secret else None,
            codes_left=totp.recovery_codes_left(read, access.user().id),
            error=error,
        )
    return page, status


def _address(secret: str) -> str:
    host = urlsplit(context().settings.public_url).netloc
    return totp.address(secret, access.user().name, f"Winnow ({host})")


ROUTES = (
    ("/you/authenticator", "GET", show_authenticator),
    ("/you/authenticator.svg", "GET", show_qr_code),
    ("/you/authenticator", "POST", turn_authenticator_on),
    ("/you/authenticator/change", "POST", change_authenticator),
)
