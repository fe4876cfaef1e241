"""Related papers: brought up to date, they are those that would be found from nothing."""

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
    related_to,
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
    found = nearest(names, vectors)
    for place, name in enumerate(names):
        cosines = vectors @ vectors[place]
        cosines[place] = -2
        least = np.sort(cosines)[-NEIGHBOURS]
        chosen = [names.index(other) for other, _ in found[name][1]]
        assert len(chosen) == NEIGHBOURS
        assert place not in chosen
        assert cosines[chosen].min() >= least - 2e-3  # rounding


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(0, 39), min_size=0, max_size=40),
    st.sets(st.integers(0, 39), min_size=0, max_size=40),
    st.sets(st.integers(0, 39), max_size=3),
    st.randoms(use_true_random=False),
)
def test_up_to_date_is_as_from_nothing(before, after, changed, random) -> None:  # type: ignore[no-untyped-def]
    vectors = _vectors(2, 40)
    first = sorted(before)
    known = nearest(_names(first), vectors[first]) if first else {}
    later = vectors.copy()
    for place in changed:
        later[place] = _vectors(3, 40)[place]
    order = list(after)
    random.shuffle(order)
    if not order:
        return
    assert nearest(_names(order), later[order], known) == nearest(_names(order), later[order])


def test_many_new_papers_are_compared_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "_MANY", 3)
    vectors = _vectors(4, 30)
    names = _names(list(range(30)))
    known = nearest(names[:20], vectors[:20])
    assert nearest(names, vectors, known) == nearest(names, vectors)


def test_sums_are_exact_however_long_vectors_are() -> None:
    vectors = _vectors(5, 20, 1024) * 50
    names = _names(list(range(20)))
    first = nearest(names, vectors)
    for cut in (1, 3, 7):
        related_module_chunk, related._CHUNK = related._CHUNK, cut
        try:
            assert nearest(names, vectors) == first
        finally:
            related._CHUNK = related_module_chunk


@pytest.mark.parametrize("count", [0, 1, 2, NEIGHBOURS, NEIGHBOURS + 1])
def test_few_papers_have_few_neighbours(count: int) -> None:
    found = nearest(_names(list(range(count))), _vectors(6, count))
    assert all(len(near) == min(NEIGHBOURS, count - 1) for _, near in found.values())


def test_a_cache_is_read_back_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    names = _names(list(range(12)))
    found = nearest(names, _vectors(7, 12))
    path = tmp_path / "related.json"
    save_neighbours(path, "enc", found)
    assert load_neighbours(path, "enc") == found
    assert load_neighbours(path, "other") == {}
    for text in ("", "{", "[]", '{"format": 1, "encoder": "enc", "papers": [1]}'):
        path.write_text(text)
        assert load_neighbours(path, "enc") == {}
    assert load_neighbours(tmp_path / "none", "enc") == {}
    assert set(related_to(found, [*names, "2402.00001"])) == set(names)
