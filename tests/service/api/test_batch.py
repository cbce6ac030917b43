"""Many submissions in one request: an outcome for each, in their order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.intake.queues import Queues
from moderation.store import Store
from moderation.tables import Comment
from tests.support.comments import rows

ROUTE = "/api/v1/comments/batch"


def comment(number: int, **fields: Any) -> dict[str, Any]:
    return {"name": "Ada", "comment": f"Remark {number}.", "external_id": f"e{number}"} | fields


def test_one_bad_element_does_not_sink_the_others(client: FlaskClient, store: Store, queues: Queues) -> None:
    client.post("/api/v1/comments", json=comment(1))
    sent = [
        comment(1),
        comment(1, comment="Other content."),
        comment(2),
        comment(2),
        {"name": "", "external_id": "e3"},
        "a comment",
        comment(4, parent_id="c_nothing"),
        comment(5),
    ]
    response = client.post(ROUTE, json=sent)
    assert response.status_code == 200
    outcomes = response.get_json()["outcomes"]
    assert [one["code"] for one in outcomes] == [200, 409, 202, 200, 422, 422, 422, 202]
    assert outcomes[2]["id"] == outcomes[3]["id"]
    assert outcomes[4]["external_id"] == "e3"
    assert set(outcomes[4]["errors"]) == {"name", "comment"}
    assert list(outcomes[6]["errors"]) == ["parent_id"]
    assert {row.external_id for row in rows(store, Comment)} == {"e1", "e2", "e5"}
    assert queues.length()["waiting"] == 3


@pytest.mark.parametrize("longest", [200, 201])
def test_a_refused_elements_own_id_is_repeated_where_it_could_be_one(client: FlaskClient, longest: int) -> None:
    sent = [{"name": "", "external_id": given} for given in ("e" * longest, "a\nb", 7)]
    told = [one["external_id"] for one in client.post(ROUTE, json=sent).get_json()["outcomes"]]
    assert told == ["e" * 200 if longest == 200 else None, None, None]


def test_ndjson_will_do_as_well_and_a_broken_line_is_an_outcome_of_its_own(client: FlaskClient) -> None:
    lines = [json.dumps(comment(1, comment="one\u2028line")), "{broken", "", json.dumps(comment(2))]
    response = client.post(ROUTE, data="\n".join(lines), content_type="application/x-ndjson")
    outcomes = response.get_json()["outcomes"]
    assert [one["code"] for one in outcomes] == [202, 400, 202]
    assert outcomes[1]["detail"].startswith("Line 2: ")


def test_a_thousand_at_once_and_not_one_more(client: FlaskClient, store: Store) -> None:
    assert client.post(ROUTE, json=[comment(number) for number in range(1001)]).status_code == 422
    assert not rows(store, Comment)
    response = client.post(ROUTE, json=[comment(number) for number in range(1000)])
    assert {one["code"] for one in response.get_json()["outcomes"]} == {202}
    assert len(rows(store, Comment)) == 1000


def test_an_empty_list_and_what_is_no_list_are_refused(client: FlaskClient) -> None:
    assert client.post(ROUTE, json=[]).status_code == 422
    assert client.post(ROUTE, json=comment(1)).status_code == 400
    assert client.post(ROUTE, data=comment(1)).status_code == 415


def test_a_batch_may_be_larger_than_a_single_submission(client: FlaskClient) -> None:
    sent = [comment(number, comment="x" * 19_000) for number in range(20)]
    assert client.post(ROUTE, json=sent).status_code == 200
    response = client.post(ROUTE, data=b" " * (8 * 1024 * 1024 + 1), content_type="application/json")
    assert response.status_code == 413
