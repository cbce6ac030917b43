"""Large requests of one site leave threads for everybody else, and are never answered as if somebody had looked."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask

from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from service.compat.places import OF_A_SITE, PART_OF_ALL, NoPlace, Places
from tests.support.compat import choose_scores

pytestmark = pytest.mark.one_database

LONG = "fine " * 6_000
MANY = ["fine"] * 100


def moderate(app: Flask, site: CreatedSite, sent: Any = LONG) -> Any:
    headers = {"Authorization": f"Bearer {site.compat_key}"}
    return app.test_client().post("/v1/moderations", json={"input": sent}, headers=headers)


def judge(app: Flask, site: CreatedSite) -> Any:
    raw = json.dumps({"action": "NEW", "comment": {"body": LONG}, "author": {"id": "a"}}).encode()
    signature = "sha256=" + hmac.new(b"secret", raw, hashlib.sha256).hexdigest()
    path = f"/coral/phase?site={site.id}"
    return app.test_client().post(path, data=raw, headers={"X-Coral-Signature": signature})


def check(app: Flask, site: CreatedSite) -> Any:
    form = {"api_key": site.compat_key, "blog": "https://blog.example", "user_ip": "", "comment_content": LONG}
    return app.test_client().post("/1.1/comment-check", data=form)


@pytest.fixture
def served(app: Flask, store: Store, settings: Settings, site: CreatedSite) -> Flask:
    choose_scores(app)
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", "secret")
    return app


@pytest.fixture
def taken(served: Flask, site: CreatedSite) -> Iterator[ExitStack]:
    """The site's places, all taken until this is closed."""
    places: Places = served.extensions["winnow_compat"].places
    with ExitStack() as held:
        for _ in range(OF_A_SITE):
            held.enter_context(places.take(site.id, [LONG]))
        yield held


@pytest.mark.parametrize("sent", [LONG, MANY], ids=["one long text", "many texts"])
def test_a_site_has_so_many_large_requests_answered_at_a_time(
    served: Flask, taken: ExitStack, site: CreatedSite, other_site: CreatedSite, sent: Any
) -> None:
    refused = moderate(served, site, sent)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert moderate(served, site, "fine").status_code == 200, "it is small"
    assert moderate(served, other_site, sent).status_code == 200
    taken.close()
    assert moderate(served, site, sent).status_code == 200


def test_without_a_place_nothing_is_told_to_be_clean(served: Flask, taken: ExitStack, site: CreatedSite) -> None:
    assert judge(served, site).json == {"status": "SYSTEM_WITHHELD"}
    assert check(served, site).text == "true"
    taken.close()
    assert judge(served, site).status_code == 204
    assert check(served, site).text == "false"


def test_all_sites_together_leave_most_threads(make_app: Callable[..., Flask], site: CreatedSite) -> None:
    places: Places = make_app(web_threads=2 * PART_OF_ALL).extensions["winnow_compat"].places
    with places.take("a", [LONG]), places.take("b", [LONG]):
        with pytest.raises(NoPlace), places.take("c", [LONG]):
            pass
        with places.take("c", ["fine"]):
            pass


def test_what_fails_gives_its_place_back(served: Flask, site: CreatedSite) -> None:
    places: Places = served.extensions["winnow_compat"].places
    for _ in range(2 * OF_A_SITE):
        with pytest.raises(ValueError, match="broken"), places.take(site.id, [LONG]):
            raise ValueError("broken")
    assert moderate(served, site).status_code == 200
