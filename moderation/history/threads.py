"""The thread around a comment as a tree: what it answers, up to the thread's beginning, and what answers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.history import histories
from moderation.tables import Comment

#: What a comment answers is followed so far up; what answers it is shown so deep, and so many in all.
MOST_ABOVE, DEEPEST, MOST_BELOW = 6, 4, 20
#: Of a comment that answers nothing and has no answers: its neighbours in the thread, on each side.
NEAR = 3
#: An author's latest comments that stand beside one of theirs.
LATEST = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A comment of the tree, and how deep it stands below the first line."""

    comment: Comment
    depth: int


@dataclass(frozen=True, slots=True)
class Tree:
    """The lines in the order of reading, the comment itself among them."""

    lines: Sequence[Line]
    #: There is more above the first line, or below, than is shown.
    more_above: bool = False
    more_below: bool = False
    #: Nothing here answers another: these are neighbours.
    flat: bool = False


def tree(session: Session, comment: Comment) -> Tree:
    """The thread around a comment, bounded in every direction."""
    above, more_above = _above(session, comment)
    below, more_below = _below(session, comment, len(above))
    lines = [*(Line(one, depth) for depth, one in enumerate(above)), Line(comment, len(above)), *below]
    if len(lines) > 1:
        return Tree(lines, more_above, more_below)
    around = histories.around(session, comment, near=NEAR)
    return Tree([Line(one, 0) for one in (*around.before, comment, *around.after)], flat=True)


def latest_of_author(session: Session, comment: Comment) -> Sequence[Comment]:
    """The author's latest comments on the site, without this one, newest first."""
    if comment.author_key is None:
        return []
    by_author = Comment.site_id == comment.site_id, Comment.author_key == comment.author_key
    query = select(Comment).where(*by_author).order_by(Comment.id.desc()).limit(LATEST + 1)
    return [one for one in session.scalars(query) if one.id != comment.id][:LATEST]


def _above(session: Session, comment: Comment) -> tuple[list[Comment], bool]:
    """What the comment answers, what that answers, and so on, the uppermost first; and whether there is more."""
    above: list[Comment] = []
    seen = {comment.id}
    parent_id = comment.parent_id
    while parent_id is not None and parent_id not in seen and len(above) < MOST_ABOVE:
        parent = session.get(Comment, parent_id)
        if parent is None or parent.site_id != comment.site_id:
            break
        above.insert(0, parent)
        seen.add(parent.id)
        parent_id = parent.parent_id
    return above, len(above) == MOST_ABOVE and parent_id is not None


def _below(session: Session, comment: Comment, depth: int) -> tuple[list[Line], bool]:
    """What answers the comment, and what answers that; and whether there is more."""
    answers: dict[str, list[str]] = defaultdict(list)
    for answer_id, parent_id in histories.following(session, comment):
        if parent_id is not None:
            answers[parent_id].append(answer_id)
    found = list(_walk(answers, comment.id, depth + 1, depth + DEEPEST))
    shown = found[:MOST_BELOW]
    comments = {
        one.id: one for one in session.scalars(select(Comment).where(Comment.id.in_([line[0] for line in shown])))
    }
    lines = [Line(comments[answer_id], at) for answer_id, at in shown if answer_id in comments]
    cut_short = len(found) > MOST_BELOW or any(answers[answer_id] for answer_id, at in shown if at == depth + DEEPEST)
    return lines, cut_short


def _walk(answers: dict[str, list[str]], comment_id: str, depth: int, deepest: int) -> Iterator[tuple[str, int]]:
    """The answers below a comment in the order of reading.

    It ends: each answers one comment only, so that none is met twice.
    """
    for answer_id in answers[comment_id]:
        yield answer_id, depth
        if depth < deepest:
            yield from _walk(answers, answer_id, depth + 1, deepest)
