"""What the drop-in protocols share: keys, the rate limit, scoring, and refusals.

A `Refusal` says what went wrong, and each protocol answers it in the words of the original service.
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import structlog
from flask import Blueprint, Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from moderation.decisions.decision import Decision
from moderation.decisions.scoring import Classifier, Scorer, site_languages
from moderation.history import calls
from moderation.policy.terms import Policy, Treatment
from moderation.sites import sites
from moderation.sites.sites import CompatCaller
from moderation.store import AWAY
from moderation.tables import Comment
from service import scoring
from service.api.authentication import Keys
from service.api.state import state as api_state
from service.compat.places import NoPlace, Places
from service.context import Context, context
from service.limits import client_key

log = structlog.get_logger(__name__)

#: Half of a surrogate pair, which JSON can hold, but which is not a character. Readers see U+FFFD in its place.
HALF_CHARACTER, SHOWN_FOR_HALF = re.compile("[\ud800-\udfff]"), "\ufffd"
#: Characters of a text: with more, its answer comes when the client has given up, and has published.
LONGEST_TEXT = 100_000
#: Room for the longest text and what is around it; an escaped character has up to twelve bytes.
MAX_BODY_BYTES = 1280 * 1024

#: The header that says why a text was not judged. No client knows it, so none takes it for a failure.
_WHY_HELD = "X-winnow-held"

#: What pages may send. The star is for what client libraries add, and does not stand for a key's header.
_FROM_PAGES = "authorization, content-type, x-goog-api-key, x-goog-api-client, *"
#: After so many seconds a client may ask again for a place.
_UNTIL_A_PLACE = 2.0

Kind = (
    Literal["no_key", "wrong_key", "not_allowed", "archived", "too_many"]
    | Literal["not_scored", "unavailable", "too_large", "too_long", "no_text", "unreadable", "refused", "internal"]
)


#: A refusal's kind -> its name in `history/calls.py`, where that differs.
_COUNTED_AS = {"refused": "malformed", "unreadable": "malformed", "too_long": "too_large", "no_text": "missing_field"}


class Refusal(Exception):
    """Why a request is not answered. `status` is the HTTP status, `retry_after` is in seconds."""

    def __init__(
        self, kind: Kind, *, status: int, retry_after: float | None = None, site_id: str | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.site_id = site_id


@dataclass
class State:
    """The state of these protocols in a process."""

    keys: Keys[CompatCaller]
    places: Places


def init_app(app: Flask) -> None:
    """Make the state, for an app that has its context already."""
    context: Context = app.extensions["winnow"]
    app.extensions["winnow_compat"] = State(
        Keys(context.store, sites.authenticate_compat), Places(context.settings.web_threads)
    )


def state() -> State:
    """The state of the app that serves the current request."""
    compat_state: State = current_app.extensions["winnow_compat"]
    return compat_state


def load_classifier(app: Flask) -> None:
    """Load the classifier, so that the first request need not wait. If that fails, everything else is served."""
    with app.app_context():
        try:
            _scorer()
        except Refusal:
            log.error("classifier.not_loaded", doing="serving without it: scoring in the request is refused")


def require_site(key: str | None, *, api_keys: bool = False) -> str:
    """The id of the site with this compat key (with `api_keys`, also an API key). Counts towards its rate limit.

    Also accepts browser keys, on the pages that they are bound to: only for calls that read and change nothing.

    Raises:
        Refusal: `no_key`, `wrong_key`, `not_allowed`, `archived` (the site is), or `too_many` (requests of the site, or
            wrong keys from this address).
    """
    caller = _require_caller(key, api_keys=api_keys)
    if caller.origins and request.headers.get("Origin", "") not in caller.origins:
        raise Refusal("not_allowed", status=403, site_id=caller.site_id)
    g.from_browser = caller.from_browser
    return caller.site_id


def require_server(key: str | None) -> str:
    """Like `require_site`, for calls that read, store or decide something: no browser keys, and no calls from pages.

    Raises:
        Refusal: as `require_site`.
    """
    caller = _require_caller(key)
    # A page's own GET, as for a picture, names no origin.
    of_a_page = "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none"
    if caller.from_browser or of_a_page:
        raise Refusal("not_allowed", status=403, site_id=caller.site_id)
    return caller.site_id


def only_scores() -> bool:
    """Whether this request has a browser key, so that nothing of it may be stored."""
    return bool(g.get("from_browser"))


def _require_caller(key: str | None, *, api_keys: bool = False) -> CompatCaller:
    if not key:
        raise Refusal("no_key", status=401)
    caller = _caller_of(key, api_keys=api_keys)
    if caller is None:
        if wait := api_state().wrong_keys.take(client_key()):
            raise Refusal("too_many", status=429, retry_after=wait)
        raise Refusal("wrong_key", status=401)
    g.site_id = caller.site_id
    take_one(caller.site_id)
    if caller.is_archived:
        raise Refusal("archived", status=403, site_id=caller.site_id)
    return caller


def _caller_of(key: str, *, api_keys: bool) -> CompatCaller | None:
    if not key.isascii() or len(key) > 200:
        return None
    caller = state().keys.caller_of(key.lower()) if len(key) == sites.COMPAT_KEY_LENGTH else None
    if caller is None and api_keys and (of_api := api_state().keys.caller_of(key)):
        return CompatCaller(of_api.site_id, from_browser=False, origins=frozenset(), is_archived=of_api.is_archived)
    return caller


def take_one(site_id: str) -> None:
    """Count a request of this site towards the limit that it shares with the native API.

    Raises:
        Refusal: `too_many`.
    """
    if wait := api_state().requests.take(site_id):
        raise Refusal("too_many", status=429, retry_after=wait, site_id=site_id)


@contextmanager
def place(site_id: str, texts: Sequence[str]) -> Iterator[None]:
    """Hold a place while these texts are read, if they are large.

    Raises:
        Refusal: `too_many`: the site has no place left, or nobody has.
    """
    try:
        with state().places.take(site_id, texts):
            yield
    except NoPlace:
        raise Refusal("too_many", status=429, retry_after=_UNTIL_A_PLACE, site_id=site_id) from None


def classifier() -> Classifier:
    """The classifier of this process.

    Raises:
        Refusal: `not_scored`: its files cannot be read.
    """
    return _scorer().classifier


def policy(site_id: str) -> Policy:
    """The policy in force on a site.

    Raises:
        Refusal: `not_scored`: without a classifier there are no thresholds.
        moderation.store.AWAY: the database is away.
    """
    scorer = _scorer()
    with scorer.store.read() as session:
        return scorer.policies.get(session, {site_id})[site_id]


def said_of(policy: Policy, said: Sequence[str] = ()) -> list[str]:
    """What counts for a text too short to tell its language: what the caller says, then the site's author language.

    Raises:
        Refusal: `not_scored`.
    """
    return [*said, *site_languages(classifier(), policy.author_language)]


def treatment(policy: Policy, text: str, said: Sequence[str] = ()) -> Treatment:
    """What becomes of a text on a site, for its language; `said` is what the caller says that this may be.

    Raises:
        Refusal: `not_scored`.
    """
    judge = classifier()
    language = judge.language(text, said)
    return policy.treatment(language, judged=judge.judges(language))


def score(texts: Sequence[str], signals: Sequence[Mapping[str, object]] | None = None) -> list[dict[str, float]]:
    """The probability of each label for each text. Counted in `/metrics`.

    Raises:
        Refusal: `not_scored`.
    """
    loaded = classifier()
    began = time.perf_counter()
    try:
        table = loaded.score(texts, signals)
    except Exception as error:
        log.error("compat.not_scored", texts=len(texts), **_without_message(error))
        raise Refusal("not_scored", status=503) from None
    scoring.count(len(texts), time.perf_counter() - began)
    return [dict(zip(loaded.labels, map(float, row), strict=True)) for row in table]


def decide(comment: Comment) -> Decision:
    """The decision of the site's policy on a comment, which need not be stored. Writes nothing.

    As `scoring.decide`, whose failure to score is noted for the log.

    Raises:
        Refusal: `not_scored`: there is no classifier; or `too_many`: the text is long, and has no `place`.
        moderation.store.AWAY: the database is away.
    """
    try:
        with place(comment.site_id, [comment.comment]):
            decision = scoring.decide(comment)
    except scoring.NotScored:
        raise Refusal("not_scored", status=503) from None
    if decision.scores is None:
        note_refused("not_scored")
    return decision


def count_calls(blueprint: Blueprint, *endpoints: str) -> None:
    """Count the answers of these routes of a blueprint, which give verdicts, and log the refusals among them."""

    @blueprint.after_request
    def count(response: Response) -> Response:
        if request.endpoint in endpoints and request.method not in {"OPTIONS", "HEAD"}:
            _count_call(blueprint.name)
        return response


def let_pages(blueprint: Blueprint, *endpoints: str) -> None:
    """Let pages of any origin call these routes of a blueprint, and read their answers: a browser asks for that.

    They need a key all the same, and one that stands in a page only scores.
    """

    @blueprint.after_request
    def let(response: Response) -> Response:
        if request.endpoint in endpoints:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = "*"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
                response.headers["Access-Control-Allow-Headers"] = _FROM_PAGES
                response.headers["Access-Control-Max-Age"] = "3600"
        return response


def flags_unjudged() -> bool:
    """Whether the operator wants a text that was not judged to be answered as the worst, not with an error."""
    return context().settings.unjudged == "flag"


def say_held(response: Response, why: str) -> Response:
    """Say in the headers why nobody has judged the text that this is the answer for."""
    response.headers[_WHY_HELD] = one_line(why)
    return response


def one_line(text: str) -> str:
    """A text as a header can hold it."""
    return " ".join(text.encode("ascii", "replace").decode().split())[:500]


def note_refused(kind: str, *, field_name: str | None = None) -> None:
    """Note why the current call has no verdict (one of `calls.REFUSED`), and for the log the name of a field."""
    g.call_refused, g.call_lacks = kind, field_name


def _count_call(protocol: str) -> None:
    site_id, refused = g.get("site_id") or "", g.get("call_refused")
    if refused:
        log.warning("call.refused", protocol=protocol, site=site_id or None, why=refused, what=g.get("call_lacks"))
    outcome = refused or calls.ANSWERED
    context().queues.breaker.call(
        lambda client: calls.record(client, site_id, protocol, outcome), doing="counting calls for a verdict"
    )


def answer_failures(blueprint: Blueprint, show: Callable[[Refusal], Response]) -> None:
    """Let `show` answer every failure of a blueprint's routes, in the words of the original service."""

    @blueprint.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        note_refused(_COUNTED_AS.get(refusal.kind, refusal.kind))
        return show(refusal)

    @blueprint.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        status = error.code or 500
        kind: Kind = "too_large" if status == 413 else "refused" if status < 500 else "internal"
        return refuse(Refusal(kind, status=status))

    @blueprint.errorhandler(Exception)
    def refuse_unforeseen(error: Exception) -> Response:
        if isinstance(error, AWAY):
            log.warning("database.unavailable", error=type(error).__name__)
            return refuse(Refusal("unavailable", status=503, retry_after=2))
        log.error("request.failed", request_id=g.get("request_id"), **_without_message(error))
        return refuse(Refusal("internal", status=500))


def _without_message(error: Exception) -> dict[str, str]:
    """A failure for the log: its type and place, but not its message, which may quote a comment."""
    return {"error": type(error).__name__, "where": "".join(traceback.format_tb(error.__traceback__))}


def _scorer() -> Scorer:
    try:
        return scoring.scorer()
    except scoring.NotScored:
        raise Refusal("not_scored", status=503) from None
