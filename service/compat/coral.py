"""Coral's external moderation phase: `POST /coral/phase?site=ID`, signed by Coral, answered by the site's policy.

Coral publishes a comment when a phase fails, so once a request is known to be Coral's, whatever keeps us from judging
is answered as a comment that a person has to look at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, g, request

from moderation import authors, clock
from moderation.decisions.decision import Decision
from moderation.sites import sites
from moderation.store import AWAY
from moderation.tables import Comment
from service.api.state import state as api_state
from service.compat import shared
from service.compat.shared import Refusal
from service.context import context
from texts import markup

log = structlog.get_logger(__name__)
blueprint = Blueprint("coral", __name__)

#: For how long a site's secret is known without asking the database; longer while the database is away.
_KNOWN_SECONDS = 5.0
_MOST_SIGNATURES = 10
_STATUSES = {"flagged": "SYSTEM_WITHHELD", "rejected": "REJECTED"}
_SPAM_RULES = frozenset({"links", "repeated"})
_TAG = re.compile(r"</?(?:a|b|blockquote|br|div|em|i|li|ol|p|s|span|strong|u|ul)\b[^<>]*>", re.IGNORECASE)


class Malformed(Exception):
    """The body is not a phase's request; the message says where."""


@blueprint.post("/coral/phase")
def judge_phase() -> Response:
    """What Coral should do with a comment: flags and a status, or nothing."""
    site_id = request.args.get("site", "")
    body = request.get_data(cache=False)
    _require_signature(site_id, body)
    g.site_id = site_id
    comment = _read(site_id, body)
    try:
        shared.take_one(site_id)
        decision = shared.decide(comment)
    except (Refusal, *AWAY) as error:
        log.warning("coral.withheld", why=getattr(error, "kind", type(error).__name__))
        return _answer({"status": "SYSTEM_WITHHELD"})
    return _opinion(decision)


@blueprint.before_request
def _prepare() -> None:
    request.max_content_length = shared.MAX_BODY_BYTES


@blueprint.errorhandler(Malformed)
def _refuse_malformed(error: Malformed) -> Response:
    return _answer({"error": str(error)}, 400)


def _refuse(refusal: Refusal) -> Response:
    messages = {
        "wrong_key": "X-Coral-Signature does not match. `winnow site coral` takes the phase's signing secret.",
        "too_many": "Too many requests whose signature does not match came from this address.",
        "too_large": f"The request is larger than {shared.MAX_BODY_BYTES} bytes.",
        "unavailable": "The database cannot be used right now.",
        "refused": "The request was refused.",
    }
    response = _answer({"error": messages.get(refusal.kind, "This is a fault of ours.")}, refusal.status)
    if refusal.retry_after:
        response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


shared.answer_failures(blueprint, _refuse)


def _require_signature(site_id: str, body: bytes) -> None:
    """Whether one of the signatures is of this body under the site's secret; all are compared, in constant time.

    Raises:
        Refusal: none is; or `too_many` such requests.
    """
    secret = _secret(site_id)
    wanted = hmac.new((secret or "").encode(), body, hashlib.sha256).hexdigest()
    given = request.headers.get("X-Coral-Signature", "").encode()[:2000].split(b",")[:_MOST_SIGNATURES]
    matches = [hmac.compare_digest(one.strip(), f"sha256={wanted}".encode()) for one in given]
    if secret is None or not any(matches):
        if wait := api_state().wrong_keys.take(request.remote_addr or ""):
            raise Refusal("too_many", status=429, retry_after=wait)
        raise Refusal("wrong_key", status=401)


def _secret(site_id: str) -> str | None:
    known: dict[str, tuple[str, float]] = current_app.extensions.setdefault("winnow_coral", {})
    stored = known.get(site_id)
    if stored is not None and time.monotonic() < stored[1]:
        return stored[0]
    found = context()
    try:
        with found.store.read() as session:
            secret = sites.find_secret(session, found.settings, site_id, "coral")
    except AWAY:
        if stored is None:
            raise
        return stored[0]
    if secret is None:
        known.pop(site_id, None)
    else:
        known[site_id] = (secret, time.monotonic() + _KNOWN_SECONDS)
    return secret


def _read(site_id: str, body: bytes) -> Comment:
    try:
        sent = json.loads(body.decode())
        json.dumps(sent, ensure_ascii=False).encode()  # lone surrogates are not text
    except (ValueError, RecursionError):
        raise Malformed("The body is not valid JSON in UTF-8.") from None
    if not isinstance(sent, dict) or sent.get("action") not in ("NEW", "EDIT"):
        raise Malformed("`action` is neither NEW nor EDIT.")
    comment, author = _object(sent, "comment"), _object(sent, "author")
    text = comment.get("body")
    if not isinstance(text, str):
        raise Malformed("`comment.body` is not a string.")
    author_id = author.get("id")
    if not isinstance(author_id, str):
        raise Malformed("`author.id` is not a string.")
    return Comment(
        id=clock.new_id("c"),
        site_id=site_id,
        name="",
        comment=plain_text(text),
        user_id=author_id,
        author_key=authors.key_of(author_id, None, None),
        revision=1,
        version=1,
        status="pending",
    )


def plain_text(body: str) -> str:
    """A comment's words; Coral sends HTML unless the phase is set to plain text."""
    return markup.words_of(body) if _TAG.search(body) else body


def _object(sent: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = sent.get(name)
    if not isinstance(found, dict):
        raise Malformed(f"`{name}` is not an object.")
    return found


def _opinion(decision: Decision) -> Response:
    """204 where the policy has nothing against it; else flags, and a status unless it stays published."""
    status = _STATUSES.get(decision.status)
    actions = [{"actionType": "FLAG", "reason": reason} for reason in _flags(decision)]
    if status is None and decision.priority is None:
        return Response(status=204)
    return _answer({"actions": actions} | ({"status": status} if status else {}))


def _flags(decision: Decision) -> list[str]:
    against = [reason for reason in decision.reasons if reason["action"] != "publish"]
    labels = {reason["label"] for reason in against if "label" in reason}
    found = []
    if labels - {"spam"}:
        found.append("COMMENT_DETECTED_TOXIC")
    if "spam" in labels or any(reason["rule"] in _SPAM_RULES for reason in against):
        found.append("COMMENT_DETECTED_SPAM")
    return found


def _answer(document: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document) + "\n", status, content_type="application/json")
