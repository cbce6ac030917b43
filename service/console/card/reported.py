"""What readers reported of comments: how many gave which reason, what they wrote, and how often they were right.

However many reports there are of one comment, another's on the same page are told as well, and every count is exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, case, func, select
from sqlalchemy.orm import Session

from moderation.decisions import reports
from moderation.review import urgency
from moderation.tables import Report
from texts import wording
from texts.translation import gettext, ngettext

#: Of each comment so many notes are shown, and so many of its readers with their record: the most telling of the first.
NOTES, READERS, _FIRST = 20, 20, 100


@dataclass(frozen=True, slots=True)
class ReporterLine:
    """A reader who reported a comment, and how often people agreed with their reports."""

    report_id: str
    reason: str
    upheld: int
    dismissed: int


def lines(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[str]]:
    """Comment id -> the lines about its reports: `Spam: 2 readers`, the gravest reason first, then the notes."""
    found: dict[str, list[str]] = defaultdict(list)
    notes: dict[str, int] = defaultdict(int)
    still: set[str] = set()
    counted = session.execute(_COUNTED, {"ids": list(comment_ids)})
    gravest_first = sorted(counted, key=lambda row: (urgency.of_reason(row[1]), -row[2], row[1]))
    for comment_id, reason, readers, with_note, edited in gravest_first:
        told = ngettext("%(number)s reader", "%(number)s readers", readers)
        found[comment_id].append(f"{wording.label(reason)}: {told}")
        notes[comment_id] += with_note
        if edited < readers:
            still.add(comment_id)
    for comment_id in found.keys() - still:
        found[comment_id].append(gettext("The comment was changed after that."))
    for comment_id, said in _notes(session, [comment_id for comment_id, number in notes.items() if number]).items():
        for note, readers in said[:NOTES]:
            found[comment_id].append(_quoted(note, readers))
            notes[comment_id] -= readers
    for comment_id, further in notes.items():
        if further:
            told = ngettext("and %(number)s more", "and %(number)s more", further)
            found[comment_id].append(told)
    return found


_OF_BEFORE = func.count(case((Report.outcome == reports.EDITED, 1)))
#: Built once, because building it takes longer than running it.
_COUNTED = (
    select(Report.comment_id, Report.reason, func.count(), func.count(Report.note), _OF_BEFORE)
    .where(Report.comment_id.in_(bindparam("ids", expanding=True)))
    .group_by(Report.comment_id, Report.reason)
)


def _notes(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[tuple[str, int]]]:
    """Comment id -> its notes, each once and with how many readers gave it: what most of them say comes first.

    Notes that differ in capitals or white space are the same.
    """
    if not comment_ids:
        return {}
    number, first = func.count(), func.min(Report.id)
    place = func.row_number().over(partition_by=Report.comment_id, order_by=(number.desc(), first))
    counted = select(Report.comment_id, Report.note, number.label("readers"), place.label("place"))
    where = Report.comment_id.in_(comment_ids), Report.note.is_not(None)
    table = counted.where(*where).group_by(Report.comment_id, Report.note).subquery()
    query = select(table.c.comment_id, table.c.note, table.c.readers).where(table.c.place <= _FIRST)
    same: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for comment_id, note, readers in session.execute(query.order_by(table.c.place)):
        key = " ".join(note.split()).casefold()
        said, before = same[comment_id].get(key, (note.strip(), 0))
        same[comment_id][key] = said, before + readers
    return {one: sorted(said.values(), key=lambda pair: -pair[1]) for one, said in same.items()}


def _quoted(note: str, readers: int) -> str:
    if readers == 1:
        return f"“{note}”"
    return ngettext("“%(note)s” (%(number)s reader)", "“%(note)s” (%(number)s readers)", readers, note=note)


def reporters(session: Session, comment_ids: Sequence[str]) -> dict[str, list[ReporterLine]]:
    """Comment id -> the readers whose reports wait, the most telling first."""
    waiting: dict[str, list[Report]] = defaultdict(list)
    by_site: dict[str, set[str]] = defaultdict(set)
    is_known = (Report.outcome == "waiting") & Report.reporter.is_not(None)
    for report in _first_of_each(session, comment_ids, is_known, most=_FIRST):
        waiting[report.comment_id].append(report)
        by_site[report.site_id].add(report.reporter or "")
    known = {site_id: reports.records(session, site_id, readers) for site_id, readers in by_site.items()}

    def line(report: Report) -> ReporterLine:
        record = known[report.site_id].get(report.reporter or "")
        upheld, dismissed = (record.upheld, record.dismissed) if record is not None else (0, 0)
        return ReporterLine(report.id, report.reason, upheld, dismissed)

    return {comment_id: sorted(map(line, found), key=_how_telling)[:READERS] for comment_id, found in waiting.items()}


def _first_of_each(
    session: Session, comment_ids: Sequence[str], which: ColumnElement[bool], *, most: int
) -> Sequence[Report]:
    """The first `most` such reports of each comment."""
    if not comment_ids:
        return ()
    place = func.row_number().over(partition_by=Report.comment_id, order_by=Report.id)
    numbered = select(Report.id, place.label("place")).where(Report.comment_id.in_(comment_ids), which).subquery()
    first = select(numbered.c.id).where(numbered.c.place <= most)
    return session.scalars(select(Report).where(Report.id.in_(first)).order_by(Report.id)).all()


def _how_telling(one: ReporterLine) -> tuple[bool, int]:
    """For sorting: readers with a record first, and of them those who were right most often."""
    return not (one.upheld or one.dismissed), one.dismissed - one.upheld
