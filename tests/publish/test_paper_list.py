"""The paper list: the same approvals give the same bytes, one approval changes one line."""

from __future__ import annotations

import csv
import difflib
import io
import json
import random
import re
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from litmine.core.errors import InputError
from litmine.core.plain import clean
from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entries import (
    DraftEntry,
    ListEntry,
    render_csv,
    render_json,
    render_markdown,
    write_outputs,
)
from litmine.publish.formats.markdown import render_draft_markdown
from litmine.publish.formats.tables import guard, render_draft_csv, render_draft_json, unguard
from litmine.publish.sections import place, sections

TAXONOMY = load_taxonomy()
TECHNIQUES = [technique.id for technique in TAXONOMY.techniques]

HOSTILE = [
    "A | B || C",
    "ends with a backslash \\",
    "\\| \\\\| \\\\\\|",
    "](https://evil.example) [click",
    "![x](https://evil.example/i.png)",
    "<script>alert(1)</script>",
    "<https://evil.example>",
    "&lt;b&gt; AT&T &#60; &copy",
    "**bold** _it_ ~~gone~~ `code` ``x``",
    "$O(n^2)$ and $$x$$ and $`y`$",
    "line\nbreak\r\n\tand\u2028more\u2029\x0b\x0c\x85x",
    "\u202eright to left\u202c \u2066isolate\u2069 zero\u200bwidth \ufeff",
    "[^1] [ref] [ref][] [x]: y",
    "=HYPERLINK(1)",
    "https://evil.example www.evil.example me@evil.example",
    "<!-- comment -->",
    "# heading - item 1. item > quote",
    "emoji 👩\u200d🔬 日本語 Ünïcödé",
    "`unbalanced | [",
    "\x00null\x1bescape",
]

titles = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=60)).filter(clean)
numbers = st.integers(0, 99_999)
entries = st.builds(
    lambda number, title, day, technique, cells, words, venue: ListEntry(
        arxiv_id=f"{day:%y%m}.{number:05d}",
        title=title,
        published=day,
        technique=tuple(technique),
        cells=tuple(cells),
        keywords=tuple(words),
        venue=venue,
    ),
    numbers,
    titles,
    st.dates(date(2015, 1, 1), date(2026, 12, 31)),
    st.lists(st.sampled_from([*TECHNIQUES, "not-in-the-taxonomy"]), max_size=2, unique=True),
    st.lists(st.sampled_from(TAXONOMY.cells), max_size=4, unique=True),
    st.lists(titles, max_size=2),
    st.one_of(st.none(), titles),
)
papers = st.lists(entries, max_size=12, unique_by=lambda entry: entry.arxiv_id)


def parsed_rows(markdown: str) -> list[list[list[Token]]]:
    """Parse with a real Markdown parser and give the inline tokens of each body cell."""
    rows: list[list[list[Token]]] = []
    in_body = False
    for token in (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)
    ):
        assert token.type not in {"html_block", "code_block", "fence", "blockquote_open"}
        if token.type in {"tbody_open", "tbody_close"}:
            in_body = token.type == "tbody_open"
        elif token.type == "tr_open" and in_body:
            rows.append([])
        elif token.type == "inline" and in_body:
            rows[-1].append(token.children or [])
    return rows


def text_of(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens)


def one_link(tokens: list[Token]) -> tuple[str, str]:
    """Text and target of a cell that is one link and nothing else."""
    assert (tokens[0].type, tokens[-1].type) == ("link_open", "link_close")
    assert {token.type for token in tokens[1:-1]} <= {"text"}
    return text_of(tokens[1:-1]), str(tokens[0].attrs["href"])


@settings(max_examples=150, deadline=None)
@given(papers, st.randoms(use_true_random=False))
def test_order_of_approval_does_not_matter(some: list[ListEntry], rng: random.Random) -> None:
    shuffled = list(some)
    rng.shuffle(shuffled)
    for render in (render_markdown, render_csv, render_json):
        assert render(some, TAXONOMY) == render(shuffled, TAXONOMY)


@settings(max_examples=150, deadline=None)
@given(papers.filter(bool))
def test_one_more_approval_is_one_more_line(some: list[ListEntry]) -> None:
    before = render_markdown(some[:-1], TAXONOMY).split("\n")
    after = render_markdown(some, TAXONOMY).split("\n")
    changes = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert len(changes) == 1
    assert changes[0].startswith("+ | ")


@settings(max_examples=300, deadline=None)
@given(papers)
def test_every_row_is_four_cells_with_the_papers_own_link(some: list[ListEntry]) -> None:
    rows = parsed_rows(render_markdown(some, TAXONOMY))
    found = {}
    for date_cell, words, paper, venue in rows:
        title, url = one_link(paper)
        found[url] = title
        for cell in (date_cell, words, venue):
            assert {token.type for token in cell} <= {"text"}
            assert not re.search(r"://|www\.|@", text_of(cell))
        assert re.fullmatch(r"\d{4}-\d{2}", text_of(date_cell))
    assert found == {entry.url: entry.plain_title for entry in some}
    assert len(rows) == len(some)


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_show_as_they_are(title: str) -> None:
    entry = ListEntry("2401.00001", title, None, keywords=(title,), venue=title)
    ((_, _, paper, _),) = parsed_rows(render_markdown([entry], TAXONOMY))
    assert one_link(paper) == (entry.plain_title, "https://arxiv.org/abs/2401.00001")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
@example("\u202e\u2066\u200b\ufeff\x00")
def test_clean_text_is_one_visible_line(text: str) -> None:
    kept = clean(text)
    assert kept == clean(kept)
    assert len(kept.splitlines()) <= 1
    assert not {"Cc", "Cs", "Co"} & {unicodedata.category(c) for c in kept}
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f") & set(kept)
    kept.encode()


def test_headings_follow_the_companion_list() -> None:
    headings = re.findall(r"^(#+) (.*)$", render_markdown([], TAXONOMY), re.MULTILINE)
    assert headings[0][0] == "#"
    names = [name for _, name in headings]
    for name in (
        "LLM Architecture Design",
        "Non-transformer Architecture",
        "Memory Efficiency",
        "Mixed precision training",
        "Parameter-Efficient Fine-Tuning",
        "Model Compression",
        "Input Pruning",
        "Deployment optimization",
        "Other Systems",
    ):
        assert names.count(name) == 1
    assert render_markdown([], TAXONOMY).count("| Date | Keywords | Paper | Venue |") == len(
        sections(TAXONOMY)
    )


@pytest.mark.shared
def test_every_section_of_the_real_companion_list_is_there(shared_data: Path) -> None:
    from pyarrow import parquet

    columns = ["companion_list", "section_path"]
    rows = parquet.read_table(shared_data / "data" / "lists.parquet", columns=columns).to_pylist()
    wanted = {tuple(row["section_path"].split(" > ")[1:]) for row in rows if row["companion_list"]}
    about_papers = {path for path in wanted if path and not path[0].startswith("Resource-Eff")}
    assert len(about_papers) == 15
    assert about_papers <= {section.headings for section in sections(TAXONOMY)}


@pytest.mark.parametrize(
    ("technique", "cells", "expected"),
    [
        ("quantization", "inference/memory", "LLM Inference > Model Compression > Quantization"),
        (
            "peft quantization",
            "inference/memory",
            "LLM Inference > Model Compression > Quantization",
        ),
        (
            "data-selection",
            "finetuning/computation",
            "LLM Fine-Tuning > Data and Objectives for Fine-Tuning",
        ),
        ("quantization", "system/energy", "System Design > Other Systems"),
        ("quantization", "architecture/energy", "LLM Architecture Design > Other"),
        ("survey", "inference/memory system/memory", "Across Stages > Surveys"),
        ("survey", "system/memory", "System Design > Other Systems"),
        ("measurement", "", "Across Stages > Measurement"),
        ("pruning", "", "LLM Inference > Model Compression > Pruning"),
        ("", "", "Across Stages > Other"),
        ("", "system/memory", "System Design > Other Systems"),
        ("unknown", "system/memory inference/memory", "Across Stages > Other"),
    ],
)
def test_the_primary_technique_at_home_decides_the_section(
    technique: str, cells: str, expected: str
) -> None:
    entry = ListEntry("2401.00001", "T", None, tuple(technique.split()), tuple(cells.split()))
    assert " > ".join(place(entry, TAXONOMY).headings) == expected


@settings(max_examples=200, deadline=None)
@given(entries)
def test_every_paper_has_a_section_of_the_list(entry: ListEntry) -> None:
    assert place(entry, TAXONOMY) in sections(TAXONOMY)


def test_a_technique_at_home_has_a_section_of_its_own() -> None:
    for technique in TAXONOMY.techniques:
        if technique.home_stages:
            entry = ListEntry("2401.00001", "T", None, technique=(technique.id,))
            assert place(entry, TAXONOMY).headings[-1] not in {"Other", "Other Systems"}


def test_newest_first_then_id() -> None:
    days = [date(2025, 3, 1), date(2025, 3, 9), None, date(2025, 3, 9)]
    some = [ListEntry(f"2503.0000{n}", f"Paper {n}", day) for n, day in enumerate(days)]
    rows = parsed_rows(render_markdown(some, TAXONOMY))
    assert [one_link(row[2])[0] for row in rows] == ["Paper 1", "Paper 3", "Paper 0", "Paper 2"]


@settings(max_examples=150, deadline=None)
@given(papers)
def test_csv_and_json_give_everything_back(some: list[ListEntry]) -> None:
    table = list(csv.DictReader(io.StringIO(render_csv(some, TAXONOMY))))
    papers_json = json.loads(render_json(some, TAXONOMY))["papers"]
    by_id = {entry.arxiv_id: entry for entry in some}
    assert [row["arxiv_id"] for row in table] == [row["arxiv_id"] for row in papers_json]
    for row, record in zip(table, papers_json, strict=True):
        entry = by_id[row["arxiv_id"]]
        assert unguard(row["title"]) == record["title"] == entry.title
        assert unguard(row["venue"]) == record["venue"] == (entry.venue or "arXiv")
        assert record["cells"] == list(entry.cells)
        assert row["published"] == record["published"] == str(entry.published)
        assert not any(value.startswith(("=", "+", "-", "@")) for value in row.values())


@given(st.text(alphabet="'=+-@＝a ", max_size=8))
def test_the_formula_guard_can_be_undone(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "＝"))


def draft(number: int, relevance: float, title: str = "Draft") -> DraftEntry:
    entry = ListEntry(f"2606.{number:05d}", title, date(2026, 6, 30), cells=("inference/memory",))
    return DraftEntry(entry, relevance, {"inference/memory": 0.8125})


def test_drafts_are_marked_and_sorted_by_relevance() -> None:
    drafts = [draft(1, 0.2), draft(2, 0.9), draft(3, 0.9, "Pipe | and <b>")]
    text = render_draft_markdown(drafts, TAXONOMY)
    assert text.startswith("# DRAFT")
    rows = parsed_rows(text)
    assert [text_of(row[0]) for row in rows] == ["0.90", "0.90", "0.20"]
    assert [one_link(row[4])[0] for row in rows] == ["Draft", "Pipe | and <b>", "Draft"]
    assert text_of(rows[0][1]) == "inference/memory 0.81"
    record = json.loads(render_draft_json(drafts, TAXONOMY))
    assert record["status"] == "draft"
    assert record["papers"][0]["probabilities"] == {"inference/memory": 0.8125}
    table = list(csv.DictReader(io.StringIO(render_draft_csv(drafts, TAXONOMY))))
    assert {row["status"] for row in table} == {"draft"}
    assert table[0]["probabilities"] == "inference/memory=0.8125"


def test_only_changed_files_are_written(tmp_path: Path) -> None:
    paper = ListEntry("2401.00001", "One", date(2024, 1, 1), ("pruning",), ("inference/memory",))
    first = write_outputs(tmp_path / "out", [paper], [draft(1, 0.5)], TAXONOMY)
    assert sorted(path.name for path in first) == [
        "draft-list.csv",
        "draft-list.json",
        "draft-list.md",
        "paper-list.csv",
        "paper-list.json",
        "paper-list.md",
    ]
    stamps = {path: path.stat().st_mtime_ns for path in first}
    assert write_outputs(tmp_path / "out", [paper], [draft(1, 0.5)], TAXONOMY) == []
    assert {path: path.stat().st_mtime_ns for path in first} == stamps
    changed = write_outputs(tmp_path / "out", [paper, draft(1, 0.5).entry], [], TAXONOMY)
    assert len(changed) == 6
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        path.name for path in first
    )


def test_an_approved_paper_is_no_draft_any_more(tmp_path: Path) -> None:
    write_outputs(tmp_path, [draft(1, 0.5).entry], [draft(1, 0.5), draft(2, 0.4)], TAXONOMY)
    record = json.loads((tmp_path / "draft-list.json").read_text())
    assert [paper["arxiv_id"] for paper in record["papers"]] == ["2606.00002"]


def test_a_paper_standing_in_twice_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    paper = draft(1, 0.5).entry
    with pytest.raises(InputError, match="twice"):
        write_outputs(tmp_path / "out", [paper, paper], [], TAXONOMY)
    assert not (tmp_path / "out").exists()


def test_entries_check_what_they_are_given() -> None:
    with pytest.raises(InputError, match="not an arXiv id"):
        ListEntry("x", "Title", None)
    with pytest.raises(InputError, match="no title"):
        ListEntry("2401.00001", "\u200b \n", None)
    assert ListEntry("arXiv:2401.00001v3", "T", None).arxiv_id == "2401.00001"
    own = "https://arxiv.org/abs/2401.00001"
    for url, expected in (
        ("javascript:alert(1)", own),
        ("//evil.example", own),
        ("https://a.example/x(1)|y>z", "https://a.example/x%281%29%7Cy%3Ez"),
        ("https://a.example/x) [y](https://b", "https://a.example/x%29%5By%5D%28https://b"),
    ):
        assert ListEntry("2401.00001", "T", None, url=url).url == expected
    assert ListEntry("cs/0112017", "T", None).month == "2001-12"
    assert ListEntry("hep-th/9901001", "T", None).month == "1999-01"
    assert ListEntry("2401.00001", "T", None).month == "2024-01"
