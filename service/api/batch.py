"""Many submissions in one request."""

from __future__ import annotations

from typing import Any

from flask import Response

from moderation.intake import submissions
from moderation.intake.submissions import Outcome, Submission
from moderation.tables import Comment
from service.api.answers import OutcomesSchema
from service.api.comments import accepted
from service.api.routing import Operation, answer, operation
from service.api.schemas import SubmissionSchema, load_item
from service.context import context
from service.problems import Problem

MOST = 1000
_SCHEMA = SubmissionSchema()


@operation(
    "POST",
    "/comments/batch",
    Operation(
        summary="Submit many comments",
        tag="Comments",
        body=SubmissionSchema,
        many=MOST,
        forms=True,
        answers={200: ("An outcome for each, in their order.", OutcomesSchema)},
        problems=("archived",),
    ),
)
def submit_batch(site_id: str, *, body: list[Any]) -> Response:
    """Up to 1,000 comments as a JSON list, or as NDJSON, an object on each line. One that is not valid does not keep
    the others out. A `parent_id` must be known before: it cannot name a comment of the same list."""
    installation = context()
    checked = [_check(item) for item in body]
    valid = [item for item in checked if isinstance(item, Submission)]
    outcomes = iter(submissions.submit(installation.store, installation.queues, site_id, valid) if valid else [])
    return answer(
        {
            "outcomes": [
                _tell(item, next(outcomes) if isinstance(result, Submission) else result)
                for item, result in zip(body, checked, strict=True)
            ]
        }
    )


def _check(item: Any) -> Submission | Problem:
    loaded = load_item(_SCHEMA, item)
    return loaded if isinstance(loaded, Problem) else Submission(**loaded)


def _tell(item: Any, outcome: Outcome | Problem) -> dict[str, Any]:
    if isinstance(outcome, Outcome):
        try:
            comment = accepted(outcome)
        except Problem as problem:
            return refused(problem) | {"external_id": _external_id(item)}
        return done(comment, 200 if outcome.kind == "replayed" else 202)
    return refused(outcome) | {"external_id": _external_id(item)}


def done(comment: Comment, code: int) -> dict[str, Any]:
    """A comment as one outcome of a list, with the status that it would have had alone."""
    fields = {name: getattr(comment, name) for name in ("id", "external_id", "status", "version")}
    return {"code": code, "detail": None, "errors": None} | fields


def refused(problem: Problem) -> dict[str, Any]:
    """A problem as one outcome of a list, with the comment's present state where the problem has it."""
    current = problem.members.get("current") or {}
    return {
        "code": problem.status,
        "id": current.get("id"),
        "external_id": current.get("external_id"),
        "status": current.get("status"),
        "version": current.get("version"),
        "detail": problem.detail,
        "errors": problem.document().get("errors"),
    }


def _external_id(item: Any) -> str | None:
    """The sender's id for an item, so that they find it in the answer; None if it could not be stored."""
    external_id = item.get("external_id") if isinstance(item, dict) else None
    return (
        external_id if isinstance(external_id, str) and len(external_id) <= 200 and external_id.isprintable() else None
    )
