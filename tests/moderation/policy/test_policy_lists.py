"""Entries of a policy's lists that are put there for a while, and taken out when they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.policy import policies, policy_lists
from moderation.policy.policy_lists import ListError
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
