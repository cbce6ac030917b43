"""Plain comments are accepted without Flask, and nobody can tell: answers, refusals and rows are the same."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from moderation import store as store_module
from moderation import tracing
from moderation.intake.queues import Queues
from moderation.intake.submissions import Request
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from service import requests
from service.answering import accepting
from service.asgi import WholeRequests
from tests.support.comments import rows, stored, submission
from tests.support.waiting import eventually

ROUTE = "/api/v1/comments"
PLAIN = {"name": "Ada", "comment": "A thoughtful remark.", "ip": "192.0.2.7", "email": "ada@example.org"}
JSON = {"Content-Type": "application/json"}


class Asked(NamedTuple):
    """A request as the web server hands it on."""

    body: bytes
    headers: Mapping[str, str] = JSON
    method: str = "POST"
    path: str = ROUTE
    query: str = ""


class Answered(NamedTuple):
    """Its answer, and whether Flask made it."""

    status: int
    headers: dict[str, str]
    document: dict[str, Any]
    by_flask: bool


class Server:
    """`WholeRequests` without the web server around it. Each call of `ask` is an event loop of its own."""

    def __init__(self, app: Flask, settings: Settings, site: CreatedSite) -> None:
        self.app, self._settings, self._site = app, settings, site
        self.calls = 0
        answer = app.wsgi_app

        def count(environ: Any, start: Any) -> Iterable[bytes]:
            self.calls += 1
            return answer(environ, start)

        app.wsgi_app = count  # type: ignore[method-assign, assignment]
        app.extensions["winnow_api"].keys.caller_of(site.api_key)  # it was used a moment ago

    def ask(self, *asked: Asked, at_once: bool = False) -> list[Answered]:
        async def all_of_them() -> list[Answered]:
            whole = WholeRequests(self.app, self._settings)
            if at_once:
                return await asyncio.gather(*(self._one(whole, one) for one in asked))
            return [await self._one(whole, one) for one in asked]

        with ThreadPoolExecutor(1) as thread:  # in this one a browser's event loop may run
            return thread.submit(asyncio.run, asyncio.wait_for(all_of_them(), 20)).result()

    async def _one(self, whole: WholeRequests, asked: Asked) -> Answered:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:  # granian says only in a further message that nothing more comes
            return {"type": "http.request", "body": asked.body, "more_body": bool(asked.body)}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = {"Authorization": f"Bearer {self._site.api_key}", "Content-Length": str(len(asked.body))}
        before = self.calls
        scope = {
            "type": "http", "http_version": "1.1", "scheme": "http", "method": asked.method, "path": asked.path,
            "raw_path": asked.path.encode(), "query_string": asked.query.encode(), "client": ("127.0.0.1", 1),
            "headers": [(k.lower().encode(), v.encode()) for k, v in {**headers, **asked.headers}.items()],
        }  # fmt: skip
        await whole(scope, receive, send)
        head, body = sent
        told = {name.decode(): value.decode() for name, value in head["headers"]}
        return Answered(head["status"], told, json.loads(body["body"]), self.calls > before)


@pytest.fixture
def server(app: Flask, settings: Settings, site: CreatedSite) -> Server:
    return Server(app, settings, site)


def plain(**fields: Any) -> Asked:
    return Asked(json.dumps(PLAIN | fields).encode())


def without_what_differs(answered: Answered) -> tuple[Any, ...]:
    changing = ("id", "created_at", "accepted_at", "updated_at", "request_id", "statement_url")
    document = {name: value for name, value in answered.document.items() if name not in changing}
    headers = answered.headers | dict.fromkeys({"x-request-id", "location"} & answered.headers.keys(), "")
    return answered.status, headers, document


def test_a_plain_comment_is_accepted_without_flask_and_answered_as_flask_answers(
    server: Server, store: Store, queues: Queues
) -> None:
    quick, slow = server.ask(plain(thread="/1"), plain(thread="/1")._replace(query="x=1"))
    assert (quick.by_flask, slow.by_flask) == (False, True)
    assert without_what_differs(quick) == without_what_differs(slow)
    assert list(quick.document) == list(slow.document)
    assert quick.headers["location"] == f"{ROUTE}/{quick.document['id']}"
    row = stored(store, quick.document["id"])
    assert (row.name, row.ip, row.status) == ("Ada", "192.0.2.7", "pending")
    assert row.request_id == quick.headers["x-request-id"]
    assert {claim.comment_id for claim in queues.claim(10)} == {quick.document["id"], slow.document["id"]}


NOT_PLAIN = {
    "a wrong key": (plain()._replace(headers=JSON | {"Authorization": "Bearer wk_0_nobody"}), 401),
    "no key": (plain()._replace(headers=JSON | {"Authorization": ""}), 401),
    "broken JSON": (Asked(b'{"name": '), 400),
    "a name twice": (Asked(b'{"name": "Ada", "name": "Bob", "comment": "x"}'), 400),
    "a list": (Asked(b"[]"), 400),
    "nothing": (Asked(b""), 400),
    "an unknown field": (plain(colour="red"), 422),
    "an empty comment": (plain(comment=" "), 422),
    "no such parent": (plain(parent_id="c_01jqz0c9p4s0q9v1f6d7x8k2m3"), 422),
    "a bad key to repeat it": (plain()._replace(headers=JSON | {"Idempotency-Key": "x" * 201}), 422),
    "a form": (
        Asked(b"name=Ada&comment=Hello", {"Content-Type": "application/x-www-form-urlencoded"}),
        202,
    ),
    "a large one": (plain(comment="word " * 2000), 202),
    "to wait": (plain()._replace(headers=JSON | {"Prefer": "wait=0"}), 202),
    "another path": (plain()._replace(path="/api/v1/comments/"), 404),
    "another method": (plain()._replace(method="PUT"), 405),
}


@pytest.mark.one_database
def test_what_is_not_plain_is_left_to_flask(server: Server) -> None:
    for name, (asked, status) in NOT_PLAIN.items():
        (answered,) = server.ask(asked)
        assert (answered.status, answered.by_flask) == (status, True), name


def test_what_was_sent_before_is_known_and_stored_once(server: Server, store: Store) -> None:
    keyed = plain()._replace(headers=JSON | {"Idempotency-Key": "k1", "X-Request-Id": "mine"})
    first, again, other = server.ask(keyed, keyed, keyed._replace(body=plain(comment="Other words.").body))
    assert [first.status, again.status, other.status] == [202, 200, 409]
    assert first.document["id"] == again.document["id"] == other.document["current"]["id"]
    assert again.headers["x-request-id"] == other.document["request_id"] == "mine"
    assert len(rows(store, Comment)) == 1


@pytest.mark.one_database
def test_each_request_takes_one_from_the_rate_whoever_answers_it(
    make_app: Callable[..., Flask], settings: Settings, site: CreatedSite
) -> None:
    server = Server(make_app(rate_limit="4 per hour"), settings, site)
    known = plain(external_id="e1")
    answered = server.ask(known, known, known, plain(), plain())
    assert [one.status for one in answered] == [202, 200, 200, 202, 429]


@pytest.mark.one_database
def test_a_database_that_refuses_is_asked_once_and_told_as_503(
    server: Server, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuse(*_: object) -> None:
        tried.append(1)
        raise OperationalError("INSERT", None, Exception("disk is full"))

    monkeypatch.setattr(server.app.extensions["winnow"].store, "insert", refuse)
    answered = server.ask(plain(), plain(), at_once=True)
    assert [(one.status, one.headers["retry-after"]) for one in answered] == [(503, "2")] * 2
    assert tried == [1]  # they came together
    assert not rows(store, Comment)


@pytest.mark.one_database
def test_who_waits_behind_a_commit_that_hangs_is_told_in_time(
    server: Server, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.2)
    monkeypatch.setattr(accepting, "_LOOK_SECONDS", 0.05)
    intake = server.app.extensions["winnow_api"].intake
    intake._busy = True  # as if another thread committed, and did not come to an end
    (answered,) = server.ask(plain())
    assert answered.status == 503
    intake._busy = False
    assert not rows(store, Comment)
    assert [one.status for one in server.ask(plain())] == [202]


@pytest.mark.one_database
def test_many_at_once_share_transactions(server: Server, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = server.app.extensions["winnow"].store
    inserted, insert = list[int](), opened.insert

    def count(table: Any, found: Any) -> None:
        inserted.append(len(found))
        insert(table, found)

    monkeypatch.setattr(opened, "insert", count)
    answered = server.ask(*(plain(external_id=f"e{number}") for number in range(40)), at_once=True)
    assert {one.status for one in answered} == {202}
    assert [row.external_id for row in rows(store, Comment)] == [one.document["external_id"] for one in answered]
    assert sum(inserted) == 40
    assert len(inserted) <= 3


@pytest.mark.one_database
def test_its_line_and_its_span_are_those_of_any_request(
    server: Server, site: CreatedSite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Any] = []

    class Spans:
        traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

        def begin(self, name: str, *_: Any, **__: Any) -> Spans:
            ended.append(name)
            return self

        def end(self, *_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(tracing, "_in_use", [Spans()])
    (answered,) = server.ask(plain())
    assert not answered.by_flask
    assert ended == [f"POST {ROUTE}", "store comments", "queue comments"]
    line = capsys.readouterr().err.strip().splitlines()[-1]
    for part in ("request", f"route={ROUTE}", "status=202", site.id, answered.headers["x-request-id"], "4bf92f3577"):
        assert part in line


def test_a_line_is_json_where_that_is_asked_for(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    begun = requests.begin("POST", ROUTE, "mine", None)
    ends = requests.Ends(dataclasses.replace(settings, log_format="json"))
    ends.end(begun, "POST", ROUTE, 202, "s_1")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["request_id"], line["status"], line["site"]) == ("request", "mine", 202, "s_1")


def test_threads_and_what_is_handed_over_gather_for_one_commit(server: Server, site: CreatedSite) -> None:
    intake = server.app.extensions["winnow_api"].intake
    told: list[Any] = []
    intake.hand_over([(Request(site.id, submission(external_id=f"e{n}")), told.append) for n in range(3)])
    assert intake.submit(site.id, submission(external_id="waits")).kind == "accepted"
    eventually(lambda: len(told) == 3, what="all are told")
    assert {outcome.kind for outcome in told} == {"accepted"}
