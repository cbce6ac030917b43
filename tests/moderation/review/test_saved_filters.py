"""Saved filters: whose they are, who is shown which, and what the audit says of shared ones."""

from __future__ import annotations

import pytest

from moderation import actors
from moderation.people import accounts
from moderation.review import saved_filters
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, SavedFilter, User
from tests.support.comments import rows


@pytest.fixture
def people(store: Store) -> list[str]:
    return [accounts.create_user(store, name, "moderator").id for name in ("mo", "ada")]


def save(store: Store, user_id: str, name: str, shared: bool = False, **query: str) -> str:
    with store.write() as session:
        by = actors.of_user(user_id)
        return saved_filters.save(session, name, query or {"label": "spam"}, user_id=user_id, by=by, shared=shared).id


def names(store: Store, user_id: str, *site_ids: str) -> list[str]:
    with store.read() as session:
        return [one.name for one in saved_filters.of_person(session, user_id, site_ids)]


def test_each_sees_their_own_first_and_what_is_shared_about_sites_that_they_see(
    store: Store, people: list[str], site: CreatedSite, other_site: CreatedSite
) -> None:
    mo, ada = people
    save(store, mo, "mine")
    save(store, mo, "Also mine")
    save(store, mo, "all", shared=True)
    save(store, ada, "here", shared=True, site=site.id)
    hers = save(store, ada, "there", site=other_site.id)
    assert names(store, mo, site.id) == ["Also mine", "mine", "all", "here"]
    assert names(store, mo) == ["Also mine", "mine", "all"]
    assert names(store, ada, site.id, other_site.id) == ["there", "all", "here"]
    with store.read() as session:
        assert saved_filters.find(session, hers, mo, [other_site.id]) is None
        assert saved_filters.find(session, hers, ada, [site.id]) is None
        assert saved_filters.find(session, hers, ada, [other_site.id]) is not None


def test_sharing_and_removing_what_is_shared_is_in_the_audit_without_values(
    store: Store, people: list[str], site: CreatedSite
) -> None:
    mo, ada = people
    save(store, mo, "mine", author="zed@example.org")
    shared = save(store, ada, "Zed", shared=True, site=site.id, author="zed@example.org")
    with store.write() as session:
        for person in people:
            saved_filters.open_with(session, person, shared)
    with store.write() as session:
        found = saved_filters.find(session, shared, mo, [site.id])
        assert found is not None
        saved_filters.remove(session, found, by=actors.of_user(mo))
    told = [(one.action, one.actor, one.site_id, one.detail) for one in rows(store, AuditEvent)]
    detail = {"filter": shared, "narrows": ["author", "site"]}
    assert [one for one in told if one[0].startswith("filter.")] == [
        ("filter.shared", actors.of_user(ada), site.id, detail),
        ("filter.removed", actors.of_user(mo), site.id, detail),
    ]
    assert {one.default_filter for one in rows(store, User)} == {None}


def test_names_are_told_apart_and_there_is_a_limit(
    store: Store, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mo, ada = people
    monkeypatch.setattr(saved_filters, "MOST_OWN", 2)
    save(store, mo, "Spam")
    save(store, ada, "spam")
    save(store, ada, "spam", shared=True)
    with pytest.raises(saved_filters.Taken):
        save(store, mo, "SPAM")
    save(store, mo, "another")
    with pytest.raises(saved_filters.TooMany):
        save(store, mo, "a third")


def test_with_an_authors_last_comment_go_the_filters_that_look_for_them(
    store: Store, people: list[str], site: CreatedSite
) -> None:
    save(store, people[0], "Zed", site=site.id, author="zed@example.org")
    save(store, people[0], "Eve", site=site.id, author="eve@example.org")
    with store.write() as session:
        saved_filters.forget_author(session, site.id, "zed@example.org")
    assert [one.name for one in rows(store, SavedFilter)] == ["Eve"]
