"""`winnow policy-tests`: what a model makes of the sites' own examples, before it is put in place."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.orm import Session

import models
from moderation.decisions import policy_trials
from moderation.decisions.policy_trials import Result
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.policy import policies, policy_tests
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import PolicyTest, PolicyVersion, Site
from operations.commands import open_installation
from texts.controls import printable

if TYPE_CHECKING:
    from models.scoring.classifier import Classifier

#: Characters of a text that are shown.
_SHOWN = 60
_WORDS = {"publish": "publish", "flag": "hold", "reject": "reject"}


@dataclass(frozen=True, slots=True)
class Line:
    """A test of a site, what the model in place makes of it, and what the model that is tried does."""

    site: str
    test: str
    text: str
    name: str
    expected: str
    before: str
    outcome: str

    @property
    def passes(self) -> bool:
        """Whether it is as expected."""
        return self.outcome == self.expected

    def as_json(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {"passes": self.passes, "changes": self.before != self.outcome}


@click.command(name="policy-tests")
@click.option("--site", "name", metavar="NAME", help="Of one site, by name or id.  [default: of all]")
@click.option("--model", type=click.Path(path_type=Path, exists=True), help="Try this model beside the one in place.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each test.")
def run(*, name: str | None, model: Path | None, as_json: bool) -> None:
    """Run the sites' policy tests: their own examples, each with what their policy is to make of it.

    Each is judged by its site's policy in force, with the model in place or with another one. What fails is shown, and
    what the other model changes. Ends with 1 where a test fails, so that a script stops in time.
    """
    settings, store = open_installation()
    in_place = models.load(reader=settings.reader)
    tried = in_place if model is None else models.load(model, reader=settings.reader)
    lines = []
    for line in _lines(settings, store, name, in_place, tried):
        lines.append(line)
        if as_json:
            click.echo(json.dumps(line.as_json(), ensure_ascii=False))
    if not as_json:
        _show(lines, in_place, tried)
    if not all(line.passes for line in lines):
        sys.exit(1)


def _lines(
    settings: Settings, store: Store, name: str | None, in_place: Classifier, tried: Classifier
) -> Iterator[Line]:
    queues = Queues(queues_module.connect(settings.redis_url))  # nothing of a test is queued
    with store.read() as session:
        rows = [(site.id, site.name, policy) for site, policy in _sites(session, name)]
    for site_id, site_name, policy in rows:
        with store.read() as session:
            tests = policy_tests.of_site(session, site_id)
        compared = [in_place] if tried is in_place else [in_place, tried]
        columns = [_results(classifier, site_id, policy, tests, store=store, queues=queues) for classifier in compared]
        yield from (_line(site_name, before, after) for before, after in zip(columns[0], columns[-1], strict=True))


def _results(
    classifier: Classifier,
    site_id: str,
    policy: PolicyVersion,
    tests: Sequence[PolicyTest],
    *,
    store: Store,
    queues: Queues,
) -> list[Result]:
    """What a site's policy makes of its tests with this classifier."""
    if not tests:
        return []
    document = policies.DEFAULT | policy.document
    compiled = policies.compile_policy(document, policy.version, classifier.thresholds)
    judge = policy_trials.judge_by(store, queues, classifier, site_id, compiled)
    return policy_trials.run([judge], tests, seconds=None)


def _sites(session: Session, name: str | None) -> Sequence[tuple[Site, PolicyVersion]]:
    query = policies.in_force().order_by(Site.created_at, Site.id)
    if name is not None:
        query = query.where(Site.id == sites.by_name(session, name).id)
    else:
        query = query.where(Site.archived_at.is_(None))
    return [(site, policy) for site, policy in session.execute(query)]


def _line(site: str, before: Result, after: Result) -> Line:
    test = after.test
    return Line(site, test.id, test.text, test.name, test.expected, str(before.outcome), str(after.outcome))


def _show(lines: Sequence[Line], in_place: Classifier, tried: Classifier) -> None:
    if not lines:
        click.echo("No site has policy tests. They are kept on the page of a site's policy, in the console.")
        return
    shown = [line for line in lines if not line.passes or line.before != line.outcome]
    if shown:
        rows = [("", "site", "expected", in_place.version, tried.version, "text")]
        rows += [_cells(line) for line in shown]
        widths = [max(len(row[at]) for row in rows) for at in range(5)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            click.echo("  ".join([*cells, row[5]]).rstrip())
    failing = sum(not line.passes for line in lines)
    changed = sum(line.before != line.outcome for line in lines)
    click.echo(f"{len(lines):,} tests: {failing:,} fail, {changed:,} change.")


def _cells(line: Line) -> tuple[str, str, str, str, str, str]:
    text = " ".join(line.text.split())
    text = f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
    expected, before, outcome = (_WORDS[action] for action in (line.expected, line.before, line.outcome))
    return ("" if line.passes else "FAILS", line.site, expected, before, outcome, printable(text))
