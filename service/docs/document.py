"""The OpenAPI document, made from what the operations declare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from werkzeug.routing import Rule

from models import LABELS
from moderation.webhooks import batches
from moderation.webhooks.catalogue import EVENTS, EventType
from service.api import policy_schemas
from service.api.routing import Operation
from service.problems import KINDS, MEDIA_TYPE

TAGS = {
    "Comments": "What your readers write.",
    "Threads": "What your readers see.",
    "Review": "For moderators' tools of your own. The console at /console/ does the same.",
    "Site": "Whether it is in use.",
    "Policy": "What becomes of a comment.",
    "Webhooks": "How you are told of decisions.",
}
_INTRODUCTION = """Send a comment, get a decision. Every request carries a site's key as \
`Authorization: Bearer wk_…`; errors are `application/problem+json`, with a sentence for each field in `errors`."""

#: What every operation may answer.
_ALWAYS = ("malformed", "unauthorized", "too-many-requests", "unavailable")
_WITH_BODY = ("invalid", "too-large", "unsupported-media-type")
_HEADERS = {
    "Prefer": {
        "description": "`wait=N` waits up to 30 seconds for the decision.",
        "schema": {"type": "string", "example": "wait=5"},
    },
    "Idempotency-Key": {
        "description": "Any text of your own. Sent again with the same content, the first comment is returned.",
        "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]*$"},
    },
}
_BATCH = (
    "Several events in one message, in the place of each alone, for a webhook that asks for `batch`. Answer with a 2xx "
    "when you have all of them. Since 1.0.0."
)
#: The headers of Standard Webhooks.
_WEBHOOK_HEADERS = {
    "webhook-id": "The delivery's id: the same on every attempt.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`, with the webhook's secret.",
}
_PATH_PART = re.compile(r"<(?:\w+:)?(\w+)>")


def build(app: Flask) -> dict[str, Any]:
    """The document of an app whose API is registered."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title="Winnow",
        version=version("winnow"),
        openapi_version="3.1.0",
        info={"description": _INTRODUCTION, "license": {"name": "MIT", "identifier": "MIT"}},
        plugins=[plugin],
    )
    assert plugin.converter is not None
    plugin.converter.add_attribute_function(_label_names)  # type: ignore[no-untyped-call]
    spec.components.security_scheme("siteKey", {"type": "http", "scheme": "bearer", "bearerFormat": "wk_…"})
    spec.components.schema("Problem", _PROBLEM)
    for name, description in TAGS.items():
        spec.tag({"name": name, "description": description})
    for rule, declared, text in operations(app):
        _add(spec, rule, declared, text)
    document: dict[str, Any] = spec.to_dict()
    webhooks = {name: {"post": _webhook(name, _described(event), event.schema)} for name, event in EVENTS.items()}
    webhooks[batches.TYPE] = {"post": _webhook(batches.TYPE, _BATCH, batches.schema())}
    return document | {"security": [{"siteKey": []}], "webhooks": webhooks}


def operations(app: Flask) -> Iterator[tuple[Rule, Operation, str]]:
    """Every operation of the app with its rule and its description, in the order of declaration."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        declared = getattr(view, "operation", None)
        if isinstance(declared, Operation):
            yield rule, declared, " ".join((view.__doc__ or "").split())


def _described(event: EventType) -> str:
    return f"{event.sent} Since {event.since}."


def _webhook(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A message as a request that a site's own server is sent."""
    return {
        "operationId": name.replace(".", "_"),
        "summary": name,
        "description": description,
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for header, text in _WEBHOOK_HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "You have it. Any other answer: it comes again, for a day."},
            "410": {"description": "You want no more: the webhook is switched off."},
        },
    }


def _add(spec: APISpec, rule: Rule, declared: Operation, text: str) -> None:
    method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"})).lower()
    described: dict[str, Any] = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": declared.summary,
        "description": text,
        "tags": [declared.tag],
        "parameters": _parameters(rule, declared),
        "responses": _responses(declared),
    }
    if declared.body is not None:
        described["requestBody"] = {"required": True, "content": _content(declared)}
    spec.path(path=_PATH_PART.sub(r"{\1}", rule.rule), operations={method: described})


def _parameters(rule: Rule, declared: Operation) -> list[Any]:
    parameters: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PATH_PART.findall(rule.rule)
    ]
    if declared.query is not None:
        parameters.append({"in": "query", "schema": declared.query})
    parameters += [{"name": name, "in": "header", "required": False, **_HEADERS[name]} for name in declared.headers]
    return parameters


def _content(declared: Operation) -> dict[str, Any]:
    assert declared.body is not None
    if not declared.many:
        content: dict[str, Any] = {"application/json": {"schema": declared.body}}
        if declared.forms:
            content["application/x-www-form-urlencoded"] = {"schema": declared.body}
        return content
    items = {"type": "array", "items": declared.body, "minItems": 1, "maxItems": declared.many}
    return {
        "application/json": {"schema": items},
        "application/x-ndjson": {"schema": {"type": "string", "description": "An object on each line."}},
    }


def _responses(declared: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, (description, schema) in declared.answers.items():
        responses[str(status)] = {"description": description}
        if schema is not None:
            responses[str(status)]["content"] = {"application/json": {"schema": schema}}
    kinds = [*_ALWAYS, *(_WITH_BODY if declared.body else ()), *(("invalid",) if declared.query else ())]
    for kind in (*kinds, *declared.problems):
        status_of, title = KINDS[kind]
        earlier = responses.get(str(status_of), {}).get("description")
        responses[str(status_of)] = {
            "description": f"{title}." if earlier in {None, f"{title}."} else f"{earlier} Or: {title}.",
            "content": {MEDIA_TYPE: {"schema": "Problem"}},
        }
    return dict(sorted(responses.items()))


def _schema_name(schema: Any) -> str:
    name: str = (schema if isinstance(schema, type) else type(schema)).__name__
    return name.removesuffix("Schema")


def _label_names(_self: object, field: Any, **_: Any) -> dict[str, Any]:
    """Adds the names of the labels to the schema of `thresholds`."""
    return {"propertyNames": {"enum": list(LABELS)}} if isinstance(field, policy_schemas.Thresholds) else {}


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Which problem; a place on this page.", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong, and what to do."},
        "errors": {
            "type": "object",
            "description": "Field to sentences that may be shown to who filled it in.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "current": {"type": "object", "description": "With 409: the comment, or the policy, as it is now."},
        "request_id": {"type": "string", "description": "Under which the log knows this request."},
    },
}
