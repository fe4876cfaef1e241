"""Vectors of record: float16, finite, one length per encoder."""

from __future__ import annotations

import numpy as np
import pytest

from litmine.core.errors import StoreError
from litmine.store.vectors import fingerprint, get_vectors, put_vectors

IDS = ["2606.00002", "2606.00001", "2606.00003"]
HASHES = ["h2", "h1", None]


def put(store, ids, hashes, matrix, **options):
    with store.write() as connection:
        put_vectors(connection, "e", ids, hashes, matrix, **options)


def get(store, ids=IDS, encoder="e"):
    with store.read() as connection:
        return get_vectors(connection, encoder, ids)


def test_round_trip_is_float16_in_the_order_asked(store):
    matrix = np.random.default_rng(1).normal(size=(3, 384)).astype(np.float32)
    put(store, IDS, HASHES, matrix)
    ids, back = get(store, ["2606.00003", "absent", "2606.00002"])
    assert ids == ["2606.00003", "2606.00002"]
    assert back.dtype == np.float32
    assert np.array_equal(back, matrix[[2, 0]].astype(np.float16).astype(np.float32))


def test_extremes_of_float16_survive(store):
    row = np.array([[65504.0, -65504.0, 6e-8, 0.0, -0.0]])
    put(store, IDS[:1], HASHES[:1], row)
    _, back = get(store)
    assert np.array_equal(back, row.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 65536.0])
def test_what_float16_cannot_hold_is_refused(store, bad):
    with pytest.raises(ValueError, match="not finite"):
        put(store, IDS, HASHES, np.array([[1.0, 2.0], [bad, 0.0], [0.0, 0.0]]))
    assert get(store)[0] == []


@pytest.mark.parametrize(
    ("ids", "hashes", "matrix", "said"),
    [
        (IDS, HASHES[:2], np.ones((3, 2)), "3 ids, 2 hashes, 3 vectors"),
        (IDS, HASHES, np.ones((2, 2)), "3 ids, 3 hashes, 2 vectors"),
        (IDS, HASHES, np.ones(3), r"shape \(n, dim\)"),
    ],
)
def test_shapes_must_agree(store, ids, hashes, matrix, said):
    with pytest.raises(ValueError, match=said):
        put(store, ids, hashes, matrix)


def test_nothing_in_nothing_out(store):
    put(store, [], [], np.zeros((0, 4)))
    ids, back = get(store)
    assert (ids, back.shape) == ([], (0, 0))


def test_replaced_unless_told_to_keep(store):
    put(store, IDS[:1], ["full"], np.ones((1, 2)))
    put(store, IDS[:1], [None], np.zeros((1, 2)), keep_existing=True)
    assert get(store)[1].tolist() == [[1.0, 1.0]]
    put(store, IDS[:1], ["full"], np.zeros((1, 2)))
    assert get(store)[1].tolist() == [[0.0, 0.0]]


def test_encoders_do_not_mix(store):
    put(store, IDS[:1], ["h"], np.ones((1, 2)))
    assert get(store, encoder="other")[0] == []


def test_two_lengths_under_one_encoder_are_an_error_and_not_a_mixture(store):
    put(store, IDS[:1], ["h"], np.ones((1, 2)))
    put(store, IDS[1:2], ["h"], np.ones((1, 4)))
    with pytest.raises(StoreError, match=r"dimensions \[2, 4\]"):
        get(store)


def test_fingerprint_tells_every_difference():
    base = fingerprint(["a", "b"], ["1", "2"])
    assert base == fingerprint(["a", "b"], ["1", "2"])
    others = [(["b", "a"], ["2", "1"]), (["a", "b"], ["1", "3"]), (["a"], ["1"]), ([], [])]
    assert len({base, *(fingerprint(*other) for other in others)}) == 5
