"""Related papers: the nearest, in an order that nothing but the papers decides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from litmine.publish.site import related
from litmine.publish.site.related import (
    NEIGHBOURS,
    load_neighbours,
    nearest,
    save_neighbours,
)


def _vectors(seed: int, count: int, dim: int = 24) -> NDArray[np.float32]:
    # Few directions, so that equal similarities occur.
    drawn = np.random.default_rng(seed).integers(-2, 3, size=(count, dim)).astype(np.float32)
    drawn[:, 0] += 0.5
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _names(places: list[int]) -> list[str]:
    return [f"2401.{place:05d}" for place in places]


def test_neighbours_are_the_nearest_by_cosine() -> None:
    vectors = _vectors(1, 60)
    names = _names(list(range(60)))
    found = nearest(names, vectors).by_id()
    for place, name in enumerate(names):
        cosines = vectors @ vectors[place]
        cosines[place] = -2
        least = np.sort(cosines)[-NEIGHBOURS]
        chosen = [names.index(other) for other in found[name]]
        assert len(chosen) == NEIGHBOURS
        assert place not in chosen
        assert cosines[chosen].min() >= least - 2e-3  # rounding


def test_the_order_of_papers_does_not_matter() -> None:
    vectors = _vectors(2, 40)
    names = _names(list(range(40)))
    assert nearest(names[::-1], vectors[::-1]).by_id() == nearest(names, vectors).by_id()


_PLACES = st.sets(st.integers(0, 39), max_size=40)


@settings(max_examples=150, deadline=None)
@given(_PLACES, _PLACES, st.sets(st.integers(0, 39), max_size=3), st.sampled_from([2, 512]))
def test_up_to_date_is_as_from_nothing(
    before: set[int], after: set[int], changed: set[int], many: int
) -> None:
    vectors = _vectors(2, 40)
    later = vectors.copy()
    later[list(changed)] = _vectors(3, 40)[list(changed)]
    first, second = sorted(before), sorted(after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(related, "_MANY", many)
        known = nearest(_names(first), vectors[first])
        found = nearest(_names(second), later[second], known)
    alone = nearest(_names(second), later[second])
    assert found.by_id() == alone.by_id()
    assert (found.similar == alone.similar).all()


def test_sums_are_exact_however_long_vectors_are(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = _vectors(5, 20, 1024) * 50
    names = _names(list(range(20)))
    first = nearest(names, vectors).by_id()
    for cut in (1, 3, 7):
        monkeypatch.setattr(related, "_CHUNK", cut)
        assert nearest(names, vectors).by_id() == first


@pytest.mark.parametrize("count", [0, 1, 2, NEIGHBOURS, NEIGHBOURS + 1])
def test_few_papers_have_few_neighbours(count: int) -> None:
    found = nearest(_names(list(range(count))), _vectors(6, count)).by_id()
    assert all(len(near) == min(NEIGHBOURS, count - 1) for near in found.values())


def test_a_cache_is_read_back_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    names = _names(list(range(12)))
    found = nearest(names, _vectors(7, 12))
    path = tmp_path / "related.npz"
    save_neighbours(path, "enc", found)
    again = load_neighbours(path, "enc")
    assert again is not None
    assert again.by_id() == found.by_id()
    assert load_neighbours(path, "other") is None
    assert load_neighbours(tmp_path / "none", "enc") is None
    whole = path.read_bytes()
    for damaged in (b"", b"x", whole[:300], whole[:-40]):
        path.write_bytes(damaged)
        assert load_neighbours(path, "enc") is None
    np.savez(path, encoder="enc", ids=["a"], vectors=found.vectors, near=found.near)
    assert load_neighbours(path, "enc") is None
    np.savez(
        path,
        encoder="enc",
        ids=names,
        vectors=found.vectors,
        near=found.near + 99,
        similar=found.similar,
    )
    assert load_neighbours(path, "enc") is None
