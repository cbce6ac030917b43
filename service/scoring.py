"""Scoring and deciding within a request: one scorer for a web process, for the API and the drop-in protocols."""

from __future__ import annotations

import threading
import time

import structlog
from flask import current_app

import models
from moderation import counters
from moderation.decisions.decision import Decision
from moderation.decisions.scoring import Scorer
from moderation.intake.submissions import Request, Submission
from moderation.tables import Comment
from service import classifier as of_process
from service.context import context

log = structlog.get_logger(__name__)

_making = threading.Lock()


class NotScored(Exception):
    """The classifier's files cannot be used."""


def scorer() -> Scorer:
    """The scorer of the app that serves the current request.

    Raises:
        NotScored: there is no classifier.
    """
    extensions = current_app.extensions
    if "winnow_scorer" not in extensions:
        with _making:
            if "winnow_scorer" not in extensions:
                try:
                    loaded = of_process.classifier()
                except models.ArtifactError:
                    log.exception("classifier.not_loaded")
                    raise NotScored from None
                extensions["winnow_scorer"] = Scorer(context().store, context().queues, loaded)
    of_app: Scorer = extensions["winnow_scorer"]
    return of_app


def decide(comment: Comment) -> Decision:
    """The decision of the site's policy on a comment, which need not be stored. Writes nothing.

    It reads the policy, and the earlier comments that the policy asks for. For a comment that could not be scored, the
    decision has no `scores`, and is for a person. It is not counted as a decision here.

    Raises:
        NotScored: there is no classifier.
        moderation.store.AWAY: the database is away.
    """
    ready = scorer()
    began = time.perf_counter()
    [decision] = ready.decide([comment])
    if decision.scores is not None:
        count(1, time.perf_counter() - began)
    return decision


def unstored(site_id: str, submission: Submission) -> Comment:
    """A comment as it would be stored, and is not."""
    return Comment(**Request(site_id, submission).row)


def count(number: int, seconds: float) -> None:
    """Count in `/metrics` what was scored."""
    context().queues.breaker.call(
        lambda client: counters.record_scoring(client, number, seconds), doing="counting what was scored"
    )
