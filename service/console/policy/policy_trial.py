"""Trying a policy on a text before it is saved."""

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
from moderation.policy.terms import Policy
from service import forms
from service.classifier import classifier
from service.console.card import scores
from service.console.card.highlights import Segment, segments
from service.console.card.scores import ScoreLine
from service.console.retold import retold
from service.context import context
from texts import wording
from texts.translation import gettext, later

LONGEST = 20_000
_STATUS = {
    "published": later("It would be published"),
    "flagged": later("It would be held"),
    "rejected": later("It would be rejected"),
}
#: The lists whose entries reasons name by number.
_LISTS = tuple(entry_list for entry_list in LISTS if entry_list.kind is WORDS)


@dataclass(frozen=True, slots=True)
class Trial:
    """A policy's verdict on a text. Nothing of it is stored."""

    status: str
    headline: str
    reasons: Sequence[str]
    scores: Sequence[ScoreLine]
    segments: Sequence[Segment]


def judge(site_id: str, policy: Policy, fields: Mapping[str, str]) -> Trial | None:
    """This policy's verdict on the text in the form; None without a text. Writes nothing."""
    text = forms.clean(fields.get("text", ""))[:LONGEST]
    if not text.strip():
        return None
    name = forms.text("name", most=200, fields=fields) or "Somebody"
    comment = checked.new_comment(site_id, Submission(name=name, comment=text), origin={})
    scorer = Scorer(context().store, context().queues, classifier(), Candidate(site_id, policy))
    [decision] = scorer.decide([comment])
    words = [line for words in _LISTS for line in _matched(policy, words, (text, name))]
    lines = scores.lines(decision.scores, policy.thresholds)
    return Trial(
        status=decision.status,
        headline=gettext(_STATUS[decision.status]),
        reasons=[retold(str(reason["message"])) for reason in decision.reasons] + words,
        scores=sorted(lines, key=lambda line: -line.score),
        segments=segments(text, decision.spans),
    )


def _matched(policy: Policy, entry_list: EntryList, texts: Sequence[str]) -> list[str]:
    """The matching entries in words. They may be quoted here, because the person may see the list."""
    words: PatternSet = getattr(policy, entry_list.key)
    numbers = sorted({number for text in texts for number in words.matches(text)})
    title = wording.within(gettext(entry_list.title))
    return [
        gettext("Entry %(number)s of the %(list)s is “%(entry)s”.", number=at + 1, list=title, entry=words.entries[at])
        for at in numbers
    ]
