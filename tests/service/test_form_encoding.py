"""Forms are read from their bytes: each value as it was sent, in whatever charset its part names."""

from __future__ import annotations

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from service import form_encoding
from service.form_encoding import MULTIPART, URLENCODED, Field, FormRequest

app = Flask(__name__)
app.request_class = FormRequest


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        (' "utf-8" ', "utf-8"),
        ("us-ascii", "utf-8"),
        # As browsers read these labels.
        ("iso-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("windows-1252", "cp1252"),
        ("iso-8859-9", "cp1254"),
        ("shift_jis", "cp932"),
        ("gb2312", "gb18030"),
        ("gbk", "gb18030"),
        ("big5", "big5hkscs"),
        ("euc-kr", "cp949"),
        ("euc-jp", "euc_jp"),
        ("koi8-r", "koi8-r"),
        ("windows-1251", "cp1251"),
        ("iso-8859-15", "iso8859-15"),
        # None of a form: what would turn bytes into other bytes, or text into text.
        ("utf-16", None),
        ("utf-7", None),
        ("base64", None),
        ("rot13", None),
        ("idna", None),
        ("nonsense", None),
        ("", None),
        (None, None),
        ("a\0b", None),
        ("utf-8" * 20, None),
    ],
)
def test_a_charset_is_one_that_a_form_may_be_in(charset: str | None, codec: str | None) -> None:
    assert form_encoding.codec(charset) == codec


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", []),
        (b"a=b", [(b"a", b"b")]),
        (b"a=b&c=d&a=e", [(b"a", b"b"), (b"c", b"d"), (b"a", b"e")]),
        (b"a=b+c%20d%2Be", [(b"a", b"b c d+e")]),
        (b"a=%E9&b=%zz&c=%", [(b"a", b"\xe9"), (b"b", b"%zz"), (b"c", b"%")]),
        (b"a=b=c", [(b"a", b"b=c")]),
        (b"a&=b&&c=", [(b"a", b""), (b"", b"b"), (b"c", b"")]),
        (b"a%5B0%5D=x", [(b"a[0]", b"x")]),
        (b"\xff=\xfe", [(b"\xff", b"\xfe")]),
    ],
)
def test_a_body_of_pairs_is_read_as_bytes(body: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    assert form_encoding.urlencoded(body) == [Field(name, value) for name, value in fields]
    with app.test_request_context("/", method="POST", data=body, content_type=URLENCODED):
        assert form_encoding.read_body() == ([Field(name, value) for name, value in fields], False)


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    with app.test_request_context("/", method="POST", data=b"\xef\xbb\xbfa=b", content_type=URLENCODED):
        assert form_encoding.read_body()[0] == [Field(b"a", b"b")]


def test_a_body_that_says_it_is_something_else_has_no_fields() -> None:
    for said, number in (("text/plain", 0), ("application/json", 0), ("", 1)):
        with app.test_request_context("/", method="POST", data=b"a=b", content_type=said):
            assert len(form_encoding.read_body()[0]) == number
            assert form_encoding.read_body(fields_of=form_encoding.urlencoded)[0] == [Field(b"a", b"b")]


def multipart(*parts: bytes, boundary: bytes = b"x") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def part(name: str, value: bytes, more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value


TYPED = 'Content-Disposition: form-data; name="b"\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "fields", "has_files"),
    [
        (multipart(part("a", b"one"), part("a", b"two")), [Field(b"a", b"one"), Field(b"a", b"two")], False),
        (multipart(part("a", b"\xff\x00\r\nx")), [Field(b"a", b"\xff\x00\r\nx")], False),
        (multipart(part("a", b"")), [Field(b"a", b"")], False),
        # A part may be in a charset of its own.
        (
            multipart(part("a", b"x"), TYPED.encode() + b"\xe9"),
            [Field(b"a", b"x"), Field(b"b", b"\xe9", "iso-8859-1")],
            False,
        ),
        # Files are left out, and told of.
        (multipart(part("a", b"x"), part("f", b"data", '; filename="x.txt"')), [Field(b"a", b"x")], True),
        (multipart(part("grüße", b"x")), [Field("grüße".encode(), b"x")], False),
    ],
)
def test_a_form_of_parts_is_read(body: bytes, fields: list[Field], has_files: bool) -> None:
    with app.test_request_context("/", method="POST", data=body, content_type=f"{MULTIPART}; boundary=x"):
        assert form_encoding.read_body() == (fields, has_files)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MULTIPART, multipart(part("a", b"x"))),
        (f"{MULTIPART}; boundary=", multipart(part("a", b"x"))),
        (f"{MULTIPART}; boundary=x", multipart(b"nonsense without a head")),
        # Cut off before its end: who knows what is missing.
        (f"{MULTIPART}; boundary=x", multipart(part("a", b"one"), part("b", b"two"))[:-7]),
    ],
)
def test_a_form_whose_parts_cannot_be_told_apart_is_refused(content_type: str, body: bytes) -> None:
    with app.test_request_context("/", method="POST", data=body, content_type=content_type), pytest.raises(BadRequest):
        form_encoding.read_body()


def test_a_form_has_no_more_parts_than_fit() -> None:
    body = multipart(*(part(f"a{number}", b"x") for number in range(4)))
    with app.test_request_context("/", method="POST", data=body, content_type=f"{MULTIPART}; boundary=x"):
        assert len(form_encoding.read_body(most=4)[0]) == 4
        with pytest.raises(RequestEntityTooLarge):
            form_encoding.read_body(most=3)


def test_on_a_page_a_byte_that_is_no_utf_8_takes_nothing_with_it() -> None:
    body = b"a=caf%E9&b=gr%C3%BCn&a=two"
    with app.test_request_context("/", method="POST", data=body, content_type=URLENCODED):
        assert request.form.to_dict(flat=False) == {"a": ["caf\ufffd", "two"], "b": ["grün"]}


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=5), st.binary(max_size=9)), max_size=4))
def test_whatever_bytes_are_encoded_come_back(pairs: list[tuple[bytes, bytes]]) -> None:
    def written(data: bytes) -> bytes:
        return b"".join(b"%%%02X" % byte for byte in data)

    body = b"&".join(written(name) + b"=" + written(value) for name, value in pairs)
    assert form_encoding.urlencoded(body) == [Field(name, value) for name, value in pairs]
