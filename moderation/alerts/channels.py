"""The ways by which a person hears of alerts: e-mail, a chat's incoming webhook, a Telegram bot.

Addresses are guarded as those of webhooks are: nothing is sent to a private network that the operator did not allow.
What gives anybody the right to write there (a chat's address, a bot's token) is stored encrypted and never shown again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, sealing
from moderation.alerts.conditions import KINDS
from moderation.errors import NotFound
from moderation.people import zones
from moderation.settings import Settings
from moderation.tables import AlertChannel, AlertMessage, User
from moderation.webhooks import endpoints

#: What a channel may be -> what it is called.
CHANNELS = {"email": "E-mail", "chat": "Chat (Slack, Mattermost)", "telegram": "Telegram"}
#: So many channels a person may have, and so often they may send themselves a test.
MOST, TEST_EVERY = 5, timedelta(minutes=1)
TELEGRAM = "https://api.telegram.org"

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_TOKEN = re.compile(r"([0-9]{3,20}):[A-Za-z0-9_-]{20,100}")
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{3,64}")


class ChannelError(Exception):
    """A channel cannot be made or used so; the message says why, `field` of which field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Target:
    """Where a channel leads: what may be shown of it, and all of it."""

    kind: str
    shown: str
    document: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants to hear of, by names of `KINDS`; and when: at an hour of their day, or at once (None)."""

    kinds: Collection[str]
    hour: int | None

    def require(self) -> None:
        """Raises ChannelError for a choice of nothing."""
        if not self.kinds:
            raise ChannelError("kinds", "Choose at least one thing to hear of.")


def read_target(settings: Settings, kind: str, fields: Mapping[str, str]) -> Target:
    """Where a channel of this kind leads, from what a person typed. Not for a transaction: it waits for the network.

    Raises:
        ChannelError: a field cannot be what it should be, or nothing may be sent there.
    """
    if kind == "email":
        return _read_email(settings, fields.get("email", ""))
    if kind == "chat":
        url = fields.get("url", "")
        _require_address("url", url, settings)
        return Target(kind, urlsplit(url).hostname or "", {"url": url})
    if kind == "telegram":
        return _read_telegram(settings, fields)
    raise ChannelError("kind", "Choose e-mail, a chat or Telegram.")


def of_person(session: Session, user_id: str) -> Sequence[AlertChannel]:
    """A person's channels, oldest first."""
    query = select(AlertChannel).where(AlertChannel.user_id == user_id).order_by(AlertChannel.id)
    return session.scalars(query).all()


def add(session: Session, settings: Settings, user: User, target: Target, choice: Choice) -> AlertChannel:
    """Make a channel.

    Raises:
        ChannelError: nothing was chosen, or the person has too many.
    """
    choice.require()
    session.scalar(select(User.id).where(User.id == user.id).with_for_update())
    if len(of_person(session, user.id)) >= MOST:
        raise ChannelError("most", f"You have {MOST} ways already. Remove one first.")
    moment = clock.now()
    channel = AlertChannel(
        id=clock.new_id("ac", moment),
        user_id=user.id,
        kind=target.kind,
        shown=target.shown[:300],
        sealed=sealing.seal(settings, json.dumps(dict(target.document))),
        created_at=moment,
    )
    _choose(channel, user, choice)
    session.add(channel)
    _record(session, "user.alerts_added", user, channel)
    return channel


def change(session: Session, user: User, channel_id: str, choice: Choice) -> None:
    """Hear of other things by a channel, or at another time.

    Raises:
        NotFound: the person has no such channel.
        ChannelError: nothing was chosen.
    """
    choice.require()
    channel = _own(session, user, channel_id)
    _choose(channel, user, choice)
    _record(session, "user.alerts_changed", user, channel)


def remove(session: Session, user: User, channel_id: str) -> None:
    """Take a channel away, with what has still to leave.

    Raises:
        NotFound: the person has no such channel.
    """
    channel = _own(session, user, channel_id)
    _record(session, "user.alerts_removed", user, channel)
    session.delete(channel)


def test(session: Session, user: User, channel_id: str) -> None:
    """Write a test message to a channel. It is sent by the clock process, within seconds.

    Raises:
        NotFound: the person has no such channel.
        ChannelError: they have sent one just now.
    """
    channel, moment = _own(session, user, channel_id), clock.now()
    last = max((other.tested_at for other in of_person(session, user.id) if other.tested_at), default=None)
    if last is not None and last <= moment < last + TEST_EVERY:
        raise ChannelError("test", "You have sent a test just now. Wait a minute before the next.")
    channel.tested_at = moment
    text = "This is a test. You will hear of alerts here."
    session.add(message(channel.id, None, "test", text))
    _record(session, "user.alerts_tested", user, channel)


def message(
    channel_id: str, alert_id: str | None, about: str, text: str, *, delay: timedelta = timedelta()
) -> AlertMessage:
    """A message that leaves at once, or after the delay."""
    moment = clock.now()
    return AlertMessage(
        id=clock.new_id("am", moment),
        channel_id=channel_id,
        alert_id=alert_id,
        about=about,
        text=text,
        created_at=moment,
        attempts=0,
        next_attempt_at=moment + delay,
    )


def set_digests(session: Session, user: User) -> None:
    """Reckon anew when the person's digests come: their time zone is another."""
    for channel in of_person(session, user.id):
        if channel.hour is not None:
            channel.next_digest_at = zones.next_hour(user, channel.hour, clock.now())


def _choose(channel: AlertChannel, user: User, choice: Choice) -> None:
    channel.kinds = " ".join(name for name in KINDS if name in choice.kinds)
    channel.hour = choice.hour
    channel.next_digest_at = None if choice.hour is None else zones.next_hour(user, choice.hour, clock.now())


def _own(session: Session, user: User, channel_id: str) -> AlertChannel:
    channel = session.scalar(
        select(AlertChannel).where(AlertChannel.id == channel_id, AlertChannel.user_id == user.id).with_for_update()
    )
    if channel is None:
        raise NotFound("You have no such way to hear of alerts.")
    return channel


def _read_email(settings: Settings, address: str) -> Target:
    if not settings.smtp_url:
        raise ChannelError("email", "This installation sends no e-mail: its operator has to set WINNOW_SMTP_URL.")
    if not _EMAIL.fullmatch(address) or len(address) > 254:
        raise ChannelError("email", "This is no e-mail address that can be written to.")
    return Target("email", address, {"email": address})


def _read_telegram(settings: Settings, fields: Mapping[str, str]) -> Target:
    base = (fields.get("base") or TELEGRAM).rstrip("/")
    token, chat = fields.get("token", ""), fields.get("chat", "")
    bot = _TOKEN.fullmatch(token)
    if bot is None:
        raise ChannelError("token", "A bot’s token is a number, a colon, and letters: BotFather tells it.")
    if not _CHAT.fullmatch(chat):
        raise ChannelError("chat", "A chat is a number, which may be negative, or @ and the name of a channel.")
    _require_address("base", base, settings)
    if urlsplit(base).query:
        raise ChannelError("base", "The server’s address must not hold a question mark.")
    at = "" if base == TELEGRAM else f" at {urlsplit(base).hostname}"
    return Target("telegram", f"{chat}, by bot {bot[1]}{at}", {"url": f"{base}/bot{token}/sendMessage", "chat": chat})


def _require_address(field: str, url: str, settings: Settings) -> None:
    try:
        endpoints.require_address(url)
        endpoints.require_permitted_name(url, settings)
    except endpoints.EndpointRefused as refusal:
        raise ChannelError(field, str(refusal)) from None


def _record(session: Session, action: str, user: User, channel: AlertChannel) -> None:
    # Others may read the audit: of the address it has nothing.
    detail = {"user": user.id, "channel": channel.kind}
    audit.record(session, [audit.row(action, actor=actors.of_user(user.id), detail=detail)])
