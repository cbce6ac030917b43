"""The checks of `winnow doctor`: first those that others depend on."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import redis
import requests
import rq
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import migrations
import models
from moderation import clock, probes, redis_address
from moderation.decisions.scoring import oldest_pending_seconds
from moderation.history import calls, metrics
from moderation.identities import keyring
from moderation.intake.queues import SCORING_QUEUE
from moderation.people.single_sign_on import metadata_address
from moderation.replica import FURTHEST_BEHIND, Replica
from moderation.sealing import SealError
from moderation.settings import Settings, SettingsError, misspelt, shown
from moderation.store import Store, open_engine
from moderation.tables import UNDELIVERED, Comment, Site, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import endpoints
from operations import connections, embedded_redis, environment, sealed
from operations.commands import backup
from operations.encryption.rewriting import in_clear
from operations.errors import OperatorError
from operations.traces import sending

_MEBIBYTE = 1024 * 1024
#: A scoring process sends a heartbeat every few seconds.
_HEARTBEAT = timedelta(seconds=60)
_PROVIDER_SECONDS = 5.0
_BACKUP_IS_RECENT = timedelta(days=2)
#: The days of calls that are looked at: today and yesterday.
_CALLS_DAYS = 2


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was checked, the result, and how to mend what is wrong."""

    level: Literal["OK", "WARN", "FAIL"]
    subject: str
    text: str


def examine() -> Iterator[Finding]:
    """Check the installation that the environment describes."""
    yield _python()
    try:
        settings = environment.read(os.environ)
    except (SettingsError, OperatorError) as error:
        yield Finding("FAIL", "settings", str(error))
        return
    yield Finding("OK", "settings", f"public address {settings.public_url}, data in {settings.data_dir}")
    for sentence in (*misspelt(os.environ), *_without_effect(settings)):
        yield Finding("WARN", "settings", sentence)
    yield _data_directory(settings)
    yield _model()
    yield from _redis(settings)
    yield from _database(settings)
    if settings.oidc_issuer is not None:
        yield _single_sign_on(settings.oidc_issuer)
    if settings.tracing:
        yield _tracing(settings)


def _without_effect(settings: Settings) -> Iterator[str]:
    """Settings that do nothing without another one."""
    if settings.alert_email and not settings.smtp_url:
        yield "WINNOW_ALERT_EMAIL is told nothing while WINNOW_SMTP_URL is not set. Set that, too."
    if (settings.oidc_client_id or settings.oidc_client_secret) and not settings.oidc_issuer:
        yield "WINNOW_OIDC_… do nothing while WINNOW_OIDC_ISSUER is not set. Set that, too."


def _python() -> Finding:
    if sys.version_info < (3, 11):  # noqa: UP036  (an installation can be moved to another interpreter)
        return Finding("FAIL", "python", f"{platform.python_version()} is too old. Install Python 3.11 or later.")
    return Finding("OK", "python", platform.python_version())


def _data_directory(settings: Settings) -> Finding:
    path = settings.data_dir
    if not path.is_dir():
        return Finding("FAIL", "data", f"{path} does not exist. Start `winnow up`, or correct WINNOW_DATA_DIR.")
    if not os.access(path, os.W_OK | os.X_OK):
        return Finding("FAIL", "data", f"{path} cannot be written by this user. Change its owner or its mode.")
    free = shutil.disk_usage(path).free // _MEBIBYTE
    if free < 100:
        return Finding("FAIL", "data", f"{path} has only {free} MiB left. Free some space, or move it to another disk.")
    level: Literal["OK", "WARN"] = "WARN" if free < 1024 else "OK"
    return Finding(level, "data", f"{path} has {free:,} MiB left" + (". Free some space soon." if free < 1024 else ""))


def _model() -> Finding:
    try:
        classifier = models.load()
        classifier.score(["Thank you for this article."])
    except Exception as error:  # whatever it is, the remedy is the same
        return Finding("FAIL", "model", f"It does not load ({error}). Install Winnow anew.")
    grades = Counter(classifier.languages.values())
    languages = ", ".join(f"{grades[grade]} {grade}" for grade in ("learnt", "understood", "listed") if grades[grade])
    return Finding("OK", "model", f"version {classifier.version}; languages: {languages}")


def _redis(settings: Settings) -> Iterator[Finding]:
    try:
        connections.require_redis(
            settings.redis_url, embedded=settings.redis_url == embedded_redis.url(settings.data_dir)
        )
    except OperatorError as error:
        yield Finding("FAIL", "redis", str(error))
        return
    with redis_address.open_client(settings.redis_url, socket_timeout=5) as client:
        yield _if_allowed("redis", lambda: _redis_server(settings, client), level="WARN")
        wrong = probes.of_redis(client).look()
        if wrong is not None:
            yield Finding("FAIL", "redis writes", wrong)
        yield _if_allowed("workers", lambda: _workers(client), level="FAIL")
        yield _if_allowed("calls", lambda: _calls(client), level="WARN")


def _if_allowed(subject: str, look: Callable[[], Finding], *, level: Literal["WARN", "FAIL"]) -> Finding:
    """What was found; where Redis does not let its user look, what it needs to be allowed."""
    try:
        return look()
    except redis.exceptions.NoPermissionError as error:  # it names the command, or the kind of key
        return Finding(level, subject, f"{str(error).rstrip('.')}. Allow it with ACL SETUSER: see docs/operations.md.")


def _redis_server(settings: Settings, client: redis.Redis) -> Finding:
    info = client.info()
    assert isinstance(info, dict)
    version = info.get("valkey_version") or info["redis_version"]
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return Finding(
            "FAIL",
            "redis",
            f"maxmemory-policy is {policy}, which throws jobs away. Set it to noeviction in its settings.",
        )
    if not info.get("aof_enabled"):
        return Finding(
            "WARN", "redis", f"version {version}, without appendonly: a restart delays comments. Set it to yes."
        )
    return Finding("OK", "redis", f"version {version} at {shown(settings.redis_url)}")


def _workers(client: redis.Redis) -> Finding:
    queue = rq.Queue(SCORING_QUEUE, connection=client)
    oldest = clock.now() - _HEARTBEAT
    alive = [w for w in rq.Worker.all(queue=queue) if w.last_heartbeat and w.last_heartbeat > oldest]
    if not alive:
        return Finding("FAIL", "workers", "No scoring process lives. Start `winnow worker`, or `winnow up`.")
    return Finding("OK", "workers", f"{len(alive)} scoring")


def _calls(client: redis.Redis) -> Finding:
    """Whether a site's programs get no verdicts: many take that for "clean" and publish everything."""
    recent_calls = calls.lately(client, days=_CALLS_DAYS)
    without_verdict = [site for site in recent_calls if site.all_refused and site.site_id]
    if not any(site.answered for site in recent_calls):
        without_verdict = without_verdict or [site for site in recent_calls if site.all_refused]
    answered = sum(site.answered for site in recent_calls)
    refused = sum(site.failed for site in recent_calls)
    if not without_verdict:
        return Finding("OK", "calls", f"{answered:,} had a verdict and {refused:,} had none since yesterday")
    described = "; ".join(
        f"{site.protocol} for {site.site_id or 'no site that could be told'}: {calls.in_words(site.refused)}"
        for site in without_verdict
    )
    mend = "Their programs may publish what nobody judged: correct what they send. The log has a line for each."
    return Finding("WARN", "calls", f"Since yesterday no call had a verdict in {described}. {mend}")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        environment.require_data(settings)
        store = connections.open_store(settings)
    except OperatorError as error:
        yield Finding("FAIL", "database", str(error))
        return
    current, newest = migrations.current(store), migrations.newest()
    if current != newest:
        where = f"It is at revision {current or 'none'}, not {newest}."
        yield Finding("FAIL", "database", f"{where} {connections.schema_sentence(current)}")
        return
    yield Finding("OK", "database", f"revision {current} at {shown(settings.database_url)}")
    yield (identities := _identities(store))
    # Where they cannot be read, a write would begin a key under which to go on.
    wrong = None if identities.level == "FAIL" else probes.of_database(store).look()
    if wrong is not None:
        yield Finding("FAIL", "database writes", wrong)
    examinations: tuple[Callable[[Settings, Store], Finding], ...] = (_secrets, _pending, _webhooks, _backup)
    for look in examinations:
        yield look(settings, store)
    if settings.replica_url is not None:
        yield _replica(settings.replica_url)


def _replica(url: str) -> Finding:
    engine = open_engine(url, pool_size=1)
    try:
        behind = Replica(engine).behind()
    except SQLAlchemyError:
        return Finding("WARN", "replica", f"{shown(url)} does not answer. Meanwhile its work is the primary's.")
    finally:
        engine.dispose()
    if behind is None or behind > FURTHEST_BEHIND:
        how_far = "how far behind cannot be told" if behind is None else f"{behind:,.0f} seconds behind"
        return Finding("WARN", "replica", f"It is not used, because it is too old: {how_far} ({shown(url)}).")
    return Finding("OK", "replica", f"{behind:.0f} seconds behind, at {shown(url)}")


def _secrets(settings: Settings, store: Store) -> Finding:
    if not settings.secret_keys:
        return Finding(
            "FAIL", "secrets", "WINNOW_SECRET_KEY is not set. Set the key that this installation began with."
        )
    try:
        number = sealed.open_all(settings, store)
    except SealError as error:
        return Finding("FAIL", "secrets", str(error))
    return Finding("OK", "secrets", f"{number} stored, all readable")


def _identities(store: Store) -> Finding:
    """Whether e-mail and addresses are encrypted, all of them, and can be read."""
    with store.read() as session:
        rows = keyring.read(session.connection())
        clear = in_clear(session) if rows else False
    if not rows:
        return Finding("OK", "identities", "e-mail and addresses are in clear text (`winnow privacy encrypt`)")
    if keyring.current().lost:
        text = "E-mail and addresses are under a key that cannot be opened: it was made under another WINNOW_SECRET_KEY"
        mend = "Add the old one after the new one, separated by a comma. If it is lost, run `winnow privacy encrypt`"
        return Finding(
            "FAIL", "identities", f"{text}. {mend}: what is new is then whole, what is old stays unreadable."
        )
    if len(rows) > 1 or rows[0].stage != "whole" or clear:
        text = "E-mail and addresses are encrypted in part."
        return Finding("WARN", "identities", f"{text} Run `winnow privacy encrypt`, or `decrypt`, to its end.")
    return Finding("OK", "identities", "e-mail and addresses are encrypted")


def _pending(settings: Settings, store: Store) -> Finding:
    with store.read() as session:
        age = oldest_pending_seconds(session)
        waiting = metrics.count(session, Comment.status == "pending", along=(Comment.accepted_at, Comment.id))
    more = " or more" if waiting == metrics.MOST_COUNTED else ""
    told = f"{waiting:,}{more} comments wait to be scored" + (f", the oldest for {age:,.0f} s" if waiting else "")
    if age > settings.alert_pending_seconds:
        return Finding("FAIL", "queue", f"{told}. Start more processes: `winnow worker --processes N`.")
    return Finding("OK", "queue", told)


def _webhooks(_settings: Settings, store: Store) -> Finding:
    query = (
        select(WebhookEndpoint.url, func.count(), func.max(WebhookDelivery.id))
        .join(WebhookDelivery, WebhookDelivery.endpoint_id == WebhookEndpoint.id)
        .join(Site, Site.id == WebhookEndpoint.site_id)
        .where(text(UNDELIVERED), WebhookEndpoint.active, Site.archived_at.is_(None))
        .group_by(WebhookEndpoint.url)
    )
    with store.read() as session:
        failing = [
            f"{shown(url)} ({count:,} undelivered; {_last_error(session, delivery_id)})"
            for url, count, delivery_id in session.execute(query)
        ]
    if not failing:
        return Finding("OK", "webhooks", "none fails")
    named = ", ".join(failing)
    return Finding("WARN", "webhooks", f"Failing: {named}. Every answer is in the deliveries' attempts.")


def _backup(_settings: Settings, store: Store) -> Finding:
    """Whether the last backup is recent. A new installation has nothing to lose yet."""
    last = backup.last(store)
    if last is not None and datetime.fromisoformat(last) > clock.now() - _BACKUP_IS_RECENT:
        return Finding("OK", "backup", f"the last on {last[:16].replace('T', ' at ')}")
    with store.read() as session:
        first = session.scalar(select(Comment.id).limit(1))
        first_site = session.scalar(select(func.min(Site.created_at)))
    if first is None or first_site is None or first_site > clock.now() - _BACKUP_IS_RECENT:
        return Finding("OK", "backup", "none yet; this installation is new")
    text = f"The last was on {last[:10]}." if last else "There is none."
    mend = "Run `winnow backup FILE` each night, and copy the file elsewhere. (Backups by other means are not seen.)"
    return Finding("WARN", "backup", f"{text} {mend}")


def _last_error(session: Session, delivery_id: str) -> str:
    error = endpoints.last_error(session, delivery_id)
    return error.rstrip(".") if error else "it has not been tried yet"


def _single_sign_on(issuer: str) -> Finding:
    address = metadata_address(issuer)
    try:
        answer = requests.get(address, timeout=_PROVIDER_SECONDS)
        answer.raise_for_status()
        metadata = answer.json()
        calls_itself = str(metadata["issuer"]).rstrip("/")
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        mend = "Correct WINNOW_OIDC_ISSUER, or see whether the provider runs; until then people sign in by password"
        return Finding("FAIL", "single sign-on", f"{address} does not describe a provider ({error}). {mend}.")
    if calls_itself != issuer:
        text = f"The provider calls itself {calls_itself}. Set WINNOW_OIDC_ISSUER to that, if you trust it."
        return Finding("FAIL", "single sign-on", text)
    return Finding("OK", "single sign-on", f"{issuer} describes itself")


def _tracing(settings: Settings) -> Finding:
    try:
        if not sending.wanted(settings):
            return Finding(
                "WARN", "traces", "OTEL_SDK_DISABLED is true, so none are sent. Unset it, or WINNOW_TRACING."
            )
    except OperatorError as error:
        return Finding("FAIL", "traces", str(error))
    if not sending.reaches_collector():
        mend = "Correct OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318 unless set), or see whether it runs"
        return Finding("WARN", "traces", f"The collector does not take them. {mend}; comments do not wait for it.")
    return Finding("OK", "traces", "the collector takes them")
