"""The compat key: it scores and gives feedback, reads nothing, and rotates like the API key beside it."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from sqlalchemy import select

from moderation import sealing
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import ApiCaller, CreatedSite
from moderation.store import Store
from moderation.tables import CompatKey
from tests.support.compat import choose_scores

pytestmark = pytest.mark.one_database


def valid(store: Store, *keys: str) -> list[str | None]:
    with store.read() as session:
        callers = [sites.authenticate_compat(session, key) for key in keys]
    assert not any(caller.from_browser for caller in callers if caller)
    return [caller.site_id if caller else None for caller in callers]


def test_a_key_has_the_twelve_characters_that_wordpress_asks_for(site: CreatedSite, other_site: CreatedSite) -> None:
    assert re.fullmatch(r"[0-9a-z]{12}", site.compat_key)
    assert site.compat_key != other_site.compat_key


def test_a_key_is_its_sites_own_in_either_case(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    keys = (site.compat_key, site.compat_key.upper(), other_site.compat_key)
    assert valid(store, *keys) == [site.id, site.id, other_site.id]


@pytest.mark.parametrize("key", ["", "x" * 12, "x" * 11, "\0" * 12, "ü" * 12, "'; DROP TABLE"])
def test_no_other_key_is_valid(store: Store, site: CreatedSite, key: str) -> None:
    assert valid(store, key, site.api_key) == [None, None]


def test_a_key_is_encrypted_at_rest(store: Store, settings: Settings, site: CreatedSite) -> None:
    with store.read() as session:
        [row] = session.scalars(select(CompatKey).where(CompatKey.site_id == site.id))
        assert site.compat_key not in row.sealed + row.digest
        assert sealing.unseal(settings, row.sealed) == site.compat_key


def test_rotating_keeps_the_key_before(store: Store, settings: Settings, site: CreatedSite) -> None:
    second, third = (sites.rotate_key(store, settings, site.id).compat_key for _ in range(2))
    assert second
    assert third
    assert valid(store, site.compat_key, second, third) == [None, site.id, site.id]


def test_either_key_can_be_rotated_alone(store: Store, settings: Settings, site: CreatedSite) -> None:
    only_api = sites.rotate_key(store, settings, site.id, "api")
    only_compat = sites.rotate_key(store, settings, site.id, "compat")
    assert (only_api.compat_key, only_compat.api_key) == (None, None)
    sites.rotate_key(store, settings, site.id, "compat")
    assert valid(store, site.compat_key) == [None]
    with store.read() as session:
        assert sites.authenticate(session, site.api_key) == ApiCaller(site.id)


def test_without_a_secret_key_no_site_is_made_half(store: Store, settings: Settings) -> None:
    import dataclasses  # noqa: PLC0415

    with pytest.raises(sealing.SealError, match="WINNOW_SECRET_KEY"):
        sites.create_site(store, dataclasses.replace(settings, secret_keys=()), "Half")
    with store.read() as session, pytest.raises(NotFound):
        sites.by_name(session, "Half")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/comments"),
        ("post", "/api/v1/comments"),
        ("get", "/api/v1/review-queue"),
        ("get", "/api/v1/policy"),
        ("get", "/api/v1/threads/x/comments"),
        ("get", "/api/v1/webhooks"),
    ],
)
def test_a_compat_key_reads_nothing(app: Flask, site: CreatedSite, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {site.compat_key}"}
    assert app.test_client().open(path, method=method, headers=headers, json={}).status_code == 401


def test_a_revoked_key_is_a_wrong_key_within_seconds(
    app: Flask, store: Store, settings: Settings, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.api.authentication.REMEMBERED_SECONDS", 0.0)
    choose_scores(app)
    sent = {"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {}}}
    path = f"/v1alpha1/comments:analyze?key={site.compat_key}"
    assert app.test_client().post(path, json=sent).status_code == 200
    for _ in range(2):
        sites.rotate_key(store, settings, site.id)
    refused = app.test_client().post(path, json=sent)
    assert json.loads(refused.data)["error"]["details"][0]["reason"] == "API_KEY_INVALID"
