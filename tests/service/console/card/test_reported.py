"""What a card says of its reports stays exact, however many there are of it or of another on the page."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from moderation import clock
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, Report, Reporter
from service.console.card import reported
from service.console.card.reported import NOTES, READERS, ReporterLine
from tests.support.comments import scored

#: Reports of one comment.
MANY = 1_200


@pytest.fixture
def reported_comments(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> list[Comment]:
    """One that many readers reported, and one that a single reader did, who was right three times before."""
    much, once = (scored(store, queues, scorer, site, f"A remark, number {number}.") for number in range(2))
    rows = [
        {
            **{"id": f"r_{number:05}", "site_id": site.id, "comment_id": much.id, "created_at": clock.now()},
            **{"reason": "illegal" if number % 4 == 0 else "spam", "outcome": "waiting"},
            **{"note": f"Note {number}" if number % 2 else None, "reporter": f"reader {number}"},
        }
        for number in range(MANY)
    ]
    last = rows[0] | {"id": "r_99999", "comment_id": once.id, "reason": "other", "note": "Mine", "reporter": "ada"}
    with store.write() as session:
        session.execute(insert(Report), [*rows, last])
        session.add(Reporter(site_id=site.id, reporter="ada", upheld=3, dismissed=1))
        for number, upheld, dismissed in ((3, 1, 4), (7, 2, 0), (11, 5, 1)):
            session.add(Reporter(site_id=site.id, reporter=f"reader {number}", upheld=upheld, dismissed=dismissed))
    return [much, once]


def test_every_report_is_counted_the_gravest_reason_first_and_none_hides_those_of_another_comment(
    store: Store, reported_comments: list[Comment]
) -> None:
    much, once = (comment.id for comment in reported_comments)
    with store.read() as session:
        lines = reported.lines(session, [much, once])
    assert lines[once] == ["Other: 1 reader", "“Mine”"]
    assert lines[much][:2] == ["Illegal: 300 readers", "Spam: 900 readers"]
    assert lines[much][2:-1] == [f"“Note {number}”" for number in range(1, 2 * NOTES, 2)]
    assert lines[much][-1] == f"and {MANY // 2 - NOTES} more"


def test_some_readers_of_each_comment_are_named_first_those_who_were_right(
    store: Store, reported_comments: list[Comment]
) -> None:
    much, once = (comment.id for comment in reported_comments)
    with store.read() as session:
        readers = reported.reporters(session, [much, once])
    assert readers[once] == [ReporterLine("r_99999", "other", 3, 1)]
    assert len(readers[much]) == READERS
    assert readers[much][:4] == [
        ReporterLine("r_00011", "spam", 5, 1),
        ReporterLine("r_00007", "spam", 2, 0),
        ReporterLine("r_00003", "spam", 1, 4),
        ReporterLine("r_00000", "illegal", 0, 0),
    ]


def test_that_a_comment_was_changed_after_all_of_its_reports_is_told(
    store: Store, reported_comments: list[Comment]
) -> None:
    much, once = (comment.id for comment in reported_comments)
    with store.write() as session:
        session.execute(update(Report).where(Report.comment_id == once).values(outcome="edited"))
        session.execute(
            update(Report).where(Report.comment_id == much, Report.reason == "spam").values(outcome="edited")
        )
        lines = reported.lines(session, [much, once])
    changed = "The comment was changed after that."
    assert lines[once] == ["Other: 1 reader", changed, "“Mine”"]
    assert changed not in lines[much]


def test_what_several_readers_wrote_alike_stands_once_with_how_many_they_are(
    store: Store, reported_comments: list[Comment]
) -> None:
    once = reported_comments[1]
    alike = ["Same scam", "same  SCAM", "Same scam", " A 100% lie\n", "Mine"]
    row = {"site_id": once.site_id, "comment_id": once.id, "created_at": clock.now(), "reason": "other"}
    with store.write() as session:
        session.execute(
            insert(Report), [{**row, "id": f"r_x{at}", "note": note, "reporter": None} for at, note in enumerate(alike)]
        )
        lines = reported.lines(session, [once.id])[once.id]
    assert lines == ["Other: 6 readers", "“Same scam” (3 readers)", "“Mine” (2 readers)", "“A 100% lie”"]
