"""OpenAI's moderation endpoint, `POST /v1/moderations`: our labels under OpenAI's categories.

Winnow has no score for seven of the thirteen categories, and for two more where only the fast reader judges. They are
in the answer with score 0, are never flagged, and have an empty list under `category_applied_input_types`. A text in a
language that the classifier has not learnt is refused, or flagged where the operator wants that (`WINNOW_UNJUDGED`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from moderation.policy.terms import Policy, Threshold
from moderation.sites.archive import CLOSED
from service.api import bodies
from service.compat import callers, judging, refusals, routes
from service.compat.refusals import Refusal
from service.problems import Problem
from texts import visibility
from texts.controls import without_meaningless

blueprint = Blueprint("openai", __name__)

#: Category -> our labels. A category of two labels gets the lower of their scores, and needs both.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "harassment": ("insult", "threat"),
    "harassment/threatening": ("threat",),
    "hate": ("identity_attack",),
    "hate/threatening": ("identity_attack", "threat"),
    "illicit": (),
    "illicit/violent": (),
    "self-harm": ("self_harm",),
    "self-harm/instructions": (),
    "self-harm/intent": (),
    "sexual": ("sexual",),
    "sexual/minors": (),
    "violence": (),
    "violence/graphic": (),
}
#: But this gets the higher, and needs one: a threat is harassment too, and many programs look at this category alone.
_EITHER = frozenset({"harassment"})
#: Errors that say nothing against the program that sent the request: its text was not judged.
_OF_THE_TEXT = frozenset(
    {"empty_string", "string_above_max_length", "unsupported_language", "invalid_unicode", "image_not_supported"}
)
#: The limit of a request. (OpenAI limits tokens.)
MAX_INPUTS = 1000
_DEFAULT_MODEL = "omni-moderation-latest"
_TEXT_MODEL = "text-moderation-007"
_LISTED_MODELS = (_DEFAULT_MODEL, "omni-moderation-2024-09-26", "text-moderation-latest", "text-moderation-stable")
#: 26 September 2024: one classifier answers for all of them.
_MODELS_MADE_AT = 1_727_308_800
#: An error's code -> its name in `history/calls.py`, if that is not `malformed`.
_COUNTED_AS = {
    "empty_string": "missing_field",
    "missing_required_parameter": "missing_field",
    "array_above_max_length": "too_large",
    "string_above_max_length": "too_large",
    "unsupported_language": "language",
}


class Invalid(Exception):
    """An invalid request, with the parts of OpenAI's error."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a request asks about. A text that is blank has no place among the texts: there is nothing to find in it."""

    #: Place -> text.
    texts: dict[str, str]
    #: The places of all, each of which has a result of its own; None where all are parts of one input.
    places: list[str] | None
    #: The place of a picture, which nobody looks at.
    picture: str | None = None


@blueprint.post("/v1/moderations")
def moderate() -> Response:
    """Score each input, and answer with its categories."""
    site_id = callers.require_site(_bearer(), api_keys=True)
    document = _receive()
    inputs = _inputs(document["input"])
    model = _model(document.get("model"))
    policy = judging.policy(site_id)
    if policy.mode == "hold" and _may_flag():
        return _flag("This site holds every comment for a person.")
    with judging.place(site_id, list(inputs.texts.values())):
        results = _judge(policy, inputs)
    return _answer({"id": f"modr-{secrets.token_hex(16)}", "model": model, "results": results})


@blueprint.get("/v1/models")
def list_models() -> Response:
    """The names that programs may give. Some, such as n8n, try a key by asking for these."""
    callers.require_site(_bearer(), api_keys=True)
    models = [
        {"id": name, "object": "model", "created": _MODELS_MADE_AT, "owned_by": "winnow"} for name in _LISTED_MODELS
    ]
    return _answer({"object": "list", "data": models})


@blueprint.errorhandler(Invalid)
def _refuse_invalid(error: Invalid) -> Response:
    refusals.note(_COUNTED_AS.get(error.code or "", "malformed"), field_name=error.param)
    if error.code in _OF_THE_TEXT and _may_flag():
        return _flag(str(error))
    return _error(400, str(error), param=error.param, code=error.code)


def _refuse(refusal: Refusal) -> Response:
    status, kind, code, message = _REFUSALS.get(refusal.kind, _INTERNAL)
    if refusal.kind == "refused":
        status = refusal.status
    if _may_flag():
        return _flag(message)
    response = _error(status, message, kind=kind, code=code)
    response.headers.update(refusal.headers)
    return response


routes.prepare(blueprint, verdicts="openai.moderate", refuse=_refuse)
routes.let_pages(blueprint, "openai.moderate")

_AWAY = (503, "server_error", "unavailable", "The server is temporarily unable to score. Try again in a moment.")
_INTERNAL = (500, "server_error", None, "The server had an error while processing your request.")
_TOO_MANY = (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests of this site.")
#: Kind of refusal -> the status, and the type, code and message of OpenAI's error.
_REFUSALS: dict[str, tuple[int, str, str | None, str]] = {
    "no_key": (
        401,
        "invalid_request_error",
        None,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY).",
    ),
    "wrong_key": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    "not_allowed": (
        403,
        "invalid_request_error",
        "not_allowed",
        "This API key may be used only on the pages that it is bound to.",
    ),
    "archived": (403, "invalid_request_error", "site_archived", CLOSED),
    "too_many_wrong_keys": _TOO_MANY,
    "too_many": _TOO_MANY,
    "too_large": (
        413,
        "invalid_request_error",
        None,
        f"The request is larger than {routes.MAX_BODY_BYTES} bytes. Send it in parts.",
    ),
    "refused": (400, "invalid_request_error", None, "The request was refused."),
    "not_scored": _AWAY,
    "unavailable": _AWAY,
}


def _bearer() -> str | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _document() -> Any:
    """The JSON of the request. It is read once, though an answer to a refused request may need it again.

    Bytes that are no UTF-8 become halves of characters, so that the error can name the input that has them.

    Raises:
        Problem: it is no JSON.
        werkzeug.exceptions.HTTPException: it is too large, or breaks off.
    """
    if "openai_document" not in g:
        body = bodies.uncompressed(request.get_data(cache=False), most=routes.MAX_BODY_BYTES)
        written = body.decode("utf-8-sig", errors="surrogateescape")
        g.openai_is_utf8 = judging.HALF_CHARACTER.search(written) is None
        g.openai_document = bodies.parse_text(written)
    return g.openai_document


def _receive() -> dict[str, Any]:
    if request.mimetype != "application/json":
        shown = request.mimetype if len(request.mimetype) < 100 and request.mimetype.isprintable() else "another"
        raise Invalid(
            f"Unsupported content type: '{shown}'. This API method only accepts 'application/json' requests.",
            code="unsupported_content_type",
        )
    try:
        document = _document()
    except Problem as problem:
        raise Invalid(f"We could not parse the JSON body of your request. {problem.detail}") from None
    if not isinstance(document, dict):
        raise Invalid("We expected a JSON object as the body of your request.")
    for name in document:
        if name not in ("input", "model"):
            shown = name[:100].encode(errors="replace").decode()
            raise Invalid(f"Unknown parameter: '{shown}'.", param=shown, code="unknown_parameter")
    if document.get("input") is None:
        raise Invalid("Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    return document


def _inputs(inputs: object) -> _Inputs:
    if isinstance(inputs, str):
        return _Inputs({"input": _text(inputs, "input")}, ["input"])
    if not isinstance(inputs, list) or not inputs:
        raise Invalid("Invalid type for 'input': give a string, or a list that is not empty.", param="input")
    if len(inputs) > MAX_INPUTS:
        message = f"Invalid 'input': array too long. Expected at most {MAX_INPUTS} items, but got {len(inputs)}."
        raise Invalid(message, param="input", code="array_above_max_length")
    items = {f"input[{number}]": item for number, item in enumerate(inputs)}
    if all(isinstance(item, str) for item in inputs):
        texts = {place: _text(item, place) for place, item in items.items() if item.strip()}
        if not texts and _may_flag():
            raise _empty("input[0]")
        return _Inputs(texts, list(items))
    return _parts(items)


def _parts(items: Mapping[str, object]) -> _Inputs:
    """The parts of one input, which share a result."""
    texts, picture = {}, None
    for place, part in items.items():
        if not isinstance(part, dict) or part.get("type") not in ("text", "image_url"):
            message = f"Invalid type for '{place}': expected a content part of type 'text', or strings only."
            raise Invalid(message, param=place, code="invalid_type")
        if part["type"] == "image_url":
            picture = picture or place
        elif not isinstance(part.get("text"), str):
            raise Invalid(f"Missing required parameter: '{place}.text'.", param=f"{place}.text", code="invalid_type")
        elif part["text"].strip():
            texts[place] = _text(part["text"], f"{place}.text")
    if not texts:
        raise _no_pictures(picture) if picture else _empty(next(iter(items)) + ".text")
    return _Inputs(texts, None, picture)


def _no_pictures(place: str) -> Invalid:
    message = (
        f"Invalid value for '{place}.type': this server scores text only, so 'image_url' is not supported. "
        "Nothing was found in what is text."
    )
    return Invalid(message, param=f"{place}.type", code="image_not_supported")


def _empty(place: str) -> Invalid:
    return Invalid(f"Invalid '{place}': empty string.", param=place, code="empty_string")


def _text(text: str, place: str) -> str:
    if judging.HALF_CHARACTER.search(text):
        if not g.openai_is_utf8:
            message = f"Invalid '{place}': not Unicode: the request has bytes that are no UTF-8."
            raise Invalid(message, param=place, code="invalid_unicode")
        text = judging.HALF_CHARACTER.sub(judging.SHOWN_FOR_HALF, text)
    if not visibility.can_be_seen(text, unknown_tags=True):
        raise _empty(place)
    if len(text) > judging.LONGEST_TEXT:
        message = (
            f"Invalid '{place}': string too long. Expected a string with maximum length {judging.LONGEST_TEXT}, "
            f"but got a string with length {len(text)} instead."
        )
        raise Invalid(message, param=place, code="string_above_max_length")
    return without_meaningless(text)


def _model(name: object) -> str:
    """The model's name for the answer: as OpenAI does, the model behind an old alias, else the name itself."""
    if name is None:
        return _DEFAULT_MODEL
    if not isinstance(name, str):
        raise Invalid("Invalid type for 'model': expected a string.", param="model", code="invalid_type")
    if name.startswith("text-moderation-"):
        return _TEXT_MODEL
    if name.startswith("omni-moderation-") and len(name) < 60:
        return name
    raise Invalid(
        f"Invalid value for 'model': name one such as '{_DEFAULT_MODEL}'; all are answered by the same classifier.",
        param="model",
    )


def _judge(policy: Policy, inputs: _Inputs) -> list[dict[str, Any]]:
    """The results. Those of a picture and words are only known where the words alone are flagged."""
    said = judging.languages_said(policy)
    _require_judged(policy, inputs.texts, said)
    texts = list(inputs.texts.values())
    scores = judging.score(texts, [{"languages": said}] * len(texts)) if texts else []
    limits = [_thresholds(policy, text, said) for text in texts]
    if inputs.places is not None:
        found = dict(zip(inputs.texts, map(_result, scores, limits), strict=True))
        return [found.get(place) or _result({}, {}) for place in inputs.places]
    result = _result(_highest(scores), limits[0])
    if inputs.picture is not None and not result["flagged"]:
        raise _no_pictures(inputs.picture)
    return [result]


def _require_judged(policy: Policy, texts: Mapping[str, str], said: Sequence[str]) -> None:
    for place, text in texts.items():
        if judging.treatment(policy, text, said) == "hold":
            message = (
                f"Invalid '{place}': it is in a language that this server cannot judge, or that this site holds "
                f"({judging.classifier().detected_language(text)}), so nothing was scored."
            )
            raise Invalid(message, param=place, code="unsupported_language")


def _highest(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {label: max(row[label] for row in scores) for label in scores[0]}


def _thresholds(policy: Policy, text: str, said: Sequence[str]) -> Mapping[str, Threshold]:
    """Those of the text's language. Texts that are one input share those of the first."""
    return policy.thresholds_in(judging.classifier().language(text, said)) if policy.presets else policy.thresholds


def _result(scores: Mapping[str, float], thresholds: Mapping[str, Threshold]) -> dict[str, Any]:
    """A result. A category is flagged where the site's policy would flag its labels."""
    categories = {}
    scored = {
        category: labels if all(label in scores for label in labels) else () for category, labels in CATEGORIES.items()
    }
    for category, labels in scored.items():
        limits = [thresholds[label].flag_at if label in thresholds else None for label in labels]
        reached = [limit is not None and scores[label] >= limit for label, limit in zip(labels, limits, strict=True)]
        categories[category] = any(reached) if category in _EITHER else bool(reached) and all(reached)
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": {
            category: (max if category in _EITHER else min)((scores[label] for label in labels), default=0.0)
            for category, labels in scored.items()
        },
        "category_applied_input_types": {category: ["text"] if labels else [] for category, labels in scored.items()},
    }


def _may_flag() -> bool:
    return request.endpoint == "openai.moderate" and refusals.flags_unjudged()


def _flag(why: str) -> Response:
    """The answer that a person has to look, for each text of the request, in every category that we have a label for.

    That these list no kind of input says that nobody looked.
    """
    categories = {category: bool(labels) for category, labels in CATEGORIES.items()}
    result = {
        "flagged": True,
        "categories": categories,
        "category_scores": {category: float(is_flagged) for category, is_flagged in categories.items()},
        "category_applied_input_types": {category: [] for category in CATEGORIES},
    }
    document = {"id": f"modr-{secrets.token_hex(16)}", "model": _DEFAULT_MODEL, "results": [result] * _results_asked()}
    return refusals.say_held(_answer(document), why)


def _results_asked() -> int:
    """How many results the program waits for."""
    try:
        document = _document()
    except (Problem, HTTPException):
        return 1
    inputs = document.get("input") if isinstance(document, dict) else None
    if not isinstance(inputs, list) or not all(isinstance(item, str) for item in inputs):
        return 1
    return min(max(1, len(inputs)), MAX_INPUTS)


def _error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
) -> Response:
    return _answer({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


def _answer(document: dict[str, Any], status: int = 200) -> Response:
    body = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return Response(body, status, content_type="application/json")
