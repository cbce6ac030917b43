"""Counts each blog's calls by month, in Redis hashes. Counts may be lost: no answer waits for them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, fields
from typing import cast
from urllib.parse import urlsplit

import redis
from redis.exceptions import RedisError

from moderation import clock, sealing
from moderation.policy.facts import REPEAT_WINDOW, says_little
from moderation.tables import Comment
from service.context import context

_KEPT_SECONDS = 400 * 86_400
MONTHS_KEPT = 13
#: Blogs that are counted by name for a site in a month; the rest are counted together.
_MOST_BLOGS = 2000
_OTHERS = "(others)"


@dataclass
class Counts:
    """A blog's calls in a month."""

    api_calls: int = 0
    spam: int = 0
    ham: int = 0
    missed_spam: int = 0
    false_positives: int = 0


KINDS = tuple(field.name for field in fields(Counts))


def month_now() -> str:
    """This month, such as `2026-12`."""
    return f"{clock.now():%Y-%m}"


def last_months(number: int) -> list[str]:
    """This month and those before it, `number` in all."""
    moment = clock.now()
    months = (moment.year * 12 + moment.month - 1 - back for back in range(number))
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months]


def blog_name(blog: str) -> str:
    """A blog's name in lists: its host and path."""
    try:
        parts = urlsplit(blog if "//" in blog else f"//{blog}")
        return f"{parts.hostname or ''}{parts.path.rstrip('/')}"[:200] or "(unnamed)"
    except ValueError:
        return "(unnamed)"


def count(site_id: str, blog: str, kind: str | None = None) -> None:
    """Count a call, and its verdict or report."""
    key, name = _key(site_id, month_now()), blog_name(blog)
    context().queues.breaker.call(lambda client: _count(client, key, name, kind), doing="counting calls")


def read(site_id: str, month: str) -> dict[str, Counts]:
    """A month's counts by blog; empty when Redis is away."""
    try:
        stored = cast("dict[bytes, bytes]", context().queues.redis.hgetall(_key(site_id, month)))
    except RedisError:
        return {}
    counts_by_blog: dict[str, Counts] = defaultdict(Counts)
    for name, value in stored.items():
        kind, _, blog = name.decode().partition("|")
        setattr(counts_by_blog[blog], kind, int(value))
    return dict(counts_by_blog)


def is_repeated(comment: Comment) -> bool:
    """Whether another comment with these words was written on the site within a day. Remembers this one.

    The same words by the same author on the same page are the same comment, checked again. Short texts that many people
    write count as repeated only by the same author, or else from the same address.
    """
    if not comment.comment:
        return False
    author = comment.author_key or f"ip:{comment.ip}"
    by = f":{author}" if says_little(comment.comment) else ""
    key = f"winnow:akismet:seen:{comment.site_id}:{_short(f'{comment.content_hash}{by}')}"
    mark = f"{_short(f'{author}|{comment.thread}')} {comment.created_at.timestamp():.0f}"
    first = context().queues.breaker.call(lambda client: _remember(client, key, mark), doing="looking for a repetition")
    if first is None or first.split()[0] == mark.split(maxsplit=1)[0]:
        return False
    apart = abs(comment.created_at.timestamp() - float(first.split()[1])) if " " in first else 0.0
    return apart < REPEAT_WINDOW.total_seconds()


def _short(text: str) -> str:
    """A digest that only this installation can make: an address would be found by trying them all."""
    keys = sealing.signing_keys(context().settings, "akismet seen")
    return hashlib.blake2b(text.encode(), digest_size=8, key=keys[0].encode() if keys else b"").hexdigest()


def _count(client: redis.Redis, key: str, name: str, kind: str | None) -> None:
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hexists(key, f"api_calls|{name}")
        pipeline.hlen(key)
        is_known, size = pipeline.execute()
        if not is_known and size >= _MOST_BLOGS * len(KINDS):
            name = _OTHERS
        for call_kind in ("api_calls", kind):
            if call_kind is not None:
                pipeline.hincrby(key, f"{call_kind}|{name}", 1)
        if not size:
            pipeline.expire(key, _KEPT_SECONDS)
        pipeline.execute()


def _remember(client: redis.Redis, key: str, mark: str) -> str | None:
    """The mark of the first comment with these words; None when this is the first."""
    with client.pipeline(transaction=False) as pipeline:
        pipeline.get(key)
        pipeline.set(key, mark, nx=True, ex=int(REPEAT_WINDOW.total_seconds()))
        first, _ = pipeline.execute()
    return None if first is None else first.decode()


def _key(site_id: str, month: str) -> str:
    return f"winnow:akismet:usage:{site_id}:{month}"
