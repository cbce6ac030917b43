"""The API's errors: `application/problem+json` (RFC 9457) with a flat map `errors`, field to sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from flask import Response, g

MEDIA_TYPE = "application/problem+json"

#: At most so many fields are named, so that a small request cannot have a large answer.
MOST_ERRORS = 50

#: Field -> sentences for the person who sent it.
Errors = Mapping[str, Sequence[str]]

#: Kind -> (status, title). A problem's `type` ends with the kind; /api/docs explains each kind.
KINDS = {
    "malformed": (400, "The request cannot be read"),
    "unauthorized": (401, "A valid site key is needed"),
    "archived": (403, "The site is archived"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This method is not allowed here"),
    "conflict": (409, "It is known with other content"),
    "stale": (409, "It has changed since"),
    "not-now": (409, "Not as things stand"),
    "erased": (410, "It was erased"),
    "too-large": (413, "The request is too large"),
    "unsupported-media-type": (415, "This content type is not understood"),
    "invalid": (422, "Some of it is not valid"),
    "too-many-requests": (429, "Too many requests"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (503, "Not possible at the moment"),
    "refused": (400, "The request was refused"),
}


class Problem(Exception):
    """Ends a request with this answer. `kind` is one of `KINDS`; `members` are further members of the document."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Errors | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status = status or KINDS[kind][0]
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.members = members

    def document(self) -> dict[str, Any]:
        """The answer's body, but for the request's id."""
        document: dict[str, Any] = {
            "type": f"/api/docs#problem-{self.kind}",
            "title": KINDS[self.kind][1],
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors is not None:
            named = islice(self.errors.items(), MOST_ERRORS)
            document["errors"] = {field: list(sentences) for field, sentences in named}
        return document | self.members

    def response(self) -> Response:
        """The answer, with the request's id."""
        body = self.document()
        if "request_id" in g:
            body["request_id"] = g.request_id
        return Response(json.dumps(body) + "\n", status=self.status, headers=self.headers, content_type=MEDIA_TYPE)


def invalid(errors: Errors) -> Problem:
    """The problem of a request that can be read as JSON or as a form, but has invalid fields."""
    count = len(errors)
    fields = ", ".join(sorted(islice(errors, MOST_ERRORS)))
    return Problem(
        "invalid", f"{count} field{'s are' if count > 1 else ' is'} not valid: {fields}."[:500], errors=errors
    )
