"""/healthz, /readyz and /metrics: what they say, to whom, and that they say it when Redis or the database is away."""

from __future__ import annotations

import dataclasses
import re
import time
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from rq.utils import utcformat
from sqlalchemy import event, insert, text

from moderation import clock as time_of_day
from moderation import counters
from moderation.decisions.scoring import Scorer
from moderation.history import metrics
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, ReviewItem, WebhookDelivery
from service.app import create_app
from tests.support import ROOT
from tests.support.clock import Clock
from tests.support.comments import accept
from tests.support.processes.redis_server import RedisServer
from worker import process


def scrape(client: FlaskClient) -> dict[str, float]:
    """Every sample, as `name` or `name{label="value"}`, read by Prometheus' own parser."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation, f"{family.name} says what it is"
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            samples[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return samples


@pytest.fixture
def without_redis(settings: Settings, own_redis: RedisServer) -> FlaskClient:
    client = create_app(dataclasses.replace(settings, redis_url=own_redis.url)).test_client()
    own_redis.kill()
    return client


@pytest.fixture
def without_database(settings: Settings) -> FlaskClient:
    return create_app(dataclasses.replace(settings, database_url="sqlite:////nowhere/at/all.db")).test_client()


def test_an_idle_installation_shows_zeros(anonymous: FlaskClient) -> None:
    shown = scrape(anonymous)
    assert shown["winnow_redis_up"] == shown["winnow_database_up"] == 1
    for name in (
        "winnow_workers",
        'winnow_queue_comments{state="waiting"}',
        'winnow_queue_comments{state="leased"}',
        'winnow_queue_comments{state="retry"}',
        "winnow_oldest_pending_seconds",
        "winnow_oldest_review_seconds",
        "winnow_review_items",
        "winnow_deliveries_waiting",
        "winnow_comments_scored_total",
        "winnow_unavailable_total",
        "winnow_scoring_seconds_count",
        "winnow_wait_seconds_count",
    ):
        assert shown[name] == 0, name


def test_what_waits_is_shown_with_its_age(
    anonymous: FlaskClient, store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    for number in range(3):
        accept(store, queues, site, f"Remark {number}.")
        clock.advance(seconds=10)
    queues.claim(1)
    shown = scrape(anonymous)
    assert shown['winnow_queue_comments{state="waiting"}'] == 2
    assert shown['winnow_queue_comments{state="leased"}'] == 1
    assert shown["winnow_oldest_pending_seconds"] == pytest.approx(30, abs=0.1)


def test_decisions_scores_and_waits_are_counted(
    anonymous: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    for words in ("Fine.", "Also fine.", "Fool. toxicity=0.6", "Fool! toxicity=0.95"):
        accept(store, queues, site, words)
    clock.advance(seconds=3)
    process.record(process.use(scorer).run_batch())
    counters.count_decisions(queues.redis, [("published", "user:u_1")])
    clock.advance(seconds=7)
    shown = scrape(anonymous)
    assert shown['winnow_decisions_total{actor="policy",status="published"}'] == 2
    assert shown['winnow_decisions_total{actor="policy",status="flagged"}'] == 1
    assert shown['winnow_decisions_total{actor="policy",status="rejected"}'] == 1
    assert shown['winnow_decisions_total{actor="user",status="published"}'] == 1, "which one is nobody's business"
    assert shown["winnow_comments_scored_total"] == 4
    assert shown["winnow_scoring_seconds_count"] == 1
    assert shown["winnow_wait_seconds_count"] == 4
    assert shown["winnow_wait_seconds_sum"] == pytest.approx(12, abs=0.1)
    assert shown['winnow_wait_seconds_bucket{le="1.0"}'] == 0
    assert shown['winnow_wait_seconds_bucket{le="5.0"}'] == shown['winnow_wait_seconds_bucket{le="+Inf"}'] == 4
    assert shown["winnow_review_items"] == 1
    assert shown["winnow_oldest_review_seconds"] == pytest.approx(7, abs=0.1)
    assert shown["winnow_oldest_pending_seconds"] == 0


def test_a_sites_own_decisions_are_counted_too(
    client: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    first, second = (accept(store, queues, site, f"Fool {number}. toxicity=0.6") for number in (1, 2))
    scorer.run_batch()
    client.post(f"/api/v1/comments/{first.id}/decision", json={"action": "publish"})
    client.post("/api/v1/decisions", json=[{"id": second.id, "action": "reject"}, {"id": "c_none", "action": "reject"}])
    shown = scrape(client)
    assert shown['winnow_decisions_total{actor="site",status="published"}'] == 1
    assert shown['winnow_decisions_total{actor="site",status="rejected"}'] == 1


def test_webhook_attempts_are_counted_by_result_and_what_waits_is_shown(
    anonymous: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite
) -> None:
    accept(store, queues, site_with_webhook)
    scorer.run_batch()
    assert scrape(anonymous)["winnow_deliveries_waiting"] == 1
    counters.record_attempts(queues.redis, ["delivered", "failed", "failed"])
    counters.record_attempts(queues.redis, ["delivered"])
    shown = scrape(anonymous)
    assert shown['winnow_webhook_attempts_total{result="delivered"}'] == 2
    assert shown['winnow_webhook_attempts_total{result="failed"}'] == 2


def test_counts_add_up_over_processes_in_one_hash(queues: Queues) -> None:
    for _ in range(3):
        counters.count_decisions(queues.redis, [("published", "policy"), ("rejected", "policy")])
        counters.record_scoring(queues.redis, 2, 0.02)
    counts = counters.read(queues.redis)
    assert counts.scored == 6
    assert counts.decisions == {("published", "policy"): 3, ("rejected", "policy"): 3}
    assert counts.histograms["scoring_seconds"].sum == pytest.approx(0.06)
    assert queues.redis.keys("*") == [counters.KEY.encode()]


def test_without_redis_the_database_is_shown_and_quickly(without_redis: FlaskClient) -> None:
    began = time.monotonic()
    shown = scrape(without_redis)
    assert time.monotonic() - began < 10
    assert shown["winnow_redis_up"] == 0
    assert shown["winnow_database_up"] == 1
    assert shown["winnow_oldest_pending_seconds"] == 0
    assert "winnow_workers" not in shown, "unknown is not none"


def test_a_redis_that_hangs_is_not_waited_for(settings: Settings, own_redis: RedisServer) -> None:
    client = create_app(dataclasses.replace(settings, redis_url=own_redis.url)).test_client()
    own_redis.freeze()
    began = time.monotonic()
    assert scrape(client)["winnow_redis_up"] == 0
    assert time.monotonic() - began < 15
    own_redis.thaw()


def test_without_a_database_redis_is_shown(without_database: FlaskClient, queues: Queues) -> None:
    counters.count_decisions(queues.redis, [("published", "policy")])
    shown = scrape(without_database)
    assert (shown["winnow_redis_up"], shown["winnow_database_up"]) == (1, 0)
    assert shown['winnow_decisions_total{actor="policy",status="published"}'] == 1


def test_asking_costs_the_same_however_much_was_decided_and_delivered(
    anonymous: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite
) -> None:
    """Only ends of indexes and bounded counts of partial ones: the plans say so."""
    comment = accept(store, queues, site_with_webhook, "Fool. toxicity=0.6")
    scorer.run_batch()
    multiply(store, comment, 2000)
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    with store.read() as session:
        metrics.read_present(session)
    event.remove(store.engine, "before_cursor_execute", note)
    with store.engine.connect() as connection:
        if not store.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
        explain = "EXPLAIN QUERY PLAN " if store.is_sqlite else "EXPLAIN "
        for statement, parameters in statements:
            if statement.startswith("SELECT") and not re.match(r"SELECT sites\.id \nFROM sites", statement):  # few rows
                plan = str(connection.exec_driver_sql(explain + statement, parameters).fetchall())  # type: ignore[arg-type]
                assert "INDEX ix_" in plan or "Index" in plan or "Bitmap" in plan, (statement, plan)


def multiply(store: Store, comment: Comment, times: int) -> None:
    """Many more like this one, decided, looked at and delivered."""
    with store.write() as session:
        for table in (Comment, ReviewItem, WebhookDelivery):
            (row,) = session.execute(text(f"SELECT * FROM {table.__tablename__}")).mappings().all()
            found = session.get(table, row["id"])
            columns = {column.name: getattr(found, column.name) for column in table.__table__.columns}
            over = {"closed_at": comment.accepted_at, "next_attempt_at": None, "leased_until": None}
            columns |= {name: value for name, value in over.items() if name in columns}
            columns |= {"external_id": None} if "external_id" in columns else {}
            session.execute(insert(table), [columns | {"id": f"x_{number:026}"} for number in range(times)])


def test_counting_what_waits_stops_at_a_limit(
    monkeypatch: pytest.MonkeyPatch,
    anonymous: FlaskClient,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
) -> None:
    monkeypatch.setattr(metrics, "MOST_COUNTED", 5)
    for number in range(8):
        accept(store, queues, site, f"Fool {number}. toxicity=0.6")
    scorer.run_batch()
    assert scrape(anonymous)["winnow_review_items"] == 5


# Health and readiness.


def test_healthz_answers_whatever_is_away(without_redis: FlaskClient, without_database: FlaskClient) -> None:
    for client in (without_redis, without_database):
        answer = client.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "ok\n")


def alive(queues: Queues, *, silent: timedelta = timedelta()) -> None:
    """As if a scoring process had said that it lives."""

    queues.redis.sadd("rq:workers:scoring", "rq:worker:w")
    queues.redis.hset("rq:worker:w", "last_heartbeat", utcformat(time_of_day.now() - silent))
    counters.record_model(queues.redis, "1.0")


def test_readyz_says_that_every_part_is_ready(anonymous: FlaskClient, queues: Queues) -> None:
    alive(queues)
    answer = anonymous.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "ready": True,
        "parts": dict.fromkeys(("database", "migrations", "redis", "workers", "model"), "ok"),
    }


def test_readyz_says_that_no_scoring_process_lives(anonymous: FlaskClient, queues: Queues) -> None:
    alive(queues, silent=timedelta(minutes=1))
    answer = anonymous.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ready"] is False
    assert "winnow worker" in answer.json["parts"]["workers"]
    assert answer.json["parts"]["model"] == "ok"


def test_readyz_says_that_redis_is_away(without_redis: FlaskClient) -> None:
    answer = without_redis.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert "Redis" in answer.json["parts"]["redis"]
    assert answer.json["parts"]["database"] == "ok"


def test_readyz_says_that_the_database_is_away(without_database: FlaskClient, queues: Queues) -> None:
    alive(queues)
    answer = without_database.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    wrong = {name for name, state in answer.json["parts"].items() if state != "ok"}
    assert wrong == {"database", "migrations"}


def test_readyz_says_that_migrations_are_missing(anonymous: FlaskClient, store: Store, queues: Queues) -> None:
    alive(queues)
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = anonymous.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert "winnow migrate" in answer.json["parts"]["migrations"]


def test_readyz_can_be_asked_for_some_parts_only(anonymous: FlaskClient) -> None:
    """What a load balancer wants to know: whether comments can be accepted here."""
    answer = anonymous.get("/readyz?parts=database,migrations")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "parts": {"database": "ok", "migrations": "ok"}}
    assert anonymous.get("/readyz?parts=kettle").status_code == 400


def test_they_are_open_without_a_key_and_tell_nobodys_words(
    anonymous: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    accept(store, queues, site, "Xylophone. toxicity=0.95", name="Zebediah")
    process.record(process.use(scorer).run_batch())
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = anonymous.get(path)
        assert answer.status_code in (200, 503)
        for private in ("Xylophone", "Zebediah", site.id):
            assert private not in answer.text


# The handbook.


def test_operations_md_explains_every_metric_and_every_setting(anonymous: FlaskClient) -> None:
    handbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    families = {family.name for family in text_string_to_metric_families(anonymous.get("/metrics").text)}
    assert "winnow_oldest_pending_seconds" in families
    assert [name for name in families if f"`{name}" not in handbook] == []
    settings = {f"WINNOW_{field.name.upper()}" for field in dataclasses.fields(Settings)} - {"WINNOW_SECRET_KEYS"}
    assert [name for name in settings | {"WINNOW_SECRET_KEY"} if f"| `{name}`" not in handbook] == []
