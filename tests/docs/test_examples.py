"""The examples in README.md and docs/ work as they stand: each is run, and its answer compared with the one shown."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import requests

from tests.docs import examples
from tests.docs.examples import REAL_CURL, ROOT, STAND_IN, Shown, parse, read_blocks, read_examples
from tests.support.command_line import winnow
from tests.support.processes.installation import Installation
from tests.support.receiver import Received, Receiver
from tests.support.waiting import eventually
from winnow import cli

pytestmark = pytest.mark.one_database

PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]
}
WITH_CURL = [name for name, text in PAGES.items() if "curl " in text and read_examples(text)]
LOCAL = "http://127.0.0.1:8000"
INLINE = re.compile(r"`([^`\n]+)`")
#: What an operator gives a command where the docs have a word of their own.
PLACEHOLDERS = {"N": "1", "…": "x"}


@pytest.fixture
def site(running: Installation, tmp_path: Path) -> dict[str, str]:
    """A site of the page's own: its keys, as the examples name them."""
    made = json.loads(_command(running, tmp_path, "site", "create", f"A site {tmp_path}", "--json").stdout)
    return {"WINNOW": running.url, "WINNOW_KEY": made["api_key"], "COMPAT_KEY": made["compat_key"]}


@pytest.mark.parametrize("page", WITH_CURL)
def test_each_request_is_answered_as_the_page_shows(
    page: str, running: Installation, site: dict[str, str], tmp_path: Path
) -> None:
    shown, wrong = Shown(), []
    for example in read_examples(PAGES[page]):
        _wait_until_all_is_decided(site)
        command = shown.translate(example.command).replace(LOCAL, running.url)
        status, answer = examples.run(command, tmp_path, **site)
        expected = parse(example.answer) if example.answer else None
        wrong += [
            f"{page}:{example.line}: {what}" for what in _compare(example.status, expected, status, answer, shown)
        ]
    assert not wrong, "\n".join(wrong)


def test_every_request_of_the_pages_is_tried() -> None:
    lines = [line for text in PAGES.values() for line in re.findall(r"^\s*curl .*", text, re.MULTILINE)]
    tried = [example for page in WITH_CURL for example in read_examples(PAGES[page])]
    assert len(lines) == len(tried) >= 10


def _compare(stated: int | None, expected: object, status: int, answer: object, shown: Shown) -> Iterator[str]:
    if stated is None and isinstance(expected, dict) and isinstance(expected.get("status"), int):
        stated = expected["status"]  # a problem says its status itself
    if status != stated if stated else status >= 300:
        yield f"the status is {status}, not {stated or 'a success'}: {answer}"
    elif expected is not None:
        yield from shown.compare(expected, answer)


def _wait_until_all_is_decided(site: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {site['WINNOW_KEY']}"}
    address = f"{site['WINNOW']}/api/v1/comments?status=pending"
    eventually(lambda: not requests.get(address, headers=headers, timeout=10).json()["comments"])


@pytest.mark.skipif(REAL_CURL != examples.CURL, reason="this machine has no curl to compare with")
@pytest.mark.parametrize("page", WITH_CURL)
def test_the_stand_in_for_curl_sends_what_curl_sends(page: str, receiver: Receiver, tmp_path: Path) -> None:
    receiver.answer(200, body=b"{}")
    base = receiver.url.removesuffix("/hook")
    variables = {"WINNOW": base, "WINNOW_KEY": "wk_1", "COMPAT_KEY": "compat"}
    for example in read_examples(PAGES[page]):
        for curl in (REAL_CURL, STAND_IN):
            examples.run(example.command.replace(LOCAL, base), tmp_path, curl=curl, **variables)
        by_curl, by_stand_in = (_essence(received) for received in receiver.requests[-2:])
        assert by_curl == by_stand_in


def _essence(received: Received) -> tuple[object, ...]:
    headers = {name: received.headers.get(name) for name in ("authorization", "content-type", "prefer")}
    return received.method, received.path, headers, received.body


# --- what is shown without being an answer ------------------------------------------------------------------------


def test_every_shown_document_is_json() -> None:
    for page, text in PAGES.items():
        for block in read_blocks(text):
            if block.text.startswith(("{", "[{")):
                assert parse(block.text) is not None, f"{page}:{block.line}"


def test_every_route_that_is_named_exists(running: Installation) -> None:
    paths = requests.get(f"{running.url}/api/openapi.json", timeout=10).json()["paths"]
    known = {(method.upper(), _shape(path)) for path, methods in paths.items() for method in methods}
    named = {
        (method, _shape(path.rstrip(".,;:")))
        for text in PAGES.values()
        for method, path in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE)\s+(/api/v1/[^\s`?)]+)", text)
    }
    assert len(named) > 8
    assert named <= known, named - known


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_an_answered_appeal_is_told_as_shown(running: Installation, site: dict[str, str], receiver: Receiver) -> None:
    [shown] = [block for block in read_blocks(PAGES["docs/api.md"]) if '"outcome"' in block.text]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {site['WINNOW_KEY']}"
        assert session.post(f"{running.url}/api/v1/webhooks", json={"url": receiver.url}).status_code == 201
        submission = {"name": "Cy", "comment": "Off we go.", "external_id": "comment-2", "thread": "/2026/winnowing"}
        submitted = session.post(
            f"{running.url}/api/v1/comments", json=submission, headers={"Prefer": "wait=20"}
        ).json()
        decision = f"{running.url}/api/v1/comments/{submitted['id']}/decision"
        rejected = session.post(decision, json={"action": "reject", "reason": "Off topic", "version": 2}).json()
        appealed = requests.post(rejected["statement_url"], data={"text": "It is not."}, timeout=10)
        assert appealed.ok, appealed.text
        session.post(decision, json={"action": "reject", "reason": "It is.", "version": 3})
    eventually(lambda: any(told.json["type"] == "appeal.decided" for told in receiver.requests))
    [message] = [told.json for told in receiver.requests if told.json["type"] == "appeal.decided"]
    wrong = list(Shown().compare(parse(shown.text), message["data"]))
    assert not wrong, "\n".join(wrong)


# --- command lines ------------------------------------------------------------------------------------------------


def _command_lines() -> Iterator[tuple[str, str]]:
    """Each `winnow …` of the pages, in a block or in the prose, and where it is."""
    for page, text in PAGES.items():
        for block in read_blocks(text):
            for line in block.text.splitlines():
                if found := re.match(r"(?:\S*/)?(winnow [a-z].*?)(?: {2,}#.*)?$", line.removeprefix("ExecStart=")):
                    yield f"{page}:{block.line}", found[1]
        for quoted in INLINE.findall(text):
            for found in re.findall(r"(?:^|\| )(winnow (?!Cloud)[a-z].*)$", quoted):
                yield page, found


COMMAND_LINES = sorted(set(_command_lines()))


def test_there_are_command_lines() -> None:
    assert len(COMMAND_LINES) > 30


@pytest.mark.parametrize(("where", "line"), COMMAND_LINES)
def test_every_command_line_names_a_command_and_its_options(where: str, line: str) -> None:
    """Placeholders are words in capitals; a vertical bar is a choice, of which the first is tried."""
    words = shlex.split(re.sub(r"([a-z])(\|[a-z]+)+", r"\1", line.partition(" >")[0]))[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="winnow")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            assert command.params or getattr(command, "invoke_without_command", False), f"{where}: no {words[0]!r}"
            break
        command, words = found, words[1:]
        context = click.Context(command, context, info_name=command.name)
    options, rest, _ = command.make_parser(context).parse_args([PLACEHOLDERS.get(word, word) for word in words])
    assert rest == [], f"{where}: {rest} is more than {command.name} takes"
    for parameter in command.params:
        if parameter.name in options and not isinstance(parameter.type, click.Path):
            given = options[parameter.name]
            if not (isinstance(given, str) and given.isupper()):  # a placeholder
                parameter.type_cast_value(context, given)


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for text in PAGES.values()
        for code in [*INLINE.findall(text), *(line for block in read_blocks(text) for line in block.text.splitlines())]
        for target in re.findall(r"(?:^|&& )make ([a-z][a-z-]*)", code)
    }
    assert "run" in named
    assert named <= targets


def test_the_thresholds_of_the_shown_comments_are_proposed(tmp_path: Path) -> None:
    blocks = read_blocks(PAGES["docs/migrating/perspective.md"])
    [table] = [block for block in blocks if block.language == "csv"]
    [command] = [block for block in blocks if block.text.startswith("winnow migrate perspective-thresholds")]
    (tmp_path / "comments.csv").write_text(table.text + "\n", encoding="utf-8")
    result = winnow(*shlex.split(command.text)[1:], cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "TOXICITY" in result.stdout
    assert "INSULT" in result.stdout


def test_the_shown_backup_is_a_whole_database(tmp_path: Path, running: Installation) -> None:
    [backup] = [block for block in read_blocks(PAGES["docs/operations.md"]) if block.text.startswith("winnow backup")]
    if not (running.data_dir / "winnow.db").exists():
        pytest.skip("the installation of this run keeps its rows in PostgreSQL")
    command = backup.text.replace("/backup/", f"{tmp_path}/")
    shown = subprocess.run(["bash", "-euc", f"echo {command}"], capture_output=True, text=True, check=True, timeout=60)
    result = winnow(*shlex.split(shown.stdout)[1:], cwd=tmp_path, **running.environ)
    assert result.returncode == 0, result.stderr
    [copy] = tmp_path.glob("winnow-*.bak")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM sites").fetchone()[0] >= 1


def test_every_metric_of_the_manual_is_one(running: Installation) -> None:
    text = PAGES["docs/operations.md"]
    metrics = requests.get(f"{running.url}/metrics", timeout=10).text
    named = set(re.findall(r"\b(winnow_[a-z_]+?)(?:_bucket)?\b(?=[{`\[ ,])", text))
    assert len(named) > 10
    missing = {name for name in named if f"# TYPE {name} " not in metrics}
    assert missing == set()


# --- what the comparison lets pass, and what not ------------------------------------------------------------------

ONE, OTHER = "c_01m85c8gan77n720xvmzzw32fh", "c_01m85c8gfz9bbbs3gwp2jvvwes"


@pytest.mark.parametrize(
    ("shown", "answer", "is_alike"),
    [
        ('{"a": 1}', {"a": 1}, True),
        ('{"a": 1}', {"a": 2}, False),
        ('{"a": 1}', {"a": True}, False),
        ('{"a": 1}', {"a": 1, "b": 2}, False),
        ('{"a": 1, …}', {"a": 1, "b": 2}, True),
        ('{"a": 1, …}', {"b": 2}, False),
        ('{…, "a": null}', {"a": "x"}, False),
        ("{…}", {"a": 1}, True),
        ("{…}", [1], False),
        ("[1]", [1, 2], False),
        ("[1, …]", [1, 2], True),
        ("[1, 2, …]", [1], False),
        ("[1, 2]", [2, 1], False),
        ("0.811", 0.8115, True),
        ("0.811", 0.6, False),
        ('"whsec_…"', "whsec_abc", True),
        ('"whsec_…"', "wk_abc", False),
        ('"a\n     b"', "a b", True),
        ('"of 0.60."', "of 0.81.", False),
        ('"2026-11-23T23:36:03.669673Z"', "2027-01-01T00:00:00Z", True),
        ('"2026-11-23T23:36:03.669673Z"', "yesterday", False),
        (f'"{ONE}"', OTHER, True),
        (f'"{ONE}"', "s_1", False),
        (f'["{ONE}", "{ONE}"]', [OTHER, OTHER], True),
        (f'["{ONE}", "{ONE}"]', [OTHER, ONE], False),
    ],
)
def test_an_answer_is_compared_with_what_is_shown(shown: str, answer: object, is_alike: bool) -> None:
    assert (list(Shown().compare(parse(shown), answer)) == []) is is_alike


@pytest.mark.parametrize("shown", ['{"a": 1', '{"a" 1}', '{"a": 1 … "b": 2}', '{"a": 1} x', "{a: 1}", ""])
def test_what_is_no_json_is_refused(shown: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(shown)


def test_a_status_that_is_not_the_shown_one_is_told() -> None:
    assert list(_compare(202, None, 200, {}, Shown())) == ["the status is 200, not 202: {}"]
    assert list(_compare(None, None, 404, {}, Shown())) == ["the status is 404, not a success: {}"]
    assert list(_compare(None, {"status": 409}, 200, {}, Shown())) == ["the status is 200, not 409: {}"]


def test_blocks_know_their_line_and_the_prose_before_them() -> None:
    page = "One.\n\n    curl x\n\n`202 Accepted`: stored.\n\n    {}\n\n```sh\ncurl y\n```\n"
    assert [(block.line, block.text, block.language) for block in read_blocks(page)] == [
        (3, "curl x", ""),
        (7, "{}", ""),
        (9, "curl y", "sh"),
    ]
    assert [(found.command, found.status, found.answer) for found in read_examples(page)] == [
        ("curl x", 202, "{}"),
        ("curl y", None, None),
    ]


def _command(running: Installation, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    result = winnow(*arguments, cwd=directory, **running.environ)
    assert result.returncode == 0, result.stderr
    return result
