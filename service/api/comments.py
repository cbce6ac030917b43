"""Comments: submit, read, list, edit, erase."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response, request

from moderation import clock
from moderation.decisions import comments
from moderation.history import listing
from moderation.intake.submissions import Outcome, Submission
from moderation.tables import Comment
from service.api import cursors, waiting
from service.api.answers import CommentSchema, CommentsSchema, show_comment
from service.api.fields import show_moment
from service.api.routing import Operation, answer, empty, operation
from service.api.schemas import CommentsQuery, EditSchema, SubmissionSchema
from service.api.state import state
from service.context import context
from service.problems import Problem, invalid

#: How long before its commit a change's moment may lie: a reader that catches up reads this span again.
OVERLAP = timedelta(seconds=10)
#: Where the environment of a request has the outcome or error of a submission that was tried already.
BECAME = "winnow.became"
_TAG = "Comments"
_UNKNOWN_PARENT = "This site has no comment with this id."


@operation(
    "POST",
    "/comments",
    Operation(
        summary="Submit a comment",
        tag=_TAG,
        body=SubmissionSchema,
        forms=True,
        headers=("Prefer", "Idempotency-Key"),
        answers={
            202: ("It is stored and waits for its decision.", CommentSchema),
            200: ("It was decided in time (`Prefer: wait=N`), or it is known: the first one.", CommentSchema),
        },
        problems=("conflict", "archived"),
    ),
)
def submit(site_id: str, *, body: dict[str, Any]) -> Response:
    """Sent again with the same `external_id`, or the same `Idempotency-Key` header, and the same content, it answers
    200 with the first comment; with other content 409. `Prefer: wait=N` waits up to 30 seconds for the decision;
    when too many requests wait already, 202 comes at once."""
    seconds = waiting.preferred_seconds()
    store = context().store
    outcome = _became(request.environ.get(BECAME)) or state().intake.submit(
        site_id, Submission(**body), read_idempotency_key(request.headers.get("Idempotency-Key", ""))
    )
    comment = accepted(outcome)
    status, headers = 200 if outcome.kind == "replayed" else 202, {"Location": address_of(comment)}
    if seconds and comment.status == "pending":
        comment, waited = waiting.wait(store, comment, seconds)
        if waited:
            headers["Preference-Applied"] = f"wait={seconds}"
        if comment.status != "pending":
            status = 200
    return answer(show_comment(comment), status, headers)


@operation(
    "GET",
    "/comments/<comment_id>",
    Operation(
        summary="Read a comment",
        tag=_TAG,
        answers={200: ("The comment.", CommentSchema)},
        problems=("not-found", "erased"),
    ),
)
def read(site_id: str, *, comment_id: str) -> Response:
    """After it was erased, 410."""
    with context().store.read() as session:
        return answer(show_comment(comments.find(session, site_id, comment_id)))


@operation(
    "GET",
    "/comments",
    Operation(
        summary="List comments",
        tag=_TAG,
        query=CommentsQuery,
        answers={200: ("A page of comments.", CommentsSchema)},
    ),
)
def list_comments(site_id: str, *, query: dict[str, Any]) -> Response:
    """The latest first. With `updated_after`, what changed since then, the oldest change first and erased comments
    too: to catch up after missed webhooks, read all pages, then send `next_updated_after` next time."""
    filters = listing.Filters(thread=query.get("thread"), status=query.get("status"), author=query.get("author"))
    if "updated_after" in query:
        return answer(_list_updated(site_id, filters, query))
    before = None
    if "cursor" in query:
        (before,) = cursors.decode("newest", query["cursor"], [str])
    with context().store.read() as session:
        rows = listing.newest(session, site_id, filters, before=before, limit=query["limit"] + 1)  # type: ignore[arg-type]
    page, next_cursor = cursors.cut("newest", rows, query["limit"], lambda row: [row.id])
    return answer({"comments": [show_comment(row) for row in page], "next_cursor": next_cursor})


def _list_updated(site_id: str, filters: listing.Filters, query: dict[str, Any]) -> dict[str, Any]:
    began = clock.now()
    after = None
    if "cursor" in query:
        began, *place = cursors.decode("updated", query["cursor"], [datetime, datetime, str])  # type: ignore[assignment]
        after = (place[0], place[1])
    since = query["updated_after"]
    with context().store.read() as session:
        rows = listing.updated(session, site_id, filters, since=since, after=after, limit=query["limit"] + 1)  # type: ignore[arg-type]
    page, next_cursor = cursors.cut("updated", rows, query["limit"], lambda row: [began, row.updated_at, row.id])
    # Changes up to `began - OVERLAP` were committed before the first page was read, so these pages have all of them.
    return {
        "comments": [show_comment(row) for row in page],
        "next_cursor": next_cursor,
        "next_updated_after": show_moment(max(since, began - OVERLAP)),
    }


@operation(
    "PATCH",
    "/comments/<comment_id>",
    Operation(
        summary="Edit a comment",
        tag=_TAG,
        body=EditSchema,
        answers={200: ("The comment, pending if anything changed.", CommentSchema)},
        problems=("not-found", "erased", "stale", "archived"),
    ),
)
def edit(site_id: str, *, comment_id: str, body: dict[str, Any]) -> Response:
    """A comment that changed leaves the thread's feed until it has been scored again."""
    version = body.pop("version", None)
    if not body:
        raise invalid({"body": ["Give at least one field to change."]})
    with context().write() as session:
        comment, _ = comments.edit(session, site_id, comment_id, body, version=version)
    return answer(show_comment(comment))


@operation(
    "DELETE",
    "/comments/<comment_id>",
    Operation(
        summary="Erase a comment",
        tag=_TAG,
        answers={204: ("It is erased.", None)},
        problems=("not-found", "erased"),
    ),
)
def erase(site_id: str, *, comment_id: str) -> Response:
    """Its text and its author are gone for good; that there was a comment, and what was decided, stays in the audit.
    Its `external_id` may be used again."""
    with context().write() as session:
        comments.erase(session, site_id, comment_id)
    return empty()


def accepted(outcome: Outcome) -> Comment:
    """The comment of a successful outcome.

    Raises:
        Problem: the outcome is a conflict or an unknown parent.
    """
    if outcome.kind == "unknown_parent" or outcome.comment is None:
        raise invalid({"parent_id": [_UNKNOWN_PARENT]})
    if outcome.kind == "conflict":
        raise Problem(
            "conflict",
            "This external_id or Idempotency-Key was sent before with other content. To change the comment, PATCH it.",
            current=show_comment(outcome.comment),
        )
    return outcome.comment


def address_of(comment: Comment) -> str:
    """Where it can be read, for `Location`."""
    return f"/api/v1/comments/{comment.id}"


def _became(before: Outcome | Exception | None) -> Outcome | None:
    """What became of a submission that `service/answering` tried before Flask got the request, if it did."""
    if isinstance(before, Exception):
        raise before
    return before


def read_idempotency_key(text: str) -> str | None:
    """The key of an `Idempotency-Key` header; None where there is none.

    Raises:
        Problem: it is too long, or not printable ASCII.
    """
    key = text.strip()
    if key and (len(key) > 200 or not key.isascii() or not key.isprintable()):
        raise invalid({"Idempotency-Key": ["Give up to 200 printable ASCII characters."]})
    return key or None
