"""A site's past is brought whole, once, as it was; and taken away so that it can be brought back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from moderation import actors, clock
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.history import author_records, feedback, site_retention
from moderation.intake.queues import Queues
from moderation.intake.sweep import sweep
from moderation.past import bringing, own_lines
from moderation.past.bringing import Counts
from moderation.past.records import PastComment, Unreadable, WrongFile
from moderation.sites import archive, site_settings
from moderation.sites.archive import Archived
from moderation.sites.site_settings import Retention, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Feedback, ReviewItem, WebhookDelivery
from tests.support.comments import rows, scored, stored

WRITTEN = datetime(2019, 5, 4, 12, tzinfo=UTC)


def past(key: str = "1", parent: str | None = None, **changes: Any) -> PastComment:
    fields: dict[str, Any] = {
        "place": f"Comment {key}",
        "key": key,
        "parent_key": parent,
        "name": "Ada",
        "comment": f"Remark number {key}.",
        "created_at": WRITTEN + timedelta(minutes=int(key)),
        "status": "published",
        "why": "It was approved in WordPress.",
        "thread": "/bridge",
        "email": "ada@example.org",
    }
    return PastComment(**(fields | changes))


def bring(store: Store, site: CreatedSite, *given: PastComment | Unreadable) -> Counts:
    *_, counts = bringing.bring(store, site.id, "wordpress", given)
    return counts


def test_an_archived_site_takes_nothing_and_one_that_is_archived_meanwhile_keeps_what_came(
    store: Store, site: CreatedSite
) -> None:
    steps = bringing.bring(store, site.id, "wordpress", (past(str(number)) for number in range(1, 2 * bringing.BATCH)))
    assert next(steps).brought == bringing.BATCH
    with store.write() as session:
        archive.archive(session, site.id, actor=actors.OPERATOR)
    with pytest.raises(Archived, match="nothing can be imported"):
        next(steps)
    with pytest.raises(Archived, match="nothing can be imported"):
        bring(store, site)
    assert len(rows(store, Comment, site_id=site.id)) == bringing.BATCH


def test_decisions_and_dates_stay_and_nobody_is_told(
    store: Store, queues: Queues, site_with_webhook: CreatedSite
) -> None:
    decided = datetime(2019, 5, 6, tzinfo=UTC)
    rejected = past("2", status="rejected", decided_at=decided, examples={"spam": 1.0}, label="spam")
    counts = bring(store, site_with_webhook, past(), rejected)
    assert (counts.brought, counts.examples) == (2, 1)
    [first, second] = rows(store, Comment, site_id=site_with_webhook.id)
    assert (first.external_id, first.status, first.decided_by) == ("wordpress:1", "published", actors.SITE)
    assert first.created_at == first.accepted_at == first.decided_at == WRITTEN + timedelta(minutes=1)
    assert (second.status, second.decided_at, second.updated_at) == ("rejected", decided, decided)
    assert clock.moment_of(first.id) == first.created_at, "ids sort by time, so the past comes before today"
    assert rows(store, WebhookDelivery) == []
    assert sweep(store, queues).queued == 0
    [example] = rows(store, Feedback, site_id=site_with_webhook.id)
    assert (example.text, example.label, example.value, example.source) == (rejected.comment, "spam", 1.0, "wordpress")
    [event] = [event for event in rows(store, AuditEvent) if event.action == "site.imported"]
    assert event.detail == {"source": "wordpress", "comments": 2, "examples": 1}


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 2, 1], [2, 3, 1]])
@pytest.mark.parametrize("size", [1, 2, 500])
def test_answers_are_linked_in_whatever_order_they_come(
    store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch, order: list[int], size: int
) -> None:
    monkeypatch.setattr(bringing, "BATCH", size)
    thread = {1: past("1"), 2: past("2", "1"), 3: past("3", "2")}
    assert bring(store, site, *(thread[number] for number in order)).unlinked == 0
    [first, second, third] = rows(store, Comment, site_id=site.id)
    assert (first.parent_id, second.parent_id, third.parent_id) == (None, first.id, second.id)


@pytest.mark.parametrize("steps", range(4))
def test_an_interrupted_import_is_run_again_and_adds_nothing_twice(
    store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(bringing, "BATCH", 2)
    given = [past("2", "5"), past("1", examples={"spam": 0.0}), past("3", "1"), past("4", status="flagged"), past("5")]
    interrupted = bringing.bring(store, site.id, "wordpress", given)
    for _ in range(steps):
        next(interrupted)
    del interrupted
    again = bring(store, site, *given, past("3", "1"))
    assert again.brought + again.known == 6
    by_key = {comment.external_id: comment for comment in rows(store, Comment, site_id=site.id)}
    assert set(by_key) == {f"wordpress:{number}" for number in range(1, 6)}
    assert by_key["wordpress:2"].parent_id == by_key["wordpress:5"].id
    assert by_key["wordpress:3"].parent_id == by_key["wordpress:1"].id
    assert len(rows(store, Feedback)) == len(rows(store, ReviewItem)) == 1
    assert bring(store, site, *given).brought == 0


def test_what_was_erased_here_is_not_brought_again(store: Store, site: CreatedSite) -> None:
    bring(store, site, past())
    [comment] = rows(store, Comment, site_id=site.id)
    with store.write() as session:
        comments.erase(session, site.id, comment.id)
    assert bring(store, site, past()).brought == 0
    assert stored(store, comment.id).comment == ""


def test_a_bad_comment_is_told_and_counted_and_the_others_come(store: Store, site: CreatedSite) -> None:
    told: list[Unreadable] = []
    given: list[PastComment | Unreadable] = [past("1"), Unreadable("Line 7", "It has no date."), past("2", "99")]
    *_, counts = bringing.bring(store, site.id, "wordpress", given, complain=told.append)
    assert (counts.brought, counts.unreadable, counts.unlinked) == (2, 1, 1)
    assert told == [given[1]]


def test_a_file_that_breaks_off_is_brought_up_to_there(store: Store, site: CreatedSite) -> None:
    def given() -> Iterator[PastComment]:
        yield past("2", "1")
        yield past("1")
        raise WrongFile("Line 9 is not XML.")

    *_, counts = bringing.bring(store, site.id, "wordpress", given())
    assert (counts.brought, counts.unlinked, counts.broken) == (2, 0, "Line 9 is not XML.")


def test_an_id_that_two_comments_have_is_told(store: Store, site: CreatedSite) -> None:
    for brought in (1, 0):
        counts = bring(store, site, past("1"), past("1", created_at=WRITTEN, comment="Something else."))
        assert (counts.brought, counts.known, counts.clashing) == (brought, 1 - brought, 1)


def test_what_is_linked_already_is_not_kept_in_mind(store: Store, site: CreatedSite) -> None:
    given = [past("1"), past("2", "1"), past("3", "99")]
    bring(store, site, *given)
    again = bringing._Import(store, site.id, "wordpress", Comment.external_id)
    arrivals = [bringing._arrival(again, comment) for comment in given]
    bringing._write(again, arrivals)
    with closing(again.unlinked) as unlinked:
        kept = unlinked.execute("SELECT answers FROM answers").fetchall()
    assert kept == [("wordpress:99",)], "a file may have any number of answers"


def test_what_readers_see_and_somebody_was_to_look_at_waits_here_too(store: Store, site: CreatedSite) -> None:
    reported = past("1", waits=True, comment="The bridge is closed again, and nobody says why.")
    counts = bring(store, site, reported, past("2"), past("3", status="flagged"))
    assert (counts.brought, counts.waiting) == (3, 2)
    first, second = (rows(store, Comment, external_id=f"wordpress:{key}")[0] for key in ("1", "3"))
    assert (first.status, second.status) == ("published", "flagged")
    waiting = rows(store, ReviewItem)
    assert {item.comment_id for item in waiting} == {first.id, second.id}
    assert abs(waiting[0].due - waiting[1].due) < 60_000, "what is of the past comes after what readers see of today"


def test_a_file_of_which_nothing_can_be_read_for_very_long_is_left_there(
    store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "MOST_UNREADABLE", 3)
    odd = [Unreadable(f"Line {number}", "It has no id.") for number in range(1, 10)]
    counts = bring(store, site, *odd[:2], past("1"), *odd[2:], past("2"))
    assert (counts.brought, counts.unreadable) == (1, 5)
    assert (counts.broken or "").startswith("None of 3 comments in a row could be read, up to line 5, so nothing")


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("published", {"decided_by": actors.SITE, "decided_at": WRITTEN + timedelta(minutes=1)}),
        ("rejected", {"decided_by": actors.SITE, "decided_at": WRITTEN + timedelta(minutes=1)}),
        # Of what its author may have deleted nothing is kept but its place.
        ("erased", {"decided_by": None, "decided_at": None, "reasons": None, "origin": None, "author_key": None}),
    ],
)
def test_what_is_kept_of_a_comment_depends_on_what_became_of_it(
    store: Store, site: CreatedSite, status: Any, kept: dict[str, Any]
) -> None:
    blank: dict[str, Any] = {"comment": "", "name": "", "email": None} if status == "erased" else {}
    bring(store, site, past(status=status, **blank))
    [row] = rows(store, Comment, site_id=site.id)
    assert {name: getattr(row, name) for name in kept} == kept
    assert (row.reasons is None) == (row.origin is None) == (status == "erased")
    assert row.content_hash is None, "it is too old to be repeated"


@pytest.mark.one_database
def test_an_address_that_was_only_typed_stays_one_that_nobody_vouches_for(store: Store, site: CreatedSite) -> None:
    bring(store, site, past("1", email_was_typed=True), past("2"))
    assert [row.origin for row in rows(store, Comment, site_id=site.id)] == [
        {"imported": "wordpress", "email_was_typed": True},
        {"imported": "wordpress"},
    ]


@pytest.mark.one_database
def test_how_far_it_is_is_told_after_each_part_and_at_the_end(store: Store, site: CreatedSite) -> None:
    given = [past(str(number), str(number + 1)) for number in range(1, 2 * bringing.BATCH + 10)]
    told = [counts.brought for counts in bringing.bring(store, site.id, "wordpress", given)]
    assert [told[0], told[1], told[-1]] == [bringing.BATCH, 2 * bringing.BATCH, len(given)]
    *_, counts = bringing.bring(store, site.id, "wordpress", given)
    assert (counts.brought, counts.known) == (0, len(given))
    linked = [row for row in rows(store, Comment, site_id=site.id) if row.parent_id is not None]
    assert len(linked) == len(given) - 1, "also what answers a comment of a later part"
    assert counts.unlinked == 1, "the last answers what is not in the file"


def test_what_is_older_than_the_site_keeps_goes_although_retention_has_run_already(
    store: Store, site: CreatedSite
) -> None:
    with store.write() as session:
        chosen = SiteSettings(retention=Retention(text=30), appeals=False)
        site_settings.save(session, site.id, chosen, actor=actors.OPERATOR)
    bring(store, site, past("5"))
    assert site_retention.run(store, seconds=60)["text"] == 1
    bring(store, site, past("3"))
    assert site_retention.run(store, seconds=60)["text"] == 1
    assert {row.comment for row in rows(store, Comment, site_id=site.id)} == {""}


def test_examples_come_also_where_their_comments_are_there_already(
    store: Store, site: CreatedSite, other_site: CreatedSite, tmp_path: Path
) -> None:
    bring(store, site, past("1"))
    without = export(store, site)
    bring_back(store, other_site, without, tmp_path)
    feedback.record(store, site.id, source="akismet", text="Remark number 1.", labels={"spam": 1.0})
    counts = bring_back(store, other_site, export(store, site), tmp_path)
    assert (counts.brought, counts.known, counts.examples) == (0, 1, 1)


def test_what_waited_there_waits_for_a_person_here(store: Store, queues: Queues, site: CreatedSite) -> None:
    counts = bring(store, site, past(status="flagged", why="It waited for a moderator in WordPress."))
    [item] = rows(store, ReviewItem, site_id=site.id)
    assert counts.waiting == 1
    assert (item.kind, item.rule, item.is_open, item.group_id is not None) == ("flag", "imported", True, True)
    with store.write() as session:
        comments.decide(session, site.id, item.comment_id, "publish", actor="user:u_1")
    assert stored(store, item.comment_id).status == "published"


@pytest.mark.parametrize(
    ("age", "becomes"), [(timedelta(days=900), "published"), (timedelta(hours=1), "flagged")], ids=["old", "an hour"]
)
def test_a_repetition_is_one_of_the_last_day(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, age: timedelta, becomes: str
) -> None:
    words = "This very sentence was written before, in the same words and in full."
    bring(store, site, past(comment=words, created_at=clock.now() - age))
    assert scored(store, queues, scorer, site, words, email="eve@example.org").status == becomes


def test_an_author_s_record_knows_the_past(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> None:
    bring(store, site, past("1"), past("2", status="rejected"), past("3", email="other@example.org"))
    comment = scored(store, queues, scorer, site, email="ada@example.org")
    with store.read() as session:
        record = author_records.of_authors(session, [comment.id])[comment.id]
    assert (record.published, record.rejected) == (1, 1)
    assert record.first_seen == WRITTEN + timedelta(minutes=1)


def export(store: Store, site: CreatedSite) -> str:
    return "".join(f"{line}\n" for line in own_lines.export(store, site.id))


def bring_back(store: Store, site: CreatedSite, text: str, folder: Path) -> Counts:
    (folder / "export").write_text(text)
    *_, counts = bringing.bring_back(store, site.id, own_lines.Lines(folder / "export").rows)
    return counts


@pytest.fixture
def elsewhere(databases_of_kind: Any) -> Iterator[Store]:
    """The database of another installation."""
    with databases_of_kind.new() as url:
        opened = Store(url)
        yield opened
        opened.close()


@pytest.fixture
def full(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> CreatedSite:
    """A site with a comment of each kind."""
    first = scored(store, queues, scorer, site, "Grüße, \u2028 & <b>so</b> on\n", external_id="7", ip="198.51.100.7")
    scored(store, queues, scorer, site, "A threat of 0.9.", parent_id=first.id, language="en", honeypot=True)
    gone = scored(store, queues, scorer, site, "Gone.")
    with store.write() as session:
        comments.erase(session, site.id, gone.id)
        comments.decide(session, site.id, first.id, "reject", actor="user:u_1", reason="Off topic")
    bring(store, site, past("1"), past("2", "1", status="flagged"))
    return site


def test_an_export_imports_again_byte_for_byte(
    store: Store, elsewhere: Store, settings: Any, full: CreatedSite, tmp_path: Path
) -> None:
    from moderation.sites import sites  # noqa: PLC0415  (beside the fixture's own)

    text = export(store, full)
    assert text.count("\n") == 6
    new_site = sites.create_site(elsewhere, settings, "Moved")
    counts = bring_back(elsewhere, new_site, text, tmp_path)
    assert export(elsewhere, new_site) == text
    assert counts.waiting == len([line for line in text.split("\n") if '"status":"flagged"' in line]) > 0
    assert bring_back(elsewhere, new_site, text, tmp_path).brought == 0
    assert export(elsewhere, new_site) == text


def test_another_site_of_the_installation_gets_ids_of_its_own(
    store: Store, full: CreatedSite, other_site: CreatedSite, tmp_path: Path
) -> None:
    text = export(store, full)
    for _ in range(2):  # the second time adds nothing
        bring_back(store, other_site, text, tmp_path)
    copies = rows(store, Comment, site_id=other_site.id)
    assert len(copies) == text.count("\n") - 1
    own_ids = {copy.id for copy in copies}
    parents = [copy.parent_id for copy in copies if copy.parent_id]
    assert len(parents) == 2
    assert own_ids.issuperset(parents)
    assert export(store, full) == text


@pytest.fixture
def taught(store: Store, site: CreatedSite) -> str:
    """An export of two comments and what was said of them, in more ways than one."""
    long = "A very long remark. " * 1500
    bring(store, site, past("1", examples={"spam": 1.0}), past("2", comment=long, examples={"toxicity": 0.0}))
    feedback.record(store, site.id, source="akismet", text="Buy!", labels={"spam": 0.25}, detail={"id": "7"})
    return export(store, site)


def test_an_export_holds_the_labelled_examples(
    store: Store, elsewhere: Store, settings: Any, site: CreatedSite, taught: str, tmp_path: Path
) -> None:
    from moderation.sites import sites  # noqa: PLC0415  (beside the fixture's own)

    new_site = sites.create_site(elsewhere, settings, "Moved")
    counts = bring_back(elsewhere, new_site, taught, tmp_path)
    assert (counts.brought, counts.examples) == (2, 3)
    assert export(elsewhere, new_site) == taught
    assert bring_back(elsewhere, new_site, taught, tmp_path).examples == 0
    assert list(feedback.export(elsewhere, new_site.id)) == [
        example | {"site": new_site.id} for example in feedback.export(store, site.id)
    ]


def test_another_site_s_examples_get_ids_of_their_own_and_its_own_word_stays(
    store: Store, site: CreatedSite, other_site: CreatedSite, taught: str, tmp_path: Path
) -> None:
    feedback.record(store, other_site.id, source="akismet", text="Buy!", labels={"spam": 0.75})
    assert [bring_back(store, other_site, taught, tmp_path).examples for _ in range(2)] == [2, 0]
    values = {row.text: row.value for row in rows(store, Feedback, site_id=other_site.id)}
    assert (len(values), values["Buy!"]) == (3, 0.75)
    assert export(store, site) == taught


@pytest.mark.parametrize("key", ["1", "2"], ids=["short", "longer than an example"])
def test_an_example_of_a_text_that_was_erased_does_not_come_back(
    store: Store, site: CreatedSite, taught: str, tmp_path: Path, key: str
) -> None:
    [comment] = rows(store, Comment, site_id=site.id, external_id=f"wordpress:{key}")
    with store.write() as session:
        comments.erase(session, site.id, comment.id)
    assert len(rows(store, Feedback, site_id=site.id)) == 2
    assert bring_back(store, site, taught, tmp_path).examples == 0
    assert all(comment.comment[:100] not in row.text for row in rows(store, Feedback, site_id=site.id))


BAD_EXAMPLES: dict[str, dict[str, Any]] = {
    "no text": {"text": None},
    "a number of no share": {"value": float("nan")},
    "a switch": {"value": True},
    "an id of something else": {"id": "c_1"},
    "an unknown field": {"nonsense": 1},
    "too long": {"label": "x" * 21},
}


@pytest.mark.parametrize("change", BAD_EXAMPLES.values(), ids=BAD_EXAMPLES)
def test_an_example_that_was_spoilt_is_named_and_the_rest_comes(
    store: Store, other_site: CreatedSite, taught: str, tmp_path: Path, change: dict[str, Any]
) -> None:
    *before, last = taught.strip().split("\n")
    spoilt = json.dumps({"example": json.loads(last)["example"] | change})
    counts = bring_back(store, other_site, "\n".join([*before, spoilt, before[1]]), tmp_path)
    assert (counts.brought, counts.examples, counts.unreadable) == (2, 2, 2), "a comment behind them is told as well"


BAD_LINES: dict[str, Callable[[dict[str, Any]], object]] = {
    "no name": lambda line: line.pop("name"),
    "an id of something else": lambda line: line.update(id="s_1"),
    "another status": lambda line: line.update(status="odd"),
    "no date": lambda line: line.update(created_at="yesterday"),
    "an unknown field": lambda line: line.update(nonsense=1),
    "a number": lambda line: line.update(comment=7),
    "a switch": lambda line: line.update(version=True),
    "too large": lambda line: line.update(revision=2**40),
    "too long": lambda line: line.update(external_id="x" * 201),
    "NUL": lambda line: line.update(comment="a\0b"),
    "half a character": lambda line: line.update(thread="\ud800"),
    "another form": lambda line: line.update(reasons={"a": 1}),
    "NUL within": lambda line: line.update(reasons=[{"message": "a\0b"}]),
    "half a character within": lambda line: line.update(origin={"\ud800": 1}),
    "deep": lambda line: line.update(origin=json.loads('{"a":' * 600 + "{}" + "}" * 600)),
}


@pytest.mark.parametrize("spoil", BAD_LINES.values(), ids=BAD_LINES)
def test_a_line_that_was_spoilt_is_named_and_the_rest_comes(
    store: Store, site: CreatedSite, other_site: CreatedSite, tmp_path: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    bring(store, site, past("1"), past("2"))
    header, first, second, _ = export(store, site).split("\n")
    spoilt = json.loads(first)
    spoil(spoilt)
    counts = bring_back(store, other_site, "\n".join([header, json.dumps(spoilt), second]), tmp_path)
    assert (counts.brought, counts.unreadable) == (1, 1)


def test_a_file_that_is_no_export_is_refused(store: Store, site: CreatedSite, tmp_path: Path) -> None:
    for text in ("", "{}", "nonsense", '{"format":"winnow comments","version":2}'):
        with pytest.raises(WrongFile, match="no export of Winnow"):
            bring_back(store, site, text, tmp_path)
