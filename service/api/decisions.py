"""The review queue, and moderators' decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from moderation import actors
from moderation.decisions import comments
from moderation.decisions.comments import CommentError
from moderation.review import review_items
from moderation.sites import archive
from moderation.tables import Comment, ReviewItem
from service.api import cursors
from service.api.answers import CommentSchema, OutcomesSchema, ReviewItemSchema, ReviewQueueSchema, show, show_comment
from service.api.batch import done, refused
from service.api.refusals import problem_of
from service.api.routing import Operation, answer, operation
from service.api.schemas import DecisionItemSchema, DecisionSchema, ReviewQuery, load_item
from service.context import context
from service.problems import Problem

MOST = 1000
#: Decisions of a list that one transaction writes: more would let other writers wait too long.
_TOGETHER = 20
_TAG = "Review"
_ITEM = DecisionItemSchema()


@operation(
    "GET",
    "/review-queue",
    Operation(
        summary="Read the review queue",
        tag=_TAG,
        query=ReviewQuery,
        answers={200: ("A page of the queue.", ReviewQueueSchema)},
    ),
)
def read_queue(site_id: str, *, query: dict[str, Any]) -> Response:
    """What waits for a moderator, most urgent first. A comment has an item for each kind of reason to look. Where
    several filters are combined, a page may have fewer items than `limit`: the last page is the one without
    `next_cursor`. Nothing of an archived site waits."""
    after = None
    if "cursor" in query:
        after = review_items.Position(*cursors.decode("review", query["cursor"], [int, str]))  # type: ignore[arg-type]
    with context().store.read() as session:
        sites = [] if archive.is_archived(session, site_id) else [site_id]
        page = review_items.page(session, sites, _filters(query), after=after, limit=query["limit"])
    return answer(
        {
            "items": [_show_item(item, comment) for item, comment in page.rows],
            "next_cursor": cursors.encode("review", [page.next.at, page.next.item_id]) if page.next else None,
        }
    )


@operation(
    "POST",
    "/comments/<comment_id>/decision",
    Operation(
        summary="Decide on a comment",
        tag=_TAG,
        body=DecisionSchema,
        answers={200: ("The comment as decided.", CommentSchema)},
        problems=("not-found", "erased", "stale"),
    ),
)
def decide(site_id: str, *, comment_id: str, body: dict[str, Any]) -> Response:
    """Publishes or rejects it, whatever it was, and closes its review items. With `version`, only if nothing has
    changed since: otherwise 409, with the comment as it is now in `current`."""
    with context().write() as session:
        comment = comments.decide(session, site_id, comment_id, actor=actors.SITE, **body)
    return answer(show_comment(comment))


@operation(
    "POST",
    "/decisions",
    Operation(
        summary="Decide on many comments",
        tag=_TAG,
        body=DecisionItemSchema,
        many=MOST,
        forms=True,
        answers={200: ("An outcome for each, in their order.", OutcomesSchema)},
    ),
)
def decide_many(site_id: str, *, body: list[Any]) -> Response:
    """Up to 1,000 decisions, as a JSON list or as NDJSON. One that cannot be done does not keep the others back."""
    outcomes: list[dict[str, Any]] = []
    for start in range(0, len(body), _TOGETHER):
        outcomes += _decide_together(site_id, [load_item(_ITEM, item) for item in body[start : start + _TOGETHER]])
    return answer({"outcomes": outcomes})


def _filters(query: dict[str, Any]) -> review_items.Filters:
    named_alike = {name: query.get(name) for name in ("label", "rule", "kind", "language", "thread")}
    return review_items.Filters(**named_alike, author_key=query.get("author"))


def _decide_together(site_id: str, items: Sequence[dict[str, Any] | Problem]) -> list[dict[str, Any]]:
    outcomes = []
    with context().write() as session:
        comments.lock(session, site_id, [item["id"] for item in items if not isinstance(item, Problem)])
        for item in items:
            if isinstance(item, Problem):
                outcomes.append(refused(item))
                continue
            comment_id = item.pop("id")
            try:
                comment = comments.decide(session, site_id, comment_id, actor=actors.SITE, **item)
            except CommentError as error:
                outcomes.append(refused(problem_of(error)) | {"id": comment_id})
            else:
                outcomes.append(done(comment, 200))
    return outcomes


def _show_item(item: ReviewItem, comment: Comment) -> dict[str, Any]:
    return show(ReviewItemSchema, item, but=("comment",)) | {"comment": show_comment(comment)}
