"""Webhook endpoints and what became of what was sent to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response

from moderation.history import listing
from moderation.webhooks import deliveries, events
from moderation.webhooks.endpoints import MOST_ENDPOINTS
from service.api import cursors
from service.api.answers import (
    DeliveriesSchema,
    DeliverySchema,
    EndpointsSchema,
    NewEndpointSchema,
    show_delivery,
    show_endpoint,
)
from service.api.routing import Operation, answer, empty, operation
from service.api.schemas import EndpointSchema, Page
from service.context import context
from service.problems import Problem, invalid

_TAG = "Webhooks"


@operation(
    "GET",
    "/webhooks",
    Operation(summary="List the webhooks", tag=_TAG, answers={200: ("The site's endpoints.", EndpointsSchema)}),
)
def list_endpoints(site_id: str) -> Response:
    """Where the site is told of decisions."""
    with context().store.read() as session:
        return answer({"webhooks": [show_endpoint(one) for one in listing.endpoints(session, site_id)]})


@operation(
    "POST",
    "/webhooks",
    Operation(
        summary="Add a webhook",
        tag=_TAG,
        body=EndpointSchema,
        answers={201: ("The endpoint and its secret.", NewEndpointSchema)},
    ),
)
def add_endpoint(site_id: str, *, body: dict[str, Any]) -> Response:
    """From now on every decision is sent there, signed as Standard Webhooks has it. Private addresses are accepted
    here and refused at delivery, unless the operator allows them."""
    found = context()
    with found.store.write() as session:
        own = [one for one in listing.endpoints(session, site_id) if one.protocol == "standard"]
        if len(own) >= MOST_ENDPOINTS:
            raise invalid({"url": [f"A site has at most {MOST_ENDPOINTS} webhooks. Delete one first."]})
        endpoint, secret = events.create_endpoint(session, found.settings, site_id, body["url"])
    return answer(show_endpoint(endpoint) | {"secret": secret}, 201)


@operation(
    "DELETE",
    "/webhooks/<endpoint_id>",
    Operation(
        summary="Delete a webhook",
        tag=_TAG,
        answers={204: ("It is deleted.", None)},
        problems=("not-found",),
    ),
)
def delete_endpoint(site_id: str, *, endpoint_id: str) -> Response:
    """With its deliveries, those still to come included."""
    with context().store.write() as session:
        endpoint = listing.endpoint(session, site_id, endpoint_id)
        if endpoint is None:
            raise Problem("not-found", f"There is no webhook endpoint {endpoint_id}.")
        session.delete(endpoint)
    return empty()


@operation(
    "GET",
    "/webhooks/<endpoint_id>/deliveries",
    Operation(
        summary="List a webhook's deliveries",
        tag=_TAG,
        query=Page,
        answers={200: ("A page of deliveries.", DeliveriesSchema)},
        problems=("not-found",),
    ),
)
def list_deliveries(site_id: str, *, endpoint_id: str, query: dict[str, Any]) -> Response:
    """The latest first, each with every attempt and what your server answered."""
    before = None
    if "cursor" in query:
        (before,) = cursors.decode("deliveries", query["cursor"], [str])
    with context().store.read() as session, _not_found():
        rows = deliveries.page(session, site_id, endpoint_id, after=before, limit=query["limit"] + 1)  # type: ignore[arg-type]
    page = rows[: query["limit"]]
    more = len(rows) > len(page)
    return answer(
        {
            "deliveries": [show_delivery(delivery, attempts) for delivery, attempts in page],
            "next_cursor": cursors.encode("deliveries", [page[-1][0].id]) if more else None,
        }
    )


@operation(
    "POST",
    "/webhooks/<endpoint_id>/test",
    Operation(
        summary="Test a webhook",
        tag=_TAG,
        answers={202: ("The delivery, on its way.", DeliverySchema)},
        problems=("not-found",),
    ),
)
def test_endpoint(site_id: str, *, endpoint_id: str) -> Response:
    """Sends an `endpoint.test` event, as a decision would be. Its attempts are in the list of deliveries."""
    with context().store.write() as session, _not_found():
        delivery = deliveries.send_test(session, site_id, endpoint_id)
    context().asides.nudge(site_id)
    return answer(show_delivery(delivery, []), 202)


@operation(
    "POST",
    "/webhooks/<endpoint_id>/deliveries/<delivery_id>/redeliver",
    Operation(
        summary="Send a delivery again",
        tag=_TAG,
        answers={202: ("The delivery, on its way again.", DeliverySchema)},
        problems=("not-found",),
    ),
)
def redeliver(site_id: str, *, endpoint_id: str, delivery_id: str) -> Response:
    """Under the same `webhook-id`, whether it was delivered, given up or still waits for its next attempt."""
    with context().store.write() as session, _not_found():
        delivery = deliveries.redeliver(session, site_id, delivery_id)
        if delivery.endpoint_id != endpoint_id:
            raise LookupError(f"There is no delivery {delivery_id} at this webhook.")
        attempts = listing.attempts(session, delivery_id)
    context().asides.nudge(site_id)
    return answer(show_delivery(delivery, attempts), 202)


@contextmanager
def _not_found() -> Iterator[None]:
    try:
        yield
    except LookupError as error:
        raise Problem("not-found", str(error)) from None
