"""Many submissions in one request."""

from __future__ import annotations

from typing import Any

from flask import Response

from moderation.intake import submissions
from moderation.intake.submissions import Outcome, Submission
from service.api.answers import OutcomesSchema
from service.api.comments import accepted
from service.api.routing import Operation, answer, operation
from service.api.schemas import SubmissionSchema, load
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
    ),
)
def submit_batch(site_id: str, *, body: list[Any]) -> Response:
    """Up to 1,000 comments as a JSON list, or as NDJSON, an object on each line. One that is not valid does not keep
    the others out. A `parent_id` must be known before: it cannot name a comment of the same list."""
    found = context()
    checked = [_check(item) for item in body]
    valid = [one for one in checked if isinstance(one, Submission)]
    outcomes = iter(submissions.submit(found.store, found.queues, site_id, valid) if valid else [])
    return answer(
        {
            "outcomes": [
                _tell(item, next(outcomes) if isinstance(one, Submission) else one)
                for item, one in zip(body, checked, strict=True)
            ]
        }
    )


def _check(item: Any) -> Submission | Problem:
    if isinstance(item, Problem):
        return item
    try:
        return Submission(**load(_SCHEMA, item))
    except Problem as problem:
        return problem


def _tell(item: Any, outcome: Outcome | Problem) -> dict[str, Any]:
    if isinstance(outcome, Outcome):
        try:
            comment = accepted(outcome)
        except Problem as problem:
            return refused(problem) | {"external_id": _external_id(item)}
        return {
            "code": 200 if outcome.kind == "replayed" else 202,
            "id": comment.id,
            "external_id": comment.external_id,
            "status": comment.status,
            "version": comment.version,
            "detail": None,
            "errors": None,
        }
    return refused(outcome) | {"external_id": _external_id(item)}


def refused(problem: Problem) -> dict[str, Any]:
    """A problem as one outcome of a list. Where it tells of a comment as it is now, so does this."""
    current = problem.known.get("current") or {}
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
    """What the sender called it, so that they find it in the answer; shown only if it could be stored."""
    sent = item.get("external_id") if isinstance(item, dict) else None
    return sent if isinstance(sent, str) and len(sent) <= 200 and sent.isprintable() else None
