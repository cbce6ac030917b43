"""What would become of a comment, for a form that asks its author to rewrite it. Nothing is stored."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from moderation.intake.submissions import Submission
from service import languages, scoring
from service.api.answers import ReasonSchema, scores_field, spans_field
from service.api.routing import Operation, answer, operation
from service.api.schemas import SubmissionSchema
from service.problems import Problem


class VerdictSchema(Schema):
    """What the site's policy would do with a comment."""

    status = fields.String(
        required=True,
        metadata={
            "enum": ["published", "flagged", "rejected"],
            "description": "What the comment's status would be: `flagged` waits for a moderator.",
        },
    )
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)
    scores = scores_field("null where it could not be scored")
    spans = spans_field()
    model_version = fields.String(required=True, allow_none=True)
    policy_version = fields.Integer(required=True, allow_none=True)


@operation(
    "POST",
    "/check",
    Operation(
        summary="Check a comment before it is posted",
        tag="Comments",
        body=SubmissionSchema,
        forms=True,
        answers={200: ("What the site's policy would do with it.", VerdictSchema)},
        problems=("unavailable", "archived"),
    ),
)
def check(site_id: str, *, body: dict[str, Any]) -> Response:
    """Takes what `POST /comments` takes. Nothing is stored, nobody is asked, no webhook is sent, and the comment does
    not count as repeated when it is submitted. It is judged anew then."""
    try:
        decision = scoring.decide(scoring.unstored(site_id, Submission(**body)))
    except scoring.NotScored:
        raise Problem("unavailable", "The classifier cannot be used here, so nothing was checked.") from None
    return answer(
        {
            "status": decision.status,
            "reasons": languages.for_authors(site_id, decision.reasons),
            "scores": decision.scores,
            "spans": decision.spans,
            "model_version": decision.model_version,
            "policy_version": decision.policy_version,
        }
    )
