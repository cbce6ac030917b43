"""What follows a commit, in one call: counts, deliveries, open consoles, and what has to be queued.

All of it goes through Redis and may be lost. Nothing depends on it: deliveries, the sweep, the clock and open pages
also look by themselves.
"""

from __future__ import annotations

from functools import partial

import redis

from moderation import counters
from moderation.intake.queues import Queues, Waiting
from moderation.news import News
from moderation.webhooks import console_channel, deliveries


def tell(queues: Queues, news: News, *, by: str | None = None) -> None:
    """Tell everybody concerned of a committed transaction. Raises nothing: while Redis is away, nobody is told.

    `by` is the name of the person who did it, for the others at the console.
    """
    if news.pending:
        # An edited comment is queued even while a worker holds its earlier revision: those scores will be dropped.
        queues.announce(Waiting(site_id, comment_id, at) for comment_id, (site_id, at) in news.pending.items())
    if news.decisions or news.sites or news.happenings or news.progress:
        queues.breaker.call(lambda client: _publish(client, news, by), doing="telling of a commit")
    for job_id in news.started:
        queues.breaker.call(partial(_start, queues, job_id), doing="starting a bulk job")


def _start(queues: Queues, job_id: str, _client: redis.Redis) -> None:
    queues.start_bulk_job(job_id)


def _publish(client: redis.Redis, news: News, by: str | None) -> None:
    """One round trip."""
    with client.pipeline(transaction=False) as pipeline:
        counters.count_decisions(pipeline, news.decisions)
        deliveries.nudge(pipeline, news.sites)
        for message in console_channel.messages(news, by):
            console_channel.publish(pipeline, message)
        pipeline.execute()
