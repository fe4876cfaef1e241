"""Author lines, withdrawal notes and dates as arXiv writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.sources.text import (
    author_names,
    is_withdrawal_note,
    parse_day,
    parse_moment,
    split_authors,
)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("A. One", ["A. One"]),
        ("A. One, B. Two and C. Three", ["A. One", "B. Two", "C. Three"]),
        ("A. One, B. Two, and C. Three", ["A. One", "B. Two", "C. Three"]),
        ("A. One & B. Two", ["A. One", "B. Two"]),
        ("A. One (Univ. X, Y), B. Two (1 and 2)", ["A. One", "B. Two"]),
        ("A. One (1), B. Two (2) ((1) Inst. X (main), (2) Inst. Y, Z)", ["A. One", "B. Two"]),
        ("A. One,\n  B. Two", ["A. One", "B. Two"]),
        ("Sammy Davis, Jr., Ada Two", ["Sammy Davis, Jr.", "Ada Two"]),
        ("Ada Two, Henry Tudor, VIII, Bo III", ["Ada Two", "Henry Tudor", "VIII", "Bo III"]),
        ("A. One, for the Demo Collaboration", ["A. One", "Demo Collaboration"]),
        ("The Demo Collaboration: A. One, B. Two", ["Demo Collaboration", "A. One", "B. Two"]),
        ("A. One, on behalf of the Demo Collaboration", ["A. One", "Demo Collaboration"]),
        (r"\c{S}uayp Talha, M. B\"other and K. Yal\c{c}{\i}n",
         [r"\c{S}uayp Talha", r"M. B\"other", r"K. Yal\c{c}{\i}n"]),
        (r"{A, Inc.} Research, Bo Two", [r"{A, Inc.} Research", "Bo Two"]),
        ("Alexander Anderson, Sandy Band", ["Alexander Anderson", "Sandy Band"]),
        ("A. One (unclosed, B. Two", ["A. One unclosed", "B. Two"]),
        ("One, A.; Two, B.", ["One, A.", "Two, B."]),
        ("", []),
        (" , ,, and ", []),
    ],
)  # fmt: skip
def test_author_lines(line, names):
    assert split_authors(line) == tuple(names)


@given(
    st.lists(
        st.from_regex(r"[A-Z][a-zé]{1,8}( [A-Z]\.)? [A-Z][a-zü\-]{2,9}", fullmatch=True), min_size=1
    )
)
def test_plain_names_survive_the_line(names):
    assert split_authors(", ".join(names)) == tuple(names)
    assert author_names(f"{name} (Somewhere, Far)" for name in names) == tuple(names)


@given(st.text(max_size=60))
def test_any_line_is_split_without_empty_names(line):
    assert all(name == name.strip() and name for name in split_authors(line))


@pytest.mark.parametrize(
    "note",
    [
        "This paper has been withdrawn by the author",
        "This submission has been withdrawn by arXiv administrators",
        "The manuscript was withdrawn because of an error in section 3",
        "Withdrawn",
        "withdrawn.",
        "Withdrawn due to a flaw in the proof",
        "This article has been temporarily withdrawn",
        "arXiv admin note: submission has been withdrawn by arXiv administrators",
    ],
)
def test_withdrawal_notes(note):
    assert is_withdrawal_note(note)


@pytest.mark.parametrize(
    "note",
    [
        None,
        "",
        "12 pages, 3 figures",
        "Withdrawn from ICLR 2025; extended version",
        "This paper was withdrawn from ICLR 2025",
        "A study of withdrawn drugs",
        "On money withdrawn at night; 4 pages",
    ],
)
def test_other_comments_are_no_withdrawal(note):
    assert not is_withdrawal_note(note)


def test_moments():
    assert parse_moment("Mon, 2 Apr 2007 19:18:42 GMT") == datetime(
        2007, 4, 2, 19, 18, 42, tzinfo=UTC
    )
    assert parse_moment("2026-06-30T00:00:00-04:00") == datetime(2026, 6, 30, 4, tzinfo=UTC)
    assert parse_moment("2026-06-30T05:00:00Z") == datetime(2026, 6, 30, 5, tzinfo=UTC)
    assert parse_day(" 2026-06-30 ") == date(2026, 6, 30)
    for text in (None, "", "yesterday", "2026-13-01", "0000-00-00", "Foo, 99 Bar 2007"):
        assert parse_moment(text) is None


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_none(text):
    moment = parse_moment(text)
    assert moment is None or moment.tzinfo is not None
