"""Titles that abstracts repeat are cut, and only those."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from litmine.classify.quoted_titles import RUN, shorten_quoted

LONG = "Frugal-Net: one two three four five six seven eight nine ten eleven"


def test_only_titles_repeated_for_ten_words_are_cut() -> None:
    short = shorten_quoted(
        {"quoted": LONG, "nearly": "a b c d e f g h i j k", "brief": "One two three"},
        ["We present frugal net (one two, three four five six seven eight) now.", "a b c d e f g"],
    )
    assert short == {"quoted": "Frugal-Net: one two three four five six seven…"}


def test_no_abstract_means_no_change() -> None:
    assert shorten_quoted({"a": LONG}, []) == {}


words = st.lists(st.sampled_from(["a", "b", "İx", "c-d", "e:"]), min_size=8, max_size=16)


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, max_size=4))
def test_no_run_of_an_abstract_is_left(titles: list[list[str]], abstracts: list[list[str]]) -> None:
    named = {str(n): " ".join(title) for n, title in enumerate(titles)}
    texts = [" ".join(abstract) for abstract in abstracts]
    short = shorten_quoted(named, texts)
    for key, title in named.items():
        runs = runs_of(short.get(key, title))
        assert not runs & set().union(*map(runs_of, texts), set())
        assert (key in short) == bool(runs_of(title) & set().union(*map(runs_of, texts), set()))


def runs_of(text: str) -> set[str]:
    found = re.findall(r"[a-z0-9]+", text.lower())
    return {" ".join(found[at : at + RUN]) for at in range(len(found) - RUN + 1)}
