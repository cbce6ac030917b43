"""Calls that had no verdict are counted by site and kind, and seen: in metrics, in the console, in the log.

A site whose every call is refused looks, from outside, like one where nobody writes anything bad.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from moderation.history import calls
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.service.compat.test_coral import SECRET, signed
from tests.support.clock import Clock
from tests.support.compat import choose_scores
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.one_database

#: A request: path, headers, and what is posted. KEY stands for the site's compat key, SITE for its id.
Sent = tuple[str, dict[str, str], Any]

CHECK = {"api_key": "KEY", "blog": "https://blog.example", "user_ip": "192.0.2.7", "comment_content": "fine"}
ANALYZE = {"comment": {"text": "fine"}, "requestedAttributes": {"TOXICITY": {}}}
PHASE = {"action": "NEW", "comment": {"body": "fine"}, "author": {"id": "a"}}


def check(**changed: Any) -> Sent:
    return "/1.1/comment-check", {}, {name: value for name, value in (CHECK | changed).items() if value is not None}


def analyze(key: str = "KEY", **changed: Any) -> Sent:
    return f"/v1alpha1/comments:analyze?key={key}", {}, json.dumps(ANALYZE | changed).encode()


def moderate(sent: Any, key: str = "KEY") -> Sent:
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return "/v1/moderations", {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}, raw


def phase(sent: Any, secret: str = SECRET) -> Sent:
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return "/coral/phase?site=SITE", {"X-Coral-Signature": signed(raw, secret)}, raw


CASES: list[tuple[Sent, str, str, bool]] = [
    (check(), "akismet", "answered", True),
    (check(comment_content="toxicity=0.6"), "akismet", "answered", True),
    (check(comment_content="unscorable"), "akismet", "not_scored", True),
    (check(blog=None), "akismet", "missing_field", True),
    (check(comment_content=""), "akismet", "missing_field", True),
    (check(comment_content="word " * 20_000), "akismet", "too_large", True),
    (check(comment_content="x" * 2_000_000), "akismet", "too_large", False),
    (check(api_key=None), "akismet", "no_key", False),
    (check(api_key="000000000000"), "akismet", "wrong_key", False),
    (analyze(), "perspective", "answered", True),
    (analyze(requestedAttributes={"TOXICITY": {}, "FLIRTATION": {}}), "perspective", "answered", True),
    (analyze(requestedAttributes={"FLIRTATION": {}}), "perspective", "attribute", True),
    (analyze(requestedAttributes={"TOXICITY": {}, "NICENESS": {}}), "perspective", "attribute", True),
    (analyze(requestedAttributes={}), "perspective", "missing_field", True),
    (analyze(comment={"text": ""}), "perspective", "missing_field", True),
    (analyze(comment={"text": "in klingon"}), "perspective", "language", True),
    (analyze(comment={"text": "x" * 100_001}), "perspective", "too_large", True),
    (analyze(nonsense=1), "perspective", "malformed", True),
    (analyze(comment={"text": "unscorable"}), "perspective", "not_scored", True),
    (analyze(key=""), "perspective", "no_key", False),
    (analyze(key="000000000000"), "perspective", "wrong_key", False),
    (moderate({"input": "fine"}), "openai", "answered", True),
    (moderate({"input": ["fine", "in klingon"]}), "openai", "language", True),
    (moderate({}), "openai", "missing_field", True),
    (moderate(b"{"), "openai", "malformed", True),
    (moderate({"input": "x" * 100_001}), "openai", "too_large", True),
    (moderate({"input": "unscorable"}), "openai", "not_scored", True),
    (moderate({"input": "fine"}, key="wrong"), "openai", "wrong_key", False),
    (phase(PHASE), "coral", "answered", True),
    (phase(PHASE | {"comment": {"body": "toxicity=0.95"}}), "coral", "answered", True),
    (phase(PHASE | {"comment": {"body": "unscorable"}}), "coral", "not_scored", True),
    (phase(PHASE | {"comment": {"body": None}}), "coral", "malformed", True),
    (phase(PHASE, secret="another"), "coral", "wrong_key", True),
]


@pytest.fixture
def send(scored: Flask, store: Store, settings: Settings, site: CreatedSite) -> Callable[[Sent], Any]:
    """Sends a request as the site."""
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", SECRET)
    client = scored.test_client()

    def post(sent: Sent) -> Any:
        path, headers, data = sent
        own = {name: value.replace("KEY", site.compat_key) for name, value in headers.items()}
        if isinstance(data, dict):
            data = {name: value.replace("KEY", site.compat_key) for name, value in data.items()}
        return client.post(path.replace("KEY", site.compat_key).replace("SITE", site.id), headers=own, data=data)

    return post


@pytest.mark.parametrize(("sent", "protocol", "outcome", "is_known"), CASES)
def test_each_call_is_counted_by_site_protocol_and_kind(
    send: Callable[[Sent], Any],
    queues: Queues,
    scored: Flask,
    site: CreatedSite,
    sent: Sent,
    protocol: str,
    outcome: str,
    is_known: bool,
) -> None:
    with capture_logs() as logged:
        send(sent)
    site_id = site.id if is_known else ""
    [found] = calls.lately(queues.redis)
    assert (found.site_id, found.protocol, found.outcomes) == (site_id, protocol, {outcome: 1})
    line = f'winnow_calls_total{{outcome="{outcome}",protocol="{protocol}",site="{site_id}"}} 1.0'
    assert line in scored.test_client().get("/metrics").text
    lines = [(one["protocol"], one["site"], one["why"]) for one in logged if one["event"] == "call.refused"]
    assert lines == ([] if outcome == "answered" else [(protocol, site_id or None, outcome)])
    assert outcome == "answered" or outcome in calls.REFUSED


def test_the_log_says_what_is_missing_and_repeats_nobodys_words(send: Callable[[Sent], Any]) -> None:
    with capture_logs() as logged:
        send(check(blog=None, comment_content="my secret"))
    [line] = [one for one in logged if one["event"] == "call.refused"]
    assert line["what"] == "blog"
    assert "secret" not in str(line)


def test_other_calls_say_nothing_of_whether_a_site_is_moderated(
    scored: Flask, site: CreatedSite, queues: Queues
) -> None:
    client = scored.test_client()
    client.post("/1.1/verify-key", data={"key": site.compat_key, "blog": "https://blog.example"})
    client.post("/1.1/submit-ham", data=CHECK | {"api_key": site.compat_key})
    client.options("/v1alpha1/comments:analyze")
    client.get("/$discovery/rest?version=v1alpha1")
    client.head("/1.1/comment-check")
    assert calls.lately(queues.redis) == []


@pytest.mark.usefixtures("without_a_model")
def test_without_a_classifier_that_is_what_is_counted(
    make_app: Callable[..., Flask], site: CreatedSite, queues: Queues
) -> None:
    make_app().test_client().post("/1.1/comment-check", data=CHECK | {"api_key": site.compat_key})
    assert [one.outcomes for one in calls.lately(queues.redis)] == [{"not_scored": 1}]


def test_over_the_limit_too(make_app: Callable[..., Flask], site: CreatedSite, queues: Queues) -> None:
    app = make_app(rate_limit="1 per hour")
    choose_scores(app)
    for _ in range(3):
        app.test_client().post("/1.1/comment-check", data=CHECK | {"api_key": site.compat_key})
    [found] = calls.lately(queues.redis)
    assert found.outcomes == {"answered": 1, "too_many": 2}
    assert not found.all_refused


def test_counts_are_of_the_last_days(queues: Queues, clock: Clock) -> None:
    calls.record(queues.redis, "s_1", "akismet", "wrong_key")
    clock.advance(days=1)
    calls.record(queues.redis, "s_1", "akismet", "wrong_key")
    assert [one.refused for one in calls.lately(queues.redis, days=1)] == [{"wrong_key": 1}]
    assert [one.refused for one in calls.lately(queues.redis)] == [{"wrong_key": 2}]
    clock.advance(days=calls.DAYS)
    assert calls.lately(queues.redis) == []


def test_the_sites_page_shows_them(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, queues: Queues
) -> None:
    chief = sign_in(app, store, "chief", "admin")
    path = f"/console/sites/{site.id}"
    assert "None in the last 7 days." in chief.get(path).text
    for outcome in ("missing_field", "missing_field", "answered"):
        calls.record(queues.redis, other_site.id, "akismet", outcome)
    for kind in calls.REFUSED:
        calls.record(queues.redis, site.id, "perspective", kind)
    shown = html.unescape(re.sub(r"<[^>]+>", " ", chief.get(path).text))
    assert all(f"1 {words}" in shown for words in calls.REFUSED.values())
    assert "Not one call had a verdict" in shown
    calls.record(queues.redis, site.id, "perspective", "answered")
    assert "Not one call had a verdict" not in chief.get(path).text


def test_without_redis_the_page_says_so_and_calls_are_answered(
    make_app: Callable[..., Flask], store: Store, site: CreatedSite
) -> None:
    app = make_app(redis_url="unix:///nowhere/redis.sock")
    choose_scores(app)
    assert app.test_client().post("/1.1/comment-check", data=CHECK | {"api_key": site.compat_key}).text == "false"
    page = sign_in(app, store, "chief", "admin").get(f"/console/sites/{site.id}")
    assert "does not answer just now" in page.text
