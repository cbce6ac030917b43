"""Finds quotations in a text: lines after `>`, `<blockquote>`, `[quote]`, and what follows "Ada wrote:".

People who answer an insult often quote it. So a quotation can bring a comment before a person, but never reject it.
Linear in the text's length.
"""

from __future__ import annotations

import re

_LINE_START = r"(?:\A|(?<=[\n\r\u2028\u2029])|(?<=<p>)|(?<=<br>)|(?<=<br/>)|(?<=<br />))"
_QUOTED_LINE = re.compile(
    rf"{_LINE_START}[ \t]{{0,3}}(?:>|&gt;|&#62;|&#x3e;)(?:(?!<br|</p>)[^\n\r\u2028\u2029])*", re.I
)
_MARK = re.compile(r"<(/?)(?:blockquote|q)(?:\s[^<>]*)?>|\[(/?)quote(?:[=\s][^\[\]]*)?\]", re.IGNORECASE)
_WROTE = re.compile(
    rf"{_LINE_START}[ \t]{{0,3}}[^\s:<>][^\n\r:<>]{{0,120}}(?::\d\d[^\n\r:<>]{{0,80}}){{0,2}}?"  # a name, a time
    r"\s(?:wrote|writes)[ \t]{0,3}:"
    r"(?:(?!\r?\n[ \t]*\r?\n).)*",
    re.IGNORECASE | re.DOTALL,
)


def spans(text: str) -> list[tuple[int, int]]:
    """Where the quotations of a text start and end, in order; they do not overlap."""
    quoted = sorted([*_marked(text), *_lines(text), *_after_a_name(text)])
    joined: list[tuple[int, int]] = []
    for start, end in quoted:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def own_words(text: str) -> str:
    """A text without its quotations: the author's own words. The text itself where it quotes nobody."""
    quoted = spans(text)
    pieces, last_end = [], 0
    for start, end in quoted:
        pieces.append(text[last_end:start])
        last_end = end
    return "\n".join([*pieces, text[last_end:]]) if quoted else text


def _lines(text: str) -> list[tuple[int, int]]:
    return [line.span() for line in _QUOTED_LINE.finditer(text)] if ">" in text or "&" in text else []


def _after_a_name(text: str) -> list[tuple[int, int]]:
    return [part.span() for part in _WROTE.finditer(text)] if ":" in text else []


def _marked(text: str) -> list[tuple[int, int]]:
    """The outermost quotations between marks; one that is never closed goes to the end."""
    if "<" not in text and "[" not in text:
        return []
    marked, depth, began = [], 0, 0
    for mark in _MARK.finditer(text):
        if "/" not in (mark[1] or mark[2] or ""):
            began = began if depth else mark.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                marked.append((began, mark.end()))
    return [*marked, (began, len(text))] if depth else marked
