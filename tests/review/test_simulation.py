"""Replays: figures against their definitions, orders that are orders, the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.errors import InputError
from litmine.review.ordering import POLICIES
from litmine.review.simulation.metrics import METRICS, figures, interval
from litmine.review.simulation.plot import draw
from litmine.review.simulation.replay import simulate
from litmine.review.simulation.screening import ScreeningSet

GOOD = ("cache", "bits", "memory", "quantized", "decoding", "serving", "throughput", "value")
OTHER = ("bird", "lake", "forest", "season", "rain", "stone", "river", "valley", "cloud")


def invented(n=60, included=9, seed=3):
    """A set in which the included records share words, mostly."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(n, np.int8)
    labels[rng.choice(n, included, replace=False)] = 1
    texts = [
        " ".join(rng.choice(GOOD if one and rng.random() < 0.8 else OTHER, 12)) for one in labels
    ]
    titles = [" ".join(text.split()[:3]) for text in texts]
    return ScreeningSet("invented", tuple(titles), tuple(texts), labels, 2)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=80).filter(lambda y: 0 < sum(y) < len(y)))
def test_figures_follow_their_definitions(found):
    n, included = len(found), sum(found)
    places = [place for place, one in enumerate(found, start=1) if one]
    told = figures(np.array(found))
    assert tuple(told) == METRICS
    # Read on until 95% are found; a random order would have read 95% by then.
    read = next(k for k in range(1, n + 1) if sum(found[:k]) * 100 >= 95 * included)
    assert told["wss@95"] == pytest.approx((n - read) / n - 0.05)
    assert told["recall@10"] == pytest.approx(sum(found[: n // 10]) / included)
    assert told["atd"] == pytest.approx(sum(places) / included)
    # Every pair of an excluded record read before an included one is a loss.
    wrong = sum(not a and b for i, a in enumerate(found) for b in found[i + 1 :])
    assert told["loss"] == pytest.approx(wrong / (included * (n - included)))
    gain = sum(1 / np.log2(place + 1) for place in places)
    best = sum(1 / np.log2(place + 1) for place in range(1, included + 1))
    assert told["ndcg"] == pytest.approx(gain / best)


@pytest.mark.parametrize("found", [[0, 0], [1, 1]])
def test_figures_need_both_kinds(found):
    with pytest.raises(ValueError, match="included and excluded"):
        figures(np.array(found))


def test_interval_is_students():
    from scipy import stats

    values = [0.61, 0.66, 0.58, 0.7]
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert interval(values) == pytest.approx(expected)
    assert interval([0.5]) is None


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("stop_at", [0.4, 1.0])
def test_an_order_holds_every_record_once_and_is_the_same_again(policy, stop_at):
    screening = invented()
    first, again = (
        simulate(screening, policy=policy, seeds=(0, 5), stop_at=stop_at) for _ in range(2)
    )
    for one, two in zip(first.replays, again.replays, strict=True):
        assert sorted([*one.order, *one.priors]) == list(range(len(screening)))
        assert screening.included[list(one.priors)].tolist() == [1, 0]
        assert one.order.tolist() == two.order.tolist()
        assert one.found.sum() == screening.included.sum() - 1
        assert one.found[: one.labels].sum() >= stop_at * one.found.sum()
        assert one.found[one.labels - 1] == 1
    assert first.replays[0].priors != first.replays[1].priors


def test_most_probable_first_beats_chance_by_far():
    mean = simulate(invented(200, 20), seeds=range(3)).summary()["mean"]
    assert mean["recall@10"] > 0.6
    assert mean["loss"] < 0.25


def test_priors_are_those_of_asreviews_seed():
    screening = invented()
    replay = simulate(screening, seeds=(7,)).replays[0]
    for row, kind in zip(replay.priors, (1, 0), strict=True):
        pool = np.flatnonzero(screening.included == kind)
        assert row == np.random.RandomState(7).choice(pool, 1, replace=False)[0]


def test_texts_that_say_nothing_are_still_ordered():
    labels = np.array([1, 0, 1, 0, 1, 0], np.int8)
    screening = ScreeningSet("bare", ("",) * 6, ("", "", "", "", "", "one"), labels, 0)
    replay = simulate(screening, seeds=(0,)).replays[0]
    assert sorted([*replay.order, *replay.priors]) == list(range(6))


@pytest.mark.parametrize(
    ("options", "said"),
    [({"policy": "best"}, "not a policy"), ({"seeds": ()}, "one seed"), ({"stop_at": 0}, "share")],
)
def test_refusals(options, said):
    with pytest.raises(InputError, match=said):
        simulate(invented(), **options)


def test_progress_counts_every_find():
    told = []
    simulate(invented(), seeds=range(2), progress=told.append)
    assert sum(told) == 2 * 8


def test_the_curve_ends_at_one_and_the_plot_is_the_same_again():
    simulation = simulate(invented(), seeds=range(2))
    curve = simulation.curve([0.0, 0.1, 0.5, 1.0])
    assert curve[0] == 0
    assert curve[-1] == 1
    assert curve == sorted(curve)
    assert draw(simulation).startswith(b"<?xml")
    assert draw(simulation) == draw(simulation)


@pytest.fixture
def file(tmp_path):
    screening = invented()
    lines = ["title,abstract,included"]
    lines += [
        f"{t},{a},{y}"
        for t, a, y in zip(screening.titles, screening.abstracts, screening.included, strict=True)
    ]
    path = tmp_path / "invented.csv"
    path.write_text("\n".join([*lines, "not,screened,"]) + "\n", encoding="utf-8")
    return path


def test_the_command_prints_figures_for_people_and_machines(file, tmp_path):
    plot = tmp_path / "curve.svg"
    done = CliRunner().invoke(app, ["simulate", str(file), "--seeds", "2", "--plot", str(plot)])
    assert done.exit_code == 0, done.output
    for word in (*METRICS, "60 records, 9 included, 1 without a label ignored", "CPU per label"):
        assert word in done.output
    assert plot.read_bytes().startswith(b"<?xml")
    done = CliRunner().invoke(app, ["simulate", str(file), "--seeds", "2", "--json"])
    told = json.loads(done.stdout)
    assert (told["file"], told["records"], told["included"]) == ("invented", 60, 9)
    assert (told["policy"], [seed["seed"] for seed in told["seeds"]]) == ("max", [0, 1])
    for key in METRICS:
        values = [seed[key] for seed in told["seeds"]]
        assert told["mean"][key] == pytest.approx(np.mean(values))
        assert told["interval"][key][0] <= told["mean"][key] <= told["interval"][key][1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["none.csv"], "no such file"), (["{file}", "--policy", "best"], "not a policy")],
)
def test_the_command_refuses_in_one_line(file, arguments, said):
    done = CliRunner().invoke(app, ["simulate", *(a.format(file=file) for a in arguments)])
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
