"""Fixtures: real servers, one database a test. Only the clock is ever faked.

Every test that uses `database_url` (directly or through `settings`, `store`, `site`, `client`, …) runs on each database
that WINNOW_TEST_DATABASE names: `sqlite` (the default), `postgresql`, or `both`, as `make test` does.
"""

from __future__ import annotations

import dataclasses
import gc
import os
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from moderation import probes
from moderation.decisions.scoring import Scorer
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.review.fingerprints import NONE
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Site, WebhookEndpoint
from moderation.webhooks.sender import Sender
from tests.support import databases, dealing, quick
from tests.support.classifier import ChosenScores
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.delivering import deliver_once
from tests.support.hearing import Told
from tests.support.processes.installation import Installation
from tests.support.processes.redis_server import RedisServer
from tests.support.receiver import Receiver

# For the processes that tests start: those of the test run have all cores at work already.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

SECRET_KEY = "a key for tests that is long enough"

gc.disable()  # until everything is collected

#: No draw of Hypothesis depends on chance or on how busy the machine is: `--hypothesis-profile=default` explores.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis.settings.load_profile("suite")

#: What `make test-quick` leaves out, beside what is marked `slow`: these folders, and tests that use these fixtures.
SLOW_FOLDERS = {"browser", "clients"}
SLOW_FIXTURES = {"running"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="leave out browsers, whole installations and what is marked slow"
    )


def pytest_configure(config: pytest.Config) -> None:
    line = "one_database: it is about what is seen or allowed at the edge, or about processes; one database is enough"
    config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "databases_of_kind" in metafunc.fixturenames:
        kinds = databases.wanted()
        if metafunc.definition.get_closest_marker("one_database"):
            kinds = kinds[:1]
        metafunc.parametrize("databases_of_kind", kinds, indirect=True, scope="session")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """On PostgreSQL alone, leave out what touches no database: it ran on SQLite. With --quick, what is slow.

    The rest is dealt out to processes singly, slow tests first, but for those that share something dear.
    """
    kept = items
    if databases.wanted() == ["postgresql"]:
        kept = [item for item in kept if "databases_of_kind" in getattr(item, "fixturenames", ())]
    if config.getoption("quick"):
        kept = [item for item in kept if not is_slow(item)]
    left_out = set(items).difference(kept)
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = kept
    for item in items:
        if group := dealing.group(item):
            item.add_marker(pytest.mark.xdist_group(group))
    yield
    items[:] = dealing.slow_first(items, is_slow)


def pytest_collection_finish() -> None:
    """Thousands of tests are no garbage: looking through them again and again would cost each test its time."""
    gc.freeze()
    gc.enable()


def is_slow(item: pytest.Item) -> bool:
    """It needs a browser or a whole installation, or is marked `slow`."""
    if item.get_closest_marker("slow") or SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
        return True
    return bool(SLOW_FOLDERS.intersection(item.path.relative_to(item.config.rootpath).parts)) or (
        item.path.stem.endswith("_browser")
    )


@pytest.fixture(scope="session", autouse=True)
def quick_tests() -> Iterator[None]:
    """Work that no test looks at is done once, or as little of it as may be."""
    quick.log_plainly()
    with pytest.MonkeyPatch.context() as patch:
        quick.hash_passwords_quickly(patch)
        quick.draw_nobody_by_chance(patch)
        quick.look_at_keys_once(patch)
        patch.setattr(probes, "LIMIT_SECONDS", 60.0)  # any process may pause for longer than a second
        quick.compile_routes_and_templates_once(patch)
        quick.compile_statements_once(patch)
        quick.read_certificates_once(patch)
        yield


@pytest.fixture(autouse=True)
def stores_closed_in_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No store, also none of an app, outlives its test: its connections would be complained of in some later one."""
    opened: list[Store] = []
    begin = Store.__init__

    def remember(self: Store, url: str, **options: Any) -> None:
        begin(self, url, **options)
        opened.append(self)

    monkeypatch.setattr(Store, "__init__", remember)
    yield
    for store in opened:
        store.close()


@pytest.fixture(scope="session")
def database_servers() -> Iterator[databases.Servers]:
    """Both kinds, each begun when a test first asks and kept until the last: tests of the two take turns."""
    servers = databases.Servers()
    yield servers
    servers.close()


@pytest.fixture(scope="session")
def databases_of_kind(request: pytest.FixtureRequest, database_servers: databases.Servers) -> databases.Databases:
    return database_servers.of_kind(request.param)


@pytest.fixture
def database_url(databases_of_kind: databases.Databases) -> Iterator[str]:
    """The URL of a database of this test's own, migrated and empty."""
    with databases_of_kind.new() as url:
        yield url


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        quick.wait_for_redis(patch, server.url)
        yield server
    server.kill()


@pytest.fixture
def redis_url(shared_redis: RedisServer) -> str:
    """A real Redis, empty. Do not kill it: `own_redis` is for that."""
    shared_redis.flush()
    return shared_redis.url


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A real Redis that this test may kill, freeze and start again."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def queues(redis_url: str) -> Iterator[Queues]:
    client = queues_module.connect(redis_url)
    yield Queues(client)
    client.close()


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings for this test's database and Redis. Webhooks may reach loopback, where `receiver` is."""
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        data_dir=tmp_path,
        secret_keys=(SECRET_KEY,),
        webhook_allow=(ip_network("127.0.0.0/8"),),
    )


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url, secret_keys=(SECRET_KEY,))
    yield opened
    opened.close()


@pytest.fixture
def site(store: Store, settings: Settings) -> CreatedSite:
    return without_second_looks(store, sites.create_site(store, settings, "The Site"))


@pytest.fixture
def other_site(store: Store, settings: Settings) -> CreatedSite:
    return without_second_looks(store, sites.create_site(store, settings, "The Other Site"))


@pytest.fixture
def site_with_webhook(store: Store, settings: Settings, receiver: Receiver) -> CreatedSite:
    """A site whose webhooks go to `receiver`."""
    return without_second_looks(store, sites.create_site(store, settings, "The Site With a Webhook", receiver.url))


@pytest.fixture(params=["links", "no links"])
def with_links_or_without(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has links, and one that refuses them, as some do."""

    def refuse(*_: object) -> None:
        raise PermissionError

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def ungrouped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments that say nearly the same stay apart, each with a card of its own: for tests of something else."""
    monkeypatch.setattr("moderation.review.lookalikes.fingerprint", lambda _text: NONE)


@pytest.fixture
def classifier() -> ChosenScores:
    return ChosenScores()


@pytest.fixture
def without_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The classifier's files are missing, and this process has not read them before."""
    monkeypatch.setattr("models.artifact.SHIPPED", tmp_path)
    monkeypatch.setattr("service.classifier._loaded", [])


@pytest.fixture
def scorer(store: Store, queues: Queues, classifier: ChosenScores) -> Scorer:
    """What a worker runs, with scores that the comments' own words choose."""
    return Scorer(store, queues, classifier)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time stands still in this process; `clock.advance(minutes=5)` moves it on."""
    return Clock(monkeypatch)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A site's endpoint: it records requests and may answer anything, hang, or drip."""
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    """Makes further receivers."""
    opened: list[Receiver] = []

    def make() -> Receiver:
        opened.append(Receiver())
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def deliver(store: Store, settings: Settings) -> Callable[..., list[str]]:
    """Sends all webhooks that are due, as the delivery process does; gives the results. Another sender may be given."""
    usual = Sender(settings.webhook_allow)

    def send(sender: Sender = usual) -> list[str]:
        return deliver_once(store, settings, sender)

    return send


@pytest.fixture
def endpoint(store: Store, site_with_webhook: CreatedSite) -> WebhookEndpoint:
    """The endpoint of `site_with_webhook`."""
    [only] = rows(store, WebhookEndpoint)
    return only


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The web application on this test's database and Redis."""
    return make_app()


@pytest.fixture
def make_app(settings: Settings, queues: Queues) -> Iterator[Callable[..., Flask]]:
    """The web application with other settings: `make_app(max_waiting=1)`."""
    from service.app import create_app  # noqa: PLC0415  (tests of the domain do without Flask)

    opened: list[Flask] = []

    def make(**changes: Any) -> Flask:
        opened.append(create_app(dataclasses.replace(settings, **changes)))
        return opened[-1]

    yield make
    for app in opened:
        app.extensions["winnow"].store.close()


@pytest.fixture
def scored(app: Flask) -> Flask:
    """An app whose scores the texts choose, in the drop-in protocols."""
    from tests.support.compat import choose_scores  # noqa: PLC0415  (as above)

    choose_scores(app)
    return app


@pytest.fixture
def client(app: Flask, site: CreatedSite) -> FlaskClient:
    """A test client that sends the key of `site`."""
    return client_of(app, site.api_key)


@pytest.fixture
def other_client(app: Flask, other_site: CreatedSite) -> FlaskClient:
    """A test client that sends the key of `other_site`."""
    return client_of(app, other_site.api_key)


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A test client that sends no key."""
    return app.test_client()


@pytest.fixture(scope="session")
def running(databases_of_kind: databases.Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A whole `winnow up`, shared by the session: leave it as you found it."""
    with databases_of_kind.new() as url:
        environ: dict[str, Any] = {"WINNOW_WEBHOOK_ALLOW": "127.0.0.0/8", "WINNOW_RATE_LIMIT_AUTH": "1000 per minute"}
        if not url.startswith("sqlite"):
            environ["WINNOW_DATABASE_URL"] = url
        installation = Installation(tmp_path_factory.mktemp("running") / "data", **environ)
        installation.start()
        yield installation
        installation.stop()


def without_second_looks(store: Store, created: CreatedSite) -> CreatedSite:
    """A site on which chance opens no review items: tests of second looks set the shares themselves."""
    chosen = SiteSettings(second_look_automatic=0.0, second_look_moderators=0.0)
    with store.write() as session:
        session.get_one(Site, created.id).settings = dataclasses.asdict(chosen)
    return created


def client_of(app: Flask, api_key: str) -> FlaskClient:
    """A test client that sends this key."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {api_key}"
    return client


@pytest.fixture
def told(queues: Queues) -> Iterator[Told]:
    """What open consoles and the delivery processes are told, from here on."""
    heard = Told(queues)
    yield heard
    heard.channel.close()
