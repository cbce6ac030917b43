"""A site's policy tests: examples of its own, each with what its policy is to make of it. Kept and imported here.

`moderation.decisions.policy_trials` runs them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import audit, clock
from moderation.errors import NotFound, found
from moderation.intake.submissions import content_hash
from moderation.policy.terms import Action
from moderation.tables import Comment, PolicyTest, Site
from texts import visibility
from texts.controls import CONTROL, storable, without_meaningless

#: Tests of a site, and characters of a text and of a name.
MOST, LONGEST_TEXT, LONGEST_NAME = 500, 5_000, 200
OUTCOMES: tuple[Action, ...] = get_args(Action)
#: What becomes of a comment -> what its policy made of it.
OF_STATUS: Mapping[str, Action] = {"published": "publish", "flagged": "flag", "rejected": "reject"}
#: Faults of a file that are told.
_TOLD = 5
#: A column or key of a file -> what it is. Files of comments that Winnow has exported are read, too.
_COLUMNS = {"text": "text", "comment": "text", "name": "name", "expected": "expected", "status": "expected"}


class Unfit(ValueError):
    """This cannot be a test, or the file none of tests; the message says why."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, perhaps with its author's name, and what the policy is to make of it."""

    text: str
    expected: Action
    name: str = ""


def example(text: str, expected: str, name: str = "") -> Example:
    """An example, checked.

    Raises:
        Unfit: the message says why.
    """
    text, name = without_meaningless(storable(text.replace("\r\n", "\n"))).strip(), storable(name).strip()
    if not visibility.can_be_seen(text):
        raise Unfit("It has no text.")
    if len(text) > LONGEST_TEXT:
        raise Unfit(f"Its text has {len(text):,} characters; at most {LONGEST_TEXT:,} fit.")
    if len(name) > LONGEST_NAME or CONTROL.search(name):
        raise Unfit(f"Its name is no name: one line of at most {LONGEST_NAME} characters.")
    outcome = OF_STATUS.get(expected.strip().lower(), expected.strip().lower())
    if outcome not in OUTCOMES:
        raise Unfit(f"What is expected of it is none of {', '.join(OUTCOMES)}.")
    return Example(text, outcome, name)


def of_site(session: Session, site_id: str) -> Sequence[PolicyTest]:
    """The site's tests, the latest first."""
    return session.scalars(
        select(PolicyTest).where(PolicyTest.site_id == site_id).order_by(PolicyTest.id.desc()).limit(MOST)
    ).all()


def number(session: Session, site_id: str) -> int:
    """How many tests the site has."""
    query = select(func.count()).select_from(PolicyTest).where(PolicyTest.site_id == site_id)
    return session.scalar(query) or 0


def add(session: Session, site_id: str, new: Example, *, actor: str, comment: Comment | None = None) -> PolicyTest:
    """Keep an example as a test of the site, in the caller's transaction. It replaces one of the same text and name.

    Raises:
        NotFound: there is no such site.
        Unfit: the site has `MOST` tests.
    """
    [test] = _keep(session, site_id, [new], actor=actor, comment_id=comment.id if comment else None)
    audit.record(session, [audit.row("policy_test.added", actor=actor, site_id=site_id, detail={"test": test.id})])
    return test


def add_all(session: Session, site_id: str, examples: Sequence[Example], *, actor: str) -> int:
    """Keep the examples of a file, in the caller's transaction. Returns how many there are of the site now.

    Raises:
        NotFound: there is no such site.
        Unfit: the site would have more than `MOST` tests.
    """
    _keep(session, site_id, examples, actor=actor, comment_id=None)
    detail = {"tests": len(examples)}
    audit.record(session, [audit.row("policy_test.imported", actor=actor, site_id=site_id, detail=detail)])
    return number(session, site_id)


def remove(session: Session, site_id: str, test_id: str, *, actor: str) -> None:
    """Remove a test, in the caller's transaction.

    Raises:
        NotFound: the site has no such test.
    """
    test = session.get(PolicyTest, test_id)
    if test is None or test.site_id != site_id:
        raise NotFound("There is no such test any more.")
    audit.record(session, [audit.row("policy_test.removed", actor=actor, site_id=site_id, detail={"test": test.id})])
    session.delete(test)
    session.flush()


def read_file(content: bytes) -> list[Example]:
    """The examples of a file: CSV with a line of column names, or JSON objects, one on each line.

    Columns or keys are `text`, `expected` and, if wanted, `name`; of an exported comment `comment` and `status`.

    Raises:
        Unfit: the message names the first lines that cannot be read, and why.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unfit("The file is not in UTF-8. Save it as CSV in UTF-8, or as NDJSON.") from None
    rows = _json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text)
    examples, faults = [], []
    for place, row in rows:
        try:
            examples.append(_of_row(row))
        except Unfit as error:
            faults.append(f"{place}: {error}")
        if len(faults) > _TOLD or len(examples) > MOST:
            break
    if faults:
        raise Unfit(" ".join([*faults[:_TOLD], "And more."] if len(faults) > _TOLD else faults))
    if not examples:
        raise Unfit("The file has no examples. It needs the columns text and expected.")
    if len(examples) > MOST:
        raise Unfit(f"The file has more than {MOST} examples, and no more fit.")
    return examples


def _of_row(row: Mapping[str, Any]) -> Example:
    fields = {_COLUMNS[key]: value for key, value in row.items() if key in _COLUMNS and value is not None}
    for field in ("text", "expected"):
        if not isinstance(fields.get(field), str):
            raise Unfit(f"It has no {field}.")
    name = fields.get("name", "")
    if not isinstance(name, str):
        raise Unfit("Its name is no text.")
    return example(fields["text"], fields["expected"], name)


def _json_rows(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        yield f"Line {number:,}", row if isinstance(row, dict) else {}


def _csv_rows(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""))
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if not {"text", "comment"} & set(header):
            raise Unfit("The first line has to name the columns: text, expected and, if wanted, name.")
        for row in reader:
            if any(cell.strip() for cell in row):
                yield f"Line {reader.line_num:,}", dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise Unfit(f"Line {reader.line_num:,} is no CSV: {error}.") from None


def _keep(
    session: Session, site_id: str, examples: Sequence[Example], *, actor: str, comment_id: str | None
) -> list[PolicyTest]:
    # Locked, so that two people at once do not overfill it.
    found(session.scalar(select(Site.id).where(Site.id == site_id).with_for_update()), f"site {site_id}")
    existing = {(test.text_hash, test.name): test for test in of_site(session, site_id)}
    kept = []
    for example in examples:
        key = (content_hash(example.text), example.name)
        test = existing.get(key)
        if test is None:
            if len(existing) >= MOST:
                raise Unfit(f"A site has at most {MOST} tests. Remove some first.")
            test = PolicyTest(id=clock.new_id("pt"), site_id=site_id, text_hash=key[0], name=example.name)
            session.add(test)
        test.text, test.expected = example.text, example.expected
        test.comment_id = comment_id or test.comment_id
        test.created_by, test.created_at = actor, clock.now()
        existing[key] = test
        kept.append(test)
    session.flush()
    return kept
