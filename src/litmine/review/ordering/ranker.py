"""The unread, ordered by what was decided so far."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from litmine.review.ordering.policies import REASONS, check_policy, interleave, turn
from litmine.review.ordering.svm import IncrementalSvm
from litmine.review.ordering.views import DenseView, SparseView

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from litmine.review.ordering.features import TextFeatures

__all__ = ["Ranker"]


class Ranker:
    """Learns from labels one at a time and says what to read next.

    Two support vector machines, one on the words and one on the topics of the texts, vote with
    equal weight: the mean of their values, each in standard deviations over the unread.

    Parameters
    ----------
    features
        Of all records.
    policy
        One of `litmine.review.ordering.POLICIES`.

    Raises
    ------
    InputError
        When the policy is unknown.
    """

    def __init__(self, features: TextFeatures, *, policy: str = "max") -> None:
        check_policy(policy)
        self.policy = policy
        self._words = SparseView(features.words, features.alone)
        self._learners = (
            IncrementalSvm(self._words),
            IncrementalSvm(DenseView(features.topics)),
        )
        self._features = features
        self._unread = np.ones(len(features), bool)
        self._labels: dict[int, bool] = {}
        self._likeness = np.zeros(len(features), np.float32)
        self._values: tuple[NDArray[np.float32], ...] | None = None

    def label(self, row: int, included: bool) -> None:
        """Take a label in."""
        for learner in self._learners:
            learner.add(row, included)
        if self.policy == "mixed":
            one = self._features.topics[row]
            self._likeness = np.maximum(self._likeness, self._features.topics @ one)
        self._unread[row] = False
        self._labels[row] = included
        self._values = None

    def next(self) -> int:
        """The row to read next; asking twice gives the same one."""
        rows = np.flatnonzero(self._unread)
        purpose = turn(self.policy, self._looked)
        return int(rows[np.argmax(self._score(purpose, rows))])

    def order(self) -> NDArray[np.int64]:
        """All unread rows, the next one first."""
        rows = np.flatnonzero(self._unread)

        def ranked(purpose: str) -> NDArray[np.int64]:
            order = np.argsort(-self._score(purpose, rows), kind="stable")
            return rows[order]

        ranks = {purpose: partial(ranked, purpose) for purpose in REASONS}
        return np.array([r for r, _ in interleave(self.policy, self._looked, ranks)], np.int64)

    @property
    def _looked(self) -> int:
        return int(len(self._unread) - self._unread.sum())

    def _score(self, purpose: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Higher is better; ties go to the record that stands first in the file."""
        if purpose == "diverse":
            return -self._likeness[rows]
        if self._values is None:
            for learner in self._learners:
                learner.fit()
            self._values = tuple(learner.decision() for learner in self._learners)
        score = np.zeros(len(self._unread), np.float32)
        for value in self._values:
            there = value[rows]
            score += (value - there.mean()) / (there.std() + np.float32(1e-9))
        if purpose == "uncertainty":
            return np.asarray(-np.abs(score[rows] - self._boundary(score)), np.float32)
        return score[rows]

    def _boundary(self, score: NDArray[np.float32]) -> float:
        """Halfway between the labelled ones of either kind.

        The classifiers' own zero is no boundary, as the weights of the kinds are uneven on purpose.
        """
        labels = np.array(list(self._labels.values()), dtype=bool)
        if labels.all() or not labels.any():
            return 0.0
        values = score[list(self._labels)]
        return float(values[labels].mean() + values[~labels].mean()) / 2
