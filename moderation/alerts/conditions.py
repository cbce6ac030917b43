"""What may be wrong with an installation, and what is wrong now. The queries are bounded, however much waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.decisions.scoring import oldest_pending_seconds
from moderation.intake.queues import Queues
from moderation.policy import policies
from moderation.review import review_counts, review_items
from moderation.settings import Settings
from moderation.tables import PolicyVersion, Site
from moderation.webhooks import endpoints
from texts import wording


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that may be wrong.

    It counts as begun once it has lasted for `steady`, and as over once it was not so for `calm`: what comes and goes
    is one alert.
    """

    name: str
    title: str
    steady: timedelta
    calm: timedelta = timedelta(minutes=10)

    def sentence(self, number: int, site: str | None) -> str:
        """What is wrong, in one sentence. `number` is how much: webhooks, comments or seconds."""
        match self.name:
            case "webhook":
                return f"{site} may not hear of decisions: {wording.counted(number, *_WEBHOOKS)}."
            case "hold":
                return f"{site} holds every comment for a moderator."
            case "scoring":
                waits = f" The oldest comment has waited for {wording.duration(number)}." if number else ""
                return f"Nobody scores comments.{waits}"
            case "long":
                return f"{number:,} comments or more wait for a moderator on {site}."
            case _:
                return f"A comment on {site} has waited for a moderator for {wording.duration(number)}."

    def ended(self, site: str | None) -> str:
        """That it is over, in one sentence."""
        return {
            "webhook": f"{site} hears of decisions again.",
            "hold": f"{site} no longer holds every comment.",
            "scoring": "Comments are scored again.",
            "long": f"Fewer comments wait for a moderator on {site}.",
            "old": f"No comment on {site} waits for too long any more.",
        }[self.name]


_WEBHOOKS = ("{} of its webhooks fails", "{} of its webhooks fail")
_MINUTE = timedelta(minutes=1)

#: Name -> kind, in the order in which they are listed.
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="scoring",
            title="Nobody scores comments",
            steady=2 * _MINUTE,
        ),
        Kind(
            name="webhook",
            title="A site’s webhook fails",
            steady=5 * _MINUTE,
        ),
        Kind(
            name="hold",
            title="A site holds every comment",
            steady=_MINUTE,
            calm=_MINUTE,
        ),
        Kind(
            name="long",
            title="Too many comments wait for a moderator",
            steady=timedelta(0),
        ),
        Kind(
            name="old",
            title="A comment waits too long for a moderator",
            steady=timedelta(0),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong now: the name of its kind, the site that it is about if it is about one, how much."""

    kind: str
    site_id: str | None
    number: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.site_id or ''}"


class Looking:
    """Looks at what is wrong now. One for each clock process."""

    def __init__(self, settings: Settings, queues: Queues) -> None:
        self._settings, self._queues = settings, queues
        #: Site in use -> the version of its policy, and whether that holds everything: a policy may be long.
        self._modes: dict[str, tuple[int, bool]] = {}

    def now(self, session: Session) -> dict[str, Condition]:
        """Everything that is wrong now, by its key."""
        return {condition.key: condition for condition in self._look(session)}

    def _look(self, session: Session) -> Iterator[Condition]:
        pending = oldest_pending_seconds(session)
        if pending > self._settings.alert_pending_seconds or self._nobody_lives():
            yield Condition("scoring", None, int(pending))
        for site_id, number in Counter(endpoints.failing(session).values()).items():
            yield Condition("webhook", site_id, number)
        for site_id in self._on_hold(session):
            yield Condition("hold", site_id, 1)
        most = self._settings.alert_review_items
        for site_id, number in review_counts.by_site(session, list(self._modes), most=most).items():
            if number >= most:
                yield Condition("long", site_id, number)
        for site_id, seconds in review_items.oldest_by_site(session).items():
            if seconds > self._settings.alert_review_seconds:
                yield Condition("old", site_id, int(seconds))

    def _nobody_lives(self) -> bool:
        """Whether no scoring process has told Redis that it lives; False while Redis is away, and nobody can know."""
        try:
            return not self._queues.processes()
        except RedisError:
            return False

    def _on_hold(self, session: Session) -> list[str]:
        in_use = select(Site.id, Site.policy_version).where(Site.archived_at.is_(None))
        versions = dict(iter(session.execute(in_use)))
        new = [site_id for site_id, version in versions.items() if self._modes.get(site_id, (0, False))[0] != version]
        self._modes = {site_id: mode for site_id, mode in self._modes.items() if site_id in versions}
        for site_id in new:
            mode = session.scalar(
                select(PolicyVersion.document["mode"].as_string()).where(
                    PolicyVersion.site_id == site_id, PolicyVersion.version == versions[site_id]
                )
            )
            self._modes[site_id] = (versions[site_id], (mode or policies.DEFAULT["mode"]) == "hold")
        return [site_id for site_id, (_, holds) in self._modes.items() if holds]
