"""Control charts: limits by hand, few false alarms, and alarms where something changed."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm, t

from litmine.classify.drift import (
    CHARTS,
    FALSE_ALARMS,
    LEAST_REFERENCE,
    REFERENCE_NIGHTS,
    Night,
    NightFigures,
    judge_night,
    usable_reference,
)
from litmine.classify.drift_charts import (
    ewma,
    level,
    poisson_binomial_score,
    shewhart,
    side_since,
    tail_reading,
)
from litmine.classify.drift_shift import mean_shift, squared_euclidean, squared_total_variation
from tests.support.nights import night, nights, working_days

THRESHOLD = 0.1


def judged(tonight: Night, earlier: list[Night]) -> NightFigures:
    return judge_night(tonight, earlier, earlier, THRESHOLD)


def next_night(count: int = 20, seed: int = 5, **changes: float) -> tuple[Night, list[Night]]:
    """An invented night after `count` ordinary ones."""
    days = working_days()
    for _ in range(count):
        next(days)
    rng = np.random.default_rng(seed + 1000)
    return night(next(days), rng, **changes), nights(count, seed)  # type: ignore[arg-type]


# --- charts ---------------------------------------------------------------------------------


def test_limits_are_those_of_binomial_shares_when_nights_differ_by_chance_only() -> None:
    values = [0.30, 0.31, 0.29, 0.30, 0.31, 0.29, 0.30, 0.30, 0.30]
    reading = shewhart(values, [100] * 9, 0.21, 0.45, 100, 0.01)
    assert reading is not None
    error = math.sqrt(0.21 * (1 / 100 + 1 / 900))
    reach = t.ppf(0.995, 0.6 * 8) * error
    assert reading.centre == pytest.approx(0.30)
    assert (reading.low, reading.high) == pytest.approx((0.30 - reach, 0.30 + reach))
    assert reading.p == pytest.approx(2 * t.sf(0.15 / error, 0.6 * 8))
    assert reading.score == pytest.approx(norm.isf(reading.p / 2))
    assert not reading.alarm


def test_limits_widen_by_what_nights_differ_beyond_chance() -> None:
    values = [0.2, 0.4] * 5
    reading = shewhart(values, [100] * 10, 0.21, 0.3, 100, 0.01)
    assert reading is not None
    inflation = (0.2 / math.sqrt(0.21 / 100)) / 1.128
    reach = t.ppf(0.995, 0.6 * 9) * inflation * math.sqrt(0.21 * (1 / 100 + 1 / 1000))
    assert reading.high - reading.centre == pytest.approx(reach)


def test_large_night_has_narrower_limits() -> None:
    values, sizes = [0.3] * 9 + [0.31], [100.0] * 10
    small, large = (shewhart(values, sizes, 0.21, 0.3, n, 0.01) for n in (50, 500))
    assert small is not None
    assert large is not None
    assert large.high - large.low < 0.6 * (small.high - small.low)


def test_known_centre_does_not_follow_the_nights() -> None:
    reading = shewhart([2.0] * 9, [1.0] * 9, 1.0, 2.0, 1, 0.01, centre=0.0)
    assert reading is not None
    assert (reading.centre, reading.score > 1) == (0.0, True)


def test_nothing_is_charted_where_papers_do_not_differ() -> None:
    assert shewhart([0.0] * 9, [100.0] * 9, 0.0, 0.0, 100, 0.01) is None
    assert ewma([0.0] * 9, [100.0] * 9, 0.0, 0.0, 100, 0.01) is None
    assert level([1.0] * 9, ["a"] * 9, 1.0, "a", 0.01) is None


def test_moving_average_sees_a_small_change_that_lasts_and_names_its_first_night() -> None:
    values = [0.30, 0.31, 0.29] * 6 + [0.37, 0.36, 0.35, 0.36]
    sizes = [300.0] * len(values)
    single = shewhart(values, sizes, 0.21, 0.36, 300, 0.01)
    moving = ewma(values, sizes, 0.21, 0.36, 300, 0.01)
    assert single is not None
    assert moving is not None
    assert (single.alarm, moving.alarm) == (False, True)
    assert side_since(values, sizes, 0.36) == 18


def test_moving_average_has_the_variance_it_is_said_to_have() -> None:
    rng = np.random.default_rng(3)
    scores = []
    for _ in range(400):
        series = rng.normal(size=31)
        reading = ewma(series[:-1], [1.0] * 30, 1.0, series[-1], 1, 0.01)
        assert reading is not None
        scores.append(reading.score)
    # The floor of the inflation makes it a little less than 1, never more.
    assert 0.7 < float(np.std(scores)) < 1.05


def test_tuesdays_are_compared_with_tuesdays() -> None:
    values = [4.6, 5.4, 4.7, 4.5, 4.6] * 4
    groups = [False, True, False, False, False] * 4
    assert level(values, groups, 5.4, True, 0.01).alarm is False  # type: ignore[union-attr]
    assert level(values, groups, 5.4, False, 0.01).alarm is True  # type: ignore[union-attr]
    assert level(values[:5], groups[:5], 5.4, True, 0.01) is None  # one Tuesday is no reference


def test_tail_reading_alarms_on_large_values_only() -> None:
    values = [0.0, 1.0, -1.0, 0.5, -0.5, 0.2, -0.2, 0.1]
    assert tail_reading(values, 9.0, 0.1, 0.01).alarm
    assert not tail_reading(values, -9.0, 0.1, 0.01).alarm
    assert tail_reading(values, 1.0, 5.0, 0.01).high > 10


@settings(deadline=None)
@given(n=st.integers(1, 40), p=st.floats(0.05, 0.95), data=st.data())
def test_equal_probabilities_give_the_binomial(n: int, p: float, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    half = binom.pmf(hits, n, p) / 2
    below, above = binom.cdf(hits - 1, n, p) + half, binom.sf(hits, n, p) + half
    expected = norm.ppf(below) if below < above else norm.isf(above)
    given_score = poisson_binomial_score([p] * n, hits)
    assert given_score == pytest.approx(float(np.clip(expected, -8, 8)), abs=1e-6)


def test_calibrated_probabilities_give_a_standard_normal_score() -> None:
    rng = np.random.default_rng(11)
    scores = []
    for _ in range(500):
        p = rng.beta(0.5, 2, size=40)
        scores.append(poisson_binomial_score(p, int((rng.random(40) < p).sum())))
    assert abs(float(np.mean(scores))) < 0.1
    assert float(np.std(scores)) == pytest.approx(1, abs=0.1)


# --- shift of means -------------------------------------------------------------------------


def test_shift_is_the_same_for_the_same_seed_and_for_papers_in_any_order() -> None:
    earlier = [n.vectors for n in nights(12)]
    tonight = nights(13)[-1].vectors
    first = mean_shift(earlier, tonight, seed=1, alpha=0.01)
    assert first == mean_shift(earlier, tonight, seed=1, alpha=0.01)
    turned = mean_shift(earlier, tonight[::-1], seed=1, alpha=0.01)
    assert first is not None
    assert turned is not None
    assert turned.reading.value == pytest.approx(first.reading.value)


@pytest.mark.parametrize("size", [30, 110, 600])
def test_size_of_a_night_is_no_shift(size: int) -> None:
    tonight, earlier = next_night(size=size)
    shift = mean_shift([n.vectors for n in earlier], tonight.vectors, seed=1, alpha=0.01)
    assert shift is not None
    assert abs(shift.reading.score) < 2.5


@pytest.mark.parametrize("size", [60, 300])
def test_foreign_papers_are_a_shift(size: int) -> None:
    tonight, earlier = next_night(size=size, foreign=0.3)
    shift = mean_shift([n.vectors for n in earlier], tonight.vectors, seed=1, alpha=0.001)
    assert shift is not None
    assert shift.reading.alarm


def test_papers_that_do_not_differ_have_no_shift() -> None:
    same = [np.ones((20, 3), np.float32)] * 9
    assert mean_shift(same, same[0], seed=1, alpha=0.01) is None


def test_distances() -> None:
    assert squared_euclidean(np.array([1.0, 0.0]), np.array([0.0, 2.0])) == 5.0
    assert squared_total_variation(np.array([1.0, 3.0]), np.array([3.0, 1.0])) == 0.25
    assert squared_total_variation(np.array([1.0, 3.0]), np.array([2.0, 6.0])) == 0.0
    assert squared_total_variation(np.zeros(2), np.ones(2)) == 0.0


# --- a night --------------------------------------------------------------------------------


def test_few_earlier_nights_raise_no_alarm() -> None:
    tonight, earlier = next_night(LEAST_REFERENCE - 1, shift=4.0)
    result = judged(tonight, earlier)
    assert result.alarms == ()
    assert result.figures["reference_nights"] == LEAST_REFERENCE - 1
    assert result.figures["relevance"] == pytest.approx(tonight.relevance.mean(), abs=1e-6)


def test_ordinary_nights_hardly_ever_alarm() -> None:
    # 60 nights at the promised rate: more than 3 would happen once in 300 such worlds.
    alarms = 0
    for seed in range(3):
        world = nights(30, seed)
        alarms += sum(bool(judged(world[i], world[:i]).alarms) for i in range(10, 30))
    assert FALSE_ALARMS == 0.01
    assert alarms <= 3


@pytest.mark.parametrize(
    ("change", "chart"),
    [
        ({"shift": 1.5}, "mean probability of relevance"),
        ({"shift": -2.5}, "share of papers that enter the queue"),
        ({"foreign": 0.4}, "distance of the mean vector"),
        ({"size": 900}, "number of papers"),
        ({"size": 8}, "number of papers"),
    ],
)
def test_alarm_names_the_night_and_the_chart(change: dict[str, float], chart: str) -> None:
    tonight, earlier = next_night(**change)
    result = judged(tonight, earlier)
    assert any(chart in alarm for alarm in result.alarms), result.alarms
    assert all(alarm.startswith(f"{tonight.day}: ") for alarm in result.alarms)
    assert result.figures["out_of_control"] == 1


def test_mix_of_cells_is_watched_apart_from_its_amount() -> None:
    tonight, earlier = next_night()
    more = judged(replace(tonight, cells=tonight.cells * 0.5), earlier)
    assert "cell_shift" in more.figures
    assert not any("mix of cells" in alarm for alarm in more.alarms)
    turned = tonight.cells.copy()
    turned[:, 0] += turned[:, 1:].sum(axis=1)
    turned[:, 1:] = 0
    other = judged(replace(tonight, cells=turned), earlier)
    assert any("mix of cells" in alarm for alarm in other.alarms)


def test_first_stage_that_drops_more_than_before_is_an_alarm() -> None:
    tonight, earlier = next_night()
    rng = np.random.default_rng(1)

    def dropping(one: Night, share: float) -> Night:
        gone = rng.random(len(one)) < share
        nearest = np.where(gone, np.nan, one.nearest)
        return replace(one, first_stage=gone, nearest=nearest, vectors=one.vectors[~gone])

    earlier = [dropping(one, 0.5) for one in earlier]
    assert judged(dropping(tonight, 0.5), earlier).alarms == ()
    alarms = judged(dropping(tonight, 0.9), earlier).alarms
    assert any("dropped by the first stage" in alarm for alarm in alarms)


def test_night_without_neighbours_or_vectors_is_still_charted() -> None:
    bare = [
        replace(n, nearest=np.full(len(n), np.nan), vectors=np.zeros((0, 0), np.float32))
        for n in nights(13)
    ]
    figures = judged(bare[-1], bare[:-1]).figures
    assert "relevance_score" in figures
    assert not {"nearest", "vector_shift"} & set(figures)


def test_decisions_against_the_promise_raise_an_alarm_of_their_own() -> None:
    rng = np.random.default_rng(2)

    def decided(one: Night, given: float | None = None) -> Night:
        p = rng.beta(0.6, 1.5, size=40)
        yes = rng.random(40) < (p if given is None else given)
        return replace(one, decided=p, approved=yes)

    tonight, earlier = next_night()
    earlier = [decided(one) for one in earlier]
    assert judged(decided(tonight), earlier).alarms == ()
    strange = judged(decided(tonight, given=0.95), earlier)
    assert any("approvals against what the probabilities promise" in a for a in strange.alarms)
    assert strange.figures["decisions_out_of_control"] == 1
    assert strange.figures["out_of_control"] == 0
    assert judged(decided(tonight, given=0.95), earlier[:5]).alarms == ()


def test_figures_have_six_decimals_and_stay_the_same() -> None:
    tonight, earlier = next_night()
    result = judged(tonight, earlier)
    assert result == judged(tonight, earlier)
    assert all(round(v, 6) == v and math.isfinite(v) for v in result.figures.values())
    absent = {"first_stage_share", "approved_share", "calibration"}
    assert {name for name in CHARTS if f"{name}_score" not in result.figures} == absent


# --- which nights to compare with -----------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), max_size=60))
def test_reference_is_the_nearest_steady_nights(out: list[bool]) -> None:
    earlier = [(date(2026, 1, 1) + timedelta(days=i), bad) for i, bad in enumerate(out)]
    chosen = usable_reference(earlier)
    assert chosen == sorted(set(chosen))
    window = earlier[-REFERENCE_NIGHTS:]
    assert set(chosen) <= {day for day, _ in window}
    assert set(chosen) >= {day for day, bad in window if not bad}


def test_lasting_change_becomes_the_new_normal() -> None:
    day = date(2026, 1, 1)
    few = [(day + timedelta(days=i), i >= 27) for i in range(30)]
    many = [(day + timedelta(days=i), i >= 15) for i in range(30)]
    assert len(usable_reference(few)) == 27
    assert len(usable_reference(many)) == 30
