"""What happens to comments, as this web process hears of it: one subscription to Redis, passed on to its open pages.

It is there while a page listens. When Redis goes away every page is told that nothing more will come.
"""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

import redis
import structlog
from redis.exceptions import RedisError

from moderation.intake import queues
from moderation.webhooks import console_channel
from moderation.webhooks.console_channel import Message

#: Pages of one person that hear of changes at once; further ones ask.
MOST_OF_ONE = 2
#: Redis is asked for a sign of life this often, and is away when none comes for twice as long.
PING_SECONDS = 5.0
#: How long a page waits for the subscription to stand.
CONNECT_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Line:
    """One page's end of the wire: messages, and None once nothing more will come."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.messages: SimpleQueue[Message | None] = SimpleQueue()


class Wire:
    """The subscription and the pages that listen. One a process; safe to share between threads."""

    def __init__(self, redis_url: str, most: int) -> None:
        self._url, self._most = redis_url, most
        self._lock = threading.Lock()
        self._lines: set[Line] = set()
        self._standing: threading.Event | None = None

    def join(self, reader: str) -> Line | None:
        """A line, to be given back with `leave`; None when there are too many, or while Redis is away.

        One reader gets two of them at most, so that the others have theirs.
        """
        line = Line(reader)
        with self._lock:
            theirs = sum(1 for one in self._lines if one.reader == reader)
            if len(self._lines) >= self._most or theirs >= MOST_OF_ONE:
                return None
            self._lines.add(line)
            if self._standing is None:
                self._standing = threading.Event()
                threading.Thread(target=self._listen, args=(self._standing,), daemon=True, name="console").start()
            standing = self._standing
        if standing.wait(CONNECT_SECONDS):
            with self._lock:
                if line in self._lines:
                    return line
        self.leave(line)
        return None

    def leave(self, line: Line) -> None:
        """Give a line back. Harmless when it was given back before."""
        with self._lock:
            self._lines.discard(line)

    def _listen(self, standing: threading.Event) -> None:
        try:
            with queues.connect(self._url) as client, client.pubsub() as channel:
                channel.subscribe(console_channel.CHANNEL)
                self._pass_on(channel, standing)
        except RedisError as error:
            log.warning("redis.away", doing="listening for the console", error=type(error).__name__)
            self._hang_up()
            standing.set()

    def _pass_on(self, channel: redis.client.PubSub, standing: threading.Event) -> None:
        """Until nobody listens, or Redis gives no sign of life any more (then it raises)."""
        heard = asked = time.monotonic()
        while True:
            found = channel.get_message(timeout=0.5)
            now = time.monotonic()
            if found is not None:
                heard = now
                self._hear(found, standing)
            if now - asked >= PING_SECONDS:
                asked = now
                channel.ping()
            if now - heard >= 2 * PING_SECONDS:
                raise redis.ConnectionError("no sign of life")
            with self._lock:
                if not self._lines:
                    self._standing = None
                    return

    def _hear(self, found: dict[str, object], standing: threading.Event) -> None:
        if found["type"] == "subscribe":
            standing.set()
        data = found["data"]
        if found["type"] != "message" or not isinstance(data, bytes):
            return
        message = console_channel.read(data)
        if message is not None:
            with self._lock:
                for line in self._lines:
                    line.messages.put(message)

    def _hang_up(self) -> None:
        """Tell all pages that nothing more will come; the next one subscribes anew."""
        with self._lock:
            self._standing = None
            for line in self._lines:
                line.messages.put(None)
            self._lines.clear()
