"""Hearing what is told through Redis: to open consoles and to the delivery processes."""

from __future__ import annotations

from moderation.intake.queues import Queues
from moderation.webhooks import console_channel, deliveries
from moderation.webhooks.console_channel import Message


class Told:
    """What was told since the test began, or since it was last looked at."""

    def __init__(self, queues: Queues) -> None:
        self.channel = queues.redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self.channel.subscribe(console_channel.CHANNEL, deliveries.CHANNEL)
        self.channel.get_message(timeout=5)
        self.channel.get_message(timeout=5)
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
        while (told := self.channel.get_message(timeout=0.2)) is not None:
            if told["channel"].decode() == deliveries.CHANNEL:
                self._sites += told["data"].decode().split(",")
                continue
            message = console_channel.read(told["data"])
            assert message is not None
            self._messages.append(message)
