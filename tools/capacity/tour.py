"""A tour through all that a running Winnow does: the console's pages, the API, its clock, workers and tools.

`plans.py` explains what the database is asked on the way, and `turns.py` measures it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.console import pages as console
from moderation import actors, clock
from moderation.decisions import bulk
from moderation.decisions.scoring import Scorer
from moderation.history import metrics, persons, site_retention
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.people.accounts import PersonError
from moderation.settings import Settings
from moderation.sites import site_settings, sites
from moderation.sites.site_settings import KINDS, Retention
from moderation.store import Store
from moderation.tables import Comment, LookalikeGroup, ReviewItem, User, WebhookEndpoint
from moderation.webhooks import deliveries
from operations import doctor
from operations.watching.overview import Watch
from worker.clock import tasks

GUIDE = "guide"


@dataclass(frozen=True)
class Step:
    """Something that a running Winnow does."""

    name: str
    do: Callable[[], object]
    #: A part of the statement by which it reads all comments, if it may.
    reads_all_by: str | None = None


@dataclass(frozen=True)
class Ground:
    """What the tour goes over."""

    app: Flask
    store: Store
    settings: Settings
    queues: Queues
    scorer: Scorer


@dataclass(frozen=True)
class _Sights:
    """What is looked at: a decided comment with its author, page and address, a group, an endpoint, one that waits."""

    comment: Comment
    waiting: Comment
    group: str
    endpoint: str | None
    user: str
    #: A site's key.
    key: str


def steps(ground: Ground, password: str = "a password for a tour") -> Iterator[Step]:
    """All steps. The database has some comments: decided, waiting, and in a group."""
    browser, token = sign_in(ground, password)
    sights = sights_of(ground)
    for path in pages(sights):
        yield Step(f"console: {path.partition('?')[0]} {_names(path)}", partial(look, browser, f"/console/{path}"))
    for path in ("comments/export", "audit/export"):
        fields = {"csrf_token": token, "format": "ndjson", "site": sights.comment.site_id}
        yield Step(f"console: {path}", partial(begin_export, browser, f"/console/{path}", fields))
    client = ground.app.test_client()
    headers = {"Authorization": f"Bearer {sights.key}"}
    for path in _api_pages(sights):
        yield Step(f"API: {path.partition('?')[0]} {_names(path)}", partial(read, client, f"/api/v1/{path}", headers))
    for path in ("/healthz", "/readyz", "/metrics"):
        yield Step(f"web: {path}", partial(read, client, path, {}))
    yield from _changes(client, headers, sights)
    yield from of_workers(ground, sights)
    for task in tasks(ground.settings, ground.store, ground.queues):
        yield Step(f"clock: {task.name}", task.do)


def _names(path: str) -> str:
    """The names of an address's filters."""
    return " ".join(pair.partition("=")[0] for pair in path.partition("?")[2].split("&"))


def sign_in(ground: Ground, password: str) -> tuple[FlaskClient, str]:
    with suppress(PersonError):  # it was here before
        accounts.create_user(ground.store, GUIDE, "admin", password)
    browser = console.sign_in(ground.app, ground.store, GUIDE, password)
    page = browser.get("/console/comments").text
    return browser, page.partition('name="csrf_token" value="')[2].partition('"')[0]


def sights_of(ground: Ground) -> _Sights:
    with ground.store.read() as session:
        busiest = _decided(session)
        of_site = ReviewItem.site_id == busiest.site_id
        waits = select(ReviewItem.comment_id).where(of_site, ReviewItem.is_open).order_by(ReviewItem.due).limit(1)
        waiting = session.get_one(Comment, session.scalars(waits).one())
        groups = select(LookalikeGroup.group_id).order_by(LookalikeGroup.last_at.desc()).limit(1)
        endpoints = select(WebhookEndpoint.id).where(WebhookEndpoint.site_id == busiest.site_id)
        user = session.scalars(select(User.id).where(User.name == GUIDE)).one()
        group, endpoint = session.scalars(groups).one(), session.scalars(endpoints).first()
    keys = sites.rotate_key(ground.store, ground.settings, busiest.site_id, "api")
    return _Sights(busiest, waiting, group, endpoint, user, keys.api_key or "")


def _decided(session: Session) -> Comment:
    """A published comment that came on the largest of sites, as far as the latest comments tell."""
    decided = select(Comment).where(Comment.status == "published", Comment.ip.is_not(None)).order_by(Comment.id.desc())
    latest = session.scalars(decided.limit(500)).all()
    sites_met = [one.site_id for one in latest]
    site = max(set(sites_met), key=sites_met.count)
    regular = [one for one in latest if one.site_id == site]
    authors = [one.author_key for one in regular]
    return max(regular, key=lambda one: authors.count(one.author_key))


def pages(sights: _Sights) -> Iterator[str]:
    """The console's, below `/console/`."""
    comment, waiting = sights.comment, sights.waiting
    day = clock.now().date().isoformat()
    yield from ("", f"?site={comment.site_id}", "?order=oldest", "?order=newest", "?kind=report", "?q=stupid")
    yield from ("?label=spam", "?label=insult&language=en", "?rule=links", "?age=over-day", "?kind=turn")
    yield f"?{urlencode({'author': waiting.author_key or ''})}"
    yield f"?{urlencode({'thread': waiting.thread or '/'})}"
    searches: list[Mapping[str, Any]] = [
        {},
        {"site": comment.site_id},
        *({"status": status} for status in ("published", "flagged", "rejected", "pending", "erased")),
        *({"sort": order} for order in ("came", "written", "decided")),
        {"q": "nobodywrites"},
        {"q": "bridge", "site": comment.site_id},
        {"q": comment.id},
        {"author": comment.name},
        {"author": f"*{comment.name[:4]}*"},
        {"thread": comment.thread},
        {"ip": comment.ip},
        {"label": "spam", "score": "0.9"},
        {"rule": "links"},
        *({"by": who} for who in ("people", "policy", "me")),
        {"from": day, "to": day},
        {"author": comment.name, "sort": "written"},
    ]
    yield from (f"comments?{urlencode({k: v or '' for k, v in search.items()})}" for search in searches)
    for one in (comment, waiting):
        yield from (f"comments/{one.id}", f"comments/{one.id}/context", f"comments/{one.id}/row")
        yield f"author?{urlencode({'site': one.site_id, 'key': one.author_key or ''})}"
    yield from ("campaigns", "campaigns?order=largest", f"campaigns?site={comment.site_id}&short=1")
    yield f"groups/{sights.group}"
    yield from ("statistics", "statistics?days=365", f"statistics?site={comment.site_id}")
    yield from ("audit", f"audit?site={comment.site_id}", "audit?action=comment.erased", f"audit?from={day}")
    yield from ("bulk/jobs", "lists", "people", f"people/{sights.user}", "policies", "sites", "you", "you/alerts")
    of_site = {"site": comment.site_id}
    yield f"bulk?{urlencode({'everything': 'author', 'author': comment.author_key or ''} | of_site)}"
    yield f"bulk?{urlencode({'everything': 'address', 'address': comment.ip or ''} | of_site)}"
    yield f"bulk?{urlencode({'everything': 'search', 'label': 'spam'} | of_site)}"
    yield f"bulk?{urlencode({'everything': 'comments', 'status': 'published'} | of_site)}"
    yield f"bulk?group={sights.group}"
    yield from (f"sites/{comment.site_id}{page}" for page in ("", "/policy", "/policy/tests", "/settings", "/webhooks"))
    if sights.endpoint:
        yield f"sites/{comment.site_id}/webhooks/{sights.endpoint}"


def _api_pages(sights: _Sights) -> Iterator[str]:
    """The API's, below `/api/v1/`."""
    comment, yesterday = sights.comment, (clock.now() - timedelta(days=1)).isoformat()
    yield from (f"comments/{comment.id}", "comments", "comments?status=rejected", "review-queue", "webhooks", "policy")
    yield f"comments?{urlencode({'updated_after': yesterday})}"
    yield f"comments?{urlencode({'author': comment.author_key or ''})}"
    yield f"comments?{urlencode({'thread': comment.thread or '', 'status': 'flagged'})}"
    yield f"threads/{quote(comment.thread or '', safe='')}/comments"
    if sights.endpoint:
        yield f"webhooks/{sights.endpoint}/deliveries"


def _changes(client: FlaskClient, headers: Mapping[str, str], sights: _Sights) -> Iterator[Step]:
    """What a site sends."""
    new = {"name": "Ada", "comment": "A remark of the guide's.", "thread": "/tour", "ip": "198.51.100.7"}
    calls: list[tuple[str, str, str, Any]] = [
        ("submit", "POST", "comments", new),
        ("submit under an id", "POST", "comments", new | {"external_id": "tour"}),
        ("submit it again", "POST", "comments", new | {"external_id": "tour"}),
        ("submit an answer", "POST", "comments", new | {"parent_id": sights.comment.id}),
        ("submit a batch", "POST", "comments/batch", [new | {"external_id": f"tour-{n}"} for n in range(50)]),
        ("report", "POST", f"comments/{sights.comment.id}/reports", {"reason": "spam", "reporter": "guide"}),
        ("decide", "POST", f"comments/{sights.waiting.id}/decision", {"action": "reject", "reason": "insult"}),
        ("edit", "PATCH", f"comments/{sights.comment.id}", {"comment": "Another remark of the guide's."}),
        ("erase", "DELETE", f"comments/{sights.comment.id}", None),
    ]
    for name, method, path, body in calls:
        yield Step(f"API: {name}", partial(_send, client, method, f"/api/v1/{path}", headers, body))


def of_workers(ground: Ground, sights: _Sights) -> Iterator[Step]:
    store = ground.store
    yield Step("worker: a batch", ground.scorer.run_batch)
    yield Step("worker: deliveries", partial(_deliver, store))
    yield Step("worker: a bulk job", partial(_bulk, store, sights))
    yield Step("doctor", lambda: list(doctor._database(ground.settings)))
    yield Step("top", Watch(ground.settings).look)
    yield Step("metrics", partial(_present, store))
    yield Step("retention", partial(_retain, store, sights.comment.site_id))
    person = persons.read(f"email:{sights.waiting.email or 'nobody@example.org'}")
    # An operator looks for one person's e-mail, which no index finds where it stands beside a user id.
    yield Step("privacy: count", partial(persons.count, store, person, None), reads_all_by="lower(comments.email)")


def look(browser: FlaskClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"


def read(client: FlaskClient, path: str, headers: Mapping[str, str]) -> None:
    answer = client.get(path, headers=dict(headers))
    assert answer.status_code < 400 or path == "/readyz", f"{path}: {answer.text}"


def _send(client: FlaskClient, method: str, path: str, headers: Mapping[str, str], body: object) -> None:
    answer = client.open(path, method=method, headers=dict(headers), json=body)
    assert answer.status_code < 400, f"{method} {path}: {answer.text}"


def begin_export(browser: FlaskClient, path: str, fields: Mapping[str, str]) -> None:
    answer = browser.post(path, data=dict(fields), buffered=False)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    next(iter(answer.response))
    answer.close()


def _deliver(store: Store) -> None:
    with store.read() as session:
        endpoint_ids = deliveries.endpoints_with_work(session)
    for endpoint_id in endpoint_ids:
        with store.write() as session:
            deliveries.hand_back(session, deliveries.claim(session, endpoint_id))


def _bulk(store: Store, sights: _Sights) -> None:
    criteria = {
        **{"author": sights.waiting.author_key, "site": sights.waiting.site_id},
        **{"seen_at": clock.now().isoformat()},
    }
    with store.write() as session:
        job = bulk.create(session, criteria, "reject", actor=actors.of_user(sights.user), total=1, code="insult")
    bulk.run_step(store, job.id)
    with store.write() as session:
        bulk.cancel(session, job.id, actor=actors.of_user(sights.user))


def _present(store: Store) -> None:
    with store.read() as session:
        metrics.read_present(session)


def _retain(store: Store, site_id: str) -> None:
    """Keep things for a time on a site, count what is too old, remove a little of it, and keep everything again."""
    with store.write() as session:
        before = site_settings.of_sites(session, {site_id})[site_id]
        chosen = replace(before, retention=Retention(**dict.fromkeys(KINDS, 300)))
        site_settings.save(session, site_id, chosen, actor=actors.OPERATOR)
    with store.read() as session:
        site_retention.counts(session, site_id, chosen, most=10_000)
    site_retention.run(store, seconds=0.3, site_id=site_id)
    with store.write() as session:
        site_settings.save(session, site_id, before, actor=actors.OPERATOR)
