"""Hard cases: put off and back again, whose turn, notes, skips; and what the queue, its counts and the audit say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from moderation import actors, news
from moderation import clock as winnow_clock
from moderation.decisions import comments, undoing
from moderation.decisions.scoring import Scorer
from moderation.history import metrics
from moderation.intake.queues import Queues
from moderation.review import case_pages, cases, claims, notes, review_items
from moderation.review.cases import ADMINS, NothingWaits, Turn
from moderation.review.review_items import Filters, NewItem
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Case, Comment, Note, ReviewItem, Skip
from tests.support.clock import Clock
from tests.support.comments import dump, rows, scored, stored

ADA, BO = "user:u_ada", "user:u_bo"
HOUR = timedelta(hours=1)

Held = Callable[..., Comment]
Change = Callable[[Session, Comment], object]


@pytest.fixture
def held(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Held:
    def make(text: str = "Hm insult=0.6", **fields: str) -> Comment:
        return scored(store, queues, scorer, site, text, **fields)

    return make


def change(store: Store, comment: Comment, *acts: Change) -> None:
    for act in acts:
        with store.write() as session:
            act(session, comments.find(session, None, comment.id, lock=True))


def put_off(session: Session, comment: Comment) -> None:
    cases.put_off(session, comment, winnow_clock.now() + HOUR, by=ADA)


def decide(session: Session, comment: Comment) -> None:
    comments.decide(session, None, comment.id, "reject", actor=BO)


def report(session: Session, comment: Comment) -> None:
    comments.report(session, comment.site_id, comment.id, reason="spam", note=None, reporter="r")


def edit(session: Session, comment: Comment) -> None:
    comments.edit(session, comment.site_id, comment.id, {"comment": "Better so."})


def come_back(store: Store) -> int:
    return len([message for news in cases.bring_back_due(store) for message in news.happenings])


def waiting(store: Store, filters: Filters | None = None) -> list[str]:
    with store.read() as session:
        return [comment.id for _, comment in review_items.page(session, None, filters or Filters()).rows]


def away(store: Store, site: CreatedSite) -> list[str]:
    with store.read() as session:
        found, _ = case_pages.put_off(session, [site.id], Filters(), after=None, limit=20)
        assert case_pages.count_put_off(session, [site.id], Filters()) == len(found)
        return [comment.id for comment in found]


def told(store: Store, comment: Comment) -> list[tuple[str, str]]:
    events = rows(store, AuditEvent, comment_id=comment.id)
    return [(one.action.partition(".")[2], one.actor) for one in events if one.action != "comment.decided"]


def test_what_is_put_off_waits_for_nobody_and_comes_back_by_itself(
    store: Store, site: CreatedSite, held: Held, clock: Clock
) -> None:
    one, other = held(), held("Another insult=0.55")
    change(store, one, put_off)
    assert (waiting(store), away(store, site)) == ([other.id], [one.id])
    with store.read() as session:
        assert metrics.read_present(session).review_items == 1
    assert come_back(store) == 0
    clock.advance(hours=1)
    assert come_back(store) == 1
    assert (sorted(waiting(store)), away(store, site)) == (sorted([one.id, other.id]), [])
    assert told(store, one) == [("put_off", ADA), ("came_back", actors.POLICY)]


def test_the_oldest_that_waits_is_not_what_is_put_off(store: Store, held: Held, clock: Clock) -> None:
    one = held()
    clock.advance(hours=1)
    held("Another insult=0.55")
    change(store, one, put_off)
    with store.read() as session:
        assert review_items.oldest_open_seconds(session) < HOUR.total_seconds()


@pytest.mark.parametrize(
    ("act", "waits"),
    [
        (lambda session, comment: cases.call_back(session, comment, by=BO), True),
        (report, True),
        (decide, False),
        (edit, False),
        (lambda session, comment: comments.erase(session, comment.site_id, comment.id), False),
    ],
    ids=["call_back", "report", "decide", "edit", "erase"],
)
def test_whatever_happens_to_it_ends_that_it_is_put_off(
    store: Store, site: CreatedSite, held: Held, clock: Clock, act: Change, waits: bool
) -> None:
    one = held()
    change(store, one, put_off, act)
    assert away(store, site) == []
    assert (one.id in waiting(store)) == waits
    clock.advance(hours=2)
    assert come_back(store) == 0
    assert not rows(store, ReviewItem, outcome="put_off")


def test_a_new_report_on_a_report_that_is_put_off_asks_once(store: Store, held: Held) -> None:
    one = held("A quiet remark")
    change(store, one, report, put_off, lambda session, comment: comments.report(
        session, comment.site_id, comment.id, reason="spam", note=None, reporter="another"))  # fmt: skip
    assert waiting(store) == [one.id]
    assert [item.kind for item in rows(store, ReviewItem) if item.is_open] == ["report"]


def test_the_next_of_a_group_stands_in_front_while_the_first_is_put_off(
    store: Store, site: CreatedSite, held: Held, clock: Clock
) -> None:
    text = "Come and buy the very best of all the carpets in this town today insult=0.6"
    first, second = (held(text, name=name) for name in ("Ada", "Bo"))
    grouped = Filters(one_of_each=[site.id])
    assert waiting(store, grouped) == [first.id]
    change(store, first, put_off)
    assert waiting(store, grouped) == [second.id]
    clock.advance(hours=2)
    come_back(store)
    assert len(waiting(store, grouped)) == 1


def test_an_undone_decision_on_what_was_put_off_waits_again(store: Store, held: Held) -> None:
    one = held()
    change(store, one, put_off, decide)
    with store.write() as session:
        undoing.undo_own(session, one.id, stored(store, one.id).version, actor=BO)
    assert waiting(store) == [one.id]


def test_mine_is_what_is_assigned_to_me_and_what_admins_are_asked_where_i_am_one(
    store: Store, site: CreatedSite, held: Held
) -> None:
    to_ada, to_admins, _ = held(), held("Another insult=0.55"), held("A third insult=0.5")
    change(store, to_ada, lambda session, comment: cases.assign(session, comment, ADA, by=BO))
    change(store, to_admins, lambda session, comment: cases.assign(session, comment, ADMINS, by=BO))
    for turn, mine in (
        (Turn(ADA), {to_ada.id}),
        (Turn(ADA, [site.id]), {to_ada.id, to_admins.id}),
        (Turn(BO, ["s_other"]), set()),
    ):
        assert set(waiting(store, Filters(turn=turn, one_of_each=[site.id]))) == mine
        with store.read() as session:
            assert case_pages.count_turn(session, [site.id], turn, Filters()) == len(mine)
    assert told(store, to_ada) == [("assigned", BO)]
    assert told(store, to_admins) == [("escalated", BO)]
    change(store, to_ada, lambda session, comment: cases.assign(session, comment, None, by=ADA), decide)
    assert rows(store, Case, comment_id=to_ada.id) == []


def test_a_skip_counts_once_a_person_and_goes_with_the_decision(store: Store, held: Held) -> None:
    one = held()
    for who in (ADA, ADA, BO):
        with store.write() as session:
            cases.skip(session, comments.find(session, None, one.id), by=who)
    with store.read() as session:
        assert cases.skipped(session, [one.id]) == {one.id: 2}
    assert told(store, one) == [("skipped", ADA), ("skipped", BO)]
    change(store, one, decide)
    assert rows(store, Skip) == []


@pytest.mark.parametrize(
    "act",
    [
        put_off,
        lambda session, comment: cases.assign(session, comment, ADA, by=ADA),
        lambda session, comment: cases.skip(session, comment, by=ADA),
    ],
    ids=["put_off", "assign", "skip"],
)
def test_what_does_not_wait_cannot_be_handled(store: Store, held: Held, act: Change) -> None:
    with pytest.raises(NothingWaits):
        change(store, held("A quiet remark"), act)


def test_notes_are_removed_by_their_writer_or_an_admin_and_are_bounded(store: Store, held: Held) -> None:
    one = held()
    change(store, one, *[lambda session, comment: notes.write(session, comment, "Hm", by=ADA)] * notes.MOST)
    with pytest.raises(notes.TooMany):
        change(store, one, lambda session, comment: notes.write(session, comment, "Hm", by=ADA))
    for who, is_admin, may in ((BO, False, False), (BO, True, True), (ADA, False, True)):
        with store.write() as session:
            note = session.get_one(Note, rows(store, Note)[0].id)
            if may:
                notes.remove(session, note, by=who, is_admin=is_admin)
            else:
                with pytest.raises(notes.NotYours):
                    notes.remove(session, note, by=who, is_admin=is_admin)
    assert len(rows(store, Note)) == notes.MOST - 2


def test_erasing_erases_notes_and_those_on_the_author_with_their_last_comment(store: Store, held: Held) -> None:
    one, other = (held(f"{text} insult=0.6", user_id="u1") for text in ("One", "Two"))
    change(store, one, lambda session, comment: notes.write(session, comment, "secret of one", by=ADA))
    change(
        store, one, lambda session, comment: notes.write(session, comment, "secret of author", by=ADA, on_author=True)
    )
    erase: Change = lambda session, comment: comments.erase(session, comment.site_id, comment.id)  # noqa: E731
    change(store, one, erase)
    assert "secret of one" not in dump(store)
    assert "secret of author" in dump(store)
    change(store, other, erase)
    assert "secret of author" not in dump(store)


@pytest.mark.parametrize("read", ["turn", "put_off"])
def test_a_tab_is_read_by_index_and_never_from_the_whole_queue(
    store: Store, site: CreatedSite, held: Held, read: str
) -> None:
    one = held()
    change(store, one, lambda session, comment: cases.assign(session, comment, ADA, by=ADA))
    asked: list[tuple[str, object]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with store.read() as session:
        if read == "turn":
            review_items.page(session, [site.id], Filters(turn=Turn(ADA, [site.id]), one_of_each=[site.id]))
            case_pages.count_turn(session, [site.id], Turn(ADA), Filters(label="insult"))
        else:
            case_pages.put_off(session, [site.id], Filters(label="insult"), after=None, limit=20)
            case_pages.count_put_off(session, [site.id], Filters())
    explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
    with store.engine.connect() as connection:
        if not store.is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        plans = [
            str(connection.exec_driver_sql(f"{explain} {statement}", parameters).fetchall())  # type: ignore[arg-type]
            for statement, parameters in asked
            if "review_items" in statement and statement.startswith("SELECT")
        ]
    assert plans
    for plan in plans:
        assert "SCAN review_items" not in plan
        assert "ix_review_items_site" not in plan
        assert "ix_review_items_label" not in plan
        assert "Seq Scan on review_items" not in plan


def test_a_turn_that_is_given_anew_is_told_each_time_and_the_same_again_is_not(store: Store, held: Held) -> None:
    one = held()
    for to in (ADA, ADA, ADMINS, None, None, BO):
        change(store, one, lambda session, comment, to=to: cases.assign(session, comment, to, by=BO))  # type: ignore[misc]
    events = [one for one in rows(store, AuditEvent, comment_id=one.id) if one.action != "comment.decided"]
    assert [(event.action, event.detail) for event in events] == [
        ("comment.assigned", {"to": "u_ada"}),
        ("comment.escalated", {"role": "admin"}),
        ("comment.unassigned", None),
        ("comment.assigned", {"to": "u_bo"}),
    ]
    with store.read() as session:
        assert {key: case.assigned_to for key, case in cases.of_comments(session, [one.id, "c_other"]).items()} == {
            one.id: BO
        }


def test_what_is_put_off_can_be_given_to_somebody_and_comes_back_to_them(
    store: Store, site: CreatedSite, held: Held, clock: Clock
) -> None:
    one, other = held(), held("Another insult=0.55")
    change(store, one, put_off, lambda session, comment: cases.assign(session, comment, ADA, by=BO))
    assert away(store, site) == [one.id]
    clock.advance(hours=1)
    come_back(store)
    with store.read() as session:
        case = cases.of_comments(session, [one.id])[one.id]
        assert (case.assigned_to, case.put_off_until, case.put_off_by) == (ADA, None, None)
        assert cases.of_comments(session, [other.id]) == {}
    change(store, one, decide)
    assert rows(store, Case) == [], "with the decision it is nobody's any more"


def test_who_calls_a_comment_back_is_told_and_what_is_not_away_cannot_be(store: Store, held: Held) -> None:
    one, other = held(), held("Another insult=0.55")
    change(store, one, put_off)
    change(store, other, put_off)
    for expected in (True, False):
        with store.write() as session:
            comment = comments.find(session, None, one.id, lock=True)
            assert cases.call_back(session, comment, by=BO) is expected
            assert [kind for kind, _, _ in news.of(session).happenings] == (["opened"] if expected else [])
    assert told(store, one)[1:] == [("called_back", BO)]
    assert waiting(store) == [one.id], "the other one stays away"


def second_look(store: Store, comment: Comment) -> None:
    """Somebody is to look a second time."""
    with store.write() as session:
        item = NewItem.of(comment, 1000, about={"version": comment.version, "status": comment.status})
        review_items.open_items(session, [item], kind="second_look")


def test_a_second_look_has_no_hurry_and_is_not_put_off(store: Store, site: CreatedSite, held: Held) -> None:
    calm = held("A quiet remark")
    second_look(store, calm)
    with pytest.raises(NothingWaits):
        change(store, calm, put_off)
    change(store, calm, lambda session, comment: cases.skip(session, comment, by=ADA))
    assert told(store, calm) == [("skipped", ADA)]
    flagged = held()
    second_look(store, flagged)
    change(store, flagged, put_off)
    kinds = [(item.kind, item.is_open) for item in rows(store, ReviewItem, comment_id=flagged.id)]
    assert sorted(kinds) == [("flag", False), ("second_look", True)]
    assert away(store, site) == [flagged.id]


def test_who_has_it_open_does_not_have_it_any_more_when_it_is_put_off(store: Store, held: Held) -> None:
    one = held()
    with store.write() as session:
        claims.take(session, one.id, by=BO)
    change(store, one, put_off)
    [item] = rows(store, ReviewItem)
    assert (item.claimed_by, item.closed_by, item.outcome) == (None, ADA, "put_off")


def test_everything_that_is_done_with_a_case_is_told_to_open_consoles(store: Store, held: Held) -> None:
    one = held()
    acts: list[Change] = [
        put_off,
        lambda session, comment: cases.assign(session, comment, ADA, by=ADA),
        lambda session, comment: cases.call_back(session, comment, by=ADA),
        lambda session, comment: cases.skip(session, comment, by=ADA),
    ]
    heard = []
    for act in acts:
        with store.write() as session:
            act(session, comments.find(session, None, one.id, lock=True))
            heard += [kind for kind, _, _ in news.of(session).happenings]
    assert heard == ["handled", "handled", "opened", "handled"]
