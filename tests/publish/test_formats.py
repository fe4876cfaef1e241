"""The registry of formats, and the parts of the list."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from litmine.client.library_calls import ExportFormat
from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.publish.formats.records import COLUMNS
from litmine.publish.formats.registry import FORMATS, format_of
from litmine.publish.selection import Selection
from litmine.web.api.export import Name
from tests.support.entries import HOSTILE, entry

TAXONOMY = load_taxonomy()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def test_every_door_knows_every_format():
    assert set(get_args(ExportFormat)) == set(get_args(Name)) == set(FORMATS)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_each_writes_any_list_and_always_the_same(form):
    papers = [entry(f"2401.{n:05}", HOSTILE, abstract="Told.") for n in range(3)]
    whole = form.write(papers, TAXONOMY, True)
    assert whole == form.write(papers[::-1], TAXONOMY, True)
    assert form.write([], TAXONOMY, False) is not None
    if form.name not in {"markdown", "parquet"}:
        assert b"Told." in whole
        assert b"Told." not in form.write(papers, TAXONOMY, False)


@pytest.mark.parametrize(
    ("name", "found"), [("bib", "bibtex"), (".RIS", "ris"), ("json", "csl"), ("parquet", "parquet")]
)
def test_formats_are_known_by_ending_too(name, found):
    assert format_of(name).name == found


def test_an_unknown_format_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="'docx' is no format; use one of bibtex, ris"):
        format_of("docx")


def test_the_page_describes_every_format_and_every_column():
    text = PAGE.read_text("utf-8")
    for form in FORMATS.values():
        assert f"`{form.name}`" in text
        assert form.media_type in text
    for column in COLUMNS:
        assert f"| `{column.name}` |" in text, column.name


PAPERS = [
    entry("2401.00001", cells=("inference/memory",)),
    entry("2401.00002", cells=("inference/computation", "system/memory"), technique=("serving",)),
    entry("2403.00003", cells=("system/network",), technique=(), published=date(2024, 3, 31)),
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "123"),
        ({"stage": "inf"}, "12"),
        ({"resource": "memory"}, "12"),
        ({"stage": "inference", "resource": "memory"}, "1"),
        ({"cell": "sys/mem"}, "2"),
        ({"technique": "serving"}, "2"),
        ({"since": date(2024, 3, 31)}, "3"),
        ({"until": date(2024, 1, 5)}, "12"),
        ({"stage": "system", "since": date(2024, 2, 1)}, "3"),
        ({"stage": "pretraining"}, ""),
    ],
)
def test_parts_of_the_list(asked, found):
    assert "".join(one.arxiv_id[-1] for one in Selection(**asked).of(PAPERS)) == found


def test_a_part_has_a_name_for_files_and_people():
    part = Selection(cell="inf/mem", since=date(2024, 1, 1))
    assert part.name == "cell-inference-memory-since-2024-01-01"
    assert part.title(TAXONOMY) == "Inference / Memory, since 2024-01-01"
    assert (Selection().name, Selection().title(TAXONOMY)) == ("", "")


def test_a_part_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="swap them"):
        Selection(since=date(2024, 2, 1), until=date(2024, 1, 1))
    with pytest.raises(InputError, match="no technique"):
        Selection(technique="magic")
