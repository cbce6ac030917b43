"""Entries of a policy's lists that are put there for a while, and taken out when they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.authors import Author
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.policy import policies, policy_lists
from moderation.policy.policy_lists import ListEntry, ListError
from moderation.policy.rules import LISTS
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import PolicyVersion
from tests.support.clock import Clock
from tests.support.comments import accept, rows, scored
from tests.support.signed_in import csrf_token, sign_in


def add(store: Store, clock: Clock, site: CreatedSite, name: str, entry: str, days: int | None = 7) -> int:
    until = None if days is None else clock.now + timedelta(days=days)
    with store.write() as session:
        return policy_lists.add(session, site.id, name, entry, until=until, actor="user:mo").version


def document(store: Store, site: CreatedSite) -> dict[str, object]:
    with store.read() as session:
        return dict(policies.current(session, site.id).document)


def test_an_entry_counts_until_it_ends_and_is_then_taken_out_as_a_new_version(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    add(store, clock, site, "banned_words", "casino", days=7)
    add(store, clock, site, "banned_words", "lottery", days=None)
    add(store, clock, site, "blocked_authors", "Eve", days=1)

    def status(text: str, name: str = "Ada") -> str:
        return scored(store, queues, scorer, site, text, name=name).status

    assert status("the casino") == "rejected"
    assert policy_lists.take_out_ended(store) == 0
    clock.advance(days=2)
    assert status("from eve, one", name="eve") == "rejected", "it ends when the clock takes it out"
    assert policy_lists.take_out_ended(store) == 1
    assert status("from eve, two", name="eve") == "published"
    assert status("the casino, again") == "rejected"
    clock.advance(days=6)
    assert policy_lists.take_out_ended(store) == 1
    assert status("the casino, a last time") == "published"
    assert status("the lottery") == "rejected"
    versions = rows(store, PolicyVersion, site_id=site.id)
    assert [row.created_by for row in versions[1:]] == ["user:mo"] * 3 + ["policy"] * 2
    assert document(store, site)["expires"] == {}
    assert [row.version for row in rows(store, PolicyVersion, site_id=other_site.id)] == [1]


def test_an_entry_that_is_there_already_ends_at_the_later_moment(store: Store, site: CreatedSite, clock: Clock) -> None:
    first = add(store, clock, site, "suspect_words", "Casino", days=7)
    assert add(store, clock, site, "suspect_words", "casino ", days=1) == first
    assert add(store, clock, site, "suspect_words", "casino", days=30) == first + 1
    assert document(store, site)["suspect_words"] == ["Casino"]
    assert add(store, clock, site, "suspect_words", "casino", days=None) == first + 2
    assert document(store, site)["expires"] == {}
    assert add(store, clock, site, "suspect_words", "casino", days=7) == first + 2, "for ever is later than any"


def test_nobody_is_blocked_and_trusted_at_once(store: Store, site: CreatedSite, clock: Clock) -> None:
    add(store, clock, site, "trusted_authors", "Eve", days=None)
    with pytest.raises(ListError, match="has eve as trusted"):
        add(store, clock, site, "blocked_authors", "eve")


def test_a_full_list_takes_no_more(
    store: Store, site: CreatedSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_lists, "MOST_ENTRIES", 1)
    add(store, clock, site, "banned_words", "casino")
    with pytest.raises(ListError, match="no more fit"):
        add(store, clock, site, "banned_words", "lottery")


def test_the_end_of_an_entry_goes_with_it(store: Store, site: CreatedSite, clock: Clock) -> None:
    add(store, clock, site, "banned_words", "casino")
    with store.write() as session:
        policies.save(
            session, site.id, policies.current(session, site.id).document | {"banned_words": []}, actor="site"
        )
    assert document(store, site)["expires"] == {}


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("name", "there", "opposite"),
    [
        ("blocked_authors", "trusted_authors", "trusted"),
        ("suspended_authors", "trusted_authors", "trusted"),
        ("trusted_authors", "blocked_authors", "blocked"),
        ("trusted_authors", "suspended_authors", "suspended"),
        ("blocked_ips", "trusted_ips", "trusted"),
        ("trusted_ips", "blocked_ips", "blocked"),
    ],
)
def test_opposite_lists_do_not_hold_the_same(
    store: Store, site: CreatedSite, clock: Clock, name: str, there: str, opposite: str
) -> None:
    entry = "192.0.2.7" if name.endswith("_ips") else "id:7"
    add(store, clock, site, there, entry, days=1)
    with pytest.raises(ListError, match=f"has {entry} as {opposite}. Take that back first"):
        add(store, clock, site, name, entry)
    add(store, clock, site, name, entry + "1")


def test_who_is_blocked_may_be_suspended_as_well(store: Store, site: CreatedSite, clock: Clock) -> None:
    add(store, clock, site, "blocked_authors", "eve", days=None)
    add(store, clock, site, "suspended_authors", "eve", days=1)
    assert (document(store, site)["blocked_authors"], document(store, site)["suspended_authors"]) == (["eve"], ["eve"])


#: An entry that is there, one that somebody names, and whether it is the same.
SAME: list[tuple[str, str, str, bool]] = [
    ("banned_words", "Casino", "  casino", True),
    ("banned_words", "the  casino", "The casino", True),
    ("banned_words", "id:casino", "casino", False),  # in a list of words a kind is a word
    ("blocked_authors", "Eve", "id:eve", True),
    ("blocked_authors", "Eve", "name:EVE", True),
    ("blocked_authors", "id:eve", "eve", False),
    ("blocked_authors", "id:eve", "ID:Eve", True),
    ("blocked_ips", "192.0.2.7", "192.0.2.7", True),
    ("blocked_ips", "192.0.2.0/24", "192.0.2.7", False),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("name", "listed", "named", "same"), SAME)
def test_an_entry_is_taken_out_however_it_is_written(
    store: Store, site: CreatedSite, clock: Clock, name: str, listed: str, named: str, same: bool
) -> None:
    add(store, clock, site, name, listed, days=None)
    add(store, clock, site, name, "another" if not name.endswith("_ips") else "198.51.100.1", days=7)
    before = document(store, site)
    with store.write() as session:
        row = policy_lists.remove(session, site.id, name, named, for_ever_too=True, actor="user:ad")
    after = document(store, site)
    if not same:
        assert row is None
        assert after == before
        return
    assert row is not None
    assert row.created_by == "user:ad"
    assert listed not in after[name]  # type: ignore[operator]
    assert after["expires"] == before["expires"], "the other entry ends when it did"


def test_who_may_only_end_what_ends_cannot_take_out_what_stays(store: Store, site: CreatedSite, clock: Clock) -> None:
    add(store, clock, site, "banned_words", "casino", days=None)
    add(store, clock, site, "banned_words", "lottery", days=7)
    with store.write() as session:
        with pytest.raises(ListError, match="casino is in the list for ever, so only an admin"):
            policy_lists.remove(session, site.id, "banned_words", "casino", for_ever_too=False, actor="user:mo")
        assert policy_lists.remove(session, site.id, "banned_words", "lottery", for_ever_too=False, actor="user:mo")
        assert (
            policy_lists.remove(session, site.id, "banned_words", "poker", for_ever_too=False, actor="user:mo") is None
        )
    assert document(store, site)["banned_words"] == ["casino"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("days", "changed", "goes"),
    [
        (7, None, True),
        (None, None, True),
        (7, 30, False),  # somebody has it end later
        (7, 0, False),  # somebody has it stay
    ],
)
def test_what_was_put_in_is_taken_back_only_as_it_was(
    store: Store, site: CreatedSite, clock: Clock, days: int | None, changed: int | None, goes: bool
) -> None:
    add(store, clock, site, "blocked_authors", "Eve", days=days)
    until = None if days is None else clock.now + timedelta(days=days)
    if changed is not None:
        add(store, clock, site, "blocked_authors", "eve", days=changed or None)
    taken = []
    for _ in range(2):
        with store.write() as session:
            row = policy_lists.take_back(session, site.id, "blocked_authors", "eve", until=until, actor="user:mo")
            taken.append(row is not None)
    assert taken == [goes, False]
    assert document(store, site)["blocked_authors"] == ([] if goes else ["Eve"])


def test_a_card_names_the_entries_that_are_about_its_author_and_address() -> None:
    end = "2026-12-01T06:00:00+00:00"
    listed = {
        "blocked_authors": ["eve", "id:7", "mallory", "id:8"],
        "suspended_authors": ["name:Eve"],
        "trusted_authors": ["id:7"],
        "blocked_ips": ["192.0.2.0/24", "192.0.2.7", "198.51.100.1"],
        "trusted_ips": ["not an address any more"],
        "expires": {"blocked_authors": {"id:7": end, "mallory": end}, "blocked_ips": {"192.0.2.7": end}},
    }
    moment = datetime.fromisoformat(end)
    people = [Author(user_id="7", name="Eve"), Author(user_id="8"), Author(user_id="7")]
    assert policy_lists.matching(listed, people, ["192.0.2.7"]) == [
        ListEntry("blocked_authors", "eve", None),
        ListEntry("blocked_authors", "id:7", moment),
        ListEntry("blocked_authors", "id:8", None),
        ListEntry("suspended_authors", "name:Eve", None),
        ListEntry("trusted_authors", "id:7", None),
        ListEntry("blocked_ips", "192.0.2.0/24", None),
        ListEntry("blocked_ips", "192.0.2.7", moment),
    ]
    assert policy_lists.matching(listed, [Author(name="nobody")], ["203.0.113.1"]) == []
    assert policy_lists.matching({}, people, ["192.0.2.7"]) == []


def test_the_ends_of_entries_are_told_the_soonest_first() -> None:
    days = {"late": "2026-12-03T00:00:00+00:00", "soon": "2026-12-01T00:00:00+00:00"}
    ends = policy_lists.ends({"expires": {"banned_words": days}})
    assert [entry for entry, _ in ends["banned_words"]] == ["soon", "late"]
    assert policy_lists.ends({}) == {}


def test_ends_are_told_to_who_listens_with_what_ended(store: Store, site: CreatedSite, clock: Clock) -> None:
    told: list[tuple[str, dict[str, set[str]]]] = []
    add(store, clock, site, "banned_words", "casino", days=1)
    add(store, clock, site, "banned_words", "lottery", days=2)
    add(store, clock, site, "blocked_authors", "eve", days=1)
    clock.advance(days=1)  # to the moment at which they end
    policy_lists.take_out_ended(store, lambda _, site_id, ended: told.append((site_id, dict(ended))))  # type: ignore[arg-type]
    assert told == [(site.id, {"banned_words": {"casino"}, "blocked_authors": {"eve"}})]


def test_who_was_listed_for_a_while_is_in_no_policy_afterwards(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    """Old policies are kept for ever; who was blocked for a day must not be."""
    add(store, clock, site, "blocked_authors", "email:Eve@example.org", days=1)
    add(store, clock, site, "blocked_authors", "id:7", days=None)
    add(store, clock, site, "banned_words", "grüße", days=1)
    add(store, clock, other_site, "blocked_authors", "email:eve@example.org", days=None)
    clock.advance(days=2)
    assert policy_lists.take_out_ended(store) == 1
    kept = [row.document for row in rows(store, PolicyVersion, site_id=site.id)]
    assert "eve" not in repr(kept).lower()
    assert "grüße" not in repr(kept)
    assert [one["blocked_authors"] for one in kept] == [[], [], ["id:7"], ["id:7"], ["id:7"]]
    assert document(store, other_site)["blocked_authors"] == ["email:eve@example.org"], "it is in force there"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("forgotten", "left"),
    [
        ({"id:7"}, ["email:a%b@example.org", "name:Straße"]),
        ({"7"}, ["email:a%b@example.org", "name:Straße"]),  # whatever kind it was listed by
        ({"name:straße"}, ["id:7", "email:a%b@example.org"]),
        ({"a%b@example.org"}, ["id:7", "name:Straße"]),  # a sign of SQL is one of the text
        ({"a_b@example.org"}, ["id:7", "email:a%b@example.org", "name:Straße"]),
        (set(), ["id:7", "email:a%b@example.org", "name:Straße"]),
    ],
)
def test_of_old_policies_only_what_was_named_is_forgotten(
    store: Store, site: CreatedSite, clock: Clock, forgotten: set[str], left: list[str]
) -> None:
    for entry in ("id:7", "email:a%b@example.org", "name:Straße"):
        add(store, clock, site, "suspended_authors", entry, days=None)
    with store.write() as session:
        policies.set_mode(session, site.id, "hold", actor="operator")
    with store.write() as session:
        policy_lists.forget(session, site.id, forgotten)
    *_, old, now = rows(store, PolicyVersion, site_id=site.id)
    assert old.document["suspended_authors"] == left
    assert now.document["suspended_authors"] == ["id:7", "email:a%b@example.org", "name:Straße"], (
        "what is in force stays"
    )


def test_the_api_shows_when_entries_end_and_takes_them(
    store: Store, client: FlaskClient, site: CreatedSite, clock: Clock
) -> None:
    add(store, clock, site, "banned_words", "casino")
    end = (clock.now + timedelta(days=7)).isoformat()
    shown = client.get("/api/v1/rules").get_json()
    assert shown["expires"] == {"banned_words": {"casino": end}}
    kept = client.put("/api/v1/rules", json={"banned_words": ["casino", "lottery"]}).get_json()
    assert kept["expires"] == {"banned_words": {"casino": end}}, "who does not know of it leaves it as it is"
    kept = client.put("/api/v1/policy", json={"mode": "hold", "banned_words": ["casino"]}).get_json()
    assert kept["expires"] == {"banned_words": {"casino": end}}
    given = {"suspect_words": ["x"], "expires": {"suspect_words": {"x": "2030-01-01T01:00:00+01:00", "y": end}}}
    kept = client.put("/api/v1/policy", json=given).get_json()
    assert kept["expires"] == {"suspect_words": {"x": "2030-01-01T00:00:00+00:00"}}
    wrong: list[Any] = [
        {"words": {}},
        {"banned_words": []},
        {"banned_words": {"x": "tomorrow"}},
        {"banned_words": {"x": 7}},
        [],
    ]
    for expires in wrong:
        assert client.put("/api/v1/rules", json={"expires": expires}).status_code == 422


@pytest.fixture
def comment_id(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> str:
    comment = accept(store, queues, site, "insult=0.6", name="Eve", email="eve@example.org", ip="192.0.2.7")
    scorer.run_batch()
    return comment.id


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"list": "blocked_authors", "until": "week"}, 303),
        ({"list": "trusted_ips", "until": "month"}, 303),
        ({"list": "banned_words", "until": "day", "entry": "casino*"}, 303),
        ({"list": "banned_words", "until": "day", "entry": "  "}, 422),
        ({"list": "banned_words", "until": "day", "entry": "*"}, 422),
        ({"list": "banned_words", "until": "day", "entry": "x" * 201}, 422),
        ({"list": "blocked_authors", "until": "ever"}, 403),
        ({"list": "thresholds", "until": "day"}, 400),
        ({"list": "blocked_authors", "until": "2099"}, 400),
    ],
)
def test_a_moderator_puts_entries_in_for_at_most_thirty_days(
    app: Flask, store: Store, site: CreatedSite, comment_id: str, fields: dict[str, str], code: int
) -> None:
    browser = sign_in(app, store)
    form = {"csrf_token": csrf_token(browser, f"/console/comments/{comment_id}")} | fields
    assert browser.post(f"/console/comments/{comment_id}/list", data=form).status_code == code
    whole = document(store, site)
    entry = {"blocked_authors": "email:eve@example.org", "trusted_ips": "192.0.2.7", "banned_words": "casino*"}
    added = {one.key: whole[one.key] for one in LISTS if whole[one.key]}
    assert added == ({fields["list"]: [entry[fields["list"]]]} if code == 303 else {})
    assert set(whole.get("expires", {})) == set(added)  # type: ignore[call-overload]


def test_an_admin_puts_them_in_for_ever_and_a_viewer_not_at_all(
    app: Flask, store: Store, site: CreatedSite, comment_id: str
) -> None:
    for name, role, code in (("vi", "viewer", 403), ("ad", "admin", 303)):
        browser = sign_in(app, store, name, role)
        form = {"csrf_token": csrf_token(browser, f"/console/comments/{comment_id}"), "list": "blocked_ips"}
        answer = browser.post(f"/console/comments/{comment_id}/list", data=form | {"until": "ever"})
        assert answer.status_code == code
    assert document(store, site)["blocked_ips"] == ["192.0.2.7"]
    assert document(store, site)["expires"] == {}
