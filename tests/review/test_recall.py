"""Tests of recall: scipy's tails, all windows tried one by one, and error rates by simulation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from litmine.review.statistics.recall import (
    draw_needed,
    least_total_missing,
    random_draw_test,
    ranked_windows_test,
)

TARGETS = ("0.5", "0.8", "0.9", "0.95", "0.99")


def brute_force(outcomes, unread, before, total):
    """Least p over every window, none left out: the definition in the paper, by scipy."""
    best = 1.0
    found = before + sum(outcomes)
    for start in range(len(outcomes) + 1):
        window = outcomes[start:]
        inside = sum(window)
        marked, population = total - (found - inside), len(window) + unread
        p = 0.0 if marked > population else 1.0
        if population > 0 and marked <= population:
            p = hypergeom.cdf(inside, population, marked, len(window))
        best = min(best, p)
    return best


@pytest.mark.parametrize("target", TARGETS)
def test_least_total_missing_is_exact(target):
    for found in range(400):
        total = least_total_missing(found, float(target))
        assert found < Fraction(target) * total
        assert found >= Fraction(target) * (total - 1)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.booleans(), max_size=40),
    st.integers(0, 200),
    st.integers(0, 30),
    st.sampled_from(TARGETS),
    st.sampled_from([0.8137, 0.9511]),  # no p of small numbers equals 1 minus these
)
def test_windows_left_out_change_nothing(outcomes, unread, before, target, confidence):
    test = ranked_windows_test(outcomes, unread, before, float(target), confidence)
    found = before + sum(outcomes)
    least = least_total_missing(found, float(target))
    assert test.p_value == pytest.approx(brute_force(outcomes, unread, before, least), abs=1e-9)
    ruled_out = [
        total
        for total in range(found, found + unread + 1)
        if brute_force(outcomes, unread, before, total) < 1 - confidence - 1e-12
    ]
    assert test.most_total == min([*ruled_out, found + unread + 1]) - 1
    assert test.windows == len(outcomes) + 1


@given(
    st.lists(st.booleans(), min_size=1, max_size=40),
    st.integers(1, 200),
    st.sampled_from(TARGETS),
)
def test_bound_and_p_value_say_the_same(outcomes, unread, target):
    test = ranked_windows_test(outcomes, unread, 0, float(target), 0.9511)
    reached = test.most_total < least_total_missing(sum(outcomes), float(target))
    assert reached == (test.p_value < 0.0489)


def test_a_random_draw_read_to_the_end_is_the_papers_formula():
    # 60 found before, 200 of 900 drawn, 1 relevant among them: at 95% recall 64 would do, so 5 of
    # the 900 must be missed by the null hypothesis.
    test = random_draw_test(200, 1, 900, 700, 61, 1, 0.95, 0.95)
    assert least_total_missing(61, 0.95) == 65
    assert test.p_value == pytest.approx(hypergeom.cdf(1, 900, 5, 200))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("target", [0.8, 0.95])
def test_random_draws_keep_their_error_rate_whatever_was_found_before(share, target):
    """Bad readers included: before the draw a random half of the relevant papers was found."""
    rng = np.random.default_rng(5)
    wrong = 0
    trials = 1500
    for _ in range(trials):
        relevant = rng.random(500) < share
        before = relevant[:250]  # read before the draw
        pool = relevant[250:]
        drawn = rng.permutation(250)[: rng.integers(50, 240)]
        hits = int(pool[drawn].sum())
        found = int(before.sum()) + hits
        test = random_draw_test(len(drawn), hits, 250, 250 - len(drawn), found, hits, target, 0.95)
        missed = found < target * relevant.sum()
        wrong += missed and test.p_value < 0.05
        assert test.p_value >= 0
    # 0.05 and three standard errors.
    assert wrong / trials <= 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5


def test_finds_outside_the_draw_count_towards_recall():
    drawn_only = random_draw_test(100, 0, 400, 300, 20, 0, 0.95, 0.95)
    others_too = random_draw_test(100, 0, 400, 250, 25, 5, 0.95, 0.95)
    assert others_too.most_total - 25 == drawn_only.most_total - 20 - 5


def test_nothing_left_that_could_be_missing_is_certain():
    assert ranked_windows_test([True] * 40, 2, 0, 0.95, 0.95).p_value == 0
    assert ranked_windows_test([True] * 40, 3, 0, 0.95, 0.95).p_value == 1
    assert ranked_windows_test([], 0, 0, 0.95, 0.95).most_total == 0


@given(st.integers(0, 60), st.integers(0, 150), st.sampled_from(TARGETS))
def test_the_draw_needed_is_the_first_that_would_do(found, pool, target):
    def p_value(size):
        return random_draw_test(size, 0, pool, pool - size, found, 0, float(target), 0.9511).p_value

    sizes = [size for size in range(pool + 1) if p_value(size) < 0.0489]
    needed = draw_needed(found, pool, float(target), 0.9511)
    assert needed == (sizes[0] if sizes else pool)
