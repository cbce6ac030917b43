"""What open pages of the console are told of as it happens, through Redis pub/sub. It may be lost: a page looks again.

A message says that there is something to see, and where. It never holds what a comment or its author says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import redis

CHANNEL = "winnow:console"

Kind = Literal["opened", "decided", "claimed", "released", "job"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something happened to these comments of a site; `by` is the person's name, if it was one."""

    kind: Kind
    site: str
    comments: Sequence[str]
    by: str | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def publish(client: redis.Redis, message: Message) -> None:
    """Tell every web process. Raises redis.RedisError."""
    client.publish(CHANNEL, message.as_json())


def read(data: bytes) -> Message | None:
    """A message as it came from Redis; None for what is none, such as one of another version of ours."""
    try:
        found = json.loads(data)
        message = Message(found["kind"], found["site"], [str(one) for one in found["comments"]], found["by"])
    except (ValueError, LookupError, TypeError):
        return None
    return message if message.kind in get_args(Kind) and isinstance(message.site, str) else None
