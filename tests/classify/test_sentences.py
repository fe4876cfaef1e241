"""Sentences: the spans are the text, and full stops that end nothing cut nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from litmine.classify.sentences import split_sentences

PIECES = st.sampled_from(
    [
        *("We prune", "the cache", "e.g.", "i.e.,", "et al.", "Fig. 3", "v1.5", "2.5x", "$O(n)$"),
        *(".", "!", "?", "...", ".)", '."', "。", "\n", "\n\n", "  ", " ", "\t", "\r\n", "\u2028"),
        *(
            "\\cite{x}.",
            "\\textit{e.g.}",
            "$",
            "{",
            "(",
            "İ",
            "ẞ",
            "😀",
            "A.",
            "U.S.",
            "1.",
            "vLLM",
        ),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=40).map("".join))

SENTENCES = (
    "Decoding is bound by memory, e.g. by the cache of Llama 3.1 and of Mixtral.",
    "Prior work (Smith et al. 2023; cf. Fig. 3 and Eq. 2) needs version v0.4.2 of the kernel.",
    "Can a model of 1.5B parameters keep up?",
    "vLLM serves it at 2.5x the rate!",
    "We write $p = 0.25$ and $\\alpha.$ as usual, i.e.\\ without units.",
    "\\textbf{Results}: it saves 30.5% vs. Baseline GPT-2.",
    "The method of J. K. Doe et al. Halves memory only w.r.t. Adam.",
    '"Less is more."',
    "(This holds for all sizes.)",
    "7B models need 14 GB in the U.S. grid too...",
    "In the end, code is at https://example.org/a.b?c=d.",
)


@given(TEXTS)
@example("")
@example(" ")
@example("\n\n")
@example(". A. B. ")
def test_the_spans_partition_the_text_in_order(text: str) -> None:
    spans = split_sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    if text.strip():
        assert all(text[start:end].strip() for start, end in spans)


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8), st.sampled_from(" \n\t"))
def test_whole_sentences_come_back(sentences: list[str], between: str) -> None:
    text = between.join(sentences)
    assert [text[a:b].rstrip() for a, b in split_sentences(text)] == sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one. two. three.", 1),
        ("It works. 1. First, we cut. 2. Second, we sew.", 3),
        ("It was made in 2023. We use it.", 2),
        ("Written by Doe et al. We differ.", 2),
        ("Plans A and B. The rest follows.", 2),
        ("Quantizers, pruners, etc. Known ones are slow.", 2),
        ("Ask the servers.This is slow.In all, it is.", 3),
        ("Set node.In_Use or torch.The_Name.", 1),
        ("A first part\n\na second part", 2),
        ("第一。第二。", 2),
        ("No mark at all", 1),
        ("Ends twice?! Yes.", 2),
    ],
)
def test_where_it_cuts(text: str, expected: int) -> None:
    assert len(split_sentences(text)) == expected


@pytest.mark.parametrize(
    "text", ["a. " * 20_000, "A. " * 20_000, "." * 60_000, "\n" * 60_000, "a" + " \n" * 30_000]
)
def test_long_and_odd_texts_end(text: str) -> None:
    assert sum(end - start for start, end in split_sentences(text)) == len(text)
