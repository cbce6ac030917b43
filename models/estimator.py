"""Logistic regression on many labels at once, where some labels of some comments are unknown."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse.linalg import aslinearoperator
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted


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

    Attributes
    ----------
    coef_ : float32, shape (n_features, n_labels)
    intercept_ : shape (n_groups, n_labels)
    n_iter_ : iterations run
    """

    def __init__(self, penalty: float | tuple[float, ...] = 15.0, max_iter: int = 50, step: float = 5.0) -> None:
        self.penalty = penalty
        self.max_iter = max_iter
        self.step = step

    def fit(
        self,
        X: Any,
        y: NDArray[np.floating[Any]],
        *,
        sample_weight: NDArray[np.floating[Any]] | None = None,
        groups: NDArray[np.integer[Any]] | None = None,
    ) -> Self:
        """Fit to features (an array, sparse matrix or linear operator) and targets of shape (n, n_labels)."""
        operator = aslinearoperator(X)
        self._groups = np.zeros(len(y), dtype=int) if groups is None else np.asarray(groups)
        self._shape = (operator.shape[1], y.shape[1])
        self._targets = np.nan_to_num(y).astype(np.float64)
        weight = np.ones(y.shape) if sample_weight is None else np.broadcast_to(sample_weight.T, y.shape[::-1]).T
        self._weight = np.where(np.isnan(y), 0.0, weight)
        rows = operator.shape[1] + int(self._groups.max()) + 1
        found = minimize(
            self._loss,
            np.zeros(rows * y.shape[1]),
            args=(operator,),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter, "maxcor": 8},
        )
        weights = found.x.reshape(rows, -1)
        self.coef_ = (weights[: operator.shape[1]] * self.step).astype(np.float32)
        self.intercept_ = weights[operator.shape[1] :]
        self.n_iter_ = int(found.nit)
        self.classes_ = np.arange(y.shape[1])
        del self._groups, self._targets, self._weight
        return self

    def _loss(self, flat: NDArray[np.float64], operator: Any) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(-1, self._shape[1])
        coef, intercept = weights[: self._shape[0]], weights[self._shape[0] :]
        logits = self.step * operator.matmat(coef.astype(np.float32)).astype(np.float64) + intercept[self._groups]
        penalty = np.asarray(self.penalty, dtype=np.float64)
        loss = (self._weight * (np.logaddexp(0.0, logits) - self._targets * logits)).sum()
        residual = self._weight * (expit(logits) - self._targets)
        gradient = np.empty_like(weights)
        gradient[: self._shape[0]] = self.step * operator.rmatmat(residual.astype(np.float32))
        gradient[: self._shape[0]] += penalty * coef
        for column in range(self._shape[1]):
            gradient[self._shape[0] :, column] = np.bincount(self._groups, residual[:, column], len(intercept))
        return float(loss + 0.5 * (penalty * (coef * coef)).sum()), gradient.ravel()

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Logits without intercepts, shape (n, n_labels)."""
        check_is_fitted(self)
        return np.asarray(aslinearoperator(X).matmat(self.coef_), dtype=np.float64)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities with the first group's intercepts, shape (n, n_labels)."""
        return np.asarray(expit(self.decision_function(X) + self.intercept_[0]))
