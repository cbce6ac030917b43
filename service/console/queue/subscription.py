"""The web process's subscription to messages in Redis, which it passes on to its open console pages.

There is one while a page listens. When Redis goes away, every page is told that nothing more will come.
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

#: Live pages of one person; further pages ask for changes.
MOST_OF_ONE = 2
#: How often Redis is pinged. It counts as away when nothing comes for twice as long.
PING_SECONDS = 5.0
#: How long a page waits until the subscription is ready.
CONNECT_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Line:
    """A page's queue of messages; None in it means that nothing more will come."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.messages: SimpleQueue[Message | None] = SimpleQueue()


class Wire:
    """The subscription and the pages that listen. One for each process; safe to share between threads."""

    def __init__(self, redis_url: str, most: int) -> None:
        self._url, self._most = redis_url, most
        self._lock = threading.Lock()
        self._lines: set[Line] = set()
        self._standing: threading.Event | None = None

    def join(self, reader: str) -> Line | None:
        """A line, to be given back with `leave`. None when there are too many lines, or while Redis is away.

        A reader gets `MOST_OF_ONE` lines at most, so that there are some for others.
        """
        line = Line(reader)
        with self._lock:
            lines_of_reader = sum(1 for other in self._lines if other.reader == reader)
            if len(self._lines) >= self._most or lines_of_reader >= MOST_OF_ONE:
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
        """Give a line back. May be called more than once."""
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
        """Pass messages on until nobody listens. Raises redis.ConnectionError when Redis gives no sign of life."""
        last_sign = pinged = time.monotonic()
        while True:
            message = channel.get_message(timeout=0.5)
            moment = time.monotonic()
            if message is not None:
                last_sign = moment
                self._hear(message, standing)
            if moment - pinged >= PING_SECONDS:
                pinged = moment
                channel.ping()
            if moment - last_sign >= 2 * PING_SECONDS:
                raise redis.ConnectionError("no sign of life")
            with self._lock:
                if not self._lines:
                    self._standing = None
                    return

    def _hear(self, raw: dict[str, object], standing: threading.Event) -> None:
        if raw["type"] == "subscribe":
            standing.set()
        data = raw["data"]
        if raw["type"] != "message" or not isinstance(data, bytes):
            return
        message = console_channel.read(data)
        if message is not None:
            with self._lock:
                for line in self._lines:
                    line.messages.put(message)

    def _hang_up(self) -> None:
        """Tell all pages that nothing more will come. The next page makes a new subscription."""
        with self._lock:
            self._standing = None
            for line in self._lines:
                line.messages.put(None)
            self._lines.clear()
