"""Measures what Winnow does by turns on two installations: one with few comments, one with many."""

from __future__ import annotations

import itertools
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import quote, urlencode

from sqlalchemy import select

from benchmarks import sizes, texts
from benchmarks.installation import Installation
from moderation import clock
from moderation.decisions import comments
from moderation.intake import submissions
from moderation.intake.submissions import Submission
from moderation.tables import Comment, ReviewItem
from tools.capacity import tour
from tools.capacity.tour import Ground
from worker.clock import tasks

TIMES, LOOKED_AT, PENDING = 40, 200, 2_000
#: What takes long is done for so many seconds, and so often at least.
LONGEST, LEAST = 8.0, 5
WANTED = 2.0
Act = Callable[[], object]


@dataclass(frozen=True)
class Compared:
    """The medians of both, in seconds."""

    what: str
    few: float
    many: float

    @property
    def ratio(self) -> float:
        return self.many / self.few


def compare(
    few: Ground,
    many: Ground,
    installations: tuple[Installation, Installation],
    only: str = "",
    seconds_now: Callable[[], float] = time.perf_counter,
) -> Iterator[Compared]:
    """Each act by turns, so that whatever else the machine does meets both; `only` those whose name has this."""
    both = [_acts(ground, installation) for ground, installation in zip((few, many), installations, strict=True)]
    for (what, with_few), (_, with_many) in zip(*both, strict=True):
        if not re.search(only, what):
            continue
        seconds: dict[Act, list[float]] = {with_few: [], with_many: []}
        until = time.monotonic() + LONGEST
        for turn in range(-3, TIMES):
            if turn > LEAST and time.monotonic() > until:
                break
            for act, taken in seconds.items():
                began = seconds_now()
                act()
                if turn >= 0:
                    taken.append(seconds_now() - began)
        yield Compared(what, statistics.median(seconds[with_few]), statistics.median(seconds[with_many]))


def _acts(ground: Ground, installation: Installation) -> Iterator[tuple[str, Act]]:
    """What is measured. Where there is something to choose (an author, a page), another one each time."""
    met = _met(installation)
    yield from _of_intake(ground, installation, met)
    yield from _of_readers(ground, itertools.cycle(met))
    sights = tour.sights_of(ground)
    for step in tour.of_workers(ground, sights):
        if step.name in {"doctor", "top", "worker: deliveries", "retention"}:
            yield step.name, step.do
    for task in tasks(ground.settings, ground.store, ground.queues):
        yield f"clock: {task.name}", task.do


def _of_intake(ground: Ground, installation: Installation, met: list[Comment]) -> Iterator[tuple[str, Act]]:
    """A comment's way in, on the largest site."""
    made, met_sites = texts.comments(17), [one.site_id for one in met]
    largest = max(met_sites, key=met_sites.count)
    store, queues = ground.store, ground.queues

    def submit() -> None:
        submissions.submit(store, queues, largest, [Submission(name="Ada", comment=next(made), thread="/turns")])

    def decide_batch() -> None:
        sent = [Submission(name=f"Ada {at}", comment=next(made)) for at in range(64)]
        submissions.submit(store, queues, largest, sent)
        assert ground.scorer.run_batch(64).claimed

    yield "submit a comment", submit
    yield "submit 64 comments, claim, score and decide them", decide_batch
    yield f"a person decides, of {LOOKED_AT} that wait", partial(_decide, ground, itertools.cycle(_waiting(ground)))
    for _ in range(PENDING // 100):
        batch = [Submission(name="Ada", comment=next(made)) for _ in range(100)]
        submissions.submit(store, queues, largest, batch)
    yield "claim 64 of 2,000 that are pending", partial(sizes.claim, installation, 0)


def _of_readers(ground: Ground, met: Iterator[Comment]) -> Iterator[tuple[str, Act]]:
    """What is read by the API and the console."""
    lately = (clock.now() - timedelta(hours=1)).isoformat()
    browser, token = tour.sign_in(ground, "a password for a tour")
    client = ground.app.test_client()
    sights = tour.sights_of(ground)
    headers = {"Authorization": f"Bearer {sights.key}"}

    def api(path: str) -> None:
        tour.read(client, f"/api/v1/{path}", headers)

    of_site = (one for one in met if one.site_id == sights.comment.site_id)
    yield "feed of a page", lambda: api(f"threads/{quote(next(of_site).thread or '', safe='')}/comments")
    yield "a comment, by the API", lambda: api(f"comments/{next(of_site).id}")
    page = partial(tour.look, browser)
    yield "a comment's page", lambda: page(f"/console/comments/{next(met).id}")
    yield "an author's page", lambda: page(f"/console/author?{_author(next(met))}")
    yield "finding an author", lambda: page(f"/console/comments?{urlencode({'author': next(met).name})}")
    yield "finding a page", lambda: page(f"/console/comments?{urlencode({'thread': next(met).thread or ''})}")
    yield "finding an address", lambda: page(f"/console/comments?{urlencode({'ip': next(met).ip or ''})}")
    for path in tour.pages(sights):
        name = f"/console/{path.replace(sights.comment.site_id, '…')}"
        yield name, partial(page, f"/console/{path}")
    yield "the API's list, what changed", lambda: api(f"comments?{urlencode({'updated_after': lately})}")
    yield "the API's review queue", lambda: api("review-queue")
    yield "/metrics", partial(tour.read, client, "/metrics", {})
    yield (
        "the first piece of an export",
        partial(
            tour.begin_export,
            browser,
            "/console/comments/export",
            {"csrf_token": token, "format": "ndjson", "status": "rejected"},
        ),
    )


def _met(installation: Installation) -> list[Comment]:
    """Comments from everywhere in the database."""
    chance = random.Random(8)
    found: list[Comment] = []
    with installation.store.read() as session:
        ways = Comment.id, Comment.id.desc()
        edges = [session.scalars(select(Comment.id).order_by(way).limit(1)).one() for way in ways]
        first, last = (clock.milliseconds(clock.moment_of(one)) for one in edges)
        while len(found) < LOOKED_AT:
            at = clock.first_id("c", clock.from_milliseconds(chance.randrange(first, last)))
            one = session.scalar(select(Comment).where(Comment.id >= at).order_by(Comment.id).limit(1))
            if one is not None:
                found.append(one)
    return found


def _waiting(ground: Ground) -> list[str]:
    with ground.store.read() as session:
        query = select(ReviewItem.comment_id).where(ReviewItem.is_open, ReviewItem.kind == "flag")
        return list(session.scalars(query.order_by(ReviewItem.due).limit(LOOKED_AT)))


def _decide(ground: Ground, waiting: Iterator[str]) -> None:
    """A decision that is taken back, so that as many wait the next time."""
    with ground.store.read() as session:
        comments.decide(session, None, next(waiting), "reject", actor="user:u_turns", code="insult")
        session.flush()
        session.rollback()


def _author(comment: Comment) -> str:
    return urlencode({"site": comment.site_id, "key": comment.author_key or ""})
