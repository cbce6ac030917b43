"""Perspective's attributes by name, and the few that a score of ours is honestly a measure of."""

from __future__ import annotations

#: Attribute -> our label. OBSCENE was "obscene or vulgar language such as cursing", and SPAM advertising.
LABELS = {
    "TOXICITY": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_attack",
    "INSULT": "insult",
    "PROFANITY": "profanity",
    "THREAT": "threat",
    "OBSCENE": "profanity",
    "SPAM": "spam",
}

_BRIDGING = (
    *("AFFINITY", "COMPASSION", "CURIOSITY", "NUANCE", "PERSONAL_STORY", "REASONING", "RESPECT", "CONSTRUCTIVE"),
    *("ALIENATION", "FEARMONGERING", "GENERALIZATION", "MORAL_OUTRAGE", "POWER_APPEAL", "SCAPEGOATING"),
)
_PRODUCTION = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")

#: Every name that Perspective knew. LIKELY_TO_REJECT is not among ours: no score of ours was learnt from rejections.
KNOWN = frozenset(
    {
        *LABELS,
        *(f"{name}_EXPERIMENTAL" for name in (*_PRODUCTION, *_BRIDGING)),
        *("SEXUALLY_EXPLICIT", "FLIRTATION", "TOXICITY_FAST", "ATTACK_ON_AUTHOR", "ATTACK_ON_COMMENTER"),
        *("ATTACK_ON_PUBLISHER", "INCOHERENT", "INFLAMMATORY", "LIKELY_TO_REJECT", "OFF_TOPIC", "UNSUBSTANTIAL"),
    }
)
