"""The sample night: real records of one announcement, with summaries in litmine's own words."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from litmine.core.paper import normalise_space, parse_arxiv_id
from litmine.core.resources import corpus_dir

DAY = "2026-07-14"
NOTE = "abstract: summary in litmine's own words, not the published abstract"
FIELDS = {
    "day",
    "arxiv_id",
    "version",
    "announce_type",
    "listings",
    "title",
    "abstract",
    "authors",
    "categories",
    "primary_category",
    "published",
    "published_kind",
    "updated",
    "summary_by",
    "note",
}
CORE = {"cs.CL", "cs.LG", "cs.AI", "cs.DC", "cs.AR", "cs.PF"}
RUN = 10

Record = dict[str, Any]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    text = (corpus_dir() / "sample_night.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_there_is_a_small_night_of_different_papers(records: list[Record]) -> None:
    assert 60 <= len(records) <= 100
    assert len({r["arxiv_id"] for r in records}) == len(records)
    assert {r["day"] for r in records} == {DAY}


def test_every_line_has_the_same_fields_and_says_whose_words_it_holds(
    records: list[Record],
) -> None:
    for record in records:
        assert set(record) == FIELDS, record["arxiv_id"]
        assert record["note"] == NOTE
        assert record["summary_by"] == "litmine"


def test_metadata_have_the_shape_of_an_announcement(records: list[Record]) -> None:
    for record in records:
        where = record["arxiv_id"]
        parsed = parse_arxiv_id(where)
        assert (parsed.id, parsed.version) == (where, None)
        assert isinstance(record["version"], int), where
        assert record["version"] >= 1, where
        assert record["title"] == normalise_space(record["title"]) != "", where
        assert record["authors"], where
        assert all(isinstance(a, str) and a.strip() for a in record["authors"]), where
        assert record["primary_category"] == record["categories"][0], where
        assert len(set(record["categories"])) == len(record["categories"]), where
        assert CORE & set(record["categories"]), where
        assert set(record["listings"]) <= set(record["categories"]), where
        published, updated = (date.fromisoformat(record[k]) for k in ("published", "updated"))
        assert published <= updated <= date.fromisoformat(DAY), where


def test_announcement_types_agree_with_version_and_listing(records: list[Record]) -> None:
    seen: dict[str, int] = {}
    for record in records:
        kind = record["announce_type"]
        seen[kind] = seen.get(kind, 0) + 1
        if kind == "replace":
            assert record["version"] > 1, record["arxiv_id"]
        if kind == "cross":
            assert record["primary_category"] not in record["listings"], record["arxiv_id"]
        else:
            assert kind in record["listings"].values(), record["arxiv_id"]
    assert set(seen) == {"new", "cross", "replace"}
    assert seen["new"] > seen["replace"] + seen["cross"]


def test_summaries_are_short_single_paragraphs_and_all_different(records: list[Record]) -> None:
    openings = set()
    for record in records:
        summary = record["abstract"]
        assert summary == normalise_space(summary), record["arxiv_id"]
        assert 60 <= len(summary.split()) <= 130, record["arxiv_id"]
        assert summary.endswith("."), record["arxiv_id"]
        openings.add(" ".join(summary.split()[:3]))
    assert len(openings) == len(records), "two summaries open with the same three words"


# --- against the published abstracts, which are never part of the repository ------------------


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


@pytest.fixture(scope="module")
def published() -> dict[str, Record]:
    shared = Path(__file__).resolve().parents[3] / "shared" / "data" / "nights"
    night = shared / f"{DAY}.jsonl.zst"
    if not night.is_file():
        pytest.skip(f"published abstracts of {DAY} are not at hand (../shared/data/nights)")
    import zstandard

    with night.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        lines = io.TextIOWrapper(stream, encoding="utf-8")
        return {r["arxiv_id"]: r for r in map(json.loads, lines)}


def test_metadata_are_those_that_were_announced(
    records: list[Record], published: dict[str, Record]
) -> None:
    own = {"abstract", "summary_by", "note"}
    for record in records:
        real = published[record["arxiv_id"]]
        assert {k: v for k, v in record.items() if k not in own} == {
            k: real[k] for k in FIELDS - own
        }


def test_no_summary_repeats_ten_words_of_any_abstract_of_the_night(
    records: list[Record], published: dict[str, Record]
) -> None:
    known: set[tuple[str, ...]] = set()
    for real in published.values():
        known |= _runs(real["abstract"], RUN)
    assert known
    for record in records:
        assert not _runs(record["abstract"], RUN) & known, record["arxiv_id"]


def test_no_summary_repeats_six_words_of_its_own_abstract(
    records: list[Record], published: dict[str, Record]
) -> None:
    for record in records:
        shared_runs = _runs(record["abstract"], 6) & _runs(
            published[record["arxiv_id"]]["abstract"], 6
        )
        assert not shared_runs, record["arxiv_id"]


def test_numbers_in_summaries_stand_in_the_abstracts(
    records: list[Record], published: dict[str, Record]
) -> None:
    """Decimal figures and percentages are copied, never invented."""
    for record in records:
        real = published[record["arxiv_id"]]["abstract"].replace(",", "").replace("{", "")
        figures = re.findall(r"\d+\.\d+|\d+(?=%| per cent)", record["abstract"].replace(",", ""))
        missing = [f for f in figures if f not in real]
        assert not missing, (record["arxiv_id"], missing)
