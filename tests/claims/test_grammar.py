"""Numbers are found in every dress, lie where they are said to lie, and in linear work."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.claims.flat import flatten, sentences
from litmine.claims.grammar import candidates

PIECES = st.sampled_from(
    ["2.3$\\times$", "40\\%", "from 8 GB to 3 GB", "two-fold",
     "halves", "1/10 of", "5-7x", "$", "\\",
     "order of magnitude", "3,000", "12 ms", "\n", ". A", " ", "{", "}", "70B", "-", "~", "—", "x",
     "up to", "1e5", "&#37;", "²", "٣", "İ", "half the", "by a factor of 4"]
)  # fmt: skip
ANY = st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("It runs 2.3x faster.", 2.3, "x"),
        (r"It runs $2.3\times$ faster.", 2.3, "x"),
        (r"It runs \textbf{2.3}$\times$ faster.", 2.3, "x"),
        ("It runs 2.3\N{MULTIPLICATION SIGN} faster.", 2.3, "x"),
        (r"It saves 40\% of memory.", 40.0, "%"),
        ("It saves 40&#37; of memory.", 40.0, "%"),
        ("It saves 30-40% of memory.", 40.0, "%"),
        ("It saves between 30% to 40% of memory.", 40.0, "%"),
        ("It is 1.5x--2.5x faster.", 2.5, "x"),
        ("It shrinks from 12.6 GB to 2.5 GB.", 2.5, "GB"),
        ("A two-fold gain in speed.", 2.0, "x"),
        ("It halves the memory.", 50.0, "%"),
        ("An order of magnitude less data.", 10.0, "x"),
        ("Two orders of magnitude less data.", 100.0, "x"),
        ("With 1/10 of the data.", 10.0, "x"),
        ("It is faster by a factor of 4.", 4.0, "x"),
        ("It keeps 576 visual tokens.", 576.0, "tokens"),
        ("It serves 1,200 tokens per second.", 1200.0, "tokens/s"),
        ("It costs $32 to train.", 32.0, "USD"),
        ("One third of the cost.", 33.3, "%"),
    ],
)
def test_forms(text: str, value: float, unit: str) -> None:
    found = [(c.value, c.unit.spelling) for c in candidates("A title\n" + text)]
    assert (value, unit) in found


@pytest.mark.parametrize("text", ["GPT-4 answers.", "See 2401.00625v2.", "In 2024 we wrote it."])
def test_names_and_years_are_no_quantities(text: str) -> None:
    assert candidates("A title\n" + text) == []


@given(ANY)
def test_flat_text_is_as_long(text: str) -> None:
    assert len(flatten(text)) == len(text)


@given(ANY)
def test_spans_lie_in_their_sentence(text: str) -> None:
    bounds = sentences(flatten(text))
    for one in candidates(text):
        assert one.sentence in bounds
        assert one.sentence[0] <= one.start < one.end <= one.sentence[1]


@given(ANY)
def test_candidates_do_not_overlap(text: str) -> None:
    found = candidates(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
