"""The sentence that is shown of a hit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from litmine.index.marks import Finder
from litmine.index.text import query_weights
from litmine.search.explain import best_sentence

ABSTRACT = "We study caches. Eviction of keys, e.g. of old ones, saves memory. Flowers are red."


def test_rare_words_decide_and_the_first_of_equals_is_taken():
    snippet = best_sentence(ABSTRACT, {"cach": 1.0, "memori": 0.2, "key": 0.9})
    assert snippet is not None
    assert snippet.text == "Eviction of keys, e.g. of old ones, saves memory."
    assert [snippet.text[a:b] for a, b in snippet.marks] == ["keys", "memory"]
    assert ABSTRACT[snippet.start : snippet.end] == snippet.text
    nothing = best_sentence(ABSTRACT, {"zebra": 1.0})
    assert nothing is not None
    assert nothing.text == "We study caches."
    assert nothing.marks == ()


def test_no_abstract_no_sentence():
    assert best_sentence("", {"cach": 1.0}) is None


def test_a_long_sentence_is_cut_around_its_first_mark():
    text = "word " * 200 + "needle " + "word " * 200 + "end."
    snippet = best_sentence(text, {"needl": 1.0})
    assert snippet is not None
    assert len(snippet.text) <= 400
    assert [snippet.text[a:b] for a, b in snippet.marks] == ["needle"]
    assert text[snippet.start : snippet.end] == snippet.text


@given(st.text(max_size=600), st.text(max_size=30))
def test_offsets_always_fit(abstract, query):
    snippet = best_sentence(abstract, query_weights(query))
    if snippet is None:
        return
    assert abstract[snippet.start : snippet.end] == snippet.text
    ends = 0
    for start, end in snippet.marks:
        assert ends <= start < end <= len(snippet.text)
        ends = end


@given(st.lists(st.text(max_size=200), max_size=4), st.text(max_size=30))
def test_a_finder_kept_for_many_texts_says_what_a_new_one_says(abstracts, query):
    weights = query_weights(query)
    finder = Finder(weights)
    for abstract in [*abstracts, *abstracts]:
        assert best_sentence(abstract, weights, finder) == best_sentence(abstract, weights)
