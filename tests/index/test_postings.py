"""Postings against a plain reading of the same papers."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.index import postings_build, postings_sequence, postings_vocabulary
from litmine.index.base import Damaged
from litmine.index.bm25f import ImpactCache
from litmine.index.document import Document
from litmine.index.postings import Bm25f, Postings, Stats, write_postings
from litmine.index.postings_sequence import decode_gaps, encode_gaps
from litmine.index.text import words

VOCABULARY = ["the", "cache", "of", "a", "model", "is", "pruned", "sparse", "token", "4", "bit"]
VOCABULARY += ["quantized", "weights", "gpu", "fast"]


def build(folder: Path, documents: Sequence[Document]) -> Postings:
    folder.mkdir(parents=True, exist_ok=True)
    write_postings(folder, documents)
    return Postings.open(folder)


def invented(count: int, seed: int = 0) -> list[Document]:
    draw = random.Random(seed)
    return [
        Document(
            f"p{i}",
            " ".join(draw.choices(VOCABULARY, k=draw.randint(0, 6))),
            " ".join(draw.choices(VOCABULARY, k=draw.randint(0, 40))),
        )
        for i in range(count)
    ]


def plain_scores(documents: Sequence[Document], weights: dict[str, float], b: Bm25f) -> list[float]:
    """BM25F as its formula says."""
    fields = [(words(d.title), words(d.abstract)) for d in documents]
    means = [sum(len(f[i]) for f in fields) / len(fields) for i in (0, 1)]
    scores = []
    for title, abstract in fields:
        score = 0.0
        for term, weight in weights.items():
            held = sum(term in t or term in a for t, a in fields)
            idf = math.log(1 + (len(fields) - held + 0.5) / (held + 0.5))
            count = b.title_weight * min(title.count(term), 15)
            count /= 1 - b.title_b + b.title_b * len(title) / means[0]
            count += min(abstract.count(term), 15) / (
                1 - b.abstract_b + b.abstract_b * len(abstract) / means[1]
            )
            score += weight * idf * count * (b.k1 + 1) / (count + b.k1)
        scores.append(score)
    return scores


def plain_phrase(documents: Sequence[Document], phrase: list[str], title_only: bool) -> list[int]:
    def holds(field: list[str]) -> bool:
        return any(field[i : i + len(phrase)] == phrase for i in range(len(field)))

    return [
        row
        for row, d in enumerate(documents)
        if holds(words(d.title)) or (not title_only and holds(words(d.abstract)))
    ]


@pytest.fixture(params=["places kept", "places read"])
def places(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let phrases be found both ways in small indexes, built of several runs."""
    kept = request.param == "places kept"
    monkeypatch.setattr(postings_sequence, "_PLACES_FROM", 1 if kept else 1 << 30)
    monkeypatch.setattr(postings_sequence, "_WORDS_AT_ONCE", 97)
    monkeypatch.setattr(postings_sequence, "_ROWS_AT_ONCE", 7)
    monkeypatch.setattr(postings_build, "_RUN_SURFACES", 150)
    monkeypatch.setattr(postings_vocabulary, "_SURFACES_KEPT", 9)


@pytest.mark.parametrize("constants", [Bm25f(), Bm25f(0.9, 4.0, 0.2, 0.9)])
def test_scores_are_those_of_the_formula(tmp_path: Path, constants: Bm25f) -> None:
    documents = invented(60)
    postings = build(tmp_path, documents)
    stats = Stats.of([postings])
    weights = {"cach": 1.0, "sparse": 0.5, "the": 2.0, "gpu": 1.0, "missing": 3.0, "4": 0.0}
    scores = postings.scores(weights, stats, constants)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, plain_scores(documents, weights, constants), rtol=1e-4)
    some = np.array([17, 3, 59, 0, 3])
    np.testing.assert_allclose(
        postings.scores_at(weights, stats, some, constants), scores[some], rtol=1e-6
    )


def test_scores_of_frequent_terms_are_the_same_when_they_are_held_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("litmine.index.postings._CACHED_FROM", 1)
    postings = build(tmp_path, invented(80))
    stats = Stats.of([postings])
    weights = dict.fromkeys((*VOCABULARY, "prune"), 1.0)
    first, second = (postings.scores(weights, stats) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, postings.scores_at(weights, stats, np.arange(80)), rtol=1e-6)
    # Other statistics, as after a new night, are not answered from what was held.
    more = Stats(800, (9_000, 90_000), stats.frequency)
    assert not np.allclose(postings.scores(weights, more), first)


def test_a_segment_scores_with_the_statistics_of_the_whole_index(tmp_path: Path) -> None:
    documents = invented(50)
    whole = build(tmp_path / "whole", documents)
    parts = [build(tmp_path / "a", documents[:9]), build(tmp_path / "b", documents[9:])]
    weights = {"cach": 1.0, "token": 1.0}
    joined = [part.scores(weights, Stats.of(parts)) for part in parts]
    np.testing.assert_allclose(np.concatenate(joined), whole.scores(weights, Stats.of([whole])))


@pytest.mark.usefixtures("places")
def test_phrases_are_found_exactly(tmp_path: Path) -> None:
    documents = invented(70, seed=3)
    postings = build(tmp_path, documents)
    draw = random.Random(1)
    found = 0
    for size in (1, 2, 2, 2, 3, 3) * 12:
        phrase = words(" ".join(draw.choices(VOCABULARY, k=size)))
        for title_only in (False, True):
            rows = postings.phrase(phrase, title_only=title_only).tolist()
            assert rows == plain_phrase(documents, phrase, title_only)
            found += len(rows) if size > 1 else 0
    assert found > 50
    assert postings.phrase([]).tolist() == []
    assert postings.phrase(["cach", "nowhere"]).tolist() == []


@pytest.mark.usefixtures("places")
def test_a_phrase_crosses_no_field_and_no_paper(tmp_path: Path) -> None:
    documents = [
        Document("a", "one two", "three four"),
        Document("b", "five six", ""),
        Document("c", "", "seven one"),
        Document("d", "two", "three"),
    ]
    postings = build(tmp_path, documents)
    for crossing in ("two three", "four five", "six seven", "one two three"):
        assert postings.phrase(words(crossing)).tolist() == []
    assert postings.phrase(words("seven one")).tolist() == [2]
    assert postings.phrase(words("one two")).tolist() == [0]


@pytest.mark.usefixtures("places")
def test_every_word_is_kept_in_order(tmp_path: Path) -> None:
    documents = invented(40, seed=5)
    postings = build(tmp_path, documents)
    for row, document in enumerate(documents):
        assert postings.sequence(row) == (words(document.title), words(document.abstract))
        assert postings.lengths[row].tolist() == [
            len(words(document.title)),
            len(words(document.abstract)),
        ]
    held = Counter(t for d in documents for t in {*words(d.title), *words(d.abstract)})
    assert {term: postings.frequency(term) for term in held} == dict(held)
    some = ["the", "cach", "gpu"]
    assert postings.holding(some).tolist() == [
        row for row, d in enumerate(documents) if {*some} <= {*words(d.title), *words(d.abstract)}
    ]
    assert postings.holding([]).tolist() == []


def test_ways_of_writing_meet(tmp_path: Path) -> None:
    ways = ["KV-cache in 4-bit", "KV cache in 4bit", "kv_cache in 4 bit", "KVCache in 4-Bit"]
    postings = build(tmp_path, [Document(str(i), way) for i, way in enumerate(ways)])
    assert postings.phrase(words("kv cache")).tolist() == [0, 1, 2]
    assert postings.phrase(words("4-bit")).tolist() == [0, 1, 2, 3]
    assert postings.holding(["kv", "cach", "4", "bit"]).tolist() == [0, 1, 2, 3]
    assert postings.holding(["kvcach"]).tolist() == [0, 2, 3]


def test_authors_and_categories_are_looked_up(tmp_path: Path) -> None:
    postings = build(
        tmp_path,
        [
            Document(
                "a", "x", authors=("José Núñez", "Wei Zhang"), categories=("cs.LG", "stat.ML")
            ),
            Document("b", "x", authors=("Wei Li", "Min Zhang"), categories=("cs.CL",)),
            Document("c", "x", authors=("Anna Maria O'Hara",), categories=("math.OC",)),
        ],
    )
    assert postings.key("cat:cs").tolist() == [0, 1]
    assert postings.key("cat:cs.lg").tolist() == [0]
    assert postings.author("nunez").tolist() == [0]
    assert postings.author("Zhang").tolist() == [0, 1]
    assert postings.author("wei zhang").tolist() == [0]  # not Wei Li together with Min Zhang
    assert postings.author("Zhang, Wei").tolist() == [0]
    assert postings.author("Anna O’Hara").tolist() == [2]
    assert postings.author("anna maria ohara").tolist() == [2]
    assert postings.author("anna min ohara").tolist() == []
    assert postings.author("?").tolist() == []
    assert postings.frequency("author:zhang") == 2
    assert postings.scores({"wei": 1.0}, Stats.of([postings])).tolist() == [0, 0, 0]


def test_words_are_completed_by_frequency(tmp_path: Path) -> None:
    texts = ["pruning prunes", "Pruning", "pruned Pruning", "proof", "prün"]
    postings = build(tmp_path, [Document(str(i), text) for i, text in enumerate(texts)])
    assert postings.complete("PRU", 2) == ["pruning", "prun"]
    assert postings.complete("prune") == ["pruned", "prunes"]
    assert postings.complete("") == []
    assert postings.complete("z") == []


@pytest.mark.parametrize("count", [0, 1])
def test_the_smallest_segments_work(tmp_path: Path, count: int) -> None:
    postings = build(tmp_path, [Document("a", "", "")] * count)
    stats = Stats.of([postings])
    assert postings.rows == count
    assert postings.scores({"x": 1.0}, stats).tolist() == [0.0] * count
    assert postings.scores_at({"x": 1.0}, stats, np.arange(count)).tolist() == [0.0] * count
    assert postings.phrase(["x", "y"]).tolist() == []
    assert postings.complete("x") == []
    assert [postings.sequence(row) for row in range(count)] == [([], [])] * count
    postings.verify()


def test_odd_texts_are_taken_in(tmp_path: Path) -> None:
    odd = [
        "x" * 10_000,
        "\ud800 lone",
        "\\",
        '{\\"o}',
        "\x00\x01",
        "-" * 50,
        "中文",
        "½ ² ①",
        "a " * 9_000,
    ]
    postings = build(tmp_path, [Document(str(i), text, text) for i, text in enumerate(odd)])
    assert postings.frequency("x" * 64) == 1
    assert postings.holding(["lone"]).tolist() == [1]
    assert postings.holding(["o"]).tolist() == [3]
    assert len(postings.sequence(8)[0]) == 9_000
    assert postings.frequency("\ud800") == 0
    assert postings.complete("\ud800") == []


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=60), max_size=6))
def test_any_text_is_found_by_its_own_words(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    documents = [Document(str(i), text, text[::-1]) for i, text in enumerate(texts)]
    postings = build(tmp_path_factory.mktemp("any"), documents)
    for row, document in enumerate(documents):
        title = words(document.title)
        assert postings.sequence(row)[0] == title
        if title:
            assert row in postings.phrase(title, title_only=True)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 300_000), unique=True).map(sorted),
)
def test_gaps_give_back_the_places(places_given: list[int]) -> None:
    places_array = np.array(places_given, dtype=np.int64)
    assert decode_gaps(encode_gaps(places_array)).tolist() == places_given


def test_damage_is_told(tmp_path: Path) -> None:
    build(tmp_path, invented(20))
    path = tmp_path / postings_build.FILE_NAME
    whole = path.read_bytes()
    for cut in (0, 5, 27, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(Damaged, match="rebuild"):
            Postings.open(tmp_path)
    path.write_bytes(whole[:-60] + b"?" + whole[-59:])  # in the table
    with pytest.raises(Damaged, match="altered"):
        Postings.open(tmp_path)
    path.write_bytes(b"?" + whole[1:])  # in an array
    with pytest.raises(Damaged, match="altered"):
        Postings.open(tmp_path).verify()
    path.unlink()
    with pytest.raises(Damaged, match="cannot be read"):
        Postings.open(tmp_path)


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, [])
    monkeypatch.setattr("litmine.index.postings.VERSION", -1)
    with pytest.raises(Damaged, match="another version"):
        Postings.open(tmp_path)


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield from invented(3)
        raise OSError("the source went away")

    with pytest.raises(OSError, match="went away"):
        write_postings(tmp_path, broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_threads_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litmine.index.postings._CACHED_FROM", 1)
    monkeypatch.setattr("litmine.index.postings._CACHED_BYTES", 2_000)
    monkeypatch.setattr("litmine.index.postings._CACHED_LISTS", 0)
    postings = build(tmp_path, invented(200))
    stats = Stats.of([postings])
    queries = [dict.fromkeys(VOCABULARY[i : i + 3], 1.0) for i in range(12)] * 20
    expected = [postings.scores(query, stats) for query in queries]
    with ThreadPoolExecutor(6) as pool:
        for got, want in zip(
            pool.map(lambda q: postings.scores(q, stats), queries), expected, strict=True
        ):
            np.testing.assert_array_equal(got, want)


def test_the_cache_lets_go_what_was_not_used() -> None:
    cache = ImpactCache(100)
    arrays = {name: np.zeros(10, dtype=np.float32) for name in "abc"}
    cache.put("a", arrays["a"])
    cache.put("b", arrays["b"])
    assert cache.get("a") is arrays["a"]
    cache.put("c", arrays["c"])
    assert cache.get("b") is None
    assert cache.get("a") is arrays["a"]
    cache.put("large", np.zeros(1_000, dtype=np.float32))
    assert cache.get("large") is None
