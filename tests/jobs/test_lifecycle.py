"""From reviewers' decisions to a new champion and back, on invented papers and a tiny encoder."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from litmine.classify.compare import Rules
from litmine.classify.model import Classifier
from litmine.classify.registry import POINTER, SHIPPED, Registry, champion
from litmine.cli import app
from litmine.core.clock import FakeClock
from litmine.core.errors import ArtefactMismatch, InputError, LeaseHeld, NotFound, StoreError
from litmine.core.settings import Settings, load_settings
from litmine.jobs.comparison import Gold, compare_models
from litmine.jobs.lifecycle import promote, rollback
from litmine.jobs.material import HoldBack, hash_of_ids, merge_labels
from litmine.jobs.nightly import load_models
from litmine.jobs.training import TRAINED_ON, TrainingPlan, train
from litmine.review import ReviewDesk
from litmine.store import open_store
from litmine.store.audit import audit_entries
from litmine.store.decisions import Decision
from tests.support.lifecycle import (
    GOLD,
    NIGHTS,
    TRAIN,
    decide_all,
    make_home,
    queue_up,
    write_labels,
)

NOW = datetime(2026, 7, 20, 4, tzinfo=UTC)
FIRST = NOW - timedelta(days=40)
REVIEWED = NIGHTS[:120]
RULES = Rules(draws=100)
runner = CliRunner()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose shipped classifier was trained on the first labels."""
    home = make_home(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITMINE_RESOURCES", str(home))
        plan = TrainingPlan(
            labels=[home / "train.jsonl"],
            papers=[home / "papers.parquet"],
            output=home / "models/classifier",
        )
        train(load_settings().model_copy(update={"data_dir": home / "none"}), plan)
    return home


@pytest.fixture(autouse=True)
def installed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITMINE_RESOURCES", str(home))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def world(tmp_path: Path) -> Settings:
    """A data folder in which 120 papers were decided on over the last forty days."""
    settings = load_settings().model_copy(update={"data_dir": tmp_path / "data"})
    queue_up(settings, NIGHTS, Classifier.load().model_id, FIRST)
    decide_all(settings, REVIEWED, FIRST, every=timedelta(hours=8))
    return settings


@pytest.fixture
def plan(home: Path) -> TrainingPlan:
    return TrainingPlan(labels=[home / "train.jsonl"], papers=[home / "papers.parquet"])


@pytest.fixture
def gold(home: Path) -> Gold:
    return Gold(home / "gold.jsonl", [home / "papers.parquet"])


@pytest.fixture
def challenger(world: Settings, plan: TrainingPlan, clock: FakeClock) -> str:
    """A challenger trained on gold and 78 of the 120 decisions: 42 are enough to compare on."""
    more = TrainingPlan(plan.labels, plan.papers, hold_back=HoldBack(days=60, share=0.35))
    return train(world, more, clock=clock).artefact_id


def trail(settings: Settings) -> list[tuple[str, str, str]]:
    with open_store(settings.database) as store, store.read() as connection:
        entries = audit_entries(connection, None, ("model-promote", "model-rollback"))
    return [(e["actor"], e["action"], e["subject"]) for e in entries][::-1]


def test_decisions_become_training_data_and_the_newest_are_held_back(
    world: Settings, plan: TrainingPlan, clock: FakeClock
) -> None:
    with open_store(world.database) as store:
        desk = ReviewDesk(store, "ada", clock)
        desk.later(NIGHTS[121]["id"])
        desk.reject(NIGHTS[122]["id"])
        desk.undo(NIGHTS[122]["id"])
    made = train(world, plan, clock=clock)
    assert made.folder == world.data_dir / "models" / made.artefact_id
    facts = made.manifest["facts"]
    # Of 120 decisions in forty days 84 are of the last 28; a fifth of all is fewer.
    used, held = REVIEWED[:96], REVIEWED[96:]
    assert (facts["labels"], facts["decisions"]["used"]) == (196, 96)
    assert facts["decisions"]["held_back"] == 24
    assert facts["decisions"]["held_back_sha256"] == hash_of_ids([r["id"] for r in held])
    assert facts["decisions"]["cutoff"] == (FIRST + 96 * timedelta(hours=8)).isoformat()
    seen = (made.folder / TRAINED_ON).read_text().split()
    assert seen == sorted(r["id"] for r in [*TRAIN, *used])
    assert facts["trained_on_sha256"] == hash_of_ids(seen)
    assert facts["relevant"] == sum(r["relevant"] for r in [*TRAIN, *used])
    assert facts["made"] == "2026-07-20T04:00:00+00:00"
    assert facts["seconds"] > 0
    assert facts["hardware"]["cores"] >= 1
    assert facts["seeds"]
    # The champion is still the shipped model, and the same training gives the same model.
    assert champion(world) == Registry.of(world).shipped
    assert train(world, plan, clock=clock).folder == made.folder
    names = sorted(path.name for path in made.folder.parent.iterdir())
    assert names == [made.artefact_id]


@pytest.mark.parametrize(
    ("days", "share", "held"), [(7, 0.2, 21), (28, 0.1, 12), (0, 0.5, 0), (28, 0.0, 0)]
)
def test_whichever_is_fewer_is_held_back(days: int, share: float, held: int) -> None:
    decided = [NOW - timedelta(hours=8 * n + 1) for n in range(120)]
    assert HoldBack(days, share).count(decided, NOW) == held


def decision(arxiv_id: str, action: str = "approve", at: datetime = NOW) -> Decision:
    cells = ("inference/memory",) if action == "approve" else ()
    return Decision(1, arxiv_id, action, cells, (), "ada", "", None, (), None, at)


def test_a_decision_wins_over_a_gold_label_only_when_newer() -> None:
    no = {"relevant": 0}
    gold = [
        {"id": "1", **no},
        {"id": "2", **no, "labelled_at": "2026-07-19", "night": "2026-06-30"},
        {"id": "3", **no, "labelled_at": "2026-07-21"},
        {"id": "4", **no},
        {"id": "5", **no},
    ]
    decisions = [decision(i) for i in "1236"]
    merged = merge_labels(gold, decisions, [decision("4", "reject")])
    assert [(r["id"], r["relevant"]) for r in merged] == [
        ("1", 1),
        ("2", 1),
        ("3", 0),
        ("5", 0),
        ("6", 1),
    ]
    assert [r.get("night") for r in merged] == [None, "2026-06-30", None, None, None]
    with pytest.raises(InputError, match="labelled_at 'soon' is not a day"):
        merge_labels([{"id": "1", **no, "labelled_at": "soon"}], [decision("1")], [])


def test_of_several_label_files_the_last_one_wins(
    world: Settings, home: Path, clock: FakeClock, tmp_path: Path
) -> None:
    mended = write_labels(tmp_path / "mended.jsonl", [{"id": TRAIN[0]["id"], "relevant": 0}])
    files = [home / "train.jsonl", mended]
    plan = TrainingPlan(files, [home / "papers.parquet"], decisions=False)
    facts = train(world, plan, clock=clock).manifest["facts"]
    assert facts["label_sources"] == ["train.jsonl", "mended.jsonl"]
    assert TRAIN[0]["relevant"] == 1
    assert facts["relevant"] == sum(r["relevant"] for r in TRAIN) - 1
    assert facts["decisions"]["used"] == 0


def test_without_label_files_decisions_and_what_the_library_has_texts_of_serve(
    world: Settings, clock: FakeClock
) -> None:
    queue_up(world, TRAIN[:7], "other", NOW)  # their texts come with the papers
    facts = train(world, TrainingPlan(), clock=clock).manifest["facts"]
    assert facts["label_sources"] == ["the shipped library"]
    assert (facts["labels"], facts["labels_without_text"]) == (96 + 7, 93)


def test_what_is_missing_is_said(
    tmp_path: Path, plan: TrainingPlan, home: Path, clock: FakeClock
) -> None:
    bare = load_settings().model_copy(update={"data_dir": tmp_path / "bare"})
    with pytest.raises(InputError, match=r"0 and 0, and 100 papers of the shipped library") as told:
        train(bare, TrainingPlan(), clock=clock)
    assert "litmine ingest ids" in str(told.value)
    with pytest.raises(InputError, match=r"100 papers of train\.jsonl have no text"):
        train(bare, TrainingPlan(labels=[home / "train.jsonl"]), clock=clock)
    with pytest.raises(StoreError, match="no database"):
        train(bare, TrainingPlan(plan.labels, plan.papers, decisions=True), clock=clock)
    assert not bare.data_dir.exists()
    train(bare, plan, clock=clock)  # no database, so no decisions


def test_a_challenger_that_is_not_worse_becomes_the_champion_with_a_report(
    world: Settings, challenger: str, gold: Gold, clock: FakeClock
) -> None:
    shipped = Classifier.load().model_id
    comparison, change = promote(
        world, challenger[:12], by="ada", gold=gold, rules=RULES, clock=clock
    )
    report = comparison.report
    assert report["not_worse"], report["why"]
    assert (report["champion"], report["challenger"]) == (shipped, challenger)
    assert report["parts"]["gold"]["papers"] == len(GOLD)
    decisions = report["parts"]["decisions"]
    assert decisions["papers"] == 42
    assert decisions["left_out"] == {"that the challenger was trained on": 78}
    assert change is not None
    assert (change.model, change.previous, change.forced) == (challenger, SHIPPED, None)
    assert json.loads(comparison.path.with_suffix(".json").read_text()) == report
    assert change.report == str(comparison.path.relative_to(world.data_dir / "models"))
    assert champion(world) == world.data_dir / "models" / challenger
    models = load_models(world)
    assert models.classifier.model_id == challenger
    assert models.earlier == (challenger, shipped)
    assert trail(world) == [("ada", "model-promote", challenger)]
    with pytest.raises(InputError, match="champion already"):
        promote(world, challenger, by="ada", gold=gold, clock=clock)

    back = rollback(world, by="bo", why="misses energy papers", clock=clock)
    assert (back.model, back.previous, back.why) == (SHIPPED, challenger, "misses energy papers")
    assert load_models(world).classifier.model_id == shipped
    assert trail(world)[1:] == [("bo", "model-rollback", SHIPPED)]
    with pytest.raises(InputError, match="nothing to go back to"):
        rollback(world, by="bo", why="", clock=clock)


def test_too_few_papers_leave_the_champion_unless_forced_with_a_reason(
    world: Settings, plan: TrainingPlan, gold: Gold, clock: FakeClock
) -> None:
    made = train(world, plan, clock=clock).artefact_id  # holds 24 decisions back
    comparison, change = promote(world, made, by="ada", gold=gold, rules=RULES, clock=clock)
    assert change is None
    assert "decisions: could not be shown on 24 papers" in comparison.report["why"]
    assert champion(world) == Registry.of(world).shipped
    assert trail(world) == []
    with pytest.raises(InputError, match="reason"):
        promote(world, made, by="ada", force=" ", gold=gold, clock=clock)
    _, change = promote(
        world, made, by="ada", force="few decisions yet", gold=gold, rules=RULES, clock=clock
    )
    assert change is not None
    assert change.forced == "few decisions yet"
    assert champion(world).name == made


def test_papers_that_the_challenger_was_trained_on_are_never_compared_on(
    world: Settings, challenger: str, home: Path, clock: FakeClock
) -> None:
    own = Gold(home / "train.jsonl", [home / "papers.parquet"])
    part = compare_models(world, challenger, gold=own, rules=RULES, clock=clock).report["parts"]
    assert part["gold"]["papers"] == 0
    assert part["gold"]["verdict"] == "not shown"
    assert part["gold"]["left_out"] == {"that the challenger was trained on": 100}
    # Without a true record of what it was trained on, nothing can be shown at all.
    listed = world.data_dir / "models" / challenger / TRAINED_ON
    listed.write_text("".join(listed.read_text().splitlines(keepends=True)[:50]))
    report = compare_models(world, challenger, gold=own, rules=RULES, clock=clock).report
    for one in report["parts"].values():
        assert one["verdict"] == "not shown"
        assert "not recorded" in one["why"]


def test_a_rollback_passes_over_damaged_models(
    world: Settings, challenger: str, gold: Gold, plan: TrainingPlan, clock: FakeClock
) -> None:
    other = train(world, TrainingPlan(plan.labels, plan.papers, decisions=False), clock=clock)
    for name in (challenger, other.artefact_id):
        promote(world, name, by="ada", force="drill", gold=gold, rules=RULES, clock=clock)
    shutil.rmtree(world.data_dir / "models" / challenger)
    (other.folder / "terms.txt").write_text("x")
    with pytest.raises(ArtefactMismatch, match="litmine models rollback"):
        load_models(world)
    with pytest.raises(NotFound):
        compare_models(world, "nobody", gold=gold, clock=clock)
    with pytest.raises(ArtefactMismatch, match="litmine models rollback"):
        compare_models(world, SHIPPED, gold=gold, clock=clock)
    assert rollback(world, by="ada", why="damaged", clock=clock).model == SHIPPED
    assert load_models(world).classifier.model_id == Classifier.load().model_id


def test_an_audit_row_that_a_killed_run_left_out_is_caught_up(
    world: Settings, challenger: str, clock: FakeClock
) -> None:
    registry = Registry.of(world)
    registry.change("promote", challenger, at="2026-07-19", by="ada", why="then it was killed")
    assert trail(world) == []
    rollback(world, by="bo", why="asked for", clock=clock)
    assert trail(world) == [
        ("ada", "model-promote", challenger),
        ("bo", "model-rollback", SHIPPED),
    ]
    # The remedy for a damaged pointer: the history starts anew, the trail goes on.
    clock.sleep(60)
    (registry.folder / POINTER).unlink()
    registry.change("promote", challenger, at="2026-07-21", by="cy", why="again")
    rollback(world, by="bo", why="and back", clock=clock)
    assert trail(world)[2:] == [
        ("cy", "model-promote", challenger),
        ("bo", "model-rollback", SHIPPED),
    ]


def test_two_changes_at_once_do_not_cross(
    world: Settings, challenger: str, clock: FakeClock
) -> None:
    from litmine.jobs.lease import held_lease

    with (
        open_store(world.database) as store,
        held_lease(store, clock, "models"),
        pytest.raises(LeaseHeld),
    ):
        rollback(world, by="ada", why="", clock=clock)


def test_a_dry_run_takes_the_champion_of_the_real_data_folder(
    world: Settings, challenger: str, clock: FakeClock
) -> None:
    from litmine.jobs.rehearsal import rehearse_nightly

    registry = Registry.of(world)
    registry.change("promote", challenger, at="2026-07-19", by="ada", why="drill")
    report = rehearse_nightly(world, pull=False, clock=clock)
    assert report.model_id == challenger


def litmine(settings: Settings, *arguments: str) -> Any:
    env = {"LITMINE_DATA_DIR": str(settings.data_dir)}
    return runner.invoke(app, [*arguments], env=env, catch_exceptions=False)


def test_the_commands(world: Settings, home: Path) -> None:
    files = ["--labels", str(home / "train.jsonl"), "--papers", str(home / "papers.parquet")]
    told = litmine(world, "train", *files, "--nights", "none", "--hold-back-days", "0", "--json")
    assert told.exit_code == 0
    made = json.loads(told.stdout)["model_id"]
    gold = ["--gold", str(home / "gold.jsonl"), "--papers", str(home / "papers.parquet")]
    compared = litmine(world, "models", "compare", made, *gold, "--draws", "100", "--json")
    assert json.loads(compared.stdout)["parts"]["gold"]["papers"] == len(GOLD)
    stays = litmine(world, "models", "promote", made, *gold, "--draws", "100", "--by", "ada")
    assert stays.exit_code == 1
    assert "the champion stays" in stays.stdout
    listed = json.loads(litmine(world, "models", "list", "--json").stdout)
    assert [(row["model_id"] == made, row["champion"]) for row in listed] == [
        (False, True),
        (True, False),
    ]
    assert listed[1]["figures"]["papers"] == len(GOLD)
    forced = litmine(
        world, "models", "promote", made, *gold, "--draws", "100", "--force", "no decisions yet"
    )
    assert forced.exit_code == 0
    shown = json.loads(litmine(world, "models", "show", made[:13], "--json").stdout)
    assert shown["champion"]
    assert shown["history"][0]["forced"] == "no decisions yet"
    assert len(shown["comparisons"]) == 3
    assert shown["facts"]["nights"] is None
    assert "no decisions yet" in litmine(world, "models", "show", made).stdout
    stars = [x for x in litmine(world, "models", "list").stdout.splitlines() if x[:1] == "*"]
    assert [star.split()[1] for star in stars] == [made]
    back = litmine(world, "models", "rollback", "--why", "drill", "--json")
    assert json.loads(back.stdout)["model"] == SHIPPED
    assert (world.data_dir / "models" / POINTER).is_file()
