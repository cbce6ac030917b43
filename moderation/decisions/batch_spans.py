"""The spans of a batch: comments of many traces that are scored and decided together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from moderation import tracing
from moderation.decisions.decision import Decision
from moderation.tracing import Cause, Span, Spans


class BatchSpans:
    """In each comment's trace its scoring, with a link to the batch, and its decision, from which the webhook follows.

    `decisions` are those to write: they carry the decision's span on.
    """

    def __init__(self, spans: Spans, decisions: Sequence[Decision], *, began: int, scored: int) -> None:
        causes = [decision.cause or tracing.UNKNOWN for decision in decisions]
        parents = [cause.traceparent for cause in causes if cause.traceparent is not None]
        size = {"winnow.comments": len(decisions), "winnow.comments.scored": scored}
        now = moment()
        batch = spans.begin("score batch", "internal", size, links=parents, at=began)
        self._open: dict[str, Span] = {}
        self.decisions: list[Decision] = []
        for decision, cause in zip(decisions, causes, strict=True):
            attributes = {
                "winnow.comment": decision.comment_id,
                "winnow.site": decision.site_id,
                "winnow.request_id": cause.request_id,
            }
            score = spans.begin(
                *("score comment", "consumer", attributes | {"winnow.model": decision.model_version}),
                parent=cause.traceparent,
                links=[batch.traceparent],
                at=began,
            )
            score.end(failed=None if decision.scores else "not_scored", at=now)
            decide = spans.begin("decide comment", "internal", attributes, parent=score.traceparent, at=now)
            self._open[decision.comment_id] = decide
            self.decisions.append(replace(decision, cause=Cause(cause.request_id, decide.traceparent)))
        batch.end(at=now)

    def written(self, decisions: Sequence[Decision]) -> None:
        """These were written. The others' comments were decided or edited meanwhile."""
        for decision in decisions:
            self._open.pop(decision.comment_id).end(
                {"winnow.status": decision.status, "winnow.version": decision.version}
            )
        for span in self._open.values():
            span.end(failed="changed_meanwhile")


def begin(decisions: Sequence[Decision], *, began: int, scored: int) -> BatchSpans | None:
    """The spans of decisions that are about to be written; None where tracing is off."""
    spans = tracing.spans()
    return None if spans is None else BatchSpans(spans, decisions, began=began, scored=scored)


def moment() -> int:
    """Now, in nanoseconds since 1970."""
    return time.time_ns()
