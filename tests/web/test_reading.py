"""Marked abstracts: the right words are marked, in whatever text, and the text stays the same."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.client.models import Mark
from litmine.core.latex import latex
from litmine.web.reading import heat, marked
from litmine.web.templating import likelihood, percent

_TEXT = "Smaller caches serve $O(n^2)$ long contexts & save <memory>."


def _mark(start: int, end: int, weight: float) -> Mark:
    return Mark(field="abstract", start=start, end=end, term="x", weight=weight)


def test_words_and_sentence_are_marked() -> None:
    shown = marked(
        "Smaller caches. They save memory.",
        [_mark(8, 14, 0.9), _mark(26, 32, 0.4), _mark(16, 20, -0.2)],
        (16, 33),
    )
    assert str(shown) == (
        'Smaller <mark class="m3">caches</mark>. '
        '<span class="telling"><mark class="against">They</mark> save '
        '<mark class="m2">memory</mark>.</span>'
    )


def test_of_overlapping_marks_the_stronger_stays() -> None:
    shown = str(marked("kv cache size", [_mark(0, 8, 0.2), _mark(3, 8, 0.8)], None))
    assert shown == 'kv <mark class="m3">cache</mark> size'


def test_a_mark_never_cuts_a_formula_or_a_sign() -> None:
    place = _TEXT.index("n^2")
    shown = str(marked(_TEXT, [_mark(place, place + 3, 1.0)], (0, place + 1)))
    assert "<i>O</i>(<i>n</i><sup>2</sup>)" in shown
    assert "&lt;memory&gt;" in shown


_MARKS = st.lists(
    st.tuples(st.integers(0, 80), st.integers(0, 80), st.floats(-3, 3)).map(
        lambda one: _mark(min(one[:2]), max(one[:2]), one[2])
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.just(_TEXT), st.text(max_size=80)),
    _MARKS,
    st.none() | st.tuples(st.integers(0, 80), st.integers(0, 80)),
)
def test_marks_change_nothing_but_marks(
    text: str, marks: list[Mark], telling: tuple[int, int] | None
) -> None:
    shown = str(marked(text, marks, telling))
    bare = re.sub(
        r'</?mark(?: class="(?:m[123]|against)")?>|<span class="telling">|</span>', "", shown
    )
    if "\\" not in text and not set("{}") & set(text):
        assert bare == str(latex(text))
    opened = re.findall(r"<(mark|span) class", shown)
    assert len(opened) == len(re.findall(r"</(mark|span)>", shown))
    assert "<script" not in bare


def test_probabilities_in_words() -> None:
    assert [percent(p) for p in (0.0, 0.004, 0.5, 0.994, 1.0)] == [
        "0%",
        "<1%",
        "50%",
        ">99%",
        "100%",
    ]
    assert likelihood(0.5) == "even chances"
    assert likelihood(0.99) == "almost certain"
    assert [heat(p) for p in (0.0, 0.05, 0.2, 0.4, 0.6, 0.9)] == [0, 1, 2, 3, 4, 5]
