"""Coefficients of agreement, held against krippendorff and scikit-learn."""

from __future__ import annotations

import math
import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from litmine.review.statistics.coefficients import (
    LEAST_PAPERS,
    Resamples,
    alpha,
    kappa,
    masi_distance,
    nominal_distance,
)

SETS = st.frozensets(st.sampled_from("abcd"), max_size=4)


def units_of(values):
    return st.lists(st.lists(values, min_size=2, max_size=4), min_size=LEAST_PAPERS, max_size=30)


def reference(units, distance):
    """krippendorff's alpha of values numbered in any order."""
    values = list({value for unit in units for value in unit})
    table = np.full((max(map(len, units)), len(units)), np.nan)
    for column, unit in enumerate(units):
        for row, value in enumerate(unit):
            table[row, column] = values.index(value)

    def metric(v1, v2, i1, i2, n_v, dtype=np.float64):
        pairs = np.vectorize(lambda a, b: distance(values[int(a)], values[int(b)]))
        return pairs(v1, v2).astype(dtype)

    domain = list(range(len(values)))
    return krippendorff.alpha(table, level_of_measurement=metric, value_domain=domain)


@settings(max_examples=60, deadline=None)
@given(units_of(st.booleans()))
def test_alpha_of_yes_and_no_is_krippendorffs(units):
    assume(len({value for unit in units for value in unit}) > 1)
    told = alpha(units, nominal_distance, Resamples(len(units), 20))
    assert told.value == pytest.approx(reference(units, nominal_distance))
    assert told.papers == len(units)


@settings(max_examples=60, deadline=None)
@given(units_of(SETS))
def test_alpha_of_sets_is_krippendorffs(units):
    assume(len({value for unit in units for value in unit}) > 1)
    told = alpha(units, masi_distance, Resamples(len(units), 20))
    assert told.value == pytest.approx(reference(units, masi_distance))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=LEAST_PAPERS, max_size=60))
def test_kappa_is_scikit_learns(pairs):
    first, second = zip(*pairs, strict=True)
    told = kappa(first, second, Resamples(len(pairs), 20))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(first, second)
    if len({*first, *second}) == 1:
        assert told.value is None
        assert "same" in told.note
    else:
        assert told.value == pytest.approx(expected)


@given(SETS, SETS)
def test_masi_is_a_distance_between_0_and_1(one, other):
    assert masi_distance(one, other) == masi_distance(other, one)
    assert 0 <= masi_distance(one, other) <= 1
    assert (masi_distance(one, other) == 0) == (one == other)


def test_masi_is_passonneaus():
    a, ab, bc, empty = frozenset("a"), frozenset("ab"), frozenset("bc"), frozenset()
    assert masi_distance(a, ab) == pytest.approx(1 - 1 / 2 * 2 / 3)
    assert masi_distance(ab, bc) == pytest.approx(1 - 1 / 3 * 1 / 3)
    assert masi_distance(a, bc) == 1
    assert masi_distance(empty, a) == 1


def test_chance_alone_gives_nothing_and_unison_gives_one():
    rng = np.random.default_rng(1)
    pairs = rng.random((4000, 2)) < 0.3
    resamples = Resamples(len(pairs), 50)
    assert kappa(pairs[:, 0], pairs[:, 1], resamples).value == pytest.approx(0, abs=0.05)
    told = alpha(pairs.tolist(), nominal_distance, resamples)
    assert told.value == pytest.approx(0, abs=0.05)
    unison = alpha([(x, x) for x in pairs[:, 0].tolist()], nominal_distance, resamples)
    assert (unison.value, unison.low, unison.high) == (1.0, 1.0, 1.0)


def test_too_little_is_said_in_words():
    few = alpha([(True, False)] * (LEAST_PAPERS - 1), nominal_distance, Resamples(9))
    assert (few.value, few.low, few.papers) == (None, None, 9)
    assert few.note == "not enough: 9 of 10 papers"
    none = alpha([], nominal_distance, Resamples(0))
    assert (none.value, none.papers) == (None, 0)
    alike = alpha([(True, True)] * 20, nominal_distance, Resamples(20))
    assert (alike.value, alike.note) == (None, "not enough: every answer is the same")


def test_resamples_without_a_value_are_left_out():
    # Every third resample leaves the odd paper out, and then every answer is the same.
    pairs = [(True, True)] * 11 + [(True, False)]
    told = alpha(pairs, nominal_distance, Resamples(12))
    assert told.value is not None
    assert told.low is not None
    assert told.low <= told.value <= told.high


def test_a_paper_with_one_opinion_is_refused():
    with pytest.raises(ValueError, match="one reviewer"):
        alpha([(True, True), (True,)], nominal_distance, Resamples(2))


def test_the_seed_makes_the_interval():
    rng = np.random.default_rng(2)
    pairs = [(bool(a), bool(a) ^ bool(rng.random() < 0.1)) for a in rng.random(60) < 0.4]
    told = [alpha(pairs, nominal_distance, Resamples(60, seed=s)) for s in (1, 1, 2)]
    assert told[0] == told[1] != told[2]


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Two readers err independently in 8% of papers, 30% of them relevant; 300 repetitions."""
    rng = np.random.default_rng(3)
    true = rng.random(400_000) < 0.3
    said = np.stack([true ^ (rng.random(len(true)) < 0.08) for _ in range(2)], axis=1)
    truth = kappa(said[:, 0], said[:, 1], Resamples(len(said), 1)).value
    inside = 0
    for _ in range(300):
        pairs = said[rng.integers(len(said), size=150)]
        told = kappa(pairs[:, 0], pairs[:, 1], Resamples(150, 200, seed=int(rng.integers(1e9))))
        assert told.low is not None
        inside += told.low <= truth <= told.high
    assert inside / 300 > 0.95 - 3 * math.sqrt(0.05 * 0.95 / 300)
