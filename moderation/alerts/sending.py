"""Sends what is written to people's channels: by e-mail, to a chat's incoming webhook, or through a Telegram bot.

Each message is claimed before it is sent, by moving `next_attempt_at` on, so that of several processes one sends it.
One that is killed while it sends may send once more, a minute later.
"""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from moderation import clock, sealing
from moderation.alerts.mail import send_mail
from moderation.alerts.watching import IN_FLIGHT
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import AlertChannel, AlertMessage, User
from moderation.webhooks.sender import Refused, Sender, Unreachable

#: The pause after the first failure, the second, …; after the last of these it stays. A day after it was written a
#: message is given up.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
GIVEN_UP = timedelta(days=1)
#: Messages that are looked up at a time.
PAGE = 20
#: Telegram takes no longer texts.
LONGEST = 4000
_LONGEST_SUBJECT = 150
_UNSEEN = "\N{ZERO WIDTH SPACE}"

log = structlog.get_logger(__name__)


class NotSent(Exception):
    """A message did not arrive; the message says why, to the person whose channel it is."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    message: AlertMessage
    channel: AlertChannel


class Sending:
    """Sends due messages. One for each process that sends; not shared between threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._sender = Sender(settings.webhook_allow)

    def send_due(self, is_over: Callable[[], bool] = lambda: False) -> int:
        """Send what is due, until nothing is, or it `is_over`. Returns how many messages were tried.

        Raises:
            moderation.store.AWAY: the database is away.
        """
        tried = 0
        while due := self._due():
            for message in due:
                if is_over():
                    return tried
                if (claimed := self._claim(message)) is not None:
                    self._try(claimed)
                    tried += 1
        return tried

    def _due(self) -> list[AlertMessage]:
        with self._store.read() as session:
            query = select(AlertMessage).where(AlertMessage.next_attempt_at <= clock.now())
            return list(session.scalars(query.order_by(AlertMessage.next_attempt_at).limit(PAGE)))

    def _claim(self, message: AlertMessage) -> _Claimed | None:
        """The message as this process's own for a minute; None where another has it, or it is not to be sent."""
        with self._store.write() as session:
            mine = update(AlertMessage).where(
                AlertMessage.id == message.id, AlertMessage.next_attempt_at == message.next_attempt_at
            )
            values = {"next_attempt_at": clock.now() + IN_FLIGHT, "attempts": AlertMessage.attempts + 1}
            if not session.execute(mine.values(values).returning(AlertMessage.id)).all():
                return None
            try:
                claimed = session.get_one(AlertMessage, message.id, populate_existing=True)
                channel = session.get_one(AlertChannel, message.channel_id)
            except NoResultFound:
                return None
            user = session.get_one(User, channel.user_id)
            if user.disabled_at is not None or not _follows(session, claimed):
                claimed.next_attempt_at = None
                return None
            return _Claimed(claimed, channel)

    def _try(self, claimed: _Claimed) -> None:
        message, channel = claimed.message, claimed.channel
        error: str | None = None
        try:
            self._send(channel, message)
        except NotSent as failure:
            error = str(failure)[:300]
            log.warning("alert.not_sent", channel=channel.id, kind=channel.kind, attempts=message.attempts, error=error)
        with self._store.write() as session:
            self._note(session, message, error)

    def _note(self, session: Session, message: AlertMessage, error: str | None) -> None:
        moment = clock.now()
        channel = session.get(AlertChannel, message.channel_id, with_for_update=True)
        stored = session.get(AlertMessage, message.id, with_for_update=True)
        if channel is None or stored is None:
            return  # it was removed meanwhile
        if error is None:
            stored.sent_at, stored.next_attempt_at = moment, None
            channel.arrived_at, channel.failing_since, channel.error = moment, None, None
            return
        channel.failing_since, channel.error = channel.failing_since or moment, error
        if stored.next_attempt_at is None or stored.about == "test" or moment - stored.created_at > GIVEN_UP:
            stored.next_attempt_at = None
        else:
            stored.next_attempt_at = moment + PAUSES[min(stored.attempts, len(PAUSES)) - 1]

    def _send(self, channel: AlertChannel, message: AlertMessage) -> None:
        try:
            target = json.loads(sealing.unseal(self._settings, channel.sealed))
        except sealing.SealError as error:
            raise NotSent(str(error)) from None
        if channel.kind == "email":
            self._mail(target["email"], message)
        elif channel.kind == "telegram":
            self._post(target["url"], {"chat_id": target["chat"], "text": self._text(message)}, _TELEGRAM_SAYS)
        else:
            self._post(target["url"], {"text": _escaped(self._text(message))}, {})

    def _text(self, message: AlertMessage) -> str:
        return f"Winnow: {message.text[: LONGEST - 300]}\n{self._settings.public_url}/console/"

    def _mail(self, address: str, message: AlertMessage) -> None:
        if not self._settings.smtp_url:
            raise NotSent("This installation sends no e-mail any more: WINNOW_SMTP_URL is not set.")
        first = message.text.partition("\n")[0]
        subject = "Winnow: your digest" if message.about == "digest" else f"Winnow: {first[:_LONGEST_SUBJECT]}"
        url = self._settings.public_url
        text = f"{message.text}\n\n{url}/console/\n\nYou choose what you hear, and how: {url}/console/you/alerts\n"
        try:
            send_mail(self._settings.smtp_url, address, subject, text)
        except smtplib.SMTPRecipientsRefused:
            raise NotSent("The mail server takes nothing for this address.") from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"The mail server refused it ({error.smtp_code}).") from None
        except ssl.SSLCertVerificationError:
            raise NotSent("The mail server’s certificate is not right. The operator has to look.") from None
        except (OSError, smtplib.SMTPException):
            raise NotSent("The mail server cannot be reached.") from None
        except ValueError:
            raise NotSent("WINNOW_SMTP_URL cannot be used. The operator has to look.") from None

    def _post(self, url: str, body: dict[str, str], says: dict[int, str]) -> None:
        try:
            answer = self._sender.post(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        except (Refused, Unreachable) as failure:
            raise NotSent(str(failure)) from None
        if not 200 <= answer.status < 300:
            # No word of the answer's body: it may be that of a server that this person is not to read.
            raise NotSent(says.get(answer.status) or f"It answered {answer.status}.")


def _follows(session: Session, message: AlertMessage) -> bool:
    """Whether the message is still true to whom it goes: that it is over is told only to who was told that it began."""
    if message.about != "ended":
        return True
    began = select(AlertMessage.sent_at).where(
        AlertMessage.channel_id == message.channel_id,
        AlertMessage.alert_id == message.alert_id,
        AlertMessage.about == "began",
    )
    return session.scalar(began) is not None


def _escaped(text: str) -> str:
    """A text in which a chat sees no links with other words, and calls nobody.

    Slack writes these `<!channel>` and `<address|words>`; Mattermost `@all` and `[words](address)`, and has no escape
    that Slack does not show. So there stands a letter without width.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", f"@{_UNSEEN}").replace("](", f"]{_UNSEEN}(").replace("][", f"]{_UNSEEN}[")


_TELEGRAM_SAYS = {
    400: "It answered 400: it knows no such chat, or the bot is not in it.",
    401: "It answered 401: it knows no such bot.",
    403: "It answered 403: the bot may not write there. Write to it first, or let it into the group.",
    404: "It answered 404: it knows no such bot.",
}
