"""What open pages hear of others: through a stream while there is room for one, and whenever they ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions import bulk, comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import BulkJob, Membership, User
from moderation.webhooks import console_channel, statement_links
from moderation.webhooks.console_channel import Message
from service.console.queue import live_updates
from service.console.queue.subscription import Wire
from tests.support.hearing import Told
from tests.support.processes.parts import Part
from tests.support.processes.redis_server import RedisServer
from tests.support.signed_in import csrf_token, field, sign_in
from tests.support.waiting import eventually
from worker import jobs, process

pytestmark = pytest.mark.one_database

Flag = Callable[..., str]


@pytest.fixture
def flag(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Flag:
    """Posts a comment and has it flagged. Gives its id."""

    def post(text: str = "Well insult=0.7", site_id: str = site.id) -> str:
        [outcome] = submissions.submit(store, queues, site_id, [Submission(name="Ada", comment=text)])
        assert outcome.comment is not None
        scorer.run_batch()
        return outcome.comment.id

    return post


class Reader:
    """Reads one page's stream in a thread of its own, as a browser would."""

    def __init__(self, browser: FlaskClient) -> None:
        self.response = browser.get("/console/events", headers={"Accept": "text/event-stream"}, buffered=False)
        self.text = ""
        self.ended = threading.Event()
        self._leaving = False
        if self.response.status_code == 200:
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()
            eventually(lambda: "event: connected" in self.text, what="the stream began")

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(line[6:]) for line in self.text.splitlines() if line.startswith('data: {"kind"')]

    def close(self) -> None:
        """Go away: a server sees that when it next has something to say."""
        self._leaving = True
        assert self.ended.wait(15)

    def _read(self) -> None:
        for piece in self.response.response:
            self.text += piece.decode() if isinstance(piece, bytes) else piece
            if self._leaving:
                break
        self.response.close()
        self.ended.set()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams look often whether their reader may still read."""
    monkeypatch.setattr(live_updates, "HEARTBEAT_SECONDS", 0.1)


def listeners(queues: Queues) -> int:
    ((_, number),) = queues.redis.pubsub_numsub(console_channel.CHANNEL)
    return int(number)


def changes(browser: FlaskClient, **query: Any) -> Any:
    answer = browser.get("/console/changes", query_string=query, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


# --- the stream ---------------------------------------------------------------------------------------------------


def test_a_page_hears_of_new_items_and_decisions_of_its_sites_only(
    app: Flask, store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite, often: None
) -> None:
    browser = sign_in(app, store, role="none")
    with store.write() as session:
        (user,) = session.query(User)
        session.add(Membership(user_id=user.id, site_id=site.id, role="moderator"))
    reader = Reader(browser)
    console_channel.publish(queues.redis, Message("opened", other_site.id, ["c_other"]))
    console_channel.publish(queues.redis, Message("decided", site.id, ["c_ours"], "Nia"))
    eventually(lambda: reader.heard)
    assert reader.heard == [{"kind": "decided", "comments": ["c_ours"], "by": "Nia"}]
    with store.write() as session:
        session.add(Membership(user_id=user.id, site_id=other_site.id, role="viewer"))
    beats = reader.text.count(":\n\n")
    eventually(lambda: reader.text.count(":\n\n") > beats + 1)
    console_channel.publish(queues.redis, Message("opened", other_site.id, ["c_other"]))
    eventually(lambda: len(reader.heard) == 2, what="it hears of a site that it may see since")
    reader.close()


def test_a_stream_ends_when_its_session_does(app: Flask, store: Store, site: CreatedSite, often: None) -> None:
    browser = sign_in(app, store)
    reader = Reader(browser)
    cookie = browser.get_cookie("winnow_session", path="/console")
    assert cookie is not None
    accounts.end_session(store, cookie.value)
    assert reader.ended.wait(60)
    assert reader.text.endswith("event: over\ndata: {}\n\n")


def test_a_busy_stream_still_looks_whether_it_may_go_on(
    app: Flask, store: Store, queues: Queues, site: CreatedSite, often: None
) -> None:
    browser = sign_in(app, store)
    reader = Reader(browser)
    cookie = browser.get_cookie("winnow_session", path="/console")
    assert cookie is not None
    accounts.end_session(store, cookie.value)
    for _ in range(2000):
        console_channel.publish(queues.redis, Message("opened", site.id, ["c_1"]))
        if reader.ended.is_set():
            break
    assert reader.ended.wait(60)


def test_who_has_not_signed_in_hears_nothing(app: Flask) -> None:
    assert app.test_client().get("/console/events").status_code == 303
    asked = app.test_client().get("/console/changes", headers={"Accept": "application/json"})
    assert asked.status_code == 401


def test_however_many_pages_listen_the_process_subscribes_once_and_not_for_longer(
    make_app: Callable[..., Flask], store: Store, queues: Queues, site: CreatedSite, often: None
) -> None:
    app = make_app(max_event_streams=3)
    browser = sign_in(app, store)
    readers = [Reader(browser), Reader(browser), Reader(sign_in(app, store, "nia"))]
    eventually(lambda: listeners(queues) == 1)
    console_channel.publish(queues.redis, Message("opened", site.id, ["c_1"]))
    eventually(lambda: all(reader.heard for reader in readers))
    for reader in readers:
        reader.close()
    eventually(lambda: listeners(queues) == 0, what="nobody listens any more")
    again = Reader(browser)
    console_channel.publish(queues.redis, Message("opened", site.id, ["c_2"]))
    eventually(lambda: again.heard)
    again.close()


def test_beyond_the_bound_a_page_is_told_to_ask_and_has_room_once_another_left(
    make_app: Callable[..., Flask], store: Store, site: CreatedSite, often: None
) -> None:
    browser = sign_in(make_app(max_event_streams=2), store)
    first, second = Reader(browser), Reader(browser)
    refused = browser.get("/console/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    first.close()
    third = Reader(browser)
    assert third.response.status_code == 200
    for reader in (second, third):
        reader.close()


def test_one_person_gets_two_streams_and_leaves_the_rest_to_others(
    make_app: Callable[..., Flask], store: Store, site: CreatedSite, often: None
) -> None:
    app = make_app(max_event_streams=4)
    browser, other = sign_in(app, store, role="viewer"), sign_in(app, store, "nia")
    readers = [Reader(browser), Reader(browser)]
    assert [browser.get("/console/events").status_code for _ in range(18)] == [503] * 18
    readers.append(Reader(other))
    readers[0].close()
    readers.append(Reader(browser))
    assert [reader.response.status_code for reader in readers] == [200] * 4
    for reader in readers[1:]:
        reader.close()


def test_none_may_listen_where_the_bound_is_zero(make_app: Callable[..., Flask], store: Store) -> None:
    assert sign_in(make_app(max_event_streams=0), store).get("/console/events").status_code == 503


@pytest.mark.parametrize(("threads", "chosen", "streams"), [(16, None, 4), (2, None, 1), (16, 9, 9), (16, 0, 0)])
def test_a_quarter_of_the_threads_may_listen_unless_told_otherwise(
    make_app: Callable[..., Flask], threads: int, chosen: int | None, streams: int
) -> None:
    found = make_app(web_threads=threads, max_event_streams=chosen).extensions["winnow"].settings
    assert found.event_streams == streams


@pytest.mark.slow
def test_when_redis_goes_away_streams_end_and_pages_ask(
    make_app: Callable[..., Flask], store: Store, own_redis: RedisServer, site: CreatedSite, flag: Flag
) -> None:
    browser = sign_in(make_app(redis_url=own_redis.url), store)
    reader = Reader(browser)
    own_redis.kill()
    assert reader.ended.wait(60)
    assert browser.get("/console/events").status_code == 503
    began = changes(browser)["now"]
    comment_id = flag()
    assert changes(browser, since=began)["opened"] == 1
    with store.write() as session:
        comments.decide(session, None, comment_id, "publish", actor="policy")
    assert not changes(browser, cards=comment_id)["cards"][comment_id]["waits"]
    own_redis.start()
    reader = Reader(browser)
    assert reader.response.status_code == 200
    reader.close()


def test_a_redis_that_hangs_is_noticed(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.console.queue.subscription.PING_SECONDS", 0.3)
    wire = Wire(own_redis.url, 2)
    line = wire.join("u_1")
    assert line is not None
    own_redis.freeze()
    assert line.messages.get(timeout=30) is None
    own_redis.thaw()


def test_what_another_version_says_is_passed_over(own_redis: RedisServer) -> None:
    wire = Wire(own_redis.url, 1)
    line = wire.join("u_1")
    assert line is not None
    import redis  # noqa: PLC0415

    client = redis.Redis.from_url(own_redis.url)
    for text in ("", "[]", "{}", '{"kind": "new", "site": "s", "comments": [], "by": null}', "\xff"):
        client.publish(console_channel.CHANNEL, text)
    console_channel.publish(client, Message("job", "s", []))
    console_channel.publish(client, Message("decided", "s", []))
    message = line.messages.get(timeout=30)
    assert message is not None
    assert message.kind == "decided", "nor is a job's message without its job one"
    wire.leave(line)


# --- who says what ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_worker_tells_of_what_it_asks_a_moderator(
    settings: Settings, store: Store, queues: Queues, site: CreatedSite, told: Told
) -> None:
    with Part(settings, "scoring"):
        eventually(queues.workers)
        sent = [Submission(name="Ada", comment=text) for text in ("A fine day.", "You are an idiot.")]
        submissions.submit(store, queues, site.id, sent)
        (message,) = eventually(told.messages)
    assert (message.kind, message.site, len(message.comments)) == ("opened", site.id, 1)


def test_decisions_undos_claims_and_reports_are_told_with_names_and_without_words(
    app: Flask, store: Store, site: CreatedSite, client: FlaskClient, flag: Flag, told: Told
) -> None:
    first, second = flag(), flag("And insult=0.75")
    mo = sign_in(app, store)
    token = csrf_token(mo, "/console/")

    def post(what: str, comment_id: str = first, **fields: str) -> Any:
        answer = mo.post(
            f"/console/comments/{comment_id}/{what}",
            data={"csrf_token": token} | fields,
            headers={"Accept": "application/json"},
        )
        assert answer.status_code < 300, answer.text
        return answer.get_json(silent=True)

    post("claim")
    post("release")
    version = post("decision", action="reject", version="2")["version"]
    post("undo", version=version)
    client.post(f"/api/v1/comments/{first}/reports", json={"reason": "spam"})
    client.post(f"/api/v1/comments/{second}/decision", json={"action": "publish"})
    client.delete(f"/api/v1/comments/{first}")
    assert told.happenings() == [
        ("claimed", [first], "mo"),
        ("released", [first], "mo"),
        ("decided", [first], "mo"),
        ("opened", [first], "mo"),
        ("opened", [first], None),
        ("decided", [second], None),
        ("decided", [first], None),
    ]


def test_edits_and_appeals_are_told(
    app: Flask, store: Store, settings: Settings, site: CreatedSite, client: FlaskClient, flag: Flag, told: Told
) -> None:
    first, second = flag(), flag("And insult=0.75")
    client.patch(f"/api/v1/comments/{first}", json={"comment": "Another text."})
    client.patch(f"/api/v1/comments/{first}", json={"comment": "Another text."})
    assert told.happenings() == [("decided", [first], None)], "and what changes nothing is no news"
    with store.write() as session:
        rejected = comments.decide(session, None, second, "reject", actor="site")
    assert rejected.decided_at is not None
    address = statement_links.address(settings, second, rejected.decided_at) or ""
    app.test_client().post(address.removeprefix(settings.public_url), data={"text": "But it was a quotation."})
    assert told.happenings() == [("opened", [second], None)]


def test_a_second_look_is_told_when_it_is_opened(
    app: Flask, store: Store, site: CreatedSite, flag: Flag, told: Told
) -> None:
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(second_look_moderators=1.0), actor="operator")
    comment_id = flag()
    mo = sign_in(app, store)
    form = {"csrf_token": csrf_token(mo, "/console/"), "action": "reject", "version": "2"}
    mo.post(f"/console/comments/{comment_id}/decision", data=form)
    assert told.happenings() == [("decided", [comment_id], "mo"), ("opened", [comment_id], "mo")]


# --- bulk jobs ----------------------------------------------------------------------------------------------------


@pytest.fixture
def start(app: Flask, store: Store, scorer: Scorer) -> Callable[..., str]:
    """Has a moderator start a job on these comments, as a worker of this process will find it. Gives its id."""
    process.use(scorer)

    def post(browser: FlaskClient, ids: list[str]) -> str:
        page = browser.get("/console/").text
        form = {name: field(page, name) for name in ("csrf_token", "seen_at")} | {"action": "reject", "select": ids}
        address = browser.post("/console/bulk/selection", data=form).headers["Location"]
        return address.partition("?")[0].rpartition("/")[2]

    return post


def test_a_bulk_job_is_told_from_its_start_to_its_end_with_what_it_decided(
    app: Flask, store: Store, flag: Flag, start: Callable[..., str], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP", 2)
    ids = [flag(f"{words} insult=0.7") for words in ("The bridge is shut", "My grandmother waits", "What a mayor")]
    job_id = start(sign_in(app, store), ids)
    [begun] = told.messages()
    assert (begun.kind, begun.by) == ("job", "mo")
    assert begun.job is not None
    assert (begun.job.id, begun.job.state, begun.job.total, begun.job.done) == (job_id, "waiting", 3, 0)
    jobs.run_bulk_job(job_id)
    heard = told.messages()
    assert {one.by for one in heard} == {"mo"}
    assert [sorted(one.comments) for one in heard if one.kind == "decided"] == [sorted(ids)[:2], sorted(ids)[2:]]
    progress = [(one.job.state, one.job.done) for one in heard if one.job is not None]
    assert progress == [("running", 2), ("done", 3)]
    jobs.run_bulk_job(job_id)
    assert told.messages() == [], "nothing is told of what is over"


def test_a_bulk_job_that_is_stopped_and_one_that_fails_are_told(
    app: Flask, store: Store, flag: Flag, start: Callable[..., str], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    mo = sign_in(app, store)
    stopped, failed = start(mo, [flag()]), start(mo, [flag("And insult=0.75")])
    told.messages()
    mo.post(f"/console/bulk/jobs/{stopped}/cancel", data={"csrf_token": csrf_token(mo, "/console/")})
    with store.write() as session:
        session.get_one(BulkJob, failed).criteria = {"nonsense": True}
    jobs.run_bulk_job(failed)
    heard = [(one.job.id, one.job.state, one.job.error) for one in told.messages() if one.job is not None]
    assert heard[0] == (stopped, "cancelled", None)
    assert heard[1][:2] == (failed, "failed")
    assert "see the worker's log" in (heard[1][2] or "")


def test_the_stream_passes_a_jobs_progress_on_to_its_maker_and_to_an_admin_only(
    app: Flask, store: Store, queues: Queues, site: CreatedSite, flag: Flag, start: Callable[..., str], often: None
) -> None:
    browsers = [sign_in(app, store), sign_in(app, store, "ad", "admin"), sign_in(app, store, "ot")]
    readers = [Reader(browser) for browser in browsers]
    comment_id = flag()
    job_id = start(browsers[0], [comment_id])
    jobs.run_bulk_job(job_id)
    decided = {"kind": "decided", "comments": [comment_id], "by": "mo"}
    eventually(lambda: all(decided in reader.heard for reader in readers), what="all hear of the comment")

    def hears_the_end(reader: Reader) -> bool:
        return any(one["kind"] == "job" and one["job"]["state"] == "done" for one in reader.heard)

    eventually(lambda: all(map(hears_the_end, readers[:2])), what="both hear the job's end, which comes after that")
    maker, admin, other = ([one for one in reader.heard if one["kind"] == "job"] for reader in readers)
    assert other == []
    assert admin == maker
    assert [one["job"]["message"] for one in maker] == ["Waiting for a worker: 1 to do.", "Done: 1 rejected."]
    assert maker[1]["job"] | {"message": ""} == {
        "id": job_id,
        "state": "done",
        "total": 1,
        "done": 1,
        "skipped": 0,
        "message": "",
    }
    for reader in readers:
        reader.close()


# --- asking -------------------------------------------------------------------------------------------------------


def test_asking_tells_how_each_card_stands(app: Flask, store: Store, flag: Flag, other_site: CreatedSite) -> None:
    decided, open_, elsewhere = flag(), flag("Hm insult=0.7"), flag("Oh insult=0.7", other_site.id)
    mo, nia = sign_in(app, store, "mo"), sign_in(app, store, "nia")
    fields = {"csrf_token": csrf_token(nia, "/console/")}
    form = fields | {"action": "reject", "version": "2", "code": "spam", "reason": "Again."}
    nia.post(f"/console/comments/{decided}/decision", data=form)
    nia.post(f"/console/comments/{open_}/claim", data=fields)
    found = changes(mo, cards=f"{decided},{open_},nonsense,c_{'0' * 26}")["cards"]
    assert found == {
        decided: {
            "version": 3,
            "waits": False,
            "message": "nia rejected this comment just now. Reason: Spam or advertising: Again.",
            "by": None,
            "put_off": False,
        },
        open_: {"version": 2, "waits": True, "message": None, "by": "nia", "put_off": False},
    }
    assert changes(nia, cards=open_)["cards"][open_]["by"] is None, "oneself is no news"
    limited = sign_in(app, store, "vi", "none")
    assert changes(limited, cards=elsewhere, since=0) | {"now": 0} == {"now": 0, "opened": 0, "cards": {}}
