"""A decision in plain words for the comment's author. It never says who the moderator was. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation import actors
from moderation.policy.rules import BY_NAME
from texts.wording import named

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


def headline(status: str) -> str:
    """The comment's status, in a line."""
    return _HEADLINES[status]


def effect(status: str) -> str:
    """What the status means for readers."""
    return _EFFECTS[status]


def grounds(reasons: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """A sentence for each reason. A moderator's reasons are in the moderator's words."""
    return [_ground(reason) for reason in reasons or ()]


def without_reason(held_for: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The sentences for a moderator's rejection without a reason. `held_for` are the reasons why it had been held."""
    grounds_before = grounds(held_for)
    if not grounds_before:
        return ["A person at the site rejected it and gave no reason. You may ask the site for one."]
    return ["A person at the site rejected it after the automatic check had held it, for this reason:", *grounds_before]


def legal_ground(reasons: Sequence[Mapping[str, Any]] | None) -> str:
    """Whether the decision is based on the law or on the site's own rules."""
    if any(reason.get("code") == "illegal" for reason in reasons or ()):
        return "A person at the site held it to be against the law."
    return "The ground is the site's own rules for comments, not the law."


def means(status: str, actor: str, *, held_before: bool, reported: bool, scored: bool) -> list[str]:
    """How the decision came about: by a machine or a person, and who drew attention to the comment."""
    sentences = []
    if actor == actors.POLICY:
        checked = "It was checked automatically"
        sentences.append(
            f"{checked}; a person has not decided yet." if status == "flagged" else f"{checked}, and by no person."
        )
    elif held_before:
        sentences.append("An automatic check had held it back, and a person at the site decided.")
    else:
        sentences.append("A person at the site decided.")
    if reported:
        sentences.append("Readers had reported the comment.")
    elif actor != actors.POLICY or status != "published":
        sentences.append("Nobody had reported the comment: the site checks comments by itself.")
    if scored:
        sentences.append(
            "The automatic check gives a comment a score from 0 to 1 for each kind of abuse, by its words and what "
            "came with it. A score is how likely it is that people would object."
        )
    return sentences


def what_happened(status: str, actor: str) -> str:
    """An earlier decision, in a line."""
    who = "automatically" if actor == actors.POLICY else "by a person"
    return {
        "published": f"It was published {who}.",
        "flagged": f"It was held for review {who}.",
        "rejected": f"It was rejected {who}.",
    }.get(status, f"It was checked {who}.")


def _ground(reason: Mapping[str, Any]) -> str:
    rule, label, message = BY_NAME.get(str(reason.get("rule"))), reason.get("label"), str(reason.get("message", ""))
    if rule is None:  # a rule of another version of Winnow
        return message
    return rule.for_authors.format(
        message=message,
        label=LABELS.get(label, named(label).lower()) if label else "against its rules",
        score=_number(reason.get("score")),
        threshold=_number(reason.get("threshold")),
    )


def _number(score: float | None) -> str:
    return "unknown" if score is None else f"{score:.3f}".rstrip("0").rstrip(".")
