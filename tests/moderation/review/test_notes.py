"""Notes for colleagues: on a comment or on its author, each where it belongs; never a word of them in the audit."""

from __future__ import annotations

import pytest

from moderation import news
from moderation.review import notes
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Note
from tests.support.clock import Clock
from tests.support.comments import put, rows

pytestmark = pytest.mark.one_database

MO, BO = "user:u_mo", "user:u_bo"


def write(store: Store, comment: Comment, text: str, *, by: str = MO, on_author: bool = False) -> Note:
    with store.write() as session:
        return notes.write(session, session.get_one(Comment, comment.id), text, by=by, on_author=on_author)


def test_notes_are_read_with_what_they_are_about_the_oldest_first(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    one, two = (put(store, site.id, clock.now, user_id="u1") for _ in range(2))
    there = put(store, other_site.id, clock.now, user_id="u1")
    for text in ("First", "Second"):
        write(store, one, text)
        write(store, one, f"{text} on the author", by=BO, on_author=True)
    write(store, there, "There", on_author=True)
    with store.read() as session:
        on_comments = notes.of_comments(session, [one.id, two.id])
        assert {key: [note.text for note in found] for key, found in on_comments.items()} == {
            one.id: ["First", "Second"]
        }
        asked = [(site.id, "u1"), (other_site.id, "u1"), (site.id, "u2")]
        on_authors = notes.of_authors(session, asked)
        assert {key: [note.text for note in found] for key, found in on_authors.items()} == {
            (site.id, "u1"): ["First on the author", "Second on the author"],
            (other_site.id, "u1"): ["There"],
        }
        assert notes.of_authors(session, []) == {}
        assert notes.of_authors(session, [(site.id, "u2")]) == {}
    assert (on_comments[one.id][0].written_by, on_comments[one.id][0].written_at) == (MO, clock.now)


def test_the_audit_says_who_wrote_and_took_away_what_and_never_the_words(
    store: Store, site: CreatedSite, clock: Clock
) -> None:
    comment = put(store, site.id, clock.now, user_id="u1")
    on_comment, on_author = write(store, comment, "zqsecret"), write(store, comment, "zqsecret", on_author=True)
    for note in (on_comment, on_author):
        with store.write() as session:
            notes.remove(session, session.get_one(Note, note.id), by=MO, is_admin=False)
    events = rows(store, AuditEvent, actor=MO)
    assert [(event.action, event.comment_id, event.detail) for event in events] == [
        ("comment.note_written", comment.id, {"note": on_comment.id}),
        ("author.note_written", comment.id, {"note": on_author.id}),
        ("comment.note_removed", comment.id, {"note": on_comment.id}),
        ("author.note_removed", comment.id, {"note": on_author.id}),
    ]
    assert {event.site_id for event in events} == {site.id}
    assert "zqsecret" not in repr([event.detail for event in events])
    assert rows(store, Note) == []


def test_open_consoles_hear_of_a_note_where_they_show_it(store: Store, site: CreatedSite, clock: Clock) -> None:
    comment = put(store, site.id, clock.now, user_id="u1")
    heard = []
    for on_author in (False, True):
        with store.write() as session:
            note = notes.write(session, session.get_one(Comment, comment.id), "Hm", by=MO, on_author=on_author)
            heard.append(list(news.of(session).happenings))
        with store.write() as session:
            notes.remove(session, session.get_one(Note, note.id), by=MO, is_admin=False)
            heard.append(list(news.of(session).happenings))
    told = [("handled", site.id, comment.id)]
    assert heard == [told, told, told, []], "whose card has a note on its author nobody knows afterwards"


def test_each_comment_and_each_author_has_room_of_its_own(
    store: Store, site: CreatedSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MOST", 1)
    one, two = (put(store, site.id, clock.now, user_id=f"u{number}") for number in (1, 2))
    for comment in (one, two):
        for on_author in (False, True):
            write(store, comment, "Hm", on_author=on_author)
            with pytest.raises(notes.TooMany):
                write(store, comment, "Hm", on_author=on_author)
    assert len(rows(store, Note)) == 4


def test_with_a_comment_go_its_notes_and_those_on_its_author_only_if_that_is_asked(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    one, two = (put(store, site.id, clock.now, user_id="u1") for _ in range(2))
    other = put(store, site.id, clock.now, user_id="u2")
    there = put(store, other_site.id, clock.now, user_id="u1")
    for comment in (one, two, other):
        write(store, comment, f"on {comment.id}")
    for comment in (one, other, there):
        write(store, comment, f"on the author of {comment.id}", on_author=True)

    def left() -> list[str]:
        return sorted(note.text.removeprefix("on ") for note in rows(store, Note))

    def erase(comment: Comment, *, author_too: bool) -> None:
        with store.write() as session:
            notes.erase(session, session.get_one(Comment, comment.id), author_too=author_too)

    everything = left()
    erase(one, author_too=False)
    assert left() == [text for text in everything if text != one.id]
    erase(two, author_too=True)
    assert left() == sorted([other.id, f"the author of {other.id}", f"the author of {there.id}"])
