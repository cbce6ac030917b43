"""An installation at one moment, as Redis and the database tell it. Each look costs the same, however much waits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from heapq import nlargest

import redis
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from moderation import counters
from moderation.counters import Counts
from moderation.history import metrics
from moderation.history.metrics import Present
from moderation.intake import queues as queues_module
from moderation.intake.queues import Process, Queues
from moderation.settings import Settings, shown
from moderation.store import AWAY, Store
from moderation.tables import Site, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import endpoints
from operations import connections, embedded_redis

#: How many sites and endpoints are named.
MOST_NAMED = 5


@dataclass(frozen=True)
class OfRedis:
    """What Redis knows."""

    #: `waiting`, `leased` and `retry` -> comments.
    queue: dict[str, int]
    #: The sites with the longest queues: id -> comments.
    longest: dict[str, int]
    processes: list[Process]
    counts: Counts


@dataclass(frozen=True)
class Failing:
    """A webhook whose last message did not arrive. `waiting` is counted up to `MOST_COUNTED`."""

    url: str
    site: str
    waiting: int
    why: str


@dataclass(frozen=True)
class OfDatabase:
    """What the database knows."""

    present: Present
    failing: list[Failing] = field(default_factory=list)
    #: Of the sites that Redis named: id -> name.
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Overview:
    """One look. In place of what cannot be reached stands a sentence that says so."""

    seconds: float
    redis: OfRedis | str
    database: OfDatabase | str

    @property
    def is_whole(self) -> bool:
        """Whether both could be reached."""
        return not isinstance(self.redis, str) and not isinstance(self.database, str)


class Watch:
    """Looks at one installation, again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = Store(settings.database_url, pool_size=1, secret_keys=settings.secret_keys)
        self._queues = Queues(queues_module.connect(settings.redis_url))

    def look(self) -> Overview:
        """How things are now. Raises nothing when Redis or the database is away."""
        of_redis = self._look_at_redis()
        of_database = self._look_at_database([] if isinstance(of_redis, str) else list(of_redis.longest))
        return Overview(time.monotonic(), of_redis, of_database)

    def _look_at_redis(self) -> OfRedis | str:
        try:
            queue, by_site = self._queues.lengths()
            longest = dict(nlargest(MOST_NAMED, by_site.items(), key=lambda item: item[1]))
            return OfRedis(queue, longest, self._queues.processes(), counters.read(self._queues.redis))
        except redis.exceptions.NoPermissionError as error:
            return f"{str(error).rstrip('.')}. Allow it with ACL SETUSER: see docs/operations.md."
        except redis.RedisError as error:
            url = self._settings.redis_url
            is_embedded = url == embedded_redis.url(self._settings.data_dir)
            return connections.redis_sentence(url, error, embedded=is_embedded)

    def _look_at_database(self, site_ids: list[str]) -> OfDatabase | str:
        try:
            with self._store.read() as session:
                names = dict(iter(session.execute(select(Site.id, Site.name).where(Site.id.in_(site_ids)))))
                return OfDatabase(metrics.read_present(session), _failing(session), names)
        except AWAY as error:
            if "no such table" not in str(error):
                return connections.database_sentence(self._settings.database_url, error)
        except SQLAlchemyError:
            pass
        return "The database is not at this version's schema. Run `winnow migrate`."


def _failing(session: Session) -> list[Failing]:
    """The webhooks that fail and have most to tell, of up to a hundred that fail."""
    ids = list(endpoints.failing(session))[:100]
    query = select(WebhookEndpoint.id, WebhookEndpoint.url, Site.name).join(Site, Site.id == WebhookEndpoint.site_id)
    rows = session.execute(query.where(WebhookEndpoint.id.in_(ids))).all()
    waiting = {row.id: _waiting(session, row.id) for row in rows}
    worst = nlargest(MOST_NAMED, rows, key=lambda row: waiting[row.id])
    return [Failing(shown(row.url), row.name, waiting[row.id], _why(session, row.id)) for row in worst]


def _waiting(session: Session, endpoint_id: str) -> int:
    of_endpoint = WebhookDelivery.endpoint_id == endpoint_id
    next_at = WebhookDelivery.next_attempt_at
    return metrics.count(session, of_endpoint, next_at.is_not(None), along=(WebhookDelivery.endpoint_id, next_at))


def _why(session: Session, endpoint_id: str) -> str:
    """Why the last attempt at the delivery that was tried last did not arrive."""
    tried = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.attempts > 0)
    last = session.scalar(select(WebhookDelivery.id).where(*tried).order_by(WebhookDelivery.id.desc()).limit(1))
    return (last and endpoints.last_error(session, last)) or "not tried since"
