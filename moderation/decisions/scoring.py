"""Decides a batch of comments: claim, read, score, decide, explain, write. Nothing is computed in a write transaction.

A worker that is killed at any point loses nothing: its leases run out, and unwritten comments are claimed again.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from moderation import actors, authors, clock, news, tracing
from moderation.decisions import batch_spans, budget, writing
from moderation.decisions.decision import Decision
from moderation.intake.queues import MAX_ATTEMPTS, Claim, Queues
from moderation.news import News
from moderation.policy import facts, rules
from moderation.policy.policies import PolicyCache
from moderation.policy.terms import Facts, Mode, Policy, Presets, Reason, Verdict, placement
from moderation.review import lookalikes, urgency
from moderation.review.fingerprints import NONE, Fingerprint
from moderation.review.lookalikes import Owners
from moderation.store import AWAY, Store
from moderation.tables import Comment
from moderation.tracing import Cause
from texts import names

log = structlog.get_logger(__name__)

#: The size of a worker's first batch; and the processor time, in seconds, that later batches are made to fit. A new
#: comment waits for the batch before it, so the time is short while several sites send comments (`BATCH_SECONDS`), and
#: longer while only one does (`ALONE_SECONDS`). Time spent waiting does not count: smaller batches would wait more.
BATCH, BATCH_SECONDS, ALONE_SECONDS = 64, 0.025, 0.06
LEAST_BATCH, MOST_BATCH = 16, 256
#: A site that has sent nothing for so many seconds no longer counts as one that sends comments.
QUIET_SECONDS = 10.0
#: The processor time, in seconds, that a batch and a single comment may take. A batch that takes longer is decided
#: comment by comment, short ones first; a comment that takes longer goes to a person.
BATCH_BUDGET, COMMENT_BUDGET = 3.0, 1.0

#: The policies in force, by site.
Policies = Mapping[str, Policy]
#: Built once, because building it takes longer than running it.
_PENDING = select(Comment).where(Comment.id.in_(bindparam("ids", expanding=True)), Comment.status == "pending")


class Explanation(Protocol):
    """Which words moved a label's score: `(start, end, weight)` in code points of the text."""

    @property
    def spans(self) -> Sequence[tuple[int, int, float]]: ...


class Classifier(Protocol):
    """What scoring needs of `models.load()`."""

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def version(self) -> str: ...

    @property
    def thresholds(self) -> Presets: ...

    def score(self, texts: Sequence[str], signals: Sequence[Mapping[str, object]] | None = None) -> Any:
        """Probabilities in [0, 1], shape (len(texts), len(labels))."""

    def explain_all(
        self, texts: Sequence[str], labels: Sequence[Sequence[str]], signals: Sequence[Mapping[str, object]]
    ) -> Sequence[Mapping[str, Explanation]]:
        """Of each text, why it scored as it did on each of its labels."""

    @property
    def languages(self) -> Mapping[str, str]:
        """Each language that can be told, by its code, and how well it is judged."""

    def detected_language(self, text: str) -> str: ...

    def language(self, text: str, said: Sequence[str | None] = ()) -> str:
        """The language that the text is decided as: the detected one, or where none is, the first of those said."""

    def judges(self, language: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A comment's scores. For labels that count for names too, the score of the text or of the name: the higher one."""

    scores: dict[str, float]
    #: The labels whose score is the name's.
    by_name: frozenset[str] = frozenset()

    def lower_by(self, own: Mapping[str, float]) -> dict[str, float]:
        """The scores of the author's own words, for those labels for which they are lower than the comment's."""
        return {key: own[key] for key, score in self.scores.items() if key not in self.by_name and own[key] < score}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A comment, its scores, and the verdict of its site's policy on it."""

    row: Comment
    policy: Policy
    scores: dict[str, float] | None
    #: Where the comment quotes others: the labels for which its author's own words score lower, and those scores.
    own_scores: dict[str, float] | None
    facts: Facts
    verdict: Verdict
    #: By this it is grouped with comments that say nearly the same; and the groups that own the fingerprint's bands.
    fingerprint: Fingerprint = NONE
    owners: Owners = field(default_factory=dict)

    @property
    def to_explain(self) -> list[str]:
        """The labels that speak against the comment because of its text; not those that its author's name raised."""
        if self.verdict.action == "publish":
            return []
        named = (reason.label for reason in self.verdict.reasons)
        return [label for label in dict.fromkeys(named) if label is not None and label not in self.facts.by_name]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of a batch, for the metrics: numbers, decisions, and how long the classifier took."""

    claimed: int = 0
    #: Whether as many comments were claimed as were asked for, so that more may wait.
    full: bool = False
    written: list[Decision] = field(default_factory=list)
    scoring_seconds: float = 0.0
    scored: int = 0
    #: For each comment written, the seconds from its acceptance to its decision.
    waits: tuple[float, ...] = ()
    #: The news for `afterwards.tell`.
    news: News = field(default_factory=News)


@dataclass(frozen=True, slots=True)
class _Timed:
    """Decisions, and what the metrics and traces need of their scoring."""

    decisions: list[Decision]
    #: When scoring began, in nanoseconds since 1970; how many seconds it took; and of how many comments.
    began: int
    seconds: float = 0.0
    scored: int = 0


class Scorer:
    """Decides comments from the queue. One for each process; threads may share it for `decide` only."""

    def __init__(
        self, store: Store, queues: Queues, classifier: Classifier, policies: PolicyCache | None = None
    ) -> None:
        self.store, self.queues, self.classifier = store, queues, classifier
        self.policies = policies or PolicyCache(classifier.thresholds)
        self._size = BATCH
        #: Site -> when this process last decided a comment of it.
        self._last_decided: dict[str, float] = {}

    def run_batch(self, most: int | None = None) -> BatchResult:
        """Decide up to `most` waiting comments; None: as many as its time allows. Nothing waiting: `claimed` 0.

        Raises:
            moderation.store.AWAY: the database is away. The claimed comments wait again, without a counted attempt.
        """
        size = most or self._size
        began = time.thread_time()
        claims = self.queues.claim(size)
        if not claims:
            return BatchResult()
        try:
            result = self._run(claims)
        except AWAY:
            self.queues.give_back(claims)
            raise
        self.queues.done(claims)
        self._note_sites({claim.site_id for claim in claims})
        if len(claims) < size:
            return result
        self._adapt(len(claims), time.thread_time() - began)
        return replace(result, full=True)

    def decide(
        self, rows: Sequence[Comment], scores: Mapping[str, Scored] | None = None, policies: Policies | None = None
    ) -> list[Decision]:
        """A decision for each comment, stored or not, in order. Writes nothing.

        `scores` by comment id, and `policies` by site, if they are known already. A comment on which the policy fails
        goes to a person; the others are decided as usual.

        Raises:
            moderation.store.AWAY: the database is away.
        """
        try:
            policies = self._policies(rows) if policies is None else policies
            scores = self.score(rows, policies) if scores is None else scores
            return self._apply_policies(rows, policies, scores)
        except (*AWAY, budget.TooLong):
            raise
        except Exception:
            log.exception("scoring.judging_failed", comments=len(rows), **_causes(rows))
        if len(rows) == 1:
            scored = (self.score(rows, {}) if scores is None else scores).get(rows[0].id)
            fingerprint = lookalikes.of_text(rows[0].comment)
            return [_for_a_person(rows[0], scored.scores if scored else None, fingerprint)]
        return [decision for row in rows for decision in self.decide([row], scores, policies)]

    def verdicts(self, rows: Sequence[Comment], scores: Mapping[str, Scored]) -> list[Verdict]:
        """The verdicts of the sites' policies on comments, stored or not, in order. Explains and writes nothing."""
        return [evaluated.verdict for evaluated in self._evaluate_all(rows, self._policies(rows), scores)]

    def _run(self, claims: Sequence[Claim]) -> BatchResult:
        rows, policies = self._read(claims)
        given_up = _given_up(claims, rows)
        if len(rows) > 1:
            try:
                with budget.limited(BATCH_BUDGET):
                    timed = self._decide_timed(rows, policies, given_up)
                return self._write(claims, timed)
            except budget.TooLong:
                log.warning("scoring.batch_slow", comments=len(rows), **_causes(rows))
        by_length = sorted(rows, key=lambda row: len(row.comment))
        return _together(len(claims), [self._run_alone(claims, row, policies, given_up) for row in by_length])

    def _run_alone(
        self, claims: Sequence[Claim], row: Comment, policies: Policies, given_up: Collection[str]
    ) -> BatchResult:
        """Decide one comment and write it before the next begins, so that none waits for a slow one."""
        own_claims = [claim for claim in claims if claim.comment_id == row.id]
        timed = _Timed([], batch_spans.moment())
        try:
            with budget.limited(COMMENT_BUDGET):
                timed = self._decide_timed([row], policies, given_up)
        except budget.TooLong:
            log.error("comment.not_scored", comment_id=row.id, why="it took too long", **_causes([row]))
            # No fingerprint, because making one would read the text again.
            timed = replace(timed, decisions=[_for_a_person(row, None, NONE)])
        return self._write(own_claims, timed)

    def _decide_timed(self, rows: Sequence[Comment], policies: Policies, given_up: Collection[str]) -> _Timed:
        at, began = batch_spans.moment(), time.perf_counter()
        scores = self.score([row for row in rows if row.id not in given_up], policies)
        seconds = time.perf_counter() - began
        return _Timed(self.decide(rows, scores, policies), at, seconds, len(scores))

    def _write(self, claims: Sequence[Claim], timed: _Timed) -> BatchResult:
        decisions: Sequence[Decision] = timed.decisions
        if not decisions:
            return BatchResult(len(claims), scoring_seconds=timed.seconds)
        spans = batch_spans.begin(decisions, began=timed.began, scored=timed.scored)
        decisions = decisions if spans is None else spans.decisions
        with self.store.write() as session:
            written = writing.record(session, decisions)
        if spans is not None:
            spans.written(written)
        queued_at = {claim.comment_id: claim.queued_at for claim in claims}
        waits = tuple(
            max(0.0, decision.decided_at.timestamp() - queued_at[decision.comment_id]) for decision in written
        )
        return BatchResult(len(claims), False, written, timed.seconds, timed.scored, waits, news.of(session))

    def _note_sites(self, site_ids: Collection[str]) -> None:
        """Note which sites send comments, and forget those that have become quiet."""
        now = time.monotonic()
        last_decided = self._last_decided | dict.fromkeys(site_ids, now)
        self._last_decided = {site_id: at for site_id, at in last_decided.items() if at > now - QUIET_SECONDS}

    def _adapt(self, comments_done: int, seconds: float) -> None:
        """Choose the size of the next batch by how long this one took; only halfway, as one may be an exception."""
        allowed = ALONE_SECONDS if len(self._last_decided) <= 1 else BATCH_SECONDS
        fitting = comments_done * allowed / seconds
        self._size = round(min(MOST_BATCH, max(LEAST_BATCH, (self._size + fitting) / 2)))

    def _read(self, claims: Sequence[Claim]) -> tuple[Sequence[Comment], Policies]:
        """The claimed comments that are still pending, and their sites' policies.

        Policies are prepared here, and not where a comment is decided, so that no comment's time budget pays for it.
        """
        with self.store.read() as session:
            rows = session.scalars(_PENDING, {"ids": [claim.comment_id for claim in claims]}).all()
            return rows, self.policies.get(session, {row.site_id for row in rows}) if rows else {}

    def _policies(self, rows: Sequence[Comment]) -> Policies:
        with self.store.read() as session:
            return self.policies.get(session, {row.site_id for row in rows})

    def score(self, rows: Sequence[Comment], policies: Policies | None = None) -> dict[str, Scored]:
        """Scores by comment id. A comment that cannot be scored has none, and so goes to a person.

        `policies` by site, if they are known already.
        """
        policies = self._policies(rows) if policies is None else policies
        try:
            return self._scores(rows, policies)
        except budget.TooLong:
            raise
        except Exception:
            log.exception("scoring.batch_failed", comments=len(rows), **_causes(rows))
        scores: dict[str, Scored] = {}
        for row in rows:
            try:
                scores |= self._scores([row], policies)
            except budget.TooLong:
                raise
            except Exception:
                log.exception("comment.not_scored", comment_id=row.id, **_causes([row]))
        return scores

    def _said(self, row: Comment, policies: Policies) -> list[str | None]:
        """The languages that a comment is said to be in: by its sender, and after these by its site's settings."""
        policy = policies.get(row.site_id)
        of_site = "" if policy is None else policy.author_language
        return [*_said(row), *site_languages(self.classifier, of_site)]

    def _signals(self, row: Comment, policies: Policies) -> dict[str, object]:
        return signals(row) | {"languages": self._said(row, policies)}

    def _scores(self, rows: Sequence[Comment], policies: Policies) -> dict[str, Scored]:
        if not rows:
            return {}
        # Readers see the author's name, e-mail address and URL too. What these say is scored as a text of its own.
        beside = {row.id: names.beside(_name(row), row.email, row.url) for row in rows}
        named = {comment_id: text for comment_id, text in beside.items() if text}
        lines = self._read_texts(
            [*(row.comment for row in rows), *named.values()],
            [*(self._signals(row, policies) for row in rows), *(_OF_A_NAME for _ in named)],
        )
        of_names = dict(zip(named, lines[len(rows) :], strict=True))
        return {row.id: _with_name(line, of_names.get(row.id, {})) for row, line in zip(rows, lines, strict=False)}

    def _read_texts(
        self, texts: Sequence[str], signals_of_texts: Sequence[Mapping[str, object]]
    ) -> list[dict[str, float]]:
        lines = [
            {label: round(float(p), 4) for label, p in zip(self.classifier.labels, line, strict=True)}
            for line in self.classifier.score(texts, signals_of_texts)
        ]
        if not all(0.0 <= score <= 1.0 for line in lines for score in line.values()):  # nor not-a-number
            raise ValueError("the classifier gave a score that is no probability")
        return lines

    def _apply_policies(
        self, rows: Sequence[Comment], policies: Policies, scores: Mapping[str, Scored]
    ) -> list[Decision]:
        evaluated = self._evaluate_all(rows, policies, scores)
        spans = self._explain([its for its in evaluated if its.to_explain], policies)
        return [self._decision(its, spans.get(its.row.id)) for its in evaluated]

    def _evaluate_all(
        self, rows: Sequence[Comment], policies: Policies, scores: Mapping[str, Scored]
    ) -> list[Evaluated]:
        if not rows:
            return []
        codes = {row.id: self.classifier.language(row.comment, self._said(row, policies)) for row in rows}
        languages = {comment_id: (code, self.classifier.judges(code)) for comment_id, code in codes.items()}
        fingerprints = {row.id: lookalikes.of_text(row.comment) for row in rows}
        with self.store.read() as session:
            owners = lookalikes.owners(session, fingerprints)
            facts_of = facts.gather(session, rows, policies, languages, fingerprints=fingerprints, owners=owners)
        own = self._own_scores(rows, policies, facts_of)
        return [
            _evaluate(
                *(row, policies[row.site_id], scores.get(row.id), facts_of[row.id], own.get(row.id)),
                fingerprint=fingerprints[row.id],
                owners={band: owners[band] for band in fingerprints[row.id].bands if band in owners},
            )
            for row in rows
        ]

    def _own_scores(
        self, rows: Sequence[Comment], policies: Policies, facts_of: Mapping[str, Facts]
    ) -> dict[str, dict[str, float]]:
        """Comment id -> the scores of its author's own words, for comments that quote others."""
        own = {row.id: words for row in rows if (words := facts_of[row.id].own_words) is not None}
        if not own:
            return {}
        lines = self._read_texts([*own.values()], [self._signals(row, policies) for row in rows if row.id in own])
        return dict(zip(own, lines, strict=True))

    def _decision(self, evaluated: Evaluated, spans: dict[str, Any] | None) -> Decision:
        row, policy, verdict = evaluated.row, evaluated.policy, evaluated.verdict
        language = evaluated.facts.language
        mode = rules.mode_for(policy, verdict, evaluated.facts)
        status, asks = placement(mode, verdict.action)
        return Decision.of(
            row,
            status=status,
            actor=actors.POLICY,
            reasons=[reason.as_json() for reason in reasons_in_mode(mode, verdict)],
            scores=evaluated.scores,
            own_scores=evaluated.own_scores,
            spans=spans,
            model_version=self.classifier.version,
            policy_version=policy.version,
            language=row.language or (language if asks and language != "und" else None),
            priority=_priority(evaluated) if asks else None,
            fingerprint=evaluated.fingerprint,
            owners=evaluated.owners,
            cause=_cause(row),
        )

    def _explain(self, evaluated: Sequence[Evaluated], policies: Policies) -> dict[str, dict[str, Any]]:
        """The words that raised the scores for which comments are not published: comment id -> label -> spans."""
        if not evaluated:
            return {}
        try:
            explained = self.classifier.explain_all(
                [its.row.comment for its in evaluated],
                [its.to_explain for its in evaluated],
                [self._signals(its.row, policies) for its in evaluated],
            )
        except budget.TooLong:
            raise
        except Exception:
            if len(evaluated) == 1:
                row = evaluated[0].row
                log.exception("comment.not_explained", comment_id=row.id, **_causes([row]))
                return {}
            each_alone = (self._explain([its], policies) for its in evaluated)
            return {comment_id: spans for explained in each_alone for comment_id, spans in explained.items()}
        return {its.row.id: _raising(by_label) for its, by_label in zip(evaluated, explained, strict=True)}


def _evaluate(
    row: Comment, policy: Policy, scored: Scored | None, its: Facts, own: Mapping[str, float] | None, **likeness: Any
) -> Evaluated:
    """`own` has the scores of the author's own words; `likeness` are `fingerprint` and `owners` of `Evaluated`."""
    scores = own_scores = None
    if scored is not None:
        scores = scored.scores
        if own is not None:
            own_scores = scored.lower_by(own)
        if scored.by_name or own_scores:
            its = replace(its, by_name=scored.by_name, own_scores=own_scores or {})
    return Evaluated(row, policy, scores, own_scores, its, rules.evaluate(policy, scores, its), **likeness)


def _raising(explained: Mapping[str, Explanation]) -> dict[str, Any]:
    """Label -> the spans that raised its score, without those that lowered it."""
    return {
        label: [[start, end, round(float(weight), 4)] for start, end, weight in its.spans if weight > 0]
        for label, its in explained.items()
    }


def _name(row: Comment) -> str:
    return "" if authors.is_nameless(row.name) else row.name


#: Labels for which a name's own score does not count. Whether a name advertises something is a signal that the
#: classifier gets beside the text; and what a name alone is about nobody can tell: people are called Dick and Gay.
_NOT_OF_NAMES = frozenset({"spam", "sexual", "self_harm"})


def _with_name(scores: dict[str, float], of_name: Mapping[str, float]) -> Scored:
    raised = {label: score for label, score in of_name.items() if score > scores[label] and label not in _NOT_OF_NAMES}
    return Scored(scores | raised, frozenset(raised))


#: The signals of a name. A name is in no language, unless it holds an insult in one. It is read as English, which costs
#: least.
_OF_A_NAME: Mapping[str, object] = {"languages": ["en"]}


def _said(row: Comment) -> list[str | None]:
    """The languages that the comment's sender names: the comment's own, and those of the site."""
    return [row.language, *(row.origin or {}).get("languages", ())]


def site_languages(classifier: Classifier, author_language: str | None) -> list[str]:
    """The language in which a comment too short to tell is taken to be: the site's author language, if it is judged.

    A language that the classifier does not judge is left out, because each "ok" on such a site would wait for a person.
    """
    return [author_language] if author_language and classifier.judges(author_language) else []


def _given_up(claims: Sequence[Claim], rows: Sequence[Comment]) -> set[str]:
    """The comments whose worker died too often: they are not scored again."""
    given_up = {claim.comment_id for claim in claims if claim.attempts >= MAX_ATTEMPTS}
    for row in rows:
        if row.id in given_up:
            why = "it was being scored each time a worker died"
            log.error("comment.not_scored", comment_id=row.id, why=why, **_causes([row]))
    return given_up


def _priority(evaluated: Evaluated) -> int:
    """How soon a person should look."""
    if any(reason.rule == rules.LANGUAGE.name for reason in evaluated.verdict.reasons):
        return urgency.UNJUDGED
    return urgency.of_scores(evaluated.scores, evaluated.policy.thresholds_in(evaluated.facts.language))


def _cause(row: Comment) -> Cause:
    return Cause(row.request_id, row.traceparent)


def _causes(rows: Sequence[Comment]) -> dict[str, Any]:
    """What a line in the log says of the requests that these comments came with."""
    return tracing.fields_of(map(_cause, rows))


def _for_a_person(row: Comment, scores: dict[str, float] | None, fingerprint: Fingerprint) -> Decision:
    message = "The site's policy could not be applied, so a person has to look."
    return Decision.of(
        row,
        status="flagged",
        actor=actors.POLICY,
        reasons=[rules.NOT_JUDGED.reason(message).as_json()],
        scores=scores,
        priority=0,
        fingerprint=fingerprint,
        cause=_cause(row),
    )


def _together(claimed: int, results: Sequence[BatchResult]) -> BatchResult:
    """The results of a batch's single comments as one result."""
    return BatchResult(
        claimed,
        written=[decision for result in results for decision in result.written],
        scoring_seconds=sum(result.scoring_seconds for result in results),
        scored=sum(result.scored for result in results),
        waits=tuple(wait for result in results for wait in result.waits),
        news=news.merged(result.news for result in results),
    )


def signals(comment: Comment) -> dict[str, object]:
    """The signals beside the text, by the names that the classifier documents.

    A drop-in protocol may have more of them, such as a honeypot's: `origin` holds these under `signals`.
    """
    fields: dict[str, object] = {
        "name": comment.name,
        "email": comment.email,
        "url": comment.url,
        "ip": comment.ip,
        "user_agent": comment.user_agent,
        "languages": _said(comment),
    }
    further: dict[str, object] = (comment.origin or {}).get("signals", {})
    return fields | further


def reasons_in_mode(mode: Mode, verdict: Verdict) -> tuple[Reason, ...]:
    """The verdict's reasons; and a reason that names the mode, where that leads to another action than the verdict."""
    rule = rules.MODE_RULES.get(mode)
    if rule is None or rule.action == verdict.action:
        return verdict.reasons
    return (*verdict.reasons, rule.reason(f"{rule.title}."))


def oldest_pending_seconds(session: Session) -> float:
    """How long the oldest pending comment has waited; 0.0 when none does."""
    query = select(Comment.accepted_at).where(Comment.status == "pending").order_by(Comment.accepted_at).limit(1)
    oldest = session.scalar(query)
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
