"""Hearing what is told through Redis: to open consoles and to the delivery processes."""

from __future__ import annotations

import secrets

from moderation.intake.queues import Queues
from moderation.webhooks import console_channel, deliveries
from moderation.webhooks.console_channel import Message


class Told:
    """What was told since the test began, or since it was last looked at."""

    def __init__(self, queues: Queues) -> None:
        self.channel = queues.redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._redis = queues.redis
        self._mark = f"tests:{secrets.token_hex(8)}"
        channels = (console_channel.CHANNEL, deliveries.CHANNEL, self._mark)
        self.channel.subscribe(*channels)
        for _ in channels:
            self.channel.get_message(timeout=30)
        self._messages: list[Message] = []
        self._sites: list[str] = []

    def messages(self) -> list[Message]:
        """To open consoles."""
        self._listen()
        heard, self._messages = self._messages, []
        return heard

    def happenings(self) -> list[tuple[str, list[str], str | None]]:
        """To open consoles: what, to which comments, and by whom."""
        return [(message.kind, list(message.comments), message.by) for message in self.messages()]

    def sites(self) -> list[str]:
        """The sites that the delivery processes were nudged for."""
        self._listen()
        heard, self._sites = self._sites, []
        return heard

    def _listen(self) -> None:
        """Redis keeps the order: whatever was told until now comes before a mark of ours."""
        self._redis.publish(self._mark, b"")
        while True:
            told = self.channel.get_message(timeout=30)
            assert told is not None, "Redis tells nothing any more"
            channel = told["channel"].decode()
            if channel == self._mark:
                return
            if channel == deliveries.CHANNEL:
                self._sites += told["data"].decode().split(",")
                continue
            message = console_channel.read(told["data"])
            assert message is not None
            self._messages.append(message)
