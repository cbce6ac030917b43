"""Finding comments and audit events over several sites: everything that is asked for, once, in bounded steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from moderation import audit
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.finding import documents, names, search
from moderation.finding.scans import Scan
from moderation.finding.search import Search
from moderation.history import audit_search
from moderation.history.audit_search import AuditSearch
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment
from tests.support.clock import Clock

Post = Callable[..., str]
EARLY = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock) -> Post:
    def one(comment: str, name: str = "Ada", *, on: str | None = None, **known: Any) -> str:
        clock.advance(seconds=1)
        [outcome] = submissions.submit(store, queues, on or site.id, [Submission(name=name, comment=comment, **known)])
        scorer.run_batch()
        assert outcome.comment is not None
        return outcome.comment.id

    return one


def found(store: Store, wanted: Search, **options: int) -> list[str]:
    """Every comment that a search finds, page by page."""
    ids, before = [], None
    options = {"limit": 3, "look": 20} | options
    with store.read() as session:
        while True:
            part = search.find(session, wanted, before=before, **options)
            ids += [comment.id for comment in part.rows]
            if part.next is None:
                return ids
            following = search.as_text(part.next)
            assert before is None or following != before
            before = following


def test_each_filter_finds_what_it_says_and_nothing_else(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, clock: Clock
) -> None:
    began = clock.now
    plain = post("A nice bridge", "Ada", email="ada@example.org", thread="/a", ip="192.0.2.1")
    late = clock.now
    flagged = post("you fool insult=0.73", "Bo", thread="/a", ip="192.0.2.2")
    rejected = post("buy now spam=0.95", "Cy", thread="/b", external_id="site-7")
    elsewhere = post("A nice garden", "Ada", on=other_site.id, ip="192.0.2.1", thread="/a")
    here = Search(site_ids=(site.id,))
    both = Search(site_ids=(site.id, other_site.id), everywhere=True)
    cases = [
        (both, [elsewhere, rejected, flagged, plain]),
        (here, [rejected, flagged, plain]),
        (replace(both, everywhere=False), [elsewhere, rejected, flagged, plain]),
        (replace(both, status="published"), [elsewhere, plain]),
        (replace(both, author="ADA@example.org"), [plain]),
        (replace(both, author="ada"), [elsewhere, plain]),
        (replace(both, thread="/a"), [elsewhere, flagged, plain]),
        (replace(here, thread="/a", text="fool"), [flagged]),
        (replace(both, ip="192.0.2.1"), [elsewhere, plain]),
        (replace(both, ip="192.0.2.1", text="garden"), [elsewhere]),
        (replace(both, text="NICE a"), [elsewhere, plain]),
        (replace(both, text='"nice garden"'), [elsewhere]),
        (replace(both, text='"garden nice"'), []),
        (replace(both, text="bo"), [flagged]),
        (replace(both, text="100% _"), []),
        (replace(both, text=flagged), [flagged]),
        (replace(both, text="site-7"), [rejected]),
        (replace(here, text=elsewhere), []),
        (replace(both, label="insult", least_score=0.7), [flagged]),
        (replace(both, label="spam", least_score=0.95), [rejected]),
        (replace(both, since=late + timedelta(milliseconds=1)), [elsewhere, rejected, flagged]),
        (replace(both, until=late + timedelta(milliseconds=1)), [plain]),
        (replace(both, thread="/a", until=late + timedelta(milliseconds=1)), [plain]),
        (replace(both, until=began), []),
        (Search(site_ids=()), []),
    ]
    for wanted, expected in cases:
        assert found(store, wanted) == expected, wanted
        with store.read() as session:
            assert search.count(session, wanted, most=50) == (len(expected), True), wanted


def test_decisions_are_found_by_who_made_them_when_and_by_which_rule(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, clock: Clock
) -> None:
    fine, spam = post("A nice bridge"), post("buy now spam=0.95")
    flagged = [post(f"fool {at} insult=0.73", on=(site, other_site)[at % 2].id, thread="/a") for at in range(4)]
    moments = []
    with store.write() as session:
        for one, who in zip(flagged[::-1], ("user:u_a", "user:u_b", "user:u_a", "site"), strict=True):
            clock.advance(hours=1)
            moments.append(clock.now)
            comments.decide(session, None, one, "reject", actor=who, code="insult", reason='"rule": "links"')
    every = Search(site_ids=(site.id, other_site.id), everywhere=True)
    by_a = replace(every, by="user:u_a")
    early: dict[str, Any] = {"dates": "decided", "until": moments[1]}
    cases: list[tuple[Search, list[str]]] = [
        (by_a, [flagged[1], flagged[3]]),  # as they were decided, not as they came
        (replace(by_a, order="came"), [flagged[3], flagged[1]]),
        (replace(by_a, order="written", site_ids=(other_site.id,), everywhere=False), [flagged[3], flagged[1]]),
        (replace(by_a, site_ids=(site.id,), everywhere=False), []),
        (replace(by_a, **early), [flagged[3]]),
        (replace(by_a, status="published"), []),
        (replace(by_a, text="fool 1"), [flagged[1]]),
        (replace(by_a, thread="/a", order="written"), [flagged[3], flagged[1]]),
        (replace(every, by="people"), [flagged[1], flagged[2], flagged[3]]),
        (replace(every, by="people", order="came"), [flagged[3], flagged[2], flagged[1]]),
        (replace(every, order="decided", dates="decided"), [flagged[1], flagged[2], flagged[3]]),
        (replace(every, dates="decided", since=moments[1]), [flagged[1], flagged[2]]),
        (replace(every, by="policy"), [spam, fine]),
        (replace(every, by="policy", order="decided", **early), [spam, fine]),
        (replace(every, by="site"), [flagged[0]]),
        (replace(every, by="user:u_nobody"), []),
        (replace(every, rule="moderator"), flagged[::-1]),
        (replace(every, rule="reject_threshold"), [spam]),
        (replace(every, rule="links"), []),  # a person wrote that, and no rule
    ]
    for wanted, expected in cases:
        with store.read() as session:
            resolved = names.resolve(session, wanted)
            assert search.count(session, resolved, most=50) == (len(expected), True), wanted
        for limit in (1, 50):
            assert found(store, resolved, limit=limit) == expected, wanted


def test_what_was_written_long_before_it_came_is_found_and_listed_by_then(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, clock: Clock
) -> None:
    began = clock.now
    days = (3, 400, 3, 30, 0)
    ids = [post(f"{at}", created_at=began - timedelta(days=day), name="Ada") for at, day in enumerate(days)]
    elsewhere = post("elsewhere", on=other_site.id, created_at=began - timedelta(days=20), name="Ada")
    both = Search(site_ids=(site.id, other_site.id), everywhere=True, dates="written", order="written")
    expected = [ids[4], ids[2], ids[0], elsewhere, ids[3], ids[1]]
    by_author = replace(both, author="ada")
    for limit in (1, 2, 50):
        assert found(store, both, limit=limit) == found(store, by_author, limit=limit) == expected
    month: dict[str, Any] = {"since": began - timedelta(days=30), "until": began - timedelta(days=3)}
    for one in (both, by_author, replace(both, status="published"), replace(by_author, order="came")):
        assert found(store, replace(one, **month)) in ([elsewhere, ids[3]],), one
    assert found(store, replace(both, site_ids=(other_site.id,))) == [elsewhere]


def test_an_authors_name_is_found_whole_or_in_part_and_tells_authors_apart(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    guest = post("1", "Dorothy Pratt")
    known = post("2", "Dorothy Pratt", user_id="17")
    other = post("3", "dorothy pratt", user_id="18", on=other_site.id)
    renamed = post("4", "Somebody", user_id="17")
    longer = post("5", "Dorothy Prattle", user_id="19")
    accent = post("6", "Émile Zola", user_id="20")
    both = Search(site_ids=(site.id, other_site.id), everywhere=True)
    cases = {
        "Dorothy Pratt": [other, known, guest],
        "dorothy pratt": [other, known, guest],
        '"Dorothy Pratt"': [other, known, guest],
        "17": [renamed, known],
        "name:dorothy pratt": [guest],
        "Pratt": [longer, other, known, guest],
        "*dorothy pratt*": [longer, other, known, guest],
        "émile": [accent],
        "ÉMILE ZOLA": [accent],
        '"Pratt"': [],
        "%": [],
        "*": [],
        "nobody": [],
    }
    for typed, expected in cases.items():
        with store.read() as session:
            wanted = names.resolve(session, replace(both, author=typed))
            assert names.resolve(session, wanted) == wanted
        assert found(store, wanted) == expected, typed
        assert found(store, replace(wanted, order="written"), limit=2) == expected, typed
        document = documents.write(wanted, None)
        with store.read() as session:
            again = names.resolve(session, documents.read(document, both.site_ids))
        assert found(store, again) == expected, "as it is for a bulk decision"
    with store.read() as session:
        meant = names.authors_of(session, names.resolve(session, replace(both, author="Dorothy Pratt")))
    expected_authors = {(site.id, "name:dorothy pratt"), (site.id, "17"), (other_site.id, "18")}
    assert {(one.site_id, one.key) for one in meant} == expected_authors
    with store.read() as session:
        known_as_well = names.known_as(session, both.site_ids, "Dorothy Pratt")
        assert {(one.site_id, one.key) for one in known_as_well} == expected_authors, "the same in one query"
        assert [one.key for one in names.known_as(session, [site.id], "17")] == ["17"]
        assert names.known_as(session, [], "17") == names.known_as(session, [site.id] * 99, "17") == []
        begun = names.beginning_so(session, both.site_ids, "PRAT dor")
        assert {(one.site_id, one.key) for one in begun} == expected_authors | {(site.id, "19")}
        assert [one.name for one in names.beginning_so(session, [site.id], "emi")] == ["Émile Zola"]
        assert names.beginning_so(session, [], "emi") == names.beginning_so(session, [site.id], "  ") == []


def test_a_list_that_no_index_has_in_its_order_is_sorted_up_to_a_limit_and_says_so(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.now
    ids = [post(f"{at}", created_at=began - timedelta(days=at)) for at in range(9)]
    elsewhere = post("x", on=other_site.id, created_at=began - timedelta(days=99))
    monkeypatch.setattr(search, "MOST_SORTED", 5)
    wanted = Search(site_ids=(site.id, other_site.id), author="ada", order="written")
    with store.read() as session:
        part = search.find(session, wanted, limit=50)
        assert [one.id for one in part.rows] == [*ids[5:], elsewhere], "what is short leaves its room to the rest"
        assert (part.of_last, search.count(session, wanted, most=50)) == (5, (5, False))
    monkeypatch.setattr(search, "MOST_SORTED", 10)
    with store.read() as session:
        assert search.find(session, wanted, limit=50).of_last is None
        assert search.count(session, wanted, most=50) == (10, True)


def test_a_word_is_found_in_either_case_beyond_ascii_too(store: Store, site: CreatedSite, post: Post) -> None:
    ids = [post("Eine schöne BRÜCKE"), post("eine Brücke"), post("Über Brücken")]
    assert found(store, Search(site_ids=(site.id,), text="brücke")) == ids[::-1]
    assert found(store, Search(site_ids=(site.id,), text="ÜBER")) == [ids[2]]


def test_a_search_stops_after_so_many_rows_and_says_how_far_it_looked(
    store: Store, site: CreatedSite, post: Post
) -> None:
    wanted = post("the needle")
    for number in range(25):
        post(f"hay {number}")
    needle = Search(site_ids=(site.id,), everywhere=True, text="needle")
    with store.read() as session:
        first = search.find(session, needle, limit=5, look=10)
        assert (first.rows, first.stopped_at) == ([], first.next)
        assert search.count(session, needle, most=5, look=10) == (0, False)
    assert found(store, needle, look=10) == [wanted]


@pytest.mark.slow
@pytest.mark.parametrize("everywhere", [True, False])
def test_pages_over_many_sites_have_no_gap_and_no_repeat(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, everywhere: bool
) -> None:
    ids = [post(f"number {at} insult={at % 10 / 10}", on=(site, other_site)[at % 3 % 2].id) for at in range(30)]
    every = Search(site_ids=(site.id, other_site.id), everywhere=everywhere)
    for limit in (1, 4, 29, 30, 31):
        assert found(store, every, limit=limit) == ids[::-1]
    high = [one for at, one in enumerate(ids) if at % 10 >= 6]
    for look in (1, 2, 7, 100):
        assert found(store, replace(every, label="insult", least_score=0.6), limit=2, look=look) == high[::-1]


def test_more_sites_than_can_be_read_one_by_one_are_found_all_the_same(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_STREAMS", 1)
    first, second = post("one", thread="/a"), post("two", on=other_site.id)
    assert found(store, Search(site_ids=(site.id, other_site.id))) == [second, first]
    assert found(store, Search(site_ids=(site.id, "s_none"), status="published")) == [first]
    assert found(store, Search(site_ids=(site.id, "s_none"), thread="/a")) == [first]
    assert found(store, Search(site_ids=(site.id, other_site.id), order="written")) == [second, first]
    monkeypatch.setattr(search, "MOST_SHORT_STREAMS", 1)
    several: list[dict[str, Any]] = [{"thread": "/a"}, {"author": "ada"}, {"by": "policy"}]
    for one in several:
        assert found(store, Search(site_ids=(site.id, "s_none"), **one), look=1) == [first]


def test_erased_comments_are_listed_only_when_asked_for(store: Store, site: CreatedSite, post: Post) -> None:
    gone, kept = post("gone"), post("kept")
    with store.write() as session:
        comments.erase(session, site.id, gone)
    assert found(store, Search(site_ids=(site.id,), everywhere=True)) == [kept]
    assert found(store, Search(site_ids=(site.id,), status="erased")) == [gone]


def test_a_thread_is_listed_in_its_own_order(store: Store, site: CreatedSite, post: Post) -> None:
    ids = [post(f"{at}", thread="/a") for at in range(4)]
    with store.write() as session:
        session.execute(update(Comment).where(Comment.id == ids[0]).values(created_at=Comment.created_at))
        late = session.scalar(select(Comment.created_at).where(Comment.id == ids[3]))
        assert late is not None
        session.execute(update(Comment).where(Comment.id == ids[1]).values(created_at=late + timedelta(hours=1)))
    expected = [ids[1], ids[3], ids[2], ids[0]]
    assert found(store, Search(site_ids=(site.id,), thread="/a"), limit=1) == expected


def test_everything_is_read_in_pages_and_leaves_out_what_comes_meanwhile(
    store: Store, site: CreatedSite, post: Post
) -> None:
    ids = [post(f"number {at}") for at in range(7)]
    seen = []
    for at, page in enumerate(search.read_all(store, Search(site_ids=(site.id,)), step=3)):
        assert len(page) <= 3
        seen += [comment.id for comment in page]
        if at == 0:
            post("too late")
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    "wanted", ["status", "author", "name", "ip", "thread", "everywhere", "by", "people", "written"]
)
def test_a_page_is_read_from_an_index_in_its_order(store: Store, site: CreatedSite, post: Post, wanted: str) -> None:
    post("one", thread="/a", ip="192.0.2.1")
    searches: dict[str, dict[str, Any]] = {
        "status": {"status": "flagged"},
        "author": {"author": "ada"},
        "ip": {"ip": "192.0.2.1"},
        "thread": {"thread": "/a"},
        "everywhere": {"everywhere": True},
        "name": {"author": "ada", "author_at": (2,)},
        "by": {"by": "user:u_a", "dates": "decided", "since": EARLY},
        "people": {"by": "people", "order": "came"},
        "written": {"order": "written", "dates": "written", "until": EARLY},
    }
    indexes = {
        "status": "ix_comments_status", "author": "ix_comments_author", "name": "ix_comments_name",
        "ip": "ix_comments_ip", "thread": "ix_comments_thread", "by": "ix_comments_decided",
        "people": "ix_comments_by_people", "written": "ix_comments_written",
        "everywhere": "sqlite_autoindex_comments_1" if store.is_sqlite else "pk_comments",
    }  # fmt: skip
    scan = Search(site_ids=(site.id,), **searches[wanted]).scan()
    assert isinstance(scan, Scan)
    query = scan._query(scan.streams[0], None, None).order_by(*(one.desc() for one in scan.order)).limit(5)
    with store.read() as session:
        if store.is_sqlite:
            compiled = query.compile(store.engine, compile_kwargs={"literal_binds": True})
            plan = " ".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
            assert "TEMP B-TREE" not in plan, plan
            assert indexes[wanted] in plan, plan
        else:
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("SET LOCAL enable_bitmapscan = off"))
            session.execute(text("SET LOCAL enable_sort = off"))  # few rows are sorted more cheaply
            compiled = query.compile(store.engine, compile_kwargs={"literal_binds": True})
            explained = session.connection().exec_driver_sql(f"EXPLAIN {compiled}")
            plan = " ".join(row[0] for row in explained)
            assert "Sort" not in plan, plan
            assert wanted == "thread" or indexes[wanted] in plan, plan  # another is as cheap with so few rows


@pytest.mark.parametrize("wanted", ["author", "ip"])
def test_what_an_author_or_an_address_wrote_is_counted_by_the_index_alone(
    store: Store, site: CreatedSite, post: Post, wanted: str
) -> None:
    said: dict[str, Any] = {"author": "ada", "ip": "192.0.2.1"}
    post("one", ip="192.0.2.1")
    gone = post("two", ip="192.0.2.1")
    with store.write() as session:
        comments.erase(session, site.id, gone, actor="user:u_a")
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with store.read() as session:
        wanted_here = Search(site_ids=(site.id,), **{wanted: said[wanted]})
        assert search.count(session, names.resolve(session, wanted_here), most=10) == (1, True)
    if store.is_sqlite:
        statement, values = next(one for one in asked[::-1] if "count(" in one[0])
        with store.engine.connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
        assert f"USING COVERING INDEX ix_comments_{wanted}" in plan, plan


def test_comments_under_a_name_are_looked_up_only_where_somebody_has_it_as_a_key(
    store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    """Of those whose key is no name the index of names has all that is asked; else some would count twice."""
    one = post("one", "Ada", email="ada@example.org")
    by_name_alone = post("two", "Ada")
    same_id = post("three", "Ada", user_id="ada", on=other_site.id)
    with_id = post("four", "Ada", email="other@example.org", on=other_site.id)
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    wanted = Search(site_ids=(site.id, other_site.id), everywhere=True, author="Ada")
    with store.read() as session:
        meant = names.resolve(session, wanted)
        assert search.count(session, meant, most=10) == (4, True)
    assert found(store, meant) == [with_id, same_id, by_name_alone, one]
    counts = [(statement, values) for statement, values in asked if "count(" in statement and "name = " in statement]
    counted = {site_id: statement for statement, values in counts for site_id in _of_sites(values, wanted.site_ids)}
    assert "NOT IN" not in counted[site.id]
    assert "NOT IN" in counted[other_site.id]


def _of_sites(values: Any, site_ids: tuple[str, ...]) -> list[str]:
    """Which sites are among a statement's values."""
    given = values.values() if isinstance(values, dict) else values
    return [site_id for site_id in site_ids if site_id in given]


def test_audit_events_are_found_by_site_person_action_and_day(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    with store.write() as session:
        rows = []
        for at in range(12):
            clock.advance(hours=1)
            actor = ("policy", "user:u_a", "user:u_b")[at % 3]
            where = (site.id, other_site.id, None)[at % 4 % 3]
            action = "user.signed_in" if where is None else "comment.decided"
            rows.append(audit.row(action, actor=actor, site_id=where))
        audit.record(session, rows)
    with store.read() as session:
        every = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).all()

    def ids(**wanted: Any) -> list[str]:
        all_sites = frozenset({site.id, other_site.id})
        asked = AuditSearch(**({"all_sites": all_sites, "site_ids": tuple(all_sites)} | wanted))
        seen, before = [], None
        with store.read() as session:
            while True:
                part = audit_search.find(session, asked, before=before, limit=2, look=5)
                seen += [event.id for event in part.rows]
                if part.next is None:
                    return seen
                before = part.next[-1]

    def having(condition: Callable[[AuditEvent], bool]) -> list[str]:
        return [event.id for event in every if condition(event)]

    assert ids(everywhere=True, without_site=True) == having(lambda event: True)
    assert ids(without_site=True) == having(lambda event: True)
    assert ids() == having(lambda event: event.site_id is not None)
    assert ids(site_ids=(site.id,)) == having(lambda event: event.site_id == site.id)
    assert ids(actor="user:u_a") == having(lambda event: event.actor == "user:u_a" and event.site_id is not None)
    assert ids(actor="policy", everywhere=True) == having(lambda event: event.actor == "policy")
    assert ids(action="user.signed_in") == []
    assert ids(action="user.signed_in", without_site=True) == having(lambda event: event.site_id is None)
    middle = every[6].created_at
    assert ids(since=middle, without_site=True) == having(lambda event: event.created_at >= middle)
    assert ids(until=middle, without_site=True) == having(lambda event: event.created_at < middle)
