"""Comments made up by rule: no two alike, and about as long and as varied in their words as readers' comments are."""

from __future__ import annotations

import random
from collections.abc import Iterator

_OPENINGS = (
    "I think", "Honestly,", "In my view", "As a teacher I can say", "My neighbour told me", "It is obvious that",
    "Nobody seems to notice that", "Years ago", "The article forgets that", "Thank you,", "I doubt that",
)  # fmt: skip
_SUBJECTS = (
    "the council", "this plan", "the new bridge", "every cyclist", "our school", "the minister", "the author",
    "public transport", "the weather", "the budget", "the old library", "a quiet street", "the referee", "the harbour",
)  # fmt: skip
_VERBS = (
    "costs more than", "deserves better than", "will never replace", "depends on", "reminds me of", "has ruined",
    "should learn from", "was always part of", "needs", "makes no sense without", "pays for",
)  # fmt: skip
_CLOSINGS = (
    "and everybody knows it.", "as far as I can tell.", "but who listens?", "so let us wait and see.",
    "which is a pity.", "and I am glad about that.", "whatever they say on television.", "for the second time now.",
)  # fmt: skip
_RUDE = ("What an idiot wrote this?", "You are pathetic and stupid.", "Shut up, you moron.")
_SELLING = ("Cheap pills at https://pills.example now!!!", "Earn $5000 a week from home, www.easy.example")


def comments(seed: int = 1) -> Iterator[str]:
    """Endless comments, the same for the same seed: one in twenty is rude, one in twenty sells something."""
    chance = random.Random(seed)
    number = 0
    while True:
        number += 1
        sentences = [_sentence(chance) for _ in range(chance.choice((1, 1, 2, 2, 3, 5)))]
        if number % 20 == 7:
            sentences.append(chance.choice(_RUDE))
        if number % 20 == 13:
            sentences.append(chance.choice(_SELLING))
        yield f"{' '.join(sentences)} ({seed}.{number})"


def _sentence(chance: random.Random) -> str:
    parts = (_OPENINGS, _SUBJECTS, _VERBS, _SUBJECTS, _CLOSINGS)
    return " ".join(chance.choice(part) for part in parts)
