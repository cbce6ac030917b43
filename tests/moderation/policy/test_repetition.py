"""What many people write is no repetition, and what was written long ago repeats nothing of today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.clock import Clock
from tests.support.comments import accept, rows, stored, submission

LONG = "I read your post on soil and would like to offer you our services."
ONE = {"user_id": "u1", "ip": "192.0.2.1", "thread": "/a"}
OTHER = {"user_id": "u2", "ip": "192.0.2.2", "thread": "/b"}
NOBODY: dict[str, Any] = {"name": "Anonymous"}


@pytest.mark.parametrize(
    ("first", "second", "text", "is_repeated"),
    [
        (ONE, OTHER, "Thank you!", False),
        (ONE, OTHER, "Great post, thanks", False),
        (ONE, OTHER, "+1", False),
        (ONE, OTHER, "👍", False),
        (ONE, OTHER, "谢谢你", False),
        (NOBODY, NOBODY, "Thanks!", False),
        (ONE, ONE, "Thank you!", True),
        (ONE, OTHER | {"user_id": "u1"}, "Thank you!", True),
        (ONE, OTHER | {"ip": "192.0.2.1"}, "Thank you!", True),
        (NOBODY, NOBODY | {"ip": "192.0.2.1"}, "Thanks!", False),
        (NOBODY | {"ip": "192.0.2.1"}, NOBODY | {"ip": "192.0.2.1"}, "Thanks!", True),
        (ONE, OTHER, LONG, True),
        (ONE, OTHER, "buy www.a.example", True),
        (ONE, OTHER, "pills at a.ru", True),
        (ONE, OTHER, "我们公司提供最便宜的服务请联系", True),
    ],
)
def test_what_is_a_repetition(
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    clock: Clock,
    first: Any,
    second: Any,
    text: str,
    is_repeated: bool,
) -> None:
    accept(store, queues, site, text, **first)
    clock.advance(minutes=1)
    later = accept(store, queues, site, text, **second)
    scorer.run_batch()
    assert [reason["rule"] for reason in stored(store, later.id).reasons or ()] == (
        ["repeated"] if is_repeated else ["clear"]
    )


@pytest.mark.parametrize("text", ["Thanks!", LONG])
def test_an_old_archive_is_compared_by_when_it_was_written(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, text: str
) -> None:
    began = datetime(2012, 5, 1, 12, tzinfo=UTC)
    old = [submission(text, name=f"Reader {n}", created_at=began + timedelta(days=2 * n)) for n in range(30)]
    submissions.submit(store, queues, site.id, old)
    submissions.submit(store, queues, site.id, [submission(text, name="Eve", created_at=began + timedelta(hours=20))])
    while scorer.run_batch().claimed:
        pass
    repeated = [one.name for one in rows(store, Comment) if (one.reasons or [{}])[0].get("rule") == "repeated"]
    assert repeated == (["Eve"] if text == LONG else [])
