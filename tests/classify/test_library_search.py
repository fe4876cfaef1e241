"""The library's vectors to search with: few bits, the right papers, never another library's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from litmine.classify.library_build import PaperText
from litmine.classify.library_files import FACTS_FILE, read_facts
from litmine.classify.library_search import (
    SEARCH_FILE,
    build_search,
    pack_four_bits,
    read_search_vectors,
    searched,
    unpack_four_bits,
)
from litmine.core.errors import ArtefactMismatch
from litmine.core.resources import corpus_dir
from litmine.encode import search_encoder_id
from tests.support.meaning import WordEncoder


@pytest.fixture(scope="module")
def papers():
    return read_facts(corpus_dir() / FACTS_FILE)[:60]


def test_four_bits_keep_the_direction_of_a_vector():
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(200, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    packed = pack_four_bits(vectors)
    assert packed.shape == (200, 192)
    again = unpack_four_bits(packed)
    assert np.allclose(np.linalg.norm(again, axis=1), 1, atol=1e-5)
    assert ((vectors * again).sum(axis=1) > 0.98).all()


def test_a_library_is_encoded_by_text_where_it_is_known(tmp_path, papers):
    wanted = searched(papers)
    assert wanted
    assert all(one.relevant != 0 for one in wanted)
    texts = {wanted[0].id: PaperText("t", "about caches and keys", None)}
    encoder = WordEncoder()
    path = build_search(papers, texts, encoder, tmp_path, tmp_path / "scratch.npz")
    ids, vectors, made_by = read_search_vectors(path, papers)
    assert (ids, made_by) == ([one.id for one in wanted], encoder.encoder_id)
    known = encoder.encode([f"{wanted[0].title}\nabout caches and keys", wanted[1].title])
    assert ((vectors[:2] * known).sum(axis=1) > 0.98).all()
    assert (
        path.read_bytes()
        == build_search(papers, texts, encoder, tmp_path, tmp_path / "scratch.npz").read_bytes()
    )


def test_another_library_or_a_damaged_file_is_refused(tmp_path, papers):
    path = build_search(papers, {}, WordEncoder(), tmp_path, tmp_path / "scratch.npz")
    other = [replace(papers[0], id="9901.00001"), *papers[1:]]
    other[0] = replace(other[0], relevant=1)
    for library in (other, papers[:-20]):
        with pytest.raises(ArtefactMismatch):
            read_search_vectors(path, library)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArtefactMismatch, match="litmine library build"):
        read_search_vectors(path, papers)
    with pytest.raises(ArtefactMismatch):
        read_search_vectors(tmp_path / "none.npz", papers)


def test_the_shipped_vectors_are_of_the_shipped_library_and_encoder():
    facts = read_facts(corpus_dir() / FACTS_FILE)
    ids, vectors, made_by = read_search_vectors(corpus_dir() / SEARCH_FILE, facts)
    assert len(ids) == len(vectors) == sum(1 for one in facts if one.relevant != 0)
    assert made_by == search_encoder_id()
