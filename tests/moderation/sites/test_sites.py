"""Sites and their keys: hashed, rotated, and never one site's for another's comments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moderation import sealing
from moderation.decisions import comments
from moderation.errors import NotFound
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import ApiKey, AuditEvent, PolicyVersion, Site, WebhookEndpoint
from tests.support.clock import Clock
from tests.support.comments import accept, dump, rows


def owner(store: Store, api_key: str) -> str | None:
    with store.read() as session:
        caller = sites.authenticate(session, api_key)
    return None if caller is None else caller.site_id


def test_a_key_says_whose_it_is(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    assert owner(store, site.api_key) == site.id
    assert owner(store, other_site.api_key) == other_site.id


@pytest.mark.parametrize("change", ["", "wk_", "wk", "é", "\x00", "\ud800", "wk_00000000_nothing"])
def test_what_is_no_key_is_nobodys(store: Store, site: CreatedSite, change: str) -> None:
    assert owner(store, change) is None


def test_a_key_with_one_character_changed_is_nobodys(store: Store, site: CreatedSite) -> None:
    for at in range(len(site.api_key)):
        other = "x" if site.api_key[at] != "x" else "y"
        assert owner(store, site.api_key[:at] + other + site.api_key[at + 1 :]) is None
    assert owner(store, site.api_key + "x") is None
    assert owner(store, site.api_key[:-1]) is None


def test_a_key_and_a_webhook_secret_are_nowhere_in_the_database(
    store: Store, settings: Settings, site: CreatedSite
) -> None:
    created = sites.create_site(store, settings, "With a webhook", "https://site.example/hook")
    rotated = sites.rotate_key(store, settings, created.id).api_key
    assert rotated is not None
    everything = dump(store)
    assert created.webhook_secret is not None
    for key in (created.api_key, rotated):
        public = sealing.public_prefix(key)
        assert public in everything, "to find it by"
        assert key.removeprefix(f"{public}_") not in everything
    assert created.webhook_secret.removeprefix("whsec_") not in everything


def test_two_keys_work_while_rotating_and_the_third_revokes_the_first(
    store: Store, settings: Settings, site: CreatedSite, clock: Clock
) -> None:
    keys = [site.api_key]
    for valid in ([0, 1], [1, 2], [2, 3]):
        clock.advance(seconds=1)
        keys.append(sites.rotate_key(store, settings, site.id).api_key or "")
        assert [number for number, key in enumerate(keys) if owner(store, key) == site.id] == valid
    assert [key.revoked_at is None for key in sorted(rows(store, ApiKey), key=lambda key: key.created_at)] == [
        False,
        False,
        True,
        True,
    ]


def test_rotating_one_sites_key_leaves_the_others(
    store: Store, settings: Settings, site: CreatedSite, other_site: CreatedSite
) -> None:
    for _ in range(3):
        sites.rotate_key(store, settings, site.id)
    assert owner(store, other_site.api_key) == other_site.id


def test_rotating_a_site_that_is_not_there(store: Store, settings: Settings) -> None:
    with pytest.raises(NotFound, match="There is no site s_nobody"):
        sites.rotate_key(store, settings, "s_nobody")


def test_one_site_never_sees_anothers_comments(
    store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite
) -> None:
    comment = accept(store, queues, site)
    with store.read() as session:
        assert comments.find(session, site.id, comment.id).id == comment.id
        with pytest.raises(comments.NotFound, match=f"There is no comment {comment.id}"):
            comments.find(session, other_site.id, comment.id)


def test_a_new_site_has_a_policy_and_no_endpoint_unless_asked(
    store: Store, settings: Settings, site: CreatedSite
) -> None:
    assert rows(store, PolicyVersion, site_id=site.id)[0].document["mode"] == "auto"
    assert rows(store, WebhookEndpoint) == []
    assert site.webhook_secret is None
    created = sites.create_site(store, settings, "Asked", "https://site.example/hook")
    assert [(one.site_id, one.url) for one in rows(store, WebhookEndpoint)] == [
        (created.id, "https://site.example/hook")
    ]


def test_creating_and_rotating_are_on_record(store: Store, settings: Settings, site: CreatedSite) -> None:
    sites.rotate_key(store, settings, site.id)
    assert {(event.action, event.actor) for event in rows(store, AuditEvent, site_id=site.id)} == {
        ("site.created", "operator"),
        ("site.key_rotated", "operator"),
    }


def test_a_site_is_found_by_name_or_id_and_never_guessed(store: Store, settings: Settings, site: CreatedSite) -> None:
    with store.read() as session:
        assert sites.by_name(session, "The Site").id == sites.by_name(session, site.id).id == site.id
        with pytest.raises(NotFound, match="There is no site named 'the site'"):
            sites.by_name(session, "the site")
    with pytest.raises(ValueError, match="There is a site The Site already"):
        sites.create_site(store, settings, "The Site")
    other = sites.create_site(store, settings, "Another")
    with store.write() as session:  # as it was possible before
        session.get_one(Site, other.id).name = "The Site"
    with store.read() as session, pytest.raises(NotFound, match="Several sites are named 'The Site'"):
        sites.by_name(session, "The Site")


def test_a_site_with_a_webhook_needs_a_secret_key_to_be_stored_at_all(store: Store, settings: Settings) -> None:
    with pytest.raises(sealing.SealError, match="WINNOW_SECRET_KEY is not set"):
        sites.create_site(store, replace(settings, secret_keys=()), "No key", "https://site.example/hook")
    assert rows(store, ApiKey) == [], "nothing is left half-made"
