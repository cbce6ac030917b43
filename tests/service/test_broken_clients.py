"""What broken clients send: the answer names the fault, and nothing is lost, stored twice, or taken for clean."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from service import asgi
from tests.service.compat.test_coral import request_of, signed
from tests.support.comments import rows

pytestmark = pytest.mark.one_database

ROUTE = "/api/v1/comments"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BODY = b'{"name": "Ada", "comment": "A thoughtful remark."}'
FIELDS = b"name=Ada&comment=A+thoughtful+remark."
BOM = b"\xef\xbb\xbf"


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same at each collection


Answer = tuple[int, dict[str, Any]]
Send = Callable[..., Answer]


@pytest.fixture
def raw(app: Flask, settings: Settings, site: CreatedSite) -> Iterator[Send]:
    """Sends a request as the web server hands it on: bytes of a header, and what arrives of a body."""
    served = asgi.WholeRequests(app, settings)
    authorized = (b"authorization", f"Bearer {site.api_key}".encode())

    async def ask(messages: list[dict[str, Any]], headers: list[tuple[bytes, bytes]]) -> Answer:
        sent: list[Any] = []
        scope = {
            "type": "http",
            "method": "POST",
            "path": ROUTE,
            "raw_path": ROUTE.encode(),
            "query_string": b"",
            "scheme": "http",
            "http_version": "1.1",
            "headers": [authorized, (b"content-type", JSON.encode()), *headers],
        }

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await served(scope, receive, send)
        return sent[0]["status"], json.loads(b"".join(message["body"] for message in sent[1:]))

    runner = asyncio.Runner()
    with ThreadPoolExecutor(1) as thread:  # in this one a browser's event loop may run
        yield lambda *messages, headers=(): thread.submit(runner.run, ask([*messages], [*headers])).result()
        thread.submit(runner.close).result()


@pytest.mark.parametrize("key", ["café".encode(), b"caf\xe9", b"\xff"])
def test_a_key_for_repetitions_that_cannot_be_read_is_refused_instead_of_left_out(
    raw: Send, store: Store, key: bytes
) -> None:
    for _ in range(2):
        status, problem = raw({"type": "http.request", "body": BODY}, headers=[(b"idempotency-key", key)])
        assert (status, list(problem["errors"])) == (422, ["Idempotency-Key"])
    assert not rows(store, Comment)


@pytest.mark.parametrize("arrived", [[], [{"type": "http.request", "body": BODY[:20], "more_body": True}]])
def test_a_body_that_breaks_off_is_answered_and_not_stored(raw: Send, store: Store, arrived: list[Any]) -> None:
    status, problem = raw(*arrived, {"type": "http.disconnect"})
    assert (status, problem["type"]) == (400, "/api/docs#problem-malformed")
    assert "broke off" in problem["detail"]
    assert not rows(store, Comment)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"a.example"), (b"host", b"b.example")],
        [(b"content-length", b"50"), (b"content-length", b"50")],
        [(b"transfer-encoding", b"chunked"), (b"content-length", b"50")],
        [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"chunked, chunked")],
        [(b"transfer-encoding", b"gzip, chunked")],
    ],
)
def test_a_request_that_a_proxy_may_have_read_otherwise_is_refused(
    raw: Send, store: Store, headers: list[tuple[bytes, bytes]]
) -> None:
    status, problem = raw({"type": "http.request", "body": BODY}, headers=headers)
    assert (status, problem["type"]) == (400, "/api/docs#problem-malformed")
    assert not rows(store, Comment)
    once = [(b"host", b"a.example"), (b"transfer-encoding", b"Chunked")]
    assert raw({"type": "http.request", "body": BODY}, headers=once)[0] == 202


@pytest.mark.parametrize(
    ("content_type", "body", "headers", "status", "says"),
    [
        (JSON, packed(BODY), {"Content-Encoding": "gzip"}, 415, "uncompressed: gzip"),
        (JSON, packed(BODY), {}, 415, "uncompressed: gzip"),
        (JSON, zlib.compress(BODY), {"Content-Encoding": "Deflate"}, 415, "uncompressed: deflate"),
        (JSON, BODY, {"Content-Encoding": "identity, br"}, 415, "uncompressed: br"),
        (FORM, packed(FIELDS), {"Content-Encoding": "gzip"}, 415, "uncompressed: gzip"),
        (FORM, BODY, {}, 415, "set the Content-Type to application/json"),
        (FORM, BOM + b" \n" + BODY, {}, 415, "set the Content-Type to application/json"),
        (FORM, b"[" + BODY + b"]", {}, 415, "set the Content-Type to application/json"),
        (JSON, b'{"name": "A\0a"}', {}, 400, "Invalid control character at line 1, column 12."),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_what_to_do(
    client: FlaskClient, store: Store, content_type: str, body: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    for route in (ROUTE, "/api/v1/check"):
        answer = client.post(route, data=body, content_type=content_type, headers=headers)
        assert answer.status_code == status
        assert says in answer.get_json()["detail"]
    assert not rows(store, Comment)


def test_a_compressed_batch_is_refused_as_one(client: FlaskClient) -> None:
    answer = client.post(f"{ROUTE}/batch", data=packed(BODY), content_type="application/x-ndjson")
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "identity")


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        (JSON, BOM + BODY, {}),
        (FORM, BOM + FIELDS, {}),
        (JSON, BODY, {"Content-Encoding": "utf-8"}),
        (JSON, BODY, {"Content-Encoding": "identity"}),
    ],
)
def test_what_is_odd_but_clear_is_taken(
    client: FlaskClient, content_type: str, body: bytes, headers: dict[str, str]
) -> None:
    assert client.post(ROUTE, data=body, content_type=content_type, headers=headers).status_code == 202


@pytest.mark.parametrize(("path", "query"), [("/api/v1/threads/{}/comments", ""), ("/api/v1/comments", "thread={}")])
def test_an_address_that_is_not_utf_8_is_refused_instead_of_found_empty(
    client: FlaskClient, path: str, query: str
) -> None:
    def status(written: bytes) -> int:
        environ = {"PATH_INFO": path.format(written.decode("latin-1")), "QUERY_STRING": query.format(quote(written))}
        return client.get("/", environ_overrides=environ).status_code

    assert status(b"caf\xe9") == 400
    assert [status(text.encode()) for text in ("café", "\ufffd")] == [200, 200]


def test_a_slash_too_many_is_named(client: FlaskClient) -> None:
    assert "with a slash at its end" in client.post(f"{ROUTE}/", json={}).get_json()["detail"]
    assert "slash" not in client.get("/api/v1/nothing").get_json()["detail"]


@pytest.mark.parametrize("moment", [1612345678, 1612345678.5, True, ["2026-11-23"]])
def test_a_moment_that_is_no_text_is_told_its_form(client: FlaskClient, moment: object) -> None:
    answer = client.post(ROUTE, json={"name": "Ada", "comment": "x", "created_at": moment})
    assert answer.get_json()["errors"] == {
        "created_at": ["Give a moment with its offset, such as 2026-11-23T18:30:00Z."]
    }


class TestDropInProtocols:
    """A text given twice may be one that the reader sees and one that was typed to be judged: nobody judges it."""

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/v1/moderations", b'{"input": "toxicity=0.95", "input": "fine"}'),
            (
                "/v1alpha1/comments:analyze?key=KEY",
                b'{"comment": {"text": "toxicity=0.95", "text": "fine"}, "requestedAttributes": {"TOXICITY": {}}}',
            ),
        ],
    )
    def test_a_name_given_twice_and_what_cannot_be_unpacked_are_refused(
        self, scored: Flask, site: CreatedSite, path: str, body: bytes
    ) -> None:
        client = scored.test_client()
        path, bearer = path.replace("KEY", site.compat_key), {"Authorization": f"Bearer {site.compat_key}"}
        broken = packed(body)[:-9]
        for sent, coding, says in (
            (body, "identity", "given twice"),
            (packed(body), "gzip", "given twice"),
            (broken, "gzip", "cannot be unpacked"),
            (zlib.compress(body), "deflate", "uncompressed: deflate"),
        ):
            answer = client.post(path, data=sent, content_type=JSON, headers=bearer | {"Content-Encoding": coding})
            assert (answer.status_code, says in answer.get_json()["error"]["message"]) == (400, True)

    @pytest.mark.parametrize(
        ("path", "body", "too_large"),
        [
            ("/v1/moderations", b'{"input": "insult=0.95"%s}', 413),
            (
                "/v1alpha1/comments:analyze?key=KEY",
                b'{"comment": {"text": "insult=0.95"}, "requestedAttributes": {"INSULT": {}}%s}',
                400,
            ),
        ],
    )
    def test_a_body_packed_by_gzip_is_read_as_googles_clients_for_java_and_dotnet_send_it(
        self, scored: Flask, site: CreatedSite, path: str, body: bytes, too_large: int
    ) -> None:
        path, bearer = path.replace("KEY", site.compat_key), {"Authorization": f"Bearer {site.compat_key}"}
        for spaces, status in ((0, 200), (1_400_000, too_large)):
            answer = scored.test_client().post(
                path,
                data=packed(body.replace(b"%s", b" " * spaces)),
                content_type="application/json; charset=UTF-8",
                headers=bearer | {"Content-Encoding": "gzip"},
            )
            assert (answer.status_code, b"0.95" in answer.get_data()) == (status, status == 200)

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/v1/moderations/", b'{"input": "toxicity=0.95"}'),
            (
                "/v1alpha1/comments:analyze/?key=KEY",
                b'{"comment": {"text": "toxicity=0.95"}, "requestedAttributes": {"TOXICITY": {}}}',
            ),
        ],
    )
    def test_a_byte_order_mark_and_a_slash_do_not_matter(
        self, scored: Flask, site: CreatedSite, path: str, body: bytes
    ) -> None:
        path, bearer = path.replace("KEY", site.compat_key), {"Authorization": f"Bearer {site.compat_key}"}
        answer = scored.test_client().post(path, data=BOM + body, content_type=JSON, headers=bearer)
        assert answer.status_code == 200

    def test_coral_hears_that_a_person_has_to_look(
        self, scored: Flask, store: Store, settings: Settings, site: CreatedSite
    ) -> None:
        with store.write() as session:
            sites.set_secret(session, settings, site.id, "coral", "secret")
        fine = json.dumps(request_of("fine")).encode()
        twice = fine.replace(b'"body"', b'"body": "toxicity=0.95", "body"')
        for path in ("/coral/phase", "/coral/phase/"):
            for body, status in ((twice, 200), (packed(fine), 200), (fine, 204), (BOM + fine, 204)):
                answer = scored.test_client().post(
                    f"{path}?site={site.id}", data=body, headers={"X-Coral-Signature": signed(body, "secret")}
                )
                assert answer.status_code == status
                assert status == 204 or answer.get_json() == {"status": "SYSTEM_WITHHELD"}
