"""Coral's external moderation phase: `POST /coral/phase?site=ID`, signed by Coral, answered by the site's policy.

Coral publishes a comment when a phase fails. So whenever we do not judge, the answer is that a person has to look: also
when the signature is wrong, which is a stranger's request, or Coral's after its secret was changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Blueprint, Response, current_app, g, request

from moderation import authors, clock
from moderation.decisions.decision import Decision
from moderation.sites import archive, sites
from moderation.store import AWAY
from moderation.tables import Comment
from service.api import bodies
from service.compat import callers, judging, refusals, routes
from service.compat.refusals import Refusal
from service.context import context
from service.problems import Problem
from texts import markup, visibility
from texts.controls import without_meaningless

blueprint = Blueprint("coral", __name__)

#: How long a site's secret is remembered without asking the database; longer while the database is away.
_REMEMBERED_SECONDS = 5.0
_MOST_SIGNATURES = 10
_STATUSES = {"flagged": "SYSTEM_WITHHELD", "rejected": "REJECTED"}
_SPAM_RULES = frozenset({"links", "repeated"})
_TAG = re.compile(r"</?(?:a|b|blockquote|br|div|em|i|li|ol|p|s|span|strong|u|ul)\b[^<>]*>", re.IGNORECASE)


class Malformed(Exception):
    """The body is not a phase's request about words; the message says where, and quotes nothing of it."""


@blueprint.post("/coral/phase")
def judge_phase() -> Response:
    """Judge a comment. The answer tells Coral flags and a status, or nothing."""
    site_id = request.args.get("site", "")
    body = request.get_data(cache=False)
    _require_signature(site_id, body)
    callers.take_one(site_id)
    if _known(site_id).is_archived:
        raise Refusal("archived")
    return _opinion(judging.decide(_read(site_id, body)))


@blueprint.errorhandler(Malformed)
def _withhold_malformed(error: Malformed) -> Response:
    refusals.note("malformed", field_name=str(error))
    return _withhold()


def _refuse(_refusal: Refusal) -> Response:
    """Withhold the comment. A stranger learns nothing from it, and after any other answer Coral would publish."""
    return _withhold()


routes.prepare(blueprint, verdicts="coral.judge_phase", refuse=_refuse)


def _withhold() -> Response:
    return _answer({"status": "SYSTEM_WITHHELD"})


def _require_signature(site_id: str, body: bytes) -> None:
    """Require a signature of this body with the site's secret. All given ones are compared, in constant time.

    Raises:
        Refusal: `wrong_key`.
    """
    secret = _known(site_id).secret
    if secret is not None:
        g.site_id = site_id
    expected = hmac.new((secret or "").encode(), body, hashlib.sha256).hexdigest()
    signatures = request.headers.get("X-Coral-Signature", "").encode()[:2000].split(b",")[:_MOST_SIGNATURES]
    matches = [hmac.compare_digest(signature.strip(), f"sha256={expected}".encode()) for signature in signatures]
    if secret is None or not any(matches):
        raise Refusal("wrong_key")


class _Known(NamedTuple):
    """What is known of a site: the secret that Coral signs with, if it has one."""

    secret: str | None
    is_archived: bool


def _known(site_id: str) -> _Known:
    remembered: dict[str, tuple[_Known, float]] = current_app.extensions.setdefault("winnow_coral", {})
    stored = remembered.get(site_id)
    if stored is not None and time.monotonic() < stored[1]:
        return stored[0]
    app_context = context()
    try:
        with app_context.store.read() as session:
            secret = sites.find_secret(session, app_context.settings, site_id, "coral")
            known = _Known(secret, archive.is_archived(session, site_id))
    except AWAY:
        if stored is None:
            raise
        return stored[0]
    if secret is None:
        remembered.pop(site_id, None)
    else:
        remembered[site_id] = (known, time.monotonic() + _REMEMBERED_SECONDS)
    return known


def _read(site_id: str, body: bytes) -> Comment:
    try:
        document = bodies.parse(body)
    except Problem as problem:
        raise Malformed(problem.detail) from None
    if not isinstance(document, dict) or document.get("action") not in ("NEW", "EDIT"):
        raise Malformed("`action` is neither NEW nor EDIT.")
    text, author_id = _string(document, "comment", "body"), _string(document, "author", "id")
    if len(text) > judging.LONGEST_TEXT:
        raise Refusal("too_long")
    words = without_meaningless(plain_text(text))  # a browser shows none of these
    if not visibility.can_be_seen(words):  # a picture, or a rating without words: readers see something that we do not
        raise Malformed("`comment.body` has no words.")
    return Comment(
        id=clock.new_id("c"),
        site_id=site_id,
        name="",
        comment=words,
        user_id=author_id,
        author_key=authors.key_of(author_id, None, None),
        revision=1,
        version=1,
        status="pending",
    )


def plain_text(body: str) -> str:
    """The words of a comment. Coral sends HTML unless the phase is set to plain text."""
    return markup.words_of(body) if _TAG.search(body) else body


def _string(document: Mapping[str, Any], part: str, name: str) -> str:
    within = document.get(part)
    value = within.get(name) if isinstance(within, dict) else None
    if not isinstance(value, str):
        raise Malformed(f"`{part}.{name}` is not a string.")
    if judging.HALF_CHARACTER.search(value):
        raise Malformed(f"`{part}.{name}` holds half of a character.")
    return value


def _opinion(decision: Decision) -> Response:
    """204 for a comment that the policy publishes; else flags, and a status unless it stays published."""
    status = _STATUSES.get(decision.status)
    actions = [{"actionType": "FLAG", "reason": reason} for reason in _flags(decision)]
    if status is None and decision.priority is None:
        return Response(status=204)
    return _answer({"actions": actions} | ({"status": status} if status else {}))


def _flags(decision: Decision) -> list[str]:
    against = [reason for reason in decision.reasons if reason["action"] != "publish"]
    labels = {reason["label"] for reason in against if "label" in reason}
    flags = []
    if labels - {"spam"}:
        flags.append("COMMENT_DETECTED_TOXIC")
    if "spam" in labels or any(reason["rule"] in _SPAM_RULES for reason in against):
        flags.append("COMMENT_DETECTED_SPAM")
    return flags


def _answer(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document) + "\n", content_type="application/json")
