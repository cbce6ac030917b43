"""Who is asking, and whether they may. Checked before every page of the console, so that none can forget to."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, abort, flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.people import accounts
from moderation.people.roles import by_site, includes
from moderation.tables import Comment, User
from service.context import context

SESSION_COOKIE = "winnow_session"


def _endpoints(*names: str) -> frozenset[str]:
    return frozenset(f"console.{name}" for name in names)


#: What can be seen before signing in.
_OPEN = _endpoints(
    *("show_sign_in", "check_sign_in", "welcome", "set_first_password", "show_second_step", "check_second_step"),
    *("start_single_sign_on", "finish_single_sign_on"),
)
#: What can be seen by who has no authenticator, where everybody must have one.
_WITHOUT_AUTHENTICATOR = _OPEN | _endpoints("show_authenticator", "show_qr_code", "turn_authenticator_on", "sign_out")

_NOT_ALLOWED = {
    "viewer": "You may not look at this site.",
    "moderator": "You can look at comments, but not decide on them. An admin can give you the role of a moderator.",
    "admin": "Only an admin of this site can do that.",
}

csrf = CSRFProtect()


def check() -> ResponseReturnValue | None:
    """For `before_request`: a form must carry its token, and a page its user."""
    if request.endpoint == "console.static":
        return None
    token = request.cookies.get(SESSION_COOKIE)
    g.user = accounts.resume_session(context().store, token) if token else None
    if g.user is None and request.endpoint not in _OPEN:
        return _ask_to_sign_in()
    csrf.protect()
    if g.user is not None and _lacks_authenticator(g.user) and request.endpoint not in _WITHOUT_AUTHENTICATOR:
        return _ask_for_authenticator()
    return None


def user() -> User:
    """Who is signed in."""
    found: User = g.user
    return found


def actor() -> str:
    """Who is signed in, as the audit names them."""
    return actors.of_user(user().id)


def user_or_none() -> User | None:
    """Who is signed in, if anybody is."""
    found: User | None = g.get("user")
    return found


def roles() -> Mapping[str, str]:
    """The sites that the person signed in may see, by id, and their role there. Looked up once a request."""
    if "roles" not in g:
        with context().store.read() as session:
            g.roles = by_site(session, user())
    found: Mapping[str, str] = g.roles
    return found


def languages() -> list[str]:
    """The codes of the languages that the person signed in reads, as they have chosen on their page."""
    return (user().languages or "").split()


def may(site_id: str, needed: str) -> bool:
    """Whether the person signed in may do on this site what takes the role `needed`."""
    return includes(roles().get(site_id, "none"), needed)


def require(site_id: str, needed: str) -> None:
    """Refuse who may not: 404 for a site that they may not even see, else 403."""
    if not may(site_id, "viewer"):
        abort(404)
    if not may(site_id, needed):
        abort(403, _NOT_ALLOWED[needed])


def require_id(prefix: str, text: str) -> None:
    """404 for an address with what cannot be the id of a row."""
    if not clock.is_id(prefix, text):
        abort(404)


def require_comment(session: Session, comment_id: str, needed: str = "viewer") -> Comment:
    """The comment, for whoever has the role `needed` on its site. 404 also for a comment that they may not even see."""
    require_id("c", comment_id)
    comment = session.get(Comment, comment_id)
    if comment is None:
        abort(404)
    require(comment.site_id, needed)
    return comment


def may_anywhere(needed: str) -> bool:
    """Whether the person signed in has the role `needed` on any site, or on every site that is to come."""
    return includes(user().role, needed) or any(includes(role, needed) for role in roles().values())


def require_everywhere(needed: str) -> None:
    """Refuse with 403 who has not the role `needed` on every site: for what belongs to no one site."""
    if not includes(user().role, needed):
        abort(403, "This takes the role of an admin on every site.")


def remember(response: Response, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(accounts.SESSION_LIFETIME.total_seconds()),
        path=_path(),
        secure=context().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def forget(response: Response) -> None:
    """Take the browser's session away."""
    response.delete_cookie(
        SESSION_COOKIE,
        path=_path(),
        secure=context().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def own_address(wanted: str | None) -> str:
    """`wanted`, if it is a page of the console: a sign-in must not send anybody elsewhere. Else the first page."""
    first = url_for("console.show_queue")
    if wanted and wanted.startswith(first) and not set(wanted) & set("\\\r\n\t") and "//" not in wanted:
        return wanted
    return first


def wants_json() -> bool:
    """Whether the page's script is asking, rather than the browser itself."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _ask_to_sign_in() -> ResponseReturnValue:
    if wants_json():
        message = "You are no longer signed in, so nothing was done."
        return jsonify(message=message, sign_in=url_for("console.show_sign_in")), 401
    if request.method != "GET":
        flash("You are no longer signed in, so nothing was done. Sign in, and do it once more.", "bad")
    wanted = request.full_path.removesuffix("?") if request.method == "GET" else None
    if wanted == url_for("console.show_queue"):
        wanted = None
    return redirect(url_for("console.show_sign_in", next=wanted), 303)


def _lacks_authenticator(found: User) -> bool:
    """Whoever signs in through the provider alone is asked for a second step there, or not, as its admins like."""
    return context().settings.require_totp and found.password_hash is not None and found.totp_sealed is None


def _ask_for_authenticator() -> ResponseReturnValue:
    if wants_json():
        return jsonify(message="You have to set up an authenticator first. Load the page again to do so."), 403
    return redirect(url_for("console.show_authenticator"), 303)


def _path() -> str:
    return url_for("console.show_queue").rstrip("/")
