"""What counts as a word."""

from __future__ import annotations

import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.resources import corpus_dir
from litmine.index.marks import Finder, marks
from litmine.index.text import (
    COMPOUND_WEIGHT,
    STOPWORDS,
    Token,
    _known,
    analyse,
    fold,
    name_terms,
    query_terms,
    query_weights,
    surfaces,
    tokens,
    words,
)


def compounds(text: str) -> list[str]:
    return [t.term for surface in surfaces(text) for t in analyse(surface).compounds]


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (["4-bit", "4bit", "4 bit", "4‑bit", "4_bit", "4-Bit"], ["4", "bit"]),
        (["GPT-4", "GPT4", "gpt 4", "Gpt_4"], ["gpt", "4"]),
        (["Llama-3.1-8B", "llama3.1 8b", "LLaMA 3.1-8B"], ["llama", "3.1", "8b"]),
        (["KV-cache", "kv caches", "KV Caching"], ["kv", "cach"]),
        (["FlashAttention-2", "flashattention2", "flashattention 2"], ["flashattent", "2"]),
        (["INT8", "int-8", "int 8"], ["int", "8"]),
        (["W4A8", "w4a8"], ["w4a8"]),
        (["H100", "h100"], ["h100"]),
        (["1.58-bit", "1.58bit"], ["1.58", "bit"]),
        (["0.5B", "0.5b"], ["0.5b"]),
        (["LLMs", "llms", "LLM", "LLM's", "LLM’s"], ["llm"]),
        (["GPUs", "gpus", "GPU"], ["gpu"]),
        (["quantisation", "Quantization", "quantised", "quantizing"], ["quantiz"]),
        (["optimiser", "optimizer", "OPTIMISED"], ["optim"]),
        (["analysed", "analyzed", "analysing"], ["analyz"]),
        (["analyses", "analysis"], ["analysi"]),
        (["supervised", "supervision"], ["supervis"]),
        (["precise", "precision"], ["precis"]),
        (["promising", "promise"], ["promis"]),
        (["behaviour", "behavior"], ["behavior"]),
        (["modelling", "modeling", "models"], ["model"]),
        (["na\u00efve", "nai\u0308ve", 'na\\"{\\i}ve', "naive"], ["naiv"]),
        (["G\u00f6del", 'G\\"odel', 'G\\"{o}del', 'G{\\"o}del', "Godel"], ["godel"]),
        (["Erd\u0151s", "Erd\\H{o}s", "Erdos"], ["erdo"]),
        (["\u0141ukasz", "{\\L}ukasz", "\\L ukasz".replace(" ", ""), "Lukasz"], ["lukasz"]),
        (["\ufb01ne", "fine", "FINE"], ["fine"]),
        (["10\u00b3"], ["103"]),
        (["$\\mathcal{O}(n^2)$", "O(n^2)"], ["o", "n", "2"]),
        (["\\emph{fast} \\textbf{kernels}", "fast kernels"], ["fast", "kernel"]),
        (["$\\alpha$-divergence", "alpha divergence"], ["alpha", "diverg"]),
        (["don't", "dont", "don’t"], ["dont"]),
        (["\u4e2d\u6587"], ["\u4e2d", "\u6587"]),
        (["", " ", "---", "\\", "$$", "\ud800"], []),
    ],
)
def test_ways_of_writing_are_one(ways: list[str], expected: list[str]) -> None:
    assert {way: words(way) for way in ways} == dict.fromkeys(ways, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KV-cache", ["kvcach"]),
        ("KVCache", ["kv", "cach"]),
        ("pre-training", ["pretrain"]),
        ("4bit 4-bit", ["4bit", "4bit"]),
        ("FlashAttention", ["flash", "attent"]),
        ("t-SNE k-means e-mail", ["tsne", "kmean", "email"]),
        ("time-sharing", ["timeshar"]),
        # These are no compounds of words.
        ("LoRA QLoRA LLaMA vLLM GPUs ResNet Transformer", []),
        ("state-of-the-art on-line 2023-2024", []),
    ],
)
def test_compounds(text: str, expected: list[str]) -> None:
    assert compounds(text) == expected


def test_tokens_say_where_they_stand() -> None:
    text = 'Sparse \\"Uber-LLMs in G{\\"o}del\'s 4bit w\u00f6rld'
    found = {text[t.start : t.end]: t.term for t in tokens(text)}
    assert found == {
        "Sparse": "spars",
        '\\"Uber': "uber",
        "LLMs": "llm",
        "in": "in",
        "G{\\\"o}del's": "godel",
        "4": "4",
        "bit": "bit",
        "w\u00f6rld": "world",
    }
    assert tokens("a-b") == [Token("a", 0, 1), Token("b", 2, 3)]


def test_marks_cover_words_and_compounds_once() -> None:
    text = "FlashAttention and the KV-cache; flash memory."
    assert [text[a:b] for a, b in marks(text, {"flash", "kvcach", "kv"})] == [
        "Flash",
        "KV-cache",
        "flash",
    ]
    assert marks(text, set()) == ()
    assert marks("", {"flash"}) == ()


def test_queries_lose_what_says_nothing() -> None:
    assert query_terms("papers on the KV cache in 4-bit") == ["kv", "cach", "4", "bit", "4bit"]
    assert query_terms("I am looking for work on how to prune models") == ["prune", "model"]
    assert query_terms("Find me recent papers that speed up decoding") == ["speed", "decod"]
    assert query_terms("information about networks") == ["network"]
    # Unless nothing would remain.
    assert query_terms("the who") == ["the", "who"]
    assert query_terms("papers on") == ["paper"]
    assert query_terms("?!") == []


def test_a_word_counts_as_often_as_it_is_asked_for() -> None:
    weights = query_weights("cache cache-eviction")
    assert weights == {"cach": 2.0, "evict": 1.0, "cacheevict": COMPOUND_WEIGHT}
    assert query_weights("4-bit 4bit")["4bit"] == COMPOUND_WEIGHT


def test_other_ways_of_writing_are_asked_for_where_papers_have_them() -> None:
    held = {"kv": 50, "cach": 90, "kvcach": 7, "train": 80, "pretrain": 30, "pre": 20}
    weights = query_weights("KV cache of pre training 20 24", lambda term: held.get(term, 0))
    assert weights["kvcach"] == weights["pretrain"] == COMPOUND_WEIGHT
    assert set(weights) == {"kv", "cach", "pre", "train", "20", "24", "kvcach", "pretrain"}


def test_what_was_joined_by_chance_does_not_count() -> None:
    held = {"lora": 900, "fine": 5_000, "tune": 6_000, "lorafin": 2, "finetun": 3_000}
    for text in ("LoRA-fine-tuning", "LoRA fine tuning", "lora fine-tuning"):
        weights = query_weights(text, lambda term: held.get(term, 0))
        assert set(weights) == {"lora", "fine", "tune", "finetun"}
    # What was asked for as a word stays one.
    assert query_weights("lorafine lora fine", lambda term: held.get(term, 0))["lorafin"] == 1


def test_names_are_cut_without_stemming() -> None:
    assert name_terms("Jean-Paul O'Neill, J. {\\'E}tienne") == [
        "jean",
        "paul",
        "oneill",
        "j",
        "etienne",
    ]
    assert name_terms("Matou\\v{s}ek \u0160ime\u010dkov\u00e1") == ["matousek", "simeckova"]
    assert name_terms("\\ ?") == []
    assert name_terms("Wings") == ["wings"]


def test_long_words_are_cut() -> None:
    assert words("x" * 10_000) == ["x" * 64]
    assert name_terms("y" * 10_000) == ["y" * 64]


def test_stopwords_are_words_as_typed() -> None:
    assert {"the", "of", "on"} <= STOPWORDS
    assert not {"not4", "model", "cache", "learning"} & STOPWORDS


def test_threads_do_not_disturb_each_other() -> None:
    text = " ".join(f"{word}{i}ing" for i in range(400) for word in ("quantiz", "prun"))
    expected = words(text)
    _known.cache_clear()
    with ThreadPoolExecutor(6) as pool:
        assert all(got == expected for got in pool.map(words, [text] * 24))


@settings(deadline=None)
@given(st.text())
def test_any_text_is_cut_in_order(text: str) -> None:
    found = tokens(text)
    assert [t.term for t in found] == words(text)
    assert all(0 <= t.start < t.end <= len(text) and t.term for t in found)
    assert [t.start for t in found] == sorted(t.start for t in found)
    assert marks(text, {t.term for t in found}) == marks(text, words(text))
    query_weights(text, lambda term: len(term))
    name_terms(text)


@settings(deadline=None)
@given(st.text(alphabet="aB1.-_'\\{}\"^ \u00e9\u0301\u0130", max_size=30))
def test_texts_full_of_marks_are_cut_in_order(text: str) -> None:
    test_any_text_is_cut_in_order.hypothesis.inner_test(text)  # type: ignore[attr-defined]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_case_and_accents_make_no_difference(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(
    st.text(max_size=80) | st.from_regex(r"([A-Za-z][a-z]{0,7} ){1,12}", fullmatch=True),
    st.text(max_size=20),
)
def test_a_finder_finds_what_taking_a_text_apart_finds(text: str, query: str) -> None:
    wanted = {*query_weights(f"{text[: len(text) // 2]} {query}")}
    finder = Finder(wanted)
    assert finder.marks(text) == marks(text, wanted)
    places = finder.places(text)
    assert {term for _, term in places} <= wanted
    assert [place for place, _ in places] == sorted({place for place, _ in places})
    plain = text.replace(" ", "")
    if plain.isascii() and plain.isalpha() and not any(map(str.isupper, plain)):
        asked = [(token.start, token.term) for token in tokens(text) if token.term in wanted]
        assert places == asked


def test_what_somebody_pastes_takes_no_memory_for_good() -> None:
    analyse("warm")  # and what is made at the first word
    tracemalloc.start()
    try:
        for number in range(5):
            assert len(words("ab1" * 3000 + f"x{number}")) > 3000
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000


def test_a_finder_finds_every_word_of_the_library_by_its_term() -> None:
    lines = (corpus_dir() / "library.jsonl").read_text("utf-8").splitlines()
    for word in {word for line in lines for word in surfaces(json.loads(line)["title"])}:
        terms = set(words(word))
        assert bool(Finder(terms).marks(word)) == bool(terms)
        if word.isascii() and word.isalpha() and word[1:].islower():
            assert Finder(terms).places(f"a {word}.") == [(2, *terms)]
