"""Accepts plain comments on the event loop, without Flask and without a thread for each.

Nearly every request of a busy site is plain: a new comment as JSON, under a key that was used a moment ago, with
nothing wrong in it. Flask and the change of threads around it cost more than all that is done for it. Whatever is not
plain in every way is left to Flask, which decides about it as if it had not been looked at; so every refusal is made in
one place. What was submitted here and was not simply accepted is answered by Flask, too, and is not submitted again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from flask import Flask

from moderation.intake.submissions import Outcome, Request, Submission
from moderation.settings import Settings
from service import requests
from service.answering.threads import Results
from service.api import bodies, comments
from service.api.answers import show_comment
from service.api.routing import encoded
from service.api.schemas import SubmissionSchema
from service.api.state import State
from service.problems import Problem
from service.requests import Begun

_METHOD, _ROUTE = "POST", "/api/v1/comments"
_RAW_PATH = _ROUTE.encode()
_BEARER = b"Bearer "
#: Headers with which a request is not plain.
_ASKS_MORE = frozenset({b"prefer", b"content-encoding"})
#: A larger body would keep the event loop from other requests for too long.
MOST_BYTES = 4 * 1024
#: How often it is looked for submissions whose turn does not come, in seconds.
_LOOK_SECONDS = 0.25


class Answer(NamedTuple):
    """An answer whose length is known."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Left(NamedTuple):
    """A request that is left to Flask, with what its environment has to say of what was done already."""

    environ: Mapping[str, Any] = {}


_UNTOUCHED = Left()


class Accepting:
    """What accepts plain comments in a web process. For one event loop."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._api: State = app.extensions["winnow_api"]
        self._schema = SubmissionSchema()
        self._ends = requests.Ends(settings)
        self._largest = min(MOST_BYTES, settings.max_body_bytes)
        #: Gathered in this turn of the event loop; handed over at its end.
        self._fresh: list[tuple[Request, Callable[[Outcome | Exception], None]]] = []
        self._under_way = 0
        self._results: Results | None = None

    async def answer(self, scope: Mapping[str, Any], body: bytes) -> Answer | Left:
        """Accept the comment of a request, if it is plain in every way."""
        if scope["raw_path"] != _RAW_PATH or scope["method"] != _METHOD or scope["query_string"]:
            return _UNTOUCHED
        headers = dict(scope["headers"])
        if len(body) > self._largest or len(headers) != len(scope["headers"]) or not _ASKS_MORE.isdisjoint(headers):
            return _UNTOUCHED
        read = self._read(headers, body)
        if read is None:
            return _UNTOUCHED
        site_id, submission, key = read
        own_id, parent = (headers.get(name, b"").decode("latin-1") for name in (b"x-request-id", b"traceparent"))
        begun = requests.begin(_METHOD, _ROUTE, own_id, parent or None)
        became = await self._submit(Request(site_id, submission, key, begun.cause))
        if isinstance(became, Exception) or became.kind != "accepted" or became.comment is None:
            self._api.requests.give_back(site_id)  # Flask takes it
            return Left({requests.BEGUN: begun, comments.BECAME: became})
        return self._accepted(begun, site_id, became)

    def _read(self, headers: Mapping[bytes, bytes], body: bytes) -> tuple[str, Submission, str | None] | None:
        """The site, what it submits, and under which key it may send it again. None: the request is not plain."""
        authorization = headers.get(b"authorization", b"")
        if headers.get(b"content-type") != b"application/json" or not authorization.startswith(_BEARER):
            return None
        try:
            caller = self._api.keys.remembered(authorization[len(_BEARER) :].decode("ascii"))
            if caller is None or caller.is_archived:
                return None
            valid = self._schema.read_valid(bodies.parse(body))
            key = comments.read_idempotency_key(headers.get(b"idempotency-key", b"").decode("ascii"))
        except (Problem, UnicodeDecodeError):
            return None
        if valid is None or self._api.requests.take(caller.site_id):
            return None
        return caller.site_id, Submission(**valid), key

    async def _submit(self, request: Request) -> Outcome | Exception:
        loop = asyncio.get_running_loop()
        if self._results is None:
            self._results = Results(loop)
        became: asyncio.Future[Outcome | Exception] = loop.create_future()
        if not self._fresh:  # all requests that are there already come first
            loop.call_soon(self._hand_over)
        self._fresh.append((request, partial(self._results.give, became)))
        if not self._under_way:
            loop.call_later(_LOOK_SECONDS, self._look)
        self._under_way += 1
        try:
            return await became
        finally:
            self._under_way -= 1

    def _hand_over(self) -> None:
        fresh, self._fresh = self._fresh, []
        self._api.intake.hand_over(fresh)

    def _look(self) -> None:
        self._api.intake.refuse_overdue()
        if self._under_way:
            asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def _accepted(self, begun: Begun, site_id: str, outcome: Outcome) -> Answer:
        comment = outcome.comment
        assert comment is not None
        body = encoded(show_comment(comment))
        headers = [
            (b"location", comments.address_of(comment).encode()),
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", begun.id.encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        self._ends.end(begun, _METHOD, _ROUTE, 202, site_id)
        return Answer(202, headers, body)
