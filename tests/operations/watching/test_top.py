"""`winnow top` shows what waits, how fast it goes and what fails; and says so where it cannot reach something."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import text

from moderation import clock, counters
from moderation.counters import Counts, Histogram
from moderation.history.metrics import Present
from moderation.intake import submissions
from moderation.intake.queues import Process, Queues
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.webhooks import catalogue, events
from moderation.webhooks.catalogue import Event
from moderation.webhooks.sender import Sender
from operations.watching import rates, screen, words
from operations.watching.overview import Failing, OfDatabase, OfRedis, Overview, Watch
from tests.support.command_line import make_data_dir, sentence, winnow
from tests.support.delivering import deliver_once
from tests.support.receiver import Receiver

EMPTY = Histogram((1.0, 5.0), (0, 0, 0), 0.0)
COUNTS = Counts(histograms={"wait_seconds": EMPTY})
OF_REDIS = OfRedis({"waiting": 0, "leased": 0, "retry": 0}, {}, [Process("one", "idle", 2.0)], COUNTS)
OF_DATABASE = OfDatabase(Present(0.0, 0.0, 0, 0))
QUIET = Overview(100.0, OF_REDIS, OF_DATABASE)
#: To be shown it opens nothing.
SETTINGS = Settings(database_url="", redis_url="", data_dir=Path("/"))


def lines(overview: Overview, found: rates.Rates | None = None) -> dict[str, tuple[str, words.Level]]:
    """Name -> value and level, of every line."""
    shown = words.sections(overview, found, SETTINGS)
    return {line.name: (line.value, line.level) for section in shown for line in section.lines}


@pytest.mark.parametrize(
    ("of_redis", "of_database", "name", "value", "level"),
    [
        ({}, {}, "oldest pending", "none", "fine"),
        ({}, {"present": Present(45.0, 0.0, 0, 0)}, "oldest pending", "45 sec", "watch"),
        ({}, {"present": Present(301.0, 0.0, 0, 0)}, "oldest pending", "5 min", "wrong"),
        ({"queue": {"waiting": 1200, "leased": 8, "retry": 0}}, {}, "to be scored", "1,200", "fine"),
        ({"queue": {"waiting": 0, "leased": 0, "retry": 2}}, {}, "to be tried again", "2", "watch"),
        ({"longest": {"s_one": 7}}, {"names": {"s_one": "A blog"}}, "of which", "7 of A blog", "fine"),
        ({"longest": {"s_one": 7}}, {}, "of which", "7 of s_one", "fine"),
        ({"processes": []}, {}, "processes", "none lives; start `winnow worker`", "wrong"),
        ({"processes": [Process("a", "busy", 1.2)]}, {}, "busy", "a, heard 1 s ago", "fine"),
        ({"processes": [Process(str(n), "busy", 1.2) for n in range(11)]}, {}, "and", "3 more", "fine"),
        ({}, {"present": Present(0.0, 90000.0, 10_000, 0)}, "review queue", "10,000 or more", "fine"),
        ({}, {"present": Present(0.0, 90000.0, 10_000, 0)}, "oldest in it", "1 day", "watch"),
        ({}, {"present": Present(0.0, 0.0, 0, 31)}, "deliveries waiting", "31", "fine"),
        (
            {},
            {"failing": [Failing("https://x.example", "A \x1b[2Jblog", 3, "It answered 500.\nYes")]},
            "failing",
            "https://x.example of A \\x1b[2Jblog: 3 waiting. It answered 500.\\nYes",
            "wrong",
        ),
    ],
)
def test_what_there_is_is_said_and_what_is_wrong_stands_out(
    of_redis: dict[str, object], of_database: dict[str, object], name: str, value: str, level: words.Level
) -> None:
    overview = replace(QUIET, redis=replace(OF_REDIS, **of_redis), database=replace(OF_DATABASE, **of_database))  # type: ignore[arg-type]
    assert lines(overview)[name] == (value, level)


def test_rates_are_what_the_counters_grew_by() -> None:
    after = Counts(
        scored=30,
        unavailable=5,
        decisions={("published", "policy"): 15, ("published", "user"): 5, ("flagged", "policy"): 10},
        attempts={"delivered": 20, "failed": 0},
        histograms={"wait_seconds": Histogram((1.0, 5.0), (6, 3, 1), 12.0)},
    )
    now = replace(QUIET, seconds=110.0, redis=replace(OF_REDIS, counts=after))
    found = rates.between(QUIET, now)
    assert found == rates.Rates(3.0, {"flagged": 1.0, "published": 2.0}, {"delivered": 2.0}, 0.5, 1.0, math.inf)
    shown = lines(now, found)
    assert shown["decided"] == ("1.0 flagged, 2.0 published a second", "fine")
    assert shown["decided within"][0] == "1 sec (half of them), over an hour (95 of a hundred)"
    assert shown["answered 503"][1] == "wrong"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (replace(QUIET, redis=replace(OF_REDIS, counts=replace(COUNTS, scored=9))), QUIET),
        (replace(QUIET, redis="Away."), QUIET),
        (QUIET, replace(QUIET, redis="Away.")),
    ],
    ids=["Redis came back empty", "Redis was away", "Redis is away"],
)
def test_without_two_looks_that_fit_there_are_no_rates(before: Overview, after: Overview) -> None:
    assert rates.between(before, replace(after, seconds=101.0)) is None


def test_what_cannot_be_reached_is_a_sentence_and_the_rest_is_shown() -> None:
    shown = lines(replace(QUIET, redis="Redis is away."))
    assert shown["redis"] == ("Redis is away.", "wrong")
    assert shown["review queue"] == ("0", "fine")
    shown = lines(replace(QUIET, database="The database is away."))
    assert shown["database"] == ("The database is away.", "wrong")
    assert shown["to be scored"] == ("0", "fine")


@pytest.mark.parametrize("width", [60, 140])
def test_the_screen_has_every_line_on_a_narrow_and_a_wide_terminal(width: int) -> None:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(screen.draw(words.sections(QUIET, None, SETTINGS), "http://x.example", width=width))
    drawn = capture.get()
    assert all(len(line) <= width for line in drawn.splitlines())
    for name in lines(QUIET):
        assert name in drawn


def test_a_look_finds_what_waits_where_and_which_webhook_fails(
    settings: Settings, store: Store, queues: Queues, site_with_webhook: CreatedSite, receiver: Receiver
) -> None:
    sent = [submissions.Submission(name="Ada", comment=f"Number {number}.") for number in range(3)]
    submissions.submit(store, queues, site_with_webhook.id, sent)
    counters.record_scoring(queues.redis, 5, 0.1, [0.2])
    told = [Event(catalogue.COMMENT_PUBLISHED, site_with_webhook.id, None, at=clock.now(), data={}) for _ in range(2)]
    with store.write() as session:
        events.notify(session, told)
    receiver.answer(502)
    assert deliver_once(store, settings, Sender(settings.webhook_allow)) == ["failed", "failed"]
    found = Watch(settings).look()
    assert isinstance(found.redis, OfRedis)
    assert isinstance(found.database, OfDatabase)
    assert found.redis.longest == {site_with_webhook.id: 3}
    assert found.redis.queue["waiting"] == 3
    assert found.redis.counts.scored == 5
    assert found.database.names == {site_with_webhook.id: "The Site With a Webhook"}
    [failing] = found.database.failing
    assert (failing.url, failing.site, failing.waiting) == (receiver.url, "The Site With a Webhook", 2)
    assert "502" in failing.why


def test_a_database_of_another_version_is_told(settings: Settings, store: Store) -> None:
    with store.write() as session:
        session.execute(text("DROP TABLE review_items"))
    assert Watch(settings).look().database == "The database is not at this version's schema. Run `winnow migrate`."


def test_an_installation_that_cannot_be_reached_ends_it_with_1_and_says_why(tmp_path: Path) -> None:
    make_data_dir(tmp_path)
    result = winnow("top", "--once", cwd=tmp_path)
    assert result.returncode == 1
    assert "The embedded Redis does not run. Start `winnow up`" in result.stdout
    assert "review queue" in result.stdout
    assert result.stderr == ""


def test_where_nothing_is_set_up_it_says_where_to_begin(tmp_path: Path) -> None:
    assert "`winnow up`" in sentence(winnow("top", cwd=tmp_path))
