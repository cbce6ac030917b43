"""Google's partial responses: the `fields` parameter, such as `attributeScores(TOXICITY/summaryScore),languages`."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"\s*([A-Za-z0-9_$*-]+|[(),/.])\s*")
_IS_NAME = re.compile(r"[\w$*-]")
_DEEPEST = 10
#: The longest parameter: every field of an answer can be named in fewer characters.
LONGEST = 1000
#: The token after the last one.
_END = ""

#: Name -> the selection within it; an empty one selects everything.
Selection = dict[str, "Selection"]


def parse(fields: str) -> Selection:
    """The selection of the parameter, in time linear in its length.

    Raises:
        ValueError: it cannot be read, or is longer than `LONGEST`.
    """
    if len(fields) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    tokens: list[str] = []
    at = 0
    while at < len(fields):
        match = _TOKEN.match(fields, at)
        if match is None:
            raise ValueError(fields)
        tokens.append(match[1])
        at = match.end()
    selection, end = _parse_list([*tokens, _END], 0, 0)
    if tokens[end:]:
        raise ValueError(fields)
    return selection


def select(document: Any, selection: Selection) -> Any:
    """The selected parts of a document."""
    if not selection:
        return document
    if isinstance(document, list):
        return [select(item, selection) for item in document]
    if not isinstance(document, dict):
        return document
    selected = {}
    for name, value in document.items():
        below = selection.get(name, selection.get("*"))
        if below is not None:
            selected[name] = select(value, below)
    return selected


def _parse_list(tokens: list[str], at: int, depth: int) -> tuple[Selection, int]:
    """The list that begins with the token `at`, and the place of the first token after it."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    selection: Selection = {}
    while True:
        path = [_name(tokens[at])]
        at += 1
        while tokens[at] in {"/", "."}:
            path.append(_name(tokens[at + 1]))
            at += 2
        inner: Selection = {}
        if tokens[at] == "(":
            inner, at = _parse_list(tokens, at + 1, depth + 1)
            if tokens[at] != ")":
                raise ValueError("a bracket is not closed")
            at += 1
        below = selection
        for name in path:
            below = below.setdefault(name, {})
        below.update(inner)
        if tokens[at] != ",":
            return selection, at
        at += 1


def _name(token: str) -> str:
    if not _IS_NAME.match(token):
        raise ValueError("a name is missing")
    return token
