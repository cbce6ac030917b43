"""What happens to a site's receiver."""

from __future__ import annotations

import contextlib
import time
from http.server import BaseHTTPRequestHandler

from sqlalchemy import select

from moderation import actors
from moderation.tables import WebhookEndpoint
from moderation.webhooks import endpoints
from tests.faults.catalogue import Fault
from tests.faults.world import World
from tests.support.waiting import eventually

#: What failed is tried again after 5 seconds, and then after 15.
_SECOND_TRY = 30.0


def _away(world: World) -> None:
    world.receiver.answer(503)
    world.last(4)
    world.receiver.release()


def _slow(world: World) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(2)
        handler.send_response(204)
        handler.end_headers()

    world.receiver.behave(answer)
    world.last(6)
    world.receiver.release()


def _closes(world: World) -> None:
    """It announces a long answer, says a little of it, and closes the connection."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b"I have ")
        handler.wfile.flush()
        handler.close_connection = True

    world.receiver.behave(answer)
    world.last(4)
    world.receiver.release()


def _redirects(world: World) -> None:
    world.receiver.answer(302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    world.last(4)
    world.receiver.release()


def _two_gigabytes(world: World) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Length", str(2 << 30))
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(2048):
                handler.wfile.write(bytes(1 << 20))

    world.receiver.behave(answer)
    world.last(4)
    world.receiver.release()


def _gone(world: World) -> None:
    """It says 410, which switches it off; somebody switches it on again."""
    world.receiver.answer(410)
    with world.store.read() as session:
        endpoint = session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.site_id == world.site.id)).one()

    def is_off() -> bool:
        with world.store.read() as session:
            return not session.get_one(WebhookEndpoint, endpoint.id).active

    eventually(is_off, within=20, what="the endpoint is switched off")
    world.last(2)
    world.receiver.release()
    with world.store.write() as session:
        endpoints.switch(session, world.site.id, endpoint.id, on=True, actor=actors.OPERATOR)


FAULTS = [
    Fault("receiver-away", _away, within=_SECOND_TRY),
    Fault("receiver-slow", _slow, within=_SECOND_TRY),
    Fault("receiver-closes-in-the-middle", _closes, within=_SECOND_TRY),
    Fault("receiver-gone", _gone, within=_SECOND_TRY, told=False),
    Fault("receiver-redirects", _redirects, within=_SECOND_TRY),
    Fault("receiver-returns-2-gb", _two_gigabytes, within=_SECOND_TRY),
]
