"""How a comment's logit comes of its windows' logits. Chosen on development sets (docs/decisions)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WHOLE_SHARE = 0.7  # how much the whole comment counts beside its worst part
PART_MARGIN = 2.0  # a part that is worse than both together by this much decides alone: an insult does not vanish


def pool(logits: NDArray[np.float64], first: NDArray[np.intp]) -> NDArray[np.float64]:
    """The logit of each text, shape (n_texts, n_labels).

    `logits`, shape (n_windows, n_labels), holds each text's windows in a row; `first` says where a text's begin, with
    the whole text, which stands alone where it has no parts.
    """
    whole = logits[first]
    parts = logits.copy()
    parts[first[np.diff(np.append(first, len(logits))) > 1]] = -np.inf
    worst = np.maximum.reduceat(parts, first, axis=0)
    return np.asarray(np.maximum(WHOLE_SHARE * whole + (1.0 - WHOLE_SHARE) * worst, worst - PART_MARGIN))
