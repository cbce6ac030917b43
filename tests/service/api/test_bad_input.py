"""What is wrong with a request is said in a sentence for each field, with a 4xx, whatever was sent."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.store import Store
from moderation.tables import Comment
from tests.support.comments import rows

pytestmark = pytest.mark.one_database

ROUTE = "/api/v1/comments"
COMMENT = {"name": "Ada", "comment": "A thoughtful remark."}


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"comment": "x"}, "name", "Please enter your name here"),
        ({"name": "", "comment": "x"}, "name", "Please enter your name here"),
        ({"name": "  ", "comment": "x"}, "name", "Please enter your name here"),
        ({"name": None, "comment": "x"}, "name", "Please enter your name here"),
        ({"name": "Ada"}, "comment", "Please enter your comment!"),
        ({"name": "Ada", "comment": ""}, "comment", "Please enter your comment!"),
        ({"name": "Ada", "comment": " \n\t"}, "comment", "Please enter your comment!"),
        ({"name": "Ada", "comment": "\x07\x08"}, "comment", "Please enter your comment!"),
        ({"name": 1, "comment": "x"}, "name", "Give a text (a JSON string)."),
        ({"name": ["Ada"], "comment": "x"}, "name", "Give a text (a JSON string)."),
        ({"name": "A\nda", "comment": "x"}, "name", "It must not contain line breaks or other control characters."),
        ({"name": "A" * 201, "comment": "x"}, "name", "It has 201 characters; at most 200 fit."),
        ({"name": "Ada", "comment": "x" * 20001}, "comment", "It has 20,001 characters; at most 20,000 fit."),
        ({"name": "Ada", "comment": "a\0b"}, "comment", "It contains a NUL character."),
        (
            {"name": "\ud800", "comment": "x"},
            "name",
            "It contains half of a surrogate pair, which is no character.",
        ),
        (COMMENT | {"sender": "x"}, "sender", "There is no field of this name."),
        (COMMENT | {"ip": 3221225991}, "ip", "Give a text (a JSON string)."),
        (COMMENT | {"url": "javascript:x"}, "url", "Give an address that starts with http:// or https://."),
        (COMMENT | {"url": "http://"}, "url", "Give an address that starts with http:// or https://."),
        (COMMENT | {"url": "http://[::1"}, "url", "Give an address that starts with http:// or https://."),
        (COMMENT | {"language": "english please"}, "language", "Give a language tag such as en or pt-BR."),
        (
            COMMENT | {"created_at": "yesterday"},
            "created_at",
            "Give a moment with its offset, such as 2026-11-23T18:30:00Z.",
        ),
        (
            COMMENT | {"created_at": "2026-11-23T18:30:00"},
            "created_at",
            "Give a moment with its offset, such as 2026-11-23T18:30:00Z.",
        ),
        (
            COMMENT | {"created_at": "0001-01-01T00:00:00+14:00"},
            "created_at",
            "Give a moment with its offset, such as 2026-11-23T18:30:00Z.",
        ),
        (COMMENT | {"created_at": "2999-01-01T00:00:00Z"}, "created_at", "It lies in the future."),
    ],
)
def test_a_field_that_is_not_valid_is_named_with_a_sentence(
    client: FlaskClient, store: Store, sent: dict[str, Any], field: str, sentence: str
) -> None:
    response = client.post(ROUTE, data=json.dumps(sent), content_type="application/json")
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["errors"] == {field: [sentence]}
    assert not rows(store, Comment)


def test_every_wrong_field_is_named_at_once(client: FlaskClient) -> None:
    errors = client.post(ROUTE, json={"name": "", "url": "x", "\ud800": 1}).get_json()["errors"]
    assert set(errors) == {"name", "comment", "url", '"\\ud800"'}


def test_forms_are_answered_as_json_is(client: FlaskClient) -> None:
    form = client.post(ROUTE, data={"name": "", "sender": "x"})
    body = client.post(ROUTE, json={"name": "", "sender": "x"})
    assert form.status_code == body.status_code == 422
    assert form.get_json()["errors"] == body.get_json()["errors"]


def test_control_characters_left_by_word_processors_are_taken_out_of_a_comment(client: FlaskClient) -> None:
    sent = COMMENT | {"comment": "one\x0btwo\r\n\tthree \U0001f469\u200d\U0001f4bb\x85"}
    assert client.post(ROUTE, json=sent).get_json()["comment"] == "onetwo\r\n\tthree \U0001f469\u200d\U0001f4bb"


def test_a_forged_user_agent_is_cut_and_cleaned_rather_than_refused(client: FlaskClient) -> None:
    body = client.post(ROUTE, json=COMMENT | {"user_agent": "Mozilla\x1b[31m" + "x" * 2000}).get_json()
    assert body["user_agent"].startswith("Mozilla [31mxxx")
    assert len(body["user_agent"]) == 1000


def test_null_and_empty_count_as_left_out(client: FlaskClient) -> None:
    for nothing in (None, ""):
        optional = dict.fromkeys(("thread", "email", "url", "ip", "user_id", "language", "created_at"), nothing)
        assert client.post(ROUTE, json=COMMENT | optional).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b'{"name": NaN}',
        b'{"name": -Infinity}',
        b'{"name": "a", "name": "b"}',
        b"\xff\xfe{\x00}\x00",
        b'{"name": "\xff"}',
        b"[" * 10_000,
        b'{"name":' * 8_000,
        b'{"name": ' + b"9" * 10_000 + b"}",
        b"[]",
        b'"name"',
        b"null",
    ],
)
def test_a_body_that_is_no_json_object_is_a_400(client: FlaskClient, body: bytes) -> None:
    response = client.post(ROUTE, data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["detail"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/json; charset=utf-16", None])
def test_another_content_type_is_a_415(client: FlaskClient, content_type: str | None) -> None:
    response = client.post(ROUTE, data=b'{"name":"Ada"}', content_type=content_type)
    assert response.status_code == 415


def test_a_form_with_a_file_or_a_field_given_twice_is_a_400(client: FlaskClient) -> None:
    assert client.post(ROUTE, data=COMMENT | {"file": (io.BytesIO(b"x"), "x.txt")}).status_code == 400
    twice = client.post(ROUTE, data="name=a&name=b&comment=x", content_type="application/x-www-form-urlencoded")
    assert twice.status_code == 400


class TestSize:
    """320 KiB by default; what is over it is refused, never cut."""

    @staticmethod
    def body(size: int) -> bytes:
        start = b'{"name": "Ada", "comment": "x", "thread": "'
        return start + b"x" * (size - len(start) - 2) + b'"}'

    def test_a_body_over_the_limit_is_a_413(self, client: FlaskClient) -> None:
        assert client.post(ROUTE, data=self.body(327_680), content_type="application/json").status_code == 422
        response = client.post(ROUTE, data=self.body(327_681), content_type="application/json")
        assert response.status_code == 413
        assert "327,680 bytes" in response.get_json()["detail"]

    @pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
    def test_so_is_a_chunked_one_which_says_nothing_of_its_length(
        self, client: FlaskClient, store: Store, content_type: str
    ) -> None:
        body = b"name=Ada&comment=x&thread=" + b"x" * 330_000 if "form" in content_type else self.body(330_000)
        response = client.post(
            ROUTE,
            input_stream=io.BytesIO(body),
            content_type=content_type,
            environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        )
        assert response.status_code == 413
        assert not rows(store, Comment)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/comments/c_nothing", 404),
        ("GET", "/api/v1/comments/%00", 404),
        ("GET", "/api/v1/comments/" + "x" * 501, 404),
        ("GET", "/api/v1/comments?limit=0", 422),
        ("GET", "/api/v1/comments?limit=201", 422),
        ("GET", "/api/v1/comments?limit=x", 422),
        ("GET", "/api/v1/comments?limit=1&limit=2", 422),
        ("GET", "/api/v1/comments?status=approved", 422),
        ("GET", "/api/v1/comments?author=%00", 422),
        ("GET", "/api/v1/comments?page=2", 422),
        ("GET", "/api/v1/comments?updated_after=yesterday", 422),
        ("GET", "/api/v1/comments?cursor=x", 422),
        ("GET", "/api/v1/comments?cursor=WyJuZXdlc3QiLCAxXQ", 422),
        ("GET", "/api/v1/review-queue?cursor=WyJuZXdlc3QiLCAieCJd", 422),
    ],
)
def test_a_request_for_what_is_not_there_says_so(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "possible"),
    [
        ("PUT", "/api/v1/comments", "GET and POST are"),
        ("PUT", "/api/v1/comments/c_1", "DELETE, GET and PATCH are"),
        ("GET", "/api/v1/comments/c_1/decision", "POST is"),
    ],
)
def test_a_method_that_is_not_possible_is_answered_with_those_that_are(
    client: FlaskClient, method: str, path: str, possible: str
) -> None:
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert response.get_json()["detail"] == f"{method} is not possible here; {possible}."
    assert {"OPTIONS", *possible.replace(",", "").split()} - {"and", "is", "are"} <= set(
        response.headers["Allow"].split(", ")
    )


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-01-01T00:00:00",
        "",
        "x",
        None,
        1,
        [],
    ],
)
@pytest.mark.parametrize("place", [1, 2])
def test_a_cursor_with_a_moment_that_cannot_be_is_refused(client: FlaskClient, moment: object, place: int) -> None:
    parts: list[object] = ["updated", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "x"]
    parts[place] = moment
    cursor = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    response = client.get(f"/api/v1/comments?updated_after=2026-01-01T00:00:00Z&cursor={cursor}")
    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == ["cursor"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B23:59"])
def test_a_bookmark_far_away_is_no_fault_of_ours(client: FlaskClient, moment: str) -> None:
    assert client.get(f"/api/v1/comments?updated_after={moment}").status_code in {200, 422}


def test_an_idempotency_key_that_cannot_be_stored_is_refused(client: FlaskClient) -> None:
    response = client.post(ROUTE, json=COMMENT, headers={"Idempotency-Key": "k" * 201})
    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == ["Idempotency-Key"]
