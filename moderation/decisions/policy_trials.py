"""Runs a site's policy tests: what a policy, or another model, makes of the site's own examples. Writes nothing.

A test is about its text and its author's name alone. What depends on the moment, on other comments or on the author's
past (repeated texts, first comments, standing, times at which everything waits) and the site's mode have no part in it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from moderation.decisions import checked
from moderation.decisions.scoring import Classifier, Scored, Scorer
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.policy import policies
from moderation.policy.hold_times import HoldTimes
from moderation.policy.policies import Candidate
from moderation.policy.terms import Action, Policy
from moderation.sites import site_settings
from moderation.store import Store
from moderation.tables import Comment, PolicyTest

#: Tests that are scored together; between two such steps it is looked at how long it took.
_STEP = 25
#: Scores, and outcomes, that a process remembers: those of several sites' tests.
_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Result:
    """A test, and what each policy made of it; None where there was no time for it."""

    test: PolicyTest
    outcomes: tuple[Action, ...] | None

    @property
    def outcome(self) -> Action | None:
        """What the last of the policies made of it."""
        return self.outcomes[-1] if self.outcomes else None

    @property
    def passes(self) -> bool:
        """Whether this outcome is the one that the test expects."""
        return self.outcome == self.test.expected

    @property
    def changes(self) -> bool:
        """Whether the policies' outcomes differ."""
        return self.outcomes is not None and len(set(self.outcomes)) > 1


@dataclass(frozen=True, slots=True)
class Judge:
    """A policy, or a model, whose verdicts on tests are asked for."""

    scorer: Scorer
    #: Names the model and the language of the site's authors. Judges with the same reader score a test alike.
    reader: str
    #: Names the reader, the site and what the policy says. Judges with the same name come to the same outcomes.
    name: str


class Remembered:
    """The scores of tests, and what policies made of them, so that each is computed once. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scores: OrderedDict[tuple[str, str, str], Scored] = OrderedDict()
        self._outcomes: OrderedDict[tuple[str, str, str], Action] = OrderedDict()

    def decided(self, by: str, tests: Sequence[PolicyTest]) -> list[Action] | None:
        """The outcomes of these tests by the judge of this name, in order; None where a test was not judged yet."""
        with self._lock:
            outcomes = [self._outcomes.get((by, test.text, test.name)) for test in tests]
        return [outcome for outcome in outcomes if outcome is not None] if None not in outcomes else None

    def decide(self, by: str, tests: Sequence[PolicyTest], outcomes: Sequence[Action]) -> None:
        """Keep the outcomes of tests by the judge of this name; the oldest make room."""
        with self._lock:
            for test, outcome in zip(tests, outcomes, strict=True):
                self._outcomes[by, test.text, test.name] = outcome
            while len(self._outcomes) > _REMEMBERED:
                self._outcomes.popitem(last=False)

    def known(self, reader: str, rows: Mapping[str, PolicyTest]) -> dict[str, Scored]:
        """Row id -> its scores, of the tests that this `Judge.reader` has scored."""
        with self._lock:
            return {
                row_id: scored
                for row_id, test in rows.items()
                if (scored := self._scores.get((reader, test.text, test.name))) is not None
            }

    def remember(self, reader: str, rows: Mapping[str, PolicyTest], scores: Mapping[str, Scored]) -> None:
        """Keep the scores of tests; the oldest make room."""
        with self._lock:
            for row_id, scored in scores.items():
                self._scores[reader, rows[row_id].text, rows[row_id].name] = scored
            while len(self._scores) > _REMEMBERED:
                self._scores.popitem(last=False)


def run(
    judges: Sequence[Judge], tests: Sequence[PolicyTest], *, seconds: float | None, memory: Remembered | None = None
) -> list[Result]:
    """What each judge makes of each test. What begins after so many `seconds` is left out: None, all are run.

    Raises:
        moderation.store.AWAY: the database is away.
    """
    until = None if seconds is None else time.monotonic() + seconds
    memory = memory or Remembered()
    results: list[Result] = []
    for at in range(0, len(tests), _STEP):
        step = tests[at : at + _STEP]
        if until is not None and time.monotonic() > until:
            results += [Result(test, None) for test in step]
            continue
        columns = [_outcomes(judge, step, memory) for judge in judges]
        results += [Result(test, outcomes) for test, outcomes in zip(step, zip(*columns, strict=True), strict=True)]
    return results


def judge_by(store: Store, queues: Queues, classifier: Classifier, site_id: str, policy: Policy) -> Judge:
    """Who judges a site's tests by this policy."""
    bare = replace(
        policy,
        mode="auto",
        flag_repeated=False,
        flag_first_comment=False,
        campaign_authors=None,
        trust_after=None,
        hold_after=None,
        hold_times=HoldTimes(),
    )
    with store.read() as session:
        language = site_settings.author_languages(session, {site_id}).get(site_id, "")
    reader = f"{classifier.version} {language}"
    scorer = Scorer(store, queues, classifier, Candidate(site_id, bare))
    return Judge(scorer, reader, f"{reader} {site_id} {policies.content(bare)}")


def _outcomes(judge: Judge, tests: Sequence[PolicyTest], memory: Remembered) -> list[Action]:
    remembered = memory.decided(judge.name, tests)
    if remembered is not None:
        return remembered
    rows = [_as_comment(test) for test in tests]
    outcomes = _verdicts(judge, rows, dict(zip((row.id for row in rows), tests, strict=True)), memory)
    memory.decide(judge.name, tests, outcomes)
    return outcomes


def _verdicts(
    judge: Judge, rows: Sequence[Comment], tests: Mapping[str, PolicyTest], memory: Remembered
) -> list[Action]:
    scores = memory.known(judge.reader, tests)
    unknown = [row for row in rows if row.id not in scores]
    if unknown:
        new = judge.scorer.score(unknown)
        memory.remember(judge.reader, tests, new)
        scores |= new
    return [verdict.action for verdict in judge.scorer.verdicts(rows, scores)]


def _as_comment(test: PolicyTest) -> Comment:
    return checked.new_comment(test.site_id, Submission(name=test.name or "Somebody", comment=test.text), origin={})
