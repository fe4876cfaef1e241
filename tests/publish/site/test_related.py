"""Related papers: the nearest, in an order that nothing but the papers decides."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from litmine.publish.site import related
from litmine.publish.site.related import NEIGHBOURS, nearest


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
        chosen = [names.index(other) for other in found[name]]
        assert len(chosen) == NEIGHBOURS
        assert place not in chosen
        assert cosines[chosen].min() >= least - 2e-3  # rounding


def test_the_order_of_papers_does_not_matter() -> None:
    vectors = _vectors(2, 40)
    names = _names(list(range(40)))
    assert nearest(names[::-1], vectors[::-1]) == nearest(names, vectors)


def test_a_paper_that_is_nobodys_neighbour_changes_nobody() -> None:
    vectors = _vectors(4, 30)
    names = _names(list(range(30)))
    far = -vectors.mean(axis=0, keepdims=True)
    far /= np.linalg.norm(far)
    later = nearest([*names, "2402.00001"], np.concatenate([vectors, far]))
    del later["2402.00001"]
    assert later == nearest(names, vectors)


def test_sums_are_exact_however_long_vectors_are(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = _vectors(5, 20, 1024) * 50
    names = _names(list(range(20)))
    first = nearest(names, vectors)
    for cut in (1, 3, 7):
        monkeypatch.setattr(related, "_CHUNK", cut)
        assert nearest(names, vectors) == first


@pytest.mark.parametrize("count", [0, 1, 2, NEIGHBOURS, NEIGHBOURS + 1])
def test_few_papers_have_few_neighbours(count: int) -> None:
    found = nearest(_names(list(range(count))), _vectors(6, count))
    assert all(len(near) == min(NEIGHBOURS, count - 1) for near in found.values())
