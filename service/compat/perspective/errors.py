"""Perspective's errors in the form of Google's servers: clients read `details[0].errorType` and the message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.sites.archive import CLOSED
from service.compat.perspective.protobuf import Malformed
from service.compat.refusals import Kind, Refusal
from service.compat.routes import MAX_BODY_BYTES

_SERVICE = "commentanalyzer.googleapis.com"
_STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}

#: Errors that say nothing against the program that sent the request: its text was not judged.
OF_THE_TEXT = frozenset({"COMMENT_EMPTY", "COMMENT_TOO_LONG"})
_COUNTED_AS = {
    "COMMENT_EMPTY": "missing_field",
    "NO_REQUESTED_ATTRIBUTES": "missing_field",
    "COMMENT_TOO_LONG": "too_large",
}


class Invalid(Exception):
    """A well-formed request that is refused. `members` are further members of the detail.

    `counted_as` is its name in `history/calls.py`, where the type does not tell it.
    """

    def __init__(self, error_type: str, message: str, *, counted_as: str | None = None, **members: Any) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.counted_as = counted_as or _COUNTED_AS.get(error_type, "malformed")
        self.members = members


def unsupported(attribute: str, requested: list[str], detected: list[str], *, counted_as: str) -> Invalid:
    """The error for an attribute without a score in the text's language."""
    languages = requested or detected
    about: dict[str, Any] = {"detectedLanguages": detected}
    if requested:
        about["requestedLanguages"] = requested
    return Invalid(
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        f"Attribute {attribute} does not support request languages: {', '.join(languages)}",
        counted_as=counted_as,
        languageNotSupportedByAttributeError=about | {"attribute": attribute},
    )


def of_invalid(error: Invalid) -> dict[str, Any]:
    """The body for an invalid request."""
    detail = {"@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error", "errorType": error.error_type}
    return document(400, str(error), [detail | error.members])


def of_malformed(error: Malformed) -> dict[str, Any]:
    """The body for a malformed request."""
    violation = {"field": error.field, "description": str(error)} if error.field else {"description": str(error)}
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return document(400, str(error), [detail])


def of_refusal(refusal: Refusal) -> dict[str, Any]:
    """The body for a refusal. Its `code` is the status."""
    return _BODIES.get(refusal.kind, _INVALID)


def document(code: int, message: str, details: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The body of an error."""
    error: dict[str, Any] = {"code": code, "message": message, "status": _STATUS.get(code, "UNKNOWN")}
    return {"error": error | ({"details": details} if details else {})}


def _info(reason: str, **metadata: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": _SERVICE} | metadata,
    }


_TOO_MANY = document(
    429,
    f"Quota exceeded for quota metric 'Analysis requests (AnalyzeComment)' of service '{_SERVICE}'.",
    [_info("RATE_LIMIT_EXCEEDED")],
)
_AWAY = document(503, "The service is currently unavailable.")
_WRONG_KEY = "API key not valid. Please pass a valid API key."
_INVALID = document(400, "Request contains an invalid argument.")
_BODIES: Mapping[Kind, dict[str, Any]] = {
    "no_key": document(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
    ),
    "wrong_key": document(
        400,
        _WRONG_KEY,
        [
            _info("API_KEY_INVALID"),
            {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": _WRONG_KEY},
        ],
    ),
    "too_many_wrong_keys": _TOO_MANY,
    "not_allowed": document(
        403,
        "Requests from this page, or to this method, are blocked for this API key. "
        "A browser key scores, on the pages that it is bound to; feedback takes the compat key, from a server.",
        [_info("API_KEY_HTTP_REFERRER_BLOCKED")],
    ),
    "archived": document(403, CLOSED, [_info("SITE_ARCHIVED")]),
    "too_many": _TOO_MANY,
    "too_large": document(400, f"Request payload size exceeds the limit: {MAX_BODY_BYTES} bytes."),
    "not_scored": _AWAY,
    "unavailable": _AWAY,
    "internal": document(500, "Internal error encountered."),
}
