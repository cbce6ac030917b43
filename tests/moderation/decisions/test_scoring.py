"""A batch's way from the queue to its decisions: once each, whole or not at all, whatever fails on the way."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from moderation import store as store_module
from moderation.decisions import comments, scoring
from moderation.decisions.scoring import BATCH, Scored, Scorer
from moderation.intake import submissions
from moderation.intake.queues import LEASE_SECONDS, MAX_ATTEMPTS, Queues, Waiting
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, ReviewItem, WebhookDelivery
from tests.support import ROOT
from tests.support.classifier import ChosenScores, Spans
from tests.support.clock import Clock
from tests.support.comments import accept, put, rows, set_policy, stored, submission

Array = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def decided(store: Store, scorer: Scorer, comment: Comment) -> tuple[str, list[str]]:
    """Run a batch; the comment's status then, and the rules of its reasons."""
    scorer.run_batch()
    row = stored(store, comment.id)
    return row.status, [reason["rule"] for reason in row.reasons or []]


@pytest.mark.parametrize(
    ("text", "status", "asked"),
    [
        ("A thoughtful remark.", "published", 0),
        ("You fool. toxicity=0.6", "flagged", 1),
        ("You fool. toxicity=0.95", "rejected", 0),
    ],
)
def test_a_decision_is_written_with_all_that_follows_from_it(
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    clock: Clock,
    text: str,
    status: str,
    asked: int,
) -> None:
    comment = accept(store, queues, site_with_webhook, text, external_id="17")
    clock.advance(seconds=3)
    result = scorer.run_batch()
    row = stored(store, comment.id)
    assert (row.status, row.version, row.revision) == (status, 2, 1)
    assert (row.decided_by, row.decided_at, row.updated_at) == ("policy", clock.now, clock.now)
    assert (row.model_version, row.policy_version) == ("chosen-1", 1)
    assert row.scores is not None
    assert row.scores.keys() == set(ChosenScores.labels)

    (decision,) = rows(store, AuditEvent, comment_id=comment.id)
    assert (decision.action, decision.actor, decision.status, decision.revision, decision.version) == (
        "comment.decided",
        "policy",
        status,
        1,
        2,
    )
    assert (decision.reasons, decision.scores) == (row.reasons, row.scores)
    assert (decision.model_version, decision.policy_version) == ("chosen-1", 1)

    assert len(rows(store, ReviewItem, comment_id=comment.id, kind="flag")) == asked
    (delivery,) = rows(store, WebhookDelivery)
    assert (delivery.event, delivery.comment_id) == (f"comment.{status}", comment.id)
    assert delivery.payload["data"]["decided_by"] == "policy"
    assert "comment" not in delivery.payload["data"], "the site has the words already"

    assert (result.claimed, len(result.written), result.scored) == (1, 1, 1)
    assert list(result.waits) == pytest.approx([3.0], abs=0.01)
    assert queues.length() == {"waiting": 0, "leased": 0, "retry": 0}


def test_words_are_kept_as_offsets_and_for_comments_held_back_only(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    calm = accept(store, queues, site, "Calm. toxicity=0.1")
    rude = accept(store, queues, site, "Rude. toxicity=0.6 spam=0.2")
    scorer.run_batch()
    assert stored(store, calm.id).spans is None
    assert stored(store, rude.id).spans == {"toxicity": [[6, 18, 0.6]]}


def test_nothing_waiting_is_no_work(scorer: Scorer) -> None:
    result = scorer.run_batch()
    assert (result.claimed, result.written) == (0, [])


def test_a_batch_is_scored_in_one_go(
    store: Store, queues: Queues, scorer: Scorer, classifier: ChosenScores, site: CreatedSite
) -> None:
    submissions.submit(store, queues, site.id, [submission(f"Number {number}.") for number in range(BATCH + 6)])
    assert len(scorer.run_batch().written) == BATCH
    assert len(scorer.run_batch().written) == 6
    assert classifier.batches == [2 * BATCH, 12], "each comment, and its author's name"


# A worker killed anywhere loses nothing, and nothing is decided twice.


def test_killed_after_claiming_another_worker_decides_once_the_lease_ran_out(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    comment = accept(store, queues, site)
    queues.claim(BATCH)
    assert scorer.run_batch().claimed == 0
    clock.advance(seconds=LEASE_SECONDS)
    assert decided(store, scorer, comment) == ("published", ["clear"])


def test_killed_after_committing_another_worker_changes_nothing(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, clock: Clock
) -> None:
    comment = accept(store, queues, site_with_webhook, "Fool. toxicity=0.6")
    scorer.run_batch()
    before = stored(store, comment.id)
    queues.announce([Waiting(site_with_webhook.id, comment.id, comment.accepted_at)])
    result = scorer.run_batch()
    assert (result.claimed, result.written) == (1, [])
    assert stored(store, comment.id).version == before.version
    assert [len(rows(store, table)) for table in (ReviewItem, WebhookDelivery)] == [1, 1]
    assert len(rows(store, AuditEvent, action="comment.decided")) == 1


def test_two_workers_with_the_same_comments_write_each_once(
    store: Store, queues: Queues, site_with_webhook: CreatedSite, clock: Clock
) -> None:
    """Both claimed: one's lease ran out while it was slow."""
    sent = [submission(f"Number {number}.") for number in range(30)]
    submissions.submit(store, queues, site_with_webhook.id, sent)
    together = threading.Barrier(2, timeout=60)

    class Slow(ChosenScores):
        def score(self, texts: Sequence[str], signals: Any = None) -> Array:
            together.wait()
            return super().score(texts, signals)

    def work() -> None:
        written.append(len(Scorer(store, queues, Slow()).run_batch().written))

    written: list[int] = []
    first, second = threading.Thread(target=work), threading.Thread(target=work)
    first.start()
    while queues.length()["leased"] < 30:
        assert first.is_alive()
    queues.redis.flushall()
    queues.put(Waiting(row.site_id, row.id, row.accepted_at) for row in rows(store, Comment))
    second.start()
    first.join(60)
    second.join(60)
    assert sum(written) == 30
    assert len(rows(store, AuditEvent, action="comment.decided")) == 30
    assert len({delivery.comment_id for delivery in rows(store, WebhookDelivery)}) == 30
    assert len(rows(store, WebhookDelivery)) == 30


def test_a_comment_that_kills_its_workers_goes_to_a_moderator_unscored(
    store: Store, queues: Queues, scorer: Scorer, classifier: ChosenScores, site: CreatedSite, clock: Clock
) -> None:
    comment = accept(store, queues, site)
    for _ in range(MAX_ATTEMPTS):
        assert queues.claim(BATCH), "a worker takes it, and dies"
        clock.advance(seconds=LEASE_SECONDS)
    assert decided(store, scorer, comment) == ("flagged", ["not_scored"])
    assert classifier.batches == [], "the classifier is not asked again"
    assert stored(store, comment.id).scores is None


# Fail to a human, never open, never silent.


def test_one_comment_that_cannot_be_scored_does_not_hold_up_its_batch(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    fine, odd, rude = (
        accept(store, queues, site, text) for text in ("Fine.", "This is unscorable.", "Fool. toxicity=0.95")
    )
    scorer.run_batch()
    assert [stored(store, one.id).status for one in (fine, odd, rude)] == ["published", "flagged", "rejected"]
    (item,) = rows(store, ReviewItem)
    assert (item.comment_id, item.priority) == (odd.id, 0)


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_score_that_is_no_probability_is_no_score(
    store: Store, queues: Queues, site: CreatedSite, nonsense: float
) -> None:
    class Broken(ChosenScores):
        def score(self, texts: Sequence[str], signals: Any = None) -> Array:
            return np.full((len(texts), len(self.labels)), nonsense)

    comment = accept(store, queues, site)
    assert decided(store, Scorer(store, queues, Broken()), comment) == ("flagged", ["not_scored"])


def test_an_explanation_that_fails_costs_its_words_only(store: Store, queues: Queues, site: CreatedSite) -> None:
    class Mute(ChosenScores):
        def explain(self, text: str, label: str, signals: Mapping[str, object] | None = None) -> Spans:
            raise RuntimeError

    comment = accept(store, queues, site, "Fool. toxicity=0.6")
    assert decided(store, Scorer(store, queues, Mute()), comment) == ("flagged", ["flag_threshold"])
    assert stored(store, comment.id).spans is None


def test_a_comment_that_cannot_be_judged_goes_to_a_moderator_and_the_others_their_way(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    class Choosy(ChosenScores):
        def language(self, text: str, said: Sequence[str | None] = ()) -> str:
            if "unjudgeable" in text:
                raise RuntimeError
            return "en"

    odd, fine = (accept(store, queues, site, text) for text in ("Quite unjudgeable.", "Fine."))
    Scorer(store, queues, Choosy()).run_batch()
    assert [stored(store, one.id).status for one in (odd, fine)] == ["flagged", "published"]


#: Scores all that waits, in a process whose logs are set up as a worker's are.
A_WORKER = """
import sys
from moderation.intake import queues
from moderation.decisions.scoring import Scorer
from moderation.store import Store
from operations import logs
from tests.support.classifier import ChosenScores

logs.configure("json", part="test")
database, redis = sys.argv[1:]
Scorer(Store(database), queues.Queues(queues.connect(redis)), ChosenScores()).run_batch()
"""


def test_logs_of_a_failure_hold_no_words(settings: Settings, store: Store, queues: Queues, site: CreatedSite) -> None:
    comment = accept(store, queues, site, "unscorable qwxyzzy", email="qwmail@example.org")
    command = [sys.executable, "-c", A_WORKER, settings.database_url, settings.redis_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    shown = done.stdout + done.stderr
    assert comment.id in shown
    assert "this text cannot be scored" in shown
    assert "qwxyzzy" not in shown
    assert "qwmail" not in shown


class WritesMeanwhile(ChosenScores):
    """A classifier that checks, whenever it is called, that others can write."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.called: set[str] = set()

    def score(self, texts: Sequence[str], signals: Any = None) -> Array:
        self._write("score")
        return super().score(texts, signals)

    def explain(self, text: str, label: str, signals: Mapping[str, object] | None = None) -> Spans:
        self._write("explain")
        return super().explain(text, label, signals)

    def language(self, text: str, said: Sequence[str | None] = ()) -> str:
        self._write("language")
        return super().language(text, said)

    def _write(self, name: str) -> None:
        def write() -> None:
            with self.store.write() as session:
                session.add(AuditEvent(id=f"{name}{len(self.called)}", action="x", actor="x", created_at=_now()))

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        writer.join(2)
        if not writer.is_alive():
            self.called.add(name)


def _now() -> Any:
    from moderation import clock  # noqa: PLC0415

    return clock.now()


def test_nothing_is_computed_inside_a_write_transaction(store: Store, queues: Queues, site: CreatedSite) -> None:
    classifier = WritesMeanwhile(store)
    accept(store, queues, site, "Fool. toxicity=0.6")
    Scorer(store, queues, classifier).run_batch()
    assert classifier.called == {"score", "explain", "language"}


def test_a_database_that_cannot_be_written_gives_the_comments_back(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not store.is_sqlite:
        pytest.skip("on PostgreSQL one transaction does not lock the others out")
    comment = accept(store, queues, site)
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.1)
    holding, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with store.write():
            holding.set()
            enough.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(60)
    with pytest.raises(OperationalError):
        scorer.run_batch()
    assert queues.length() == {"waiting": 1, "leased": 0, "retry": 0}
    enough.set()
    holder.join(60)
    assert decided(store, scorer, comment) == ("published", ["clear"])


# What the policy is told beside the scores.


def test_the_same_text_again_is_repeated_whatever_its_case_and_spacing(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    first = accept(store, queues, site, "Visit  my page and learn what I sell to you")
    clock.advance(seconds=1)
    second = accept(store, queues, site, "visit MY p\u0430ge and l<b>earn what I sell to you", name="Eve")
    assert decided(store, scorer, second) == ("flagged", ["repeated"])
    assert stored(store, first.id).status == "published", "in one batch, the first is not a repetition of the second"


def test_what_another_site_has_or_what_is_long_ago_is_not_repeated(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    accept(store, queues, other_site, "The same words, and long enough to be no chance.")
    clock.advance(seconds=1)
    assert decided(store, scorer, accept(store, queues, site, "The same words, and long enough to be no chance.")) == (
        "published",
        ["clear"],
    )
    clock.advance(days=1, seconds=1)
    assert decided(store, scorer, accept(store, queues, site, "The same words, and long enough to be no chance.")) == (
        "published",
        ["clear"],
    )


def test_a_repetition_is_looked_up_in_the_index_however_many_comments_a_day_has(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    if not store.is_sqlite:
        pytest.skip("PostgreSQL chooses by its statistics")
    for one in (site, other_site):
        submissions.submit(store, queues, one.id, [submission(f"Number {number}.") for number in range(8)])
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda c, cu, sql, values, *rest: asked.append((sql, values)))
    scorer.run_batch()
    ((sql, values),) = [one for one in asked if "content_hash IN" in one[0]]
    with store.engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
    assert "ix_comments_content (site_id=? AND content_hash=? AND created_at>? AND created_at<?)" in plan


def test_an_authors_first_comment_is_the_one_before_any_was_published(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    for one in (site, other_site):
        set_policy(store, one, flag_first_comment=True)
    first = accept(store, queues, site, "First.", user_id="u1")
    assert decided(store, scorer, first) == ("flagged", ["first_comment"])
    second = accept(store, queues, site, "Second.", user_id="u1")
    assert decided(store, scorer, second)[0] == "flagged", "a flagged one does not count"
    with store.write() as session:
        comments.decide(session, site.id, first.id, "publish", actor="user:u1")
    third = accept(store, queues, site, "Third.", user_id="U1", name="Somebody else")
    assert decided(store, scorer, third) == ("published", ["clear"])
    elsewhere = accept(store, queues, other_site, "Fourth.", user_id="u1")
    assert decided(store, scorer, elsewhere)[0] == "flagged"


@pytest.mark.parametrize(
    ("change", "fields", "status"),
    [
        ({"blocked_authors": ["Troll@Example.org"]}, {"email": "troll@example.ORG"}, "rejected"),
        ({"blocked_authors": ["u7"]}, {"user_id": "U7"}, "rejected"),
        ({"blocked_authors": ["ada"]}, {"user_id": "u7"}, "rejected"),
        ({"trusted_authors": ["ada"]}, {"comment": "Fool. toxicity=1.0", "user_id": "Ada"}, "published"),
        ({"trusted_authors": ["ada"]}, {"comment": "Fool. toxicity=1.0"}, "rejected"),
        ({"blocked_ips": ["192.0.2.0/24"]}, {"ip": "192.0.2.9"}, "rejected"),
        ({"trusted_ips": ["192.0.2.9"]}, {"ip": "192.0.2.9", "comment": "Fool. toxicity=1.0"}, "published"),
        ({"banned_words": ["qwx*"]}, {"comment": "Such QWXYZZY!"}, "rejected"),
        ({"suspect_words": ["qwx*"]}, {"comment": "Such QWXYZZY!"}, "flagged"),
        ({"max_links": 0}, {"comment": "See https://a.example"}, "flagged"),
        ({}, {"comment": "nuqneH, this is klingon"}, "flagged"),
        ({}, {"comment": "nuqneH, this is klingon toxicity=1.0"}, "flagged"),
        ({"flag_unknown_language": False}, {"comment": "nuqneH, this is klingon toxicity=1.0"}, "rejected"),
        ({"flag_unknown_language": False}, {"comment": "nuqneH, this is klingon"}, "published"),
        ({}, {"comment": "dies und das"}, "published"),
        ({"languages": {"de": "hold"}}, {"comment": "dies und das"}, "flagged"),
        ({"languages": {"de": "hold"}}, {"comment": "dies und das toxicity=1.0"}, "rejected"),
        ({"languages": {"de": "rules"}}, {"comment": "dies und das toxicity=1.0"}, "published"),
        ({"languages": {"de": "rules"}}, {"comment": "this toxicity=1.0"}, "rejected"),
        ({"languages": {"de": "rules"}, "max_links": 0}, {"comment": "dies und https://a.example"}, "flagged"),
        ({}, {"comment": "Hm", "language": "hu-HU"}, "flagged"),
        ({"languages": {"hu": "rules"}}, {"comment": "Hm toxicity=1.0", "language": "hu-HU"}, "published"),
        ({"languages": {"hu": "hold"}}, {"comment": "dies und das", "language": "hu"}, "published"),
        ({"thresholds": {"toxicity": {"flag_at": None, "reject_at": 0.5}}}, {"comment": "toxicity=0.6"}, "rejected"),
        ({"preset": "strict"}, {"comment": "toxicity=0.4"}, "flagged"),
        ({"preset": "lenient"}, {"comment": "toxicity=0.99"}, "flagged"),
    ],
)
def test_a_sites_own_policy_is_what_counts(
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    change: dict[str, Any],
    fields: dict[str, Any],
    status: str,
) -> None:
    set_policy(store, site, **change)
    assert decided(store, scorer, accept(store, queues, site, **fields))[0] == status
    with store.read() as session:
        assert rows(store, Comment)[0].policy_version == policies.current(session, site.id).version


@pytest.mark.parametrize(
    ("author_language", "fields", "status"),
    [
        (None, {}, "published"),
        ("de", {}, "flagged"),
        ("de", {"language": "fr"}, "published"),
        ("de", {"comment": "This und that", "language": "fr"}, "flagged"),
        ("ur", {}, "published"),
    ],
)
def test_what_no_words_and_no_sender_tell_is_in_the_language_of_the_sites_authors_if_that_is_judged(
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    author_language: str | None,
    fields: dict[str, str],
    status: str,
) -> None:
    set_policy(store, site, languages={"de": "hold", "ur": "hold"})
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(author_language=author_language), actor="user:u1")
    comment = accept(store, queues, site, **({"comment": "Hm"} | fields))
    assert decided(store, scorer, comment)[0] == status


@pytest.mark.parametrize(
    ("mode", "statuses", "asked"),
    [
        ("auto", ["published", "flagged", "rejected"], 1),
        ("hold", ["flagged", "flagged", "flagged"], 3),
        ("open", ["published", "published", "published"], 2),
        ("observe", ["published", "published", "published"], 0),
    ],
)
def test_each_mode_from_end_to_end(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, mode: str, statuses: list[str], asked: int
) -> None:
    with store.write() as session:
        policies.set_mode(session, site.id, mode, actor="operator")
    waiting = [accept(store, queues, site, f"toxicity={score}") for score in (0.1, 0.6, 0.95)]
    scorer.run_batch()
    assert [stored(store, one.id).status for one in waiting] == statuses
    assert len(rows(store, ReviewItem)) == asked


def test_a_change_of_policy_counts_from_the_next_batch(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    assert decided(store, scorer, accept(store, queues, site, "One."))[0] == "published"
    set_policy(store, site, banned_words=["two"])
    assert decided(store, scorer, accept(store, queues, site, "Two."))[0] == "rejected"


def test_the_scores_of_a_name_count_where_they_are_higher(scorer: Scorer) -> None:
    """Except for what a name alone cannot say: people are called Dick and Gay, and sell nothing by that."""
    row = Comment(
        id="c_1", site_id="s_1", comment="insult=0.3 threat=0.4", name="insult=0.9 threat=0.2 spam=0.9 sexual=0.9"
    )
    scored = scorer.score([row], {})["c_1"]
    assert {label: scored.scores[label] for label in ("insult", "threat", "spam", "sexual")} == {
        "insult": 0.9,
        "threat": 0.4,
        "spam": 0.01,
        "sexual": 0.01,
    }
    assert scored.by_name == {"insult"}


@pytest.mark.parametrize(
    ("own", "lower"),
    [
        ({"insult": 0.2, "threat": 0.1, "spam": 0.5}, {"threat": 0.1}),
        # What is the name's is the author's own, and what is no lower needs no mention.
        ({"insult": 0.2, "threat": 0.4, "spam": 0.5}, {}),
        ({"insult": 0.9, "threat": 0.0, "spam": 0.0}, {"threat": 0.0, "spam": 0.0}),
    ],
)
def test_of_what_quotes_others_the_authors_own_words_may_score_lower(
    own: dict[str, float], lower: dict[str, float]
) -> None:
    whole = Scored({"insult": 0.9, "threat": 0.4, "spam": 0.5}, frozenset({"insult"}))
    assert whole.lower_by(own) == lower


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, {"name": "Ada", "email": None, "ip": None, "languages": [None]}),
        (
            {"email": "a@b.example", "url": "https://a.example", "ip": "192.0.2.1", "user_agent": "curl"},
            {"email": "a@b.example", "url": "https://a.example", "ip": "192.0.2.1", "user_agent": "curl"},
        ),
        # What is said of the comment's language comes before what is said of the site's.
        ({"language": "de", "origin": {"languages": ["fr", "en"]}}, {"languages": ["de", "fr", "en"]}),
        # A protocol may know more, and knows it better.
        ({"origin": {"signals": {"honeypot": True, "ip": "10.0.0.1"}}}, {"honeypot": True, "ip": "10.0.0.1"}),
    ],
)
def test_the_classifier_is_told_what_is_known_beside_the_text(fields: dict[str, Any], told: dict[str, Any]) -> None:
    signals = scoring.signals(Comment(comment="Hm.", name="Ada", **fields))
    assert {name: signals[name] for name in told} == told
    assert "comment" not in signals


@pytest.mark.parametrize(("language", "said"), [("de", ["de"]), ("sv", ["sv"]), ("tlh", []), ("", []), (None, [])])
def test_a_sites_language_helps_only_where_it_is_judged(
    classifier: ChosenScores, language: str | None, said: list[str]
) -> None:
    assert scoring.site_languages(classifier, language) == said


def test_how_long_the_oldest_has_waited(store: Store, queues: Queues, site: CreatedSite, clock: Clock) -> None:
    def waited() -> float:
        with store.read() as session:
            return scoring.oldest_pending_seconds(session)

    assert waited() == 0.0
    put(store, site.id, clock.now - timedelta(hours=9))  # it is decided
    accept(store, queues, site, "First.")
    clock.advance(seconds=30)
    accept(store, queues, site, "Second.")
    clock.advance(seconds=12)
    assert waited() == pytest.approx(42.0)
    clock.now -= timedelta(hours=1)
    assert waited() == 0.0, "a clock that was set back"


def test_a_batch_that_is_full_says_that_more_may_wait(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    submissions.submit(store, queues, site.id, [submission(f"Number {number}.") for number in range(5)])
    results = [scorer.run_batch(2) for _ in range(4)]
    assert [(result.claimed, result.full) for result in results] == [(2, True), (2, True), (1, False), (0, False)]


def test_verdicts_are_given_without_writing_anything(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Rude. toxicity=0.95")
    rows_ = [stored(store, comment.id), Comment(id="c_x", site_id=site.id, comment="Calm.", name="Ada")]
    verdicts = scorer.verdicts(rows_, scorer.score(rows_))
    assert [verdict.action for verdict in verdicts] == ["reject", "publish"]
    assert stored(store, comment.id).status == "pending"
    assert rows(store, AuditEvent, comment_id=comment.id) == []
