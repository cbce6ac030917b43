"""A comment has a time budget of its own: what takes longer goes to a person, and nobody else waits for it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from moderation.decisions import budget, scoring
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import ReviewItem
from tests.support.classifier import ChosenScores
from tests.support.comments import accept, rows, stored

pytestmark = [
    pytest.mark.slow,
    # An alarm may come while an object is finalized: Python prints it and goes on, and the next breaks the work off.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def spin() -> None:
    """Work in Python that does not end by itself. Budgets count the processor's time outside the kernel."""
    until = time.thread_time() + 30
    while time.thread_time() < until:
        for _ in range(10_000):
            pass


def backtrack() -> None:
    """One call into C that takes very long."""
    re.fullmatch(r"(a+)+b", "a" * 40)


class Slow(ChosenScores):
    """Takes very long over some texts, at each of its steps."""

    def __init__(self, work: Any, step: str) -> None:
        super().__init__()
        self._work, self._step = work, step

    def score(self, texts: Sequence[str], signals: Sequence[Mapping[str, object]] | None = None) -> Any:
        self._meet("score", *texts)
        return super().score(texts, signals)

    def language(self, text: str, said: Sequence[str | None] = ()) -> str:
        self._meet("language", text)
        return super().language(text, said)

    def explain(self, text: str, label: str, signals: Mapping[str, object] | None = None) -> Any:
        self._meet("explain", text)
        return super().explain(text, label, signals)

    def _meet(self, step: str, *texts: str) -> None:
        if step == self._step and any("quagmire" in text for text in texts):
            self._work()


@pytest.mark.one_database
@pytest.mark.parametrize("step", ["score", "language", "explain"])
@pytest.mark.parametrize("work", [spin, backtrack])
def test_a_slow_comment_goes_to_a_person_and_the_others_are_decided_first(
    work: Any,
    step: str,
    store: Store,
    queues: Queues,
    site: CreatedSite,
    other_site: CreatedSite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scoring, "BATCH_BUDGET", 0.2)
    monkeypatch.setattr(scoring, "COMMENT_BUDGET", 0.2)
    slow = accept(store, queues, site, "A quagmire of a text. insult=0.95")
    others = [accept(store, queues, other_site, f"Fine {number}.") for number in range(10)]
    began = time.thread_time()
    result = Scorer(store, queues, Slow(work, step)).run_batch()
    assert time.thread_time() - began < 15  # of the 30 that spinning would take
    assert [stored(store, one.id).status for one in others] == ["published"] * 10
    row = stored(store, slow.id)
    assert row.status == "flagged"
    assert row.reasons
    assert row.reasons[0]["rule"] == "not_judged"
    assert [item.comment_id for item in rows(store, ReviewItem)] == [slow.id]
    assert (result.claimed, len(result.written), len(result.news.decisions)) == (11, 11, 11)
    assert max(stored(store, one.id).updated_at for one in others) < row.updated_at, "nobody waited for it"


def test_a_budget_is_taken_away_with_its_block() -> None:
    with budget.limited(0.1):
        pass
    until = time.thread_time() + 0.3
    while time.thread_time() < until:
        pass
    with pytest.raises(budget.TooLong), budget.limited(0.1):
        spin()


def test_waiting_for_others_is_no_work() -> None:
    with budget.limited(0.1):
        time.sleep(0.3)
