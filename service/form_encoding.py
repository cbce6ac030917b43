"""Reads forms from their bytes: the only place where a body that is not JSON becomes fields.

Werkzeug reads forms as UTF-8 only. It leaves other bytes as `%FF`, or makes them U+FFFD in a multipart form, or gives
up the whole form for one byte. Here each value is the bytes that were sent, and the caller decides what they mean.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote_to_bytes

from flask import Request, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, File, MultipartDecoder, NeedData
from werkzeug.sansio.multipart import Field as Head

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"

#: The charsets that a form may be in: Python's name -> the codec that browsers use for that label.
_READ_AS = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
}
_READ_AS |= {
    name: name
    for name in (
        *("utf-8", "cp874", "cp932", "cp949", "gb18030", "big5hkscs", "euc_jp", "koi8-r", "koi8-u", "cp866"),
        *(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
        *(f"cp{number}" for number in range(1250, 1259)),
        *("mac-roman", "mac-cyrillic"),
    )
}


class _FormParser(FormDataParser):
    """Reads a page's own form. A byte that is no UTF-8 becomes U+FFFD, which people see, and takes nothing with it."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        if mimetype != URLENCODED:
            return super().parse(stream, mimetype, content_length, options)
        pairs = [
            (one.name.decode(errors="replace"), one.value.decode(errors="replace")) for one in urlencoded(stream.read())
        ]
        return stream, self.cls(pairs), self.cls()


class FormRequest(Request):
    """A request whose `form` is read by us, for pages. What brings comments reads its bytes by itself: `read_body`."""

    form_data_parser_class = _FormParser


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `charset` is the charset that its part of the form names; most name none."""

    name: bytes
    value: bytes
    charset: str | None = None


def codec(charset: str | None) -> str | None:
    """Python's codec for a charset that a client names; None for one that is not accepted."""
    try:
        return _READ_AS.get(codecs.lookup((charset or "")[:40].strip().strip("\"'")).name)
    except (LookupError, ValueError):
        return None


def declared_charset() -> str | None:
    """The charset that the request's Content-Type names."""
    return request.mimetype_params.get("charset")


def read_body(*, most: int = 1000, fields_of: Callable[[bytes], list[Field]] | None = None) -> tuple[list[Field], bool]:
    """The fields of the request's form, in order, and whether there are files, which are left out.

    `fields_of` reads a body that is URL-encoded, or whose Content-Type is anything but a multipart form.

    Raises:
        werkzeug.exceptions.HTTPException: the form is too large, has more than `most` parts, or is broken.
    """
    data = request.get_data(cache=True)
    if request.mimetype != MULTIPART:
        data = data.removeprefix(codecs.BOM_UTF8).lstrip()
        if fields_of is not None:
            return fields_of(data), False
        return urlencoded(data) if request.mimetype in {URLENCODED, ""} else [], False
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "ignore")
    if not boundary:
        raise BadRequest("The form says no boundary.")
    try:
        parts = list(_parts(data, boundary, most))
    except ValueError:
        raise BadRequest("The form is broken.") from None
    fields = [Field(head.name.encode(), value, _charset(head)) for head, value in parts if isinstance(head, Head)]
    return fields, len(fields) < len(parts)


def urlencoded(data: bytes) -> list[Field]:
    """The fields of a URL-encoded body or query."""
    return [pair_field(pair) for pair in data.split(b"&") if pair]


def pair_field(pair: bytes) -> Field:
    """One field, from `name=value`."""
    name, _, value = pair.partition(b"=")
    return Field(decoded(name), decoded(value))


def decoded(written: bytes) -> bytes:
    """The bytes of a URL-encoded name or value."""
    return unquote_to_bytes(written.replace(b"+", b" "))


def _parts(data: bytes, boundary: bytes, most: int) -> Iterator[tuple[Head | File, bytes]]:
    decoder = MultipartDecoder(boundary, max_parts=most)
    decoder.receive_data(data)
    decoder.receive_data(None)
    head: Head | File | None = None
    value: list[bytes] = []
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, Head | File):
            head, value = event, []
        elif isinstance(event, Data) and head is not None:
            value.append(event.data)
            if not event.more_data:
                yield head, b"".join(value)


def _charset(head: Head) -> str | None:
    return parse_options_header(head.headers.get("content-type", ""))[1].get("charset")
