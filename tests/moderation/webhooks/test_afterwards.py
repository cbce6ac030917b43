"""What follows a commit: counted, delivered, shown and queued by one call, and nothing of it before the commit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from moderation import counters, news
from moderation.decisions import bulk, comments, undoing
from moderation.decisions.scoring import Scorer
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.news import News
from moderation.review import claims
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from moderation.webhooks import afterwards, console_channel
from tests.support.comments import accept, scored, stored
from tests.support.hearing import Told
from tests.support.processes.redis_server import RedisServer


@pytest.fixture
def flagged(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Comment:
    return scored(store, queues, scorer, site_with_webhook, "Well. toxicity=0.6")


def test_a_decision_is_counted_delivered_and_shown(store: Store, queues: Queues, flagged: Comment, told: Told) -> None:
    with store.write() as session:
        comments.decide(session, None, flagged.id, "reject", actor="user:u_1")
        assert (told.happenings(), told.sites()) == ([], []), "nothing before it is committed"
    afterwards.tell(queues, news.of(session), by="Nia")
    assert counters.read(queues.redis).decisions == {("rejected", "user"): 1}
    assert told.sites() == [flagged.site_id]
    assert told.happenings() == [("decided", [flagged.id], "Nia")]


def test_a_batch_is_shown_only_where_it_asks_a_person(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, told: Told
) -> None:
    _, asked, _ = (accept(store, queues, site, text) for text in ("Fine.", "Hm. toxicity=0.6", "No. toxicity=0.95"))
    afterwards.tell(queues, scorer.run_batch().news)
    assert told.happenings() == [("opened", [asked.id], None)]
    assert told.sites() == [], "the site has no webhook, so there is nothing to deliver"
    kinds = {(status, "policy"): 1 for status in ("published", "flagged", "rejected")}
    assert counters.read(queues.redis).decisions == kinds


def test_what_is_pending_again_is_queued_by_the_time_of_its_change(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, flagged: Comment
) -> None:
    with store.write() as session:
        comments.edit(session, flagged.site_id, flagged.id, {"comment": "Another text."})
    afterwards.tell(queues, news.of(session))
    [claim] = queues.claim(10)
    edited_at = stored(store, flagged.id).updated_at
    assert claim.comment_id == flagged.id
    assert claim.queued_at == pytest.approx(edited_at.timestamp(), abs=0.001)
    queues.done([claim])
    waiting = accept(store, queues, site, "Not yet scored.")
    queues.done(queues.claim(10))
    with store.write() as session:
        decided = comments.decide(session, None, waiting.id, "reject", actor="user:u_1")
    with store.write() as session:
        undoing.undo(session, waiting.id, decided.version, actor="user:u_1")
    afterwards.tell(queues, news.of(session))
    assert [claim.comment_id for claim in queues.claim(10)] == [waiting.id]


def test_a_comment_edited_and_decided_in_one_transaction_does_not_wait(
    store: Store, queues: Queues, flagged: Comment
) -> None:
    with store.write() as session:
        comments.edit(session, flagged.site_id, flagged.id, {"comment": "Another text."})
        session.flush()
        comments.decide(session, None, flagged.id, "publish", actor="site")
    afterwards.tell(queues, news.of(session))
    assert queues.claim(10) == []


def test_a_bulk_job_is_started_once(store: Store, queues: Queues, flagged: Comment) -> None:
    before = queued_jobs(queues)
    with store.write() as session:
        job = bulk.create(session, {"ids": [[flagged.id, 2]]}, "reject", actor="user:u_1", total=1)
    afterwards.tell(queues, news.of(session))
    [queued] = queued_jobs(queues) - before
    assert job.id.encode() in (queues.redis.hget(f"rq:job:{queued.decode()}", "description") or b"")


def queued_jobs(queues: Queues) -> set[bytes]:
    return set(queues.redis.lrange("rq:queue:scoring", 0, -1))  # type: ignore[arg-type]


@pytest.mark.parametrize("act", [claims.take, claims.release])
def test_a_claim_is_shown_only_where_it_changes_something(
    store: Store, queues: Queues, flagged: Comment, told: Told, act: Callable[..., object]
) -> None:
    kind = "claimed" if act is claims.take else "released"
    if kind == "released":
        with store.write() as session:
            claims.take(session, flagged.id, by="user:u_1")
    for by in ("user:u_1", "user:u_2"):
        with store.write() as session:
            act(session, flagged.id, by=by)
        afterwards.tell(queues, news.of(session), by=by)
    then = [("joined", [flagged.id], "user:u_2")] if kind == "claimed" else []
    assert told.happenings() == [(kind, [flagged.id], "user:u_1"), *then]


def test_who_has_a_comment_open_is_told_who_else_opens_it_and_leaves(
    store: Store, queues: Queues, flagged: Comment, told: Told
) -> None:
    for act, by in ((claims.take, "mo"), (claims.take, "nia"), (claims.release, "nia"), (claims.release, "mo")):
        with store.write() as session:
            act(session, flagged.id, by=f"user:{by}")
        afterwards.tell(queues, news.of(session), by=by)
    assert [(kind, by) for kind, _, by in told.happenings()] == [
        *(("claimed", "mo"), ("joined", "nia"), ("left", "nia"), ("released", "mo")),
    ]


def test_however_many_comments_a_message_stays_small(queues: Queues, told: Told) -> None:
    happened = News()
    ids = [f"c_{number:026}" for number in range(1001)]
    happened.happened("decided", "s_1", ids)
    happened.happened("decided", "s_1", ids)
    happened.happened("opened", "s_2", ids[:1])
    afterwards.tell(queues, happened)
    heard = told.messages()
    assert [one for message in heard if message.kind == "decided" for one in message.comments] == ids, "each once"
    assert max(len(message.comments) for message in heard) == console_channel.MOST_COMMENTS
    assert max(len(message.as_json()) for message in heard) < 4096
    assert [(message.kind, message.site) for message in heard][-1] == ("opened", "s_2")


def test_a_message_never_holds_words(store: Store, queues: Queues, flagged: Comment, told: Told) -> None:
    with store.write() as session:
        comments.report(session, flagged.site_id, flagged.id, reason="spam", note="It sells pills.", reporter="r")
        comments.decide(session, None, flagged.id, "reject", actor="user:u_1", reason="A quotation.")
        comments.erase(session, flagged.site_id, flagged.id)
    afterwards.tell(queues, news.of(session), by="Nia")
    heard = told.messages()
    assert {message.kind for message in heard} == {"opened", "decided"}
    for message in heard:
        document = json.loads(message.as_json())
        assert document.keys() == {"kind", "site", "comments", "by", "job"}
        assert document["comments"] == [flagged.id]
        assert document["job"] is None


def test_nothing_is_said_of_nothing(queues: Queues, told: Told) -> None:
    before = queues.redis.info("stats")["total_commands_processed"]
    afterwards.tell(queues, News())
    assert queues.redis.info("stats")["total_commands_processed"] - before == 1, "only the question itself"


def test_while_redis_hangs_each_commit_is_not_held_up_again(own_redis: RedisServer) -> None:
    queues = Queues(queues_module.connect(own_redis.url))
    happened = News(decisions=[("published", "site")], sites={"s_1"}, started=["b_1"])
    happened.happened("decided", "s_1", ["c_1"])
    own_redis.freeze()
    began = time.monotonic()
    for _ in range(100):
        afterwards.tell(queues, happened)
    assert time.monotonic() - began < 20, "one waits, and the others do not"
    own_redis.thaw()
