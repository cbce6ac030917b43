"""The page of one's own alerts, and the alerts above every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation import clock
from moderation.alerts.watching import MARK
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Alert, AlertChannel, AlertMessage, AuditEvent, Membership, User, Watermark
from tests.support.comments import rows
from tests.support.receiver import Receiver
from tests.support.signed_in import csrf_token, sign_in, submit

pytestmark = pytest.mark.one_database

PAGE = "/console/you/alerts"
TOKEN = "123456:" + "Abc-_9" * 6


@pytest.fixture
def mo(make_app: Callable[..., Flask], store: Store) -> FlaskClient:
    return sign_in(make_app(smtp_url="smtp://127.0.0.1:1"), store, "mo", "viewer")


def add(browser: FlaskClient, kind: str, **fields: str) -> tuple[int, str]:
    answer = submit(browser, PAGE, PAGE, kind, **({"kinds": "hold"} | fields))
    return answer.status_code, answer.text


def test_a_person_adds_changes_tests_and_removes_a_way(mo: FlaskClient, store: Store, receiver: Receiver) -> None:
    assert add(mo, "chat", url=receiver.url)[0] == 303
    (channel,) = rows(store, AlertChannel)
    assert (channel.kinds, channel.hour, channel.shown) == ("hold", None, "127.0.0.1")
    own = f"{PAGE}/{channel.id}"
    submit(mo, PAGE, own, kinds="old", hour="7")
    (channel,) = rows(store, AlertChannel)
    assert (channel.kinds, channel.hour) == ("old", 7)
    for said in ("A test leaves", "Wait a minute"):
        submit(mo, PAGE, f"{own}/test")
        assert said in mo.get(PAGE).text
    assert [message.about for message in rows(store, AlertMessage)] == ["test"]
    assert receiver.requests == [], "nothing is sent in a request"
    submit(mo, PAGE, f"{own}/remove")
    assert (rows(store, AlertChannel), rows(store, AlertMessage)) == ([], [])
    done = [event.action.partition(".alerts_")[2] for event in rows(store, AuditEvent) if ".alerts_" in event.action]
    assert done == ["added", "changed", "tested", "removed"]
    assert receiver.url not in str([event.detail for event in rows(store, AuditEvent)])


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("email", {"email": "mo"}, "email"),
        ("chat", {"url": "http://10.1.2.3/zqsecret"}, "url"),
        ("telegram", {"token": TOKEN, "chat": "!"}, "chat"),
        ("chat", {"url": "https://a.example/", "kinds": "no such kind"}, "new-chat-kinds"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    mo: FlaskClient, store: Store, kind: str, fields: dict[str, str], field: str
) -> None:
    status, page = add(mo, kind, **fields)
    assert status == 422
    assert f'id="{field}-error"' in page
    assert TOKEN not in page
    assert "zqsecret" not in page
    assert rows(store, AlertChannel) == []


def test_nobody_changes_another_persons_way(
    mo: FlaskClient, make_app: Callable[..., Flask], store: Store, receiver: Receiver
) -> None:
    add(mo, "chat", url=receiver.url)
    (channel,) = rows(store, AlertChannel)
    other = sign_in(make_app(), store, "eve", "admin")
    for action in ("", "/test", "/remove"):
        form = {"csrf_token": csrf_token(other, PAGE), "kinds": "old"}
        assert other.post(f"{PAGE}/{channel.id}{action}", data=form).status_code == 404
    assert rows(store, AlertChannel)[0].kinds == "hold"
    assert channel.shown not in other.get(PAGE).text


def test_alerts_stand_above_every_page_for_who_may_see_the_site(
    mo: FlaskClient, make_app: Callable[..., Flask], store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    moment = clock.now()
    with store.write() as session:
        for kind, began in (("hold", moment), ("old", None)):
            session.add(
                Alert(
                    id=clock.new_id("al"),
                    key=f"{kind}:{site.id}",
                    kind=kind,
                    site_id=site.id,
                    number=90_000,
                    first_seen_at=moment,
                    last_seen_at=moment,
                    began_at=began,
                )
            )
    elsewhere = sign_in(make_app(), store, "eve", "none")
    with store.write() as session:
        session.add(Membership(user_id=rows(store, User, name="eve")[0].id, site_id=other_site.id, role="admin"))
    for page in ("/console/", "/console/comments", "/console/you"):
        assert "The Site holds every comment" in mo.get(page).text
        assert "has waited for a moderator for" not in mo.get(page).text, "that has not begun"
        assert "The Site holds" not in elsewhere.get(page).text


def test_a_way_that_fails_and_a_clock_that_stopped_are_said_above_every_page(
    mo: FlaskClient, store: Store, site: CreatedSite, receiver: Receiver
) -> None:
    add(mo, "chat", url=receiver.url)
    assert "Alerts</a>" not in (before := mo.get("/console/").text)
    assert 'class="alerts' not in before
    with store.write() as session:
        channel = session.get_one(AlertChannel, rows(store, AlertChannel)[0].id)
        channel.failing_since, channel.error = clock.now(), "It answered 404."
        session.add(Watermark(name=MARK, position=(clock.now() - timedelta(minutes=6)).isoformat()))
    page = mo.get("/console/").text
    assert "what is sent there does not arrive" in page
    assert "clock has stopped" in page
    assert "It answered 404." in mo.get(PAGE).text


def test_well_being_is_chosen_on_the_own_page_and_in_no_audit(mo: FlaskClient, store: Store) -> None:
    you, own = "/console/you", "/console/you/wellbeing"
    submit(mo, you, own, hides="cover", break_minutes="40", break_decisions="", day_cap="300", zone="Europe/Rome")
    (user,) = rows(store, User, name="mo")
    assert (user.hides, user.break_minutes, user.break_decisions, user.day_cap, user.zone) == (
        *("cover", 40, None, 300),
        "Europe/Rome",
    )
    for wrong in ({"day_cap": "many"}, {"break_minutes": "601"}, {"zone": "Mars/Base"}):
        answer = submit(mo, you, own, **({"day_cap": "5"} | wrong))
        assert answer.status_code == 422
        assert 'id="wellbeing-error"' in answer.text
    assert rows(store, User, name="mo")[0].day_cap == 300
    assert not [event for event in rows(store, AuditEvent) if event.detail and "300" in str(event.detail)]
