"""A site's webhooks on the pages of its admins, with a receiver at the other end."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import endpoints
from moderation.webhooks.endpoints import EndpointRefused
from moderation.webhooks.sender import Sender
from service.console.sites.webhooks import PAGE
from tests.support.comments import rows
from tests.support.delivering import deliver_once
from tests.support.receiver import Receiver
from tests.support.signed_in import csrf_token, sign_in, submit

pytestmark = pytest.mark.one_database

UNKNOWN = "0" * 26


@pytest.fixture
def chief(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "chief", "admin")


@pytest.fixture
def path(site: CreatedSite) -> str:
    return f"/console/sites/{site.id}/webhooks"


@pytest.fixture
def endpoint(chief: FlaskClient, store: Store, path: str, receiver: Receiver) -> str:
    """The address of the page of a webhook that leads to `receiver`."""
    assert submit(chief, path, path, url=receiver.url).status_code == 201
    [row] = rows(store, WebhookEndpoint)
    return f"{path}/{row.id}"


def deliver(store: Store, settings: Settings) -> list[str]:
    return deliver_once(store, settings, Sender(settings.webhook_allow))


def test_the_secret_is_shown_once(chief: FlaskClient, path: str, receiver: Receiver) -> None:
    answer = submit(chief, path, path, url=f"  {receiver.url} ")
    secret = re.search(r"whsec_[\w+/=]+", answer.text)
    assert secret is not None
    page = chief.get(path).text
    assert receiver.url in page
    assert secret[0] not in page


@pytest.mark.parametrize(
    "url", ["", "ftp://example.org/", "http://ada:secret@example.org/", "https://", "javascript:x"]
)
def test_an_address_that_cannot_be_sent_to_is_refused_and_stays_in_the_form(
    chief: FlaskClient, store: Store, path: str, url: str
) -> None:
    answer = submit(chief, path, path, url=url)
    assert answer.status_code == 422
    assert 'id="url-error"' in answer.text
    assert f'name="url" type="url" value="{url}"' in answer.text
    assert rows(store, WebhookEndpoint) == []


def test_a_test_arrives_and_its_page_says_so(
    chief: FlaskClient, store: Store, settings: Settings, receiver: Receiver, endpoint: str
) -> None:
    assert submit(chief, endpoint, f"{endpoint}/test").location == endpoint
    assert "Being sent" in chief.get(endpoint).text
    deliver(store, settings)
    [request] = receiver.requests
    assert request.json["type"] == "endpoint.test"
    page = chief.get(endpoint).text
    assert "Delivered" in page
    assert re.search(r"204 after [\d,]+ ms", page)


def test_what_failed_is_told_and_sent_again_under_the_same_id(
    chief: FlaskClient, store: Store, settings: Settings, receiver: Receiver, endpoint: str
) -> None:
    receiver.answer(500, 204)
    submit(chief, endpoint, f"{endpoint}/test")
    deliver(store, settings)
    assert "Will be tried again" in chief.get(endpoint).text
    [delivery] = rows(store, WebhookDelivery)
    assert submit(chief, endpoint, f"{endpoint}/deliveries/{delivery.id}/redeliver").location == endpoint
    deliver(store, settings)
    assert [one.headers["webhook-id"] for one in receiver.requests] == [delivery.id] * 2
    assert "Delivered" in chief.get(endpoint).text


def test_nothing_is_sent_to_a_webhook_that_is_off(
    chief: FlaskClient, store: Store, settings: Settings, path: str, receiver: Receiver, endpoint: str
) -> None:
    token = csrf_token(chief, path)
    submit(chief, path, f"{endpoint}/switch", "off")
    assert "switched off" in chief.get(path).text
    chief.post(f"{endpoint}/test", data={"csrf_token": token})
    assert "This webhook is switched off, so nothing is sent there." in chief.get(endpoint).text
    assert rows(store, WebhookDelivery) == []
    submit(chief, path, f"{endpoint}/switch", "on")
    submit(chief, endpoint, f"{endpoint}/test")
    deliver(store, settings)
    assert len(receiver.requests) == 1
    hooks = [row.action for row in rows(store, AuditEvent) if row.action.startswith("webhook.")]
    assert hooks == ["webhook.added", "webhook.switched_off", "webhook.switched_on", "webhook.tested"]


def test_events_are_sent_in_batches_once_an_admin_says_so(
    chief: FlaskClient, store: Store, settings: Settings, endpoint: str, receiver: Receiver
) -> None:
    for wrong in ({"events": "1", "seconds": "0"}, {"events": "9999", "seconds": "0"}, {"events": "9", "seconds": ""}):
        submit(chief, endpoint, f"{endpoint}/batches", **wrong)
        assert "Give 2 to 500 events" in chief.get(endpoint).text
    submit(chief, endpoint, f"{endpoint}/batches", events="50", seconds="0")
    assert "in batches of up to 50" in chief.get(endpoint.rpartition("/")[0]).text
    for _ in range(3):
        submit(chief, endpoint, f"{endpoint}/test")
    assert deliver(store, settings) == ["delivered"] * 3
    (request,) = receiver.requests
    assert len(json.loads(request.body)["data"]["events"]) == 3
    submit(chief, endpoint, f"{endpoint}/batches", button="off")
    assert [row.batch for row in rows(store, WebhookEndpoint)] == [None]


@pytest.mark.parametrize("which", ["w_%00", "w_" + "0" * 25, f"w_{UNKNOWN}", "x"])
@pytest.mark.parametrize("part", ["", "/switch", "/test", "/batches", f"/deliveries/msg_{UNKNOWN}/redeliver"])
def test_a_webhook_that_the_site_has_not_is_not_found(chief: FlaskClient, path: str, which: str, part: str) -> None:
    form = {"csrf_token": csrf_token(chief, path)}
    answer = chief.post(f"{path}/{which}{part}", data=form) if part else chief.get(f"{path}/{which}")
    assert answer.status_code == 404


def test_a_webhook_of_another_site_is_not_found(chief: FlaskClient, endpoint: str, other_site: CreatedSite) -> None:
    elsewhere = f"/console/sites/{other_site.id}/webhooks/{endpoint.rpartition('/')[2]}"
    assert chief.get(elsewhere).status_code == 404


@pytest.mark.parametrize("which", ["msg_%00", f"msg_{UNKNOWN}", "x"])
def test_a_delivery_that_is_not_there_is_not_sent_again(chief: FlaskClient, endpoint: str, which: str) -> None:
    form = {"csrf_token": csrf_token(chief, endpoint)}
    assert chief.post(f"{endpoint}/deliveries/{which}/redeliver", data=form).status_code == 404


def test_deliveries_are_read_in_pages_without_gaps_or_repeats(chief: FlaskClient, store: Store, endpoint: str) -> None:
    form = {"csrf_token": csrf_token(chief, endpoint)}
    for _ in range(2 * PAGE + 3):
        assert chief.post(f"{endpoint}/test", data=form).status_code == 303
    page, shown, pages = endpoint, list[str](), 0
    while page:
        text = chief.get(page).text
        shown += re.findall(r'<li class="delivery" id="(msg_\w+)"', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        page, pages = unescape(following[1]) if following else "", pages + 1
    assert pages == 3
    assert shown == [row.id for row in rows(store, WebhookDelivery)][::-1]


@pytest.mark.parametrize("before", ["%00", "x", "w_" + UNKNOWN])
def test_an_address_that_no_page_wrote_shows_the_first_page(chief: FlaskClient, endpoint: str, before: str) -> None:
    submit(chief, endpoint, f"{endpoint}/test")
    assert 'class="delivery"' in chief.get(f"{endpoint}?before={before}").text


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.7/hook",
        "http://127.1:8080/",
        "http://localhost:3000/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://192.168.1.20/",
        "http://2130706434/",
        "http://app.localhost/",
    ],
)
def test_an_address_that_can_never_be_sent_to_is_refused_with_how_to_allow_it(
    store: Store, settings: Settings, site: CreatedSite, url: str
) -> None:
    strict = replace(settings, webhook_allow=())
    with store.write() as session, pytest.raises(EndpointRefused, match="WINNOW_WEBHOOK_ALLOW="):
        endpoints.add(session, strict, site.id, url, actor="operator")
    assert rows(store, WebhookEndpoint) == []
    allowed = replace(settings, webhook_allow=tuple(map(ip_network, ("0.0.0.0/0", "::/0"))))
    with store.write() as session:
        endpoints.add(session, allowed, site.id, url, actor="operator")


def test_a_webhook_that_fails_is_seen_with_a_count_and_no_more_once_it_works(
    app: Flask, store: Store, settings: Settings, site_with_webhook: CreatedSite, receiver: Receiver
) -> None:
    chief, mo = sign_in(app, store, "chief", "admin"), sign_in(app, store, "mo")
    [endpoint] = rows(store, WebhookEndpoint)
    pages = ("/console/sites", f"/console/sites/{site_with_webhook.id}", "/console/")
    webhooks = f"/console/sites/{site_with_webhook.id}/webhooks"

    def send(status: int) -> None:
        receiver.answer(status)
        with store.write() as session:
            endpoints.test(session, site_with_webhook.id, endpoint.id, actor="operator")
        deliver_once(store, settings, Sender(settings.webhook_allow))

    def seen() -> list[bool]:
        red = re.compile(r'"[^"]*\bbad\b[^>]*>.{0,99}?\b1\b[^<]*fails', re.S)
        return [bool(red.search(chief.get(page).text)) for page in pages]

    assert seen() == [False] * 3
    send(500)
    assert seen() == [True] * 3
    assert "Fails" in chief.get(webhooks).text
    assert "webhooks fail" not in mo.get("/console/").text
    send(200)
    assert seen() == [False] * 3
    assert ">Fails<" not in chief.get(webhooks).text
