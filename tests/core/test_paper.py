"""Identifiers, whitespace and the content hash."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.errors import InputError
from litmine.core.paper import ArxivId, content_hash, normalise_space, parse_arxiv_id
from tests.support.papers import paper

MONTHS = st.tuples(st.integers(0, 99), st.integers(1, 12)).map(lambda t: f"{t[0]:02}{t[1]:02}")
NEW = st.builds("{}.{}".format, MONTHS, st.from_regex(r"[0-9]{4,5}", fullmatch=True))
OLD = st.builds(
    "{}/{}{:03}".format,
    st.sampled_from(["cs", "math", "hep-th", "cond-mat", "q-bio"]),
    MONTHS,
    st.integers(1, 999),
)
IDS = st.builds(ArxivId, NEW | OLD, st.none() | st.integers(1, 99))
FORMS = [
    "{}",
    "  {}\n",
    "arXiv:{}",
    "arxiv: {}",
    "oai:arXiv.org:{}",
    "https://arxiv.org/abs/{}",
    "http://www.arxiv.org/pdf/{}",
    "https://arxiv.org/pdf/{}.pdf",
    "https://export.arxiv.org/abs/{}?context=cs.LG#here",
    "https://ARXIV.org/html/{}/",
]


@given(IDS, st.sampled_from(FORMS))
def test_every_form_reads_back_as_the_identifier(identifier, form):
    assert parse_arxiv_id(form.format(identifier)) == identifier


@pytest.mark.parametrize("text", ["math.GT/0309136v2", "https://arxiv.org/abs/math.GT/0309136v2"])
def test_subject_class_of_an_old_identifier_is_decoration(text):
    assert parse_arxiv_id(text) == ArxivId("math/0309136", 2)


def refusal(text):
    with pytest.raises(InputError) as caught:
        parse_arxiv_id(text)
    return str(caught.value)


# Every identifier holds four digits in a row.
@given(st.text(max_size=40).filter(lambda text: not re.search("[0-9]{4}", text)))
def test_garbage_is_an_input_error_of_one_line(text):
    said = refusal(text)
    assert "is not an arXiv id" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2413.00001",
        "2401.000001",
        "2401.00001v0",
        "2401.00001v1v2",
        "2401.00001v" + "9" * 5000,
        "2401.00001 2401.00002",
        "a 2401.00001",
        "٢٤٠١.٠٠٦٢٥",
        "https://example.org/abs/2401.00001",
        "cs/011201",
    ],
    ids=lambda text: text[:20],
)
def test_near_misses_are_refused(text):
    assert len(refusal(text)) < 500


@given(st.text())
def test_normalise_space_is_idempotent_and_keeps_every_other_character(text):
    once = normalise_space(text)
    assert normalise_space(once) == once
    assert "".join(once.split()) == "".join(text.split())


def test_content_hash_ignores_wrapping_and_nothing_else():
    wrapped = content_hash("A\n  title", "Some  text\nwrapped")
    assert wrapped == content_hash("A title", "Some text wrapped")
    assert wrapped != content_hash("A title", "Some text Wrapped")
    assert content_hash("a b", "c") != content_hash("a", "b c")
    assert paper().content_hash == content_hash(paper().title, paper().abstract)


def test_what_a_paper_says_of_itself():
    one = paper("2606.00007")
    assert one.primary_category == "cs.CL"
    assert paper(categories=()).primary_category is None
    assert one.text == f"{one.title}\n{one.abstract}"
    assert one.url == "https://arxiv.org/abs/2606.00007"
