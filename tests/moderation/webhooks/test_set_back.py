"""The machine's clock was ahead, and is set back: what was noted meanwhile is sent now, not when it is there again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from moderation import clock as time_of_day
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import WebhookDelivery
from moderation.webhooks import catalogue, deliveries, events, set_back
from moderation.webhooks.catalogue import Event
from moderation.webhooks.sender import Sender
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.delivering import deliver_once
from tests.support.receiver import Receiver


def notify(store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        events.notify(session, [Event(catalogue.COMMENT_PUBLISHED, site.id, None, at=time_of_day.now(), data={})])


def fail(deliver: Callable[[], list[str]], receiver: Receiver) -> None:
    receiver.answer(500)
    assert deliver() == ["failed"]
    receiver.answer(204)


def lease(store: Store) -> None:
    [delivery] = rows(store, WebhookDelivery)
    with store.write() as session:
        assert deliveries.claim(session, delivery.endpoint_id), "a process takes it, and dies"


@pytest.mark.parametrize("happened", ["written", "failed", "leased", "written before and failed", "before and leased"])
def test_what_was_noted_while_the_clock_was_ahead_is_sent_when_it_is_back(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, receiver: Receiver, clock: Clock, happened: str
) -> None:
    deliver = partial(deliver_once, store, settings, Sender(settings.webhook_allow))
    if "before" in happened:
        notify(store, site_with_webhook)
        clock.advance(hours=1)
    else:
        clock.advance(hours=1)
        notify(store, site_with_webhook)
    if "failed" in happened:
        fail(deliver, receiver)
    if "leased" in happened:
        lease(store)
    clock.advance(hours=-1)
    assert deliver() == []
    assert set_back.bring_forward(store) == 1
    assert deliver() == ["delivered"]
    assert set_back.bring_forward(store) == 0


def test_what_waits_for_its_turn_is_left_alone_and_so_is_what_clocks_differ_by(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, receiver: Receiver, clock: Clock
) -> None:
    deliver = partial(deliver_once, store, settings, Sender(settings.webhook_allow))
    notify(store, site_with_webhook)
    fail(deliver, receiver)
    lease_ends = clock.now + timedelta(hours=12)
    with store.write() as session:
        for row in session.query(WebhookDelivery):
            row.next_attempt_at = lease_ends
    clock.advance(seconds=-50)
    assert set_back.bring_forward(store) == 0


def test_looking_reads_no_more_where_a_thousand_were_sent(store: Store, site_with_webhook: CreatedSite) -> None:
    """It looks every few seconds for as long as Winnow runs."""
    notify(store, site_with_webhook)
    with store.read() as session:
        explain = "EXPLAIN QUERY PLAN " if store.is_sqlite else "EXPLAIN "
        if not store.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        for query in set_back.queries(time_of_day.now()):
            plan = session.execute(
                text(explain + str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})))
            )
            steps = "\n".join(str(tuple(row)) for row in plan)
            assert "Seq Scan" not in steps, steps
            assert "SCAN webhook" not in steps, steps
