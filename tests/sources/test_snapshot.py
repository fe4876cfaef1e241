"""The snapshot reader: both shapes, any compression, bad lines, places to go on from."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from datetime import UTC, date, datetime

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.errors import InputError, LitmineError, MalformedResponse
from litmine.core.paper import PaperVersion
from litmine.sources.base import HarvestRequest
from litmine.sources.lines import read_lines
from litmine.sources.snapshot import SnapshotSource, record_from_json

SNAPSHOT = {
    "id": "0704.00011",
    "submitter": "Ada Author",
    "authors": 'A. Author (Univ. X), B. M\\"uller and C. Third',
    "title": "An invented\n  title",
    "comments": "12 pages",
    "journal-ref": "Inv. J. 1 (2008)",
    "doi": "10.1/x",
    "report-no": None,
    "categories": "cs.LG stat.ML",
    "license": None,
    "abstract": "  An invented\nsentence.\n",
    "versions": [
        {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Author", "A.", ""], ['M\\"uller', "B.", "Jr."], ["Third", "C.", ""]],
}


def write(path, lines):
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.ZstdCompressor(write_checksum=True).compress(data)
    path.write_bytes(data)
    return path


def everything(path, request=None, cursor=None, **options):
    return list(SnapshotSource(path, **options).pages(request or HarvestRequest(), cursor))


def test_a_line_of_the_public_snapshot():
    paper = record_from_json(SNAPSHOT).paper
    assert (paper.arxiv_id, paper.version, paper.title) == ("0704.00011", 2, "An invented title")
    assert paper.abstract == "An invented sentence."
    assert paper.authors == ("A. Author", 'B. M\\"uller Jr.', "C. Third")
    assert paper.categories == ("cs.LG", "stat.ML")
    assert (paper.published, paper.updated) == (date(2007, 4, 2), date(2007, 7, 24))
    assert paper.datestamp == date(2008, 11, 26)
    assert paper.versions[0] == PaperVersion(1, datetime(2007, 4, 2, 19, 18, 42, tzinfo=UTC))
    assert (paper.comments, paper.journal_ref, paper.doi) == (
        "12 pages",
        "Inv. J. 1 (2008)",
        "10.1/x",
    )


def test_without_parsed_authors_the_author_line_is_split():
    paper = record_from_json({**SNAPSHOT, "authors_parsed": None}).paper
    assert paper.authors == ("A. Author", 'B. M\\"uller', "C. Third")


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_every_cursor_is_a_place_to_go_on_from(tmp_path, invent, suffix):
    path = write(tmp_path / f"papers.{suffix}", invent(11))
    pages = everything(path, page_size=3)
    assert [len(p.records) for p in pages] == [3, 3, 3, 2]
    for i, page in enumerate(pages[:-1]):
        assert everything(path, cursor=page.cursor, page_size=3) == pages[i + 1 :]


def test_a_file_that_ends_on_a_full_page_has_no_empty_page_after_it(tmp_path, invent):
    pages = everything(write(tmp_path / "p.jsonl", invent(6)), page_size=3)
    assert [(len(p.records), p.cursor is None) for p in pages] == [(3, False), (3, True)]


def test_bad_lines_are_named_by_their_number(tmp_path):
    good = {**SNAPSHOT}
    lines = [
        good,
        "{not json",
        "[1, 2]",
        "",
        "# a comment",
        {"note": "about this file"},
        {**good, "id": "nonsense"},
        {**good, "title": 7},
        {**good, "title": " "},
        {**good, "categories": {"a": 1}},
        {**good, "versions": [{"version": "v1x"}]},
        {**good, "authors_parsed": [1]},
        {**good, "version": "three"},
        {**good, "announce_type": "rumour"},
        {"title": "no id", "abstract": ""},
        "[" * 20_000,
        {**good, "id": "0704.00012"},
    ]
    path = write(tmp_path / "p.jsonl", lines)
    with path.open("ab") as file:
        file.write(b'{"id": "0704.00013", "title": "\xff"}\n')
    (page,) = everything(path)
    assert [r.paper.arxiv_id for r in page.records] == ["0704.00011", "0704.00012"]
    expected = [2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18]
    assert [r.identifier for r in page.rejected] == [f"line {n}" for n in expected]
    assert all(r.reason and "\n" not in r.reason for r in page.rejected)


def test_an_endless_line_is_passed_over_in_bounded_memory(tmp_path):
    path = tmp_path / "p.jsonl"
    with path.open("wb") as file:
        file.write(json.dumps(SNAPSHOT).encode() + b"\n{")
        for _ in range(30):
            file.write(b" " * 2**20)
        file.write(b"}\n" + json.dumps({**SNAPSHOT, "id": "0704.00012"}).encode())
    tracemalloc.start()
    (page,) = everything(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [r.identifier for r in page.rejected] == ["line 2"]
    assert len(page.records) == 2
    assert peak < 20 * 2**20


def test_filters(tmp_path, invent):
    lines = [
        {**SNAPSHOT, "id": f"0704.0002{i}", "categories": cats, "update_date": f"2008-11-2{i}"}
        for i, cats in enumerate(["cs.LG", "cs.CL stat.ML", "hep-th", "math.ST stat.TH", "cs"])
    ]
    # A name that is written with an escape is found all the same.
    lines.append(json.dumps({**SNAPSHOT, "id": "0704.00030"}).replace("cs.LG", "cs\\u002eLG"))
    path = write(tmp_path / "p.jsonl", lines)

    def ids(**fields):
        return [
            r.paper.arxiv_id[-2:]
            for p in everything(path, HarvestRequest(**fields))
            for r in p.records
        ]

    assert ids(categories=("cs.LG",)) == ["20", "30"]
    assert ids(categories=("cs",)) == ["20", "21", "24", "30"]
    assert ids(categories=("stat.ML", "hep-th")) == ["21", "22", "30"]
    assert ids(ids=("0704.00022v3",)) == ["22"]
    assert ids(since=date(2008, 11, 23)) == ["23", "24", "30"]
    assert ids(until=date(2008, 11, 21)) == ["20", "21"]
    assert ids(categories=("cs.LG",), limit=1) == ["20"]


def test_a_cut_line_is_not_hidden_by_the_category_filter(tmp_path):
    path = write(tmp_path / "p.jsonl", [json.dumps(SNAPSHOT)[:200]])
    (page,) = everything(path, HarvestRequest(categories=("astro-ph.CO",)))
    assert [r.identifier for r in page.rejected] == ["line 1"]


@pytest.mark.parametrize("suffix", ["jsonl.gz", "jsonl.zst"])
def test_a_cut_or_damaged_archive_is_an_error(tmp_path, invent, suffix):
    path = write(tmp_path / f"p.{suffix}", invent(200))
    whole = path.read_bytes()
    for damage in (whole[: len(whole) // 2], whole[:-3], whole[:100] + b"\0" * 40 + whole[140:]):
        path.write_bytes(damage)
        with pytest.raises(MalformedResponse, match="fetch it again"):
            everything(path)
    path.write_bytes(b"plain text")
    with pytest.raises(MalformedResponse):
        everything(path)


@pytest.mark.parametrize("suffix", ["jsonl.gz", "jsonl.zst"])
def test_archives_in_several_parts_are_read_whole(tmp_path, invent, suffix):
    one = write(tmp_path / f"a.{suffix}", invent(3)).read_bytes()
    path = tmp_path / f"b.{suffix}"
    path.write_bytes(one * 3)
    assert sum(len(p.records) for p in everything(path)) == 9


def test_a_changed_file_is_not_taken_up_in_the_middle(tmp_path, invent):
    path = write(tmp_path / "p.jsonl", invent(5))
    first = everything(path, page_size=2)[0]
    with path.open("a") as file:
        file.write("\n")
    with pytest.raises(InputError, match="has changed"):
        everything(path, cursor=first.cursor)
    with pytest.raises(InputError, match="cannot read"):
        everything(tmp_path / "absent.jsonl")


def test_a_narrow_filter_still_lets_the_caller_save_how_far_it_is(tmp_path, monkeypatch, invent):
    from litmine.sources import snapshot

    monkeypatch.setattr(snapshot, "_LINES_PER_PAGE", 4)
    path = write(tmp_path / "p.jsonl", invent(10))
    pages = everything(path, HarvestRequest(categories=("hep-th",)))
    assert [len(p.records) for p in pages] == [0, 0, 0]
    assert [p.cursor is None for p in pages] == [False, False, True]


@given(st.lists(st.binary(max_size=30)), st.integers(1, 40))
def test_lines_and_positions_of_any_file(tmp_path_factory, pieces, max_line):
    path = tmp_path_factory.getbasetemp() / "any.bin"
    content = b"\n".join(pieces)
    path.write_bytes(content)
    lines = list(read_lines(path, max_line=max_line))
    expected = content.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert [line.number for line in lines] == list(range(1, len(expected) + 1))
    for line, text in zip(lines, expected, strict=True):
        assert line.content == (text if len(text) <= max_line else None)
        rest = list(
            read_lines(
                path,
                offset=line.end if line.end <= len(content) else len(content),
                number=line.number,
                max_line=max_line,
            )
        )
        assert rest == lines[line.number :]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda c: (
            st.lists(c)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "arxiv_id",
                        "title",
                        "abstract",
                        "authors",
                        "authors_parsed",
                        "categories",
                        "versions",
                        "version",
                        "created",
                        "update_date",
                        "day",
                        "comments",
                    ]
                ),
                c,
            )
        ),
        max_leaves=30,
    )
)
def test_any_json_is_a_record_or_a_clean_error(value):
    line = {**SNAPSHOT, **value} if isinstance(value, dict) else {**SNAPSHOT, "versions": value}
    try:
        message = record_from_json(line).paper.title
    except LitmineError as error:
        message = str(error)
    assert message
    assert "\n" not in message
