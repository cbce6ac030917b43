"""Scoring and deciding for the drop-in protocols, which answer in the request."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog
from flask import Flask

from moderation.decisions.decision import Decision
from moderation.decisions.scoring import Classifier, Scorer, site_languages
from moderation.policy.terms import Policy, Treatment
from moderation.tables import Comment
from service import scoring
from service.compat import refusals
from service.compat.places import NoPlace
from service.compat.refusals import Refusal
from service.compat.state import state

log = structlog.get_logger(__name__)

#: Half of a surrogate pair, which JSON can hold, but which is not a character. Readers see U+FFFD in its place.
HALF_CHARACTER, SHOWN_FOR_HALF = re.compile("[\ud800-\udfff]"), "\ufffd"
#: Characters of a text: with more, its answer comes when the client has given up, and has published.
LONGEST_TEXT = 100_000
#: After so many seconds a client may ask again for a place.
_UNTIL_A_PLACE = 2.0


def load_classifier(app: Flask) -> None:
    """Load the classifier, so that the first request need not wait. If that fails, everything else is served."""
    with app.app_context():
        try:
            _scorer()
        except Refusal:
            log.error("classifier.not_loaded", doing="serving without it: scoring in the request is refused")


@contextmanager
def place(site_id: str, texts: Sequence[str]) -> Iterator[None]:
    """Hold a place while these texts are read, if they are large.

    Raises:
        Refusal: `too_many`: the site has no place left, or nobody has.
    """
    try:
        with state().places.take(site_id, texts):
            yield
    except NoPlace:
        raise Refusal("too_many", retry_after=_UNTIL_A_PLACE) from None


def classifier() -> Classifier:
    """The classifier of this process.

    Raises:
        Refusal: `not_scored`: its files cannot be read.
    """
    return _scorer().classifier


def policy(site_id: str) -> Policy:
    """The policy in force on a site.

    Raises:
        Refusal: `not_scored`: without a classifier there are no thresholds.
        moderation.store.AWAY: the database is away.
    """
    scorer = _scorer()
    with scorer.store.read() as session:
        return scorer.policies.get(session, {site_id})[site_id]


def languages_said(policy: Policy, said: Sequence[str] = ()) -> list[str]:
    """What counts for a text too short to tell its language: what the caller says, then the site's author language.

    Raises:
        Refusal: `not_scored`.
    """
    return [*said, *site_languages(classifier(), policy.author_language)]


def treatment(policy: Policy, text: str, said: Sequence[str] = ()) -> Treatment:
    """What becomes of a text on a site, for its language; `said` is what the caller says that this may be.

    Raises:
        Refusal: `not_scored`.
    """
    judge = classifier()
    language = judge.language(text, said)
    return policy.treatment(language, judged=judge.judges(language))


def score(texts: Sequence[str], signals: Sequence[Mapping[str, object]] | None = None) -> list[dict[str, float]]:
    """The probability of each label for each text. Counted in `/metrics`.

    Raises:
        Refusal: `not_scored`.
    """
    loaded = classifier()
    began = time.perf_counter()
    try:
        table = loaded.score(texts, signals)
    except Exception as error:
        log.error("compat.not_scored", texts=len(texts), **refusals.without_message(error))
        raise Refusal("not_scored") from None
    scoring.count(len(texts), time.perf_counter() - began)
    return [dict(zip(loaded.labels, map(float, row), strict=True)) for row in table]


def decide(comment: Comment) -> Decision:
    """The decision of the site's policy on a comment, which need not be stored. Writes nothing.

    As `scoring.decide`, whose failure to score is noted for the log.

    Raises:
        Refusal: `not_scored`: there is no classifier; or `too_many`: the text is long, and has no `place`.
        moderation.store.AWAY: the database is away.
    """
    try:
        with place(comment.site_id, [comment.comment]):
            decision = scoring.decide(comment)
    except scoring.NotScored:
        raise Refusal("not_scored") from None
    if decision.scores is None:
        refusals.note("not_scored")
    return decision


def _scorer() -> Scorer:
    try:
        return scoring.scorer()
    except scoring.NotScored:
        raise Refusal("not_scored") from None
