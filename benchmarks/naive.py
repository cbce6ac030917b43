"""The naive pipeline, the yardstick for `deciding`: one RQ job a comment, run by RQ's default worker, which forks.

The model is scikit-learn's TfidfVectorizer and LogisticRegression, loaded before forking; texts and database writes are
the same as ours.
"""

from __future__ import annotations

import os
from itertools import islice

import redis
from rq import Queue, Worker
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from benchmarks import texts
from moderation import settings
from moderation.decisions import writing
from moderation.decisions.decision import Decision
from moderation.policy.rules import CLEAR, FLAG_THRESHOLD
from moderation.store import Store
from moderation.tables import Comment

QUEUE = "naive"
LABELS = ("toxicity", "spam")


class Model:
    """Two labels, learnt from a few thousand of the comments that the generator makes."""

    def __init__(self) -> None:
        known = list(islice(texts.comments(99), 4000))
        self._vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
        features = self._vectorizer.fit_transform(known)
        rude = ["idiot" in text or "stupid" in text or "moron" in text for text in known]
        selling = ["example" in text for text in known]
        self._labels = [LogisticRegression(max_iter=300).fit(features, truth) for truth in (rude, selling)]

    def score(self, text: str) -> dict[str, float]:
        features = self._vectorizer.transform([text])
        return {
            label: round(float(model.predict_proba(features)[0, 1]), 4)
            for label, model in zip(LABELS, self._labels, strict=True)
        }


_loaded: list[tuple[Store, Model]] = []


def load() -> None:
    """Load the model; connect to nothing yet, since a connection cannot be shared with a fork."""
    _loaded[:] = [(Store(settings.from_environment(os.environ).database_url), Model())]


def decide(comment_id: str) -> None:
    """The job: read, score, decide, write, as ours does for a batch."""
    store, model = _loaded[0]
    with store.read() as session:
        comment = session.get_one(Comment, comment_id)
    scores = model.score(comment.comment)
    flagged = max(scores.values()) >= 0.5
    reason = (FLAG_THRESHOLD if flagged else CLEAR).reason(".")
    decision = Decision.of(
        comment,
        status="flagged" if flagged else "published",
        actor="policy",
        reasons=[reason.as_json()],
        scores=scores,
        priority=500 if flagged else None,
    )
    with store.write() as session:
        writing.record(session, [decision])


def main() -> None:
    """Be RQ's default worker, with the model loaded before it forks."""
    load()
    connection = redis.Redis.from_url(settings.from_environment(os.environ).redis_url)
    Worker([Queue(QUEUE, connection=connection)], connection=connection).work(logging_level="WARNING")
