"""Bodies are read strictly, and whoever sent one that cannot be read is told what is wrong and where."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from service.api import bodies, cursors
from service.form_encoding import URLENCODED
from service.problems import MOST_ERRORS, Problem, invalid

app = Flask(__name__)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"{}", {}),
        (b' [1, "a", null, true] ', [1, "a", None, True]),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),  # a byte order mark, as Windows writes it
        ('{"ü": "\\u00fc"}'.encode(), {"ü": "ü"}),
        (b"1e308", 1e308),
    ],
)
def test_json_is_read(data: bytes, value: Any) -> None:
    assert bodies.parse(data) == value


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "The body is not valid JSON: Expecting value at line 1, column 1."),
        (b'{"a": 1,\n "b": }', "The body is not valid JSON: Expecting value at line 2, column 7."),
        (b'{"a" 1}', "The body is not valid JSON: Expecting ':' delimiter at line 1, column 6."),
        (b'{"a": "x', "The body is not valid JSON: Unterminated string starting at line 1, column 7."),
        (b"{} {}", "The body is not valid JSON: Extra data at line 1, column 4."),
        (b'{"a": "caf\xe9"}', "The body is not UTF-8: byte 10 cannot be read."),
        (b"[" * 100_000, "The body is not usable JSON: its lists or objects are nested too deeply."),
        (b"1" * 5_000, "The body is not usable JSON: a number in it has too many digits."),
        # What JSON has no word for, and what Python would take all the same.
        (b"NaN", "The body is not valid JSON: NaN is not a JSON value."),
        (b"[-Infinity]", "The body is not valid JSON: -Infinity is not a JSON value."),
        # Which of the two counts, nobody knows.
        (b'{"b": 1, "a": 2, "a": 3}', 'The body is not usable JSON: "a" is given twice.'),
        (b'[{"x": {"b\\n": 1, "b\\n": 1}}]', 'The body is not usable JSON: "b\\n" is given twice.'),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_what_is_no_json_says_where(data: bytes, detail: str) -> None:
    with pytest.raises(Problem) as refused:
        bodies.parse(data)
    assert (refused.value.status, refused.value.detail) == (400, detail)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )
)
def test_whatever_json_can_say_is_read_as_it_was_said(value: Any) -> None:
    assert bodies.parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name", '"name"'),
        ("ü", '"ü"'),
        ("a\nb", '"a\\nb"'),
        ("\u202e", '"\\u202e"'),
        ("x" * 61, f'"{"x" * 60}…"'),
        ('"', '"\\""'),
    ],
)
def test_a_name_is_repeated_short_and_printable(text: str, shown: str) -> None:
    assert bodies.shown(text) == shown


def reading(data: bytes, content_type: str | None, *, compressed: str | None = None) -> Any:
    headers = {} if compressed is None else {"Content-Encoding": compressed}
    with app.test_request_context("/", method="POST", data=data, content_type=content_type, headers=headers):
        return bodies.read_object(limit=100, forms=True)


@pytest.mark.parametrize(
    ("data", "content_type", "value"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/json; charset=utf-8", {"a": 1}),
        (b'{"a": 1}', "text/json", {"a": 1}),
        (b'{"a": 1}' + b" " * 92, "application/json", {"a": 1}),  # a hundred bytes are not too many
        (b"a=1&b=x+y", URLENCODED, {"a": "1", "b": "x y"}),
        (b"a=%C3%BC", f"{URLENCODED}; charset=UTF-8", {"a": "ü"}),
    ],
)
def test_an_object_or_a_form_is_read(data: bytes, content_type: str, value: Any) -> None:
    assert reading(data, content_type) == value


@pytest.mark.parametrize(
    ("data", "content_type", "status", "detail"),
    [
        (b"[]", "application/json", 400, "The body must be a JSON object, not a list."),
        (b'"a"', "application/json", 400, "The body must be a JSON object, not a string."),
        (b"7", "application/json", 400, "The body must be a JSON object, not a number."),
        (b"true", "application/json", 400, "The body must be a JSON object, not true or false."),
        (b"null", "application/json", 400, "The body must be a JSON object, not null."),
        (b"x" * 101, "application/json", 413, "The body is larger than the 100 bytes that this route takes."),
        (b"{}", "text/plain", 415, 'Send application/json or a form: "text/plain" is not understood here.'),
        (b"{}", None, 415, "Set the Content-Type to application/json or a form."),
        (b"{}", "application/json; charset=utf-16", 415, 'Send UTF-8: the charset "utf-16" is not understood.'),
        (b"{}", "application/json; charset=latin1", 415, 'Send UTF-8: the charset "latin1" is not understood.'),
        # As `curl -d` sends JSON by itself.
        (b'{"a": 1}', URLENCODED, 415, "This is JSON, sent as a form: set the Content-Type to application/json."),
        (b' \n[{"a": 1}]', URLENCODED, 415, "This is JSON, sent as a form: set the Content-Type to application/json."),
        (b"a=1&b=2&a=3", URLENCODED, 400, 'The form gives "a" more than once.'),
        (b"a=caf%E9", URLENCODED, 415, 'Send UTF-8: "a" has a byte, 0xE9, that cannot be read.'),
        (b"a=1", f"{URLENCODED}; charset=koi8-r", 415, 'Send UTF-8: the charset "koi8-r" is not understood.'),
        (b"\x1f\x8b\x08\x00", "application/json", 415, "Send the body uncompressed: gzip is not understood here."),
    ],
)
def test_a_body_that_cannot_be_taken_says_what_to_send(
    data: bytes, content_type: str | None, status: int, detail: str
) -> None:
    with pytest.raises(Problem) as refused:
        reading(data, content_type)
    assert (refused.value.status, refused.value.detail) == (status, detail)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("gzip", False),
        ("GZIP", False),
        ("identity, br", False),
        ("x-gzip", False),
        ("utf-8", True),
        ("identity", True),
        ("", True),
    ],
)
def test_a_body_that_is_said_to_be_compressed_is_refused(said: str, taken: bool) -> None:
    if taken:
        assert reading(b"{}", "application/json", compressed=said) == {}
        return
    with pytest.raises(Problem, match="Send the body uncompressed") as refused:
        reading(b"{}", "application/json", compressed=said)
    assert refused.value.headers == {"Accept-Encoding": "identity"}


PACKED = gzip.compress(b"{}" * 50, mtime=0)


@pytest.mark.parametrize(
    ("data", "most", "unpacked"),
    [
        (b"{}", 1, b"{}"),
        (b"", 1, b""),
        (PACKED, 100, b"{}" * 50),
        (PACKED, 99, RequestEntityTooLarge),
        (PACKED[:-1], 100, Problem),
        (PACKED + PACKED, 100, Problem),
        (PACKED + b"{}", 100, Problem),
        (b"\x1f\x8b", 100, Problem),
        (b"\x1f\x8b" + b"x" * 50, 100, Problem),
        # A gigabyte of zeros takes a thousandth of that: no more of it is unpacked than is taken.
        (gzip.compress(bytes(1_000_000), mtime=0)[:-8], 100, RequestEntityTooLarge),
    ],
)
def test_a_body_is_unpacked_up_to_the_bytes_that_are_taken(
    data: bytes, most: int, unpacked: bytes | type[Exception]
) -> None:
    with app.test_request_context("/", method="POST"):
        if isinstance(unpacked, bytes):
            assert bodies.uncompressed(data, most=most) == unpacked
            return
        with pytest.raises(unpacked):
            bodies.uncompressed(data, most=most)


def listing(data: bytes, content_type: str, *, most: int = 3) -> list[Any]:
    with app.test_request_context("/", method="POST", data=data, content_type=content_type):
        found = bodies.read_list(limit=1000, most=most)
    return [str(one) if isinstance(one, Problem) else one for one in found]


@pytest.mark.parametrize(
    ("data", "content_type", "found"),
    [
        (b'[1, {"a": 2}]', "application/json", [1, {"a": 2}]),
        (b"[1]", "application/json", [1]),
        (b'{"a": 1}\n\n{"b": 2}\n', "application/x-ndjson", [{"a": 1}, {"b": 2}]),
        (b'{"a": 1}\r\n{"b": 2}', "application/jsonl", [{"a": 1}, {"b": 2}]),
        # A line that cannot be read is an outcome of its own, by its number.
        (
            b'{"a": 1}\n\n{"b": \n7',
            "application/ndjson",
            [{"a": 1}, "Line 3: The body is not valid JSON: Expecting value at line 1, column 7.", 7],
        ),
    ],
)
def test_a_list_is_read_in_either_form(data: bytes, content_type: str, found: list[Any]) -> None:
    assert listing(data, content_type) == found


@pytest.mark.parametrize(
    ("data", "content_type", "detail"),
    [
        (b"[]", "application/json", "Send between 1 and 3 at once; these are 0."),
        (b"[1, 2, 3, 4]", "application/json", "Send between 1 and 3 at once; these are 4."),
        (b"\n \n", "application/x-ndjson", "Send between 1 and 3 at once; these are 0."),
        (b"1\n2\n3\n4", "application/x-ndjson", "Send between 1 and 3 at once; these are 4."),
        (b"{}", "application/json", "The body must be a JSON list, not an object."),
        (b"[1]", "text/csv", "Send application/json (a list) or application/x-ndjson (one object on each line): "),
    ],
)
def test_a_list_that_is_none_or_too_long_is_refused(data: bytes, content_type: str, detail: str) -> None:
    with pytest.raises(Problem) as refused:
        listing(data, content_type)
    assert refused.value.detail.startswith(detail)


def test_a_problem_names_fifty_fields_at_most() -> None:
    problem = invalid({f"f{number:03}": ["Wrong."] for number in range(99)})
    assert problem.detail.startswith("99 fields are not valid: f000, f001")
    assert len(problem.detail) <= 500
    assert len(problem.document()["errors"]) == MOST_ERRORS
    assert invalid({"a": ["Wrong."]}).detail == "1 field is not valid: a."
    assert problem.document()["type"] == "/api/docs#problem-invalid"


parts = st.lists(
    st.text(max_size=9).filter(lambda text: "\0" not in text)
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)),
    max_size=3,
)


@given(parts)
def test_a_cursor_is_read_as_it_was_made_and_by_its_own_list_only(made: list[Any]) -> None:
    cursor = cursors.encode("comments", made)
    types: list[type] = [type(one) for one in made]
    assert cursors.decode("comments", cursor, types) == made
    for kind, others in (("queue", types), ("comments", [*types, str])):
        with pytest.raises(Problem, match="1 field is not valid: cursor"):
            cursors.decode(kind, cursor, others)


@pytest.mark.parametrize(
    ("parts", "types"),
    [
        (["a\0b"], [str]),
        (["\ud800"], [str]),
        ([2**53], [int]),
        ([True], [int]),
        ([1.5], [int]),
        (["1"], [int]),
        ([1], [str]),
        (["2026-01-01T00:00:00"], [datetime]),
        (["2026-13-01T00:00:00Z"], [datetime]),
        (["1899-01-01T00:00:00Z"], [datetime]),
        (["2201-01-01T00:00:00Z"], [datetime]),
        ([None], [str]),
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(parts: list[Any], types: list[type]) -> None:
    with pytest.raises(Problem):
        cursors.decode("comments", cursors.encode("comments", parts), types)


@pytest.mark.parametrize("cursor", ["", "x", "!!!!", "é", "bnVsbA", "W10", "A" * 100_000])
def test_any_other_text_is_no_cursor(cursor: str) -> None:
    with pytest.raises(Problem, match="cursor"):
        cursors.decode("comments", cursor, [str])


@pytest.mark.parametrize(("number", "limit", "shown", "more"), [(0, 2, 0, False), (2, 2, 2, False), (3, 2, 2, True)])
def test_a_page_has_a_cursor_where_there_is_more(number: int, limit: int, shown: int, more: bool) -> None:
    page, cursor = cursors.cut("comments", list(range(number)), limit, lambda row: [row])
    assert len(page) == shown
    assert (cursor is not None) is more
    if cursor is not None:
        assert cursors.decode("comments", cursor, [int]) == [page[-1]]
