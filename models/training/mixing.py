"""Labels help each other: a better logit for each from the logits of all.

A word that is seen in insults tells something of profanity, too, and the rarer labels are known of few comments. The
mixture is linear, so that it is folded into the weights: scoring and explanation know nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.labels import ABUSE_COLUMNS, ABUSE_LABELS, COLUMN, CORE_LABELS, TOXICITY
from models.training.calibration import natural_weights
from models.training.datasets import Examples

#: How much of the mixture toxicity takes: of sets other than Jigsaw only toxicity is known, so that the other labels'
#: logits say little of their words, and identity attacks raise terms for people. Chosen on development sets and
#: sentences of our own; all others take it whole.
_SHARE = {TOXICITY: 0.2}


@dataclass(frozen=True)
class Mixture:
    """What turns logits, or weights, of all labels into better ones: `logits @ matrix + offset`.

    Attributes
    ----------
    matrix : shape (n_labels, n_labels), a column for each label that is made
    offset : shape (n_labels,)
    """

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]


def learn_mixture(logits: NDArray[np.floating[Any]], examples: Examples) -> Mixture:
    """The mixture for which Jigsaw's comments are likeliest, at natural rates; spam stays as it is.

    `logits`, shape (n, n_labels), are of fits that did not see the comment. A label that is never, or always, there
    stays as it is, too.
    """
    jigsaw = examples.source == "jigsaw"
    targets, x = examples.targets[jigsaw], logits[jigsaw, ABUSE_COLUMNS]
    matrix, offset = np.eye(len(CORE_LABELS)), np.zeros(len(CORE_LABELS))
    for label in ABUSE_LABELS:
        column = COLUMN[label]
        weight = natural_weights(targets, column)
        labelled, bad = weight > 0, targets[:, column] > 0.5
        if len(np.unique(bad[labelled])) < 2:
            continue
        spread = x[labelled].std(axis=0)
        fitted = LogisticRegression(max_iter=500).fit(
            x[labelled] / spread, bad[labelled], sample_weight=weight[labelled]
        )
        share = _SHARE.get(label, 1.0)
        matrix[:, column] *= 1.0 - share
        matrix[ABUSE_COLUMNS, column] += share * fitted.coef_[0] / spread
        offset[column] = share * fitted.intercept_[0]
    return Mixture(matrix, offset)
