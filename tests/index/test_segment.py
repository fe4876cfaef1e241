"""A segment: rows, ids, facts and state in step, and nothing half-written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.index.base import Damaged
from litmine.index.document import Document, Judgement
from litmine.index.segment import NO_DAY, Segment, day_number
from litmine.index.segment_build import write_segment
from litmine.index.state import Masks, State
from tests.support.indexing import DIM, ENCODER, document, name, vector

Incoming = tuple[Document, NDArray[np.float32] | None]


@pytest.fixture
def masks() -> Masks:
    return Masks(load_taxonomy())


def written(folder: Path, documents: list[Incoming], masks: Masks) -> Segment:
    """Write a segment with its state and open it."""
    made, state = write_segment(folder, documents, encoder_id=ENCODER, dim=DIM, masks=masks)
    saved = Segment.fresh(folder, made, state).saved(folder)
    return Segment.open(folder, saved.name, saved.state_name)


@pytest.fixture
def segment(tmp_path: Path, masks: Masks) -> Segment:
    """Twenty papers, not in order of id; every third without a vector."""
    rows = [(document(n), vector(n) if n % 3 else None) for n in range(20)]
    return written(tmp_path, rows, masks)


def test_rows_stand_in_the_order_given(segment: Segment) -> None:
    assert list(segment.ids) == [name(n) for n in range(20)]
    assert segment.ids[3:5] == [name(3), name(4)]
    assert segment.ids[-1] == name(19)
    assert len(segment) == len(segment.ids) == segment.papers == 20
    assert [segment.row_of(name(n)) for n in range(20)] == list(range(20))
    assert segment.row_of("2601.99999") is None


def test_an_id_that_only_begins_like_one_is_not_found(segment: Segment) -> None:
    for other in (name(3)[:-1], name(3) + "1", "", "9", "x" * 100, "größe"):
        assert segment.row_of(other) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=st.lists(st.sampled_from([name(n) for n in range(30)] + ["", "z", "2601.000001"])))
def test_rows_of_many(segment: Segment, ids: list[str]) -> None:
    known = {one: row for row, one in enumerate(segment.ids)}
    assert segment.rows_of(ids).tolist() == [known.get(one, -1) for one in ids]


def test_facts(tmp_path: Path, masks: Masks) -> None:
    taxonomy = load_taxonomy()
    plain = document(
        1,
        abstract="",
        published=None,
        cells=(),
        techniques=(),
        relevance=None,
        said_by="",
    )
    last = taxonomy.cells[-1], taxonomy.techniques[-1].id
    full = document(
        2,
        published=date(1970, 1, 3),
        cells=(taxonomy.cells[0], last[0], "no/cell", taxonomy.cells[0]),
        techniques=(last[1], "no-technique"),
        relevance=0.5,
        label=-1,
        said_by="list",
    )
    facts = written(tmp_path, [(plain, None), (full, vector(2))], masks).facts
    assert facts.cells.tolist() == [0, 1 | 1 << len(taxonomy.cells) - 1]
    assert facts.techniques.tolist() == [0, 1 << len(taxonomy.techniques) - 1]
    assert facts.day.tolist() == [NO_DAY, 2]
    assert np.isnan(facts.relevance[0])
    assert facts.relevance[1] == 0.5
    assert facts.label.tolist() == [-2, -1]
    assert facts.said_by.tolist() == [0, 2]
    assert facts.has_abstract.tolist() == [False, True]
    assert facts.has_vector.tolist() == [False, True]
    assert day_number(date(1969, 12, 31)) == NO_DAY


def test_words_and_vectors_belong_to_their_rows(segment: Segment) -> None:
    for row in range(20):
        assert segment.postings.sequence(row)[0][0] == "frugal"
        expected = vector(row) if row % 3 else np.zeros(DIM)
        assert segment.dense.vectors([row]).tolist() == [expected.tolist()]


def test_nothing_can_be_written_through_what_is_read(segment: Segment) -> None:
    for values in vars(segment.facts).values():
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0


def test_a_new_state_leaves_the_old_one_as_it_was(
    segment: Segment, masks: Masks, tmp_path: Path
) -> None:
    judgement = Judgement(name(4), ("architecture/energy",), (), 0.75, 1, "label", "new")
    changed = segment.with_state(
        segment.state.judged(np.array([4]), [judgement], masks).without(np.array([7]))
    )
    saved = changed.saved(tmp_path)
    opened = Segment.open(tmp_path, saved.name, saved.state_name, {segment.name: segment})
    for now in (changed, opened):
        assert now.facts.relevance[4] == 0.75
        assert now.state.fingerprints[4] == b"new"
        assert (now.papers, bool(now.alive[7])) == (19, False)
        assert now.facts.cells[3] == segment.facts.cells[3]
    assert opened.postings is segment.postings  # not opened again
    assert segment.facts.relevance[4] == 0
    assert segment.papers == 20
    assert saved.saved(tmp_path) is saved


def test_states_of_equal_content_have_one_file(segment: Segment, tmp_path: Path) -> None:
    again = segment.with_state(segment.state.without(np.empty(0, np.int64))).saved(tmp_path)
    assert again.state_name == segment.state_name


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([(document(1), vector(1)), (document(1), vector(1))], "was given twice"),
        ([(document(1), vector(1)[:5])], "its vector has shape"),
        ([(document(1), vector(1) * 2)], "unit length"),
        ([], "needs a paper"),
    ],
)
def test_what_cannot_be_written_leaves_nothing_behind(
    documents: list[Incoming], message: str, tmp_path: Path, masks: Masks
) -> None:
    with pytest.raises(InputError, match=message):
        write_segment(tmp_path, documents, encoder_id=ENCODER, dim=DIM, masks=masks)
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, masks: Masks) -> None:
    def failing() -> Iterator[Incoming]:
        yield document(1), vector(1)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_segment(tmp_path, failing(), encoder_id=ENCODER, dim=DIM, masks=masks)
    assert list(tmp_path.iterdir()) == []


def test_a_fingerprint_must_fit(tmp_path: Path, masks: Masks) -> None:
    with pytest.raises(ValueError, match="longer than"):
        State.of([replace(document(1).judgement, fingerprint="x" * 65)], masks)


@pytest.mark.parametrize("cut", [0, 1, 40, 300])
def test_files_that_are_cut_off_are_refused(segment: Segment, tmp_path: Path, cut: int) -> None:
    for path in [
        tmp_path / segment.state_name,
        *(p for p in (tmp_path / segment.name).rglob("*") if p.is_file() and p.suffix != ".json"),
    ]:
        raw = path.read_bytes()
        path.write_bytes(raw[:-cut] if cut and cut < len(raw) else b"")
        with pytest.raises(Damaged):
            Segment.open(tmp_path, segment.name, segment.state_name)
        path.unlink()
        with pytest.raises(Damaged):
            Segment.open(tmp_path, segment.name, segment.state_name)
        path.write_bytes(raw)
    assert Segment.open(tmp_path, segment.name, segment.state_name).papers == 20


def test_parts_of_different_segments_do_not_go_together(
    segment: Segment, tmp_path: Path, masks: Masks
) -> None:
    other = written(tmp_path, [(document(50), vector(50))], masks)
    with pytest.raises(Damaged, match="does not belong"):
        Segment.open(tmp_path, segment.name, other.state_name)
    (tmp_path / segment.name / "rows.bin").write_bytes(
        (tmp_path / other.name / "rows.bin").read_bytes()
    )
    with pytest.raises(Damaged, match="differ in their number"):
        Segment.open(tmp_path, segment.name, segment.state_name)


def test_equal_documents_give_equal_files(tmp_path: Path, masks: Masks) -> None:
    rows: list[Incoming] = [(document(n), vector(n)) for n in range(5)]
    first, second = (written(tmp_path, rows, masks) for _ in range(2))
    assert first.name != second.name  # one may be in use
    assert first.name.partition("-")[0] == second.name.partition("-")[0]
    assert first.state_name == second.state_name
