"""Vectors on disk: answers equal brute force, damaged files are told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from litmine.core.errors import InputError
from litmine.index.base import Damaged
from litmine.index.dense import DensePart, write_dense
from litmine.index.dense_rows import RowFile

DIM = 32


def unit(count: int, seed: int = 0, dim: int = DIM) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((count, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def clustered(count: int, seed: int = 0) -> np.ndarray:
    """Vectors around forty centres, the shape of a collection with topics."""
    centres = unit(40)
    rng = np.random.default_rng(seed)
    vectors = centres[rng.integers(0, 40, count)] + 0.12 * rng.standard_normal((count, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def written(
    folder: Path, vectors: np.ndarray, batch: int = 100, lists_from: int = 10**9
) -> DensePart:
    batches = (vectors[start : start + batch] for start in range(0, len(vectors), batch))
    write_dense(folder, batches, dim=vectors.shape[1], encoder_id="toy", lists_from=lists_from)
    return DensePart.open(folder)


def brute(vectors: np.ndarray, query: np.ndarray, k: int, allowed: np.ndarray) -> list[int]:
    scores = vectors.astype(np.float16).astype(np.float64) @ np.round(query * 2.0**22) / 2.0**22
    rows = np.flatnonzero(allowed & vectors.any(axis=1))
    return rows[np.lexsort((rows, -scores[rows]))][:k].tolist()


def test_finds_what_brute_force_finds(tmp_path: Path) -> None:
    vectors = unit(1_000)
    part = written(tmp_path, vectors)
    assert (part.rows, part.dim, part.encoder_id) == (1_000, DIM, "toy")
    for query in unit(20, seed=1):
        rows, similarities = part.search(query, 10)
        assert rows.tolist() == brute(vectors, query, 10, np.ones(1_000, bool))
        assert similarities == pytest.approx(vectors[rows] @ query, abs=2e-3)
        assert (np.diff(similarities) <= 0).all()
        assert part.similarities(query, rows).tolist() == similarities.tolist()


def test_equal_vectors_come_in_order_of_row_however_many_they_are(tmp_path: Path) -> None:
    part = written(tmp_path, np.repeat(unit(1), 200, axis=0))
    rows, _ = part.search(unit(1)[0], 7)
    assert rows.tolist() == list(range(7))


def test_only_allowed_rows_with_a_vector_come_back(tmp_path: Path) -> None:
    vectors = unit(500)
    vectors[::3] = 0
    part = written(tmp_path, vectors)
    query = unit(1, seed=2)[0]
    assert part.search(query, 500)[0].tolist() == brute(vectors, query, 500, np.ones(500, bool))
    allowed = np.arange(500) % 7 == 0
    assert part.search(query, 500, allowed)[0].tolist() == brute(vectors, query, 500, allowed)
    assert len(part.search(query, 5, np.zeros(500, bool))[0]) == 0
    assert part.similarities(query, [0, 3]).tolist() == [0.0, 0.0]
    assert not part.vectors([0, 3]).any()
    assert part.vectors([1, 400]) == pytest.approx(vectors[[1, 400]], abs=1e-3)


@pytest.mark.parametrize("vectors", [np.empty((0, DIM), np.float32), np.zeros((3, DIM))])
def test_nothing_to_find(tmp_path: Path, vectors: np.ndarray) -> None:
    part = written(tmp_path, vectors)
    assert part.rows == len(vectors)
    assert len(part.search(unit(1)[0], 5)[0]) == 0
    assert part.vectors([]).shape == (0, DIM)


@pytest.mark.parametrize("lists_from", [100, 10**9])
def test_answers_are_the_same_from_many_threads(tmp_path: Path, lists_from: int) -> None:
    part = written(tmp_path, unit(3_000), lists_from=lists_from)
    queries = list(unit(64, seed=3))
    alone = [part.search(query, 10)[0].tolist() for query in queries]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda query: part.search(query, 10)[0].tolist(), queries))
    assert together == alone


def test_lists_find_nearly_all_of_many_and_all_of_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("litmine.index.dense._ALL_LISTS_UP_TO", 500)
    vectors = clustered(5_000)
    vectors[::11] = 0
    part = written(tmp_path, vectors, lists_from=100)
    assert (tmp_path / "lists.sq8").exists()
    everything, tenth = np.ones(5_000, bool), np.arange(5_000) % 12 == 5
    topic = vectors @ vectors[1] > 0.5  # far from most queries
    assert max(tenth.sum(), topic.sum()) < 500
    found = 0
    for query in clustered(50, seed=5):
        rows, similarities = part.search(query, 10)
        found += len({*rows.tolist()} & {*brute(vectors, query, 10, everything)})
        assert part.similarities(query, rows).tolist() == similarities.tolist()
        for allowed in (tenth, topic):
            assert part.search(query, 10, allowed)[0].tolist() == brute(vectors, query, 10, allowed)
        many = part.search(query, 4_000, everything)[0]
        assert vectors[many].any(axis=1).all()
        assert len(many) == 4_000
    assert found >= 0.98 * 500


def test_the_same_vectors_make_the_same_files(tmp_path: Path) -> None:
    names = ["dense.json", "lists.npz", "lists.sq8", "vectors.f16"]
    for folder, batch in (("a", 64), ("b", 1_000)):
        written(tmp_path / folder, clustered(3_000), batch, lists_from=100)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_threads_of_the_build_are_its_own_affair(tmp_path: Path) -> None:
    vectors = clustered(3_000)
    answers = []
    for threads in (1, 2):
        write_dense(tmp_path, [vectors], dim=DIM, encoder_id="toy", threads=threads, lists_from=100)
        part = DensePart.open(tmp_path)
        allowed = np.arange(3_000) % 20 == 3
        answers.append([part.search(query, 5, allowed)[0].tolist() for query in unit(10)])
    assert answers[0] == answers[1]


def test_a_smaller_part_in_the_same_folder_leaves_no_lists_behind(tmp_path: Path) -> None:
    written(tmp_path, clustered(500), lists_from=100)
    part = written(tmp_path, clustered(50), lists_from=100)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["dense.json", "vectors.f16"]
    assert part.search(unit(1)[0], 3)[0].size == 3


def test_rows_are_read_alike_from_small_and_large_files(tmp_path: Path) -> None:
    vectors = unit(300).astype(np.float16)
    (tmp_path / "v").write_bytes(vectors.tobytes() + bytes(8 * 300))
    rows = np.array([299, 0, 7, 7])
    for limit in (10**9, 0):
        assert (
            RowFile(tmp_path / "v", 300, DIM, mapped_up_to=limit).read(rows) == vectors[rows]
        ).all()
        assert RowFile(tmp_path / "v", 300, DIM, mapped_up_to=limit).read(rows[:0]).shape == (
            0,
            DIM,
        )


def test_a_part_that_is_dropped_lets_go_of_its_files(tmp_path: Path) -> None:
    part = written(tmp_path, clustered(500), lists_from=100)
    part.search(unit(1)[0], 3)
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    assert str(tmp_path) in maps.read_text()
    del part
    assert str(tmp_path) not in maps.read_text()


def test_progress_counts_the_rows(tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []
    batches = [unit(10), unit(5)]
    write_dense(
        tmp_path, batches, dim=DIM, encoder_id="toy", progress=lambda *told: seen.append(told)
    )
    assert seen == [("vectors", 10), ("vectors", 5)]


@pytest.mark.parametrize(
    "bad", [unit(2) * 2, np.full((2, DIM), np.nan), unit(2, dim=DIM + 1), unit(1)[0]]
)
def test_refuses_what_is_no_unit_vector(tmp_path: Path, bad: np.ndarray) -> None:
    with pytest.raises(InputError):
        write_dense(tmp_path, [bad], dim=DIM, encoder_id="toy")
    part = written(tmp_path, unit(4))
    with pytest.raises(InputError):
        part.search(bad[0], 3)


def test_refuses_wrong_masks_and_rows(tmp_path: Path) -> None:
    part = written(tmp_path, unit(4))
    with pytest.raises(InputError):
        part.search(unit(1)[0], 3, np.ones(5, bool))
    with pytest.raises(InputError):
        part.search(unit(1)[0], -1)
    with pytest.raises(InputError):
        part.vectors([4])
    with pytest.raises(InputError):
        part.similarities(unit(1)[0], [-1])


@pytest.mark.parametrize("name", ["dense.json", "vectors.f16", "lists.sq8", "lists.npz"])
@pytest.mark.parametrize("harm", ["missing", "cut", "empty"])
def test_tells_damaged_files(tmp_path: Path, name: str, harm: str) -> None:
    written(tmp_path, unit(500), lists_from=100)
    file = tmp_path / name
    raw = file.read_bytes()
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes({"cut": raw[:-3], "empty": b""}[harm])
    with pytest.raises(Damaged):
        DensePart.open(tmp_path)


def test_tells_a_manifest_of_another_format(tmp_path: Path) -> None:
    written(tmp_path, unit(5))
    manifest = json.loads((tmp_path / "dense.json").read_text())
    for key, value in [("format", 99), ("rows", 6), ("rows", "5"), ("without", [5]), ("dim", -1)]:
        (tmp_path / "dense.json").write_text(json.dumps(manifest | {key: value}))
        with pytest.raises(Damaged):
            DensePart.open(tmp_path)
