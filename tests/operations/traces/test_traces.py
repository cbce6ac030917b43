"""One trace from a site's request to the webhook that tells of the decision; and one request id in every line."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from moderation import clock, tracing
from moderation.decisions import bulk
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import WebhookDelivery, WebhookEndpoint
from moderation.tracing import Cause
from moderation.webhooks.batches import Batching
from moderation.webhooks.sender import Sender
from operations.errors import OperatorError
from operations.traces import sending
from tests.operations.traces.collector import Collector
from tests.support import ROOT
from tests.support.comments import rows, scored, stored
from tests.support.delivering import deliver_once
from tests.support.processes import forks
from tests.support.processes.parts import Part, environment
from tests.support.processes.ports import free_port
from tests.support.receiver import Receiver
from tests.support.waiting import eventually
from worker import jobs, process

pytestmark = pytest.mark.one_database

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SITES_OWN = f"00-{TRACE}-00f067aa0ba902b7-01"
HEADERS = {"X-Request-Id": "req-7", "traceparent": SITES_OWN}
WAY = {"store comments", "queue comments", "score comment", "decide comment", "send webhook"}

# What a web process loads, and answers a submission with.
WEB = """
import contextlib, sys, winnow
sys.argv = ["winnow"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(None), contextlib.redirect_stderr(None):
    winnow.main()
from operations import serve, work
from service.wsgi import app
from service.compat.judging import load_classifier
load_classifier(app)
print(app.test_client().post("/api/v1/comments", json={}).status_code, *sys.modules)
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    opened = Collector()
    yield opened
    opened.receiver.close()


@pytest.fixture
def traced(settings: Settings, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """This process sends traces; `sending.stop` sends what is left."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    on = dataclasses.replace(settings, tracing=True)
    sending.start(on, part="test")
    yield on
    sending.stop()


@pytest.fixture(autouse=True)
def nothing_before() -> Iterator[None]:
    tracing.work_for(tracing.UNKNOWN)
    yield
    tracing.work_for(tracing.UNKNOWN)


@contextlib.contextmanager
def web_process(settings: Settings, log: Path, **environ: str) -> Iterator[str]:
    """`winnow serve` with one process: its address."""
    port = free_port()
    with log.open("wb") as file, open(os.devnull, "rb") as nothing:
        arguments = ["serve", "--port", str(port), "--processes", "1", "--threads", "2"]
        process = forks.start(arguments, env=environment(settings) | environ, files=(nothing, file, file))
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: answers(url))
        yield url
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    finally:
        process.kill()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def lines(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def submit(client: FlaskClient, text: str = "A thoughtful remark.", **headers: str) -> str:
    answer = client.post("/api/v1/comments", json={"name": "Ada", "comment": text}, headers=headers)
    assert answer.status_code == 202
    assert answer.json is not None
    comment_id: str = answer.json["id"]
    return comment_id


@pytest.mark.slow
def test_one_trace_and_one_request_id_from_the_sites_request_to_its_webhook(
    settings: Settings, site_with_webhook: CreatedSite, receiver: Receiver, collector: Collector, tmp_path: Path
) -> None:
    on = {"WINNOW_TRACING": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    receiver.answer(500, 204)  # so that the delivery process has something to log
    web_log = tmp_path / "web.log"
    with (
        Part(settings, "scoring", **on) as scoring,
        Part(settings, "delivery", **on) as delivery,
        web_process(settings, web_log, **on) as url,
    ):
        eventually(lambda: "scoring.started" in scoring.log)
        answer = requests.post(
            f"{url}/api/v1/comments",
            json={"name": "Ada", "comment": "Thank you for this article."},
            headers={"Authorization": f"Bearer {site_with_webhook.api_key}"} | HEADERS,
            timeout=10,
        )
        assert answer.status_code == 202
        [told] = receiver.wait_for(1)
        eventually(lambda: "webhook.failed" in delivery.log)
        assert (scoring.stop(), delivery.stop()) == (0, 0)
    found = collector.wait_for("POST /api/v1/comments", "score batch", *WAY)  # sent as the processes stopped
    way = {name: [span for span in found[name] if span.trace == TRACE] for name in WAY}
    assert {name: len(spans) for name, spans in way.items()} == dict.fromkeys(WAY, 1)
    [request] = found["POST /api/v1/comments"]
    parents = {name: spans[0].parent for name, spans in way.items()}
    assert request.parent == "00f067aa0ba902b7"
    assert (request.trace, request.attributes["http.response.status_code"]) == (TRACE, 202)
    assert parents["store comments"] == parents["queue comments"] == parents["score comment"] == request.id
    assert parents["decide comment"] == way["score comment"][0].id
    assert parents["send webhook"] == way["decide comment"][0].id
    assert told.headers["traceparent"] == f"00-{TRACE}-{way['send webhook'][0].id}-01"
    assert way["send webhook"][0].failed, "it answered 500"
    assert way["score comment"][0].links == (found["score batch"][0].id,)
    assert found["score batch"][0].links == (request.id,)
    assert {span.attributes["winnow.request_id"] for spans in way.values() for span in spans} == {"req-7"}
    assert [way[name][0].part for name in ("queue comments", "decide comment", "send webhook")] == [
        *("web", "scoring", "delivery")
    ]
    logged = {
        line["event"]: (line["request_id"], line["trace_id"])
        for line in lines(web_log.read_text() + delivery.log)
        if line.get("status") == 202 or line["event"] == "webhook.failed"
    }
    assert logged == dict.fromkeys(("request", "webhook.failed"), ("req-7", TRACE))


@pytest.mark.slow
def test_off_nothing_of_opentelemetry_is_loaded(settings: Settings) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WEB], env=environment(settings), cwd=ROOT, capture_output=True, text=True, check=True
    )
    status, *modules = run.stdout.split()
    assert status == "401"
    assert "service.api.comments" in modules
    assert not [name for name in modules if name.startswith(("opentelemetry", "operations.traces.otlp"))]


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (SITES_OWN, TRACE),
        (SITES_OWN.replace("00-", "01-", 1) + "-more", TRACE),  # a later version may say more
        (SITES_OWN + "-more", None),
        (SITES_OWN.replace("00-", "ff-", 1), None),
        (SITES_OWN.upper(), None),
        (SITES_OWN.replace(TRACE, "0" * 32), None),
        (SITES_OWN.replace("00f067aa0ba902b7", "0" * 16), None),
        ("x" * 5000, None),
        (SITES_OWN.replace("-01", "-\u0660\u0661"), None),
        ("", None),
    ],
)
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(
    traced: Settings, collector: Collector, client: FlaskClient, header: str, trace: str | None
) -> None:
    client.get("/api/v1/comments", headers={"traceparent": header})
    sending.stop()
    [span] = collector.wait_for("GET /api/v1/comments")["GET /api/v1/comments"]
    assert (span.trace == TRACE) == (trace is not None)
    assert bool(span.parent) == (trace is not None)


def test_a_trace_that_is_not_sampled_stays_so_to_the_end(
    *,
    traced: Settings,
    collector: Collector,
    store: Store,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    app: Any,
    receiver: Receiver,
) -> None:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site_with_webhook.api_key}"
    submit(client, traceparent=SITES_OWN.removesuffix("01") + "00")
    scorer.run_batch()
    assert deliver_once(store, traced, Sender(traced.webhook_allow)) == ["delivered"]
    sending.stop()
    assert not {"store comments", "score comment", "send webhook"} & collector.spans().keys()
    [told] = receiver.requests
    assert told.headers["traceparent"].startswith(f"00-{TRACE}-")
    assert told.headers["traceparent"].endswith("-00")


def test_a_batch_is_a_trace_of_its_own_that_names_each_of_its_events(
    *,
    traced: Settings,
    collector: Collector,
    store: Store,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    app: Any,
    receiver: Receiver,
) -> None:
    with store.write() as session:
        session.query(WebhookEndpoint).update({"batch": Batching(seconds=0).document()})
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site_with_webhook.api_key}"
    submit(client)
    submit(client)
    scorer.run_batch()
    assert deliver_once(store, traced, Sender(traced.webhook_allow)) == ["delivered"] * 2
    sending.stop()
    spans = collector.wait_for("send webhook")
    [sent] = spans["send webhook"]
    assert set(sent.links) == {span.id for span in spans["decide comment"]}
    assert len(sent.links) == 2
    assert receiver.requests[0].headers["traceparent"] == f"00-{sent.trace}-{sent.id}-01"
    assert sent.attributes["winnow.events"] == 2


def test_a_comment_that_changed_meanwhile_ends_its_decision_as_failed(
    traced: Settings, collector: Collector, scorer: Scorer, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment_id = submit(client)
    judge = scorer.score

    def edited_meanwhile(*arguments: Any) -> Any:
        client.patch(f"/api/v1/comments/{comment_id}", json={"comment": "Other words."})
        return judge(*arguments)

    monkeypatch.setattr(scorer, "score", edited_meanwhile)
    scorer.run_batch()
    sending.stop()
    [decide] = collector.wait_for("decide comment")["decide comment"]
    assert decide.failed


@pytest.mark.parametrize("hangs", [False, True])
def test_a_collector_that_is_away_costs_no_memory_and_no_time(
    settings: Settings, collector: Collector, monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    collector.receiver.hang()
    url = collector.url if hangs else f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")  # to send what is queued would take 100 seconds
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with capture_logs() as logged:
        sending.start(dataclasses.replace(settings, tracing=True), part="test")
        spans = tracing.spans()
        assert spans is not None
        began = time.perf_counter()
        for _ in range(3000):
            spans.begin("one", "internal", {}).end()
        assert time.perf_counter() - began < 20, "nobody waits for the collector"
        processor: Any = sending._running[0]._provider._active_span_processor._span_processors[0]  # type: ignore[attr-defined]
        assert len(processor._batch_processor._queue) <= 100
        eventually(lambda: logged, what="it is told that the collector is away")
        for _ in range(100):
            spans.begin("one", "internal", {}).end()
        monkeypatch.setattr(sending, "FINISH_SECONDS", 0.2)
        began = time.perf_counter()
        sending.stop()
        assert time.perf_counter() - began < 20, "a process that stops tries for so long and no longer"
    assert [line["event"] for line in logged] == ["traces.away"], "once"
    assert tracing.spans() is None


@pytest.mark.parametrize(
    ("environ", "tracing_on", "outcome"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True, True),
        ({"OTEL_SDK_DISABLED": "true"}, True, False),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False, False),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, True, "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, True, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is"),
    ],
)
def test_tracing_is_off_until_it_is_asked_for_and_what_keeps_it_from_working_is_said(
    settings: Settings, environ: dict[str, str], tracing_on: bool, outcome: bool | str
) -> None:
    asked = dataclasses.replace(settings, tracing=tracing_on)
    if isinstance(outcome, str):
        with pytest.raises(OperatorError, match=outcome):
            sending.wanted(asked, environ)
    else:
        assert sending.wanted(asked, environ) is outcome


def test_without_opentelemetry_it_is_refused_in_a_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nothing)
    with pytest.raises(OperatorError, match=r"winnow\[tracing\]"):
        sending.wanted(dataclasses.replace(settings, tracing=True), {})


def test_lines_about_a_comment_carry_its_request_also_while_tracing_is_off(
    *,
    settings: Settings,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    app: Any,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site_with_webhook.api_key}"
    receiver.answer(500)
    first = submit(client, "This is unscorable.", **HEADERS)
    submit(client, **{"X-Request-Id": "req-8"})
    with capture_logs() as logged:
        scorer.run_batch()
    assert stored(store, first).traceparent is None
    assert {(line["event"], *line.get("request_ids", ()), line.get("request_id")) for line in logged} == {
        ("scoring.batch_failed", "req-7", "req-8", None),
        ("comment.not_scored", "req-7"),
    }
    assert [row.request_id for row in rows(store, WebhookDelivery)] == ["req-7", "req-8"]
    deliver_once(store, settings, Sender(settings.webhook_allow))
    assert "traceparent" not in receiver.requests[0].headers


def test_what_a_later_request_does_to_a_comment_carries_that_requests_id(
    store: Store, scorer: Scorer, site_with_webhook: CreatedSite, app: Any
) -> None:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site_with_webhook.api_key}"
    comment_id = submit(client, **{"X-Request-Id": "accepted"})
    scorer.run_batch()
    for name, body in (("edited", {"comment": "Other words."}), ("edited-again", {"comment": "And again."})):
        client.patch(f"/api/v1/comments/{comment_id}", json=body, headers={"X-Request-Id": name})
        assert stored(store, comment_id).request_id == name
        scorer.run_batch()
    client.post(
        f"/api/v1/comments/{comment_id}/decision", json={"action": "reject"}, headers={"X-Request-Id": "rejected"}
    )
    assert [row.request_id for row in rows(store, WebhookDelivery)] == [
        *("accepted", "edited", "edited-again", "rejected")
    ]
    client.delete(f"/api/v1/comments/{comment_id}")
    assert stored(store, comment_id).request_id is None


def test_a_bulk_decision_works_for_the_request_that_began_it_and_for_no_longer(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite
) -> None:
    process.use(scorer)
    actor = f"user:{accounts.create_user(store, 'mo', 'moderator', 'four unrelated words here').id}"
    flagged = scored(store, queues, scorer, site_with_webhook, "Pills insult=0.6")
    tracing.work_for(Cause("bulk", SITES_OWN))
    with store.write() as session:
        criteria = {"ids": [[flagged.id, 2]], "seen_at": clock.now().isoformat()}
        job = bulk.create(session, criteria, "reject", actor=actor, total=1)
    tracing.work_for(tracing.UNKNOWN)
    jobs.run_bulk_job(job.id)
    assert stored(store, flagged.id).status == "rejected"
    assert [(row.request_id, row.traceparent) for row in rows(store, WebhookDelivery)] == [
        (None, None),
        ("bulk", SITES_OWN),
    ]
    assert tracing.current() is tracing.UNKNOWN


@pytest.mark.parametrize(
    ("causes", "fields"),
    [
        ([], {}),
        ([Cause()], {}),
        ([Cause("a")] * 3, {"request_id": "a"}),
        ([Cause("a", SITES_OWN)], {"request_id": "a", "trace_id": TRACE}),
        ([Cause("a"), Cause(), Cause("b"), Cause("a", SITES_OWN)], {"request_ids": ["a", "b"]}),
        ([Cause(str(number)) for number in range(50)], {"request_ids": [str(number) for number in range(20)]}),
    ],
)
def test_a_line_about_several_comments_names_their_requests(causes: list[Cause], fields: dict[str, Any]) -> None:
    assert tracing.fields_of(causes) == fields
