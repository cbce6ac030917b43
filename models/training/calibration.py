"""Turn logits into probabilities that mean what they say at natural rates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from models.labels import COLUMN, CORE_LABELS, SPAM, TOXICITY
from models.training.datasets import SPAM_SOURCES, Examples
from models.training.metrics import auc
from models.training.thresholds import choose_thresholds

# How common each label is among comments that reach a site. The toxicity labels: what we take for the rates of the
# whole Jigsaw challenge (our copy holds the rarer labels of some toxic comments only); we could not check them.
# Spam: assumed, one comment in twenty; no public set has a natural rate.
NATURAL_RATES = {
    "severe_toxicity": 0.0100,
    "insult": 0.0494,
    "profanity": 0.0529,
    "threat": 0.0030,
    "identity_attack": 0.0088,
    SPAM: 0.05,
}
_FOR_SPAM = {"sms": 0.2, "jigsaw": 0.1}  # what a comment counts for when spam is calibrated; others 1
_BENDS = (0.05, 0.25, 0.6)  # quantiles of the positives' logits
_KNOTS = np.concatenate([[-60.0], np.linspace(-16.0, 16.0, 321), [60.0]])


def calibrate(logits: NDArray[np.float64], examples: Examples) -> NDArray[np.float64]:
    """The maps from logit to probability, shape (n_labels, 2, n_knots): knots and their values.

    `logits`, shape (n, n_labels), are those of the training comments from fits that did not see them, NaN elsewhere.
    Spam is calibrated on the spam sets and Jigsaw's comments, the other labels on Jigsaw's.
    """
    jigsaw = examples.source == "jigsaw"
    maps = []
    for column, label in enumerate(CORE_LABELS):
        bad = examples.targets[:, column] > 0.5
        if label == SPAM:
            rows = jigsaw | np.isin(examples.source, SPAM_SOURCES)
            counts = np.array([_FOR_SPAM.get(source, 1.0) for source in examples.source[rows]])
            weight = _at_rate(counts, bad[rows], NATURAL_RATES[label])
        else:
            rows = jigsaw
            weight = natural_weights(examples.targets[rows], column)
        labelled = weight > 0
        maps.append(
            np.stack([_KNOTS, _logistic_map(logits[rows, column][labelled], bad[rows][labelled], weight[labelled])])
        )
    return np.stack(maps)


def natural_weights(targets: NDArray[np.floating[Any]], column: int) -> NDArray[np.float64]:
    """How much each Jigsaw comment counts for one label, so that they stand for all comments; 0 where it is unknown.

    The label is known of every harmless comment, but of a part only of the toxic ones, in which the rarer labels are
    too common. So the known toxic ones stand for all toxic ones, with and without the label, at its natural rate.
    """
    toxic, label = targets[:, COLUMN[TOXICITY]] > 0.5, targets[:, column]
    weight = np.where(np.isnan(label), 0.0, 1.0)
    if CORE_LABELS[column] in NATURAL_RATES:
        expected = min(NATURAL_RATES[CORE_LABELS[column]] * len(label), float(toxic.sum()))
        bad, other = label > 0.5, toxic & (label <= 0.5)
        weight[bad] = expected / max(1, bad.sum())
        weight[other] = (toxic.sum() - expected) / max(1, other.sum())
    return weight


def measure_spam(logits: NDArray[np.float64], knots: NDArray[np.float64], examples: Examples) -> dict[str, float]:
    """How spam is told from ham in comments that the fit did not see (`logits` as for `calibrate`), for the card."""
    column = COLUMN[SPAM]
    spam_logits = logits[:, column]
    of_spam_sources = np.isin(examples.source, SPAM_SOURCES)
    truth = examples.targets[:, column] > 0.5
    youtube = of_spam_sources & (examples.source == "youtube")
    videos = [youtube & (examples.fold == fold) for fold in range(4)]
    aucs = [auc(truth[video], spam_logits[video]) for video in videos]
    figures = {
        "YouTube, one video left out: mean ROC AUC of the four": round(float(np.mean(aucs)), 4),
        "YouTube, worst video": round(min(aucs), 4),
        "SMS, four folds": _auc_of(truth, spam_logits, of_spam_sources & (examples.source == "sms")),
    }
    reject_at = choose_thresholds()["balanced"][SPAM]["reject_at"]
    comments = of_spam_sources & (examples.source != "sms")
    rejected = np.interp(spam_logits, *knots[column]) >= reject_at
    ordinary = np.interp(spam_logits[examples.source == "jigsaw"], *knots[column]) >= reject_at
    figures["YouTube and web-form spam rejected at the default threshold"] = round(
        float(rejected[comments & truth].mean()), 4
    )
    caught, wrong = (rejected & comments & truth).sum(), (rejected & comments & ~truth).sum()
    figures["of the rejected among them, spam"] = round(float(caught / max(1, caught + wrong)), 4)
    figures["ordinary Wikipedia comments rejected as spam"] = round(float(ordinary.mean()), 5)
    return figures


def _auc_of(truth: NDArray[np.bool_], score: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
    return round(auc(truth[rows], score[rows]), 4)


def _at_rate(weight: NDArray[np.float64], positive: NDArray[np.bool_], rate: float) -> NDArray[np.float64]:
    share = (weight * positive).sum() / weight.sum()
    return np.asarray(np.where(positive, weight * rate / share, weight * (1.0 - rate) / (1.0 - share)))


def _logistic_map(x: NDArray[np.float64], y: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic calibration (Platt 1999) with bends where positives lie: still increasing."""
    bends = np.quantile(x[y], _BENDS if y.sum() > 300 else [0.5])

    def basis(values: NDArray[np.float64]) -> NDArray[np.float64]:
        pieces = [np.clip(values, low, high) - low for low, high in zip(bends, [*bends[1:], np.inf], strict=True)]
        return np.column_stack([np.minimum(values, bends[0]), *pieces])

    fitted = LogisticRegression(C=100.0, max_iter=2000).fit(basis(x), y, sample_weight=weight)
    slopes = np.maximum(fitted.coef_[0], 0.05)
    return np.asarray(expit(basis(_KNOTS) @ slopes + fitted.intercept_[0]))
