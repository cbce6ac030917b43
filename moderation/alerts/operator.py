"""Tells the operator when comments wait too long: for the classifier, or for a moderator.

The operator needs no account at the console for this. People who have one choose what they hear of; they are told by
the other modules here.

The operator is told once when it starts, again each hour while it lasts, and once when it is over. Redis remembers what
was told, so that several clock processes tell it only once; without Redis each process remembers for itself.
"""

from __future__ import annotations

import json
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

import redis
import structlog
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from moderation import clock
from moderation.alerts.mail import send_mail
from moderation.decisions.scoring import oldest_pending_seconds
from moderation.review.review_items import oldest_open_seconds
from moderation.settings import Settings
from moderation.store import Store
from moderation.webhooks.sender import Refused, Sender, Unreachable
from texts import wording

AGAIN_SECONDS = 3600
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))

log = structlog.get_logger(__name__)


class NotTold(Exception):
    """An alert did not reach the operator; the message says why."""


@dataclass(frozen=True)
class Watch:
    """Something that must not grow older than its limit."""

    name: str
    subject: str
    advice: str
    age: Callable[[Session], float]
    limit: Callable[[Settings], int]


WATCHES = (
    Watch(
        "pending",
        "the oldest comment has waited to be scored for",
        "Is a scoring process running? `winnow doctor` says; `winnow worker --processes N` adds some.",
        oldest_pending_seconds,
        lambda settings: settings.alert_pending_seconds,
    ),
    Watch(
        "review",
        "the oldest comment has waited for a moderator for",
        "Somebody has to look into the console's review queue.",
        oldest_open_seconds,
        lambda settings: settings.alert_review_seconds,
    ),
)


class Alerts:
    """Checks the watches and tells the operator. One for each clock process; not shared between threads."""

    def __init__(self, settings: Settings, store: Store, client: redis.Redis) -> None:
        self._settings, self._store, self._redis = settings, store, client
        self._told: dict[str, float] = {}
        self._sender = Sender(_EVERYWHERE)  # the operator's own address, wherever it is

    def check(self) -> None:
        """Look at every age, and tell the operator what is news.

        Raises:
            moderation.store.AWAY: the database is away.
        """
        if not (self._settings.alert_url or self._settings.alert_email):
            return
        with self._store.read() as session:
            ages = {watch.name: watch.age(session) for watch in WATCHES}
        for watch in WATCHES:
            limit, age = watch.limit(self._settings), ages[watch.name]
            if age > limit:
                self._late(watch, age, limit)
            else:
                self._fine(watch, limit)

    def _late(self, watch: Watch, age: float, limit: int) -> None:
        if not self._may_tell(watch.name):
            return
        message = (
            f"Winnow: {watch.subject} {wording.duration(age)} (the limit is {wording.duration(limit)}). {watch.advice}"
        )
        if not self._tell(watch.name, "late", message, age, limit):
            self._forget(watch.name)

    def _fine(self, watch: Watch, limit: int) -> None:
        if self._is_over(watch.name):
            message = f"Winnow: no longer true that {watch.subject} more than {wording.duration(limit)}."
            self._tell(watch.name, "over", message, 0.0, limit)

    def _tell(self, name: str, state: str, message: str, age: float, limit: int) -> bool:
        log.warning("alert", alert=name, state=state, seconds=round(age), limit=limit)
        sent_all = True
        for send in (self._post, self._mail):
            try:
                send(name, state, message, age, limit)
            except NotTold as failure:
                log.error("alert.not_sent", alert=name, error=str(failure))
                sent_all = False
        return sent_all

    def _post(self, name: str, state: str, message: str, age: float, limit: int) -> None:
        if not self._settings.alert_url:
            return
        body = {"alert": name, "state": state, "seconds": round(age), "limit": limit, "text": message}
        try:
            answer = self._sender.post(
                self._settings.alert_url, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
        except (Refused, Unreachable) as failure:
            raise NotTold(f"WINNOW_ALERT_URL: {failure}") from None
        if not 200 <= answer.status < 300:
            raise NotTold(f"WINNOW_ALERT_URL answered {answer.status}.")

    def _mail(self, _name: str, state: str, message: str, _age: float, _limit: int) -> None:
        if not self._settings.alert_email:
            return
        if not self._settings.smtp_url:
            raise NotTold("WINNOW_ALERT_EMAIL is set, but WINNOW_SMTP_URL is not.")
        subject = "Winnow: comments wait too long" if state == "late" else "Winnow: comments no longer wait too long"
        try:
            send_mail(self._settings.smtp_url, self._settings.alert_email, subject, message)
        except (OSError, smtplib.SMTPException, ValueError) as failure:
            raise NotTold(f"WINNOW_SMTP_URL: {type(failure).__name__}") from None

    def _may_tell(self, name: str) -> bool:
        moment = clock.now().timestamp()
        if moment - self._told.get(name, 0.0) < AGAIN_SECONDS:
            return False
        try:
            if not self._redis.set(_key(name, "told"), 1, nx=True, ex=AGAIN_SECONDS):
                return False
            self._redis.set(_key(name, "late"), 1)
            self._redis.delete(_key(name, "over"))
        except RedisError:
            log.warning("redis.away", doing="remembering an alert")
        self._told[name] = moment
        return True

    def _is_over(self, name: str) -> bool:
        """Whether the operator was told that `name` is late, and no process has yet told that it is over."""
        ours = self._told.pop(name, None) is not None
        try:
            in_redis = bool(self._redis.delete(_key(name, "late")))
            return (ours or in_redis) and bool(self._redis.set(_key(name, "over"), 1, nx=True, ex=AGAIN_SECONDS))
        except RedisError:
            return ours

    def _forget(self, name: str) -> None:
        """Forget that it was told, because sending failed: the next check tries again."""
        self._told.pop(name, None)
        try:
            self._redis.delete(_key(name, "told"))
        except RedisError:
            log.warning("redis.away", doing="forgetting an alert")


def _key(name: str, state: str) -> str:
    return f"winnow:alert:{name}:{state}"
