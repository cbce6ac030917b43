"""Stored policies: versions that stay, a document that is checked when it is stored, presets under a site's own."""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from typing import Any

import pytest
from sqlalchemy import text, update

from moderation.addresses import AddressSet
from moderation.authors import Author, BlockedAuthors, TrustedAuthors
from moderation.errors import NotFound
from moderation.patterns import PatternError, PatternSet
from moderation.policy import policies
from moderation.policy.hold_times import compile_times
from moderation.policy.list_kinds import Effect, PreparedList
from moderation.policy.policies import DEFAULT, Candidate, PolicyCache, compile_policy, thresholds
from moderation.policy.terms import Policy, Presets, Subscription, Threshold
from moderation.sites import site_settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, PolicyVersion
from tests.support.classifier import ChosenScores
from tests.support.comments import rows
from tests.support.waiting import eventually

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


def test_the_emergency_brake_loses_nothing_that_is_changed_at_the_same_moment(store: Store, site: CreatedSite) -> None:
    def brake() -> None:
        with store.write() as session:
            policies.set_mode(session, site.id, "hold", actor="operator")

    def waits() -> bool:
        waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        with store.read() as session:
            return session.scalar(waiting) is not None

    braking = threading.Thread(target=brake)
    with store.write() as session:
        policies.save(session, site.id, {"banned_words": ["casino"]}, actor="mo")
        session.flush()
        braking.start()
        if not store.is_sqlite:  # where one transaction is not begun before another has ended
            eventually(waits)
    braking.join()
    with store.read() as session:
        assert policies.current(session, site.id).document == DEFAULT | {"banned_words": ["casino"], "mode": "hold"}


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


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        # What is the default, or the preset's own, may be said or not.
        ({"mode": "auto", "max_links": DEFAULT["max_links"]}, True),
        ({"thresholds": {"toxicity": {"flag_at": 0.5}}}, True),
        ({"thresholds": {"toxicity": {"flag_at": 0.4}}}, False),
        ({"thresholds": {"insult": {"flag_at": None}}}, False),
        ({"preset": "strict"}, False),
        ({"mode": "hold"}, False),
        ({"banned_words": ["casino"]}, False),
    ],
)
def test_two_documents_are_the_same_where_they_say_the_same(changed: dict[str, Any], same: bool) -> None:
    assert policies.is_same({}, changed, PRESETS) is same
    assert policies.is_same(changed, {}, PRESETS) is same


#: Each setting with another value than by default. No test may say that a policy with it is the same.
OTHERWISE: dict[str, Any] = {
    "mode": "hold",
    "thresholds": {"spam": Threshold(0.1)},
    "banned_words": PatternSet(["casino"]),
    "suspect_words": PatternSet(["casino"]),
    "max_links": 0,
    "blocked_authors": BlockedAuthors(["eve"]),
    "suspended_authors": BlockedAuthors(["eve"]),
    "trusted_authors": TrustedAuthors(["eve"]),
    "hold_suspended": True,
    "blocked_ips": AddressSet(["192.0.2.1"]),
    "trusted_ips": AddressSet(["192.0.2.1"]),
    "flag_repeated": True,
    "flag_first_comment": True,
    "campaign_authors": 0,
    "trust_after": 0,
    "hold_after": 0,
    "strike_days": 0,
    "hide_after_reports": 0,
    "flag_unknown_language": True,
    "languages": {"de": "hold"},
    "presets": {"strict": {"spam": Threshold(0.1)}},
    "hold_times": compile_times({"time_zone": "UTC", "spans": [{"days": ["fri"], "start": "22:00", "end": "06:00"}]}),
    "lists": {"l_1": "flag"},
    "author_language": "de",
}


def test_what_a_policy_says_has_a_name_whatever_its_version() -> None:
    plain = policies.content(Policy())
    assert policies.content(Policy(version=7)) == plain
    names = {key: policies.content(replace(Policy(), **{key: value})) for key, value in OTHERWISE.items()}
    assert len({plain, *names.values()}) == len(names) + 1, "no two settings are taken for each other"
    assert names.keys() == {one.name for one in fields(Policy)} - {"version", "subscriptions"}
    twice = [compile_policy(DEFAULT | {"banned_words": ["casino"]}, version, PRESETS) for version in (1, 2)]
    assert policies.content(twice[0]) == policies.content(twice[1])


def test_a_shared_list_in_another_version_says_something_else() -> None:
    def content(version: int, effect: Effect) -> str:
        shared = PreparedList("l_1", "Ours", "words", version, [(1, "casino")])
        return policies.content(Policy(subscriptions=(Subscription(shared, effect),)))

    assert len({content(1, "flag"), content(2, "flag"), content(1, "reject"), policies.content(Policy())}) == 4


def test_what_is_in_force_already_makes_no_version(store: Store, site: CreatedSite) -> None:
    assert save(store, site, mode="hold", banned_words=["casino"]) == 2
    assert save(store, site, banned_words=["casino"], mode="hold") == 2
    assert save(store, site) == 3
    assert [row.version for row in rows(store, PolicyVersion, site_id=site.id)] == [1, 2, 3]


def test_the_audit_says_on_which_site_and_why_a_policy_was_changed(store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        policies.save(session, site.id, {"mode": "hold"}, actor="user:ad", detail={"reason": "An attack"})
    [event] = rows(store, AuditEvent, action="policy.changed")
    assert (event.site_id, event.actor, event.detail) == (site.id, "user:ad", {"reason": "An attack"})


def test_the_end_of_what_is_in_no_list_is_forgotten(store: Store, site: CreatedSite) -> None:
    end = "2026-12-01T00:00:00+00:00"
    ends = {"banned_words": {"casino": end, "gone": end}, "suspect_words": {"gone": end}}
    save(store, site, banned_words=["casino"], expires=ends)
    assert rows(store, PolicyVersion, version=2)[0].document["expires"] == {"banned_words": {"casino": end}}


def test_a_language_with_a_preset_of_its_own_is_judged_by_that() -> None:
    chosen = {"languages": {"de": "strict", "fi": "hold"}, "thresholds": {"toxicity": {"flag_at": 0.1}}}
    policy = compile_policy(DEFAULT | chosen, 1, PRESETS)
    assert policy.thresholds_in("de") == {"toxicity": Threshold(0.3, 0.7)}, "and not by the site's own"
    assert policy.thresholds_in("fi") == policy.thresholds_in("en") == policy.thresholds
    assert policy.presets.keys() == {"strict"}


@pytest.mark.parametrize(
    ("flag_unknown", "language", "judged", "treatment"),
    [
        # What the site has chosen, whatever the classifier can do.
        (True, "de", False, "hold"),
        (False, "fi", True, "rules"),
        (True, "fi", False, "rules"),
        # Otherwise what can be judged is, and what cannot waits unless the site takes the risk.
        (True, "en", True, "judge"),
        (True, "tlh", False, "hold"),
        (False, "tlh", False, "judge"),
        (False, "en", True, "judge"),
    ],
)
def test_what_becomes_of_a_language(flag_unknown: bool, language: str, judged: bool, treatment: str) -> None:
    policy = Policy(flag_unknown_language=flag_unknown, languages={"de": "hold", "fi": "rules"})
    assert policy.treatment(language, judged=judged) == treatment


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
