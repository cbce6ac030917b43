"""`/healthz`, `/readyz` and `/metrics`, for whoever runs Winnow. Open without a key: they tell nobody's words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

import migrations
from moderation import counters, probes
from moderation.probes import Probe
from moderation.store import AWAY
from service.context import Context, context
from service.exposition import Collector

blueprint = Blueprint("operations", __name__)


def init_app(app: Flask) -> None:
    """Lay out what `/readyz` and `/metrics` try, for an app whose context is there."""
    found: Context = app.extensions["winnow"]
    app.extensions["winnow_probes"] = {
        "database": probes.of_database(found.store),
        "redis": probes.of_redis(found.queues.redis),
    }


@blueprint.get("/healthz")
def healthz() -> Response:
    """This process answers. Nothing else is looked at: restarting it would mend nothing else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, HTTPStatus]:
    """Whether every part works; 503 and a sentence for each that does not.

    `?parts=database,migrations` asks about these only: what it takes to accept comments.
    """
    asked = [name for name in request.args.get("parts", "").split(",") if name] or list(_PARTS)
    if unknown := [name for name in asked if name not in _PARTS]:
        message = f"There is no part {unknown[0]!r}; choose among {', '.join(_PARTS)}."
        return jsonify(ready=False, parts={unknown[0]: message}), HTTPStatus.BAD_REQUEST
    found = {name: _look(_PARTS[name]) for name in asked}
    ready = all(wrong is None for wrong in found.values())
    shown = {name: wrong or "ok" for name, wrong in found.items()}
    return jsonify(ready=ready, parts=shown), HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE


@blueprint.get("/metrics")
def metrics() -> Response:
    """What Prometheus reads. One web process answers for all processes of the installation."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(context(), writable))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def writable(what: str) -> str | None:
    """Why the `database` or `redis` cannot be written; None when it can."""
    found: dict[str, Probe] = current_app.extensions["winnow_probes"]
    return found[what].look()


def _look(part: Callable[[Context], str | None]) -> str | None:
    """What is wrong with a part; None when nothing is."""
    try:
        return part(context())
    except AWAY:
        return "The database does not answer."
    except RedisError:
        return "Redis does not answer. Comments are accepted, and scored within seconds of its return."


def _database(_found: Context) -> str | None:
    return writable("database")


def _migrations(found: Context) -> str | None:
    with found.store.read() as session:
        current = MigrationContext.configure(session.connection()).get_current_revision()
    if current != _newest():
        return f"The database is at revision {current or 'none'}, not {_newest()}. Run `winnow migrate`."
    return None


def _redis(_found: Context) -> str | None:
    return writable("redis")


def _workers(found: Context) -> str | None:
    if not found.queues.workers():
        return "No scoring process lives. Start `winnow worker`."
    return None


def _model(found: Context) -> str | None:
    if counters.read(found.queues.redis).model is None:
        return "No scoring process has loaded the classifier yet."
    return None


_PARTS: dict[str, Callable[[Context], str | None]] = {
    "database": _database,
    "migrations": _migrations,
    "redis": _redis,
    "workers": _workers,
    "model": _model,
}


@cache
def _newest() -> str | None:
    return ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head()
