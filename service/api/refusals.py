"""The domain's refusals as problems."""

from __future__ import annotations

from moderation.decisions.comments import CommentError, Erased, NotFound, Stale
from service.api.answers import show_comment
from service.problems import Problem


def problem_of(error: CommentError) -> Problem:
    """The problem to answer with when the domain refuses."""
    if isinstance(error, Stale):
        return Problem("stale", str(error), current=show_comment(error.current))
    if isinstance(error, Erased):
        return Problem("erased", str(error))
    if isinstance(error, NotFound):
        return Problem("not-found", str(error))
    return Problem("refused", str(error))
