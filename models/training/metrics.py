"""Measures of ranking, calibration and fairness, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Values = NDArray[np.floating[Any]]
Truth = NDArray[np.bool_]

_REPEATS = 1000


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def auc(truth: Truth, score: Values) -> float:
    """Area under the ROC curve: the share of pairs in the right order (Mann-Whitney U). NaN without both classes."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _interval(samples: Sequence[float]) -> tuple[float, float]:
    low, high = np.nanquantile(samples, [0.025, 0.975])
    return float(low), float(high)


def _resampled(truth: Truth, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows drawn with replacement, as many of each class as there are."""
    bad, good = np.flatnonzero(truth), np.flatnonzero(~truth)
    return np.concatenate([rng.choice(bad, len(bad)), rng.choice(good, len(good))])


def auc_with_interval(truth: Truth, score: Values, repeats: int = _REPEATS) -> Estimate:
    """AUC and its percentile bootstrap interval (Efron 1979), resampling within the classes."""
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(repeats):
        rows = _resampled(truth, rng)
        samples.append(auc(truth[rows], score[rows]))
    return Estimate(auc(truth, score), *_interval(samples))


def auc_difference(truth: Truth, ours: Values, theirs: Values, repeats: int = _REPEATS) -> Estimate:
    """Our AUC less theirs, with the paired bootstrap interval."""
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(repeats):
        rows = _resampled(truth, rng)
        samples.append(auc(truth[rows], ours[rows]) - auc(truth[rows], theirs[rows]))
    return Estimate(auc(truth, ours) - auc(truth, theirs), *_interval(samples))


def calibration_error(truth: Truth, probability: Values, bins: int = 15, weight: Values | None = None) -> float:
    """Expected calibration error in equal-mass bins: the mean distance of probability and rate. NaN when empty."""
    if not len(truth):
        return float("nan")
    order = np.argsort(probability, kind="stable")
    mass = (np.ones(len(truth)) if weight is None else weight)[order]
    middles = (np.cumsum(mass) - mass / 2) / mass.sum()
    distance = np.bincount((middles * bins).astype(int), mass * (probability[order] - truth[order]))
    return float(np.abs(distance).sum() / mass.sum())


def brier_skill(truth: Truth, probability: Values, weight: Values | None = None) -> float:
    """1 less the Brier score over that of always giving the base rate; above 0 is better than the base rate."""
    rate = float(np.average(truth, weights=weight))
    if rate in (0.0, 1.0):
        return float("nan")
    return float(1.0 - np.average((probability - truth) ** 2, weights=weight) / (rate * (1.0 - rate)))


@dataclass(frozen=True)
class BiasAucs:
    """How well one identity term's comments are ranked (Borkan et al. 2019).

    Attributes
    ----------
    subgroup : AUC among the comments with the term
    bpsn : AUC of harmless comments with the term against bad ones without
    bnsp : AUC of bad comments with the term against harmless ones without
    """

    subgroup: float
    bpsn: float
    bnsp: float


def bias_aucs(truth: Truth, score: Values, subgroup: Truth) -> BiasAucs:
    """The three AUCs of one subgroup."""
    bpsn = (subgroup & ~truth) | (~subgroup & truth)
    bnsp = (subgroup & truth) | (~subgroup & ~truth)
    return BiasAucs(auc(truth[subgroup], score[subgroup]), auc(truth[bpsn], score[bpsn]), auc(truth[bnsp], score[bnsp]))


def span_f1(found: set[int], marked: set[int]) -> float:
    """Character-level F1 of one comment (Da San Martino et al. 2019); 1 where both are empty."""
    if not marked:
        return float(not found)
    if not found:
        return 0.0
    return 2 * len(found & marked) / (len(found) + len(marked))
