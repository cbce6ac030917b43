"""Logs are structured, whoever writes them, and hold nobody's words, keys or addresses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations import logs

PRELUDE = "import logging, structlog; from operations import logs; logs.configure({format!r}, part='test'); "
TOKEN = "wk_0a1b2c3d_" + "x" * 43


def written(statement: str, *, log_format: str = "json") -> str:
    """What a process that runs this statement writes to standard error."""
    program = PRELUDE.format(format=log_format) + statement
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout == ""
    return result.stderr


def event(statement: str) -> dict[str, object]:
    """The one line of JSON that it writes."""
    found: dict[str, object] = json.loads(written(statement))
    return found


def test_our_own_events_are_json_with_level_time_and_part() -> None:
    found = event("structlog.get_logger().warning('redis.away', doing='waiting')")
    assert found.pop("timestamp")
    assert found == {"event": "redis.away", "doing": "waiting", "level": "warning", "part": "test"}


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_times_are_utc_wherever_the_machine_is(log_format: str) -> None:
    tokyo = "import os, time; os.environ['TZ'] = 'Asia/Tokyo'; time.tzset(); "
    before = datetime.now(UTC)
    line = written(f"{tokyo} structlog.get_logger().warning('redis.away')", log_format=log_format)
    [found] = re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line)
    assert timedelta(0) <= datetime.fromisoformat(found) - before < timedelta(hours=1)


def test_other_libraries_log_the_same_way() -> None:
    found = event("logging.getLogger('some.library').error('It failed %d times', 3)")
    assert (found["event"], found["level"], found["part"]) == ("It failed 3 times", "error", "test")


def test_an_exception_is_told_with_its_traceback() -> None:
    found = event("""
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger().exception('score.failed')
""")
    assert "ZeroDivisionError" in str(found["exception"])


def test_libraries_that_tell_of_everything_are_heard_from_warnings_on() -> None:
    libraries = ["rq.worker", "_granian", "alembic.runtime.migration"]
    told = written(f"""
for name in {libraries!r}:
    log = logging.getLogger(name)
    log.setLevel('INFO')
    log.info('usual')
    log.warning(name)
""")
    assert [json.loads(line)["event"] for line in told.splitlines()] == libraries


def test_console_lines_are_for_people() -> None:
    line = written("structlog.get_logger().info('scoring.started', model='1.0')", log_format="console")
    assert "scoring.started" in line
    assert "model=1.0" in line
    assert not line.startswith("{")


def test_private_fields_are_withheld() -> None:
    private = ["text", "comment", "email", "name", "key", "token", "password", "payload", "ip"]
    found = event(f"structlog.get_logger().info('x', **dict.fromkeys({private!r}, 'unmistakable'), site='s_1')")
    assert {field: found[field] for field in private} == dict.fromkeys(private, logs.WITHHELD)
    assert found["site"] == "s_1"


@pytest.mark.parametrize(
    "private",
    [
        TOKEN,
        "ada@example.org",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "Bearer abcdef0123456789",
        "postgresql://winnow:hunter22@db/winnow",
    ],
)
def test_keys_and_addresses_are_struck_out_of_messages(private: str) -> None:
    kept = logs.strike_out(f"before {private} after")
    assert private not in kept
    assert "hunter22" not in kept
    assert kept.startswith("before ")
    assert kept.endswith(" after")


#: What must not be in a log -> what stands there instead.
STRUCK_OUT = {
    "wk_0a1b2c3d_" + "Ab-_9" * 9: "wk_0a1b2c3d_[withheld]",
    "whsec_abc+/=": "whsec_[withheld]",
    "bearer 0123456789": "bearer [withheld]",
    "Basic dXNlcjpwYXNz": "Basic [withheld]",
    "redis://:hunter22@cache:6379/0": "redis://:[withheld]@cache:6379/0",
    "https://ada:pass:word@a.example/": "https://ada:[withheld]@a.example/",
    "ada.b+c@mail.example.org": "[withheld]",
    "<ada@b.example>": "<[withheld]>",
}
#: What only looks like it, and tells an operator something.
KEPT = (
    "the bearer of news",
    "basic things",
    "wk_0a1b2c3d",
    "c_01m85dy509th2ze36ndryynqtt",
    "http://a.example:8000/x",
    "user@localhost",
    "a @ b",
    "parameters: none",
    "DETAILS: many",
)


@pytest.mark.parametrize("private", STRUCK_OUT)
@pytest.mark.parametrize(("before", "after"), [("", ""), ("said ", ", again"), ("(", ")"), ("first\n", "\nlast")])
def test_what_is_private_is_struck_out_wherever_it_stands(private: str, before: str, after: str) -> None:
    assert logs.strike_out(f"{before}{private}{after}") == f"{before}{STRUCK_OUT[private]}{after}"


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_private_stays(text: str) -> None:
    assert logs.strike_out(text) == text


@given(st.lists(st.sampled_from([*STRUCK_OUT, *KEPT]), max_size=5))
def test_of_several_private_things_in_a_line_none_is_left(found: list[str]) -> None:
    line = "; ".join(found)
    kept = logs.strike_out(line)
    assert kept == "; ".join(STRUCK_OUT.get(one, one) for one in found)
    assert logs.strike_out(kept) == kept, "once is enough"


def test_a_key_is_known_by_its_public_prefix() -> None:
    assert logs.strike_out(TOKEN) == "wk_0a1b2c3d_[withheld]"


def test_what_a_database_quotes_of_a_row_is_struck_out() -> None:
    found = written("""
from sqlalchemy import create_engine, text
try:
    with create_engine('sqlite://').connect() as connection:
        connection.execute(text('INSERT INTO nowhere VALUES (:a, :b)'), {'a': 'unmistakable', 'b': 'words\\n[here]'})
except Exception:
    structlog.get_logger().exception('write.failed')
""")
    assert "no such table" in found
    assert "unmistakable" not in found
    assert "words" not in found


def test_a_postgresql_detail_is_struck_out() -> None:
    message = "null value violates a constraint\nDETAIL:  Failing row contains (c_1, unmistakable words)."
    assert "unmistakable" not in logs.strike_out(message)


def test_frames_are_told_without_their_variables() -> None:
    statement = """
def fail(comment):
    raise ValueError('no')
try:
    fail('unmist' + 'akable')
except ValueError:
    structlog.get_logger().exception('failed')
"""
    for log_format in ("console", "json"):
        assert "unmistakable" not in written(statement, log_format=log_format)


FORGED = "no\n2026-11-30 00:00:00 [info] user.signed_in\x1b[2J\x9b31m\u202e"


def test_what_comes_from_elsewhere_begins_no_line_and_commands_no_terminal() -> None:
    told = written(f"structlog.get_logger().warning('single_sign_on.failed', why={FORGED!r})", log_format="console")
    told += written(f"logging.getLogger('some.library').warning('It says: %s', {FORGED!r})", log_format="console")
    assert told.count("\n") == 2
    assert not set(told) & set("\x1b\x9b\u202e")
    assert "\\n2026-11-30" in told, "it is told all the same"


def test_a_traceback_keeps_its_lines() -> None:
    program = """
try:
    raise ValueError('a\\x1b[2Jb')
except ValueError:
    structlog.get_logger().exception('failed')
"""
    told = written(program, log_format="console")
    assert told.count("\n") > 3
    assert "\x1b" not in told
