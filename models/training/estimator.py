"""Logistic regression on many labels at once, where some labels of some comments are unknown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse.linalg import aslinearoperator
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

_LEAST_FAVOUR = 0.1
_SMOOTHING = 0.3  # added to each feature's sum in bad and in good comments: of rare features little is believed


class PartialLabelLogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One L2-penalised logistic regression a label, sharing every pass over the features.

    Targets may be probabilities (a share of raters); NaN means unknown and adds nothing to the loss. Each group of
    comments (the set they come from) has intercepts of its own, without penalty, so that the weights need not
    explain how much worse one set is than another.

    Parameters
    ----------
    penalty : the L2 penalty on each label's weights, one number or one a label
    max_iter : L-BFGS iterations (Liu and Nocedal 1989)
    step : scales the features, which conditions the problem; the penalty is on weights before scaling
    favour : how much less a feature is penalised the more it tells a label by itself, from 0 (not at all) to 1, one
        number or one a label; above 0 for features that are not negative only

    Attributes
    ----------
    coef_ : float32, shape (n_features, n_labels)
    intercept_ : shape (n_groups, n_labels)
    n_iter_ : iterations run, the most of any label
    """

    def __init__(
        self,
        penalty: float | tuple[float, ...] = 15.0,
        max_iter: int = 50,
        step: float = 5.0,
        favour: float | tuple[float, ...] = 0.0,
    ) -> None:
        self.penalty = penalty
        self.max_iter = max_iter
        self.step = step
        self.favour = favour

    def fit(
        self,
        X: Any,
        y: NDArray[np.floating[Any]],
        *,
        sample_weight: NDArray[np.floating[Any]] | None = None,
        groups: NDArray[np.integer[Any]] | None = None,
    ) -> Self:
        """Fit to features (an array, sparse matrix or linear operator) and targets of shape (n, n_labels).

        `sample_weight` is one a row, or one a row and label.
        """
        operator = aslinearoperator(X)
        features, labels = operator.shape[1], y.shape[1]
        self._operator, self._penalty = operator, np.broadcast_to(np.asarray(self.penalty, dtype=np.float64), labels)
        self._groups = np.zeros(len(y), dtype=int) if groups is None else np.asarray(groups)
        self._targets = np.nan_to_num(y).astype(np.float64)
        weight = np.ones(y.shape) if sample_weight is None else np.broadcast_to(sample_weight.T, y.shape[::-1]).T
        self._weight = np.where(np.isnan(y), 0.0, weight)
        self._scale = self.step * self._favoured((features, labels))
        start = np.zeros((features + int(self._groups.max()) + 1, labels))
        weights, self.n_iter_ = _minimize_together(self._losses, start, self.max_iter)
        self.coef_ = (weights[:features] * self._scale).astype(np.float32)
        self.intercept_ = weights[features:]
        self.classes_ = np.arange(labels)
        del self._operator, self._penalty, self._groups, self._targets, self._weight, self._scale
        return self

    def _favoured(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """A scale for each feature and label: its log-count ratio (Wang and Manning 2012) to the power of `favour`."""
        favour = np.broadcast_to(np.asarray(self.favour, dtype=np.float64), shape[1])
        if not favour.any():
            return np.ones(shape)
        bad, good = (
            self._operator.rmatmat((self._weight * part).astype(np.float32)).astype(np.float64) + _SMOOTHING
            for part in (self._targets, 1.0 - self._targets)
        )
        ratio = np.abs(np.log(bad / bad.sum(axis=0)) - np.log(good / good.sum(axis=0)))
        usual = np.sqrt(np.average(ratio**2, axis=0, weights=bad + good - 2 * _SMOOTHING))
        return np.asarray(np.maximum((ratio / usual) ** favour, _LEAST_FAVOUR))

    def _losses(self, labels: list[int], points: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """The loss and its gradient of each of some labels at a point of its own, a column of `points`."""
        features = self._operator.shape[1]
        coef, intercept = points[:features], points[features:]
        scale, weight, targets = self._scale[:, labels], self._weight[:, labels], self._targets[:, labels]
        penalty = self._penalty[labels]
        logits = self._operator.matmat((coef * scale).astype(np.float32)).astype(np.float64) + intercept[self._groups]
        loss = (weight * (np.logaddexp(0.0, logits) - targets * logits)).sum(axis=0)
        residual = weight * (expit(logits) - targets)
        gradient = np.empty_like(points)
        gradient[:features] = scale * self._operator.rmatmat(residual.astype(np.float32)) + penalty * coef
        for column in range(len(labels)):
            gradient[features:, column] = np.bincount(self._groups, residual[:, column], len(intercept))
        return loss + 0.5 * penalty * (coef * coef).sum(axis=0), gradient

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Logits without intercepts, shape (n, n_labels)."""
        check_is_fitted(self)
        return np.asarray(aslinearoperator(X).matmat(self.coef_), dtype=np.float64)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities with the first group's intercepts, shape (n, n_labels)."""
        return np.asarray(expit(self.decision_function(X) + self.intercept_[0]))


Losses = Callable[[list[int], NDArray[np.float64]], tuple[NDArray[Any], NDArray[np.float64]]]


@dataclass
class _Together:
    """Answers the questions of several searches at once: a pass over the features costs little more for many labels.

    Each search runs in a thread of its own; whoever asks last computes for all. Which searches are asked together
    changes no answer, so that the outcome does not depend on the threads' order.
    """

    losses: Losses
    searching: int
    asked: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    answers: dict[int, Any] = field(default_factory=dict)
    turn: threading.Condition = field(default_factory=threading.Condition)

    def ask(self, point: NDArray[np.float64], label: int) -> tuple[float, NDArray[np.float64]]:
        with self.turn:
            self.asked[label] = point
            self._answer_when_all_asked()
            self.turn.wait_for(lambda: label in self.answers)
            answer = self.answers.pop(label)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]

    def leave(self) -> None:
        with self.turn:
            self.searching -= 1
            self._answer_when_all_asked()

    def _answer_when_all_asked(self) -> None:
        if not self.asked or len(self.asked) < self.searching:
            return
        labels = sorted(self.asked)
        points = np.column_stack([self.asked.pop(label) for label in labels])
        try:
            losses, gradients = self.losses(labels, points)
            results = zip(labels, losses.tolist(), np.ascontiguousarray(gradients.T), strict=True)
            self.answers.update({label: (loss, gradient) for label, loss, gradient in results})
        except BaseException as error:
            self.answers.update(dict.fromkeys(labels, error))
        self.turn.notify_all()


def _minimize_together(losses: Losses, start: NDArray[np.float64], max_iter: int) -> tuple[NDArray[np.float64], int]:
    """The least of each label's loss, from the columns of `start`, and the most iterations that it took."""
    together = _Together(losses, start.shape[1])

    def search(label: int) -> Any:
        options = {"maxiter": max_iter, "maxcor": 8}
        try:
            return minimize(together.ask, start[:, label], args=(label,), jac=True, method="L-BFGS-B", options=options)
        finally:
            together.leave()

    with ThreadPoolExecutor(start.shape[1]) as threads:
        optima = list(threads.map(search, range(start.shape[1])))
    return np.column_stack([each.x for each in optima]), max(int(each.nit) for each in optima)
