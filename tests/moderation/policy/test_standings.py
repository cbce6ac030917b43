"""The standing of an author: what is counted of what people decided, for whom it counts, and until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation.policy import standings
from moderation.policy.standings import Counted
from moderation.policy.terms import Policy, Standing
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuthorStanding, Comment
from tests.support.clock import Clock
from tests.support.comments import put, rows

START = datetime(2026, 11, 2, tzinfo=UTC)
ASKING = Policy(trust_after=3, hold_after=2)
MO, ADA = "user:mo", "ada@example.org"


@dataclass
class Written:
    """Who wrote something, as far as it is kept."""

    user_id: str | None = None
    email: str | None = None
    origin: dict[str, Any] | None = None


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        (Written("7"), "7"),
        # Case and what stands around it make nobody another; letters that only look alike do.
        (Written(" User7 "), "user7"),
        (Written("Usеr7"), "usеr7"),
        # The site's own account says more than an address.
        (Written("7", ADA), "7"),
        (Written("", "Ada@Example.org"), ADA),
        (Written(None, ADA, {}), ADA),
        (Written(None, ADA, {"email_was_typed": False}), ADA),
        # What anybody can type proves nothing; an account stands for itself beside it.
        (Written(None, ADA, {"email_was_typed": True}), None),
        (Written("7", ADA, {"email_was_typed": True}), "7"),
        (Written(None, ""), None),
        (Written(), None),
    ],
)
def test_trust_is_in_an_account_or_in_an_address_that_somebody_vouches_for(
    written: Written, identity: str | None
) -> None:
    assert standings.identity_of(written) == identity


@pytest.mark.parametrize(
    ("trust_after", "hold_after", "standing", "name"),
    [
        (3, 2, Standing(2, 1), None),
        (3, 2, Standing(3, 1), "trusted"),
        (3, 2, Standing(4, 0), "trusted"),
        (3, 2, Standing(2, 2), "held"),
        # Rejections weigh more than approvals.
        (3, 2, Standing(9, 2), "held"),
        # What the policy does not ask for follows from nothing.
        (None, 2, Standing(9, 1), None),
        (3, None, Standing(2, 9), None),
        (3, None, Standing(3, 9), "trusted"),
        (None, None, Standing(9, 9), None),
    ],
)
def test_what_follows_from_a_standing(
    trust_after: int | None, hold_after: int | None, standing: Standing, name: str | None
) -> None:
    policy = Policy(trust_after=trust_after, hold_after=hold_after)
    assert standings.named(standing, policy) == name
    assert standings.asks(policy) == (trust_after is not None or hold_after is not None)


@pytest.mark.parametrize(
    ("days", "since", "left"),
    [
        # As many days as the site chose, to the second; else thirty.
        (7, timedelta(days=7) - timedelta(seconds=1), 1),
        (7, timedelta(days=7), 0),
        (None, timedelta(days=30) - timedelta(seconds=1), 1),
        (None, timedelta(days=30), 0),
    ],
)
def test_a_rejection_counts_until_it_expires(days: int | None, since: timedelta, left: int) -> None:
    strikes = [int(START.timestamp())]
    policy = replace(ASKING, strike_days=days)
    assert len(standings.unexpired(strikes, policy, START + since)) == left


@dataclass
class Kept:
    """What is kept of an author, as far as it counts."""

    identity: str | None = "7"
    approvals: int = 3
    strikes: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("kept", "written", "standing"),
    [
        (Kept(), Written("7"), Standing(3)),
        # Approvals count only for the very same identity, and for nobody where there is none.
        (Kept(), Written("8"), Standing(0)),
        (Kept(), Written(None, ADA), Standing(0)),
        (Kept(None), Written(), Standing(0)),
        (Kept(None), Written("7"), Standing(0)),
        # Rejections count for all who are told apart from nobody else.
        (Kept("7", 0, (int(START.timestamp()),)), Written("8"), Standing(0, 1)),
        (Kept("7", 2, (0, int(START.timestamp()))), Written("7"), Standing(2, 1)),
    ],
)
def test_approvals_count_for_one_identity_and_rejections_for_all_under_a_key(
    kept: Kept, written: Written, standing: Standing
) -> None:
    assert standings.of_row(kept, written, ASKING, START + timedelta(days=1)) == standing


@dataclass
class Row:
    """A past comment, as far as it counts: so many minutes after the first, and decided so many after that."""

    at: int
    decided: int | None = None
    status: str = "published"
    decided_by: str | None = MO
    user_id: str | None = "7"
    author_key: str | None = "7"
    email: str | None = None
    origin: dict[str, Any] | None = None

    @property
    def id(self) -> str:
        return f"c_{self.at:09}"

    @property
    def accepted_at(self) -> datetime:
        return START + timedelta(minutes=self.at)

    @property
    def decided_at(self) -> datetime | None:
        return None if self.decided is None else START + timedelta(minutes=self.decided)


BAD = "rejected"
A_MONTH = 30 * 24 * 60
#: What there was before -> the standing with which a comment of minute 100 000 came.
HISTORIES: dict[str, tuple[list[Row], Standing]] = {
    "nothing": ([], Standing()),
    "published and rejected": ([Row(0, 1), Row(2, 3, BAD), Row(4, 5), Row(6, 7)], Standing(2, 0)),
    "approvals before a rejection are gone": ([Row(0, 1), Row(2, 3), Row(90_000, 90_001, BAD)], Standing(0, 1)),
    "in the order of the decisions": ([Row(0, 90_002), Row(90_000, 90_001, BAD)], Standing(1, 1)),
    "a rejection that has just expired": ([Row(0, 100_000 - A_MONTH, BAD)], Standing(0, 0)),
    "a rejection that counts for a minute more": ([Row(0, 100_001 - A_MONTH, BAD)], Standing(0, 1)),
    "the site decides as people do": ([Row(0, 1, decided_by="site"), Row(2, 3, decided_by="user:bo")], Standing(2)),
    "what the policy decided proves nothing": (
        [Row(0, 1, decided_by="policy"), Row(90_000, 90_001, BAD, "policy")],
        Standing(),
    ),
    "what was never decided": ([Row(0, None), Row(2, None, BAD)], Standing()),
    "what was put before people again": ([Row(0, 1, "flagged"), Row(2, 3, "pending")], Standing()),
    "another identity under the same key": (
        [Row(0, 1, user_id="7x"), Row(90_000, 90_001, BAD, user_id="7x"), Row(90_002, 90_003)],
        Standing(1, 1),
    ),
    "an approval of another identity after the last rejection": (
        [Row(90_000, 90_001, BAD), Row(90_002, 90_003, user_id="7x"), Row(90_004, 90_005)],
        Standing(1, 1),
    ),
    "another author": ([Row(0, 1, author_key="8"), Row(2, 3, BAD, author_key="8")], Standing()),
}


@pytest.mark.parametrize(("past", "standing"), HISTORIES.values(), ids=HISTORIES)
def test_what_people_decided_before_a_comment_came_is_its_authors_standing(past: list[Row], standing: Standing) -> None:
    now = Row(100_000)
    assert standings.replayed([now, *reversed(past)], ASKING)[now.id] == standing


@pytest.mark.parametrize(
    ("decided", "approvals"),
    [(99, 1), (100, 0), (101, 0)],  # what was decided at that very moment was not known yet
)
def test_what_was_decided_after_a_comment_came_was_not_its_authors_standing(decided: int, approvals: int) -> None:
    now = Row(100)
    assert standings.replayed([now, Row(0, decided)], ASKING)[now.id] == Standing(approvals)


@pytest.mark.parametrize(
    ("policy", "row"),
    [
        (Policy(), Row(100)),
        (ASKING, Row(100, author_key=None)),
        (ASKING, Row(100, user_id=None)),  # nobody vouches for who wrote it
    ],
)
def test_who_is_not_asked_about_or_cannot_be_told_has_no_standing(policy: Policy, row: Row) -> None:
    past = [Row(at, at + 1, author_key=row.author_key, user_id=row.user_id) for at in range(0, 10, 2)]
    assert standings.replayed([row, *past], policy)[row.id] == Standing()


@pytest.mark.one_database
@pytest.mark.parametrize("past", [past for past, _ in HISTORIES.values()], ids=HISTORIES)
def test_a_policy_is_tried_with_what_it_would_have_counted(store: Store, site: CreatedSite, past: list[Row]) -> None:
    for row in past:
        known = {name: getattr(row, name) for name in ("status", "decided_by", "decided_at", "user_id", "author_key")}
        put(store, site.id, row.accepted_at, **known)
    now = Row(100_000)
    put(store, site.id, now.accepted_at, user_id="7", author_key="7", status="pending")
    with store.read() as session:
        counted = standings.count(session, site.id, "7", "7")
    *_, last = everything = rows(store, Comment, site_id=site.id)
    kept = Kept("7", counted.approvals, tuple(counted.strikes))
    then = standings.replayed(everything, ASKING)[last.id]
    assert then == standings.of_row(kept, last, ASKING, now.accepted_at)


@pytest.mark.one_database
@pytest.mark.parametrize(("looked_at", "kept", "strikes"), [(9, 2, (2, 3)), (9, 9, (0, 1, 2, 3)), (4, 9, (3,))])
def test_only_the_latest_rejections_are_kept_and_only_of_the_latest_comments(
    store: Store,
    site: CreatedSite,
    other_site: CreatedSite,
    monkeypatch: pytest.MonkeyPatch,
    looked_at: int,
    kept: int,
    strikes: tuple[int, ...],
) -> None:
    monkeypatch.setattr(standings, "LOOKED_AT", looked_at)
    monkeypatch.setattr(standings, "MOST_STRIKES", kept)
    known = {"user_id": "7", "author_key": "7", "decided_by": MO}
    for at in range(6):
        moment = START + timedelta(minutes=at)
        put(store, site.id, moment, status="rejected" if at < 4 else "published", decided_at=moment, **known)
    later = START + timedelta(days=1)
    put(store, other_site.id, later, decided_at=later, **known)
    put(store, site.id, later, decided_at=later, **known | {"author_key": "8"})
    put(store, site.id, later, decided_at=later, **known | {"user_id": None})
    with store.read() as session:
        counted = standings.count(session, site.id, "7", "7")
        nobody = standings.count(session, site.id, "7", None)
    rejected = [int((START + timedelta(minutes=at)).timestamp()) for at in strikes]
    assert counted == Counted(2, rejected)
    assert nobody == Counted(0, rejected), "without an identity nothing can be trusted"


#: What is kept of authors on a site -> the standing of who comments there now, where the site asks in this way.
ASKED: list[tuple[Policy, dict[str, Any], dict[str, Any], Standing | None]] = [
    (ASKING, {}, {}, Standing(3)),
    # What no rule could ask for is not even read.
    (ASKING, {"approvals": 2}, {}, None),
    (ASKING, {"approvals": 2, "strikes": [int(START.timestamp())]}, {}, Standing(2, 1)),
    (Policy(hold_after=2), {}, {}, None),
    (Policy(hold_after=2), {"strikes": [int(START.timestamp())]}, {}, Standing(3, 1)),
    (Policy(trust_after=4), {}, {}, None),
    (Policy(), {"strikes": [int(START.timestamp())]}, {}, None),
    # Who is somebody else, or nobody, has a standing of their own or none.
    (ASKING, {"author_key": "8"}, {}, None),
    (ASKING, {}, {"author_key": None}, None),
    (ASKING, {}, {"user_id": "7x"}, Standing(0)),
    # A letter of another alphabet is the same to what finds people, and nobody to what trusts them.
    (ASKING, {"author_key": "usеr", "identity": "usеr"}, {"author_key": "usеr", "user_id": "user"}, Standing(0)),
]


@pytest.mark.parametrize(("policy", "kept", "written", "standing"), ASKED)
def test_of_a_comment_that_comes_in_the_standing_is_read_that_its_policy_asks_for(
    store: Store,
    site: CreatedSite,
    other_site: CreatedSite,
    clock: Clock,
    policy: Policy,
    kept: dict[str, Any],
    written: dict[str, Any],
    standing: Standing | None,
) -> None:
    clock.now = START + timedelta(days=1)
    row: dict[str, Any] = {"site_id": site.id, "author_key": "7", "identity": "7", "approvals": 3, "strikes": []}
    with store.write() as session:
        session.add(AuthorStanding(**row | kept))
    theirs = {"user_id": "7", "author_key": "7", "status": "pending"} | written
    here = put(store, site.id, START, **theirs)
    elsewhere = put(store, other_site.id, START, **theirs)
    with store.read() as session:
        found = standings.read(session, [here, elsewhere], {site.id: policy, other_site.id: policy})
    assert found == ({} if standing is None else {here.id: standing})
