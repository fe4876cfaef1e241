"""Models as people look at them: champion, comparisons, what was decided since, drift."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict

import pytest

from litmine.classify.registry import Change
from litmine.core.resources import models_dir
from litmine.core.settings import Settings
from litmine.jobs.overview import overview
from litmine.review import ReviewDesk
from litmine.store.drift import StoredDrift, put_drift
from tests.support.rows import NIGHT, NOW
from tests.support.shelf import put_papers


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def promoted(settings):
    """Make a copy of the shipped model the champion, after a comparison; return its id."""
    shipped = models_dir() / "classifier"
    model = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))["model_id"]
    folder = settings.data_dir / "models" / model
    shutil.copytree(shipped, folder)
    change = Change(1, "2026-07-01T04:00:00+00:00", "May", "promote", model, "shipped", "not worse")
    pointer = {"champion": model, "history": [asdict(change)]}
    (folder.parent / "champion.json").write_text(json.dumps(pointer), encoding="utf-8")
    figures = {"average_precision": {"champion": 0.7, "challenger": 0.75}}
    report = {
        "made": "2026-07-01T03:00:00+00:00",
        "champion": "litmine-old",
        "challenger": model,
        "not_worse": True,
        "why": "within the margin",
        "parts": {"gold": {"papers": 50, "source": "dev", "figures": figures}},
    }
    (folder / "comparisons").mkdir()
    (folder / "comparisons" / "one.json").write_text(json.dumps(report), encoding="utf-8")
    return model


def test_an_installation_of_which_nothing_is_known(settings, sqlite_store):
    told = overview(settings, sqlite_store)
    assert told.champion is not None
    assert (told.champion.origin, told.champion.figures) == ("shipped", None)
    assert (told.history, told.comparisons, told.drift) == ((), (), None)
    assert (told.decided, told.since, told.fixed) == (0, 0, "")


def test_the_champion_with_its_comparison_and_its_history(promoted, settings, sqlite_store):
    told = overview(settings, sqlite_store)
    assert told.champion is not None
    assert (told.champion.model_id, told.champion.origin) == (promoted, "trained")
    assert told.champion.figures == {"papers": 50, "source": "dev", "average_precision": 0.75}
    assert [(one["by"], one["action"], one["previous"]) for one in told.history] == [
        ("May", "promote", "shipped")
    ]
    assert [(one["challenger"], one["not_worse"]) for one in told.comparisons] == [(promoted, True)]


def test_a_damaged_model_is_told_of(promoted, settings, sqlite_store):
    weights = settings.data_dir / "models" / promoted / "weights.npz"
    weights.write_bytes(b"nothing")
    told = overview(settings, sqlite_store)
    assert any(one.problem for one in told.models)


def test_decisions_that_nothing_has_learnt_from(settings, sqlite_store, fake_clock):
    put_papers(sqlite_store, fake_clock)
    desk = ReviewDesk(sqlite_store, "Ada", fake_clock)
    desk.approve("2605.00001", ["inf/mem"])
    desk.reject("2606.00002")
    desk.later("2606.00003")
    told = overview(settings, sqlite_store)
    assert (told.decided, told.since) == (2, 2)


@pytest.mark.parametrize(("seen", "learning"), [(3.0, 3), (8.0, None)])
def test_drift_of_the_last_two_weeks(settings, sqlite_store, seen, learning):
    with sqlite_store.write() as connection:
        for n in range(20):
            night = NIGHT.replace(day=1 + n)
            alarms = (f"{night}: strange",) if n == 18 else ()
            put_drift(
                connection, StoredDrift(night, "m", 300, {"reference_nights": seen}, alarms), NOW
            )
    drift = overview(settings, sqlite_store).drift
    assert drift is not None
    assert (len(drift.nights), drift.learning) == (14, learning)
    assert drift.alarms == ("2026-06-19: strange",)


def test_a_classifier_that_the_settings_name(settings, sqlite_store):
    models = settings.models.model_copy(update={"classifier": "/somewhere"})
    told = overview(settings.model_copy(update={"models": models}), sqlite_store)
    assert told.fixed == "/somewhere"
