"""Live messages to open pages of the console, through Redis pub/sub. One may be lost: a page looks again by itself.

A message says that there is something to see, and where. It never holds what a comment or its author says.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import get_args

import redis

from moderation.news import Kind, News, Progress

CHANNEL = "winnow:console"
#: Comments that one message names.
MOST_COMMENTS = 100


@dataclass(frozen=True, slots=True)
class Message:
    """Something happened to these comments of a site, or to a bulk job; `by` is the person's name, if it was one."""

    kind: Kind
    site: str
    comments: Sequence[str]
    by: str | None = None
    job: Progress | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def messages(news: News, by: str | None) -> Iterator[Message]:
    """The messages of a transaction, in the order of what happened."""
    comments: dict[tuple[Kind, str], list[str]] = defaultdict(list)
    for kind, site_id, comment_id in news.happenings:
        comments[kind, site_id].append(comment_id)
    for (kind, site_id), ids in comments.items():
        for start in range(0, len(ids), MOST_COMMENTS):
            yield Message(kind, site_id, ids[start : start + MOST_COMMENTS], by)
    for progress in news.progress.values():
        yield Message("job", "", [], by, progress)


def publish(client: redis.Redis, message: Message) -> None:
    """Tell every web process; `client` may be a pipeline. Raises redis.RedisError."""
    client.publish(CHANNEL, message.as_json())


def read(data: bytes) -> Message | None:
    """A message as it came from Redis; None for anything else, such as a message of another version of Winnow."""
    try:
        fields = json.loads(data)
        job = Progress(**fields["job"]) if fields.get("job") else None
        message = Message(
            fields["kind"], fields["site"], [str(comment_id) for comment_id in fields["comments"]], fields["by"], job
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    if message.kind not in get_args(Kind) or not isinstance(message.site, str):
        return None
    return message if (message.kind == "job") == (job is not None) else None
