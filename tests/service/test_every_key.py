"""Every route outside the console, from the map of addresses itself, and which key it asks for: a new one is missed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from moderation import actors
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.webhooks import endpoints
from tests.conftest import client_of
from tests.support.comments import dump, scored

pytestmark = pytest.mark.one_database

#: What a key opens of its own site alone, and a valid request of it: to another's it has to answer that there is none.
WITH_IDS: dict[str, dict[str, Any] | None] = {
    "GET /api/v1/comments/<comment_id>": None,
    "PATCH /api/v1/comments/<comment_id>": {"comment": "Changed."},
    "DELETE /api/v1/comments/<comment_id>": None,
    "POST /api/v1/comments/<comment_id>/decision": {"action": "publish"},
    "POST /api/v1/comments/<comment_id>/reports": {"reason": "spam"},
    "PATCH /api/v1/webhooks/<endpoint_id>": {"batch": None},
    "DELETE /api/v1/webhooks/<endpoint_id>": None,
    "POST /api/v1/webhooks/<endpoint_id>/test": None,
    "GET /api/v1/webhooks/<endpoint_id>/deliveries": None,
    "POST /api/v1/webhooks/<endpoint_id>/deliveries/<delivery_id>/redeliver": None,
}
#: What is no native API: how it answers who has no key. What has to be answered without a key says nothing of a site.
ELSEWHERE = {
    **dict.fromkeys(("GET /", "GET /api/docs", "GET /api/openapi.json", "GET /$discovery/rest"), (200, ".")),
    **dict.fromkeys(("GET /healthz", "GET /metrics", "GET /readyz", "GET /demo/", "POST /demo/"), (200, ".")),
    "GET /demo/comments/<comment_id>": (404, "not-found"),
    **dict.fromkeys(("GET /statement/<token>", "POST /statement/<token>"), (404, "<title>")),
    **dict.fromkeys(("POST /v1alpha1/comments:analyze", "POST /v1alpha1/comments:suggestscore"), (403, "PERMISSION")),
    **dict.fromkeys(("POST /v1/moderations", "GET /v1/models"), (401, "provide an API key")),
    "POST /coral/phase": (200, r"SYSTEM_WITHHELD"),
    **dict.fromkeys(("GET /1.1/test", "POST /1.1/test"), (200, "^connected$")),
    "GET /1.2/compatible-plugins": (200, r"^\[\]$"),
    # A client that gets neither true nor false publishes.
    **dict.fromkeys(("GET /1.1/comment-check", "POST /1.1/comment-check"), (200, "^(true|invalid)$")),
    **{
        f"{method} {path}": (200, "^(invalid|error)$")
        for path in ("/1.1/submit-ham", "/1.1/submit-spam", "/1.1/verify-key", "/1.2/key-sites", "/1.2/usage-limit")
        for method in ("GET", "POST")
    },
    **{
        f"POST /{call}": (200, "^(invalid|error)$")
        for call in ("1.1/deactivate", "1.1/get-stats", "1.1/get-subscription", "1.1/token", "1.2/get-key-stats")
    },
    **{
        f"{method} /1.{number}/<path:call>": (404, "^(invalid|error)$")
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        for number in (1, 2)
    },
}


def routes(app: Flask, *, native: bool) -> Iterator[tuple[str, Rule, str]]:
    """Each method and address outside the console, its rule and method; without what is the same for everybody."""
    for rule in app.url_map.iter_rules():
        of_pages = rule.endpoint.startswith("console.") or rule.endpoint.endswith("static")
        if not of_pages and rule.endpoint.startswith("api.") == native:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield f"{method} {rule.rule}", rule, method


def filled(rule: Rule, ids: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: ids.get(match[1], "x"), rule.rule)


@pytest.fixture
def unlimited(make_app: Callable[..., Flask]) -> Flask:
    """An app that counts no wrong keys."""
    return make_app(rate_limit_auth="10000 per minute")


def test_each_native_route_takes_a_valid_key_of_the_api_and_no_other(
    unlimited: Flask, store: Store, settings: Settings, site: CreatedSite
) -> None:
    browser_key = sites.add_browser_key(store, settings, site.id, ["https://example.org"])
    for _ in range(2):
        sites.rotate_key(store, settings, site.id)  # the second one ends the first
    revoked = site.api_key
    keys = {"none": "", "wrong": "wk_x", "compat": site.compat_key, "browser": browser_key, "revoked": revoked}
    before = dump(store)
    for route, rule, method in routes(unlimited, native=True):
        for kind, key in keys.items():
            answer = client_of(unlimited, key).open(filled(rule, {}), method=method, json={})
            assert answer.status_code == 401, f"{route} with a key that is {kind}: {answer.status_code}"
    assert dump(store) == before


def test_each_native_route_with_an_id_finds_nothing_of_another_site(
    app: Flask,
    store: Store,
    settings: Settings,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    other_site: CreatedSite,
) -> None:
    comment = scored(store, queues, scorer, site, "insult=0.8 zebrafinch")
    with store.write() as session:
        endpoint, _ = endpoints.add(session, settings, site.id, "https://a.example/hook", actor=actors.OPERATOR)
        session.flush()
        delivery = endpoints.test(session, site.id, endpoint.id, actor=actors.OPERATOR)
    ids = {"comment_id": comment.id, "endpoint_id": endpoint.id, "delivery_id": delivery.id}
    stranger, owner = client_of(app, other_site.api_key), client_of(app, site.api_key)
    with_ids = [one for one in routes(app, native=True) if any(name.endswith("_id") for name in one[1].arguments)]
    assert {route for route, _, _ in with_ids} == WITH_IDS.keys(), "say in WITH_IDS what a new route takes"
    before = dump(store)
    for route, rule, method in with_ids:
        sent: dict[str, Any] = {} if WITH_IDS[route] is None else {"json": WITH_IDS[route]}
        answer = stranger.open(filled(rule, ids), method=method, **sent)
        assert answer.status_code == 404, f"{route}: {answer.status_code} {answer.text}"
        assert "zebrafinch" not in answer.text
    assert dump(store) == before
    for route, rule, method in sorted(with_ids, key=lambda one: one[0].startswith("DELETE")):
        sent = {} if WITH_IDS[route] is None else {"json": WITH_IDS[route]}
        status = owner.open(filled(rule, ids), method=method, **sent).status_code
        assert status < 300, f"{route}: the request is not valid, and so proves nothing: {status}"


def test_each_other_route_says_nothing_to_who_has_no_key(unlimited: Flask, store: Store, site: CreatedSite) -> None:
    there = {route: (rule, method) for route, rule, method in routes(unlimited, native=False)}
    assert there.keys() == ELSEWHERE.keys(), "say in ELSEWHERE how a new route answers who has no key"
    unlimited.test_client().get("/demo/")  # makes the demo's site
    before = dump(store)
    for route, (rule, method) in there.items():
        status, told = ELSEWHERE[route]
        sent = {"data": {"blog": "https://a.example", "user_ip": "192.0.2.1"}} if "/1." in route else {"json": {}}
        if method == "GET":
            sent = {}
        answer = unlimited.test_client().open(filled(rule, {}), method=method, **sent)  # type: ignore[arg-type]
        if told != ".":
            assert answer.status_code == status, f"{route}: {answer.status_code}"
        assert re.search(told, answer.text), f"{route}: {answer.text}"
        assert not {site.id, site.api_key, site.compat_key, "The Site"} & set(re.findall(r"[\w ]+", answer.text)), route
    assert dump(store) == before
