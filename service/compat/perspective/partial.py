"""Google's partial responses: the `fields` parameter, such as `attributeScores(TOXICITY/summaryScore),languages`."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"\s*([A-Za-z0-9_$*-]+|[(),/.])\s*")
_DEEPEST = 10

#: Name -> what is wanted of it; nothing below it: all.
Selection = dict[str, "Selection"]


def parse(fields: str) -> Selection:
    """What the parameter selects.

    Raises:
        ValueError: it cannot be read.
    """
    tokens: list[str] = []
    at = 0
    while at < len(fields):
        match = _TOKEN.match(fields, at)
        if match is None:
            raise ValueError(fields)
        tokens.append(match[1])
        at = match.end()
    selection, rest = _parse_list(tokens, 0)
    if rest:
        raise ValueError(fields)
    return selection


def select(document: Any, selection: Selection) -> Any:
    """The selected parts of a document."""
    if not selection:
        return document
    if isinstance(document, list):
        return [select(one, selection) for one in document]
    if not isinstance(document, dict):
        return document
    found = {}
    for name, value in document.items():
        wanted = selection.get(name, selection.get("*"))
        if wanted is not None:
            found[name] = select(value, wanted)
    return found


def _parse_list(tokens: list[str], depth: int) -> tuple[Selection, list[str]]:
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    found: Selection = {}
    while True:
        if not tokens or not re.match(r"[\w$*-]", tokens[0]):
            raise ValueError("a name is missing")
        path = [tokens[0]]
        tokens = tokens[1:]
        while tokens and tokens[0] in "/.":
            if len(tokens) < 2:
                raise ValueError("a name is missing")
            path.append(tokens[1])
            tokens = tokens[2:]
        inner: Selection = {}
        if tokens and tokens[0] == "(":
            inner, tokens = _parse_list(tokens[1:], depth + 1)
            if not tokens or tokens[0] != ")":
                raise ValueError("a bracket is not closed")
            tokens = tokens[1:]
        below = found
        for name in path:
            below = below.setdefault(name, {})
        below.update(inner)
        if not tokens or tokens[0] != ",":
            return found, tokens
        tokens = tokens[1:]
