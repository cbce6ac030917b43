"""A decision in plain words for the comment's author: never who the moderator was. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation import actors

#: What a label says of a comment, after "for being".
LABELS = {
    "toxicity": "hostile or disrespectful",
    "severe_toxicity": "very hostile",
    "insult": "insulting",
    "profanity": "foul language",
    "threat": "a threat",
    "identity_attack": "an attack on people for who they are",
    "spam": "spam or advertising",
}

_HEADLINES = {
    "published": "Your comment is published",
    "flagged": "Your comment is held for review",
    "rejected": "Your comment was not published",
    "pending": "Your comment is being checked",
}
_EFFECTS = {
    "published": "Readers can see it.",
    "flagged": "Readers cannot see it, anywhere, until a person at the site has decided. You need not do anything.",
    "rejected": "Readers cannot see it, anywhere, for as long as this decision stands.",
    "pending": "Readers cannot see it until it has been checked. Look at this page again in a moment.",
}
#: By rule, for those that say nothing beyond themselves.
_RULES = {
    "blocked_author": "This site does not take comments from this author.",
    "blocked_ip": "This site does not take comments from the network that it came from.",
    "trusted_author": "This site publishes what this author writes.",
    "trusted_ip": "This site publishes what comes from this network.",
    "banned_words": "It contains a word or phrase that this site does not publish.",
    "suspect_words": "It contains a word or phrase that a person at this site wants to look at first.",
    "not_scored": "It could not be checked automatically, so a person has to look.",
    "not_judged": "It could not be checked automatically, so a person has to look.",
    "links": "It has more links than this site takes without a look at them.",
    "repeated": "The same text was posted here shortly before.",
    "language": "It is in a language that the automatic check has not learnt, so a person has to look.",
    "first_comment": "It is your first comment on this site, and a person looks at those.",
    "mode_hold": "At the moment a person at this site looks at every comment first.",
    "clear": "Nothing spoke against it.",
}


def headline(status: str) -> str:
    """What became of the comment, in a line."""
    return _HEADLINES[status]


def effect(status: str) -> str:
    """What that means for its readers."""
    return _EFFECTS[status]


def grounds(reasons: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Why, a sentence for each reason. A moderator's are in the moderator's words."""
    return [_ground(reason) for reason in reasons or ()]


def legal_ground(reasons: Sequence[Mapping[str, Any]] | None) -> str:
    """On what kind of ground the decision stands: the law, or the site's own rules."""
    if any(reason.get("code") == "illegal" for reason in reasons or ()):
        return "A person at the site held it to be against the law."
    return "The ground is the site's own rules for comments, not the law."


def means(status: str, actor: str, *, held_before: bool, reported: bool, scored: bool) -> list[str]:
    """How the decision came about: by a machine or a person, and who drew attention to the comment."""
    found = []
    if actor == actors.POLICY:
        checked = "It was checked automatically"
        found.append(
            f"{checked}; a person has not decided yet." if status == "flagged" else f"{checked}, and by no person."
        )
    elif held_before:
        found.append("An automatic check had held it back, and a person at the site decided.")
    else:
        found.append("A person at the site decided.")
    if reported:
        found.append("Readers had reported the comment.")
    elif actor != actors.POLICY or status != "published":
        found.append("Nobody had reported the comment: the site checks comments by itself.")
    if scored:
        found.append(
            "The automatic check gives a comment a score from 0 to 1 for each kind of abuse, by its words and what "
            "came with it. A score is how likely it is that people would object."
        )
    return found


def what_happened(status: str, actor: str) -> str:
    """An earlier decision, in a line."""
    who = "automatically" if actor == actors.POLICY else "by a person"
    return {
        "published": f"It was published {who}.",
        "flagged": f"It was held for review {who}.",
        "rejected": f"It was rejected {who}.",
    }.get(status, f"It was checked {who}.")


def _ground(reason: Mapping[str, Any]) -> str:
    rule, label = reason.get("rule"), reason.get("label")
    if rule in ("reject_threshold", "flag_threshold") and label:
        verb = "rejects" if rule == "reject_threshold" else "holds back"
        return (
            f"The automatic check gave it a score of {_number(reason.get('score'))} for being "
            f"{LABELS.get(label, label.replace('_', ' '))}; this site {verb} from {_number(reason.get('threshold'))}."
        )
    if rule in _RULES:
        return _RULES[str(rule)]
    return str(reason.get("message", ""))


def _number(score: float | None) -> str:
    return "unknown" if score is None else f"{score:.3f}".rstrip("0").rstrip(".")
