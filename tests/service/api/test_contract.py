"""Requests of every kind, made from the OpenAPI document: what is answered is what the document says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import APIOperation
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.comments import accept

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

#: On SQLite; what PostgreSQL may answer differently shows in fewer.
CASES, CASES_ON_POSTGRESQL = 1000, 500
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.fixture
def operations(app: Flask) -> list[APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    results = list(schema.get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results)
    return operations


def test_no_request_of_1000_brings_a_5xx_and_every_answer_is_as_documented(
    operations: list[APIOperation[Any, Any, Any, Any]], app: Flask, site: CreatedSite, store: Store, queues: Queues
) -> None:
    statuses: Counter[int] = Counter()
    cases = CASES if store.is_sqlite else CASES_ON_POSTGRESQL
    each = cases // len(operations) + 1
    for operation in operations:
        real = _real_ids(app, site, store, queues)
        _try(operation, each, site, real, statuses)
    assert sum(statuses.values()) >= cases
    assert {200, 201, 202, 204, 404, 422} <= set(statuses), "the requests reached little of the API"


def _try(
    operation: APIOperation[Any, Any, Any, Any],
    examples: int,
    site: CreatedSite,
    real: Iterator[dict[str, str]],
    statuses: Counter[int],
) -> None:
    @hypothesis_settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        ids = next(real)
        for name in set(ids) & set(case.path_parameters or ()):
            case.path_parameters[name] = ids[name]
        response = case.call(headers={"Authorization": f"Bearer {site.api_key}"})
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    send()


def _real_ids(app: Flask, site: CreatedSite, store: Store, queues: Queues) -> Iterator[dict[str, str]]:
    """Ids for a case's path: every other time of things that exist, or that an earlier case erased."""
    client = app.test_client()
    headers = {"Authorization": f"Bearer {site.api_key}"}
    posted = [accept(store, queues, site, f"Remark {number}.").id for number in range(10)]
    listed = client.get("/api/v1/webhooks", headers=headers).get_json()["webhooks"]
    sent = {"url": "https://example.org/hook"}
    endpoint = (listed or [client.post("/api/v1/webhooks", json=sent, headers=headers).get_json()])[0]["id"]
    delivery = client.post(f"/api/v1/webhooks/{endpoint}/test", headers=headers).get_json()["id"]
    for comment_id in cycle(posted):
        yield {"comment_id": comment_id, "endpoint_id": endpoint, "delivery_id": delivery}
        yield {}
