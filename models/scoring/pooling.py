"""How a comment's logit comes of its windows' logits. Chosen on development sets (docs/decisions)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WHOLE_SHARE = 0.7  # how much the whole comment counts beside its worst part
# A part that is plainly bad decides alone, so that a comment scores like the worst sentence in it, however long it is.
# From this logit on: for most labels just above the default flag threshold, for the two rarest kinds just below it.
PLAINLY = 2.8
_STEEPNESS = 2.0  # a part below that decides alone only past a margin, which grows this fast as the part gets better
_WIDEST = 3.0  # to this: of the many parts of a long comment, one looks a little bad by chance
# What a comment is about the whole says, and its worst part a little. A part decides alone where it says it so much
# more plainly, since many a harmless comment has a sentence such as "That feels good."
_WHOLE_SHARE_OF_SUBJECTS, _PLAINER = 0.85, 3.0


def margin(worst: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much worse than the comment together a part must be to decide alone, shape as given."""
    return np.asarray(np.minimum(np.maximum(_STEEPNESS * (PLAINLY - worst), 0.0), _WIDEST))  # a third of clip's time


def pool(logits: NDArray[np.float64], first: NDArray[np.intp]) -> NDArray[np.float64]:
    """The logit of each text, shape (n_texts, n_labels).

    `logits`, shape (n_windows, n_labels), holds each text's windows in a row; `first` says where a text's begin, with
    the whole text, which stands alone where it has no parts.
    """
    whole, worst = _whole_and_worst(logits, first)
    together = WHOLE_SHARE * whole + (1.0 - WHOLE_SHARE) * worst
    return np.asarray(np.maximum(together, worst - margin(worst)))


def pool_subjects(logits: NDArray[np.float64], first: NDArray[np.intp]) -> NDArray[np.float64]:
    """`pool` for what texts are about."""
    whole, worst = _whole_and_worst(logits, first)
    together = _WHOLE_SHARE_OF_SUBJECTS * whole + (1.0 - _WHOLE_SHARE_OF_SUBJECTS) * worst
    return np.asarray(np.maximum(together, worst - _PLAINER))


def _whole_and_worst(
    logits: NDArray[np.float64], first: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(first) == 1:  # in half the time
        return logits[:1], logits[1:].max(axis=0, keepdims=True) if len(logits) > 1 else logits
    parts = logits.copy()
    is_part = np.ones(len(logits) + 1, dtype=bool)
    is_part[first] = is_part[-1] = False
    parts[first[is_part[first + 1]]] = -np.inf
    return logits[first], np.maximum.reduceat(parts, first, axis=0)


def shares_of_subjects(logits: NDArray[np.float64]) -> tuple[dict[int, float], float]:
    """`shares` for `pool_subjects`."""
    if len(logits) == 1:
        return {0: 1.0}, 0.0
    worst = 1 + int(np.argmax(logits[1:]))
    if (logits[worst] - logits[0]) * _WHOLE_SHARE_OF_SUBJECTS > _PLAINER:
        return {worst: 1.0}, _PLAINER
    return {0: _WHOLE_SHARE_OF_SUBJECTS, worst: 1.0 - _WHOLE_SHARE_OF_SUBJECTS}, 0.0


def shares(logits: NDArray[np.float64]) -> tuple[dict[int, float], float]:
    """How `pool` makes a text's logit on one label of its windows': each window's share, and what is taken off.

    The first window is the whole text.
    """
    if len(logits) == 1:
        return {0: 1.0}, 0.0
    worst = 1 + int(np.argmax(logits[1:]))
    short_of = float(margin(logits[worst]))
    if logits[worst] - short_of > WHOLE_SHARE * logits[0] + (1.0 - WHOLE_SHARE) * logits[worst]:
        return {worst: 1.0}, short_of
    return {0: WHOLE_SHARE, worst: 1.0 - WHOLE_SHARE}, 0.0
