"""Readers' reports of comments."""

from __future__ import annotations

from typing import Any

from flask import Response

from moderation.decisions import comments
from moderation.review import lookalikes
from service.api.answers import ReportedSchema, show
from service.api.routing import Operation, answer, operation
from service.api.schemas import ReportSchema
from service.context import context


@operation(
    "POST",
    "/comments/<comment_id>/reports",
    Operation(
        summary="Report a comment",
        tag="Comments",
        body=ReportSchema,
        forms=True,
        answers={201: ("The report; a moderator will look.", ReportedSchema)},
        problems=("not-found", "erased", "archived"),
    ),
)
def report(site_id: str, *, comment_id: str, body: dict[str, Any]) -> Response:
    """Passes a reader's complaint on to the moderators. The same reader's second report of a comment changes
    nothing and answers with the first."""
    with context().store.read() as session:
        fingerprint = lookalikes.of_comment(session, site_id, comment_id)
    with context().write() as session:
        entry = comments.report(
            session,
            site_id,
            comment_id,
            reason=body["reason"],
            note=body.get("note"),
            reporter=body.get("reporter"),
            fingerprint=fingerprint,
        )
    return answer(show(ReportedSchema, entry), 201)
