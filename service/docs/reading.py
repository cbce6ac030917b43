"""The OpenAPI document in the form of the page: operations by tag, each schema a table of fields, with examples."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")
_EXAMPLE_IDS = {
    "comment_id": "c_01jqz0c9p4s0q9v1f6d7x8k2m3",
    "endpoint_id": "w_01jqz0c9p4s0q9v1f6d7x8k2m3",
    "delivery_id": "msg_01jqz0c9p4s0q9v1f6d7x8k2m3",
    "thread": "/2026/winnowing",
}


@dataclass(frozen=True)
class Field:
    """A line of a table of fields."""

    name: str
    type: str
    required: bool
    text: Markup


@dataclass(frozen=True)
class Answer:
    """A possible answer of an operation."""

    status: str
    text: Markup
    fields: list[Field]


@dataclass(frozen=True)
class Entry:
    """An operation."""

    id: str
    method: str
    path: str
    summary: str
    text: Markup
    parameters: list[Field]
    path_names: list[str]
    fields: list[Field]
    example: str | None
    answers: list[Answer]
    curl: str


@dataclass(frozen=True)
class Section:
    """The operations of a tag."""

    name: str
    text: Markup
    entries: list[Entry]


def sections(document: dict[str, Any]) -> list[Section]:
    """The page's sections, in the document's order of tags."""
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entries[operation["tags"][0]].append(_entry(document, path, method, operation))
    return [Section(tag["name"], prose(tag["description"]), entries[tag["name"]]) for tag in document["tags"]]


def prose(text: str) -> Markup:
    """Text with `code` in it, as HTML."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped before)


def _entry(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Entry:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    example = None if body is None else _example(document, body)
    return Entry(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=prose(operation["description"]),
        parameters=[_parameter(part) for part in operation["parameters"]],
        path_names=[part["name"] for part in operation["parameters"] if part["in"] == "path"],
        fields=[] if body is None else _fields(document, body),
        example=None if example is None else json.dumps(example, indent=2, ensure_ascii=False),
        answers=[
            Answer(status, prose(part["description"]), _answer_fields(document, part))
            for status, part in operation["responses"].items()
        ],
        curl=_curl(path, method, example),
    )


def _parameter(parameter: dict[str, Any]) -> Field:
    where = {"path": "path", "query": "query", "header": "header"}[parameter["in"]]
    schema = parameter["schema"]
    text = parameter.get("description") or schema.get("description", "")
    return Field(parameter["name"], f"{where}, {_type(schema)}", parameter["required"], _with_limits(text, schema))


def _answer_fields(document: dict[str, Any], response: dict[str, Any]) -> list[Field]:
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    return [] if schema is None else _fields(document, schema)


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[Field]:
    """The fields of an object, or of the objects of a list; one level below is named `outer.inner`."""
    schema = _resolve(document, schema)
    if schema.get("type") == "array":
        return _fields(document, schema["items"])
    fields = []
    for name, field in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        inner = _resolve(document, field.get("items", field))
        fields.append(Field(name, _type(field), required, _with_limits(field.get("description", ""), field)))
        if inner is not field and "properties" in inner:
            fields += [
                Field(
                    f"{name}.{inner_name}",
                    _type(inner_field),
                    False,
                    _with_limits(inner_field.get("description", ""), inner_field),
                )
                for inner_name, inner_field in inner["properties"].items()
            ]
    return fields


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    resolved: dict[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return resolved


def _type(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "object")
    names = kind if isinstance(kind, list) else [kind]
    format_ = schema.get("format")
    return " or ".join("list" if name == "array" else name for name in names) + (f" ({format_})" if format_ else "")


def _with_limits(text: str, schema: dict[str, Any]) -> Markup:
    sentences = [text] if text else []
    if "enum" in schema:
        sentences.append("One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".")
    if "maxLength" in schema:
        sentences.append(f"Up to {schema['maxLength']:,} characters.")
    if "minimum" in schema and "maximum" in schema:
        sentences.append(f"From {schema['minimum']:,} to {schema['maximum']:,}.")
    if "default" in schema:
        sentences.append(f"Left out: `{json.dumps(schema['default'])}`.")
    return prose(" ".join(sentences))


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    schema = _resolve(document, schema)
    if schema.get("type") == "array":
        return [_example(document, schema["items"])]
    required = set(schema.get("required", ()))
    example = {
        name: field.get("example", _value(name, field))
        for name, field in schema.get("properties", {}).items()
        if name in required or "example" in field
    }
    return example or _first_fields(schema)


def _first_fields(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    shown_names = [name for name in ("mode", "thresholds", "banned_words", "comment") if name in properties]
    return {name: _value(name, properties[name]) for name in shown_names}


def _value(name: str, field: dict[str, Any]) -> Any:
    examples = {
        "id": _EXAMPLE_IDS["comment_id"],
        "comment": "I read this twice.",
        "thresholds": {"spam": {"flag_at": 0.6, "reject_at": 0.95}},
        "banned_words": ["free casino*"],
    }
    if name in examples:
        return examples[name]
    return field["enum"][0] if "enum" in field else ""


def _curl(path: str, method: str, example: Any) -> str:
    for name, value in _EXAMPLE_IDS.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    words = ["curl" + ("" if method == "get" else f" -X {method.upper()}") + f" $WINNOW{path}"]
    words.append('-H "Authorization: Bearer $WINNOW_KEY"')
    if example is not None:
        words.append("-H 'Content-Type: application/json'")
        words.append("-d '" + json.dumps(example, ensure_ascii=False) + "'")
    return " \\\n  ".join(words)
