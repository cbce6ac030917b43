"""Alerts: the operator hears when comments wait too long, again each hour, and when it is over, once each."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from moderation.alerts.mail import send_mail
from moderation.alerts.operator import Alerts
from moderation.decisions.scoring import Scorer
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import AWAY, Store
from tests.moderation.alerts.mailbox import Mailbox
from tests.support.certificates import certificate_for
from tests.support.clock import Clock
from tests.support.comments import accept
from tests.support.processes.redis_server import RedisServer
from tests.support.receiver import Receiver


@pytest.fixture
def told(settings: Settings, receiver: Receiver) -> Settings:
    """Settings of an operator who wants to be told at `receiver`."""
    return dataclasses.replace(settings, alert_url=receiver.url, alert_pending_seconds=300, alert_review_seconds=3600)


@pytest.fixture
def make(told: Settings, store: Store, queues: Queues) -> Callable[..., Alerts]:
    """What a clock process runs; several are several clocks."""
    return lambda **changes: Alerts(dataclasses.replace(told, **changes), store, queues.redis)


@pytest.fixture
def late(store: Store, queues: Queues, site: CreatedSite, clock: Clock) -> None:
    """A comment waits longer than the operator allows."""
    accept(store, queues, site)
    clock.advance(seconds=310)


def states(receiver: Receiver) -> list[tuple[str, str]]:
    return [(request.json["alert"], request.json["state"]) for request in receiver.requests]


def test_nothing_is_said_while_nothing_waits_too_long(
    make: Callable[..., Alerts], store: Store, queues: Queues, site: CreatedSite, receiver: Receiver, clock: Clock
) -> None:
    accept(store, queues, site)
    clock.advance(seconds=299)
    make().check()
    assert receiver.requests == []


def test_it_is_said_when_it_starts_again_each_hour_and_when_it_is_over(
    make: Callable[..., Alerts],
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    receiver: Receiver,
    clock: Clock,
) -> None:
    accept(store, queues, site)
    one = make()
    clock.advance(seconds=310)
    for _ in range(3):
        one.check()
    assert states(receiver) == [("pending", "late")]
    said = receiver.requests[0].json
    assert (said["seconds"], said["limit"]) == (310, 300)
    assert "5 minutes" in said["text"]
    assert "winnow doctor" in said["text"], "it says what to do"

    clock.advance(minutes=59)
    one.check()
    assert len(receiver.requests) == 1
    clock.advance(minutes=2)
    queues.redis.delete("winnow:alert:pending:told")  # whose hour Redis counts by its own clock
    one.check()
    assert states(receiver) == [("pending", "late")] * 2

    scorer.run_batch()
    for _ in range(3):
        one.check()
    assert states(receiver) == [("pending", "late"), ("pending", "late"), ("pending", "over")]


def test_a_moderator_who_does_not_come_is_told_of_too(
    make: Callable[..., Alerts],
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    receiver: Receiver,
    clock: Clock,
) -> None:
    accept(store, queues, site, "Fool. toxicity=0.6")
    scorer.run_batch()
    clock.advance(seconds=3700)
    make().check()
    assert states(receiver) == [("review", "late")]
    assert "review queue" in receiver.requests[0].json["text"]


@pytest.mark.usefixtures("late")
def test_several_clocks_tell_once(
    make: Callable[..., Alerts],
    scorer: Scorer,
    receiver: Receiver,
) -> None:
    several = [make() for _ in range(3)]
    for one in several:
        one.check()
    scorer.run_batch()
    for one in several:
        one.check()
    assert states(receiver) == [("pending", "late"), ("pending", "over")]


@pytest.mark.usefixtures("late")
def test_a_clock_started_anew_says_that_it_is_over(
    make: Callable[..., Alerts],
    scorer: Scorer,
    receiver: Receiver,
) -> None:
    make().check()
    scorer.run_batch()
    make().check()
    assert states(receiver) == [("pending", "late"), ("pending", "over")]


def test_without_redis_each_clock_remembers_for_itself(
    told: Settings, store: Store, own_redis: RedisServer, site: CreatedSite, receiver: Receiver, clock: Clock
) -> None:
    """The time when an alert is wanted most."""
    queues = Queues(queues_module.connect(own_redis.url))
    own_redis.kill()
    accept(store, queues, site)
    one = Alerts(told, store, queues.redis)
    clock.advance(seconds=310)
    one.check()
    one.check()
    assert states(receiver) == [("pending", "late")]
    own_redis.start()
    one.check()
    assert states(receiver) == [("pending", "late")], "its return is no news"
    clock.advance(minutes=61)
    one.check()
    assert len(receiver.requests) == 2


@pytest.mark.usefixtures("late")
def test_what_could_not_be_said_is_tried_again(make: Callable[..., Alerts], receiver: Receiver) -> None:
    receiver.answer(500, 204)
    one = make()
    with structlog.testing.capture_logs() as logs:
        one.check()
    assert "alert.not_sent" in [entry["event"] for entry in logs]
    one.check()
    one.check()
    assert len(receiver.requests) == 2


def test_an_e_mail_says_it_to_the_operator(
    make: Callable[..., Alerts],
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    mailbox: Mailbox,
    clock: Clock,
) -> None:
    accept(store, queues, site, "Xylophone.", name="Zebediah")
    clock.advance(seconds=310)
    one = make(alert_url=None, alert_email="operator@example.com", smtp_url=mailbox.url)
    one.check()
    scorer.run_batch()
    one.check()
    late, over = mailbox.messages
    assert (late["To"], late["From"]) == ("operator@example.com", "winnow@example.com")
    assert "wait too long" in late["Subject"]
    assert "no longer" in over["Subject"]
    text = late.get_content()
    assert "5 minutes" in text
    assert "Xylophone" not in text
    assert "Zebediah" not in text


@pytest.mark.usefixtures("late")
def test_a_mail_server_that_refuses_is_logged_and_tried_again(make: Callable[..., Alerts], mailbox: Mailbox) -> None:
    mailbox.refuses = True
    one = make(alert_url=None, alert_email="operator@example.com", smtp_url=mailbox.url)
    one.check()
    assert mailbox.messages == []
    mailbox.refuses = False
    one.check()
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("changes", [{"smtp_url": None}, {"smtp_url": "http://example.com"}])
@pytest.mark.usefixtures("late")
def test_a_setting_that_cannot_work_is_named(
    make: Callable[..., Alerts],
    changes: dict[str, str | None],
) -> None:
    with structlog.testing.capture_logs() as logs:
        make(alert_url=None, alert_email="operator@example.com", **changes).check()
    (entry,) = [entry for entry in logs if entry["event"] == "alert.not_sent"]
    assert "WINNOW_SMTP_URL" in entry["error"]


def test_a_password_is_not_sent_to_a_mail_server_without_tls(mailbox: Mailbox) -> None:
    url = mailbox.url.replace("smtp://", "smtp://user:secret@")
    with pytest.raises(ValueError, match="TLS"):
        send_mail(url, "operator@example.com", "Subject", "Text")
    assert mailbox.messages == []


def test_a_password_is_sent_over_tls_to_a_server_whose_certificate_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for(tmp_path, "localhost")
    with closing(Mailbox(certificate)) as secure:
        relay = secure.url.replace("127.0.0.1", "localhost")
        url = relay.replace("smtp://", "smtp://user:secret@")
        with pytest.raises(ssl.SSLCertVerificationError):
            send_mail(url, "operator@example.com", "Subject", "Text")
        assert (secure.passwords, secure.messages) == ([], [])
        send_mail(relay, "operator@example.com", "To a relay without a password, unchecked", "Text")
        trusting = ssl.create_default_context(cafile=str(certificate))
        monkeypatch.setattr("moderation.alerts.mail.ssl.create_default_context", lambda: trusting)
        send_mail(url, "operator@example.com", "To a server with one", "Text")
        assert secure.passwords == [b"\0user\0secret"]
        assert len(secure.messages) == 2


def test_an_operator_who_asked_for_none_gets_none(
    make: Callable[..., Alerts], store: Store, queues: Queues, site: CreatedSite, receiver: Receiver, clock: Clock
) -> None:
    accept(store, queues, site)
    clock.advance(days=1)
    make(alert_url=None).check()
    assert receiver.requests == []
    assert queues.redis.keys("winnow:alert:*") == []


def test_a_database_that_is_away_is_said_to_the_clock(told: Settings, queues: Queues) -> None:
    with pytest.raises(AWAY):
        Alerts(told, Store("sqlite:////nowhere/at/all.db"), queues.redis).check()
