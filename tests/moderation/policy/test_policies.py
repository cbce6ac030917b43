"""Stored policies: versions that stay, a document that is checked when it is stored, presets under a site's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from moderation.authors import Author
from moderation.errors import NotFound
from moderation.patterns import PatternError
from moderation.policy import policies
from moderation.policy.policies import DEFAULT, Candidate, PolicyCache, compile_policy, thresholds
from moderation.policy.terms import Policy, Presets, Threshold
from moderation.sites import site_settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, PolicyVersion
from tests.support.classifier import ChosenScores
from tests.support.comments import rows

PRESETS: Presets = {
    "balanced": {"toxicity": {"flag_at": 0.5, "reject_at": 0.9}, "spam": {"flag_at": 0.6, "reject_at": None}},
    "strict": {"toxicity": {"flag_at": 0.3, "reject_at": 0.7}},
}


def save(store: Store, site: CreatedSite, **changes: Any) -> int:
    with store.write() as session:
        return policies.save(session, site.id, changes, actor="site").version


def test_every_version_stays_and_the_last_is_in_force(store: Store, site: CreatedSite) -> None:
    assert [save(store, site, max_links=number) for number in (5, 6)] == [2, 3]
    assert [row.document["max_links"] for row in rows(store, PolicyVersion, site_id=site.id)] == [3, 5, 6]
    with store.read() as session:
        assert policies.current(session, site.id).version == 3
    assert [event.policy_version for event in rows(store, AuditEvent, action="policy.changed")] == [2, 3]


def test_what_a_document_leaves_out_is_as_it_is_by_default(store: Store, site: CreatedSite) -> None:
    save(store, site, mode="hold")
    assert rows(store, PolicyVersion, version=2)[0].document == DEFAULT | {"mode": "hold"}


def test_the_emergency_brake_changes_the_mode_and_nothing_else(store: Store, site: CreatedSite) -> None:
    save(store, site, banned_words=["casino"])
    with store.write() as session:
        row = policies.set_mode(session, site.id, "hold", actor="operator")
    assert row.document == DEFAULT | {"banned_words": ["casino"], "mode": "hold"}
    assert (row.version, row.created_by) == (3, "operator")


@pytest.mark.parametrize(
    "change",
    [
        {"banned_words": ["fine", "*"]},
        {"suspect_words": [""]},
        {"blocked_ips": ["example.org"]},
        {"trusted_ips": ["192.0.2.0/99"]},
    ],
)
def test_a_list_that_cannot_be_used_is_refused_and_nothing_is_stored(
    store: Store, site: CreatedSite, change: dict[str, Any]
) -> None:
    with pytest.raises(PatternError):
        save(store, site, **change)
    with store.read() as session:
        assert policies.current(session, site.id).version == 1


@pytest.mark.parametrize("verb", [policies.current, lambda s, i: policies.save(s, i, {}, actor="site")])
def test_a_site_that_is_not_there_has_no_policy(store: Store, verb: Any) -> None:
    with pytest.raises(NotFound, match="There is no site s_nobody"), store.write() as session:
        verb(session, "s_nobody")


def test_a_sites_thresholds_stand_over_its_preset_one_by_one() -> None:
    document = DEFAULT | {"thresholds": {"toxicity": {"reject_at": None}, "insult": {"flag_at": 0.2}}}
    assert thresholds(document, PRESETS) == {
        "toxicity": Threshold(0.5, None),
        "spam": Threshold(0.6, None),
        "insult": Threshold(0.2, None),
    }
    assert PRESETS["balanced"]["toxicity"]["reject_at"] == 0.9, "the classifier's own stay as they are"
    assert thresholds(DEFAULT | {"preset": "strict"}, PRESETS) == {"toxicity": Threshold(0.3, 0.7)}


def test_authors_are_compared_folded() -> None:
    policy = compile_policy(DEFAULT | {"blocked_authors": ["TROLL  One", "Ｅｖｅ"]}, 1, PRESETS)
    assert Author(name="troll one") in policy.blocked_authors
    assert Author(name="eve") in policy.blocked_authors
    assert Author(name="troll") not in policy.blocked_authors


def test_the_cache_compiles_a_version_once_and_notices_the_next(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    cache = PolicyCache(ChosenScores.thresholds)

    def get() -> Any:
        with store.read() as session:
            return cache.get(session, {site.id, other_site.id})

    first = get()
    assert get()[site.id] is first[site.id]
    save(store, site, mode="hold")
    second = get()
    assert (second[site.id].version, second[site.id].mode) == (2, "hold")
    assert second[other_site.id] is first[other_site.id]


def test_the_cache_notices_the_authors_language_which_makes_no_version(store: Store, site: CreatedSite) -> None:
    cache, candidate = PolicyCache(ChosenScores.thresholds), Candidate(site.id, Policy(version=7))

    def languages() -> set[str]:
        with store.read() as session:
            return {one.get(session, {site.id})[site.id].author_language for one in (cache, candidate)}

    assert languages() == {""}
    for code in ("pt", None):
        with store.write() as session:
            chosen = replace(site_settings.of_sites(session, {site.id})[site.id], author_language=code)
            site_settings.save(session, site.id, chosen, actor="operator")
        assert languages() == {code or ""}


def test_a_document_from_before_a_setting_existed_still_compiles(store: Store, site: CreatedSite) -> None:
    older = {name: value for name, value in DEFAULT.items() if name != "flag_unknown_language"}
    with store.write() as session:
        session.execute(update(PolicyVersion).values(document=older))
    with store.read() as session:
        policy = PolicyCache(ChosenScores.thresholds).get(session, {site.id})[site.id]
    assert policy.flag_unknown_language is DEFAULT["flag_unknown_language"]
