"""Signing in through an OpenID Connect provider (authorization code with PKCE, by Authlib). Off without an issuer.

No transaction is open while the provider is asked. It has a few seconds to answer.
"""

from __future__ import annotations

import time
from typing import Any

import requests
import structlog
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Flask, abort, current_app, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from requests.exceptions import RequestException

from moderation.people.single_sign_on import Identity, Unknown, by_subject, link, metadata_address
from moderation.settings import Settings
from moderation.tables import User
from service.console.signing_in import second_step, throttle
from service.context import context
from texts.translation import gettext, later

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 5.0
#: For so long what the provider says of itself is kept.
METADATA_SECONDS = 3600.0
#: How far the provider's clock may be from ours.
SKEW_SECONDS = 60
_NEXT = "sso_next"
_AWAY = later("%(provider)s cannot be reached now. Try again in a moment, or use your password.")
_UNTRUSTED = later("%(provider)s gave an answer that cannot be trusted, so nobody was signed in: %(why)s.")
_EXTENSION = "winnow_sso"
_READ_AT, _ALGORITHMS = "_loaded_at", "id_token_signing_alg_values_supported"


class ProviderError(Exception):
    """The provider's answer is wrong; the message is for the person who wants to sign in."""


class _Client(FlaskOAuth2App):  # type: ignore[misc]
    """Authlib's client, which would read once what the provider says of itself, and keep it until a restart."""

    server_metadata: dict[str, Any]

    def load_server_metadata(self) -> dict[str, Any]:
        """What the provider says of itself: its addresses, and how it signs. Only signatures by public keys count."""
        known = self.server_metadata
        if time.time() - known.get(_READ_AT, 0.0) > METADATA_SECONDS:
            answer = requests.get(str(self._server_metadata_url), timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            known = {**answer.json(), _READ_AT: time.time()}
            if str(known.get("issuer", "")).rstrip("/") != context().settings.oidc_issuer:
                raise ProviderError("it calls itself something else than WINNOW_OIDC_ISSUER says")
            algorithms = known.get(_ALGORITHMS) or ["RS256"]
            known[_ALGORITHMS] = [name for name in algorithms if name[:2] in {"RS", "PS", "ES", "Ed"}]
            self.server_metadata = known
        return known

    def forget(self) -> None:
        """Read it, and the provider's keys, anew at the next attempt."""
        self.server_metadata = {}


#: Raised by Authlib when the provider is away, refuses, or gives a wrong answer.
FAILURES = (OAuthError, JoseError, RequestException, RuntimeError, ValueError, KeyError, TypeError, ProviderError)


def init_app(app: Flask, settings: Settings) -> None:
    """Make the client, if there is a provider. The provider is first asked when somebody signs in through it."""
    app.extensions[_EXTENSION] = None
    if settings.oidc_issuer is not None:
        app.extensions[_EXTENSION] = OAuth(app).register(
            "winnow",
            client_cls=_Client,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=metadata_address(settings.oidc_issuer),
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
            },
        )


def provider_name() -> str | None:
    """The provider's name on the button; None when there is no provider."""
    return context().settings.oidc_name if current_app.extensions[_EXTENSION] else None


def start_single_sign_on() -> ResponseReturnValue:
    client = _client()
    throttle.count_visit()
    session.clear()  # with the rest of earlier attempts the cookie could get too large for a browser
    session[_NEXT] = request.args.get("next")
    try:
        answer: ResponseReturnValue = client.authorize_redirect(_own_address())
    except FAILURES as error:
        return _refuse(error)
    return answer


def finish_single_sign_on() -> ResponseReturnValue:
    """The page to which the provider sends people back."""
    client = _client()
    throttle.count_visit()
    next_address = session.get(_NEXT)
    try:
        user = _user_of(client, _vouched_for(client))
    except Unknown as stranger:
        return _form(403, str(stranger))
    except FAILURES as error:
        return _refuse(error)
    return second_step.start(user, next_address)


def _vouched_for(client: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The provider's tokens, and the claims of its ID token, which must be signed, recent, and for this attempt."""
    token = client.authorize_access_token(
        claims_options={
            "iss": {"essential": True, "value": client.load_server_metadata()["issuer"]},
            "aud": {"essential": True, "value": client.client_id},
        },
        leeway=SKEW_SECONDS,
    )
    claims = token.get("userinfo")
    if not claims or not isinstance(claims.get("sub"), str):
        raise ProviderError("it did not say who you are")
    return token, claims


def _user_of(client: Any, vouched: tuple[dict[str, Any], dict[str, Any]]) -> User:
    token, claims = vouched
    app_context = context()
    issuer = str(app_context.settings.oidc_issuer)
    identity_by_subject = Identity(issuer, claims["sub"], None)
    with app_context.store.read() as read:
        user = by_subject(read, identity_by_subject)
    if user is not None and user.disabled_at is None:
        return user
    identity = Identity(issuer, claims["sub"], _name_in(_with_userinfo(client, token, claims)))
    with app_context.store.write() as write:
        return link(write, identity, app_context.settings.oidc_role)


def _with_userinfo(client: Any, token: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """The claims, with those of the provider's userinfo endpoint."""
    if "userinfo_endpoint" not in client.load_server_metadata():
        return claims
    userinfo = client.userinfo(token=token)
    if userinfo.get("sub") != claims["sub"]:
        raise ProviderError("it spoke of two people at once")
    merged: dict[str, Any] = claims | userinfo
    return merged


def _name_in(claims: dict[str, Any]) -> str | None:
    """The value to compare with users' names. None for an e-mail address that is not verified."""
    if context().settings.oidc_match == "username":
        name = claims.get("preferred_username")
    else:
        name = claims.get("email") if claims.get("email_verified") in (True, "true") else None
    return name if isinstance(name, str) and name else None


def _client() -> _Client:
    client: _Client | None = current_app.extensions[_EXTENSION]
    if client is None:
        abort(404)
    return client


def _own_address() -> str:
    """The address to which the provider sends people back. Never from the request's Host."""
    return context().settings.public_url + url_for("console.finish_single_sign_on")


def _refuse(error: Exception) -> ResponseReturnValue:
    """The sign-in page with the reason why nobody was signed in. The log has more."""
    log.warning("single_sign_on.failed", error=type(error).__name__, why=str(error)[:300])
    name = context().settings.oidc_name
    if not isinstance(error, OAuthError | RequestException):
        _client().forget()
    if isinstance(error, MismatchingStateError):
        return _form(403, gettext("That took too long, or it began in another browser. Please begin again."))
    if isinstance(error, RequestException):
        return _form(502, gettext(_AWAY, provider=_capital(name)))
    if isinstance(error, OAuthError) and error.error == "access_denied":
        return _form(403, gettext("%(provider)s did not let you in.", provider=_capital(name)))
    return _form(502, gettext(_UNTRUSTED, provider=_capital(name), why=_why(error)))


def _why(error: Exception) -> str:
    return str(error).rstrip(".")[:200] if isinstance(error, ProviderError) else gettext("the log says why")


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _form(status: int, message: str) -> ResponseReturnValue:
    page = render_template(
        "console/signing_in/sign_in.html", name="", errors={"form": message}, wanted="", provider=provider_name()
    )
    return page, status


ROUTES = (
    ("/sign-in/provider", "GET", start_single_sign_on),
    ("/sign-in/provider/back", "GET", finish_single_sign_on),
)
