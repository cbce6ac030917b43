"""Why a request of a drop-in protocol has no verdict. Each protocol says it in the words of the original service."""

from __future__ import annotations

import math
import traceback
from typing import Literal

from flask import Response, g

from service.context import context

Kind = (
    Literal["no_key", "wrong_key", "too_many_wrong_keys", "not_allowed", "archived", "too_many"]
    | Literal["not_scored", "unavailable", "too_large", "too_long", "no_text", "unreadable", "refused", "internal"]
)

#: A refusal's kind -> its name in `history/calls.py`, where that differs.
_COUNTED_AS = {
    "too_many_wrong_keys": "too_many",
    "refused": "malformed",
    "unreadable": "malformed",
    "too_long": "too_large",
    "no_text": "missing_field",
}
#: The header that says why a text was not judged. No client knows it, so none takes it for a failure.
_WHY_HELD = "X-winnow-held"


class Refusal(Exception):
    """Why a request is not answered.

    Args:
        status: the HTTP status by which the server itself refuses it, where the kind is `refused`.
        retry_after: the seconds after which a client may ask again.
    """

    def __init__(self, kind: Kind, *, status: int = 400, retry_after: float | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.headers = {"Retry-After": str(math.ceil(retry_after))} if retry_after else {}

    @property
    def counted_as(self) -> str:
        """Its name in `history/calls.py`."""
        return _COUNTED_AS.get(self.kind, self.kind)


def note(kind: str, *, field_name: str | None = None) -> None:
    """Note why the current call has no verdict (one of `calls.REFUSED`), and for the log the name of a field."""
    g.call_refused, g.call_lacks = kind, field_name


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


def without_message(error: Exception) -> dict[str, str]:
    """A failure for the log: its type and place, but not its message, which may quote a comment."""
    return {"error": type(error).__name__, "where": "".join(traceback.format_tb(error.__traceback__))}
