"""An attack: many comments that say nearly the same, each with another name, link and number."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.comments import submission

NAMES = ("Anna", "Peter", "Mohammed", "Lucia", "Giovanni", "Katarzyna", "Wei")
TEXT = "You all have to see what this one weird doctor says about losing weight, it changed my whole life"


def attack(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, number: int, *, threads: Sequence[str] = ("/a",)
) -> list[str]:
    """Post so many near copies and have them flagged; their ids."""
    sent = [
        submission(
            f"{NAMES[at % 7]}! {TEXT} https://{at}.example.net/{at * 7919} {at} spam=0.6",
            name=f"{NAMES[at % 7]} {at}",
            thread=threads[at % len(threads)],
        )
        for at in range(number)
    ]
    outcomes = submissions.submit(store, queues, site.id, sent)
    while scorer.run_batch().claimed:
        pass
    return [outcome.comment.id for outcome in outcomes if outcome.comment is not None]
