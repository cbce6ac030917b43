"""`/healthz`, `/readyz` and `/metrics`, for operators. They need no key, and never hold what people wrote."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

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
    """Make the probes of `/readyz` and `/metrics`, for an app that has its context already."""
    app_context: Context = app.extensions["winnow"]
    app.extensions["winnow_probes"] = {
        "database": probes.of_database(app_context.store),
        "redis": probes.of_redis(app_context.queues.redis),
    }


@blueprint.get("/healthz")
def healthz() -> Response:
    """Says that this process answers, and checks nothing else: a restart of this process would mend nothing else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, HTTPStatus]:
    """Says whether every part works; 503, with a sentence for each part that does not.

    `?parts=database,migrations` asks about these parts only: those that it takes to accept comments.
    """
    part_names = [name for name in request.args.get("parts", "").split(",") if name] or list(_PARTS)
    if unknown := [name for name in part_names if name not in _PARTS]:
        message = f"There is no part {unknown[0]!r}; choose among {', '.join(_PARTS)}."
        return jsonify(ready=False, parts={unknown[0]: message}), HTTPStatus.BAD_REQUEST
    faults = {name: _look(_PARTS[name]) for name in part_names}
    ready = all(fault is None for fault in faults.values())
    shown = {name: fault or "ok" for name, fault in faults.items()}
    return jsonify(ready=ready, parts=shown), HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE


@blueprint.get("/metrics")
def metrics() -> Response:
    """The metrics for Prometheus. One web process answers for all processes of the installation."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(context(), writable))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def writable(name: str) -> str | None:
    """Why the `database` or `redis` cannot be written; None when it can."""
    probes_by_name: dict[str, Probe] = current_app.extensions["winnow_probes"]
    return probes_by_name[name].look()


def _look(part: Callable[[Context], str | None]) -> str | None:
    """The sentence about a part that does not work; None when it works."""
    try:
        return part(context())
    except AWAY:
        return "The database does not answer."
    except RedisError:
        return "Redis does not answer. Comments are accepted, and scored within seconds of its return."


def _database(_context: Context) -> str | None:
    return writable("database")


def _migrations(app_context: Context) -> str | None:
    current = migrations.current(app_context.store)
    if current != migrations.newest():
        return f"The database is at revision {current or 'none'}, not {migrations.newest()}. Run `winnow migrate`."
    return None


def _redis(_context: Context) -> str | None:
    return writable("redis")


def _workers(app_context: Context) -> str | None:
    if not app_context.queues.workers():
        return "No scoring process lives. Start `winnow worker`."
    return None


def _model(app_context: Context) -> str | None:
    if counters.read(app_context.queues.redis).model is None:
        return "No scoring process has loaded the classifier yet."
    return None


_PARTS: dict[str, Callable[[Context], str | None]] = {
    "database": _database,
    "migrations": _migrations,
    "redis": _redis,
    "workers": _workers,
    "model": _model,
}
