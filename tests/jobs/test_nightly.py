"""The nightly run against a real HTTP stand-in: complete, idempotent, fault-proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import ConfigError, LeaseHeld, SourceError, StoreError
from litmine.core.settings import Settings
from litmine.jobs.lease import held_lease
from litmine.jobs.nightly import Models, run_nightly
from litmine.jobs.reclassify import reclassify
from litmine.jobs.report import RunReport
from litmine.review import ReviewDesk
from litmine.standin import StandinServer, load_records
from litmine.store import open_store
from litmine.store.announcements import missing
from litmine.store.digest import content_digest
from litmine.store.harvests import all_harvests
from litmine.store.labels import count_labels
from litmine.store.papers import count_papers, get_papers
from litmine.store.queue import queue_counts
from litmine.store.runs import last_runs
from tests.support.light import HashEncoder, KeywordClassifier
from tests.support.world import NIGHT, settings_for

Run = Callable[..., RunReport]


@pytest.fixture
def run(world: Settings, clock: FakeClock, light_models: Any) -> Run:
    def once(settings: Settings = world, **kwargs: Any) -> RunReport:
        kwargs.setdefault("since", NIGHT)
        kwargs.setdefault("models", light_models)
        return run_nightly(settings, clock=clock, **kwargs)

    return once


def digest_of(settings: Settings) -> dict[str, str]:
    with open_store(settings.database) as store, store.read() as connection:
        return content_digest(connection)


def test_stores_queues_and_publishes_the_whole_night(
    run: Run, world: Settings, night_records: list[dict[str, Any]]
) -> None:
    report = run()

    assert (report.state, report.exit_code, report.problem) == ("done", 0, None)
    assert report.changed
    assert report.night == NIGHT
    assert report.counts("reconcile")["missing_after"] == 0
    with open_store(world.database) as store, store.read() as connection:
        stored = get_papers(connection, [r["arxiv_id"] for r in night_records])
        assert missing(connection, NIGHT) == []
        assert count_labels(connection) == {"gold": 30}
        assert queue_counts(connection)["pending"] == report.queue["pending"] > 0
    assert len(stored) == len(night_records)
    for record in night_records:
        paper = stored[record["arxiv_id"]]
        assert (paper.title, paper.abstract) == (record["title"], record["abstract"])
        assert list(paper.categories) == record["categories"]
    drafts = (world.outputs / "draft-list.md").read_text("utf-8")
    assert drafts.count("https://arxiv.org/abs/") == report.queue["pending"]
    saved = json.loads((world.outputs / "reports" / f"{report.run_id}.json").read_text("utf-8"))
    assert saved["night"] == "2026-07-14"
    assert (world.outputs / "reports" / f"{report.run_id}.md").read_text("utf-8").startswith("# ")


def test_second_run_changes_nothing_and_says_so(run: Run, world: Settings) -> None:
    run()
    before = digest_of(world)
    files = {p: p.read_bytes() for p in world.outputs.glob("*.*")}

    again = run()

    assert again.state == "done"
    assert not again.changed
    assert digest_of(world) == before
    assert {p: p.read_bytes() for p in world.outputs.glob("*.*")} == files


def test_without_since_reads_on_from_the_watermark_less_one_day(
    run: Run, world: Settings, arxiv: StandinServer
) -> None:
    run()
    with open_store(world.database) as store, store.read() as connection:
        assert {h.watermark for h in all_harvests(connection)} <= {NIGHT, None}
        marked = [h.source for h in all_harvests(connection) if h.watermark == NIGHT]
    asked = len(arxiv.log)

    run(since=None)

    first_pages = [r.query["from"] for r in arxiv.log[asked:] if "from" in r.query]
    assert len(first_pages) == len(world.arxiv.categories)
    assert first_pages.count("2026-07-13") == len(marked) > 0


def test_watermark_stays_when_the_source_has_nothing(
    run: Run, small_corpus: Path, tmp_path: Path
) -> None:
    with StandinServer([], today=NIGHT) as empty:
        settings = settings_for(empty, tmp_path / "empty")
        report = run(settings)
    assert report.state == "done"
    with open_store(settings.database) as store, store.read() as connection:
        assert [h.watermark for h in all_harvests(connection)] == [None] * len(
            settings.arxiv.categories
        )
        assert count_papers(connection) == 0


@pytest.mark.parametrize(
    "fault",
    [
        "429:every=3,target=oai",
        "429:every=2,after=1",
        "503:every=3",
        "406:on=2+5",
        "500:every=4",
        "cut:every=4",
        "truncate:every=4,target=oai",
        "empty:on=2,target=oai",
        "empty:on=3+4,target=oai",
        "expired:on=3,target=oai",
        "moved:on=2,target=oai",
        "slow:on=2,wait=0.2",
    ],
)
def test_every_fault_ends_in_the_same_database(
    fault: str, run: Run, world: Settings, night_file: Path, tmp_path: Path
) -> None:
    run()
    clean = digest_of(world)
    with StandinServer(load_records([night_file]), page_size=20, faults=[fault]) as faulty:
        settings = settings_for(faulty, tmp_path / "faulty")
        reports = [run(settings)]
        # A fault may end a run with an error; running again must then finish the night.
        while reports[-1].state != "done" and len(reports) < 12:
            reports.append(run(settings))
        assert any(entry.faults for entry in faulty.log), "the fault never fired"
    assert reports[-1].state == "done", [r.problem for r in reports]
    assert digest_of(settings) == clean


def test_record_lost_by_paging_is_repaired_by_reconciliation(
    run: Run, world: Settings, night_records: list[dict[str, Any]]
) -> None:
    """A paper that OAI-PMH never showed is found through the feed and fetched by id."""
    narrow = world.model_copy(
        update={"arxiv": world.arxiv.model_copy(update={"categories": ("cs.PF", "cs.LG", "cs.CL")})}
    )
    with open_store(narrow.database) as store, held_lease(store, FakeClock()) as lease:
        from litmine.jobs.context import RunContext
        from litmine.jobs.reconcile import reconcile
        from litmine.jobs.sources import open_arxiv

        context = RunContext(narrow, store, FakeClock(), lease=lease)
        with open_arxiv(narrow, store, context.clock) as sources:
            outcome = reconcile(context, sources.announcements, sources.oai, sources.search)
        assert outcome.missing_before == sum(outcome.announced.values()) > 50
        assert outcome.missing_after == 0
        assert outcome.repaired_by_id == outcome.missing_before
        with store.read() as connection:
            assert count_papers(connection) == outcome.missing_before


def test_feed_repairs_when_the_search_api_is_down(
    run: Run, small_corpus: Path, night_file: Path, tmp_path: Path
) -> None:
    from litmine.jobs.context import RunContext
    from litmine.jobs.reconcile import reconcile
    from litmine.jobs.sources import open_arxiv

    with StandinServer(load_records([night_file]), faults=["503:every=1,target=api"]) as server:
        settings = settings_for(server, tmp_path / "data")
        with open_store(settings.database) as store:
            context = RunContext(settings, store, FakeClock())
            with open_arxiv(settings, store, context.clock) as sources:
                outcome = reconcile(context, sources.announcements, sources.oai, sources.search)
    assert outcome.repaired_by_id == 0
    assert outcome.repaired_from_feed == outcome.missing_before > 0
    assert outcome.missing_after == 0
    assert any("repair by id through search failed" in w for w in context.warnings)


@pytest.mark.parametrize(
    ("moment", "warned"),
    [
        (datetime(2026, 7, 14, 6, 0, tzinfo=UTC), True),  # 02:00 Eastern after an announcement
        (datetime(2026, 7, 14, 2, 0, tzinfo=UTC), False),  # the feed has not turned over yet
        (datetime(2026, 7, 18, 6, 0, tzinfo=UTC), False),  # Saturday
    ],
)
def test_empty_feed_on_an_announcement_night_is_told(
    moment: datetime,
    warned: bool,
    world: Settings,
    light_models: Any,
    night_file: Path,
    tmp_path: Path,
) -> None:
    with StandinServer(load_records([night_file]), faults=["empty:on=1,target=rss"]) as server:
        settings = settings_for(server, tmp_path / "data")
        report = run_nightly(settings, since=NIGHT, clock=FakeClock(moment), models=light_models)
        assert report.counts("pull")["new"] == 84, "the papers are there all the same"
        assert any("feed is empty although" in w for w in report.warnings) is warned
        again = run_nightly(settings, since=NIGHT, clock=FakeClock(moment), models=light_models)
    assert sum(again.counts("reconcile")["announced"].values()) == 84
    assert again.counts("reconcile")["missing_before"] == 0


def test_what_came_before_arxiv_went_away_is_judged_the_same_night(
    run: Run, small_corpus: Path, night_file: Path, tmp_path: Path
) -> None:
    # From the fourth OAI-PMH request on, nothing but 503; the feeds still answer.
    faults = ["503:" + "on=" + "+".join(map(str, range(4, 60))) + ",target=oai"]
    with StandinServer(load_records([night_file]), page_size=20, faults=faults) as server:
        settings = settings_for(server, tmp_path / "data")
        report = run(settings)
        assert report.exit_code == SourceError.exit_code
        assert "what came is stored, judged and queued" in (report.problem or "")
        assert report.counts("classify")["papers"] == 84, "the feed's papers came by id"
        assert (settings.outputs / "draft-list.md").is_file()
        server.set_faults()
        again = run(settings, since=None)
    assert again.state == "done"


def test_unreachable_arxiv_says_so_and_changes_nothing(
    run: Run, world: Settings, tmp_path: Path
) -> None:
    with StandinServer([], today=NIGHT) as server:
        settings = settings_for(server, tmp_path / "down", connect_timeout_seconds=1.0)
    report = run(settings)  # the server is gone
    assert report.state == "failed"
    assert report.exit_code == SourceError.exit_code
    assert report.problem is not None
    assert "\n" not in report.problem
    with open_store(settings.database) as store, store.read() as connection:
        assert count_papers(connection) == 0
        assert count_labels(connection) == {}
        assert all_harvests(connection) == []


def test_a_run_under_way_keeps_others_out(run: Run, world: Settings, clock: FakeClock) -> None:
    with open_store(world.database) as store, held_lease(store, clock), pytest.raises(LeaseHeld):
        run()


def test_fenced_off_run_writes_nothing_more(
    world: Settings, clock: FakeClock, light_models: Any
) -> None:
    """A run that slept through its lease, and was replaced, must not commit when it wakes."""
    from litmine.core.errors import LeaseLost
    from litmine.store.schema import leases

    class StolenWhileEncoding(HashEncoder):
        def encode(self, *args: Any, **kwargs: Any) -> Any:
            with open_store(world.database) as other, other.write() as connection:
                connection.execute(leases.update().values(token=leases.c.token + 1, holder="thief"))
            return super().encode(*args, **kwargs)

    models = Models(StolenWhileEncoding(), KeywordClassifier())  # type: ignore[arg-type]
    with pytest.raises(LeaseLost):
        run_nightly(world, since=NIGHT, clock=clock, models=lambda _s: models)
    with open_store(world.database) as store, store.read() as connection:
        from sqlalchemy import func, select

        from litmine.store.schema import vectors

        made = select(func.count()).select_from(vectors).where(vectors.c.content_hash.is_not(None))
        assert connection.execute(made).scalar_one() == 0


def test_rejections_are_remembered_when_a_paper_is_judged_again(run: Run, world: Settings) -> None:
    run()
    with open_store(world.database) as store:
        desk = ReviewDesk(store, "ada")
        first, second = desk.waiting(2)
        desk.reject(first.paper.arxiv_id)
        desk.approve(second.paper.arxiv_id)
    other = Models(
        HashEncoder(),
        KeywordClassifier("keyword-2", ("efficien", "compress")),  # type: ignore[arg-type]
        ("keyword-2", "keyword-1"),
    )

    # A new champion does not judge a night again by itself ...
    assert run(models=lambda _s: other).counts("classify") == {"papers": 0}
    # ... but on request it does.
    assert reclassify(world, models=other).judged
    assert run(models=lambda _s: other).files == []  # the drift watch looks at the night anew
    assert not run(models=lambda _s: other).changed

    with open_store(world.database) as store:
        desk = ReviewDesk(store, "ada")
        waiting = {i.paper.arxiv_id for i in desk.waiting()}
        assert first.paper.arxiv_id not in waiting
        assert desk.show(first.paper.arxiv_id).queue.state == "rejected"
        assert {i.queue.model_id for i in desk.waiting()} == {"keyword-2"}
    listed = (world.outputs / "paper-list.md").read_text("utf-8")
    assert listed.count("https://arxiv.org/abs/") == 1
    assert second.paper.arxiv_id in listed


def test_new_version_is_judged_again_and_only_it(
    run: Run, world: Settings, night_records: list[dict[str, Any]], tmp_path: Path
) -> None:
    run()
    changed = dict(night_records[0])
    changed |= {
        "version": changed["version"] + 1,
        "abstract": "A rewritten summary about efficient serving.",
        "announce_type": "replace",
        "day": "2026-07-15",
        "updated": "2026-07-15",
    }
    archive = tmp_path / "next.jsonl"
    archive.write_text(
        "".join(json.dumps(r) + "\n" for r in [*night_records[1:], changed]), "utf-8"
    )
    encoder = HashEncoder()
    models = Models(encoder, KeywordClassifier())  # type: ignore[arg-type]
    with StandinServer(load_records([archive])) as server:
        settings = settings_for(server, world.data_dir)
        report = run(settings, since=None, models=lambda _s: models)
    assert report.counts("pull")["changed"] + report.counts("reconcile")["repaired_by_id"] == 1
    assert encoder.calls == 1
    with open_store(world.database) as store, store.read() as connection:
        paper = get_papers(connection, [changed["arxiv_id"]])[changed["arxiv_id"]]
        assert paper.version == changed["version"]
        assert count_papers(connection) == len(night_records)


def test_withdrawn_papers_leave_the_queue_and_approved_ones_are_told(
    run: Run, world: Settings, night_records: list[dict[str, Any]], tmp_path: Path
) -> None:
    run()
    with open_store(world.database) as store:
        desk = ReviewDesk(store, "ada")
        waiting, approved, kept = (item.paper.arxiv_id for item in desk.waiting(3))
        desk.approve(approved)
    gone = {waiting, approved}
    archive = tmp_path / "next.jsonl"
    with archive.open("w", encoding="utf-8") as lines:
        for record in night_records:
            if record["arxiv_id"] in gone:
                record = record | {
                    "version": record["version"] + 1,
                    "withdrawn": True,
                    "announce_type": "replace",
                    "day": "2026-07-15",
                    "updated": "2026-07-15",
                }
            lines.write(json.dumps(record) + "\n")
    with StandinServer(load_records([archive])) as server:
        settings = settings_for(server, world.data_dir)
        report = run(settings)
        again = run(settings)
    assert report.counts("enqueue")["withdrawn"] == 1
    assert report.changed
    assert not again.changed
    for told in (report.warnings, again.warnings):
        assert [w for w in told if "withdrawn" in w and approved in w]
    with open_store(world.database) as store:
        left = {item.paper.arxiv_id for item in ReviewDesk(store, "ada").waiting()}
    assert kept in left
    assert not left & gone
    drafts = (world.outputs / "draft-list.md").read_text("utf-8")
    assert waiting not in drafts
    assert kept in drafts


def test_threads_setting_reaches_the_encoder(
    world: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litmine import encode
    from litmine.classify.model import Classifier
    from litmine.jobs.nightly import load_models

    asked: dict[str, Any] = {}

    def load(spec: str, **options: Any) -> HashEncoder:
        asked.update(options, spec=spec)
        return HashEncoder()

    monkeypatch.setattr(encode, "load_encoder", load)
    monkeypatch.setattr(Classifier, "load", lambda _path: KeywordClassifier())
    models = world.models.model_copy(update={"threads": 3})
    load_models(world.model_copy(update={"models": models}))
    assert asked == {"spec": "default", "workers": 3}


def test_dry_run_reports_everything_and_changes_nothing(
    run: Run, world: Settings, clock: FakeClock, light_models: Any, arxiv: StandinServer
) -> None:
    from litmine.jobs.rehearsal import rehearse_nightly

    report = rehearse_nightly(world, since=NIGHT, clock=clock, models=light_models)

    assert report.state == "dry-run"
    assert report.queue["pending"] > 0
    assert not world.outputs.exists()
    with open_store(world.database) as store, store.read() as connection:
        assert count_papers(connection) == 0
    real = run()
    assert real.queue == report.queue


def test_dry_run_of_a_finished_night_would_change_nothing(
    run: Run, world: Settings, clock: FakeClock, light_models: Any
) -> None:
    from litmine.jobs.rehearsal import rehearse_nightly

    run()
    report = rehearse_nightly(world, since=NIGHT, clock=clock, models=light_models)
    assert (report.state, report.changed, report.files) == ("dry-run", False, [])


@pytest.mark.parametrize("folder", ["out", "out/reports"])
def test_output_folder_that_cannot_be_written_is_one_line(
    folder: str, run: Run, world: Settings
) -> None:
    blocked = world.data_dir / folder
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where a folder should be", "utf-8")

    report = run()

    assert (report.state, report.exit_code) == ("failed", ConfigError.exit_code)
    assert str(blocked) in (report.problem or "")
    with open_store(world.database) as store, store.read() as connection:
        (stored,) = last_runs(connection, "nightly")
    assert (stored.state, (stored.report or {})["problem"]) == ("failed", report.problem)
    blocked.unlink()
    again = run()
    assert again.state == "done"
    assert (world.outputs / "draft-list.md").is_file()


def test_damaged_database_is_one_clear_line(world: Settings, run: Run) -> None:
    world.data_dir.mkdir(parents=True)
    (world.data_dir / "litmine.db").write_bytes(b"this is no database" * 500)
    with pytest.raises(StoreError) as caught:
        run()
    assert "\n" not in str(caught.value)
    assert (world.data_dir / "litmine.db").read_bytes().startswith(b"this is no database")


def test_same_night_on_both_databases(
    empty_url: str, run: Run, world: Settings, tmp_path: Path
) -> None:
    """SQLite and PostgreSQL end with the same content, row for row."""
    run()
    other = world.model_copy(
        update={"database_url": empty_url, "output_dir": tmp_path / "other-out"}
    )
    first = run(other)
    second = run(other)
    assert (first.state, second.state) == ("done", "done")
    assert not second.changed
    assert digest_of(other) == digest_of(world)
    for name in ("paper-list.md", "draft-list.md", "draft-list.csv", "draft-list.json"):
        assert (other.outputs / name).read_bytes() == (world.outputs / name).read_bytes()
