"""The native JSON API under /api/v1: one module for each resource."""

from __future__ import annotations

from flask import Response

from moderation.decisions.comments import CommentError
from service.api import batch, check, comments, decisions, languages, policy, refusals, reports, threads, webhooks
from service.api.routing import blueprint
from service.api.site import archiving
from service.api.state import init_app

__all__ = [
    "archiving",
    "batch",
    "blueprint",
    "check",
    "comments",
    "decisions",
    "init_app",
    "languages",
    "policy",
    "reports",
    "threads",
    "webhooks",
]


@blueprint.errorhandler(CommentError)
def _refuse(error: CommentError) -> Response:
    return refusals.problem_of(error).response()
