"""The messages of Perspective's protocol, and the discovery document that describes them to client libraries."""

from __future__ import annotations

from typing import Any

from service.compat.perspective.protobuf import Enumeration, Mapped, Message, Repeated

TEXT_TYPE = Enumeration("TextEntry.TextType", ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"))
SCORE_TYPE = Enumeration("ScoreType", ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW"))
TEXT_ENTRY = Message("TextEntry", {"text": "string", "type": TEXT_TYPE})
SCORE = Message("Score", {"value": "float", "type": SCORE_TYPE})
SPAN_SCORE = Message("SpanScore", {"begin": "int32", "end": "int32", "score": SCORE})
ATTRIBUTE_SCORES = Message("AttributeScores", {"summaryScore": SCORE, "spanScores": Repeated(SPAN_SCORE)})
ATTRIBUTE_PARAMETERS = Message("AttributeParameters", {"scoreType": SCORE_TYPE, "scoreThreshold": "float"})
ARTICLE_AND_PARENT = Message("ArticleAndParentComment", {"article": TEXT_ENTRY, "parentComment": TEXT_ENTRY})
CONTEXT = Message("Context", {"entries": Repeated(TEXT_ENTRY), "articleAndParentComment": ARTICLE_AND_PARENT})
_SENT_WITH_EVERY_COMMENT = {
    "comment": TEXT_ENTRY,
    "context": CONTEXT,
    "languages": Repeated("string"),
    "clientToken": "string",
    "sessionId": "string",
    "communityId": "string",
}
ANALYZE_REQUEST = Message(
    "AnalyzeCommentRequest",
    _SENT_WITH_EVERY_COMMENT
    | {
        "requestedAttributes": Mapped(ATTRIBUTE_PARAMETERS),
        "doNotStore": "bool",
        "dropUnsupportedAttributes": "bool",
        "spanAnnotations": "bool",
    },
)
ANALYZE_RESPONSE = Message(
    "AnalyzeCommentResponse",
    {
        "attributeScores": Mapped(ATTRIBUTE_SCORES),
        "languages": Repeated("string"),
        "detectedLanguages": Repeated("string"),
        "clientToken": "string",
    },
)
SUGGEST_REQUEST = Message(
    "SuggestCommentScoreRequest", _SENT_WITH_EVERY_COMMENT | {"attributeScores": Mapped(ATTRIBUTE_SCORES)}
)
SUGGEST_RESPONSE = Message(
    "SuggestCommentScoreResponse",
    {"clientToken": "string", "detectedLanguages": Repeated("string"), "requestedLanguages": Repeated("string")},
)
_MESSAGES = (
    *(TEXT_ENTRY, SCORE, SPAN_SCORE, ATTRIBUTE_SCORES, ATTRIBUTE_PARAMETERS, ARTICLE_AND_PARENT, CONTEXT),
    *(ANALYZE_REQUEST, ANALYZE_RESPONSE, SUGGEST_REQUEST, SUGGEST_RESPONSE),
)
_SCALARS = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "float": {"type": "number", "format": "float"},
    "int32": {"type": "integer", "format": "int32"},
}
_PARAMETERS = {
    "$.xgafv": ("string", "Version of the error format; there is one."),
    "access_token": ("string", "Not used: send a key."),
    "alt": ("string", "The answer's format: json."),
    "callback": ("string", "Not supported: answers are JSON."),
    "fields": ("string", "Which parts of the answer to send."),
    "key": ("string", "The site's compat key."),
    "oauth_token": ("string", "Not used: send a key."),
    "prettyPrint": ("boolean", "Whether the answer is indented."),
    "quotaUser": ("string", "Accepted, and not used."),
}


def discovery_document(root: str) -> dict[str, Any]:
    """The document from which client libraries build their methods. `root` is our address, with a slash at its end."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": "v1alpha1",
        "revision": "20261123",
        "title": "Winnow, in Perspective's protocol",
        "description": "Scores comments on a server of your own, in the protocol of the Perspective Comment Analyzer.",
        "documentationLink": f"{root}api/docs",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "parameters": {
            name: {"type": kind, "location": "query", "description": description}
            for name, (kind, description) in _PARAMETERS.items()
        },
        "schemas": {message.name: _schema(message) for message in _MESSAGES},
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "Scores a text.", ANALYZE_REQUEST, ANALYZE_RESPONSE),
                    "suggestscore": _method(
                        "suggestscore", "Says what a text's scores should be.", SUGGEST_REQUEST, SUGGEST_RESPONSE
                    ),
                }
            }
        },
    }


def _method(name: str, description: str, request: Message, response: Message) -> dict[str, Any]:
    path = f"v1alpha1/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "description": description,
        "httpMethod": "POST",
        "path": path,
        "flatPath": path,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": request.name},
        "response": {"$ref": response.name},
    }


def _schema(message: Message) -> dict[str, Any]:
    properties = {name: _property(kind) for name, kind in message.fields.items()}
    return {"id": message.name, "type": "object", "properties": properties}


def _property(kind: Any) -> dict[str, Any]:
    match kind:
        case Message():
            return {"$ref": kind.name}
        case Enumeration():
            return {"type": "string", "enum": list(kind.values)}
        case Repeated():
            return {"type": "array", "items": _property(kind.of)}
        case Mapped():
            return {"type": "object", "additionalProperties": _property(kind.of)}
        case _:
            return dict(_SCALARS[kind])
