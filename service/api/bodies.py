"""Reads request bodies (JSON, NDJSON and forms) into plain values. Raises `Problem` for what cannot be read."""

from __future__ import annotations

import json
import zlib
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from service import form_encoding
from service.form_encoding import MULTIPART, URLENCODED
from service.problems import Problem

JSON_TYPES = frozenset({"application/json", "text/json"})
NDJSON_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
FORM_TYPES = frozenset({URLENCODED, MULTIPART})
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
_GZIP = b"\x1f\x8b"


def read_object(*, limit: int, forms: bool = False) -> dict[str, Any]:
    """The request's JSON object; with `forms`, also a form's fields, each of which may be given once."""
    if request.environ.get("CONTENT_TYPE") != "application/json":  # nearly all say just this
        if request.mimetype in FORM_TYPES and forms:
            _require_no_json(_read(limit))  # it is cached
            return _form()
        _require(JSON_TYPES, "application/json or a form" if forms else "application/json")
    value = parse(_read(limit))
    if not isinstance(value, dict):
        raise Problem("malformed", f"The body must be a JSON object, not {_name(value)}.")
    return value


def read_list(*, limit: int, most: int) -> list[Any]:
    """The request's JSON list, or its NDJSON lines. An NDJSON line that cannot be read is a `Problem` in the list."""
    if request.mimetype in NDJSON_TYPES:
        items = [_line(line, number) for number, line in enumerate(_read(limit).split(b"\n"), 1)]
        items = [item for item in items if item is not None]
    else:
        _require(JSON_TYPES, "application/json (a list) or application/x-ndjson (one object on each line)")
        items = parse(_read(limit))
        if not isinstance(items, list):
            raise Problem("malformed", f"The body must be a JSON list, not {_name(items)}.")
    if not 1 <= len(items) <= most:
        raise Problem("invalid", f"Send between 1 and {most:,} at once; these are {len(items):,}.")
    return items


def parse(data: bytes) -> Any:
    """A JSON document in UTF-8.

    Stricter than `json.loads`: a name given twice, NaN, infinities and numbers too long to read are refused.
    """
    try:
        return parse_text(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Problem("malformed", f"The body is not UTF-8: byte {error.start} cannot be read.") from None


def parse_text(text: str) -> Any:
    """As `parse`, of a text."""
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem("malformed", f"The body is not valid JSON: {error.msg.removesuffix(' at')} at {where}.") from None
    except RecursionError:
        raise Problem("malformed", "The body is not usable JSON: its lists or objects are nested too deeply.") from None
    except ValueError:
        raise Problem("malformed", "The body is not usable JSON: a number in it has too many digits.") from None


def require_uncompressed(data: bytes) -> None:
    """Refuse a body that is compressed, or said to be. An odd Content-Encoding, such as `utf-8`, means nothing."""
    said = request.headers.get("Content-Encoding", "").lower().strip()
    named = next((coding for part in said.split(",") if (coding := part.strip()) in _COMPRESSIONS), None)
    if named or data.startswith(_GZIP):
        raise Problem(
            "unsupported-media-type",
            f"Send the body uncompressed: {named or 'gzip'} is not understood here.",
            headers={"Accept-Encoding": "identity"},
        )


def uncompressed(data: bytes, *, most: int) -> bytes:
    """A body as it was before gzip, by which Google's clients for Java and .NET pack all that they send.

    Raises:
        Problem: it is compressed otherwise, or cannot be unpacked whole.
        werkzeug.exceptions.RequestEntityTooLarge: it is of more than `most` bytes. No more than these are unpacked.
    """
    if not data.startswith(_GZIP):
        require_uncompressed(data)
        return data
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacking.decompress(data, most + 1)
    except zlib.error:
        unpacked = b""
    if len(unpacked) > most:
        raise RequestEntityTooLarge
    if not unpacking.eof or unpacking.unused_data:
        raise Problem("malformed", "The body is compressed by gzip, and cannot be unpacked.")
    return unpacked


def _read(limit: int) -> bytes:
    """The body, of at most `limit` bytes.

    Werkzeug refuses a Content-Length over its limit, but silently cuts a chunked body there. So its limit for these is
    one byte more.
    """
    request.max_content_length = limit if request.content_length is not None else limit + 1
    try:
        data = request.get_data(cache=True)
    except RequestEntityTooLarge:
        data = None
    if data is None or len(data) > limit:
        raise Problem("too-large", f"The body is larger than the {limit:,} bytes that this route takes.")
    require_uncompressed(data)
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names: set[str] = set()
        twice = next(name for name, _ in pairs if name in names or names.add(name))  # type: ignore[func-returns-value]
        raise Problem("malformed", f"The body is not usable JSON: {shown(twice)} is given twice.")
    return document


def _refuse_constant(text: str) -> NoReturn:
    raise Problem("malformed", f"The body is not valid JSON: {text} is not a JSON value.")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_object)


def _line(line: bytes, number: int) -> Any:
    if not line.strip():
        return None
    try:
        return parse(line)
    except Problem as problem:
        return Problem("malformed", f"Line {number}: {problem.detail}")


def _form() -> dict[str, Any]:
    _require_utf8(form_encoding.declared_charset())
    try:
        fields, has_files = form_encoding.read_body()
    except BadRequest:
        raise Problem("malformed", "The form's parts cannot be told apart: send it as its Content-Type says.") from None
    if has_files:
        raise Problem("malformed", "Files are not accepted.")
    values: dict[str, str] = {}
    for field in fields:
        _require_utf8(field.charset)
        name = field.name.decode(errors="backslashreplace")
        if name in values:
            raise Problem("malformed", f"The form gives {shown(name)} more than once.")
        try:
            values[name] = field.value.decode()
        except UnicodeDecodeError as error:
            fault = f"{shown(name)} has a byte, 0x{error.object[error.start]:02X}, that cannot be read"
            raise Problem("unsupported-media-type", f"Send UTF-8: {fault}.") from None
    return values


def _require_no_json(data: bytes) -> None:
    """Refuse JSON that is sent as a form, as `curl -d` does by itself: it would be one field with an odd name."""
    if request.mimetype == URLENCODED and data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        raise Problem(
            "unsupported-media-type",
            "This is JSON, sent as a form: set the Content-Type to application/json.",
            headers={"Accept": ", ".join(sorted(JSON_TYPES))},
        )


def _require(accepted: frozenset[str], expected: str) -> None:
    if request.mimetype not in accepted:
        raise Problem(
            "unsupported-media-type",
            f"Send {expected}: {shown(request.mimetype)} is not understood here."
            if request.mimetype
            else f"Set the Content-Type to {expected}.",
            headers={"Accept": ", ".join(sorted(accepted))},
        )
    _require_utf8(form_encoding.declared_charset())


def _require_utf8(charset: str | None) -> None:
    if charset is not None and form_encoding.codec(charset) != "utf-8":
        raise Problem("unsupported-media-type", f"Send UTF-8: the charset {shown(charset)} is not understood.")


def shown(text: str) -> str:
    """A name from a request in the form in which answers may repeat it: short, in quotes, and printable."""
    cut = text if len(text) <= 60 else text[:60] + "…"
    return json.dumps(cut, ensure_ascii=not cut.isprintable())


def _name(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
