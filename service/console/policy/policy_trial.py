"""Trying a policy before it is saved: what it would make of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderation.decisions import checked
from moderation.decisions.scoring import Scorer
from moderation.intake.submissions import Submission
from moderation.patterns import PatternSet
from moderation.policy.policies import Candidate
from moderation.policy.rules import LISTS
from moderation.policy.switches import WORDS, EntryList
from moderation.policy.terms import Policy, Threshold
from service import forms
from service.classifier import classifier
from service.console.card.cards import ScoreLine
from service.console.card.highlights import Segment, segments
from service.context import context
from texts import wording

LONGEST = 20_000
_STATUS = {"published": "It would be published", "flagged": "It would be held", "rejected": "It would be rejected"}
#: Lists whose entries a reason names by their number.
_LISTS = tuple(one for one in LISTS if one.kind is WORDS)


@dataclass(frozen=True, slots=True)
class Trial:
    """The verdict on a text that is stored nowhere."""

    status: str
    headline: str
    reasons: Sequence[str]
    scores: Sequence[ScoreLine]
    segments: Sequence[Segment]


def judge(site_id: str, policy: Policy, sent: Mapping[str, str]) -> Trial | None:
    """What this policy would make of the text that was sent; None without one. Writes nothing."""
    text = forms.clean(sent.get("text", ""))[:LONGEST]
    if not text.strip():
        return None
    name = forms.text("name", most=200, fields=sent) or "Somebody"
    comment = checked.new_comment(site_id, Submission(name=name, comment=text), origin={})
    scorer = Scorer(context().store, context().queues, classifier(), Candidate(site_id, policy))
    [decision] = scorer.decide([comment])
    words = [line for words in _LISTS for line in _matched(policy, words, (text, name))]
    lines = [
        ScoreLine(wording.named(label), score, policy.thresholds.get(label, Threshold()))
        for label, score in (decision.scores or {}).items()
    ]
    return Trial(
        status=decision.status,
        headline=_STATUS[decision.status],
        reasons=[str(reason["message"]) for reason in decision.reasons] + words,
        scores=sorted(lines, key=lambda line: -line.score),
        segments=segments(text, decision.spans),
    )


def _matched(policy: Policy, of: EntryList, texts: Sequence[str]) -> list[str]:
    """The entries themselves: here they may be named, since who asks may see the list."""
    words: PatternSet = getattr(policy, of.key)
    found = sorted({number for text in texts for number in words.matches(text)})
    return [f"Entry {number + 1} of the {of.title.lower()} is “{words.entries[number]}”." for number in found]
