"""What the rules are told of a comment beside its scores: what is in it, and what was looked up about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.identities import keyring
from moderation.policy import facts, policies
from moderation.policy.facts import SHORT, says_little
from moderation.policy.terms import Facts, Policy
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.conftest import SECRET_KEY
from tests.support import comments
from tests.support.clock import Clock

PLAIN: dict[str, Any] = {"comment": "A thoughtful remark.", "name": "Ada"}


def of(**fields: Any) -> Facts:
    return facts.of_comment(Comment(**(PLAIN | fields)))


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({}, {"text": "A thoughtful remark.", "name": "Ada", "url": "", "own_words": None, "unreadable": None}),
        # What nobody gave is empty, and never None: rules look into it.
        ({"name": None, "url": None}, {"name": "", "url": ""}),
        ({"ip": "192.0.2.1"}, {"ip": "192.0.2.1"}),
    ],
)
def test_a_comment_itself_tells_some_facts(fields: dict[str, Any], known: dict[str, Any]) -> None:
    its = of(**fields)
    assert {name: getattr(its, name) for name in known} == known


def test_what_it_quotes_of_others_is_not_its_authors_own() -> None:
    its = of(comment="> You fool!\n\nNo.")
    assert (its.text, (its.own_words or "").strip()) == ("> You fool!\n\nNo.", "No.")


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({}, 0),
        ({"comment": "See https://a.example and https://b.example"}, 2),
        # A link in a name is one, and a web site is one whatever it is.
        ({"name": "https://a.example"}, 1),
        ({"url": "https://a.example"}, 1),
        ({"url": "nonsense"}, 1),
        ({"comment": "https://a.example", "name": "b.example", "url": "https://c.example"}, 3),
    ],
)
def test_links_are_counted_in_text_name_and_web_site(fields: dict[str, Any], number: int) -> None:
    assert of(**fields).links == number


MARKS = "a" + "\u0301" * 40


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        # Of several things the first is told: whoever sees nothing reads nothing else.
        ({"comment": "\u200b", "name": "\u200b"}, "Nothing can be seen in it."),
        ({"name": "\u200b\u2060"}, "Nothing can be seen in its author's name."),
        ({"name": ""}, None),
        ({"comment": MARKS}, "It has more than 30 marks on one letter."),
        ({"name": MARKS}, "It has more than 30 marks on one letter."),
        ({"comment": "a" + "\u0301" * 30}, None),
        ({"comment": "abc \u202egnp.exe"}, "Hidden characters have it read in another order than it is written in."),
        ({"name": "\u202eadA"}, "Hidden characters have it read in another order than it is written in."),
        ({"name": "www.g\u043eogle.com"}, "The host of a link has letters that only look like Latin ones."),
        ({"url": "https://xn--ggle-0nda.com"}, "The host of a link has letters that only look like Latin ones."),
        ({"url": "https://google.com"}, None),
    ],
)
def test_what_cannot_be_read_says_why(fields: dict[str, Any], why: str | None) -> None:
    assert of(**fields).unreadable == why


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("", True),
        ("Thank you!", True),
        ("a" * (SHORT - 1), True),
        ("a" * SHORT, False),
        # Signs and spaces are no letters.
        ("Great!!! " + "!" * 100, True),
        # A character of a dense script says as much as three letters.
        ("\u8c22" * (SHORT // 3 - 1) + "ab", True),
        ("\u8c22" * (SHORT // 3), False),
        # Who gives a link says something.
        ("www.a.example", False),
        ("so true", True),
    ],
)
def test_what_is_short_says_little(text: str, little: bool) -> None:
    assert says_little(text) is little


def there(store: Store, clock: Clock, site_id: str, key: str, **fields: Any) -> None:
    """A comment `c_<key>` that is there, of so many minutes ago."""
    at = clock.now - timedelta(minutes=fields.pop("ago", 0))
    comments.put(store, site_id, at, **{"id": f"c_{key}"} | fields)


def gathered(store: Store, policy: Policy, *site_ids: str) -> dict[str, Facts]:
    """The facts of every comment of these sites."""
    with store.read() as session:
        found = list(session.scalars(sa.select(Comment).where(Comment.site_id.in_(site_ids))))
        languages = {comment.id: ("en", True) for comment in found}
        return facts.gather(session, found, dict.fromkeys(site_ids, policy), languages, fingerprints={}, owners={})


FIRST = Policy(flag_first_comment=True)

#: What is there beside the comment "new", and whether that is its author's first.
BEFORE: dict[str, tuple[dict[str, Any], dict[str, Any] | None, bool]] = {
    "nothing": ({"user_id": "u1"}, None, True),
    "a published one": ({"user_id": "u1"}, {"user_id": "u1"}, False),
    "one known by the same address": ({"email": "a@b.example"}, {"email": "a@b.example"}, False),
    # Whoever waits, or was rejected, has shown nothing.
    "one that waits": ({"user_id": "u1"}, {"user_id": "u1", "status": "flagged"}, True),
    "a rejected one": ({"user_id": "u1"}, {"user_id": "u1", "status": "rejected"}, True),
    "somebody else's": ({"user_id": "u1"}, {"user_id": "u2"}, True),
    # Anybody can take a name.
    "one of the same name": ({}, {}, True),
    "one of the same name beside an id": ({"user_id": "u1"}, {}, True),
}


@pytest.mark.parametrize("mixed", [False, True], ids=["in clear", "being encrypted"])
@pytest.mark.parametrize(("new", "before", "is_first"), BEFORE.values(), ids=BEFORE)
def test_an_authors_first_comment_is_the_first_that_readers_see(
    store: Store,
    site: CreatedSite,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    new: dict[str, Any],
    before: dict[str, Any] | None,
    is_first: bool,
    mixed: bool,
) -> None:
    monkeypatch.setattr(keyring, "_current", keyring.OFF)  # and again when the test is over
    if mixed:  # some are in clear text and some are not, and they are the same people all the same
        with store.write() as session:
            keyring.insert(session.connection(), [], [SECRET_KEY], "current")
    if before is not None:
        there(store, clock, site.id, "before", **before)
    store.keyring.look_again()
    there(store, clock, site.id, "new", status="pending", **new)
    assert gathered(store, FIRST, site.id)["c_new"].first_comment is is_first


def test_what_was_published_on_another_site_is_no_comment_of_this_one(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    there(store, clock, other_site.id, "there", user_id="u1")
    there(store, clock, site.id, "here", user_id="u1", status="pending")
    found = gathered(store, FIRST, site.id, other_site.id)
    assert found["c_here"].first_comment
    assert found["c_there"].first_comment, "a published comment is not its own predecessor"


SAME = Policy(flag_repeated=True)
#: What is there beside the comment "new", which was written now, and whether that repeats it.
REPEATED: dict[str, tuple[dict[str, Any], bool]] = {
    "the same text": ({"ago": 5}, True),
    "just within a day": ({"ago": 24 * 60 - 1}, True),
    "a day ago": ({"ago": 24 * 60}, False),
    "longer ago": ({"ago": 24 * 60 + 1}, False),
    "later": ({"ago": -5}, False),
    "another text": ({"ago": 5, "content_hash": "other"}, False),
    # Where two came in the same moment, the later id repeats the earlier.
    "in the same moment, before": ({"ago": 0, "id": "c_a"}, True),
    "in the same moment, after": ({"ago": 0, "id": "c_z"}, False),
    # A rejected text is a repetition too: whoever tries again is not new.
    "one that was rejected": ({"ago": 5, "status": "rejected"}, True),
}


@pytest.mark.parametrize(("before", "repeated"), REPEATED.values(), ids=REPEATED)
def test_a_text_repeats_what_was_written_before_it_within_a_day(
    store: Store, site: CreatedSite, clock: Clock, before: dict[str, Any], repeated: bool
) -> None:
    long = "A text that is long enough that hardly anybody else writes it by chance."
    there(store, clock, site.id, "before", **{"content_hash": "same", "comment": long} | before)
    there(store, clock, site.id, "new", content_hash="same", comment=long, status="pending")
    assert gathered(store, SAME, site.id)["c_new"].repeated is repeated


def test_a_text_on_another_site_or_without_a_hash_repeats_nothing(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    long = "A text that is long enough that hardly anybody else writes it by chance."
    there(store, clock, other_site.id, "there", comment=long, content_hash="same", ago=5)
    there(store, clock, site.id, "here", comment=long, content_hash="same")
    there(store, clock, site.id, "old", comment=long, content_hash=None, ago=9)
    there(store, clock, site.id, "older", comment=long, content_hash=None, ago=10)
    found = gathered(store, SAME, site.id, other_site.id)
    assert [key for key, its in found.items() if its.repeated] == []


def test_a_protocol_that_keeps_no_comments_says_itself_what_repeats(
    store: Store, site: CreatedSite, clock: Clock
) -> None:
    there(store, clock, site.id, "told", origin={"repeated": True})
    there(store, clock, site.id, "other", origin={"repeated": False})
    found = gathered(store, SAME, site.id)
    assert (found["c_told"].repeated, found["c_other"].repeated) == (True, False)


def test_what_a_sites_policy_does_not_ask_for_is_not_said(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    """In one batch, too: the comments of a site that asks, and of one that does not."""
    for one in (site, other_site):
        for key, ago in (("first", 5), ("second", 0)):
            there(store, clock, one.id, f"{key}_{one.id}", content_hash="same", user_id="u1", ago=ago, status="pending")
    with store.read() as session:
        both = list(session.scalars(sa.select(Comment)))
        asked = {site.id: Policy(flag_repeated=True, flag_first_comment=True), other_site.id: Policy()}
        languages = {comment.id: ("de", comment.site_id == site.id) for comment in both}
        found = facts.gather(session, both, asked, languages, fingerprints={}, owners={})
    said = {key: (its.repeated, its.first_comment, its.authors_alike) for key, its in found.items()}
    assert said == {
        f"c_first_{site.id}": (False, True, 0),
        f"c_second_{site.id}": (True, True, 0),
        f"c_first_{other_site.id}": (False, False, 0),
        f"c_second_{other_site.id}": (False, False, 0),
    }
    assert {(its.language, its.language_judged, its.moment) for key, its in found.items() if key.endswith(site.id)} == {
        ("de", True, clock.now)
    }
    assert not found[f"c_first_{other_site.id}"].language_judged


def test_a_new_sites_policy_asks_about_repetitions_and_not_about_first_comments() -> None:
    assert (policies.DEFAULT["flag_repeated"], policies.DEFAULT["flag_first_comment"]) == (True, False)
