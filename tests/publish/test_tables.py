"""The table of the list as CSV, JSON Lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from pyarrow import parquet

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import Approval, in_order
from litmine.publish.formats.parquet import render_parquet, schema
from litmine.publish.formats.records import COLUMNS, records
from litmine.publish.formats.tables import guard, render_json_lines, render_table, unguard
from tests.support.entries import HOSTILE, any_list, entry

TAXONOMY = load_taxonomy()
FULL = entry(
    title="Sub-$n^2$ attention",
    keywords=("a; b", "c"),
    venue="ICML 2026",
    doi="10.1145/1234.5678",
    journal_ref="ICML 2026",
    updated=date(2024, 2, 1),
    version=2,
    abstract="Some words.",
    approval=Approval(
        "May",
        datetime(2024, 1, 8, 12, 30, tzinfo=UTC),
        "m1",
        0.91,
        {"inference/memory": 0.8},
        "=yes",
    ),
)
ROW = {
    "arxiv_id": "2401.00001",
    "version": 2,
    "title": "Sub-n² attention",
    "title_latex": "Sub-$n^2$ attention",
    "authors": ["Ada Lovelace", "Ludwig van Beethoven"],
    "published": "2024-01-05",
    "month": "2024-01",
    "updated": "2024-02-01",
    "categories": ["cs.LG", "cs.AI"],
    "section": "LLM Inference > Model Compression > Quantization",
    "cells": ["inference/memory"],
    "stages": ["inference"],
    "resources": ["memory"],
    "techniques": ["quantization"],
    "keywords": ["a; b", "c"],
    "venue": "ICML 2026",
    "journal_ref": "ICML 2026",
    "doi": "10.1145/1234.5678",
    "url": "https://arxiv.org/abs/2401.00001",
    "key": "lovelace2024sub-2401.00001",
    "source": "reviewer",
    "reviewer": "May",
    "decided_at": "2024-01-08T12:30:00Z",
    "model_id": "m1",
    "relevance": 0.91,
    "scores": {"inference/memory": 0.8},
    "comment": "=yes",
    "abstract": "Some words.",
}


def test_a_line_of_json():
    assert json.loads(render_json_lines([FULL], TAXONOMY, abstracts=True)) == ROW
    without = {name: value for name, value in ROW.items() if name != "abstract"}
    assert json.loads(render_json_lines([FULL], TAXONOMY)) == without


def test_a_row_of_csv():
    text = render_table([FULL], TAXONOMY, abstracts=True)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row == {
        name: "" if value is None else str(value)
        for name, value in (
            ROW
            | {name: "; ".join(value) for name, value in ROW.items() if isinstance(value, list)}
            | {"keywords": "a, b; c", "scores": "inference/memory=0.8", "comment": "'=yes"}
        ).items()
    }
    (frame,) = pd.read_csv(io.StringIO(text)).to_dict("records")
    assert frame["title"] == "Sub-n² attention"


def test_a_row_of_parquet():
    table = parquet.read_table(io.BytesIO(render_parquet([FULL], TAXONOMY, abstracts=True)))
    (row,) = table.to_pylist()
    assert row == ROW | {
        "published": date(2024, 1, 5),
        "updated": date(2024, 2, 1),
        "decided_at": datetime(2024, 1, 8, 12, 30, tzinfo=UTC),
        "scores": [("inference/memory", 0.8)],
    }
    assert table.schema.equals(schema(TAXONOMY))
    frame = pd.read_parquet(io.BytesIO(render_parquet([FULL], TAXONOMY)))
    assert frame["abstract"].isna().all()
    assert frame["decided_at"].dt.tz is not None


def test_parquet_tells_what_its_columns_are():
    table = parquet.read_table(io.BytesIO(render_parquet([], TAXONOMY)))
    assert table.num_rows == 0
    about = json.loads(table.schema.metadata[b"litmine"])
    assert about == {"format": 1, "taxonomy": TAXONOMY.version}
    described = {f.name: f.metadata[b"description"].decode() for f in table.schema}
    assert described == {one.name: one.description for one in COLUMNS}
    types = {field.name: field.type for field in table.schema}
    assert types["published"] == pa.date32()
    assert types["decided_at"] == pa.timestamp("us", "UTC")
    assert types["scores"] == pa.map_(pa.string(), pa.float64())
    assert not table.schema.field("arxiv_id").nullable


@given(any_list())
def test_json_lines_give_back_any_text(entries):
    text = render_json_lines(entries, TAXONOMY, abstracts=True)
    lines = text.splitlines()  # also at what other readers take for the end of a line
    assert len(lines) == len(entries)
    found = [json.loads(line) for line in lines]
    assert [one["title_latex"] for one in found] == [one.title for one in in_order(entries)]
    assert [tuple(one["authors"]) for one in found] == [one.authors for one in in_order(entries)]
    frame = pd.read_json(io.StringIO(text), lines=True, dtype=False)
    assert len(frame) == len(entries)


@given(any_list())
def test_csv_gives_back_any_text_and_runs_no_formula(entries):
    rows = list(csv.DictReader(io.StringIO(render_table(entries, TAXONOMY), newline="")))
    wanted = records(entries, TAXONOMY)
    for row, record in zip(rows, wanted, strict=True):
        assert None not in row
        for name, value in row.items():
            assert not value.startswith(("=", "+", "-", "@", "\t", "\r"))
            if isinstance(record[name], str):
                assert unguard(value) == record[name]
            elif record[name] is None:
                assert value == ""
        authors = unguard(row["authors"])
        assert authors == "; ".join(name.replace(";", ",") for name in record["authors"])


@given(any_list())
def test_parquet_gives_back_any_text(entries):
    data = render_parquet(entries, TAXONOMY, abstracts=True)
    rows = parquet.read_table(io.BytesIO(data)).to_pylist()
    wanted = records(entries, TAXONOMY, abstracts=True)
    assert [row | {"scores": dict(row["scores"])} for row in rows] == wanted


@pytest.mark.parametrize("render", [render_table, render_json_lines, render_parquet])
def test_the_same_papers_give_the_same_bytes(render):
    papers = [entry(f"2401.{n:05}", HOSTILE) for n in range(5)]
    assert render(papers, TAXONOMY) == render(papers[::-1], TAXONOMY)


def test_the_guard_gives_back_every_text():
    for text in ("=1", "'=1", "''=1", "+", "-1", "@x", "＝1", "'", "a", "", "'a"):
        assert unguard(guard(text)) == text
