"""What the reviewers' own decisions say beyond the model: a small correction of its probabilities.

Logistic regression on the stored vectors with the model's log-odds as a fixed offset. Its
coefficients have a Gaussian prior around zero, so that few decisions change little, and no paper's
odds are moved by more than a stated factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST", "LIMIT", "log_odds", "shifted"]

LEAST = 20  # decisions of each kind; with fewer the model's probabilities stand
LIMIT = float(np.log(2))  # no paper's odds are moved by more than a factor of two
_PRIOR_VARIANCE = 1.0  # of a coefficient; vectors have unit length
_STEPS = 25


def log_odds(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """log p / (1 - p), kept finite at 0 and 1."""
    p = np.clip(np.asarray(probability, np.float64), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(p / (1 - p)), np.float64)


def shifted(
    prior: NDArray[np.floating],
    vectors: NDArray[np.floating],
    seen_prior: NDArray[np.floating],
    seen_vectors: NDArray[np.floating],
    approved: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Probabilities of unread papers after what was decided on others.

    Parameters
    ----------
    prior : array, shape (n,)
        The model's probabilities of the unread papers.
    vectors : array, shape (n, dim)
        Their vectors, unit length; a row of zeros where one is missing: it is not moved.
    seen_prior, seen_vectors, approved : arrays, shapes (m,), (m, dim), (m,)
        The same of the decided papers, and what was decided.

    Returns
    -------
    array, shape (n,)
        `prior` itself when either kind of decision is rarer than `LEAST`.
    """
    if min(int(approved.sum()), int((~approved).sum())) < LEAST:
        return np.asarray(prior, np.float64)
    # In the dual (kernel) form, so that the cost depends on the decisions and not the dimension.
    kernel = _PRIOR_VARIANCE * (np.asarray(seen_vectors, np.float64) @ seen_vectors.T) + 1.0
    offset, target = log_odds(seen_prior), approved.astype(np.float64)
    alpha = np.zeros(len(target))
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(offset + kernel @ alpha)))
        weight = np.maximum(p * (1 - p), 1e-6)
        # Newton's step for alpha = target - p, the condition of the optimum.
        residual = target - p - alpha
        step = np.linalg.solve(np.eye(len(p)) + weight[:, None] * kernel, residual)
        alpha += step
        if np.abs(step).max() < 1e-6:
            break
    across = _PRIOR_VARIANCE * (np.asarray(vectors, np.float64) @ seen_vectors.T) + 1.0
    known = np.any(vectors != 0, axis=1)
    move = np.where(known, np.clip(across @ alpha, -LIMIT, LIMIT), 0.0)
    return np.asarray(1 / (1 + np.exp(-(log_odds(prior) + move))), np.float64)
