"""Reads a protocol-buffer message from JSON as Google's servers do, with their error messages."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.api import bodies
from service.compat import judging, routes
from service.problems import Problem

_PACKAGE = "type.googleapis.com/google.commentanalyzer.v1alpha1."


class Malformed(Exception):
    """The body is not the message. `field` is the place of the fault, if it is in a field."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Enumeration:
    """An enumeration: its names in the order of their numbers."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """A message: JSON name -> type. A type is a scalar's name, another message, or one of these in a container."""

    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Repeated:
    """A list of one type."""

    of: Any


@dataclass(frozen=True)
class Mapped:
    """An object whose keys the sender chooses."""

    of: Any


def read(body: bytes, message: Message) -> dict[str, Any]:
    """The message in `body`, by JSON names. Fields that are null are left out. An empty body is an empty message.

    Half of a surrogate pair, as where a client cuts a text within an emoji, becomes what readers see in its place.

    Raises:
        Malformed: it is not JSON, or not this message.
        werkzeug.exceptions.RequestEntityTooLarge: it is too large once it is unpacked.
    """
    if not body.strip():
        return {}
    try:
        document = bodies.parse(bodies.uncompressed(body, most=routes.MAX_BODY_BYTES))
        written = json.dumps(document, ensure_ascii=False)
        if judging.HALF_CHARACTER.search(written):
            document = bodies.parse_text(judging.HALF_CHARACTER.sub(judging.SHOWN_FOR_HALF, written))
    except Problem as problem:
        raise Malformed(f"Invalid JSON payload received. {problem.detail}") from None
    except (ValueError, RecursionError):
        raise Malformed("Invalid JSON payload received. The body is not valid JSON in UTF-8.") from None
    if not isinstance(document, dict):
        raise Malformed('Invalid JSON payload received. Unknown name "": Root element must be a message.')
    return _message(document, message, "")


def snake(name: str) -> str:
    """The field's name in the message's definition. JSON may use it too, and errors do."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _message(value: dict[str, Any], message: Message, place: str) -> dict[str, Any]:
    names = {snake(name): name for name in message.fields} | {name: name for name in message.fields}
    fields: dict[str, Any] = {}
    given: set[str] = set()
    for given_name, part in value.items():
        name = names.get(given_name)
        if name is None:
            where = f" at '{place}'" if place else ""
            raise Malformed(
                f'Invalid JSON payload received. Unknown name "{given_name[:100]}"{where}: Cannot find field.', place
            )
        if name in given:  # by its other name
            raise Malformed(f"Invalid JSON payload received. '{snake(name)}' is given twice.", place)
        given.add(name)
        if part is not None:
            fields[name] = _value(part, message.fields[name], f"{place}.{snake(name)}".lstrip("."))
    return fields


def _value(value: Any, kind: Any, place: str) -> Any:
    match kind:
        case Message():
            if not isinstance(value, dict):
                raise _invalid(place, _PACKAGE + kind.name, value)
            return _message(value, kind, place)
        case Repeated():
            values = value if isinstance(value, list) else [value]
            return [_value(item, kind.of, f"{place}[{number}]") for number, item in enumerate(values)]
        case Mapped():
            if not isinstance(value, dict):
                raise _invalid(place, "Map", value)
            return {
                name: _value({} if item is None else item, kind.of, f"{place}[{number}].value")
                for number, (name, item) in enumerate(value.items())
            }
        case Enumeration():
            return _enumerated(value, kind, place)
        case _:
            return _scalar(value, kind, place)


def _enumerated(value: Any, kind: Enumeration, place: str) -> str:
    if isinstance(value, str) and value.upper() in kind.values:  # n8n's node says `probability`
        return value.upper()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(kind.values):
        return kind.values[value]
    raise _invalid(place, _PACKAGE + kind.name, value)


def _scalar(value: Any, kind: str, place: str) -> Any:
    if kind == "string" and isinstance(value, str):
        return value
    if kind == "bool" and (isinstance(value, bool) or value in ("true", "false")):
        return value if isinstance(value, bool) else value == "true"
    if kind in ("float", "int32") and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise _invalid(place, f"TYPE_{kind.upper()}", value) from None
        if math.isfinite(number) and abs(number) < 1e38:
            return number if kind == "float" else int(number)
    raise _invalid(place, f"TYPE_{kind.upper()}", value)


def _invalid(place: str, kind: str, value: Any) -> Malformed:
    """An error that names the place. It repeats the value only if that is a short word or a number."""
    shown = json.dumps(value) if isinstance(value, bool | int | float) or _is_word(value) else "a value of another type"
    return Malformed(f"Invalid value at '{place}' ({kind}), {shown[:60]}", place)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 40 and value.isidentifier()
