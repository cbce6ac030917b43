"""What the database is asked on the tour, how long each answer takes, and how it finds it.

A statement is at fault when it reads a large table from end to end, or sorts or reads more rows than is bounded.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

from moderation.store import Store
from moderation.tables import Table
from tools.capacity.tour import Step

#: Tables that grow with the comments.
LARGE = (
    *("comments", "audit_events", "review_items", "webhook_deliveries", "webhook_attempts", "lookalike_bands"),
    *("lookalike_groups", "articles", "author_standings", "feedback", "reports", "appeals", "notes", "kept_longer"),
)
#: What is true of rows only while they wait: an index of such rows alone is no longer than what waits.
_WAITS = (
    "status = 'pending'",
    "closed_at IS NULL",
    "next_attempt_at IS NOT NULL",
    "leased_until IS NOT NULL",
    "delivered_at IS NULL",
)
_OF_WAITING = {
    index.name
    for table in Table.metadata.tables.values()
    for index in table.indexes
    if str(index.dialect_options["sqlite"]["where"]).startswith(_WAITS)
}
#: Rows that a step of a plan may read or sort: the most that a search looks at.
MOST_ROWS = 25_000
#: A table is small while reading all of it costs PostgreSQL no more than this, in its own unit.
SMALL = 200
#: Seconds that no statement should take.
SLOW = 0.1


@dataclass(slots=True)
class Asked:
    """A statement, with the values of its slowest time."""

    statement: str
    steps: set[Step] = field(default_factory=set)
    seconds: float = 0.0
    times: int = 0
    values: Any = None

    @property
    def asked_by(self) -> str:
        """The names of its steps."""
        return ", ".join(sorted(step.name for step in self.steps))


class Recorder:
    """Notes every statement of every engine while it is on."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.step: Step | None = None
        self._began = 0.0

    @contextmanager
    def on(self) -> Iterator[Recorder]:
        """Note what is asked within the block."""
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)
        try:
            yield self
        finally:
            event.remove(Engine, "before_cursor_execute", self._before)
            event.remove(Engine, "after_cursor_execute", self._after)

    def _before(self, *_: object) -> None:
        self._began = time.perf_counter()

    def _after(self, _connection: object, _cursor: object, statement: str, values: Any, _: object, many: bool) -> None:
        seconds = time.perf_counter() - self._began
        if self.step is None:
            return
        asked = self.asked.setdefault(_alike(statement), Asked(statement))
        asked.steps.add(self.step)
        asked.times += 1
        if seconds >= asked.seconds:
            asked.statement, asked.seconds, asked.values = statement, seconds, values[0] if many else values


def _alike(statement: str) -> str:
    """The same for statements that differ only in how many values a list has."""
    return re.sub(r"(\?|%\([a-z0-9_]+\)s(::[A-Z0-9()]+)?)(, (\?|%\([a-z0-9_]+\)s(::[A-Z0-9()]+)?))+", "…", statement)


def record(steps: Iterable[Step], say: Callable[[str], None]) -> dict[str, Asked]:
    """Take the steps, and note what was asked. Tells what each step took."""
    recorder = Recorder()
    with recorder.on():
        for step in steps:
            recorder.step = step
            began = time.perf_counter()
            step.do()
            say(f"{(time.perf_counter() - began) * 1000:8.1f} ms  {step.name}")
            recorder.step = None
    return recorder.asked


def faults(store: Store, asked: Mapping[str, Asked], *, few_rows: bool = False) -> Iterator[tuple[Asked, str]]:
    """The statements that are found in a way that they should not be, each with why.

    With `few_rows` PostgreSQL reads a table from end to end only where it knows no other way.
    """
    with store.engine.connect() as connection:
        if few_rows and not store.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for one in asked.values():
            if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)", one.statement) and _must_be_found(one):
                if store.is_sqlite:
                    why = list(_of_sqlite(connection, one))
                else:
                    why = list(_of_postgresql(connection, one, is_forced=few_rows))
                if one.seconds > SLOW and not few_rows:
                    why.append(f"it took {one.seconds * 1000:.0f} ms")
                if why:
                    yield one, "; ".join(why)
        connection.rollback()


def _must_be_found(asked: Asked) -> bool:
    """Whether a statement is about a large table, and a step asks it that may not read all of it."""
    if asked.steps and all(step.reads_all_by and step.reads_all_by in asked.statement for step in asked.steps):
        return False
    return any(re.search(rf"\b{name}\b", asked.statement) for name in LARGE)


def _of_sqlite(connection: Connection, asked: Asked) -> Iterator[str]:
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.statement}", asked.values):
        scanned = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", row[3])
        if scanned and _is_large(asked.statement, scanned[1]) and not _may_walk(asked.statement, scanned[2]):
            yield row[3]


def _may_walk(statement: str, index: str | None) -> bool:
    """Whether a statement may go along an index from its end: it has only what is asked for, or few rows are looked at.

    A search walks along the keys of comments and audit events; `finding/scans.py` bounds how far.
    """
    if index in _OF_WAITING:
        return True
    keys = index in {"sqlite_autoindex_comments_1", "sqlite_autoindex_audit_events_1"}
    return keys and " LIMIT " in statement and ("ORDER BY" in statement or " WHERE " not in statement)


def _is_large(statement: str, name: str) -> bool:
    """Whether a name in a plan is one of a large table, perhaps by another name."""
    return name in LARGE or re.search(rf"\b({'|'.join(LARGE)}) AS {name}\b", statement) is not None


def _of_postgresql(connection: Connection, asked: Asked, *, is_forced: bool = False) -> Iterator[str]:
    answer = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {asked.statement}", asked.values).scalar_one()
    document = json.loads(answer) if isinstance(answer, str) else answer
    # Of the two ways of an EXISTS, an index for each row or all rows at once, it takes the second while rows are few,
    # whatever it is told.
    left_out = set(re.findall(r"hashed (SubPlan \d+)", json.dumps(document))) if is_forced else set[str]()
    yield from _of_node(document[0]["Plan"], None, left_out, is_forced=is_forced)


def _is_walk(node: Mapping[str, Any]) -> bool:
    """Whether a step goes along a whole index, which has more than what waits."""
    named = node.get("Index Name")
    return node["Node Type"].startswith("Index") and "Index Cond" not in node and named not in _OF_WAITING


def _of_node(
    node: Mapping[str, Any], limit: float | None, left_out: Collection[str], *, is_forced: bool
) -> Iterator[str]:
    """What is wrong with a step of a plan and those below it; above them is a `LIMIT` of so many rows."""
    if node.get("Subplan Name") in left_out:
        return
    kind, rows, table = node["Node Type"], node["Plan Rows"], node.get("Relation Name")
    if kind == "Limit":
        limit = rows
    if table in LARGE and node["Total Cost"] < SMALL and not is_forced:
        pass  # it has few rows as yet
    elif kind == "Seq Scan" and table in LARGE:
        yield f"reads all of {table}"
    elif _is_walk(node) and table in {None, *LARGE} and limit is None:
        yield f"reads all of {node['Index Name']}"
    elif "Scan" in kind and rows > MOST_ROWS and limit is None:
        yield f"{kind} of {rows:,} rows of {table or node.get('Index Name')}"
    if kind == "Sort" and rows > MOST_ROWS:
        yield f"sorts {rows:,} rows"
    below = None if kind in {"Sort", "Aggregate", "Hash", "Unique"} and limit is not None else limit
    for one in node.get("Plans", ()):
        yield from _of_node(one, below, left_out, is_forced=is_forced)
