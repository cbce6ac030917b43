"""Every comment is looked up, published ones too: which say nearly the same, how many came, and what became of them."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation import clock as time
from moderation.decisions import comments, erasing
from moderation.decisions.scoring import Scorer
from moderation.history import retention
from moderation.intake.queues import Queues, Waiting
from moderation.review import campaigns, fingerprints, lookalikes
from moderation.review.campaigns import Arrival, Place
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, LookalikeBand, LookalikeGroup, ReviewItem
from tests.support.clock import Clock
from tests.support.comments import accept, put, rows, scored, stored

WATCHES = "Great offer on replica watches, the best Swiss quality, see my page before they are gone"
BOYCOTT = "Nobody should ever pay one cent for this newspaper again, they lie about the election every day"
LOOK_ALIKES = str.maketrans("aeocpx", "аеосрх")


def sizes(store: Store) -> list[tuple[str, int]]:
    return sorted((row.site_id, row.number) for row in rows(store, LookalikeGroup))


def group_of(store: Store, comment_id: str) -> str | None:
    return stored(store, comment_id).group_id


@pytest.mark.parametrize(
    "copy",
    [
        WATCHES.translate(LOOK_ALIKES),
        WATCHES.replace(" ", " 🔥 "),
        "\u200b".join(WATCHES),
        "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in WATCHES),
    ],
    ids=["look-alike letters", "emoji", "invisible characters", "full width"],
)
def test_what_a_reader_does_not_notice_makes_no_difference(copy: str) -> None:
    one, other = fingerprints.fingerprint(WATCHES), fingerprints.fingerprint(copy)
    assert len(set(one.bands) & set(other.bands)) > fingerprints.BANDS // 2
    assert one.is_like(other.sketch)


def test_a_sentence_in_chinese_is_long_enough_to_be_compared() -> None:
    advert = "最近我发现了一个赚钱的好方法，每天一小时"
    one, other = map(fingerprints.fingerprint, (advert, f"朋友们，{advert} 88"))
    assert not one.short
    assert set(one.bands) & set(other.bands)
    assert one.is_like(other.sketch)


SAID_BY_MANY = [
    "Great article!", "I agree with you", "Thank you for this great article", "Great article, thanks for sharing",
    "Thank you for your service", "Very interesting article", "You are absolutely right", "What a beautiful photo",
    "Thanks for sharing this", "I really enjoyed reading this article", "Well said, could not agree more",
    "This is so sad, rest in peace", "My thoughts are with the family", "Congratulations to the whole team!",
    "Shame on them", "Shame on all of you", "Absolutely disgraceful behaviour", "I love this article so much",
]  # fmt: skip


def test_ordinary_short_comments_are_not_taken_for_one_another() -> None:
    found = [fingerprints.fingerprint(text) for text in SAID_BY_MANY]
    alike = [
        (SAID_BY_MANY[at], SAID_BY_MANY[other])
        for at, one in enumerate(found)
        for other in range(at)
        if set(one.bands) & set(found[other].bands) and one.is_like(found[other].sketch)
    ]
    assert alike == []
    assert fingerprints.fingerprint("Great article!").says_little
    assert not fingerprints.fingerprint("Cheap pills http://x.example").says_little


def test_who_quotes_a_comment_and_answers_it_does_not_repeat_it() -> None:
    answer = "I bought one of these there in spring and it broke within a week, keep away"
    quoting = lookalikes.of_text(f"> {WATCHES}\n\n{answer}")
    assert quoting == lookalikes.of_text(answer)
    for trick in (f"> {WATCHES}", f"> {WATCHES}\n\nlol"):
        assert set(lookalikes.of_text(trick).bands) & set(lookalikes.of_text(WATCHES).bands)


def test_published_copies_are_in_the_group_from_the_second_on(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    first = scored(store, queues, scorer, site, WATCHES, name="Ann").id
    assert group_of(store, first) is None
    second = scored(store, queues, scorer, other_site, f"Hi! {WATCHES} 77", name="Bob").id
    assert group_of(store, first) == group_of(store, second) == lookalikes.own_group(first)
    held = scored(store, queues, scorer, site, f"{WATCHES} spam=0.6", name="Cy").id
    rejected = scored(store, queues, scorer, site, f"{WATCHES} spam=0.95", name="Di").id
    other = scored(store, queues, scorer, site, BOYCOTT).id
    assert group_of(store, other) is None
    [item] = rows(store, ReviewItem)
    assert item.group_id == group_of(store, held) == group_of(store, rejected)
    assert sizes(store) == sorted([(site.id, 3), (other_site.id, 1)])
    group_id = lookalikes.own_group(first)
    with store.read() as session:
        assert campaigns.counts(session, group_id, [site.id]) == {"published": 1, "flagged": 1, "rejected": 1}
        assert campaigns.seen(session, [group_id], [site.id, other_site.id]) == {group_id: 2}
        assert campaigns.members(session, group_id, [site.id], limit=9) == [first, held, rejected]
        assert campaigns.members(session, group_id, [site.id, other_site.id], ("published",), after=first, limit=9) == [
            second
        ]
        latest = campaigns.latest(session, group_id, [site.id, other_site.id], [Comment.author_key], 3)
        assert [row.id for row in latest] == [rejected, held, second]


def test_an_attack_in_one_batch_is_one_group_and_is_counted_once(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    for at in range(20):
        accept(store, queues, site, f"{WATCHES} {at}", name=f"N{at}")
    while scorer.run_batch().claimed:
        pass
    assert sizes(store) == [(site.id, 20)]
    assert len({row.group_id for row in rows(store, Comment)}) == 1


def test_two_workers_count_the_first_of_a_group_once(store: Store, queues: Queues, site: CreatedSite) -> None:
    ids = [accept(store, queues, site, f"{WATCHES} {at}").id for at in range(5)]
    group_id = lookalikes.own_group(ids[0])

    def join(comment_id: str) -> None:
        with store.write() as session:
            campaigns.join(session, [Arrival(comment_id, site.id, group_id, None, says_little=False)])

    workers = [threading.Thread(target=join, args=[comment_id]) for comment_id in ids[1:]]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sizes(store) == [(site.id, 5)]


def test_an_edited_comment_is_counted_where_it_comes_anew(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    for text in (WATCHES, f"Oh, {WATCHES}", BOYCOTT, f"Oh, {BOYCOTT}"):
        last = scored(store, queues, scorer, site, text)
    groups = {row.group_id for row in rows(store, LookalikeGroup)}
    for text, expected in ((f"Well, {BOYCOTT}", [2, 2]), (f"Oh, {WATCHES}", [2, 3])):
        with store.write() as session:
            comments.edit(session, site.id, last.id, {"comment": text})
        queues.announce([Waiting(site.id, last.id, time.now())])
        scorer.run_batch()
        assert sorted(number for _, number in sizes(store)) == expected
    assert group_of(store, last.id) in groups


def test_an_erased_comment_leaves_its_group_and_one_whose_words_are_not_kept_too(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    ids = [scored(store, queues, scorer, site, f"{WATCHES} {at}").id for at in range(3)]
    with store.write() as session:
        comments.erase(session, site.id, ids[0])
        erasing.take_words(session, [session.get_one(Comment, ids[1])], [])
    assert [group_of(store, one) is None for one in ids] == [True, True, False]
    later = scored(store, queues, scorer, site, f"{WATCHES} again").id
    assert group_of(store, later) == group_of(store, ids[2])


def test_a_comment_costs_so_many_rows_whatever_it_says(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    chance = random.Random(1)
    words = WATCHES.split()
    for _ in range(30):
        accept(store, queues, site, " ".join(chance.sample(words, len(words))) + " " + "x" * chance.randrange(9))
    while scorer.run_batch().claimed:
        pass
    assert len(rows(store, LookalikeBand)) <= 30 * (fingerprints.BANDS + 1)
    assert len(rows(store, LookalikeGroup)) <= 15


def test_groups_are_listed_by_their_last_or_their_number_on_the_sites_that_one_sees(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    moment = time.now()
    told = [("a", site, 9, 5, False), ("b", site, 3, 1, False), ("b", other_site, 50, 3, False),
            ("c", other_site, 4, 2, False), ("d", site, 2, 0, False), ("e", site, 7, 4, True)]  # fmt: skip
    with store.write() as session:
        for name, where, number, ago, little in told:
            at = moment - timedelta(hours=ago)
            row = LookalikeGroup(group_id=name, site_id=where.id, number=number, first_at=at, last_at=at,
                                 says_little=little)  # fmt: skip
            session.add(row)
    both = [site.id, other_site.id]
    with store.read() as session:

        def listed(sites: list[str], order: campaigns.Order, *, little: bool = False) -> list[str]:
            found: list[str] = []
            after: Place | None = None
            while True:  # page by page
                page, after = campaigns.listed(session, sites, order, little=little, after=after, limit=1)
                found += page
                if after is None:
                    return found

        assert listed(both, "latest") == ["b", "c", "a"]
        assert listed(both, "largest") == ["b", "a", "c"]
        assert listed([site.id], "largest") == ["a", "b"]
        assert listed([site.id], "largest", little=True) == ["a", "e", "b"]
        assert listed([], "latest") == []
        assert Counter({group: len(found) for group, found in campaigns.sizes(session, ["b", "d"], both).items()}) == {
            "b": 2,
            "d": 1,
        }


def test_groups_are_listed_for_thirty_days_after_their_last_comment(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    for at in range(3):
        scored(store, queues, scorer, site, f"{WATCHES} {at}")
    clock.advance(days=29)
    retention.purge(store)
    assert sizes(store) == [(site.id, 3)]
    assert rows(store, LookalikeBand) == []
    clock.advance(days=2)
    retention.purge(store)
    assert sizes(store) == []


def member(store: Store, site: CreatedSite, number: int, **fields: Any) -> str:
    """A comment of the group "g" that came so many minutes after the first."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    known = {"id": f"c_{number:02}_{site.id}", "group_id": "g", "decided_by": "policy", "decided_at": at}
    return put(store, site.id, at, **known | fields).id


#: What people decided on a group's comments, the earliest first: status and who -> the status that they agree on.
RULED: dict[str, tuple[list[tuple[str, str]], str | None]] = {
    "nobody": ([("published", "policy"), ("rejected", "policy")], None),
    "one person": ([("published", "policy"), ("rejected", "user:mo")], "rejected"),
    "two who agree": ([("published", "user:mo"), ("published", "user:bo")], "published"),
    "two who do not": ([("published", "user:mo"), ("rejected", "user:bo")], None),
    "the site itself": ([("rejected", "site")], None),
    "one that waits again": ([("flagged", "user:mo")], None),
}


@pytest.mark.one_database
@pytest.mark.parametrize(("decisions", "status"), RULED.values(), ids=RULED)
def test_what_people_decided_alike_on_a_group_is_its_ruling(
    store: Store, site: CreatedSite, other_site: CreatedSite, decisions: list[tuple[str, str]], status: str | None
) -> None:
    for number, (its, by) in enumerate(decisions):
        member(store, site, number, status=its, decided_by=by)
    member(store, site, 90, status="published", decided_by="user:mo", group_id="other")
    with store.read() as session:
        found = campaigns.rulings(session, [("g", site.id), ("g", other_site.id), ("g", site.id)])
        assert campaigns.rulings(session, []) == {}
    assert {key: ruling.status for key, ruling in found.items()} == ({} if status is None else {("g", site.id): status})


def test_a_ruling_is_the_latest_decision_with_its_reason(store: Store, site: CreatedSite) -> None:
    for number, who in ((1, "user:early"), (3, "user:late"), (2, "user:between")):
        at = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(minutes=number)
        reasons = [{"rule": "links"}, {"rule": "moderator", "code": who}]
        member(store, site, number, status="rejected", decided_by=who, decided_at=at, reasons=reasons)
    with store.read() as session:
        ruling = campaigns.rulings(session, [("g", site.id)])["g", site.id]
    assert (ruling.actor, ruling.action) == ("user:late", "reject")
    assert (ruling.given("code"), ruling.given("note")) == ("user:late", "")
    assert campaigns.Ruling("published", "user:mo", ()).action == "publish"


def test_each_status_of_a_group_is_counted_on_the_sites_that_one_sees(
    store: Store, site: CreatedSite, other_site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        member(store, site, number, status=("published", "flagged", "rejected")[number % 3])
    member(store, site, 20, status="pending")
    member(store, other_site, 21, status="published")
    member(store, other_site, 22, status="published", group_id="h")
    member(store, site, 23, status="erased")
    both = [site.id, other_site.id]
    with store.read() as session:
        assert campaigns.counts(session, "g", both) == {"published": 4, "flagged": 3, "rejected": 3, "pending": 1}
        assert campaigns.counts(session, "g", [other_site.id]) == {"published": 1}
        assert campaigns.counts(session, "g", []) == campaigns.counts(session, "none", both) == {}
        assert campaigns.seen(session, ["g", "h", "g", "none"], both) == {"g": 4, "h": 1}
        assert campaigns.seen(session, [], both) == campaigns.seen(session, ["g"], []) == {}
        assert campaigns.count(session, "g", both, "published") == 4
        assert campaigns.count(session, "g", [other_site.id], "rejected") == 0
        monkeypatch.setattr(campaigns, "COUNT_UP_TO", 2)
        assert campaigns.counts(session, "g", both)["published"] == 3, "more than two are three"
        assert campaigns.seen(session, ["g"], both) == {"g": 3}
        assert campaigns.count(session, "g", both, "published") == 4, "where all are wanted, all are counted"


def test_a_groups_comments_are_read_page_by_page(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    ids = [member(store, where, at) for at, where in enumerate([site, other_site, site, other_site, site])]
    with store.write() as session:
        for where in (site, other_site):
            at = datetime(2026, 1, 1, tzinfo=UTC)
            session.add(
                LookalikeGroup(group_id="g", site_id=where.id, number=3, first_at=at, last_at=at, says_little=False)
            )
    both = [site.id, other_site.id]
    with store.read() as session:
        first = campaigns.members(session, "g", both, limit=2)
        rest = campaigns.members(session, "g", both, after=first[-1], limit=9)
        assert first + rest == ids
        assert campaigns.members(session, "g", [site.id], limit=2) == ids[0::2][:2]
        assert campaigns.members(session, "g", both, ("rejected",), limit=9) == []
        assert campaigns.members(session, "g", [], limit=9) == []
        newest = campaigns.latest(session, "g", both, [Comment.status], 2)
        assert [row.id for row in newest] == ids[:2:-1]
        assert campaigns.latest(session, "g", [], [Comment.status], 2) == []


def test_who_wrote_a_groups_comments_is_told_apart_by_key_or_address(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    founder = put(store, site.id, time.now(), id="c_alone", name="Al", ip="192.0.2.9").id
    for number, fields in enumerate(
        [
            {"user_id": "u1", "ip": "192.0.2.1"},
            {"user_id": "u1", "ip": "192.0.2.2"},  # an address makes no difference to who is known
            {"name": "Anonymous", "ip": "192.0.2.1"},
            {"name": "Anonymous", "ip": "192.0.2.2"},
            {"user_id": "u1", "status": "rejected", "decided_by": "user:mo"},
            {"user_id": "u2", "group_id": "other"},
            {"user_id": "u9", "status": "erased"},
        ]
    ):
        member(store, site, number, **fields)
    keys = {("g", site.id), ("g", other_site.id), (lookalikes.own_group(founder), site.id)}
    with store.read() as session:
        found = campaigns.writers(session, keys, since="c_", limit=100)
        later = campaigns.writers(session, keys, since="c_03", limit=100)
        last = campaigns.writers(session, {("g", site.id)}, since="c_", limit=1)
    told = sorted((row.author_key or "", row.ip or "", row.status, row.decided_by) for row in found["g", site.id])
    assert told == [
        ("", "192.0.2.1", "published", "policy"),
        ("", "192.0.2.2", "published", "policy"),
        ("u1", "", "published", "policy"),
        ("u1", "", "rejected", "user:mo"),
    ]
    assert [row.author_key for row in found[lookalikes.own_group(founder), site.id]] == ["name:al"]
    assert ("g", other_site.id) not in found
    assert len(later["g", site.id]) == 2, "what came before the window does not count"
    assert [row.status for row in last["g", site.id]] == ["rejected"], "the latest first"


def test_where_the_caller_writes_the_comments_only_the_first_of_a_group_is_written_here(
    store: Store, site: CreatedSite
) -> None:
    first, second = (put(store, site.id, time.now()).id for _ in range(2))
    group_id = lookalikes.own_group(first)
    for writes in (False, True):
        with store.write() as session:
            arrival = Arrival(second, site.id, group_id, None, says_little=False)
            joined = campaigns.join(session, [arrival], writes_comments=writes)
        assert joined[second] == group_id
        assert (group_of(store, first), group_of(store, second)) == (group_id, group_id if writes else None)
    assert sizes(store) == [(site.id, 3)], "each arrival counts, and the first once"


def test_a_comment_that_stays_in_its_group_does_not_arrive_again(store: Store, site: CreatedSite) -> None:
    first, second = (put(store, site.id, time.now()).id for _ in range(2))
    group_id = lookalikes.own_group(first)
    with store.write() as session:
        assert campaigns.join(session, [Arrival(first, site.id, group_id, None, says_little=False)]) == {}
        assert campaigns.join(session, [Arrival(second, site.id, group_id, group_id, says_little=False)]) == {}
        assert campaigns.join(session, []) == {}
    assert sizes(store) == []


def test_what_most_of_them_have_in_common_is_found_whatever_the_script() -> None:
    texts = [
        f"Anna, {WATCHES} 12",
        WATCHES.replace("Swiss", "French").upper(),
        WATCHES.translate(LOOK_ALIKES),
        WATCHES,
        "最近我发现了一个赚钱的好方法",
    ]
    found = [[text[start:end] for start, end in runs] for text, runs in
             zip(texts, fingerprints.common_parts(texts), strict=True)]  # fmt: skip
    assert found[0] == [f"{WATCHES}"]
    assert "".join(found[2]).startswith("Grеаt оffеr")
    assert not any("FRENCH" in part for part in found[1])
    assert found[4] == []
    chinese = ["最近我发现了一个赚钱的好方法", "朋友，最近我发现了一个赚钱的好方法！"]
    assert ["".join(text[start:end] for start, end in runs) for text, runs in
            zip(chinese, fingerprints.common_parts(chinese), strict=True)] == [chinese[0]] * 2  # fmt: skip
    assert fingerprints.common_parts(["alone"]) == [[]]
