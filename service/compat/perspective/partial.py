"""Google's partial responses: the `fields` parameter, such as `attributeScores(TOXICITY/summaryScore),languages`."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"\s*([A-Za-z0-9_$*-]+|[(),/.])\s*")
_IS_NAME = re.compile(r"[\w$*-]")
_DEEPEST = 10
#: Characters that are read: every field of an answer can be named in fewer.
LONGEST = 1000
#: Stands behind the last token.
_END = ""

#: Name -> what is wanted of it; nothing below it: all.
Selection = dict[str, "Selection"]


def parse(fields: str) -> Selection:
    """What the parameter selects, in time linear in its length.

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
        return [select(one, selection) for one in document]
    if not isinstance(document, dict):
        return document
    found = {}
    for name, value in document.items():
        wanted = selection.get(name, selection.get("*"))
        if wanted is not None:
            found[name] = select(value, wanted)
    return found


def _parse_list(tokens: list[str], at: int, depth: int) -> tuple[Selection, int]:
    """The list that begins with the token `at`, and where it ends: the place of the first token that is not its own."""
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
