"""A linear classifier that is trained again after every label, from where it stood before.

L2-regularised support vector machine with squared hinge loss (the L2-SVM of Chang, Hsieh & Lin,
2008), solved by Newton steps on the active set in the dual (Chapelle, 2007) with conjugate
gradients. One more label changes the solution little, so a step or two are enough; scikit-learn's
``LinearSVC`` solves the same problem from nothing each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from litmine.review.ordering.views import View

__all__ = ["IncrementalSvm"]

_GRAM_LIMIT = 3000  # labels; beyond, the Gram matrix is too large to keep (36 MB)
_STEPS = 8  # Newton steps at most
_ITERATIONS = 60  # of conjugate gradients in one Newton step, at most
_TOLERANCE = 1e-3  # of the residual, relative to its right side


class IncrementalSvm:
    """Minimise ``(|w|^2 + b^2)/2 + C sum_i s_i max(0, 1 - y_i (w x_i + b))^2`` as labels arrive.

    The weights s: the included records share as much as they are many, the excluded ones 1/`ratio`
    of that, and the mean of all records counts as one more excluded example with `background` of
    it. All are scaled so that the labelled ones weigh what they are many, so that the data count
    for more against the regularisation the more of them there are.

    The mean stands for the unread, nearly all of which are irrelevant: the learner knows from its
    first label on what everything looks like (learning from positive and unlabelled examples; as
    in AutoTAR, Cormack & Grossman, 2015, which draws unread documents for it).

    Parameters
    ----------
    view : View
        The records' features, rows of unit length.
    cost : float
        C.
    ratio : float
        Weight of the included records over that of the excluded ones.
    background : float
        Weight of the mean record over that of the included ones; 0 for none.
    """

    def __init__(
        self, view: View, *, cost: float = 0.11, ratio: float = 9.8, background: float = 0.05
    ) -> None:
        self._view = view
        self._cost, self._ratio, self._share = cost, ratio, background
        # Place 0 is the mean of all records, the labelled ones follow in their order.
        self._targets = np.array([-1], np.float32)
        self._beta = np.zeros(1, np.float32)
        self._to_mean = np.array([view.background.mean()], np.float32)
        self._gram: NDArray[np.float32] | None = np.zeros((64, 64), np.float32)
        self._gram[0, 0] = self._to_mean[0]

    def add(self, row: int, included: bool) -> None:
        """Take a label in; `fit` then makes use of it."""
        products = self._view.add(row)
        self._to_mean = np.append(self._to_mean, self._view.background[row])
        self._targets = np.append(self._targets, np.float32(1 if included else -1))
        self._beta = np.append(self._beta, np.float32(0))
        n = len(self._targets)
        if self._gram is not None and n > _GRAM_LIMIT:
            self._gram = None
        if self._gram is not None:
            if n > len(self._gram):
                larger = np.zeros((2 * n, 2 * n), np.float32)
                larger[: n - 1, : n - 1] = self._gram[: n - 1, : n - 1]
                self._gram = larger
            last = np.concatenate([self._to_mean[-1:], products])
            self._gram[n - 1, :n] = self._gram[:n, n - 1] = last

    def fit(self) -> None:
        """Solve for the labels so far; without an included record there is nothing to learn."""
        if not (self._targets > 0).any():
            return
        targets, beta = self._targets, self._beta
        ridge, used = self._ridge()
        active = used & (targets * self._products(beta) < 1)
        for _ in range(_STEPS):
            beta = self._solve(np.where(active, beta, np.float32(0)), active, ridge)
            now = used & (targets * self._products(beta) < 1)
            if (now == active).all():
                break
            active = now
        self._beta = beta

    def decision(self) -> NDArray[np.float32]:
        """Value of every record, shape (n,): above 0 it is rather included."""
        inner = self._view.everywhere(self._beta[1:]) if len(self._beta) > 1 else np.float32(0)
        scores: NDArray[np.float32] = (
            inner + self._beta[0] * self._view.background + self._beta.sum()
        )
        return scores

    def _ridge(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """1 / (2 C s_i), what squared hinge loss adds to the diagonal of the dual; and s_i > 0."""
        n = len(self._targets) - 1
        n_in = int((self._targets > 0).sum())
        share = np.where(self._targets > 0, 1.0, n_in / (self._ratio * max(n - n_in, 1)))
        share[0] = self._share * n_in
        used = share > 0
        ridge = share.sum() / (2 * self._cost * n * np.where(used, share, 1.0))
        return ridge.astype(np.float32), used

    def _solve(
        self, start: NDArray[np.float32], active: NDArray[np.bool_], ridge: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(K + 1 + ridge) beta = y on the active places, by preconditioned conjugate gradients."""
        zero = np.float32(0)
        right = np.where(active, self._targets, zero)
        scale = np.float32(1) / (2 + ridge)  # rows have unit length, and the bias adds one
        beta = start
        residual = np.where(active, right - self._products(beta) - ridge * beta, zero)
        direction = scale * residual
        energy = float(residual @ direction)
        goal = _TOLERANCE**2 * float(right @ (scale * right))
        for _ in range(_ITERATIONS):
            if energy <= goal:
                break
            image = np.where(active, self._products(direction) + ridge * direction, zero)
            step = np.float32(energy / float(direction @ image))
            beta = beta + step * direction
            residual = residual - step * image
            scaled = scale * residual
            energy, before = float(residual @ scaled), energy
            direction = scaled + np.float32(energy / before) * direction
        return beta

    def _products(self, beta: NDArray[np.float32]) -> NDArray[np.float32]:
        """(K + 1) beta over the mean record and the labelled ones."""
        n = len(beta)
        if self._gram is not None:
            inner = self._gram[:n, :n] @ beta
        else:
            inner = np.concatenate([[self._to_mean @ beta], self._view.labelled(beta[1:])])
            inner[1:] += beta[0] * self._to_mean[1:]
        total: NDArray[np.float32] = (inner + beta.sum()).astype(np.float32, copy=False)
        return total
