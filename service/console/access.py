"""Who is signed in, and what they may do. Checked before every page of the console, so that none can forget it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from flask import Response, abort, flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.people import accounts
from moderation.people.roles import archived, by_site, includes
from moderation.tables import Comment, User
from service import pages, static_files
from service.console import speaking
from service.context import context
from texts import translation
from texts.translation import gettext, later

SESSION_COOKIE = "winnow_session"


def _endpoints(*names: str) -> frozenset[str]:
    return frozenset(f"console.{name}" for name in names)


#: The pages that can be seen without signing in.
_OPEN = _endpoints(
    *("show_sign_in", "check_sign_in", "welcome", "set_first_password", "show_second_step", "check_second_step"),
    *("start_single_sign_on", "finish_single_sign_on"),
)
#: The pages for people without an authenticator, where everybody must have one.
_WITHOUT_AUTHENTICATOR = _OPEN | _endpoints("show_authenticator", "show_qr_code", "turn_authenticator_on", "sign_out")

_NOT_ALLOWED = {
    "viewer": later("You may not look at this site."),
    "moderator": later(
        "You can look at comments, but not decide on them. An admin can give you the role of a moderator."
    ),
    "admin": later("Only an admin of this site can do that."),
}

csrf = CSRFProtect()


def check() -> ResponseReturnValue | None:
    """Require a signed-in user, and a form's token; for `before_request`."""
    if static_files.is_static(request.endpoint):
        return None
    token = session_token()
    g.user = accounts.resume_session(context().store, token) if token else None
    speaking.tell_times(g.user)
    if g.user is None and request.endpoint not in _OPEN:
        return _ask_to_sign_in()
    csrf.protect()
    if g.user is not None and _lacks_authenticator(g.user) and request.endpoint not in _WITHOUT_AUTHENTICATOR:
        return _ask_for_authenticator()
    return None


def session_token() -> str:
    """The token of the browser's session; "" where it has none."""
    return pages.read_cookie(SESSION_COOKIE)


def user() -> User:
    """The person who is signed in."""
    signed_in: User = g.user
    return signed_in


def actor() -> str:
    """The person who is signed in, as the audit names them (`user:<id>`)."""
    return actors.of_user(user().id)


def user_or_none() -> User | None:
    """The person who is signed in; None when nobody is."""
    signed_in: User | None = g.get("user")
    return signed_in


def roles() -> Mapping[str, str]:
    """The sites that the person signed in may see, by id, and their role there. Read once in a request."""
    if "roles" not in g:
        with context().store.read() as session:
            g.roles, g.archived = by_site(session, user()), archived(session)
    roles_by_site: Mapping[str, str] = g.roles
    return roles_by_site


def is_archived(site_id: str) -> bool:
    """Whether a site is archived. Asked of the database once in a request."""
    roles()
    archived_sites: frozenset[str] = g.archived
    return site_id in archived_sites


def in_use() -> list[str]:
    """The sites that the person signed in may see, without archived ones: whatever lists or counts work is of these."""
    return [site_id for site_id in roles() if not is_archived(site_id)]


def languages() -> list[str]:
    """The codes of the languages that the person signed in reads, as they have chosen on their page."""
    return (user().languages or "").split()


def may(site_id: str, needed: str) -> bool:
    """Whether the person signed in has at least the role `needed` on this site."""
    return includes(roles().get(site_id, "none"), needed)


def require(site_id: str, needed: str) -> None:
    """Refuse a person without the role `needed`: 404 for a site that they may not even see, else 403."""
    if not may(site_id, "viewer"):
        abort(404)
    if not may(site_id, needed):
        abort(403, gettext(_NOT_ALLOWED[needed]))


def require_id(prefix: str, text: str) -> None:
    """Refuse, with 404, a text that cannot be the id of a row."""
    if not clock.is_id(prefix, text):
        abort(404)


def require_comment(session: Session, comment_id: str, needed: str = "viewer") -> Comment:
    """The comment, for a person with the role `needed` on its site. 404 also where they may not even see it."""
    require_id("c", comment_id)
    comment = session.get(Comment, comment_id)
    if comment is None:
        abort(404)
    require(comment.site_id, needed)
    return comment


def may_anywhere(needed: str) -> bool:
    """Whether the person signed in has the role `needed` on any site, or on all future ones."""
    return includes(user().role, needed) or any(includes(role, needed) for role in roles().values())


def may_everywhere(needed: str) -> bool:
    """Whether the person signed in has the role `needed` on every site: for what belongs to no single site."""
    return includes(user().role, needed)


def require_everywhere(needed: str) -> None:
    """Refuse, with 403, a person without the role `needed` on every site."""
    if not may_everywhere(needed):
        abort(403, gettext("This takes the role of an admin on every site."))


def remember(response: Response, token: str) -> None:
    """Set the cookie with the browser's session."""
    lifetime = int(accounts.SESSION_LIFETIME.total_seconds())
    pages.set_cookie(response, context().settings, SESSION_COOKIE, token, seconds=lifetime, below="console.show_queue")


def forget(response: Response) -> None:
    """Delete the cookie with the browser's session."""
    pages.set_cookie(response, context().settings, SESSION_COOKIE, "", seconds=0, below="console.show_queue")


def own_address(address: str | None) -> str:
    """`address`, if it is a page of the console, else the first page: a sign-in must not lead to another site."""
    first_page = url_for("console.show_queue")
    if address and address.startswith(first_page) and not set(address) & set("\\\r\n\t") and "//" not in address:
        path = address.partition("?")[0].partition("#")[0]
        if {".", ".."}.isdisjoint(unquote(path).split("/")):  # a browser would go up from the console by them
            return address
    return first_page


def referring_page() -> str | None:
    """The page of the console that held the form which is sent."""
    path = urlsplit(request.referrer or "")
    return own_address(f"{path.path}?{path.query}" if path.query else path.path) if path.path else None


def wants_json() -> bool:
    """Whether the page's script asks, and not the browser itself."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _ask_to_sign_in() -> ResponseReturnValue:
    if wants_json():
        message = gettext("You are no longer signed in, so nothing was done.")
        return jsonify(message=message, sign_in=url_for("console.show_sign_in")), 401
    if request.method != "GET":
        with translation.in_language(speaking.chosen()):  # the page that shows it is translated
            lost = gettext("You are no longer signed in, so nothing was done. Sign in, and do it once more.")
        flash(lost, "bad")
    address = request.full_path.removesuffix("?") if request.method == "GET" else referring_page()
    if address == url_for("console.show_queue"):
        address = None
    return redirect(url_for("console.show_sign_in", next=address), 303)


def _lacks_authenticator(person: User) -> bool:
    """Whether a second step is required and missing. For people without a password that is up to the provider."""
    return context().settings.require_totp and person.password_hash is not None and person.totp_sealed is None


def _ask_for_authenticator() -> ResponseReturnValue:
    if wants_json():
        missing = gettext("You have to set up an authenticator first. Load the page again to do so.")
        return jsonify(message=missing), 403
    return redirect(url_for("console.show_authenticator"), 303)
