"""Whatever a running Winnow asks of its database is found by an index: it costs the same with ten million comments.

`python -m tools.capacity plans` looks at the same tour on a database that is really large.
"""

from __future__ import annotations

import pytest
from flask import Flask

from moderation import actors
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.webhooks import endpoints
from tools.capacity import plans, tour
from tools.capacity.plans import Asked
from tools.capacity.tour import Ground

COPY = "You all have to see how I earn three hundred a day from home with this one weird trick, number"


@pytest.fixture
def ground(
    app: Flask,
    store: Store,
    settings: Settings,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    other_site: CreatedSite,
) -> Ground:
    """An installation with something of everything."""
    with store.write() as session:
        endpoints.add(session, settings, site.id, "https://example.org/hook", actor=actors.OPERATOR)
    said = [f"A remark on the bridge, insult=0.{score}" for score in (10, 60, 95)] + [f"{COPY} {n}" for n in range(4)]
    sent = [
        Submission(name="Ada", comment=each, email="ada@example.org", ip="192.0.2.1", thread="/bridge") for each in said
    ]
    for one in (site, other_site):
        submissions.submit(store, queues, one.id, sent)
    scorer.run_batch()
    return Ground(app, store, settings, queues, scorer)


@pytest.mark.slow
@pytest.mark.one_database
def test_everything_that_is_asked_on_a_tour_is_found_by_an_index(ground: Ground) -> None:
    asked = plans.record(tour.steps(ground), lambda _line: None)
    assert len(asked) > 300, "the tour does not go everywhere"
    found = [
        f"{why}: {one.statement} (by {one.asked_by})" for one, why in plans.faults(ground.store, asked, few_rows=True)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM comments WHERE user_agent = 'x'",
        "SELECT id FROM webhook_deliveries WHERE batch_size = 3",
        "UPDATE review_items SET priority = 1 WHERE closed_by = 'x'",
    ],
)
def test_a_statement_that_no_index_answers_is_at_fault(store: Store, statement: str) -> None:
    assert len(list(plans.faults(store, {statement: Asked(statement, values=())}, few_rows=True))) == 1
