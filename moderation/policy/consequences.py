"""What a policy would have decided on past comments, counted beside what people decided about them. Pure functions.

`static/consequences.js` counts the same in the browser while a slider moves; a test compares the two.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from moderation.policy.rules import REJECT_THRESHOLD, RULES, evaluate
from moderation.policy.terms import Action, Facts, Mode, Policy, Scores, Threshold, placement

#: How long a decision takes, in seconds, where too few decisions follow each other to measure it.
ASSUMED_SECONDS = 20.0
#: How many gaps between decisions are needed, and the shortest (else a bulk decision) and longest (else a break).
LEAST_GAPS, SHORTEST_GAP, LONGEST_GAP = 20, 1.0, 300.0
#: Bars of a histogram.
BINS = 50

#: The rules that come before the thresholds: no threshold can change their verdict.
_BEFORE = frozenset(rule.name for rule in RULES[: RULES.index(REJECT_THRESHOLD)])


@dataclass(frozen=True, slots=True)
class Past:
    """A past comment, with what matters for trying thresholds on it."""

    #: None where it could not be scored.
    scores: Mapping[str, float] | None
    #: The verdict of a rule before the thresholds, if one has something to say.
    before: Action | None
    #: The verdict of the other rules when no threshold is reached.
    after: Action
    #: What a person decided; None where nobody has looked.
    decided: Literal["publish", "reject"] | None
    #: Whether it is one of the site's latest comments, by which its days are measured.
    recent: bool = True
    #: What its author's own words score, where that is lower: see `Facts.own_scores`.
    own_scores: Mapping[str, float] = field(default_factory=dict)
    #: Whether its author is trusted after approvals, so that it need not wait in the mode `hold`.
    trusted: bool = False
    #: Whether it came at a time at which the site holds every comment, so that none is published first.
    held_then: bool = False
    #: Whether as many different authors had written nearly the same as the policy takes for a campaign.
    in_campaign: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """Past comments of a site, how many days they came in, and how long its moderators take."""

    comments: Sequence[Past]
    #: How many days the recent comments came in.
    days: float
    #: How long a decision takes, and whether that was measured here.
    seconds: float = ASSUMED_SECONDS
    measured: bool = False
    #: Whether there are more comments than these, left out because fewer were asked for.
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Consequences:
    """What would have been decided on a sample. `bad` comments were rejected by people, `good` ones published."""

    bad: int
    bad_published: int
    good: int
    good_held: int
    good_rejected: int
    #: Recent comments that nobody looked at, so that no verdict on them is right or wrong.
    unseen: int
    unseen_published: int
    unseen_held: int
    unseen_rejected: int
    #: How many comments a moderator would get in a day, and the minutes that they take.
    asked_a_day: float
    minutes_a_day: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def apart_from_thresholds(policy: Policy, facts: Facts, scores: Scores) -> tuple[Action | None, Action]:
    """The verdict of the rules before the site's thresholds (None: none), and of those after them.

    In a language with a preset of its own, no threshold of the site has a say.
    """
    treatment = policy.treatment(facts.language, judged=facts.language_judged)
    if treatment in policy.presets:
        settled = evaluate(policy, scores, facts).action
        return settled, settled
    verdict = evaluate(policy, {}, facts)  # without scores no threshold is reached
    if verdict.reasons[0].rule in _BEFORE or treatment == "rules":
        return verdict.action, verdict.action
    return None, verdict.action


def verdict(past: Past, thresholds: Mapping[str, Threshold]) -> Action:
    """The verdict that `rules.evaluate` would give on this comment with these thresholds."""
    if past.before is not None:
        return past.before
    if past.scores is None:
        return "flag"
    reached = {
        thresholds.get(label, Threshold()).reached(score, past.own_scores.get(label, score))
        for label, score in past.scores.items()
    }
    if "reject" in reached:
        return "reject"
    return "flag" if "flag" in reached else past.after


def place(past: Past, thresholds: Mapping[str, Threshold], mode: Mode) -> tuple[str, bool]:
    """The status that this comment would get, and whether a moderator would be asked."""
    action = verdict(past, thresholds)
    exempt = (past.trusted and action == "publish" and mode == "hold") or (past.held_then and mode == "open")
    return placement("auto" if exempt else mode, action)


def differing(sample: Sample, other: Sample, thresholds: Mapping[str, Threshold], mode: Mode) -> Counter[str]:
    """Status -> how many recent comments get it by the first sample's policy, and another by the other's.

    Both samples are of the same comments.
    """
    pairs = zip(sample.comments, other.comments, strict=True)
    statuses = ((place(a, thresholds, mode)[0], place(b, thresholds, mode)[0]) for a, b in pairs if a.recent)
    return Counter(now for now, otherwise in statuses if now != otherwise)


def count(sample: Sample, thresholds: Mapping[str, Threshold], mode: Mode) -> Consequences:
    """The consequences of these thresholds, in this mode, for the sample."""
    counts = {"publish": [0, 0, 0], "reject": [0, 0, 0], None: [0, 0, 0]}
    column = {"published": 0, "flagged": 1, "rejected": 2}
    questions = 0
    for past in sample.comments:
        status, asks = place(past, thresholds, mode)
        if past.decided is not None or past.recent:
            counts[past.decided][column[status]] += 1
        questions += asks and past.recent
    good, bad, unseen = counts["publish"], counts["reject"], counts[None]
    a_day = questions / sample.days
    return Consequences(
        bad=sum(bad),
        bad_published=bad[0],
        good=sum(good),
        good_held=good[1],
        good_rejected=good[2],
        unseen=sum(unseen),
        unseen_published=unseen[0],
        unseen_held=unseen[1],
        unseen_rejected=unseen[2],
        asked_a_day=_one_place(a_day),
        minutes_a_day=_one_place(a_day * sample.seconds / 60),
    )


def seconds_a_decision(decisions: Sequence[tuple[str, datetime]]) -> tuple[float, bool]:
    """The median time between a person's decision and their next, in seconds; and whether it was measured.

    `decisions` are pairs of the person and the moment, in any order.
    """
    by_person: dict[str, list[datetime]] = defaultdict(list)
    for person, moment in decisions:
        by_person[person].append(moment)
    gaps = [
        gap
        for moments in by_person.values()
        for earlier, later in pairwise(sorted(moments))
        if SHORTEST_GAP <= (gap := (later - earlier).total_seconds()) <= LONGEST_GAP
    ]
    if len(gaps) < LEAST_GAPS:
        return ASSUMED_SECONDS, False
    return round(median(gaps), 1), True


@dataclass(slots=True)
class Bar:
    """The comments of a range of scores, by what people decided about them."""

    rejected: int = 0
    published: int = 0
    unseen: int = 0

    @property
    def total(self) -> int:
        return self.rejected + self.published + self.unseen


def histogram(sample: Sample, label: str) -> list[Bar]:
    """The distribution of the sample's scores on one label, from 0 to 1 in `BINS` bars."""
    bars = [Bar() for _ in range(BINS)]
    for past in sample.comments:
        score = (past.scores or {}).get(label)
        if score is None:
            continue
        bar = bars[min(BINS - 1, int(score * BINS))]
        if past.decided == "reject":
            bar.rejected += 1
        elif past.decided == "publish":
            bar.published += 1
        else:
            bar.unseen += 1
    return bars


def _one_place(number: float) -> float:
    """Rounded half up, as in the browser."""
    return math.floor(number * 10 + 0.5) / 10
