"""The `Host` of a request is whatever its client says, or what a proxy made of it: no answer leads there."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [("/console", "/console/"), ("/demo", "/demo/"), ("/console?order=new&x=%2F", "/console/?order=new&x=%2F")],
)
def test_what_lacks_its_slash_is_led_to_a_path_and_to_no_host(client: FlaskClient, asked: str, leads_to: str) -> None:
    """A cache in front would keep the address for everybody."""
    answer = client.get(asked, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, leads_to)
