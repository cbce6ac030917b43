"""Perspective's protocol (Comment Analyzer v1alpha1): `comments:analyze`, `comments:suggestscore` and its discovery.

Texts sent to `analyze` are never stored, whatever `doNotStore` says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from models import languages
from moderation.history import feedback
from moderation.policy.terms import Policy
from service.compat import callers, judging, refusals, routes
from service.compat.perspective import errors, messages, partial
from service.compat.perspective.attributes import KNOWN, LABELS
from service.compat.perspective.errors import Invalid
from service.compat.perspective.protobuf import Malformed, Message, read
from service.compat.perspective.scores import attribute_scores, highest_scores
from service.compat.refusals import Refusal
from service.context import context
from texts import visibility

blueprint = Blueprint("perspective", __name__)

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
#: The original's limit of a text in UTF-8. Longer ones are scored too, since most programs publish what is refused; but
#: which of their words raised a score is not looked for, and they are no examples.
MAX_TEXT_BYTES = 20_480
_LONGEST_DETAIL = 200
#: The header with the requested attributes that are not in the answer. A further member of the answer could break a
#: client that reads messages strictly, which then publishes.
_LACKING = "X-Winnow-Unsupported-Attributes"


@blueprint.post("/v1alpha1/comments:analyze")
def analyze() -> Response:
    """Score a text."""
    site_id = callers.require_site(_key())
    document = _receive(messages.ANALYZE_REQUEST)
    document["languages"] = [language for language in document.get("languages", []) if language.strip()]
    text = _text(document)
    requested: dict[str, dict[str, Any]] = document.get("requestedAttributes", {})
    if not requested:
        raise Invalid("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
    _require_known(requested)
    detected = _detected(text)
    policy = judging.policy(site_id)
    if policy.mode == "hold" and refusals.flags_unjudged():
        return _flag("This site holds every comment for a person.")
    if not _is_judged(policy, text, document["languages"]):
        if _is_long(text):
            raise _too_long()
        raise errors.unsupported(next(iter(requested)), document["languages"], detected, counted_as="language")
    supported, lacking = _supported(requested, document, detected)
    _require_probabilities(supported)
    thresholds = {name: parameters.get("scoreThreshold", 0.0) for name, parameters in supported.items()}
    said = judging.languages_said(policy, document["languages"])
    annotate = document.get("spanAnnotations", False) and not _is_long(text)
    with judging.place(site_id, [text]):
        scores = attribute_scores(text, thresholds, said, annotate=annotate)
    response = _message(
        attributeScores=scores,
        languages=document["languages"] or (["en"] if detected == [languages.UNTOLD] else detected),
        detectedLanguages=detected,
        clientToken=document.get("clientToken"),
    )
    if lacking:
        response.headers[_LACKING] = ", ".join(lacking)
    return response


@blueprint.post("/v1alpha1/comments:suggestscore")
def suggest() -> Response:
    """Store a person's scores of a text, as examples to train with."""
    site_id = callers.require_server(_key())
    document = _receive(messages.SUGGEST_REQUEST)
    text = _text(document)
    if _is_long(text):
        raise _too_long()
    suggested: dict[str, dict[str, Any]] = document.get("attributeScores", {})
    if not suggested:
        raise Invalid("INVALID_REQUEST", "Missing attribute_scores")
    _require_known(suggested)
    values = {LABELS[name]: _value(name, scores) for name, scores in suggested.items() if name in LABELS}
    if values:
        feedback.record(
            context().store, site_id, source="perspective", text=text, labels=values, detail=_detail(document)
        )
    return _message(
        clientToken=document.get("clientToken"),
        detectedLanguages=_detected(text),
        requestedLanguages=document.get("languages"),
    )


@blueprint.get("/$discovery/rest")
def discover() -> Response:
    """The discovery document, from which client libraries build their methods, with our own address."""
    if request.args.get("version", "v1alpha1") != "v1alpha1":
        return _answer(errors.document(404, "Method not found."), 404)
    own_address = context().settings.public_url
    if urlsplit(own_address).hostname in _LOOPBACK:  # the public address is not set, so take the request's
        own_address = request.host_url
    response = _answer(messages.discovery_document(own_address.rstrip("/") + "/"))
    response.headers["Cache-Control"] = "no-store"  # the address may be that of this request alone
    return response


@blueprint.errorhandler(Invalid)
def _refuse_invalid(error: Invalid) -> Response:
    refusals.note(error.counted_as, field_name=error.error_type)
    of_the_text = error.error_type in errors.OF_THE_TEXT or error.counted_as == "language"
    if of_the_text and _may_flag():
        return _flag(str(error))
    return _answer(errors.of_invalid(error), 400)


@blueprint.errorhandler(Malformed)
def _refuse_malformed(error: Malformed) -> Response:
    refusals.note("malformed", field_name=error.field or None)
    return _answer(errors.of_malformed(error), 400)


def _refuse(refusal: Refusal) -> Response:
    body = errors.of_refusal(refusal)
    if _may_flag():
        return _flag(body["error"]["message"])
    response = _answer(body, body["error"]["code"])
    response.headers.update(refusal.headers)
    return response


routes.prepare(blueprint, verdicts="perspective.analyze", refuse=_refuse)
routes.let_pages(blueprint, "perspective.analyze", "perspective.suggest", "perspective.discover")


def _key() -> str | None:
    return request.args.get("key") or request.headers.get("X-Goog-Api-Key")


def _receive(message: Message) -> dict[str, Any]:
    if "callback" in request.args:
        raise Malformed("Invalid value at 'callback': answers are JSON only.", "callback")
    if request.args.get("alt", "json") != "json":
        raise Malformed("Invalid value at 'alt': answers are JSON only.", "alt")
    _selection()
    return _document(message)


def _document(message: Message) -> dict[str, Any]:
    """The request's message. It is read once, though an answer to a refused request may need it again.

    Raises:
        Malformed: it is not this message.
        werkzeug.exceptions.HTTPException: it is too large, or breaks off.
    """
    if "perspective_document" not in g:
        g.perspective_document = read(request.get_data(cache=False), message)
    document: dict[str, Any] = g.perspective_document
    return document


def _may_flag() -> bool:
    return request.endpoint == "perspective.analyze" and refusals.flags_unjudged()


def _flag(why: str) -> Response:
    """The answer that a person has to look: the highest score for each attribute asked for.

    Where that cannot be read, all attributes are answered.
    """
    try:
        document = _document(messages.ANALYZE_REQUEST)
    except (Malformed, HTTPException):
        document = {}
    names = [name for name in document.get("requestedAttributes", {}) if name in KNOWN] or list(LABELS)
    response = _message(
        attributeScores=highest_scores(document.get("comment", {}).get("text", ""), names),
        languages=document.get("languages") or [languages.UNTOLD],
        detectedLanguages=[languages.UNTOLD],
        clientToken=document.get("clientToken"),
        is_whole=True,
    )
    return refusals.say_held(response, why)


def _text(document: Mapping[str, Any]) -> str:
    comment: dict[str, str] = document.get("comment", {})
    text = comment.get("text", "")
    if not visibility.can_be_seen(text, unknown_tags=True):
        raise Invalid("COMMENT_EMPTY", "Comment must be non-empty.")
    if len(text) > judging.LONGEST_TEXT:
        raise _too_long()
    parts = [comment, *_context_entries(document.get("context", {}))]
    if any(part.get("type") == "HTML" for part in parts):
        raise Invalid("INVALID_REQUEST", "Currently, only 'PLAIN_TEXT' comments are supported")
    return text


def _is_long(text: str) -> bool:
    return len(text.encode()) > MAX_TEXT_BYTES


def _too_long() -> Invalid:
    return Invalid("COMMENT_TOO_LONG", "Comment text too long.")


def _context_entries(context: Mapping[str, Any]) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = context.get("entries", [])
    if entries and "articleAndParentComment" in context:
        message = "Context can have either entries or article_and_parent_comment, but both fields were populated."
        raise Invalid("INVALID_REQUEST", message)
    return [*entries, *context.get("articleAndParentComment", {}).values()]


def _require_known(attributes: Mapping[str, object]) -> None:
    for name in attributes:
        if name not in KNOWN:
            message = f"Unknown requested attribute: {name[:100]}"
            raise Invalid("INVALID_REQUEST", message, counted_as="attribute")


def _detected(text: str) -> list[str]:
    """The text's language as Perspective called it, which did not tell Urdu in Latin letters from Hindi."""
    detected = judging.classifier().detected_language(text)
    return {"ur-Latn": ["hi-Latn", "ur-Latn"], languages.FOREIGN: [languages.UNTOLD]}.get(detected, [detected])


def _is_judged(policy: Policy, text: str, requested: list[str]) -> bool:
    """Whether the text may be scored; the languages that the sender names count before the detected one.

    Many programs always name English. So the detected one counts too where what was not judged has to be flagged, and
    for long texts, of which only those in English are judged.
    """
    if requested:
        codes, judges = map(languages.base, requested), judging.classifier().judges
        if not any(policy.treatment(code, judged=judges(code)) != "hold" for code in codes):
            return False
        if not refusals.flags_unjudged() and not _is_long(text):
            return True
    return judging.treatment(policy, text, judging.languages_said(policy, requested)) != "hold"


def _supported(
    attributes: dict[str, dict[str, Any]], document: Mapping[str, Any], detected: list[str]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The attributes that we have a score for, and the names of the others.

    After an error most clients publish the text. So the supported attributes are answered, unless none is supported or
    the operator wants Perspective's error: docs/decisions/0065-what-a-client-does-with-an-answer.md.
    """
    scored = {name for name, label in LABELS.items() if label in judging.classifier().labels}
    lacking = [name for name in attributes if name not in scored]
    drops = document.get("dropUnsupportedAttributes", False) or context().settings.perspective_unsupported == "drop"
    if lacking and (not drops or len(lacking) == len(attributes)):
        raise errors.unsupported(lacking[0], document["languages"], detected, counted_as="attribute")
    return {name: parameters for name, parameters in attributes.items() if name in scored}, lacking


def _require_probabilities(attributes: Mapping[str, Mapping[str, Any]]) -> None:
    for name, parameters in attributes.items():
        kind = parameters.get("scoreType", "PROBABILITY")
        if kind not in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
            raise Invalid("INVALID_REQUEST", f"Requested score type {kind} is not supported by attribute {name}")


def _value(name: str, scores: Mapping[str, Any]) -> float:
    """A person's score of the whole text; where only parts have scores, the highest of them."""
    scores_given = [scores["summaryScore"]] if "summaryScore" in scores else []
    scores_given = scores_given or [span.get("score", {}) for span in scores.get("spanScores", [])]
    value = max((float(score.get("value", 0.0)) for score in scores_given), default=None)
    if value is None or not 0.0 <= value <= 1.0:
        raise Invalid("INVALID_REQUEST", f"Attribute {name} needs a summary score with a value from 0 to 1.")
    return value


def _detail(document: Mapping[str, Any]) -> dict[str, str]:
    """The sender's own ids for the example. Coral puts its comment's id into a context entry."""
    detail = {
        "client_token": document.get("clientToken"),
        "community_id": document.get("communityId"),
        "session_id": document.get("sessionId"),
        "comment_id": _coral_comment_id(document.get("context", {}).get("entries", [])),
    }
    return {name: value[:_LONGEST_DETAIL] for name, value in detail.items() if value}


def _coral_comment_id(entries: list[dict[str, str]]) -> str | None:
    if not entries:
        return None
    try:
        entry = json.loads(entries[0].get("text", ""))
    except (ValueError, RecursionError):
        return None
    comment_id = entry.get("Coral_comment_id") if isinstance(entry, dict) else None
    return comment_id if isinstance(comment_id, str) else None


def _selection() -> partial.Selection:
    fields = request.args.get("fields", "")
    try:
        return partial.parse(fields) if fields.strip() else {}
    except ValueError:
        raise Malformed("Request contains an invalid argument: fields.", "fields") from None


def _message(*, is_whole: bool = False, **members: Any) -> Response:
    """A message as an answer, without the members that are empty."""
    return _answer({name: value for name, value in members.items() if value}, is_whole=is_whole)


def _answer(document: dict[str, Any], status: int = 200, *, is_whole: bool = False) -> Response:
    """An answer of JSON: what `fields` selects, unless it is an error or has to be whole."""
    shown = document if is_whole or status != 200 else partial.select(document, _selection())
    if request.args.get("prettyPrint", "true").lower() in ("false", "0"):
        body = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    else:
        body = json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
    return Response(body, status, content_type="application/json; charset=UTF-8", headers={"Cache-Control": "private"})
