"""An index that changes under its readers: every answer is one generation's, none is half."""

from __future__ import annotations

import errno
import gc
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import litmine.index.writer as writer_module
from litmine.core.errors import InputError, LeaseHeld, StoreError
from litmine.index.base import Damaged
from litmine.index.generation import Generation, SearchIndex, open_generation
from litmine.index.manifest import Manifest, encoder_folder, read_manifest, segments_folder
from litmine.index.segment import Segment
from litmine.index.writer import IndexWriter, segments_to_merge
from tests.support.indexing import (
    DIM,
    ENCODER,
    assert_consistent,
    contents,
    document,
    name,
    vector,
)

OTHER = "encoder/2 (large)"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Folder of the indexes."""
    return tmp_path / "index"


@pytest.fixture
def writer(index: Path) -> IndexWriter:
    return IndexWriter(index, ENCODER, dim=DIM)


def files(index: Path) -> set[str]:
    """Names of all files, the lock left out."""
    return {
        str(path.relative_to(index))
        for path in index.rglob("*")
        if path.is_file() and path.name != "writer.lock"
    }


def test_an_index_that_is_not_there_yet_holds_nothing(index: Path) -> None:
    now = SearchIndex.open(index, ENCODER).current()
    assert (now.number, now.papers, now.vectors, now.segments, now.complete) == (0, 0, 0, (), False)
    assert now.find(name(1)) is None
    assert not index.exists()


def test_a_reader_sees_a_new_generation_at_its_next_look(writer: IndexWriter, index: Path) -> None:
    reader = SearchIndex.open(index, ENCODER)
    writer.apply([(document(n), vector(n)) for n in range(5)])
    first = reader.current()
    assert (first.number, first.papers, first.encoder_id) == (1, 5, ENCODER)
    assert reader.current() is first
    writer.apply([(document(2, 1), None), (document(9), vector(9))], [name(0)])
    second = reader.current()
    assert (second.number, second.papers, second.vectors) == (2, 5, 4)
    assert contents(second)[name(2)] == "2.1.0"
    assert_consistent(second)
    # What the reader held before is as it was.
    assert contents(first) == {name(n): f"{n}.0.0" for n in range(5)}
    # A segment that both have is open once.
    assert second.segments[0].postings is first.segments[0].postings


def test_nothing_to_do_makes_no_generation(writer: IndexWriter) -> None:
    first = writer.apply([(document(1), vector(1))], source={"papers": 1})
    assert writer.apply([], ["unknown"], source={"papers": 1}).number == first.number
    assert writer.apply().number == first.number
    assert writer.apply(source={"papers": 2}).number == first.number + 1


def test_judgements_of_unknown_papers_are_passed_over(writer: IndexWriter) -> None:
    writer.apply([(document(1), vector(1))])
    now = writer.apply(judge=[document(1, 0, 7).judgement, document(2).judgement])
    assert contents(now) == {name(1): "1.0.7"}
    assert_consistent(now)


def test_files_of_old_generations_are_deleted_while_they_are_read(
    writer: IndexWriter, index: Path
) -> None:
    reader = SearchIndex.open(index, ENCODER)
    writer.apply([(document(n), vector(n)) for n in range(5)])
    held = reader.current()
    with writer:
        writer.discard()
        writer.apply([(document(7), vector(7))])
    assert len(list(segments_folder(writer.folder).iterdir())) == 2
    assert_consistent(held)
    assert contents(reader.current()) == {name(7): "7.0.0"}


def test_removing_everything_leaves_an_index_of_nothing(writer: IndexWriter, index: Path) -> None:
    writer.apply([(document(n), vector(n)) for n in range(3)])
    now = writer.apply(remove=[name(n) for n in range(3)])
    assert (now.number, now.papers, now.segments) == (2, 0, ())
    assert files(index) == {f"{ENCODER}/manifest.json"}


def test_segments_are_put_together(writer: IndexWriter, index: Path) -> None:
    for n in range(6):
        writer.apply([(document(n), vector(n))])
    writer.apply(remove=[name(1)])
    asked: list[list[str]] = []

    def reread(ids: list[str]) -> Iterator[tuple[object, object]]:
        asked.append(list(ids))
        yield from ((document(n, 1), vector(n)) for n in range(2, 6))  # 0 is gone meanwhile

    now = writer.compact(reread)
    assert asked == [sorted(name(n) for n in (0, 2, 3, 4, 5))]
    assert len(now.segments) == 1
    assert contents(now) == {name(n): f"{n}.1.0" for n in range(2, 6)}
    assert_consistent(SearchIndex.open(index, ENCODER).current())
    assert writer.compact(reread).number == now.number


@dataclass(eq=False)
class Size:
    """As much of a segment as is looked at to put segments together."""

    papers: int

    def __len__(self) -> int:
        return self.papers


@pytest.mark.parametrize(
    ("night", "nights", "first", "most"), [(500, 700, 218_000, 3_000_000), (1, 3000, 0, 1_600_000)]
)
def test_few_segments_are_kept_and_papers_seldom_written_again(
    night: int, nights: int, first: int, most: int
) -> None:
    segments = [Size(first)] if first else []
    written = 0
    for _ in range(nights):
        segments.append(Size(night))
        chosen = segments_to_merge(segments)
        if chosen:
            total = sum(one.papers for one in chosen)
            written += total
            segments = [*(one for one in segments if one not in chosen), Size(total)]
        assert len(segments) <= 8
    assert sum(one.papers for one in segments) == first + night * nights
    assert written <= most


def test_segments_of_a_million_are_left_alone() -> None:
    big = [Size(1_000_000), Size(1_000_000), Size(700_000)]
    assert segments_to_merge(big) == []
    assert segments_to_merge([*big, Size(500), Size(600)])[0].papers == 500
    assert len(segments_to_merge([*big, Size(500), Size(600)])) == 2


def test_a_segment_of_mostly_dead_rows_is_written_anew(
    writer: IndexWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "_SMALL", 5)
    writer.apply([(document(n), vector(n)) for n in range(40)])
    now = writer.apply(remove=[name(n) for n in range(15)])
    assert len(now.segments[0]) == 40
    kept = [(document(n), vector(n)) for n in range(15, 40)]
    now = writer.compact(lambda _ids: kept)
    assert [len(one) for one in now.segments] == [25]


def test_very_many_papers_come_in_several_generations(
    writer: IndexWriter, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "SEGMENT_ROWS", 10)
    reader = SearchIndex.open(index, ENCODER)
    seen: list[tuple[int, bool]] = []

    def incoming() -> Iterator[tuple[object, object]]:
        for n in range(25):
            now = reader.current()
            seen.append((now.papers, now.complete))
            yield document(n), vector(n)

    now = writer.apply(incoming(), [name(30)])
    assert [len(one) for one in now.segments] == [10, 10, 5]
    assert set(seen) == {(0, False), (10, False), (20, False)}
    assert (now.papers, now.complete) == (25, True)
    # Made anew, it replaces the old one as a whole.
    seen.clear()
    with writer:
        writer.discard()
        writer.apply(incoming())
    assert set(seen) == {(25, True)}


def test_a_failing_source_leaves_the_old_generation(writer: IndexWriter, index: Path) -> None:
    writer.apply([(document(1), vector(1))])
    before = files(index)
    for bad in (
        [(document(2), vector(2)), (document(2), vector(2))],
        [(document(3), vector(3)[:4])],
    ):
        with pytest.raises(InputError):
            writer.apply(bad, [name(1)])
        assert files(index) == before
    assert contents(SearchIndex.open(index, ENCODER).current()) == {name(1): "1.0.0"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("where", ["write_segment", "write_manifest"])
def test_a_full_disk_is_told_and_the_old_generation_stays(
    writer: IndexWriter, index: Path, monkeypatch: pytest.MonkeyPatch, code: int, where: str
) -> None:
    writer.apply([(document(1), vector(1))])

    def full(*_: object, **__: object) -> None:
        raise OSError(code, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writer_module, where, full)
        with pytest.raises(StoreError, match="the one before stays in use") as told:
            writer.apply([(document(2), vector(2))])
        assert "\n" not in str(told.value)
        assert ("free some space" in str(told.value)) == (code == errno.ENOSPC)
    assert contents(SearchIndex.open(index, ENCODER).current()) == {name(1): "1.0.0"}
    writer.apply([(document(3), vector(3))])
    assert len(list(segments_folder(writer.folder).iterdir())) == 4  # and no rubbish


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        IndexWriter(tmp_path / "file" / "index", ENCODER).apply()


def test_one_writer_at_a_time(writer: IndexWriter, index: Path) -> None:
    other = IndexWriter(index, OTHER, dim=DIM)
    with writer, pytest.raises(LeaseHeld, match="being written by process"):
        other.apply()
    other.apply()


def test_the_second_writer_waits(writer: IndexWriter, index: Path) -> None:
    patient = IndexWriter(index, ENCODER, dim=DIM, wait=30)
    started = threading.Event()

    def second() -> None:
        started.set()
        patient.apply([(document(2), vector(2))])

    thread = threading.Thread(target=second)
    with writer:
        thread.start()
        started.wait()
        writer.apply([(document(1), vector(1))])
    thread.join()
    assert contents(writer.generation).keys() == {name(1), name(2)}


def test_a_vector_tells_how_long_vectors_are(index: Path) -> None:
    with pytest.raises(InputError, match="how long vectors are"):
        IndexWriter(index, ENCODER).apply([(document(1), None)])
    now = IndexWriter(index, ENCODER).apply([(document(1), None), (document(2), vector(2))])
    assert now.segments[0].dense.dim == DIM
    now = IndexWriter(index, ENCODER).apply([(document(3), None)])
    assert now.papers == 3


@pytest.mark.parametrize("field", ["dim", "analysis", "taxonomy", "encoder_id"])
def test_what_was_made_otherwise_is_not_built_upon(
    writer: IndexWriter, index: Path, field: str
) -> None:
    writer.apply([(document(1), vector(1))])
    path = writer.folder / "manifest.json"
    raw = json.loads(path.read_text())
    raw[field] = 3 if field == "dim" else "other"
    path.write_text(json.dumps(raw))
    reader = SearchIndex.open(index, "other" if field == "encoder_id" else ENCODER)
    assert reader.current().papers == 0
    if field in {"analysis", "taxonomy"}:
        assert "made otherwise" in str(reader.trouble)
    assert field in str(writer.rebuilt_because)
    now = writer.apply([(document(2), vector(2))])
    assert (now.number, contents(now)) == (2, {name(2): "2.0.0"})
    assert writer.rebuilt_because is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": 1}', '{"format": 99}', '{"format": 1, "parts": [{}]}'],
)
def test_a_damaged_manifest_is_told_to_readers_and_replaced_by_writers(
    writer: IndexWriter, index: Path, text: str
) -> None:
    writer.apply([(document(1), vector(1))])
    reader = SearchIndex.open(index, ENCODER)
    held = reader.current()
    path = writer.folder / "manifest.json"
    path.write_text(text)
    assert reader.current() is held
    assert reader.trouble is not None
    fresh = SearchIndex.open(index, ENCODER)
    assert (fresh.current().papers, fresh.trouble) == (0, reader.trouble)
    assert writer.rebuilt_because == reader.trouble
    writer.apply([(document(2), vector(2))])
    assert contents(reader.current()) == contents(fresh.current()) == {name(2): "2.0.0"}
    assert reader.trouble is fresh.trouble is None


def test_a_manifest_cannot_name_files_elsewhere(writer: IndexWriter) -> None:
    writer.apply([(document(1), vector(1))])
    path = writer.folder / "manifest.json"
    raw = json.loads(path.read_text())
    raw["parts"][0]["name"] = "../../elsewhere"
    path.write_text(json.dumps(raw))
    with pytest.raises(Damaged, match="elsewhere"):
        read_manifest(writer.folder)


def test_every_file_of_another_size_is_noticed_at_once(writer: IndexWriter, index: Path) -> None:
    writer.apply([(document(n), vector(n)) for n in range(3)])
    now = writer.apply([(document(5), vector(5))])
    first, _ = now.segments
    folder = segments_folder(writer.folder)
    for path in sorted(p for p in (folder / first.name).rglob("*") if p.is_file()):
        if path.name == "segment.json":
            continue  # read by checks only
        raw = path.read_bytes()
        path.write_bytes(raw + b"x")
        reader = SearchIndex.open(index, ENCODER)
        assert reader.current().papers == 0
        assert path.name in str(reader.trouble)
        assert path.name in str(writer.rebuilt_because)
        # What is not damaged is built upon.
        assert contents(writer.generation) == {name(5): "5.0.0"}
        path.write_bytes(raw)
    assert writer.rebuilt_because is None


def test_every_flipped_bit_is_found_by_a_check(writer: IndexWriter) -> None:
    now = writer.apply([(document(n), vector(n)) for n in range(3)])
    assert now.manifest is not None
    assert now.manifest.damaged_parts(writer.folder) == {}
    for path in sorted(p for p in segments_folder(writer.folder).rglob("*") if p.is_file()):
        raw = path.read_bytes()
        path.write_bytes(raw[:20] + bytes([raw[20] ^ 1]) + raw[21:])
        (wrong,) = now.manifest.damaged_parts(writer.folder).values()
        assert path.name in wrong
        path.unlink()
        assert now.manifest.damaged_parts(writer.folder)
        path.write_bytes(raw)


def test_an_encoder_has_a_folder_of_its_own(index: Path) -> None:
    names = [ENCODER, OTHER, "a/b", "a-b", "..", ".", "", "x" * 300, "Größe"]
    folders = {encoder_folder(index, one) for one in names}
    assert len(folders) == len(names)
    assert {folder.parent for folder in folders} == {index}
    assert all(len(folder.name) <= 64 and folder.name[0] != "." for folder in folders)


def test_the_old_encoders_index_is_used_until_the_new_one_is_complete(
    writer: IndexWriter, index: Path
) -> None:
    writer.apply([(document(1), vector(1))])
    reader = SearchIndex.open(index, OTHER)
    assert reader.current().encoder_id == ENCODER
    new = IndexWriter(index, OTHER, dim=DIM)
    new.apply([(document(1), None)], complete=False)
    assert reader.current().encoder_id == ENCODER
    writer.apply([(document(2), vector(2))])
    assert reader.current().papers == 2
    new.apply([(document(1), vector(1))], complete=True)
    assert (reader.current().encoder_id, reader.current().papers) == (OTHER, 1)
    # Without another one, an index is used before it is complete.
    shutil.rmtree(writer.folder)
    new.apply([(document(2), vector(2))], complete=False)
    assert SearchIndex.open(index, OTHER).current().papers == 2
    assert SearchIndex.open(index, ENCODER).current().papers == 0


def test_a_reader_that_is_overtaken_looks_again(
    writer: IndexWriter, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a reader's look at the manifest and at the files, the files are replaced."""
    writer.apply([(document(1), vector(1))])
    opening = Segment.open
    overtaken = []

    def slow(*arguments: object, **more: object) -> Segment:
        if len(overtaken) < 3:
            overtaken.append(1)
            with IndexWriter(index, ENCODER) as other:
                monkeypatch.setattr(Segment, "open", opening)
                other.discard()
                other.apply([(document(1, len(overtaken)), vector(1))])
                monkeypatch.setattr(Segment, "open", slow)
        return opening(*arguments, **more)

    monkeypatch.setattr(Segment, "open", slow)
    reader = SearchIndex.open(index, ENCODER)
    assert contents(reader.current()) == {name(1): "1.3.0"}
    assert reader.trouble is None


def test_readers_in_threads_meet_whole_generations_only(index: Path) -> None:
    """Generation g holds papers that all say g; 50 swaps under four readers."""
    papers, swaps, readers = 6, 50, 4
    reader = SearchIndex.open(index, ENCODER)
    stop = threading.Event()
    seen: list[set[int]] = [set() for _ in range(readers)]
    problems: list[BaseException] = []

    def read(place: int) -> None:
        last = 0
        try:
            while not stop.is_set():
                now = reader.current()
                assert now.number >= last
                if now.number == last:
                    time.sleep(0.001)
                    continue
                last = now.number
                held = contents(now)
                editions = {int(mark.split(".")[1]) for mark in held.values()}
                assert editions == {now.number}
                assert len(held) == papers
                assert_consistent(now)
                seen[place].add(now.number)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=read, args=(place,)) for place in range(readers)]
    for thread in threads:
        thread.start()
    try:
        writer = IndexWriter(index, ENCODER, dim=DIM)
        for edition in range(1, swaps + 1):
            rows = [(document(n, edition), vector(n)) for n in range(papers)]
            assert writer.apply(rows).number == edition
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []
    assert all(len(one) > 1 for one in seen)


def test_generations_that_nobody_holds_are_closed(writer: IndexWriter, index: Path) -> None:
    reader = SearchIndex.open(index, ENCODER)

    def held() -> tuple[int, int]:
        gc.collect()
        maps = Path("/proc/self/maps").read_text().count(str(index))
        return maps, len(os.listdir("/proc/self/fd"))

    counts = []
    for edition in range(6):
        writer.apply([(document(n, edition), vector(n)) for n in range(3)])
        now = reader.current()
        now.segments[0].dense.search(vector(1), 1)
        counts.append(held())
        del now
    assert len(set(counts)) == 1, counts


class Follows(RuleBasedStateMachine):
    """Whatever a writer does, the index holds what a dictionary holds, and so does a reader."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        self.model: dict[str, str] = {}
        self.numbers = st.integers(0, 11)
        self.held: list[tuple[Generation, dict[str, str]]] = []

    @initialize()
    def begin(self) -> None:
        self.writer = IndexWriter(self.folder, ENCODER, dim=DIM)
        self.reader = SearchIndex.open(self.folder, ENCODER)

    @rule(
        add=st.dictionaries(st.integers(0, 11), st.tuples(st.integers(0, 9), st.booleans())),
        remove=st.sets(st.integers(0, 11), max_size=4),
        judge=st.dictionaries(st.integers(0, 11), st.integers(0, 99), max_size=4),
    )
    def apply(
        self, add: dict[int, tuple[int, bool]], remove: set[int], judge: dict[int, int]
    ) -> None:
        for n in remove:
            self.model.pop(name(n), None)
        said = []
        for n, judged in judge.items():
            if name(n) in self.model:
                edition = int(self.model[name(n)].split(".")[1])
                said.append(document(n, edition, judged).judgement)
                self.model[name(n)] = f"{n}.{edition}.{judged}"
        rows = [
            (document(n, edition), vector(n) if dense else None)
            for n, (edition, dense) in add.items()
        ]
        self.model |= {one.id: one.fingerprint for one, _ in rows}
        self.writer.apply(rows, [name(n) for n in remove], said)

    @rule()
    def compact(self) -> None:
        def reread(ids: list[str]) -> Iterator[tuple[object, object]]:
            for one in ids:
                n, edition, judged = map(int, self.model[one].split("."))
                yield document(n, edition, judged), vector(n)

        now = self.writer.compact(reread)
        assert len(now.segments) <= 1

    @rule()
    def rebuild(self) -> None:
        with self.writer:
            self.writer.discard()
            rows = []
            for mark in self.model.values():
                n, edition, judged = map(int, mark.split("."))
                rows.append((document(n, edition, judged), vector(n)))
            self.writer.apply(rows)

    @rule()
    def open_anew(self) -> None:
        self.writer = IndexWriter(self.folder, ENCODER, dim=DIM)
        self.reader = SearchIndex.open(self.folder, ENCODER)

    @rule()
    def hold(self) -> None:
        self.held.append((self.reader.current(), dict(self.model)))

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "reader"):
            return
        now = self.reader.current()
        assert self.reader.trouble is None
        assert contents(now) == self.model
        assert_consistent(now)
        for generation, model in self.held:
            assert contents(generation) == model
        named = {part.name for part in now.manifest.parts} if now.manifest else set()
        folder = segments_folder(self.writer.folder)
        there = {path.name for path in folder.iterdir() if path.is_dir()} if folder.exists() else {}
        assert set(there) == named

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


Follows.TestCase.settings = settings(max_examples=15, stateful_step_count=10, deadline=None)
test_the_index_follows = Follows.TestCase


def test_a_generation_must_be_what_its_manifest_says(writer: IndexWriter) -> None:
    now = writer.apply([(document(n), vector(n)) for n in range(3)])
    manifest = now.manifest
    assert manifest is not None
    (part,) = manifest.parts
    wrong: list[Manifest] = [
        replace(manifest, parts=(replace(part, rows=4),)),
        replace(manifest, parts=(replace(part, papers=2),)),
        replace(manifest, dim=DIM + 1),
        replace(manifest, encoder_id=OTHER),
        replace(manifest, parts=(replace(part, state="0.state"),)),
    ]
    for one in wrong:
        with pytest.raises(Damaged):
            open_generation(writer.folder, one)
    assert open_generation(writer.folder, manifest).papers == 3
