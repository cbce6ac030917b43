"""The thread around a comment as a tree, bounded in every direction, whatever a site says of who answers whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from moderation import clock
from moderation.history import threads
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.comments import accept

#: What was written, in order: name -> what it answers.
THREAD = {"a": None, "b": "a", "c": "b", "d": "c", "e": "c", "f": "d", "g": "a", "h": None}


class Thread:
    """Writes a thread, one comment a minute."""

    def __init__(self, store: Store, queues: Queues, site: CreatedSite) -> None:
        self.store, self.queues, self.site = store, queues, site
        self.ids: dict[str, str] = {}

    def write(self, written: dict[str, str | None], thread: str | None = "/page") -> None:
        for name, answers in written.items():
            at = clock.now() - timedelta(days=1) + timedelta(minutes=len(self.ids))
            fields = {"parent_id": self.ids[answers] if answers else None, "created_at": at, "thread": thread}
            self.ids[name] = accept(self.store, self.queues, self.site, f"This is {name}", name=name, **fields).id

    def tree(self, name: str) -> tuple[list[str], threads.Tree]:
        with self.store.read() as session:
            tree = threads.tree(session, session.get_one(Comment, self.ids[name]))
        return [f"{'.' * line.depth}{line.comment.name}" for line in tree.lines], tree


@pytest.fixture
def thread(store: Store, queues: Queues, site: CreatedSite) -> Thread:
    return Thread(store, queues, site)


@pytest.mark.parametrize(
    ("name", "lines", "flat"),
    [
        ("a", ["a", ".b", "..c", "...d", "....f", "...e", ".g"], False),
        ("c", ["a", ".b", "..c", "...d", "....f", "...e"], False),
        ("f", ["a", ".b", "..c", "...d", "....f"], False),
        ("h", ["e", "f", "g", "h"], True),
    ],
)
def test_what_it_answers_and_what_answers_it(thread: Thread, name: str, lines: list[str], flat: bool) -> None:
    thread.write(THREAD)
    found, tree = thread.tree(name)
    assert found == lines
    assert (tree.flat, tree.more_above, tree.more_below) == (flat, False, False)


@pytest.mark.one_database
def test_long_and_broad_threads_are_cut_and_say_so(thread: Thread) -> None:
    chain = {f"n{number}": f"n{number - 1}" if number else None for number in range(14)}
    thread.write(chain)
    found, tree = thread.tree("n8")
    assert [one.strip(".") for one in found] == [f"n{number}" for number in range(2, 13)]
    assert (tree.more_above, tree.more_below) == (True, True)
    thread.write({"root": None} | {f"answer {number}": "root" for number in range(25)})
    found, tree = thread.tree("root")
    assert len(found) == 1 + threads.MOST_BELOW
    assert tree.more_below


@pytest.mark.one_database
def test_a_circle_of_answers_and_a_comment_without_a_page_end(thread: Thread) -> None:
    thread.write({"x": None, "y": "x"})
    with thread.store.write() as session:
        session.execute(update(Comment).where(Comment.id == thread.ids["x"]).values(parent_id=thread.ids["y"]))
    assert thread.tree("y")[0] == ["x", ".y"]
    thread.write({"alone": None}, thread=None)
    assert thread.tree("alone")[0] == ["alone"]


@pytest.mark.one_database
def test_the_authors_latest_are_ten_without_this_one(store: Store, queues: Queues, site: CreatedSite) -> None:
    ids = [accept(store, queues, site, f"number {number}", user_id="7").id for number in range(13)]
    nobody = accept(store, queues, site, "by nobody", name="Guest")
    with store.read() as session:
        latest = threads.latest_of_author(session, session.get_one(Comment, ids[11]))
        assert [one.id for one in latest] == [ids[12], *ids[10:1:-1]]
        assert threads.latest_of_author(session, session.get_one(Comment, nobody.id)) == []
