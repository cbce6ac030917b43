"""A webhook to a host whose name leads inside is refused when it is entered, on every way in; the rest is as before."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.settings import Settings
from moderation.sites.sites import CreatedSite, create_site
from moderation.store import Store
from moderation.tables import WebhookEndpoint
from moderation.webhooks import endpoints, sender
from moderation.webhooks.endpoints import EndpointRefused
from tests.support.comments import rows
from tests.support.signed_in import csrf_token, sign_in
from tests.support.waiting import eventually

pytestmark = pytest.mark.one_database

#: Host -> where its name leads.
NAMES = {
    "inside.example": ["10.1.2.3"],
    "host.docker.internal": ["172.17.0.1"],
    "both.example": ["10.1.2.3", "93.184.216.34"],
    "six.example": ["fd00::1", "::ffff:192.168.1.1"],
    "outside.example": ["93.184.216.34"],
    "slow.example": ["10.1.2.3"],
}


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    real, over = socket.getaddrinfo, threading.Event()

    def resolve(host: str, *rest: Any, **more: Any) -> Any:
        if host == "slow.example":
            over.wait(60)
        if not str(host).endswith((".example", ".internal")):
            return real(host, *rest, **more)
        if host not in NAMES:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in NAMES[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(sender, "NAME_SECONDS", 60.0)  # a busy machine may pause for seconds
    yield
    over.set()


def url_of(host: str) -> str:
    return f"https://{host}/hook"


@pytest.mark.parametrize("host", ["inside.example", "host.docker.internal", "six.example"])
def test_a_name_that_leads_inside_is_refused_on_every_way_in(
    app: Flask, client: FlaskClient, store: Store, settings: Settings, site: CreatedSite, host: str
) -> None:
    answer = client.post("/api/v1/webhooks", json={"url": url_of(host)})
    assert answer.status_code == 422
    said = answer.get_json()["errors"]["url"][0]
    assert "private or reserved" in said
    assert "WINNOW_WEBHOOK_ALLOW" in said
    assert not any(address in said for address in NAMES[host]), "nobody is told what the inner network looks like"

    chief = sign_in(app, store, "chief", "admin")
    page = f"/console/sites/{site.id}/webhooks"
    shown = chief.post(page, data={"csrf_token": csrf_token(chief, page), "url": url_of(host)})
    assert (shown.status_code, said in shown.text) == (422, True)
    with pytest.raises(EndpointRefused, match="private or reserved"):
        create_site(store, settings, "Another", url_of(host))
    assert rows(store, WebhookEndpoint) == []


@pytest.mark.parametrize("host", ["[::ffff:10.0.0.1]", "[64:ff9b::10.0.0.1]", "[::ffff:a00:1]", "10.1", "10.0.0.1."])
def test_an_address_inside_is_refused_however_it_is_spelt(client: FlaskClient, host: str) -> None:
    answer = client.post("/api/v1/webhooks", json={"url": url_of(host)})
    assert answer.status_code == 422
    assert "is a private or reserved address" in answer.get_json()["errors"]["url"][0]


def test_names_that_no_server_answers_for_leave_few_lookups_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, asked = threading.Event(), threading.Semaphore(0)

    def resolve(*_: Any, **__: Any) -> Any:
        asked.release()
        assert released.wait(60)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(sender, "NAME_SECONDS", 0.01)
    for number in range(2 * sender.NAMES_AT_ONCE):
        endpoints.require_permitted_name(url_of(f"never-{number}.example"), settings)
    begun = sum(asked.acquire(timeout=5) for _ in range(sender.NAMES_AT_ONCE))
    assert (begun, asked.acquire(blocking=False)) == (sender.NAMES_AT_ONCE, False)
    released.set()
    eventually(lambda: [sender._looking_up.acquire(blocking=False)] == [True], what="a look-up ends")
    sender._looking_up.release()


@pytest.mark.parametrize("host", ["both.example", "outside.example", "unknown.example", "slow.example"])
def test_a_name_that_leads_outside_or_nowhere_yet_is_taken(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    if host == "slow.example":
        monkeypatch.setattr(sender, "NAME_SECONDS", 0.2)
    assert client.post("/api/v1/webhooks", json={"url": url_of(host)}).status_code == 201


def test_the_operator_can_allow_it(settings: Settings) -> None:
    allowed = replace(settings, webhook_allow=(ip_network("10.1.0.0/16"),))
    endpoints.require_permitted_name(url_of("inside.example"), allowed)
    with pytest.raises(EndpointRefused):
        endpoints.require_permitted_name(url_of("inside.example"), settings)
