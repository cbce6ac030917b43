"""From decided to told: webhooks to quick receivers, while comments are scored, beside a bare loop that posts."""

from __future__ import annotations

import itertools
import json
import statistics
import time
from dataclasses import replace

import urllib3
from sqlalchemy import select

from benchmarks import texts
from benchmarks.installation import Installation, installed, until
from benchmarks.receivers import Receivers, Told
from benchmarks.report import Report
from moderation import clock
from moderation.intake import submissions
from moderation.intake.submissions import Request, Submission
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.tables import WebhookEndpoint
from moderation.webhooks import endpoints, standard
from moderation.webhooks.batches import Batching
from worker import process

RATE_TARGET, WAIT_TARGET = 2000.0, 0.100
COMMENTS, BATCH, SITES = 12_000, 1_000, 20
QUIET_SECONDS = 15.0
YARDSTICK = 4_000
WITHIN = 240.0
BATCHES = Batching(events=100, seconds=1)
#: What is told after it was decided: how many endpoints, and in what batches.
KINDS: dict[str, tuple[int, Batching | None]] = {
    "one receiver": (1, None),
    f"{SITES} receivers together": (SITES, None),
    f"one receiver, in batches of up to {BATCHES.events}": (1, BATCHES),
}


def run() -> Report:
    """Full speed to one receiver and to many, then the wait at a tenth of the target; the yardstick around them."""
    report = Report(
        "telling",
        "From decided to told",
        f"Webhook messages a second, from the first to the last of {COMMENTS:,}, with one scoring and one delivery "
        f"process on SQLite (`synchronous=FULL`): to one endpoint, and to {SITES} together. The comments are accepted "
        f"in batches of {BATCH:,} and scored meanwhile. The receivers answer at once; they share the two cores. The "
        "yardstick is a loop that signs and posts over one kept connection, with no database and nothing beside it. "
        "Telling cannot be faster than deciding: the last rows tell what was decided before, with nothing to score.",
    )
    yardsticks = [_bare()]
    one, many, batched, waits = _full_speed(1), _full_speed(SITES), _full_speed(1, BATCHES), _at_a_tenth()
    told = {what: _decided_before(count, wanted) for what, (count, wanted) in KINDS.items()}
    yardsticks.append(_bare())
    yardstick = statistics.mean(yardsticks)
    report.add("bare loop", f"{yardstick:,.0f} per second")
    for what, rate in (("one receiver", one), (f"{SITES} receivers together", many)):
        report.add(
            what,
            f"{rate:,.0f} per second, {rate / yardstick:.2f} of the bare loop",
            f"{RATE_TARGET:,.0f} per second",
            rate >= RATE_TARGET,
        )
    median, most = statistics.median(waits), statistics.quantiles(waits, n=100)[98]
    report.add(
        f"one receiver, in batches of up to {BATCHES.events}",
        f"{batched:,.0f} events per second, {batched / one:.2f} times as many as without",
    )
    report.add(
        f"from decision to receiver at {RATE_TARGET / 10:,.0f} per second",
        f"{1000 * median:,.0f} ms (median), {1000 * most:,.0f} ms (99 of 100)",
        f"{1000 * WAIT_TARGET:.0f} ms (median)",
        median < WAIT_TARGET,
    )
    for what, rate in told.items():
        report.add(f"decided before, {what}", f"{rate:,.0f} per second, {rate / yardstick:.2f} of the bare loop")
    return report


def _bare() -> float:
    """Messages a second of a loop that only signs and posts."""
    payload = {"type": "comment.published", "timestamp": clock.now().isoformat(), "data": {"text": "x" * 400}}
    secret = standard.new_secret()
    with Receivers(1) as receivers, urllib3.PoolManager() as pool:
        for _ in range(YARDSTICK):
            body = json.dumps(payload).encode()
            signature = standard.sign(secret, "msg_1", int(time.time()), body)
            pool.request("POST", receivers.urls[0], body=body, headers={"webhook-signature": signature})
        return receivers.take().rate


def _full_speed(count: int, wanted: Batching | None = None) -> float:
    """Events a second to so many endpoints, while comments are scored."""
    with installed("sqlite") as installation, Receivers(count) as receivers:
        told_sites = _sites(installation, receivers, wanted)
        installation.work()
        _accept(installation, told_sites)
        return _told(receivers, COMMENTS).event_rate


def _decided_before(count: int, wanted: Batching | None) -> float:
    """Events a second to so many endpoints, where all comments are decided before anything is sent."""
    with installed("sqlite") as installation, Receivers(count) as receivers:
        _accept(installation, _sites(installation, receivers, wanted))
        scorer = process.open_scorer(replace(installation.settings, reader="fast"))
        while scorer.run_batch(BATCH).claimed:
            pass
        installation.work()
        return _told(receivers, COMMENTS).event_rate


def _accept(installation: Installation, told_sites: list[CreatedSite]) -> None:
    made, turn = texts.comments(), itertools.cycle(told_sites)
    for _ in range(COMMENTS // BATCH):
        batch = itertools.islice(made, BATCH)
        requests = [Request(next(turn).id, Submission(name="Ada", comment=text), None) for text in batch]
        submissions.submit_all(installation.store, installation.queues, requests)


def _at_a_tenth() -> list[float]:
    """Seconds from each decision to its arrival, with comments coming at a tenth of the target."""
    with installed("sqlite") as installation, Receivers(1) as receivers:
        (site,) = _sites(installation, receivers)
        installation.work()
        made, began = texts.comments(), time.monotonic()
        count = int(QUIET_SECONDS * RATE_TARGET / 10)
        for number in range(count):
            time.sleep(max(0.0, began + number / (RATE_TARGET / 10) - time.monotonic()))
            submissions.submit(
                installation.store, installation.queues, site.id, [Submission(name="Ada", comment=next(made))]
            )
        return _told(receivers, count).waits


def _sites(installation: Installation, receivers: Receivers, wanted: Batching | None = None) -> list[CreatedSite]:
    made = [
        sites.create_site(installation.store, installation.settings, f"Site {number}", url)
        for number, url in enumerate(receivers.urls)
    ]
    with installation.store.write() as session:
        for endpoint in session.scalars(select(WebhookEndpoint)).all():
            endpoints.set_batches(session, endpoint.site_id, endpoint.id, wanted, actor="site")
    return made


def _told(receivers: Receivers, count: int) -> Told:
    until(lambda: receivers.count() >= count, f"{count:,} messages arrive", within=WITHIN)
    return receivers.take()
