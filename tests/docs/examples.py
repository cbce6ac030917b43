"""The examples of a page: its commands, the answers that it shows, and whether an answer is what it shows.

A page shows answers as JSON, shortened with `…`:

    {"id": "c_01m8…", "scores": {"toxicity": 0.97, …}, "reasons": [{…}, …]}

In an object or list `…` is any further members, `{…}` is any object, and in a string it is any characters. A line break
within a string is a space. What differs with every run has to be of the shown kind only: ids (the same one wherever the
page shows the same), moments, and request ids. Numbers with a fraction may differ by 0.001. All else has to be equal.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ID = re.compile(r"[a-z]+_[0-9a-hjkmnp-tv-z]{26}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_REQUEST_ID = re.compile(r"[0-9a-f]{16}")
_STATUS = re.compile(r"`(\d{3}) [A-Z][A-Za-z ]*`")
_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([\[\]{},:…])|([^\s\[\]{},:"…]+))')

ROOT = Path(__file__).parents[2]
REAL_CURL = 'command curl --silent --show-error --write-out "\\n%{http_code}"'
STAND_IN = f"{sys.executable} -m tests.docs.stand_in_for_curl"
#: How the docs' `curl` is run: by itself where the machine has it.
CURL = REAL_CURL if shutil.which("curl") else STAND_IN

#: Stands for members that are not shown.
MORE = object()


@dataclass(frozen=True)
class Block:
    """A block of a page that is set apart as code: the line that it begins at, its text, and the prose before it."""

    line: int
    text: str
    before: str
    language: str = ""


@dataclass(frozen=True)
class Example:
    """A command with curl, and the status and answer that the page shows; None where it shows none."""

    line: int
    command: str
    status: int | None
    answer: str | None


@dataclass
class Shown:
    """What the page showed so far that is otherwise with every run: its ids, and which they are in this run."""

    ids: dict[str, str] = field(default_factory=dict)

    def translate(self, command: str) -> str:
        """A command of the page, about the ids of this run."""
        return _ID.sub(lambda match: self.ids.get(match[0], match[0]), command)

    def compare(self, shown: Any, answer: Any, where: str = "the answer") -> Iterator[str]:
        """A sentence for each place where an answer is not what the page shows."""
        if isinstance(shown, dict) and isinstance(answer, dict):
            yield from self._compare_objects(shown, answer, where)
        elif isinstance(shown, list) and isinstance(answer, list):
            yield from self._compare_lists(shown, answer, where)
        elif isinstance(shown, str) and isinstance(answer, str):
            if not self._is_same_text(shown, answer):
                yield f"{where} is {answer!r}, not {shown!r}"
        elif isinstance(shown, float) and isinstance(answer, float):
            if abs(shown - answer) > 0.001:
                yield f"{where} is {answer}, not {shown}"
        elif type(shown) is not type(answer) or shown != answer:
            yield f"{where} is {answer!r}, not {shown!r}"

    def _compare_objects(self, shown: dict[Any, Any], answer: dict[str, Any], where: str) -> Iterator[str]:
        names = set(shown) - {MORE}
        if missing := names - set(answer):
            yield f"{where} has no {', '.join(sorted(missing))}"
        if MORE not in shown and (further := set(answer) - names):
            yield f"{where} has also {', '.join(sorted(further))}"
        for name, value in shown.items():
            if name in answer:
                yield from self.compare(value, answer[name], f"{where}.{name}")

    def _compare_lists(self, shown: list[Any], answer: list[Any], where: str) -> Iterator[str]:
        members = [member for member in shown if member is not MORE]
        if len(answer) < len(members) or (len(members) == len(shown) < len(answer)):
            yield f"{where} has {len(answer)} members, not {len(members)}"
        for number, pair in enumerate(zip(members, answer, strict=False)):
            yield from self.compare(*pair, f"{where}[{number}]")

    def _is_same_text(self, shown: str, answer: str) -> bool:
        if _ID.fullmatch(shown):
            return bool(_ID.fullmatch(answer)) and self.ids.setdefault(shown, answer) == answer
        for kind in (_MOMENT, _REQUEST_ID):
            if kind.fullmatch(shown):
                return bool(kind.fullmatch(answer))
        return bool(re.fullmatch(".*".join(map(re.escape, shown.split("…"))), answer, re.DOTALL))


def read_blocks(page: str) -> list[Block]:
    """What a page sets apart, fenced or indented by four."""
    blocks: list[Block] = []
    prose: list[str] = []
    lines = page.splitlines()
    number = 0
    while number < len(lines):
        start = number
        if lines[number].startswith("```"):
            language = lines[number][3:].strip()
            number = lines.index("```", number + 1)
            body = lines[start + 1 : number]
            number += 1
        elif lines[number].startswith("    ") and (start == 0 or not lines[start - 1].strip()):
            language = ""
            while number < len(lines) and lines[number].startswith("    "):
                number += 1
            body = [line[4:] for line in lines[start:number]]
        else:
            prose.append(lines[number])
            number += 1
            continue
        blocks.append(Block(start + 1, "\n".join(body), "\n".join(prose).strip(), language))
        prose = []
    return blocks


def read_examples(page: str) -> list[Example]:
    """The commands with curl of a page, each with the answer that the next block shows, if that is one."""
    blocks = read_blocks(page)
    examples = []
    for block, following in zip(blocks, [*blocks[1:], Block(0, "", "")], strict=True):
        if not re.search(r"^curl ", block.text, re.MULTILINE):
            continue
        answer = following.text if following.text.startswith(("{", "[")) else None
        named = _STATUS.search(following.before) if answer else None
        status = int(named[1]) if named else None
        examples.append(Example(block.line, block.text, status, answer))
    return examples


def parse(shown: str) -> Any:
    """The JSON that a page shows, with `MORE` where it says `…`.

    Raises:
        ValueError: it is no JSON, even so.
    """
    tokens = list(_tokens(" ".join(line.strip() for line in shown.splitlines())))
    try:
        value = _value(tokens)
    except IndexError:
        raise ValueError("the answer ends too early") from None
    if tokens:
        raise ValueError(f"after the end of the answer comes {tokens[0]!r}")
    return value


def run(command: str, directory: Path, *, curl: str = CURL, **variables: str) -> tuple[int, Any]:
    """What a command with curl came to: the status, and the answer read as JSON."""
    result = subprocess.run(
        ["bash", "-euc", f'curl() {{ {curl} "$@"; }}\n{command}'],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stderr}"
    body, _, status = result.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"this is not JSON: {text[position : position + 40]}")
        yield match[1] or match[2] or match[3]
        position = match.end()


def _value(tokens: list[str]) -> Any:
    token = tokens.pop(0)
    if token == "{":
        return dict(_members(tokens, "}", named=True))
    if token == "[":
        return [value for _, value in _members(tokens, "]", named=False)]
    return json.loads(token)


def _members(tokens: list[str], end: str, *, named: bool) -> Iterator[tuple[Any, Any]]:
    """The members up to the closing bracket, separated by commas."""
    while tokens[0] != end:
        if tokens[0] == "…":
            tokens.pop(0)
            yield MORE, MORE
        else:
            name = None
            if named:
                name = json.loads(tokens.pop(0))
                _require(tokens, ":")
            yield name, _value(tokens)
        if tokens[0] != end:
            _require(tokens, ",")
    _require(tokens, end)


def _require(tokens: list[str], token: str) -> None:
    if tokens.pop(0) != token:
        raise ValueError(f"the answer lacks a {token!r}")
