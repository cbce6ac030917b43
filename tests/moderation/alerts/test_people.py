"""Alerts to people: once when something begins and once when it is over, to those who want it and may see the site."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation import actors
from moderation.alerts import channels, digests, sending, showing, watching
from moderation.alerts.channels import ChannelError, Choice
from moderation.alerts.conditions import KINDS
from moderation.alerts.sending import Sending
from moderation.alerts.watching import Watching
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.people import accounts, zones
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Alert, AlertChannel, AlertMessage, User, WebhookDelivery
from moderation.webhooks import endpoints
from operations import sealed
from tests.moderation.alerts.mailbox import Mailbox
from tests.support.clock import Clock
from tests.support.comments import dump, rows, scored
from tests.support.receiver import Receiver

pytestmark = pytest.mark.one_database

EVERYTHING = frozenset(KINDS)
TOKEN = "123456:" + "Abc-_9" * 6


@dataclasses.dataclass
class Desk:
    """An installation with a clock process, and a chat that takes what is sent there."""

    settings: Settings
    store: Store
    queues: Queues
    site: CreatedSite
    receiver: Receiver
    clock: Clock

    def person(self, name: str = "mo", role: str = "moderator", **fields: Any) -> User:
        made = accounts.create_user(self.store, name, role, "four unrelated words here", **fields)
        return rows(self.store, User, id=made.id)[0]

    def channel(self, user: User, kind: str = "chat", *, hour: int | None = None, **fields: str) -> AlertChannel:
        kinds = fields.pop("kinds", " ".join(EVERYTHING)).split()
        wanted = {"url": self.receiver.url, "base": self.receiver.url, "token": TOKEN, "chat": "-42"} | fields
        target = channels.read_target(self.settings, kind, wanted)
        with self.store.write() as session:
            return channels.add(session, self.settings, user, target, Choice(kinds, hour))

    def hold(self, mode: str = "hold") -> None:
        with self.store.write() as session:
            policies.set_mode(session, self.site.id, mode, actor=actors.OPERATOR)

    def passes(self, minutes: float, *, looks: int = 1, clocks: int = 1) -> None:
        """Time goes by, and at its end this many clock processes look and send, so often."""
        self.clock.advance(minutes=minutes)
        for _ in range(looks):
            several = [Watching(self.settings, self.store, self.queues) for _ in range(clocks)]
            for one in several:
                one.check()
        digests.write_due(self.store)
        for _ in range(clocks):
            Sending(self.settings, self.store).send_due()

    def said(self) -> list[str]:
        return [request.json["text"].partition("\n")[0].removeprefix("Winnow: ") for request in self.receiver.requests]


@pytest.fixture
def desk(settings: Settings, store: Store, queues: Queues, site: CreatedSite, receiver: Receiver, clock: Clock) -> Desk:
    """One in which a scoring process lives, so that nothing is wrong."""
    queues.processes = lambda: ["one"]  # type: ignore[method-assign, list-item]
    return Desk(settings, store, queues, site, receiver, clock)


HOLDS, HOLDS_NO_MORE = "The Site holds every comment for a moderator.", "The Site no longer holds every comment."


def test_it_is_told_once_when_it_begins_and_once_when_it_is_over(desk: Desk) -> None:
    desk.channel(desk.person())
    desk.hold()
    desk.passes(0)
    assert desk.said() == [], "what is over within a minute is no alert"
    for _ in range(3):
        desk.passes(2, looks=2, clocks=3)
    assert desk.said() == [HOLDS]
    desk.hold("auto")
    for _ in range(3):
        desk.passes(2, clocks=2)
    assert desk.said() == [HOLDS, HOLDS_NO_MORE]
    assert {message.next_attempt_at for message in rows(desk.store, AlertMessage)} == {None}


def test_what_comes_and_goes_is_one_alert(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these processes is new: everything that is known is in the database."""
    desk.channel(desk.person())
    for at in range(8):
        late = at % 2 == 0
        monkeypatch.setattr(
            "moderation.review.review_items.oldest_by_site", lambda _, age=90_000 * late: {desk.site.id: age}
        )
        desk.passes(4)
    assert desk.said() == ["A comment on The Site has waited for a moderator for 25 hours."]
    desk.passes(11)
    assert desk.said()[1:] == ["No comment on The Site waits for too long any more."]


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("webhook", "The Site may not hear of decisions: 1 of its webhooks fails."),
        ("scoring", "Nobody scores comments."),
        ("long", "2 comments or more wait for a moderator on The Site."),
        ("old", "A comment on The Site has waited for a moderator for 25 hours."),
    ],
)
def test_each_kind_is_seen(desk: Desk, scorer: Scorer, kind: str, begins: str) -> None:
    desk.settings = dataclasses.replace(desk.settings, alert_review_items=2)
    desk.channel(desk.person(), kinds=kind)
    desk.passes(0)
    if kind == "webhook":
        with desk.store.write() as session:
            endpoint, _ = endpoints.add(session, desk.settings, desk.site.id, "https://a.example/", actor="operator")
            session.flush()
            endpoints.test(session, desk.site.id, endpoint.id, actor="operator")
        with desk.store.write() as session:
            session.get_one(WebhookDelivery, rows(desk.store, WebhookDelivery)[0].id).attempts = 1
    elif kind == "scoring":
        desk.queues.processes = list  # type: ignore[method-assign]
    else:
        for at in range(2 if kind == "long" else 1):
            scored(desk.store, desk.queues, scorer, desk.site, f"Fool {at}. toxicity=0.6")
    desk.passes(25 * 60 if kind == "old" else 1)
    desk.passes(6)
    assert desk.said() == [begins]


def test_people_hear_of_sites_that_they_may_see_and_of_what_they_chose(desk: Desk, other_site: CreatedSite) -> None:
    here = desk.person("here", "none", on_sites={desk.site.id: "viewer"})
    elsewhere = desk.person("elsewhere", "none", on_sites={other_site.id: "admin"})
    gone = desk.person("gone")
    for user in (here, elsewhere, gone, desk.person("picky")):
        desk.channel(user, kinds="long old" if user.name == "picky" else "hold", url=f"{desk.receiver.url}/{user.name}")
    with desk.store.write() as session:
        session.get_one(User, gone.id).disabled_at = desk.clock.now
    desk.hold()
    desk.passes(0)
    desk.passes(2)
    assert [request.path for request in desk.receiver.requests] == ["/hook/here"]
    with desk.store.read() as session:
        assert [alert.kind for alert in showing.current(session, [desk.site.id])] == ["hold"]
        assert showing.current(session, [other_site.id]) == []


def test_a_channel_that_takes_nothing_says_so_and_is_tried_again(desk: Desk) -> None:
    channel = desk.channel(desk.person())
    desk.receiver.answer(404, 503, 200)
    desk.hold()
    desk.passes(0)
    desk.passes(2)
    (stored,) = rows(desk.store, AlertChannel)
    assert (stored.error, stored.failing_since) == ("It answered 404.", desk.clock.now)
    with desk.store.read() as session:
        assert showing.channels_fail_since(session, channel.user_id) == desk.clock.now
    desk.passes(0.5)
    assert len(desk.receiver.requests) == 1, "it pauses"
    desk.passes(1)
    desk.passes(6)
    assert len(desk.receiver.requests) == 3
    (stored,) = rows(desk.store, AlertChannel)
    assert (stored.error, stored.failing_since, stored.arrived_at) == (None, None, desk.clock.now)
    assert len(set(desk.said())) == 1


def test_who_never_heard_that_it_began_does_not_hear_that_it_is_over(desk: Desk) -> None:
    desk.channel(desk.person())
    desk.receiver.answer(500, 200)
    desk.hold()
    desk.passes(0)
    desk.passes(2)
    desk.hold("auto")
    for _ in range(4):
        desk.passes(5)
    assert len(desk.receiver.requests) == 1
    assert {message.next_attempt_at for message in rows(desk.store, AlertMessage)} == {None}


def test_a_process_killed_while_it_sends_leaves_the_message_to_the_next(desk: Desk) -> None:
    desk.channel(desk.person())
    desk.hold()
    desk.passes(0)
    desk.clock.advance(minutes=2)
    Watching(desk.settings, desk.store, desk.queues).check()
    killed = Sending(desk.settings, desk.store)
    (message,) = killed._due()
    assert killed._claim(message) is not None
    assert killed._claim(message) is None, "of two, one has it"
    assert Sending(desk.settings, desk.store).send_due() == 0
    desk.clock.advance(seconds=61)
    assert Sending(desk.settings, desk.store).send_due() == 1
    assert desk.said() == [HOLDS]


def test_a_digest_comes_once_a_day_at_the_persons_own_hour(desk: Desk, scorer: Scorer) -> None:
    user = desk.person()
    with desk.store.write() as session:
        session.get_one(User, user.id).zone = "Asia/Tokyo"
    user.zone = "Asia/Tokyo"
    desk.channel(user, hour=8)
    due = rows(desk.store, AlertChannel)[0].next_digest_at
    assert due is not None
    assert due.astimezone(UTC).hour == 23, "8 in Tokyo"
    to_wait = (due - desk.clock.now).total_seconds() / 60
    desk.hold()
    scored(desk.store, desk.queues, scorer, desk.site, "Fool. toxicity=0.6")
    desk.passes(to_wait - 3)
    desk.passes(2)
    assert desk.said() == [], "a digest, and not at once"
    desk.passes(2, clocks=2)
    desk.passes(60)
    (request,) = desk.receiver.requests
    assert request.json["text"].splitlines()[:2] == [
        f"Winnow: {HOLDS} It began 2 minutes ago.",
        "The Site: 1 comment waits for a moderator.",
    ]
    desk.passes(23 * 60)
    assert len(desk.receiver.requests) == 2


def test_of_two_clocks_one_writes_the_digest(desk: Desk, scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.channel(desk.person(), hour=8)
    scored(desk.store, desk.queues, scorer, desk.site, "Fool. toxicity=0.6")
    desk.clock.advance(hours=25)
    write = digests._text

    def overtaken(*arguments: Any) -> str:
        monkeypatch.setattr("moderation.alerts.digests._text", write)
        digests.write_due(desk.store)
        return write(*arguments)

    monkeypatch.setattr("moderation.alerts.digests._text", overtaken)
    digests.write_due(desk.store)
    assert len(rows(desk.store, AlertMessage)) == 1


def test_who_may_no_longer_sign_in_gets_nothing_that_was_written_before(desk: Desk) -> None:
    user = desk.person()
    desk.channel(user)
    desk.hold()
    desk.passes(0)
    desk.clock.advance(minutes=2)
    Watching(desk.settings, desk.store, desk.queues).check()
    with desk.store.write() as session:
        session.get_one(User, user.id).disabled_at = desk.clock.now
    assert len(rows(desk.store, AlertMessage)) == 1
    desk.passes(2)
    assert desk.receiver.requests == []


def test_of_nothing_no_digest_comes(desk: Desk) -> None:
    desk.channel(desk.person(), hour=8)
    desk.passes(25 * 60)
    assert rows(desk.store, AlertMessage) == []


@pytest.mark.parametrize(
    ("zone", "hour", "after", "then"),
    [
        ("UTC", 8, "2026-03-01T08:00", "2026-03-02T08:00"),
        ("Europe/Berlin", 8, "2026-03-28T12:00", "2026-03-29T06:00"),  # summer time begins
        ("Europe/Berlin", 8, "2026-10-24T12:00", "2026-10-25T07:00"),  # and ends
        ("Europe/Berlin", 2, "2026-10-25T00:30", "2026-10-26T01:00"),  # the hour that comes twice counts once
        ("No/Such", 8, "2026-03-01T07:00", "2026-03-01T08:00"),
    ],
)
def test_an_hour_of_the_day_in_a_time_zone(zone: str, hour: int, after: str, then: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = zones.next_hour(User(zone=zone), hour, moment)
    assert found.astimezone(UTC) == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_a_telegram_bot_is_asked_to_send_it(desk: Desk) -> None:
    desk.channel(desk.person(), "telegram")
    desk.hold()
    desk.passes(0)
    desk.passes(2)
    (request,) = desk.receiver.requests
    assert request.path == f"/hook/bot{TOKEN}/sendMessage"
    assert request.json == {"chat_id": "-42", "text": f"Winnow: {HOLDS}\nhttp://127.0.0.1:8000/console/"}


def test_a_chat_calls_nobody_because_of_a_sites_name(desk: Desk) -> None:
    assert sending._escaped("<!channel> & <http://a|b>") == "&lt;!channel&gt; &amp; &lt;http://a|b&gt;"
    for of_mattermost in ("@all", "@channel: look", "[Sign in](https://evil.example)", "![x](y)", "[x][y]"):
        told = sending._escaped(of_mattermost)
        assert not re.search(r"@\w|\]\(|\]\[", told)
        assert told.replace("\N{ZERO WIDTH SPACE}", "") == of_mattermost, "people read the same"


def test_an_e_mail_leaves_through_the_operators_server(desk: Desk, mailbox: Mailbox) -> None:
    desk.settings = dataclasses.replace(desk.settings, smtp_url=mailbox.url)
    desk.channel(desk.person(), "email", email="mo@example.com")
    desk.hold()
    desk.passes(0)
    mailbox.refuses = True
    desk.passes(2)
    assert rows(desk.store, AlertChannel)[0].error == "The mail server refused it (451)."
    mailbox.refuses = False
    desk.passes(2)
    (mail,) = mailbox.messages
    assert (mail["To"], mail["From"], mail["Subject"]) == ("mo@example.com", "winnow@example.com", f"Winnow: {HOLDS}")
    assert "/console/you/alerts" in mail.get_content()


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("email", {"email": "mo@example.com"}, "email"),  # without a mail server
        ("chat", {"url": "https://10.0.0.1/hook"}, "url"),
        ("chat", {"url": "file:///etc/passwd"}, "url"),
        ("chat", {"url": "https://user:secret@a.example/"}, "url"),
        ("chat", {"url": ""}, "url"),
        ("telegram", {"token": "no token"}, "token"),
        ("telegram", {"token": TOKEN, "chat": "42; drop"}, "chat"),
        ("telegram", {"token": TOKEN, "chat": "42", "base": "http://169.254.169.254"}, "base"),
        ("telegram", {"token": TOKEN, "chat": "42", "base": "http://127.0.0.1/?a"}, "base"),
        ("fax", {}, "kind"),
    ],
)
def test_what_nothing_may_be_sent_to_is_refused(
    settings: Settings, kind: str, fields: dict[str, str], field: str
) -> None:
    with pytest.raises(ChannelError) as refused:
        channels.read_target(settings, kind, fields)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "address", ["mo", "mo@here", "a@b.example\nBcc: c@d.example", "a b@c.example", "@c.example", "ä@c.de"]
)
def test_what_is_no_e_mail_address_is_refused(settings: Settings, address: str) -> None:
    with pytest.raises(ChannelError):
        channels.read_target(dataclasses.replace(settings, smtp_url="smtp://a.example"), "email", {"email": address})


def test_secrets_are_sealed_and_tests_are_few(desk: Desk) -> None:
    user = desk.person()
    own = [desk.channel(user, "telegram" if at else "chat", url=f"{desk.receiver.url}/zqsecret") for at in range(5)]
    with pytest.raises(ChannelError, match="5 ways"):
        desk.channel(user)
    assert TOKEN not in dump(desk.store)
    assert "zqsecret" not in dump(desk.store)
    assert sealed.open_all(desk.settings, desk.store) >= 5
    for refused in (False, True):
        with desk.store.write() as session:
            if refused:
                with pytest.raises(ChannelError, match="just now"):
                    channels.test(session, user, own[1].id)
            else:
                channels.test(session, user, own[0].id)
    assert Sending(desk.settings, desk.store).send_due() == 1
    assert desk.said() == ["This is a test. You will hear of alerts here."]


def test_what_is_over_is_forgotten_after_a_week(desk: Desk) -> None:
    desk.channel(desk.person())
    desk.hold()
    desk.passes(0)
    desk.passes(2)
    desk.hold("auto")
    desk.passes(2)
    desk.passes(timedelta(days=8).total_seconds() / 60)
    assert (rows(desk.store, Alert), rows(desk.store, AlertMessage)) == ([], [])


def test_a_clock_that_stopped_is_seen(desk: Desk) -> None:
    def silent() -> datetime | None:
        with desk.store.read() as session:
            return showing.silent_since(session)

    assert silent() is None, "it has never looked"
    desk.passes(0)
    at = desk.clock.now
    for seconds, turn in ((0, False), (16, True)):
        with desk.store.write() as session:
            assert watching._take_turn(session, at + timedelta(seconds=seconds)) is turn
            session.expunge_all()
    desk.clock.advance(minutes=4)
    assert silent() is None
    desk.clock.advance(minutes=2)
    assert silent() == at
