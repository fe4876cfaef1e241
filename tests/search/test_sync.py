"""The search index is in step with the database after every sync, whatever happened between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, update

from litmine.core.errors import LeaseHeld
from litmine.index.document import UNLABELLED
from litmine.index.generation import Generation, SearchIndex
from litmine.index.manifest import encoder_folder
from litmine.index.writer import IndexWriter
from litmine.search.progress import SilentSync
from litmine.search.stored import read_documents, read_fingerprints
from litmine.search.sync import SyncReport, is_behind, sync
from litmine.store import Store
from litmine.store.labels import delete_label, put_labels
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.schema import papers, predictions, vectors
from litmine.store.vectors import put_vectors
from tests.support.papers import paper
from tests.support.rows import ENCODER, IDS, MODEL, NOW, judge, label, prediction

OTHER = "encoder-2"


def put_vector(store: Store, arxiv_id: str, place: int, encoder: str = ENCODER) -> None:
    """Give a paper the unit vector along one of four axes."""
    with store.write() as connection:
        content = paper(arxiv_id).content_hash
        put_vectors(connection, encoder, [arxiv_id], [content], np.eye(4)[[place]])


@pytest.fixture
def filled(store: Store) -> Store:
    """Five judged papers with vectors, and a label of one that was never pulled."""
    with store.write() as connection:
        judge(connection)
        put_labels(connection, [label("2401.00625"), label(IDS[1], "list", relevant=-1)])
    for place, arxiv_id in enumerate((*IDS[:3], "2401.00625")):
        put_vector(store, arxiv_id, place)
    return store


Sync = Callable[..., SyncReport]


@pytest.fixture
def synced(filled: Store, tmp_path: Path) -> Sync:
    """Sync the filled database into a folder, once already."""

    def run(encoder_id: str = ENCODER, **more: object) -> SyncReport:
        options = {"model_id": MODEL, "wait": 0.0} | more
        return sync(filled, tmp_path / "index", encoder_id, **options)

    run()
    return run


@pytest.fixture
def index(synced: Sync, tmp_path: Path) -> SearchIndex:
    """The index, open for reading."""
    return SearchIndex.open(tmp_path / "index", ENCODER)


def ids(generation: Generation) -> set[str]:
    """Papers that can be found."""
    return {
        name
        for one in generation.segments
        for name, alive in zip(one.ids, one.alive, strict=True)
        if alive
    }


def facts_of(generation: Generation, arxiv_id: str) -> dict[str, object]:
    """Facts of one paper."""
    place = generation.find(arxiv_id)
    assert place is not None
    facts = generation.segments[place[0]].facts
    return {name: getattr(facts, name)[place[1]] for name in vars(facts)}


def test_the_first_sync_takes_in_everything(synced: Sync, index: SearchIndex) -> None:
    now = index.current()
    assert ids(now) == {*IDS, "2401.00625"}
    assert (now.papers, now.vectors, now.complete, now.encoder_id) == (6, 4, True, ENCODER)
    pulled = facts_of(now, IDS[0])
    assert pulled["said_by"] == 1  # the model
    assert pulled["label"] == UNLABELLED
    assert pulled["relevance"] == np.float32(0.9)
    assert pulled["has_abstract"]
    assert pulled["has_vector"]
    assert pulled["day"] == (date(2026, 6, 29) - date(1970, 1, 1)) / timedelta(days=1)
    labelled = facts_of(now, "2401.00625")
    assert labelled["said_by"] == 3
    assert labelled["label"] == 1
    assert np.isnan(labelled["relevance"])
    assert not labelled["has_abstract"]
    assert labelled["cells"] == pulled["cells"] != 0
    listed = facts_of(now, IDS[1])
    assert (listed["label"], listed["said_by"]) == (-1, 1)  # a model's cells before a list's


def test_words_and_vectors_are_found(index: SearchIndex) -> None:
    (segment,) = index.current().segments
    rows = segment.postings.holding(["label"])
    assert segment.ids.take(rows) == ["2401.00625"]
    (row,), (similarity,) = segment.dense.search(np.eye(4)[3], 1)
    assert segment.ids[row] == "2401.00625"
    assert similarity == 1


def test_a_second_sync_finds_nothing_to_do(synced: Sync, index: SearchIndex) -> None:
    before = index.current()
    report = synced()
    assert (report.added, report.changed, report.judged, report.removed) == (0, 0, 0, 0)
    assert index.current() is before
    assert "nothing to do" in report.summary


def test_a_new_paper_is_added(filled: Store, synced: Sync, index: SearchIndex) -> None:
    with filled.write() as connection:
        upsert_papers(connection, [paper("2607.00001")], NOW)
    assert is_behind(filled, index)
    assert synced().added == 1
    assert not is_behind(filled, index)
    assert "2607.00001" in ids(index.current())


def test_a_changed_paper_is_written_anew(filled: Store, synced: Sync, index: SearchIndex) -> None:
    changed = paper(IDS[0], title="Entirely other words", version=2)
    with filled.write() as connection:
        upsert_papers(connection, [changed], NOW)
    report = synced()
    assert (report.added, report.changed) == (0, 1)
    now = index.current()
    assert now.papers == 6
    place = now.find(IDS[0])
    assert place is not None
    segment = now.segments[place[0]]
    assert segment.postings.sequence(place[1])[0][0].startswith("entir")


@pytest.mark.parametrize(
    "change",
    [{"authors": ("Cy New",)}, {"categories": ("cs.AR",)}, {"published": date(2026, 1, 2)}],
)
def test_other_parts_of_a_paper_count_too(
    filled: Store, synced: Sync, change: dict[str, object]
) -> None:
    with filled.write() as connection:
        upsert_papers(connection, [paper(IDS[0], version=2, **change)], NOW)
    assert synced().changed == 1
    assert synced().changed == 0


def test_what_does_not_show_in_a_search_changes_nothing(filled: Store, synced: Sync) -> None:
    with filled.write() as connection:
        upsert_papers(connection, [paper(IDS[0], comments="12 pages")], NOW)
    report = synced()
    assert (report.added, report.changed, report.judged, report.removed) == (0, 0, 0, 0)


def test_a_withdrawn_paper_goes_and_comes_back(
    filled: Store, synced: Sync, index: SearchIndex
) -> None:
    for withdrawn in (True, False):
        with filled.write() as connection:
            connection.execute(
                update(papers).where(papers.c.arxiv_id == IDS[0]).values(withdrawn=withdrawn)
            )
        report = synced()
        assert (report.removed, report.added) == ((1, 0) if withdrawn else (0, 1))
        assert (IDS[0] in ids(index.current())) is not withdrawn


def test_a_withdrawn_paper_does_not_stay_by_its_label(filled: Store, synced: Sync) -> None:
    with filled.write() as connection:
        put_labels(connection, [label(IDS[0])])
        connection.execute(update(papers).where(papers.c.arxiv_id == IDS[0]).values(withdrawn=True))
    assert synced().papers == 5


def test_a_paper_that_vanished_is_removed(filled: Store, synced: Sync, index: SearchIndex) -> None:
    with filled.write() as connection:
        connection.execute(delete(papers).where(papers.c.arxiv_id == IDS[2]))
        delete_label(connection, "2401.00625", "gold")
    assert is_behind(filled, index)
    assert synced().removed == 2
    assert ids(index.current()) == set(IDS) - {IDS[2]}


def test_another_vector_of_the_same_text_is_taken_in(
    filled: Store, synced: Sync, index: SearchIndex
) -> None:
    put_vector(filled, IDS[0], 2)
    assert synced().changed == 1
    now = index.current()
    place = now.find(IDS[0])
    assert place is not None
    assert now.segments[place[0]].dense.similarities(np.eye(4)[2], [place[1]]) == [1]


def test_a_vector_that_came_late_is_taken_in(filled: Store, synced: Sync) -> None:
    put_vector(filled, IDS[3], 2)
    report = synced()
    assert (report.changed, report.vectors) == (1, 5)


def test_a_new_judgement_writes_no_words_and_no_vectors(
    filled: Store, synced: Sync, index: SearchIndex
) -> None:
    before = index.current()
    with filled.write() as connection:
        put_predictions(
            connection, [prediction(IDS[0], 0.25, assigned=("architecture/energy",), technique=())]
        )
    report = synced()
    assert (report.changed, report.judged) == (0, 1)
    now = index.current()
    assert [one.name for one in now.segments] == [one.name for one in before.segments]
    facts = facts_of(now, IDS[0])
    assert facts["relevance"] == np.float32(0.25)
    assert facts["techniques"] == 0
    assert facts["cells"] != facts_of(before, IDS[0])["cells"]
    assert synced().judged == 0


def test_a_label_counts_more_than_a_prediction_only_when_it_is_annotated(
    filled: Store, synced: Sync, index: SearchIndex
) -> None:
    with filled.write() as connection:
        put_labels(connection, [label(IDS[0], cells=("architecture/energy",), relevant=0)])
    assert synced().judged == 1
    facts = facts_of(index.current(), IDS[0])
    assert (facts["label"], facts["said_by"]) == (0, 3)
    assert facts["relevance"] == np.float32(0.9)
    assert facts["cells"] != facts_of(index.current(), IDS[1])["cells"]


def test_reviewers_labels_are_not_in_the_index(filled: Store, synced: Sync) -> None:
    with filled.write() as connection:
        put_labels(connection, [label(IDS[0], "review", relevant=0)])
    assert synced().judged == 0


def test_the_champions_prediction_counts_and_then_its_predecessors(
    filled: Store, synced: Sync, index: SearchIndex
) -> None:
    with filled.write() as connection:
        for model, relevance in (("model-0", 0.1), ("model-2", 0.2)):
            put_predictions(connection, [prediction(IDS[0], relevance, model_id=model)])
    for order, expected in (
        ((MODEL, "model-0"), 0.9),
        (("model-9", "model-2", "model-0"), 0.2),
        (("model-0",), 0.1),
        ((), 0.1),  # then in order of id: model-0, model-1, model-2
    ):
        synced(model_id=order[0] if order else None, earlier=order[1:])
        assert facts_of(index.current(), IDS[0])["relevance"] == np.float32(expected)


def test_a_prediction_for_the_present_text_counts_more(
    filled: Store, synced: Sync, index: SearchIndex
) -> None:
    with filled.write() as connection:
        put_predictions(
            connection, [prediction(IDS[0], 0.3, model_id="old", content_hash="b" * 64)]
        )
    synced(model_id="old", earlier=[MODEL])
    assert facts_of(index.current(), IDS[0])["relevance"] == np.float32(0.9)
    with filled.write() as connection:
        connection.execute(delete(predictions).where(predictions.c.model_id == MODEL))
    synced(model_id="old")
    assert facts_of(index.current(), IDS[0])["relevance"] == np.float32(0.3)
    assert np.isnan(facts_of(index.current(), IDS[1])["relevance"])


def test_documents_come_with_the_fingerprints_of_the_whole(filled: Store) -> None:
    with filled.read() as connection:
        all_of_them = read_fingerprints(connection, ENCODER, [MODEL])
    names = [name.decode() for name in all_of_them.names.tolist()]
    documents = [document for document, _ in read_documents(filled, ENCODER, [MODEL], names)]
    assert [one.id for one in documents] == names == sorted(names)
    assert [one.fingerprint.encode() for one in documents] == all_of_them.texts.tolist()


def test_a_database_restored_from_a_backup_is_followed_back(
    make_store: Callable[[], Store], tmp_path: Path
) -> None:
    early, late = make_store(), make_store()
    for store in (early, late):
        with store.write() as connection:
            judge(connection, IDS[:2])
    with late.write() as connection:
        judge(connection, IDS[2:])
        upsert_papers(connection, [paper(IDS[0], title="Later words", version=2)], NOW)
    sync(late, tmp_path, ENCODER, model_id=MODEL)
    index = SearchIndex.open(tmp_path, ENCODER)
    assert is_behind(early, index)
    report = sync(early, tmp_path, ENCODER, model_id=MODEL)
    assert (report.added, report.changed, report.removed) == (0, 1, 3)
    assert ids(index.current()) == set(IDS[:2])


def test_a_library_without_pulled_papers_is_indexed(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        put_labels(connection, [label("2401.00625")])
    index = SearchIndex.open(tmp_path, ENCODER)
    assert is_behind(store, index)
    sync(store, tmp_path, ENCODER)
    assert not is_behind(store, index)
    assert ids(index.current()) == {"2401.00625"}


def test_putting_segments_together_can_be_given_up(filled: Store, tmp_path: Path) -> None:
    sync(filled, tmp_path, ENCODER, model_id=MODEL)
    before = SearchIndex.open(tmp_path, ENCODER).current()
    with filled.write() as connection:
        upsert_papers(connection, [paper("2607.00001")], NOW)

    class Ended(SilentSync):
        counted = 0

        def advance(self, count: int = 1) -> None:
            self.counted += count
            if count == 0:
                raise RuntimeError("the application ends")

    progress = Ended()
    with pytest.raises(RuntimeError, match="ends"):
        sync(filled, tmp_path, ENCODER, model_id=MODEL, progress=progress)
    assert progress.counted == 1
    after = SearchIndex.open(tmp_path, ENCODER).current()
    assert ids(after) == ids(before) | {"2607.00001"}
    assert sync(filled, tmp_path, ENCODER, model_id=MODEL).segments == 1


def test_an_empty_database_makes_an_empty_index(store: Store, tmp_path: Path) -> None:
    assert not is_behind(store, SearchIndex.open(tmp_path, ENCODER))
    report = sync(store, tmp_path, ENCODER)
    assert report.papers == 0
    assert SearchIndex.open(tmp_path, ENCODER).current().segments == ()


def test_an_index_from_before_another_taxonomy_is_made_anew(
    synced: Sync, index: SearchIndex, tmp_path: Path
) -> None:
    manifest = encoder_folder(tmp_path / "index", ENCODER) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"taxonomy": "', '"taxonomy": "0'))
    report = synced()
    assert report.added == 6
    assert report.rebuilt_because is not None
    assert "taxonomy" in report.rebuilt_because
    assert index.current().papers == 6


def test_a_rebuild_is_made_beside_the_old_index(synced: Sync, index: SearchIndex) -> None:
    before = index.current()
    report = synced(rebuild=True)
    now = index.current()
    assert (report.added, now.papers, now.number) == (6, 6, before.number + 1)
    assert not {one.name for one in now.segments} & {one.name for one in before.segments}
    # What a reader holds stays readable after its files are gone.
    assert before.segments[0].postings.sequence(0)[0]


def test_a_damaged_segment_is_written_again(
    filled: Store, synced: Sync, index: SearchIndex, tmp_path: Path
) -> None:
    (segment,) = index.current().segments
    path = encoder_folder(tmp_path / "index", ENCODER) / "segments" / segment.name
    vectors_file = path / "dense" / "vectors.f16"
    raw = bytearray(vectors_file.read_bytes())
    raw[5] ^= 1
    vectors_file.write_bytes(raw)
    report = synced()
    assert report.added == 6
    assert "vectors.f16" in str(report.rebuilt_because)
    assert synced().rebuilt_because is None


def test_a_second_sync_at_once_says_that_one_is_under_way(synced: Sync, tmp_path: Path) -> None:
    with (
        IndexWriter(tmp_path / "index", ENCODER),
        pytest.raises(LeaseHeld, match="search index is being written by process"),
    ):
        synced()


def test_an_index_of_a_new_encoder_replaces_the_old_one_when_papers_have_vectors(
    filled: Store, synced: Sync, index: SearchIndex, tmp_path: Path
) -> None:
    wanted = SearchIndex.open(tmp_path / "index", OTHER)
    assert wanted.current().encoder_id == ENCODER
    report = synced(OTHER)
    assert (report.complete, report.vectors) == (False, 0)
    assert wanted.current().encoder_id == ENCODER
    # The one in use is kept in step meanwhile.
    with filled.write() as connection:
        upsert_papers(connection, [paper("2607.00001")], NOW)
        connection.execute(delete(vectors).where(vectors.c.arxiv_id == IDS[0]))
    synced(OTHER)
    assert wanted.current().papers == 7
    assert wanted.current().vectors == 3
    for place, arxiv_id in enumerate((*IDS, "2607.00001")):
        put_vector(filled, arxiv_id, place % 4, OTHER)
    assert synced(OTHER).complete
    now = wanted.current()
    assert (now.encoder_id, now.papers, now.vectors) == (OTHER, 7, 6)
    # One sync later the old one is gone; whoever still asks for it gets the new one.
    assert index.current().encoder_id == ENCODER
    synced(OTHER)
    assert not encoder_folder(tmp_path / "index", ENCODER).exists()
    assert index.current().encoder_id == OTHER


def test_nights_leave_few_segments(filled: Store, synced: Sync, index: SearchIndex) -> None:
    for night in range(12):
        with filled.write() as connection:
            upsert_papers(connection, [paper(f"2607.{night:05}")], NOW)
        assert synced().segments <= 2
    assert index.current().papers == 18
    assert all(one.alive.all() for one in index.current().segments)
