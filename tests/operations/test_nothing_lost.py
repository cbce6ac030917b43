"""Nothing lost: whatever is killed while comments are posted, each that was accepted is decided and told, once."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import select

from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment
from operations import environment
from tests.support.processes.installation import Installation
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

COMMENTS = 2000
POSTERS = 8
DECIDED_WITHIN = 60.0
#: Words that occur nowhere else, so that a log that holds one of them can be told.
PRIVATE = ("quixotically", "Zebediah", "zebediah@example.com")


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    running = Installation(
        tmp_path / "data",
        WINNOW_WEBHOOK_ALLOW="127.0.0.0/8",
        WINNOW_DATABASE_URL=database_url,
        WINNOW_LOG_FORMAT="json",
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture
def site(installation: Installation, store: Store, database_url: str, receiver: Receiver) -> CreatedSite:
    given = {"WINNOW_DATABASE_URL": database_url, "WINNOW_WEBHOOK_ALLOW": "127.0.0.0/8"}
    settings = environment.read(given, installation.data_dir)
    return sites.create_site(store, settings, "The Site", receiver.url)


def part(installation: Installation, name: str) -> psutil.Process:
    """The process of this name that `winnow up` started itself."""
    (found,) = [one for one in installation.process.children() if one.name() == name]
    return found


def web_processes(installation: Installation) -> list[psutil.Process]:
    return part(installation, "winnow-web").children()


class Posters:
    """Post comments from several threads, again and again until each was accepted. `accepted`: number -> id."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url, self._headers = f"{url}/api/v1/comments", {"Authorization": f"Bearer {api_key}"}
        self._numbers = iter(range(COMMENTS))
        self._lock = threading.Lock()
        self.accepted: dict[int, str] = {}
        self.failures = 0
        self._threads = [threading.Thread(target=self._post, daemon=True) for _ in range(POSTERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()

    def _post(self) -> None:
        while True:
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                return
            until = time.monotonic() + 60
            while not self._accepted(number):
                assert time.monotonic() < until
                time.sleep(0.05)

    def _accepted(self, number: int) -> bool:
        body = {
            "name": PRIVATE[1],
            "email": PRIVATE[2],
            "comment": f"{('Thanks', 'You idiot', 'Buy pills')[number % 3]}, he said {PRIVATE[0]}, {number}.",
            "external_id": str(number),
        }
        try:
            answer = requests.post(self._url, json=body, headers=self._headers, timeout=20)
        except requests.RequestException:
            self.failures += 1
            return False
        if answer.status_code in (200, 202):  # 200: it was accepted before, and the answer was lost
            self.accepted[number] = answer.json()["id"]
            return True
        assert answer.status_code in (429, 503), answer.text
        self.failures += 1
        return False


def kill_everything_once(installation: Installation, progress: Posters) -> list[str]:
    """Each web process, the scoring process and Redis, which comes back empty, spread over the posting."""
    killed = []
    web = web_processes(installation)

    def wait_for(share: float) -> None:
        eventually(lambda: len(progress.accepted) >= share * COMMENTS, within=120)

    for share, process in zip((0.1, 0.3), web, strict=True):
        wait_for(share)
        process.kill()
        killed.append("web")
    wait_for(0.5)
    part(installation, "winnow-scoring").kill()
    killed.append("scoring")
    wait_for(0.7)
    kill_redis(installation)
    killed.append("redis")
    return killed


def kill_redis(installation: Installation) -> None:
    (redis,) = [one for one in installation.process.children() if one.name().endswith("-server")]
    directory = installation.data_dir / "redis"
    redis.kill()
    for path in directory.iterdir():  # the append-only file, before it is started again
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def test_nothing_is_lost_and_nothing_is_told_twice(
    installation: Installation, store: Store, site: CreatedSite, receiver: Receiver
) -> None:
    posters = Posters(installation.url, site.api_key)
    posters.start()
    killed = kill_everything_once(installation, posters)
    posters.join()
    assert killed == ["web", "web", "scoring", "redis"]
    assert len(posters.accepted) == COMMENTS

    eventually(lambda: pending(store, site) == 0, within=DECIDED_WITHIN, what="every comment is decided")
    eventually(lambda: len(message_ids(receiver)) >= COMMENTS, within=DECIDED_WITHIN, what="every decision is told")

    with store.read() as session:
        ids = set(session.scalars(select(Comment.id).where(Comment.site_id == site.id)))
        decisions = Counter(
            session.scalars(
                select(AuditEvent.comment_id).where(
                    AuditEvent.site_id == site.id, AuditEvent.action == "comment.decided"
                )
            )
        )
    assert ids == set(posters.accepted.values()), "a comment for each external_id, and no other"
    assert set(decisions) == ids
    assert set(decisions.values()) == {1}, "each is decided exactly once"
    told = {request.headers["webhook-id"]: request.json["data"]["id"] for request in receiver.requests}
    assert Counter(told.values()) == decisions, "one webhook id for each decision"

    log = installation.output
    for private in (*PRIVATE, site.api_key.split("_", 2)[2]):
        assert private not in log, "a log holds what it must not"


def pending(store: Store, site: CreatedSite) -> int:
    with store.read() as session:
        query = select(Comment.id).where(Comment.site_id == site.id, Comment.status == "pending").limit(1)
        return len(session.scalars(query).all())


def message_ids(receiver: Receiver) -> set[str]:
    return {request.headers["webhook-id"] for request in list(receiver.requests)}
