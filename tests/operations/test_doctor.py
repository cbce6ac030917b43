"""`winnow doctor` finds what is wrong with an installation, and says what mends it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import text, update

from moderation import clock
from moderation.decisions import comments
from moderation.history import calls
from moderation.intake import submissions
from moderation.intake.queues import Queues, connect
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import Comment, WebhookDelivery, WebhookEndpoint
from operations import environment, migrate
from tests.support.command_line import make_data_dir, winnow
from tests.support.compat import listening
from tests.support.processes.parts import Part
from tests.support.processes.ports import free_port
from tests.support.processes.redis_server import RedisServer
from tests.support.providers import LyingProvider
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

Examine = Callable[..., dict[str, tuple[str, str]]]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return make_data_dir(tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    made = RedisServer(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def found(data_dir: Path, server: RedisServer) -> Settings:
    return environment.read({"WINNOW_REDIS_URL": server.url}, data_dir)


@pytest.fixture
def examine(found: Settings, tmp_path: Path) -> Examine:
    """Runs `winnow doctor` and gives each subject's level and text."""

    def call(*, fails: bool, **environ: str) -> dict[str, tuple[str, str]]:
        result = winnow("doctor", "--json", cwd=tmp_path, **({"WINNOW_REDIS_URL": found.redis_url} | environ))
        assert result.stderr == ""
        assert result.returncode == (1 if fails else 0)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        return {row["subject"]: (row["level"], row["text"]) for row in rows}

    return call


def test_a_sound_installation_without_workers_lacks_only_those(examine: Examine) -> None:
    report = examine(fails=True)
    assert [subject for subject, (level, _) in report.items() if level == "FAIL"] == ["workers"]
    assert "winnow worker" in report["workers"][1]
    assert re.fullmatch(r"version \S+; languages: \d+ learnt, \d+ understood(, \d+ listed)?", report["model"][1])


def test_people_get_a_line_for_each_finding(found: Settings, tmp_path: Path) -> None:
    shown = winnow("doctor", cwd=tmp_path, WINNOW_REDIS_URL=found.redis_url).stdout
    assert "OK    python" in shown
    assert "FAIL  workers" in shown


def test_nothing_set_up_is_told_with_where_to_begin(tmp_path: Path) -> None:
    shown = winnow("doctor", cwd=tmp_path)
    assert shown.returncode == 1
    assert shown.stderr == ""
    assert "`winnow up`" in shown.stdout


def test_a_malformed_setting_is_named(examine: Examine) -> None:
    level, text = examine(fails=True, WINNOW_WEB_THREADS="many")["settings"]
    assert level == "FAIL"
    assert "WINNOW_WEB_THREADS" in text


def test_a_redis_that_does_not_answer(examine: Examine, server: RedisServer) -> None:
    server.kill()
    level, text = examine(fails=True)["redis"]
    assert level == "FAIL"
    assert "does not answer" in text


def test_a_redis_that_runs_and_cannot_save_is_not_said_to_be_away(examine: Examine, server: RedisServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        (server.directory / "dump.rdb").mkdir()  # so that saving fails, as on a full disk
        client.config_set("save", "3600 1")
        client.bgsave()
        eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
    level, text = examine(fails=True)["redis"]
    assert level == "FAIL"
    assert "answers, and takes nothing in (MISCONF" in text


def test_a_redis_that_throws_jobs_away(examine: Examine, server: RedisServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    level, text = examine(fails=True)["redis"]
    assert level == "FAIL"
    assert "noeviction" in text


def test_a_redis_that_forgets_is_a_warning(examine: Examine) -> None:
    level, text = examine(fails=True)["redis"]
    assert level == "WARN"
    assert "appendonly" in text


@pytest.mark.parametrize(
    ("metadata", "level", "told"),
    [
        ({}, "OK", "describes itself"),
        ({"issuer": "https://elsewhere.example"}, "FAIL", "calls itself https://elsewhere.example"),
    ],
)
def test_the_single_sign_on_provider_is_asked(
    examine: Examine, metadata: dict[str, str], level: str, told: str
) -> None:
    provider = LyingProvider()
    provider.metadata = metadata
    with listening(provider.app) as provider.issuer:
        report = examine(fails=True, WINNOW_OIDC_ISSUER=provider.issuer, WINNOW_OIDC_CLIENT_ID="console")
    found = report["single sign-on"]
    assert (found[0], told in found[1]) == (level, True)


def test_a_single_sign_on_provider_that_is_away_is_named(examine: Examine) -> None:
    gone = f"http://localhost:{free_port()}"
    level, text = examine(fails=True, WINNOW_OIDC_ISSUER=gone, WINNOW_OIDC_CLIENT_ID="console")["single sign-on"]
    assert level == "FAIL"
    assert f"{gone}/.well-known/openid-configuration" in text
    assert "WINNOW_OIDC_ISSUER" in text


def test_a_database_at_another_revision(examine: Examine, found: Settings) -> None:
    migrate.downgrade(Store(found.database_url), "base")
    level, text = examine(fails=True)["database"]
    assert level == "FAIL"
    assert "winnow migrate" in text


def test_a_database_of_a_later_version(examine: Examine, found: Settings) -> None:
    with Store(found.database_url).write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    level, said = examine(fails=True)["database"]
    assert level == "FAIL"
    assert "newer version of Winnow" in said
    assert "migrate" not in said


def test_a_file_that_is_no_database_is_not_said_to_be_unreachable(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "noise.db").write_bytes(b"noise" * 5000)
    level, said = examine(fails=True, WINNOW_DATABASE_URL=f"sqlite:///{tmp_path}/noise.db")["database"]
    assert level == "FAIL"
    assert "winnow restore" in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WINNOW_WEBPROCESSES", "4", "WINNOW_WEB_PROCESSES"),
        ("WINNOW_ALERT_EMAIL", "ada@example.org", "WINNOW_SMTP_URL"),
        ("WINNOW_OIDC_CLIENT_ID", "console", "WINNOW_OIDC_ISSUER"),
    ],
)
def test_a_setting_that_does_nothing_is_a_warning(examine: Examine, name: str, value: str, said: str) -> None:
    level, text = examine(fails=True, **{name: value})["settings"]
    assert level == "WARN"
    assert said in text


def test_a_database_that_cannot_be_reached(examine: Examine) -> None:
    url = "postgresql://winnow:hidden@127.0.0.1:1/winnow"
    level, text = examine(fails=True, WINNOW_DATABASE_URL=url)["database"]
    assert level == "FAIL"
    assert "hidden" not in text


def test_secrets_under_another_key(examine: Examine, found: Settings) -> None:
    sites.create_site(Store(found.database_url), found, "A blog", "https://blog.example/hook")
    assert examine(fails=True)["secrets"][0] == "OK"
    level, text = examine(fails=True, WINNOW_SECRET_KEY="n" * 32)["secrets"]
    assert level == "FAIL"
    assert "another WINNOW_SECRET_KEY" in text


def test_comments_that_wait_too_long(examine: Examine, found: Settings) -> None:
    store = Store(found.database_url)
    site = sites.create_site(store, found, "A blog")
    submission = submissions.Submission(name="Ada", comment="Still waiting.")
    submissions.submit(store, Queues(connect(found.redis_url)), site.id, [submission])
    assert examine(fails=True)["queue"][0] == "OK"
    with store.write() as session:
        session.execute(update(Comment).values(accepted_at=clock.now() - timedelta(seconds=301)))
    level, text = examine(fails=True)["queue"]
    assert level == "FAIL"
    assert "1 comments" in text


def test_a_webhook_that_fails(examine: Examine, found: Settings) -> None:
    store = Store(found.database_url)
    site = sites.create_site(store, found, "A blog", "https://blog.example/hook")
    with store.write() as session:  # as an older release took it
        session.execute(update(WebhookEndpoint).values(url="https://ada:hidden@blog.example/hook"))
    submission = submissions.Submission(name="Ada", comment="Erased at once.")
    outcome = submissions.submit(store, Queues(connect(found.redis_url)), site.id, [submission])[0]
    assert outcome.comment
    with store.write() as session:
        comments.erase(session, site.id, outcome.comment.id)
    assert examine(fails=True)["webhooks"][0] == "OK"
    with store.write() as session:
        session.execute(update(WebhookDelivery).values(attempts=3))
    level, text = examine(fails=True)["webhooks"]
    assert level == "WARN"
    assert "blog.example" in text
    assert "hidden" not in text


def test_a_site_whose_calls_are_all_refused_is_found(examine: Examine, server: RedisServer) -> None:
    client = connect(server.url)
    assert examine(fails=True)["calls"][0] == "OK"
    calls.record(client, "s_answered", "akismet", "answered")
    calls.record(client, "s_answered", "akismet", "missing_field")
    calls.record(client, "", "openai", "wrong_key")
    assert examine(fails=True)["calls"] == ("OK", "1 had a verdict and 2 had none since yesterday")
    calls.record(client, "s_refused", "perspective", "attribute")
    level, text = examine(fails=True)["calls"]
    assert level == "WARN"
    assert "perspective for s_refused: 1 asked for an attribute" in text
    assert "s_answered" not in text


def test_calls_that_all_come_without_a_key_are_found(examine: Examine, server: RedisServer) -> None:
    calls.record(connect(server.url), "", "akismet", "no_key")
    level, text = examine(fails=True)["calls"]
    assert level == "WARN"
    assert "akismet for no site that could be told: 1 came without a key" in text


#: What docs/operations.md asks for.
RIGHTS = "~winnow:* ~rq:* resetchannels &winnow:* &rq:* +@all -@admin -@dangerous"


@pytest.fixture
def user(server: RedisServer) -> Callable[[str], str]:
    """The address of the same Redis for a user with these rights."""

    def allow(rights: str) -> str:
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("ACL", "SETUSER", "winnow", "reset", "on", ">pw", *rights.split())
        return server.url.replace("unix://", "unix://winnow:pw@")

    return allow


@pytest.mark.parametrize(
    ("rights", "named"),
    [
        (RIGHTS, {"redis": ("WARN", "'info'")}),
        (f"{RIGHTS} +info", {}),
        (f"{RIGHTS} +info -smembers", {"workers": ("FAIL", "'smembers'")}),
        (f"{RIGHTS} +info -hgetall", {"calls": ("WARN", "'hgetall'")}),
        (f"{RIGHTS} +info -set", {"redis writes": ("FAIL", "'set'")}),
        (f"{RIGHTS} +info resetkeys ~winnow:*", {"workers": ("FAIL", "key")}),
    ],
)
def test_what_a_redis_user_may_not_do_is_named_and_the_rest_is_looked_at(
    examine: Examine, user: Callable[[str], str], rights: str, named: dict[str, tuple[str, str]]
) -> None:
    report = examine(fails=True, WINNOW_REDIS_URL=user(rights))
    assert report["database"][0] == "OK"
    for subject, (level, part) in named.items():
        assert report[subject][0] == level
        assert part in report[subject][1]
    refused = {subject for subject, (_, text) in report.items() if "ACL SETUSER" in text}
    assert refused == named.keys() - {"redis writes"}
    assert ("redis writes" in report) == ("redis writes" in named)
    assert not any("pw" in text for _, text in report.values())


def test_with_the_rights_that_the_docs_name_comments_are_scored(found: Settings, user: Callable[[str], str]) -> None:
    allowed = replace(found, redis_url=user(f"{RIGHTS} +info"))
    assert RIGHTS in (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    store, queues = Store(found.database_url), Queues(connect(allowed.redis_url))
    site = sites.create_site(store, found, "A blog")
    sent = submissions.Submission(name="Ada", comment="A nice day to all of you.")
    [outcome] = submissions.submit(store, queues, site.id, [sent])
    assert outcome.comment is not None
    with Part(allowed, "scoring") as part:
        comment_id = outcome.comment.id

        def decided() -> bool:
            with store.read() as session:
                return comments.find(session, None, comment_id).status == "published"

        eventually(decided, what="it is published", within=60)
    assert "NOPERM" not in part.log
    assert "no permissions" not in part.log


def test_a_redis_that_takes_nothing_in_is_found(examine: Examine, server: RedisServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.replicaof("127.0.0.1", "1")
    level, text = examine(fails=True)["redis writes"]
    assert level == "FAIL"
    assert "takes nothing in" in text


def test_traces_are_looked_at_where_they_are_on(examine: Examine, receivers: Callable[[], Receiver]) -> None:
    assert "traces" not in examine(fails=True)
    collector = receivers()
    collector.answer(200)
    environ = {"WINNOW_TRACING": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url.removesuffix("/hook")}
    assert examine(fails=True, **environ)["traces"] == ("OK", "the collector takes them")
    collector.answer(401)
    assert examine(fails=True, **environ)["traces"][0] == "WARN"
    level, told = examine(fails=True, **environ, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")["traces"]
    assert level == "FAIL"
    assert "http/protobuf" in told
