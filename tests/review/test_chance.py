"""Tail probabilities, held against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from litmine.review.statistics import chance
from litmine.review.statistics.chance import (
    binomial_interval,
    hypergeometric_cdf,
    poisson_binomial_interval,
)


@st.composite
def urns(draw, largest=4000):
    population = draw(st.integers(1, largest))
    marked = draw(st.integers(0, population))
    drawn = draw(st.integers(0, population))
    return draw(st.integers(-1, drawn + 1)), population, marked, drawn


@settings(max_examples=300)
@given(urns())
def test_hypergeometric_is_scipys(urn):
    k, population, marked, drawn = urn
    expected = stats.hypergeom.cdf(k, population, marked, drawn)
    assert hypergeometric_cdf(*urn) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_hypergeometric_keeps_small_tails():
    expected = stats.hypergeom.cdf(2, 100_000, 300, 9_000)
    assert 0 < expected < 1e-6
    assert hypergeometric_cdf(2, 100_000, 300, 9_000) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("urn", [(0, 5, 6, 1), (0, 5, 1, 6), (0, 5, -1, 1)])
def test_impossible_urns_are_refused(urn):
    with pytest.raises(ValueError, match="population"):
        hypergeometric_cdf(*urn)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 300), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_binomial_interval_is_clopper_pearson(n, data, confidence):
    k = data.draw(st.integers(0, n))
    if n == 0:
        assert binomial_interval(k, n, confidence) == (0.0, 1.0)
        return
    expected = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    assert binomial_interval(k, n, confidence) == pytest.approx(tuple(expected), abs=1e-9)


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ValueError, match="trials"):
        binomial_interval(2, 1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=40), st.sampled_from([0.8, 0.95]))
def test_poisson_binomial_interval_is_that_of_the_convolution(probabilities, confidence):
    low, high = poisson_binomial_interval(probabilities, confidence)
    tail = (1 - confidence) / 2
    masses = np.array([1.0])
    for p in probabilities:
        masses = np.convolve(masses, [1 - p, p])
    # Where a tail equals the limit but for rounding, either neighbour is right.
    assert masses[:low].sum() <= tail + 1e-9
    assert masses[: low + 1].sum() > tail - 1e-9
    assert masses[: high + 1].sum() >= 1 - tail - 1e-9
    assert high == 0 or masses[:high].sum() < 1 - tail + 1e-9


@pytest.mark.parametrize(("n", "p"), [(400, 0.05), (3000, 0.02), (2000, 0.5)])
def test_equal_probabilities_give_the_binomial(n, p):
    expected = stats.binom.interval(0.95, n, p)
    assert poisson_binomial_interval([p] * n) == tuple(int(x) for x in expected)


def test_approximation_of_long_lists_is_off_by_one_at_most(monkeypatch):
    rng = np.random.default_rng(3)
    for a in (0.05, 0.3, 2.0):
        probabilities = rng.beta(a, 3.0, size=3000).tolist()
        approximate = poisson_binomial_interval(probabilities)
        with monkeypatch.context() as patch:
            patch.setattr(chance, "_EXACT_STEPS", math.inf)
            exact = poisson_binomial_interval(probabilities)
        assert np.abs(np.subtract(approximate, exact)).max() <= 1


def test_nothing_gives_nothing():
    assert poisson_binomial_interval([]) == (0, 0)
    assert poisson_binomial_interval([0.0, 1.0]) == (1, 1)
