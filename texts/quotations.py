"""What a text quotes of others: lines after `>`, `<blockquote>`, `[quote]`, and what follows "Ada wrote:".

Who answers an insult repeats it. So what stands in a quotation may have a person look, and rejects nothing by itself.
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
    found = sorted([*_marked(text), *_lines(text), *_after_a_name(text)])
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def own_words(text: str) -> str:
    """A text without its quotations: what its author says. Itself, where it quotes nobody."""
    quoted = spans(text)
    pieces, done = [], 0
    for start, end in quoted:
        pieces.append(text[done:start])
        done = end
    return "\n".join([*pieces, text[done:]]) if quoted else text


def _lines(text: str) -> list[tuple[int, int]]:
    return [line.span() for line in _QUOTED_LINE.finditer(text)] if ">" in text or "&" in text else []


def _after_a_name(text: str) -> list[tuple[int, int]]:
    return [part.span() for part in _WROTE.finditer(text)] if ":" in text else []


def _marked(text: str) -> list[tuple[int, int]]:
    """What stands between marks, the outermost of each; one that is never closed goes to the end."""
    if "<" not in text and "[" not in text:
        return []
    found, depth, began = [], 0, 0
    for mark in _MARK.finditer(text):
        if "/" not in (mark[1] or mark[2] or ""):
            began = began if depth else mark.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                found.append((began, mark.end()))
    return [*found, (began, len(text))] if depth else found
