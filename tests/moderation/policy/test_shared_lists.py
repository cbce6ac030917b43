"""The team's lists: what an entry may be, what it finds, how a file is imported, and what becomes of comments."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from moderation import actors, audit
from moderation.authors import Author
from moderation.decisions.scoring import Scorer
from moderation.errors import NotFound
from moderation.history import list_hits, tallies
from moderation.intake.queues import Queues
from moderation.patterns import PatternError, PatternSet, WordIndex
from moderation.policy import list_imports, list_trials, policies, prepared_lists, shared_lists
from moderation.policy.list_imports import Counted, UnreadableFile
from moderation.policy.list_kinds import KINDS, MOST_NAMED, MOST_SOUGHT, Effect, PreparedList
from moderation.policy.shared_lists import Added, SharedListError
from moderation.policy.terms import Facts
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, SharedList, SharedListEntry
from tests.support.clock import Clock
from tests.support.comments import rows, scored

BY = "user:u_chief"


def create(store: Store, kind: str, *entries: str, until: datetime | None = None) -> str:
    with store.write() as session:
        list_id = shared_lists.create(session, f"Our {kind}", kind, actor=BY).id
    if entries:
        add(store, list_id, *entries, until=until)
    return list_id


def add(store: Store, list_id: str, *entries: str, until: datetime | None = None, by: str = BY) -> Added:
    with store.read() as session:
        there = shared_lists.state(session, list_id)
        read = list_imports.read(there.kind, "\n".join(entries), there)
    return shared_lists.add(store, list_id, read, until=until, actor=by)


def subscribe(store: Store, site: CreatedSite, **effects: str) -> None:
    with store.write() as session:
        document = policies.current(session, site.id).document
        policies.save(session, site.id, document | {"lists": effects}, actor=BY)


def entries(store: Store, list_id: str) -> dict[int, str]:
    return {row.number: row.entry for row in rows(store, SharedListEntry, list_id=list_id)}


def test_once_it_is_told_that_too_many_are_costly_the_others_are_counted_and_not_compiled() -> None:
    kind = KINDS["patterns"]
    compiled: list[str] = []

    def spelled(entry: str) -> str:
        compiled.append(entry)
        return kind.spelled(entry)

    counting = replace(kind, spelled=spelled)
    lines = [f"spam{number}" for number in range(3_000)]
    read = list_imports.read(counting, "\n".join([*lines, "spam7", "spam2999"]), Counted([kind.key("spam2000")]))
    assert len(compiled) < kind.most_costly + list_imports.MOST_TOLD + 2
    assert (len(read.bad), read.repeated) == (list_imports.MOST_TOLD, 1)
    assert read.bad_lines == 3_000 - kind.most_costly - 1 + 1  # without the known one; the last one comes twice


@pytest.mark.parametrize(
    ("kind", "entry", "said"),
    [
        ("words", "*", "nothing but stars"),
        ("words", "a*b*c*d*e", "more than 3"),
        ("words", " ".join("word" for _ in range(17)), "17 words"),
        ("patterns", "(", "no regular expression"),
        ("patterns", "(?=a)b", "no regular expression"),
        ("patterns", "x*", "in every text"),
        ("patterns", "(?:(?:x{30}){30}){30}", "no regular expression|steps"),
        ("patterns", r"\Qa", "is not taken"),
        ("authors", "name:\u200b", "Nothing can be seen"),
        ("addresses", "999.1.1.1", "Give an address"),
        ("domains", "com", "no domain"),
        ("domains", "example.com/path", "without a path"),
        ("domains", "192.0.2.1", "no domain"),
    ],
)
def test_what_cannot_be_an_entry_is_refused_with_its_reason(kind: str, entry: str, said: str) -> None:
    with pytest.raises(PatternError, match=said):
        KINDS[kind].spelled(entry)


@pytest.mark.parametrize(
    ("kind", "entry", "facts"),
    [
        ("words", "casino", {"text": "the C4SINO"}),
        ("words", "buy  now", {"name": "Buy now!"}),
        ("words", "casino", {"url": "https://casino.example"}),
        ("words", "🍆", {"text": "a🍆b"}),
        ("words", "win*", {"text": "winning"}),
        ("patterns", r"\bfr[e3]+\s+money", {"text": "Freee  money"}),
        ("patterns", "casino", {"text": "<b>cas</b>ino"}),
        ("authors", "name:Eve", {"author": Author(name="EVE")}),
        ("authors", "ID: 7", {"author": Author(user_id="7")}),
        ("addresses", "192.0.2.0/24", {"ip": "192.0.2.9"}),
        ("addresses", "2001:db8::/32", {"ip": "2001:db8:1::9"}),
        ("domains", "https://www.Evil.example/", {"text": "see shop.EVIL.example/x"}),
        ("domains", "evil.com", {"text": "see http://evil.Com"}),
        ("domains", "bücher.example", {"url": "http://xn--bcher-kva.example"}),
        ("domains", "throwaway.example", {"author": Author(email="a@throwaway.example")}),
    ],
)
def test_an_entry_is_found_however_it_is_written(kind: str, entry: str, facts: dict[str, Any]) -> None:
    others = [] if kind == "addresses" else [(3, KINDS[kind].spelled("zzz.example"))]
    prepared = PreparedList("l", "Ours", kind, 1, [*others, (8, KINDS[kind].spelled(entry))])
    known = Facts(**{"text": "", **facts})
    assert prepared.matches(known, known.text, "reject") == [8]
    assert prepared.matches(Facts(text="harmless", ip="198.51.100.1"), "harmless", "reject") == []


def test_a_name_is_never_trusted() -> None:
    prepared = PreparedList("l", "Ours", "authors", 1, [(1, "name:Eve"), (2, "id:7")])
    assert prepared.matches(Facts(text="", author=Author(name="Eve", user_id="7")), "", "publish") == [2]
    assert prepared.matches(Facts(text="", author=Author(name="Eve", user_id="7")), "", "reject") == [1, 2]


def test_many_words_are_found_as_few_are() -> None:
    """The index of a large list has the same meaning as the patterns of a small one."""
    listed = [
        "c++",
        "a b",
        "foo_bar",
        "foo*",
        "$$$",
        "casino",
        "ab",
        "a-b",
        "a",
        "b b",
        "<b",
        "v1agra",
        "+a",
        "ba ab b",
    ]
    pieces = ["a", "b", " ", "+", "c", "_", "-", "foo", "bar", "$", "casino", "1", ".", "<", "ab", "v1agra"]
    patterns, index, draw = PatternSet(listed), WordIndex(listed), random.Random(7)
    found = set()
    for _ in range(2_000):
        text = "".join(draw.choice(pieces) for _ in range(draw.randint(1, 9)))
        matched = set(patterns.matches(text))
        assert index.matches(text) == matched, text
        found |= matched
    assert len(found) >= len(listed) - 3


def test_a_comment_full_of_entries_gets_few_reasons() -> None:
    words = [f"word{number}x" for number in range(100)]
    prepared = PreparedList("l", "Ours", "words", 1, list(enumerate(words, 1)))
    text = " ".join(words)
    assert prepared.matches(Facts(text=text), text, "reject") == list(range(1, MOST_NAMED + 1))


def test_a_file_is_read_whole_or_its_bad_lines_are_told() -> None:
    text = list_imports.decode(
        "\ufeff# our domains\r\nevil.example # since May\r\n\r\nwww.EVIL.example\rbad one\r".encode()
    )
    read = list_imports.read(KINDS["domains"], text)
    assert list(read.entries.values()) == ["evil.example"]
    assert (read.repeated, read.bad_lines) == (1, 1)
    assert (read.bad[0].number, read.bad[0].beginning) == (5, "bad one")
    stars = list_imports.read(KINDS["words"], "\n".join(f"star{number}*" for number in range(MOST_SOUGHT + 60)))
    assert (len(stars.entries), stars.bad_lines, len(stars.bad)) == (MOST_SOUGHT, 60, list_imports.MOST_TOLD)
    assert "with a *" in stars.bad[0].why
    long = list_imports.read(KINDS["words"], "x" * 5_000)
    assert (long.bad_lines, len(long.bad[0].beginning)) == (1, 81)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"fine\n\xff\xfe", "Line 2 is not in UTF-8"),
        (b" \n\n", "no entry"),
        (b"x\n" * 65_001, "65,001 entries; at most 65,000"),
        (b"x" * (list_imports.MOST_BYTES + 1), "larger than 4 MiB"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        list_imports.read(KINDS["words"], list_imports.decode(content))


def test_an_import_that_dies_or_has_a_bad_line_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id = create(store, "words", "first")
    with pytest.raises(SharedListError):
        add(store, list_id, "good", "*")
    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", _die)
        with pytest.raises(RuntimeError):
            add(store, list_id, *(f"word{number}" for number in range(600)))
    assert entries(store, list_id) == {1: "first"}
    assert rows(store, SharedList)[0].size == 1
    assert add(store, list_id, "second", "First ", "second") == Added(1, 0, 1, (2, 2))


def _die(*_: object) -> None:
    raise RuntimeError("killed")


def test_everything_that_is_done_with_a_list_is_in_the_audit(store: Store, clock: Clock) -> None:
    list_id = create(store, "words", "casino", "roulette")
    add(store, list_id, "lottery", until=clock.now + timedelta(days=1), by="user:u_mo")
    with store.write() as session:
        shared_lists.rename(session, list_id, "Gambling", actor="user:u_mo")
        assert shared_lists.remove(session, list_id, [1, 99], actor=BY) == ["casino"]
    clock.advance(days=2)
    assert shared_lists.take_out_ended(store) == 1
    assert entries(store, list_id) == {2: "roulette"}
    with store.write() as session:
        shared_lists.delete_list(session, list_id, actor=BY)
    told = [(row.action, row.actor, (row.detail or {}).get("entries")) for row in rows(store, AuditEvent)]
    assert [one for one in told if one[0].startswith("list.")] == [
        ("list.created", BY, None),
        ("list.entries_added", BY, 2),
        ("list.entries_added", "user:u_mo", 1),
        ("list.renamed", "user:u_mo", None),
        ("list.entries_removed", BY, 1),
        ("list.entries_ended", actors.POLICY, 1),
        ("list.deleted", BY, 1),
    ]
    assert not rows(store, SharedListEntry)
    assert not rows(store, SharedList)


def test_who_is_on_a_list_is_not_named_in_the_audit(store: Store) -> None:
    list_id = create(store, "authors", "email:eve@example.org")
    with store.write() as session:
        shared_lists.remove(session, list_id, [1], actor=BY)
    assert "eve" not in repr([row.detail for row in rows(store, AuditEvent)])


def test_an_entry_that_is_there_ends_at_the_later_moment(store: Store, clock: Clock) -> None:
    day, week = clock.now + timedelta(days=1), clock.now + timedelta(days=7)
    list_id = create(store, "domains", "evil.example", until=week)
    assert add(store, list_id, "Evil.example", until=day).prolonged == 0
    assert rows(store, SharedListEntry)[0].until == week
    assert add(store, list_id, "evil.example").prolonged == 1
    assert rows(store, SharedListEntry)[0].until is None


def test_sites_that_subscribe_decide_by_the_list_as_it_is_now(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    words, domains = create(store, "words", "first", "moonshot"), create(store, "domains", "evil.example")
    subscribe(store, site, **{words: "reject", domains: "flag"})

    def decided(text: str, where: CreatedSite = site) -> str:
        return scored(store, queues, scorer, where, text).status

    row = scored(store, queues, scorer, site, "a m00nshot")
    assert row.status == "rejected"
    assert row.reasons is not None
    assert {**row.reasons[0], "message": ""} == {
        "rule": "list_banned", "action": "reject", "message": "", "entry": 2, "list": words
    }  # fmt: skip
    assert row.reasons[0]["message"] == "It contains entry 2 of the list “Our words”."
    assert decided("see a.evil.example") == "flagged"
    assert decided("a moonshot", other_site) == decided("a lottery") == "published"
    add(store, words, "lottery", until=clock.now + timedelta(days=1))
    assert decided("one lottery") == "rejected"
    clock.advance(days=2)
    shared_lists.take_out_ended(store)
    assert decided("two lottery") == "published"
    with store.write() as session:
        shared_lists.remove(session, words, [2], actor=BY)
    assert decided("another moonshot") == "published"


def test_hits_are_counted_for_each_site_without_a_write_more(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    words = create(store, "words", "moonshot", "lottery")
    for where in (site, other_site):
        subscribe(store, where, **{words: "flag"})
        scored(store, queues, scorer, where, "moonshot and lottery")
    scored(store, queues, scorer, site, "moonshot once more")
    clock.advance(minutes=2)
    tallies.roll_up(store)
    with store.read() as session:
        assert list_hits.of_list(session, words, [site.id]) == {1: 2, 2: 1}
        assert list_hits.of_list(session, words, [site.id, other_site.id]) == {1: 3, 2: 2}
        assert list_hits.of_list(session, words[:-1], [site.id]) == {}
    clock.advance(days=list_hits.DAYS + 1)
    with store.read() as session:
        assert list_hits.of_list(session, words, [site.id]) == {}


def test_entries_are_read_in_pages_the_latest_first_and_by_what_is_in_them(store: Store) -> None:
    list_id = create(store, "words", "casino", "50%", "Casino royal", "5_0", "grüße")
    create(store, "domains", "casino.example")
    with store.read() as session:

        def page(**asked: Any) -> list[str]:
            return [row.entry for row in shared_lists.entries(session, list_id, **asked)]

        assert page() == ["grüße", "5_0", "Casino royal", "50%", "casino"]
        assert page(limit=2) == ["grüße", "5_0"]
        assert page(before=4, limit=2) == ["Casino royal", "50%"]
        assert page(before=1) == []
        # In any case, and a sign of SQL is one of the text.
        assert page(having="CASINO") == ["Casino royal", "casino"]
        assert page(having="CASINO", before=3) == ["casino"]
        assert page(having="%") == ["50%"]
        assert page(having="_") == ["5_0"]
        assert page(having="nowhere") == []
        assert shared_lists.numbers(session, list_id) == [5, 4, 3, 2, 1]
        assert shared_lists.numbers(session, list_id, having="casino") == [3, 1]
        assert shared_lists.numbers(session, list_id, within=(2, 4)) == [4, 3, 2]
        assert [row.entry for row in shared_lists.by_numbers(session, list_id, [3, 99, 1])] == [
            "Casino royal",
            "casino",
        ]
        assert shared_lists.by_numbers(session, list_id, []) == []


def test_lists_are_told_in_the_order_of_their_names_with_the_sites_that_use_them(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    words, domains = create(store, "words"), create(store, "domains")
    subscribe(store, site, **{words: "flag", domains: "reject"})
    subscribe(store, other_site, **{words: "reject"})
    subscribe(store, other_site, **{words: "flag"})
    with store.read() as session:
        assert [row.name for row in shared_lists.in_order(session)] == ["Our domains", "Our words"]
        assert shared_lists.names(session) == {words: "Our words", domains: "Our domains"}
        assert shared_lists.subscribers(session, words) == [
            (other_site.id, "The Other Site", "flag"),
            (site.id, "The Site", "flag"),
        ]
        assert shared_lists.subscribers(session, domains) == [(site.id, "The Site", "reject")]
        assert shared_lists.subscribers(session, "l_none") == []


@pytest.mark.parametrize("list_id", ["l_none", "l_" + "0" * 26, "", "c_" + "0" * 26, "l_\0"])
def test_a_list_that_is_not_there_is_not_found(store: Store, list_id: str) -> None:
    verbs: list[Any] = [
        shared_lists.find,
        shared_lists.state,
        lambda session, one: shared_lists.rename(session, one, "Other", actor=BY),
        lambda session, one: shared_lists.remove(session, one, [1], actor=BY),
        lambda session, one: shared_lists.delete_list(session, one, actor=BY),
    ]
    for verb in verbs:
        with pytest.raises(NotFound, match="There is no list"), store.write() as session:
            verb(session, list_id)


def test_who_changes_a_list_is_told_what_they_did(store: Store, clock: Clock) -> None:
    list_id = create(store, "words")
    until = clock.now + timedelta(days=1)
    add(store, list_id, *(f"word{number}" for number in range(7)), until=until)
    add(store, list_id, "word0")
    with store.write() as session:
        shared_lists.rename(session, list_id, "our  words ", actor=BY)  # in the one spelling of a name
        shared_lists.rename(session, list_id, "our words", actor=BY)
        assert shared_lists.remove(session, list_id, [99], actor=BY) == []
    details = [(event.action, event.detail) for event in rows(store, AuditEvent) if event.action.startswith("list.")]
    named = {"list": "Our words"}
    assert details == [
        ("list.created", named | {"list_version": 1, "kind": "words"}),
        (
            "list.entries_added",
            named
            | {
                "list_version": 2,
                "entries": 7,
                "until": until.isoformat(),
                "among_them": [f"word{number}" for number in range(5)],
            },
        ),
        ("list.entries_added", named | {"list_version": 3, "entries": 0, "prolonged": 1}),
        ("list.renamed", {"list": "our words", "list_version": 3, "was_called": "Our words"}),
    ]


def test_an_entry_keeps_its_number_and_no_other_gets_it(store: Store) -> None:
    list_id = create(store, "words", "one", "two", "three")
    with store.write() as session:
        shared_lists.remove(session, list_id, [3, 1], actor=BY)
    assert add(store, list_id, "four", "two") == Added(1, 0, 1, (4, 4))
    assert entries(store, list_id) == {2: "two", 4: "four"}
    [row] = rows(store, SharedList)
    assert (row.size, row.last_number) == (2, 4)


def test_what_ends_is_taken_out_of_each_list_and_of_no_other(store: Store, clock: Clock) -> None:
    soon = clock.now + timedelta(days=1)
    one, other = create(store, "words", "ends", until=soon), create(store, "domains", "ends.example", until=soon)
    add(store, one, "stays")
    add(store, other, "later.example", until=clock.now + timedelta(days=2))
    assert shared_lists.take_out_ended(store) == 0
    clock.advance(days=1)
    assert shared_lists.take_out_ended(store) == 2
    assert (entries(store, one), entries(store, other)) == ({2: "stays"}, {2: "later.example"})
    assert shared_lists.take_out_ended(store) == 0
    assert {row.id: (row.version, row.size) for row in rows(store, SharedList)} == {one: (4, 1), other: (4, 1)}


@pytest.mark.parametrize(
    ("kind", "line", "entry"),
    [
        # Behind a # is a remark where no entry can have one.
        ("addresses", "192.0.2.7 # the spammer", "192.0.2.7"),
        ("domains", "# evil.example", None),
        ("words", "c# is fine", "c# is fine"),
        ("authors", "id:7#8", "id:7#8"),
        ("patterns", "a#b", "a#b"),
        ("words", "  casino  royal ", "casino royal"),
        ("words", "ca\0sino", "casino"),
        ("words", "x" * 200, "x" * 200),
    ],
)
def test_a_line_is_an_entry_with_or_without_a_remark(kind: str, line: str, entry: str | None) -> None:
    if entry is None:
        with pytest.raises(UnreadableFile, match="no entry"):
            list_imports.read(KINDS[kind], line)
        return
    assert list(list_imports.read(KINDS[kind], line).entries.values()) == [entry]


def test_a_line_that_is_too_long_is_told_by_its_beginning() -> None:
    read = list_imports.read(KINDS["words"], f"{'x' * 201}\n{'*' * 80}\nfine")
    assert [(bad.number, bad.beginning, bad.why) for bad in read.bad] == [
        (1, f"{'x' * 80}…", "It has 201 characters; at most 200 fit."),
        (2, "*" * 80, "It has nothing but stars: give it some letters."),
    ]
    assert list(read.entries.values()) == ["fine"]


def test_as_many_lines_as_fit_are_read_and_as_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_imports, "MOST_LINES", 2)
    assert len(list_imports.read(KINDS["words"], "one\n\ntwo\n").entries) == 2
    with pytest.raises(UnreadableFile, match="It has 3 entries; at most 2 fit"):
        list_imports.read(KINDS["words"], "one\ntwo\nthree")
    assert len(list_imports.decode(b"x" * list_imports.MOST_BYTES)) == list_imports.MOST_BYTES


def test_a_comment_has_the_lowest_of_its_entries_whichever_list_has_them() -> None:
    listed = [(number, f"word{number}x") for number in (30, 7, 12)]
    prepared = PreparedList("l", "Ours", "words", 1, listed)
    text = "word12x word30x word7x"
    assert prepared.matches(Facts(text=text), text, "flag") == [30, 7, 12], "in the order in which they were listed"
    assert prepared.reason(7) == "It contains entry 7 of the list “Ours”."


def test_a_list_in_use_stays_and_a_policy_of_before_forgets_one_that_is_gone(store: Store, site: CreatedSite) -> None:
    words = create(store, "words", "moonshot")
    subscribe(store, site, **{words: "reject"})
    with pytest.raises(SharedListError, match="in use"), store.write() as session:
        shared_lists.delete_list(session, words, actor=BY)
    subscribe(store, site)
    with store.write() as session:
        shared_lists.delete_list(session, words, actor=BY)
    subscribe(store, site, **{words: "reject"})
    with store.read() as session:
        assert policies.current(session, site.id).document["lists"] == {}


@pytest.mark.parametrize(("kind", "effect"), [("words", "publish"), ("domains", "publish"), ("authors", "nonsense")])
def test_a_list_has_only_the_effects_of_its_kind(store: Store, site: CreatedSite, kind: str, effect: Effect) -> None:
    list_id = create(store, kind)
    subscribe(store, site, **{list_id: effect})
    with store.read() as session:
        assert policies.current(session, site.id).document["lists"] == {}


def test_a_list_is_tried_on_past_comments(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> None:
    for text in ("moonshot one", "moonshot two toxicity=0.99", "lottery", "harmless"):
        scored(store, queues, scorer, site, text)
    list_id = create(store, "words", "moonshot", "lottery", "never")
    with store.read() as session:
        result = list_trials.run(session, site.id, prepared_lists.read(session, {list_id})[list_id])
    assert (result.looked_at, result.found.total(), result.different) == (4, 3, 2)
    assert result.found == {"published": 2, "rejected": 1}
    assert result.entries == [(1, 2), (2, 1)]
    assert result.comments[0].numbers == [2]


def test_lists_have_names_of_their_own_and_are_not_endless(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id = create(store, "words")
    monkeypatch.setattr(shared_lists, "MOST_LISTS", 2)
    with store.write() as session:
        for name in ("", "our  WORDS", "x" * 81):
            with pytest.raises(SharedListError):
                shared_lists.create(session, name, "words", actor=BY)
        shared_lists.create(session, "Second", "words", actor=BY)
        with pytest.raises(SharedListError, match="no more fit"):
            shared_lists.create(session, "Third", "words", actor=BY)
    monkeypatch.setattr(shared_lists, "MOST_ENTRIES", 2)
    with pytest.raises(SharedListError, match="at most 2"):
        add(store, list_id, "a", "b", "c")


def test_adding_an_entry_reads_the_list_only_where_it_takes_a_number_of_its_costly_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = create(store, "words", "casin*", *(f"word{number}" for number in range(1_200)))
    looked_at: list[str] = []
    kind = KINDS["words"]

    def is_costly(entry: str) -> bool:
        looked_at.append(entry)
        return kind.is_costly(entry)

    monkeypatch.setitem(KINDS, "words", replace(kind, is_costly=is_costly))
    assert add(store, list_id, "casino", "Casino", "word7").there_already == 1
    assert set(looked_at) == {"casino", "word7"}
    add(store, list_id, "moonsho*")
    assert len(looked_at) > 1_200
    few = replace(kind, most_costly=2)
    assert [list_imports.read(few, "casino\nspa*", Counted((), there)).bad_lines for there in (1, 2)] == [0, 1]
    monkeypatch.setitem(KINDS, "words", few)
    with pytest.raises(SharedListError):
        shared_lists.add(store, list_id, list_imports.read(kind, "spa*"), until=None, actor=BY)
