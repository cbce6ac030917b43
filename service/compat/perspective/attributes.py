"""The names of Perspective's attributes, and those that one of our scores honestly measures."""

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
    "SEXUALLY_EXPLICIT": "sexual",
}

_BRIDGING = (
    *("AFFINITY", "COMPASSION", "CURIOSITY", "NUANCE", "PERSONAL_STORY", "REASONING", "RESPECT", "CONSTRUCTIVE"),
    *("ALIENATION", "FEARMONGERING", "GENERALIZATION", "MORAL_OUTRAGE", "POWER_APPEAL", "SCAPEGOATING"),
)
_PRODUCTION = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")

#: All names of Perspective. LIKELY_TO_REJECT has no label of ours: no score was learnt from rejections.
KNOWN = frozenset(
    {
        *LABELS,
        *(f"{name}_EXPERIMENTAL" for name in (*_PRODUCTION, *_BRIDGING)),
        *("FLIRTATION", "TOXICITY_FAST", "ATTACK_ON_AUTHOR", "ATTACK_ON_COMMENTER"),
        *("ATTACK_ON_PUBLISHER", "INCOHERENT", "INFLAMMATORY", "LIKELY_TO_REJECT", "OFF_TOPIC", "UNSUBSTANTIAL"),
    }
)
