"""A site's policy: scores and facts in, a verdict with its reasons out. Pure: no clock, no database, no network.

`RULES` is the whole of it, read from the top: the first rule with something to say decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from moderation.patterns import AddressSet, PatternSet

Action = Literal["publish", "flag", "reject"]
Mode = Literal["auto", "hold", "open", "observe"]

#: Preset -> label -> {"flag_at", "reject_at"}; the classifier brings its own.
Presets = Mapping[str, Mapping[str, Mapping[str, float | None]]]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Scores from which a label flags or rejects, in [0, 1]; None never does."""

    flag_at: float | None = None
    reject_at: float | None = None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a site has decided about its comments. `policies.read` makes one from the stored document."""

    version: int = 1
    mode: Mode = "auto"
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    banned_words: PatternSet = field(default_factory=PatternSet)
    suspect_words: PatternSet = field(default_factory=PatternSet)
    max_links: int | None = None
    blocked_authors: frozenset[str] = frozenset()
    trusted_authors: frozenset[str] = frozenset()
    blocked_ips: AddressSet = field(default_factory=AddressSet)
    trusted_ips: AddressSet = field(default_factory=AddressSet)
    flag_repeated: bool = True
    flag_first_comment: bool = False
    flag_unknown_language: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a comment beside its scores."""

    text: str
    links: int = 0
    #: The author's user id, e-mail and name, lower case; whichever are known.
    authors: tuple[str, ...] = ()
    ip: str | None = None
    repeated: bool = False
    first_comment: bool = False
    #: The language, where the classifier cannot judge it.
    unknown_language: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One thing that spoke for the action. `message` is for people and never quotes the comment."""

    rule: str
    action: Action
    message: str
    label: str | None = None
    score: float | None = None
    threshold: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says should happen, and why."""

    action: Action
    reasons: tuple[Reason, ...]


#: Label -> score; None when the comment could not be scored.
Scores = Mapping[str, float] | None
Rule = Callable[[Policy, Scores, Facts], Iterator[Reason]]


def evaluate(policy: Policy, scores: Scores, facts: Facts) -> Verdict:
    """The verdict of the first rule that gives a reason.

    `policy.mode` plays no part: it says what follows from a verdict (`placement`), not what is true of the comment.
    """
    for rule in RULES:
        reasons = tuple(rule(policy, scores, facts))
        if reasons:
            return Verdict(reasons[0].action, reasons)
    raise AssertionError("the last rule always gives a reason")


def placement(mode: Mode, action: Action) -> tuple[str, bool]:
    """What readers see, and whether a moderator is asked: `(status, opens a review item)`."""
    if mode == "hold":
        return "flagged", True
    if mode == "open":
        return "published", action != "publish"
    if mode == "observe":
        return "published", False
    return {"publish": "published", "flag": "flagged", "reject": "rejected"}[action], action == "flag"


def blocked_author(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.blocked_authors.intersection(facts.authors):
        yield Reason(rule="blocked_author", action="reject", message="This author is blocked on this site.")


def blocked_ip(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.ip in policy.blocked_ips:
        yield Reason(rule="blocked_ip", action="reject", message="This address is blocked on this site.")


def trusted_author(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.trusted_authors.intersection(facts.authors):
        yield Reason(rule="trusted_author", action="publish", message="This author is trusted on this site.")


def trusted_ip(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.ip in policy.trusted_ips:
        yield Reason(rule="trusted_ip", action="publish", message="This address is trusted on this site.")


def banned_words(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    for number in policy.banned_words.matches(facts.text):
        yield Reason(
            rule="banned_words",
            action="reject",
            message=f"It contains entry {number + 1} of the site's banned words.",
        )


def reject_threshold(policy: Policy, scores: Scores, _facts: Facts) -> Iterator[Reason]:
    for label, score in _highest_first(scores):
        threshold = policy.thresholds.get(label, Threshold()).reject_at
        if threshold is not None and score >= threshold:
            yield _over("reject", label, score, threshold)


def not_scored(_policy: Policy, scores: Scores, _facts: Facts) -> Iterator[Reason]:
    if scores is None:
        yield Reason(rule="not_scored", action="flag", message="It could not be scored, so a person has to look.")


def flag_threshold(policy: Policy, scores: Scores, _facts: Facts) -> Iterator[Reason]:
    for label, score in _highest_first(scores):
        threshold = policy.thresholds.get(label, Threshold()).flag_at
        if threshold is not None and score >= threshold:
            yield _over("flag", label, score, threshold)


def suspect_words(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    for number in policy.suspect_words.matches(facts.text):
        yield Reason(
            rule="suspect_words",
            action="flag",
            message=f"It contains entry {number + 1} of the site's suspect words.",
        )


def too_many_links(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.max_links is not None and facts.links > policy.max_links:
        message = f"It has {_count(facts.links, 'link')}; this site allows {policy.max_links}."
        yield Reason(rule="links", action="flag", message=message, threshold=policy.max_links)


def repeated_comment(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.flag_repeated and facts.repeated:
        yield Reason(rule="repeated", action="flag", message="The same text was posted here within the last day.")


def unknown_language(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.flag_unknown_language and facts.unknown_language is not None:
        name = f" ({facts.unknown_language})" if facts.unknown_language != "und" else ""
        message = f"The classifier cannot judge its language{name}."
        yield Reason(rule="language", action="flag", message=message)


def first_comment(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.flag_first_comment and facts.first_comment:
        yield Reason(rule="first_comment", action="flag", message="It is this author's first comment on this site.")


def nothing_against_it(_policy: Policy, _scores: Scores, _facts: Facts) -> Iterator[Reason]:
    yield Reason(rule="clear", action="publish", message="Every score is below its threshold and no rule applies.")


RULES: tuple[Rule, ...] = (
    blocked_author,
    blocked_ip,
    trusted_author,
    trusted_ip,
    banned_words,
    reject_threshold,
    not_scored,
    flag_threshold,
    suspect_words,
    too_many_links,
    repeated_comment,
    unknown_language,
    first_comment,
    nothing_against_it,
)


def _highest_first(scores: Scores) -> list[tuple[str, float]]:
    return sorted((scores or {}).items(), key=lambda item: -item[1])


def _over(action: Action, label: str, score: float, threshold: float) -> Reason:
    name = label.replace("_", " ").capitalize()
    places = max(2, len(f"{threshold:g}".partition(".")[2]))  # 0.996 reaches 0.995: two places would hide it
    message = f"{name} {score:.{places}f} reaches this site's {action} threshold of {threshold:.{places}f}."
    return Reason(
        rule=f"{action}_threshold",
        action=action,
        message=message,
        label=label,
        score=round(score, 4),
        threshold=threshold,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
