"""Replay a labelled screening set as if a reviewer read it in litmine's order.

A replay begins with one included and one excluded record, drawn by the seed as ASReview draws them
(``--n-prior-included 1 --n-prior-excluded 1 --prior-seed``). Then the learner reads one record
after another, is told its label and is trained again, until the last included one is found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from litmine.core.errors import InputError
from litmine.review.ordering import POLICIES, Ranker, TextFeatures
from litmine.review.simulation.metrics import METRICS, figures, interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from litmine.review.simulation.screening import ScreeningSet

__all__ = ["Replay", "Simulation", "replay", "simulate"]


@dataclass(frozen=True)
class Replay:
    """One replay.

    Attributes
    ----------
    seed
        What drew the two records it began with.
    priors
        Their rows: the included and the excluded one.
    order
        (n - 2,) rows in the order read; behind the last one read, in the order of the last ranking.
    found
        (n - 2,) their labels.
    labels
        How many were read, each followed by training.
    cpu_seconds
        CPU time of the replay with the preparation of the texts.
    """

    seed: int
    priors: tuple[int, int]
    order: NDArray[np.int64]
    found: NDArray[np.int8]
    labels: int
    cpu_seconds: float

    @property
    def figures(self) -> dict[str, float]:
        """The figures of `litmine.review.simulation.metrics.figures`."""
        return figures(self.found)


@dataclass(frozen=True)
class Simulation:
    """Replays of one set under one policy, one for each seed."""

    screening: ScreeningSet
    policy: str
    replays: tuple[Replay, ...]

    def summary(self) -> dict[str, Any]:
        """Per seed, mean and 95% interval of each figure, as ``litmine simulate --json`` prints."""
        rows: list[dict[str, Any]] = [
            {
                "seed": r.seed,
                **r.figures,
                "labels": r.labels,
                "cpu_seconds_per_label": r.cpu_seconds / r.labels,
                "priors": list(r.priors),
            }
            for r in self.replays
        ]
        keys = (*METRICS, "labels", "cpu_seconds_per_label")
        columns: dict[str, list[float]] = {key: [row[key] for row in rows] for key in keys}
        return {
            "file": self.screening.name,
            "records": len(self.screening),
            "included": int(self.screening.included.sum()),
            "unlabelled": self.screening.unlabelled,
            "policy": self.policy,
            "seeds": rows,
            "mean": {key: float(np.mean(values)) for key, values in columns.items()},
            "interval": {key: interval(values) for key, values in columns.items()},
            "curve": [
                {"read": share, "recall": recall}
                for share, recall in zip(_SHARES, self.curve(_SHARES), strict=True)
            ],
        }

    def curve(self, shares: Sequence[float]) -> list[float]:
        """Mean recall when each of `shares` of the records is read."""
        recalls = [np.cumsum(r.found) / r.found.sum() for r in self.replays]
        return [
            float(np.mean([recall[round(share * len(recall)) - 1] for recall in recalls]))
            if round(share * len(recalls[0]))
            else 0.0
            for share in shares
        ]


_SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def simulate(
    screening: ScreeningSet,
    *,
    policy: str = "max",
    seeds: Sequence[int] = range(5),
    stop_at: float = 1.0,
    progress: Callable[[int], None] | None = None,
) -> Simulation:
    """Replay a set once for every seed.

    Parameters
    ----------
    policy
        One of `litmine.review.ordering.POLICIES`.
    stop_at
        Share of the included records after which training ends; the rest is read in the order of
        the last ranking.
    progress
        Called with the number of included records found since the last call.

    Raises
    ------
    InputError
        The policy is unknown, there is no seed, or `stop_at` is not in (0, 1].
    """
    if policy not in POLICIES:
        raise InputError(f"{policy!r} is not a policy; use one of {', '.join(POLICIES)}")
    if not seeds:
        raise InputError("a simulation needs at least one seed")
    if not 0 < stop_at <= 1:
        raise InputError(f"{stop_at} is not a share of the included records; use one in (0, 1]")
    import sklearn.utils.extmath  # noqa: F401 - before the clock starts: no part of a replay
    from threadpoolctl import threadpool_limits

    # The products are small: more threads would only wait for each other.
    with threadpool_limits(1):
        began = time.process_time()
        features = TextFeatures.of(screening.titles, screening.abstracts)
        prepared = time.process_time() - began
        replays = tuple(
            replay(
                screening,
                features,
                seed,
                policy=policy,
                stop_at=stop_at,
                progress=progress,
                prepared=prepared,
            )
            for seed in seeds
        )
    return Simulation(screening, policy, replays)


def replay(
    screening: ScreeningSet,
    features: TextFeatures,
    seed: int,
    *,
    policy: str = "max",
    stop_at: float = 1.0,
    progress: Callable[[int], None] | None = None,
    prepared: float = 0.0,
) -> Replay:
    """Replay a set once.

    Parameters
    ----------
    features
        Of the set's texts; the same for every seed.
    prepared
        CPU seconds that making them took: counted into every replay.
    """
    began = time.process_time()
    labels = screening.included
    priors = _priors(labels, seed)
    ranker = Ranker(features, policy=policy)
    for row in priors:
        ranker.label(row, bool(labels[row]))
    read: list[int] = []
    goal = int(np.ceil(stop_at * (int(labels.sum()) - 1) - 1e-9))
    found = 0
    while found < goal:
        row = ranker.next()
        ranker.label(row, bool(labels[row]))
        read.append(row)
        if labels[row]:
            found += 1
            if progress is not None:
                progress(1)
    order = np.array([*read, *ranker.order().tolist()], dtype=np.int64)
    return Replay(
        seed=seed,
        priors=priors,
        order=order,
        found=labels[order],
        labels=len(read),
        cpu_seconds=time.process_time() - began + prepared,
    )


def _priors(labels: NDArray[np.int8], seed: int) -> tuple[int, int]:
    """The records that ASReview's ``--prior-seed`` draws, the included one first."""
    included, excluded = (
        int(np.random.RandomState(seed).choice(np.flatnonzero(labels == kind), 1, replace=False)[0])
        for kind in (1, 0)
    )
    return included, excluded
