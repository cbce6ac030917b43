"""Webhook endpoints and their deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response

from moderation import actors
from moderation.errors import NotFound
from moderation.webhooks import endpoints
from moderation.webhooks.batches import Batching
from moderation.webhooks.endpoints import EndpointRefused, NotNow
from service.api import cursors
from service.api.answers import (
    DeliveriesSchema,
    DeliverySchema,
    EndpointAnswerSchema,
    EndpointsSchema,
    NewEndpointSchema,
    show_delivery,
    show_endpoint,
)
from service.api.routing import Operation, answer, empty, operation
from service.api.schemas import EndpointChangeSchema, EndpointSchema, Page
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
        return answer({"webhooks": [show_endpoint(endpoint) for endpoint in endpoints.of_site(session, site_id)]})


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
    """From now on every decision is sent there, signed as Standard Webhooks has it. Private addresses, and names that
    lead to them, are refused unless the operator allows them. A site has ten webhooks at most."""
    try:
        endpoints.require_permitted_name(body["url"], context().settings)
        with context().store.write() as session:
            endpoint, secret = endpoints.add(
                session, context().settings, site_id, body["url"], actor=actors.SITE, batches=_batching(body)
            )
    except EndpointRefused as refusal:
        raise invalid({"url": [str(refusal)]}) from None
    return answer(show_endpoint(endpoint) | {"secret": secret}, 201)


@operation(
    "PATCH",
    "/webhooks/<endpoint_id>",
    Operation(
        summary="Change a webhook",
        tag=_TAG,
        body=EndpointChangeSchema,
        answers={200: ("The endpoint.", EndpointAnswerSchema)},
        problems=("not-found",),
    ),
)
def change_endpoint(site_id: str, *, endpoint_id: str, body: dict[str, Any]) -> Response:
    """Whether its events come in batches. What failed in a batch comes again in it, unless batches are switched off."""
    with _refusals(), context().store.write() as session:
        endpoint = endpoints.set_batches(session, site_id, endpoint_id, _batching(body), actor=actors.SITE)
    return answer(show_endpoint(endpoint))


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
    with _refusals(), context().store.write() as session:
        endpoints.remove(session, site_id, endpoint_id, actor=actors.SITE)
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
    with _refusals(), context().store.read() as session:
        rows = endpoints.deliveries(session, site_id, endpoint_id, after=before, limit=query["limit"] + 1)  # type: ignore[arg-type]
    page, next_cursor = cursors.cut("deliveries", rows, query["limit"], lambda row: [row[0].id])
    return answer({"deliveries": [show_delivery(*row) for row in page], "next_cursor": next_cursor})


@operation(
    "POST",
    "/webhooks/<endpoint_id>/test",
    Operation(
        summary="Test a webhook",
        tag=_TAG,
        answers={202: ("The delivery, on its way.", DeliverySchema)},
        problems=("not-found", "not-now"),
    ),
)
def test_endpoint(site_id: str, *, endpoint_id: str) -> Response:
    """Sends an `endpoint.test` event, as a decision would be. Its attempts are in the list of deliveries.

    A webhook that is switched off is sent none."""
    with _refusals(), context().write() as session:
        delivery = endpoints.test(session, site_id, endpoint_id, actor=actors.SITE)
    return answer(show_delivery(delivery, []), 202)


@operation(
    "POST",
    "/webhooks/<endpoint_id>/deliveries/<delivery_id>/redeliver",
    Operation(
        summary="Send a delivery again",
        tag=_TAG,
        answers={202: ("The delivery, on its way again.", DeliverySchema)},
        problems=("not-found", "not-now"),
    ),
)
def redeliver(site_id: str, *, endpoint_id: str, delivery_id: str) -> Response:
    """Under the same `webhook-id`, whether it was delivered, given up or still waits for its next attempt.

    Not one that was cancelled, since its decision no longer holds, nor one that waits for the end of the grace time,
    nor to a webhook that is switched off."""
    with _refusals(), context().write() as session:
        delivery = endpoints.redeliver(session, site_id, endpoint_id, delivery_id, actor=actors.SITE)
        attempts = endpoints.attempts(session, [delivery_id])[delivery_id]
    return answer(show_delivery(delivery, attempts), 202)


def _batching(body: dict[str, Any]) -> Batching | None:
    batch = body.get("batch")
    return None if batch is None else Batching(**batch)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns the domain's refusals into problems. It goes around the transaction, which is then rolled back first."""
    try:
        yield
    except NotFound as error:
        raise Problem("not-found", str(error)) from None
    except NotNow as refusal:
        raise Problem("not-now", str(refusal)) from None
