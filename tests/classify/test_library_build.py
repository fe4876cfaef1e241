"""Building the shipped library: facts in, two files out, the same bytes every time."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from litmine.classify import library_build
from litmine.classify.labelled import LabelledPaper
from litmine.classify.library import LabelledLibrary
from litmine.classify.library_build import PaperText, agreement, assemble, encode_resumably
from litmine.classify.library_files import (
    FACTS_FILE,
    facts_bytes,
    pack_vectors,
    read_facts,
    read_vectors,
)
from litmine.classify.list_sections import RULES, read_section
from litmine.cli.library import app
from litmine.core.errors import ArtefactMismatch, InputError, NotFound
from litmine.core.paper import normalise_space, parse_arxiv_id
from litmine.core.resources import corpus_dir
from litmine.core.taxonomy import load_taxonomy


class FakeEncoder:
    """Vectors from a hash of the text; counts the texts it was asked for."""

    encoder_id = "fake-1"
    dim = 8

    def __init__(self, fail_after: int | None = None) -> None:
        self.encoded: list[str] = []
        self.fail_after = fail_after

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        if self.fail_after is not None and len(self.encoded) >= self.fail_after:
            raise KeyboardInterrupt
        self.encoded.extend(texts)
        if progress:
            progress(len(texts))
        rows = [np.frombuffer(hashlib.sha256(t.encode()).digest()[:8], np.uint8) for t in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), 8) - 127.5


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    """Invented labels, list rows and metadata in the forms of the real ones."""
    import pyarrow as pa
    from pyarrow import parquet

    labels = tmp_path / "labels"
    labels.mkdir()
    train = [
        {
            "id": "2401.00001",
            "relevant": 1,
            "cells": ["inference/memory"],
            "technique": ["quantization"],
        },
        {"id": "2401.00002", "relevant": 0},
    ]
    dev = [{"id": "2606.00001", "relevant": 0, "night": "2026-06-30"}]
    for name, rows in (("train", train), ("dev", dev)):
        (labels / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def row(repo: str, path: str, arxiv_id: str | None, **other: object) -> dict[str, object]:
        blank = {"keyword": None, "title": None, "paper_title": None, "title_agree": None}
        return {**blank, "repo": repo, "section_path": path, "arxiv_id": arxiv_id, **other}

    quantization = "Awesome > Model Compression > Quantization"
    rows = [
        row("DefTruth/Awesome-LLM-Inference", quantization, "2401.00001", title="One"),
        row("xlite-dev/Awesome-LLM-Inference", quantization, "2401.00001", title="One"),
        row("other/list", "Awesome > Pruning", "2402.00001", title="Typed  title"),
        row("third/list", "Awesome > Pruning", "2402.00001", paper_title="Checked title"),
        row("fourth/list", "Awesome > KV cache", "2402.00001", title="Typed title"),
        row("other/list", "Awesome > Pruning", "2402.00002", title="Wrong", title_agree=0.59),
        row("other/list", "Awesome > Pruning", "not-an-id", title="Nothing"),
        row("other/list", "Awesome > Pruning", None, title="No link"),
        row("other/list", "Awesome > Pruning", "2402.00003"),
    ]
    lists = tmp_path / "lists.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), lists)
    papers = tmp_path / "papers.parquet"
    fields = ("arxiv_id", "title", "abstract", "published")
    values = [
        ("2401.00001", "One", "About bits.", "2024-01-01"),
        ("2401.00002", "Two", "About cats.", None),
        ("2499.99999", "Other", "Unwanted.", None),
    ]
    records = [dict(zip(fields, value, strict=True)) for value in values]
    parquet.write_table(pa.Table.from_pylist(records), papers)
    night = tmp_path / "night.jsonl.gz"
    line = {
        "arxiv_id": "2606.00001",
        "day": "2026-06-30",
        "title": "New\n one",
        "abstract": "Dogs.",
    }
    night.write_bytes(gzip.compress((json.dumps(line) + "\n").encode()))
    return {"labels": labels, "lists": lists, "papers": papers, "night": night}


def assembled(inputs: dict[str, Path]) -> tuple[list[LabelledPaper], dict[str, PaperText]]:
    gold = library_build.read_gold(inputs["labels"])
    lists = library_build.read_lists(inputs["lists"])
    wanted = frozenset({*gold, *lists})
    texts = library_build.read_texts([inputs["papers"], inputs["night"]], wanted)
    return assemble(gold, lists, texts), texts


def test_labels_lists_and_metadata_are_joined(inputs: dict[str, Path]) -> None:
    papers, texts = assembled(inputs)
    assert sorted(texts) == ["2401.00001", "2401.00002", "2606.00001"]
    assert papers == [
        LabelledPaper(
            "2401.00001",
            "One",
            date(2024, 1, 1),
            1,
            cells=("inference/memory",),
            technique=("quantization",),
            split="train",
            lists=1,  # two mirrors of one list
        ),
        LabelledPaper("2401.00002", "Two", None, 0, split="train"),
        LabelledPaper(
            "2402.00001",
            "Checked title",
            None,
            -1,
            weak_stages=("inference",),
            technique=("pruning", "kv-cache"),
            provenance="list",
            lists=3,
        ),
        LabelledPaper("2606.00001", "New one", date(2026, 6, 30), 0, split="dev"),
    ]


def test_both_files_are_written_read_back_and_stable(
    inputs: dict[str, Path], tmp_path: Path
) -> None:
    papers, texts = assembled(inputs)
    corpus = tmp_path / "corpus"
    written = library_build.build(papers, texts, FakeEncoder(), corpus, tmp_path / "s.npz")
    first = [path.read_bytes() for path in written]
    library = LabelledLibrary.from_corpus(corpus, "fake-1")
    assert library.papers == tuple(papers)
    assert library.title_only.tolist() == [False, False, True, False]
    encoder = FakeEncoder()
    library_build.build(papers[::-1], texts, encoder, corpus, tmp_path / "other.npz")
    assert [path.read_bytes() for path in written] == first
    assert encoder.encoded[:3] == ["One\nAbout bits.", "Two\nAbout cats.", "Checked title"]
    assert b"About bits" not in b"".join(first)


def test_an_interrupted_build_goes_on_where_it_stopped(tmp_path: Path) -> None:
    texts = [f"text {n}" for n in range(1200)]
    stopped = FakeEncoder(fail_after=1000)
    with pytest.raises(KeyboardInterrupt):
        encode_resumably(stopped, texts, tmp_path / "scratch.npz")
    resumed, seen = FakeEncoder(), []
    vectors = encode_resumably(resumed, texts, tmp_path / "scratch.npz", seen.append)
    assert len(stopped.encoded) + len(resumed.encoded) == len(texts)
    assert sum(seen) == len(texts)
    assert np.array_equal(vectors, FakeEncoder().encode(texts))


def test_scratch_of_another_encoder_or_damaged_is_not_used(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch.npz"
    encode_resumably(FakeEncoder(), ["a", "b"], scratch)
    other = FakeEncoder()
    other.encoder_id = "fake-2"
    encode_resumably(other, ["a", "b"], scratch)
    assert other.encoded == ["a", "b"]
    scratch.write_bytes(scratch.read_bytes()[:300])
    again = FakeEncoder()
    encode_resumably(again, ["a", "b"], scratch)
    assert again.encoded == ["a", "b"]


def test_missing_files_and_facts_that_disagree_name_the_remedy(
    inputs: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(ArtefactMismatch, match="litmine library build"):
        LabelledLibrary.from_corpus(tmp_path)
    papers, texts = assembled(inputs)
    facts, _ = library_build.build(papers, texts, FakeEncoder(), tmp_path, tmp_path / "s.npz")
    with pytest.raises(ArtefactMismatch, match="fake-1"):
        LabelledLibrary.from_corpus(tmp_path, "another")
    facts.write_bytes(b"".join(facts.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(ArtefactMismatch, match="does not match"):
        LabelledLibrary.from_corpus(tmp_path)


def test_damaged_vectors_are_read_whole_or_refused(inputs: dict[str, Path], tmp_path: Path) -> None:
    papers, texts = assembled(inputs)
    _, path = library_build.build(papers, texts, FakeEncoder(), tmp_path, tmp_path / "s.npz")
    raw = path.read_bytes()
    before = read_vectors(path)
    refused = 0
    for offset in range(0, len(raw), 3):
        for damaged in (
            raw[:offset],
            raw[:offset] + bytes([raw[offset] ^ 0x41]) + raw[offset + 1 :],
        ):
            path.write_bytes(damaged)
            try:
                after = read_vectors(path)
            except ArtefactMismatch:
                refused += 1
                continue
            # Zip keeps fields nobody reads, such as dates; a change there may pass.
            assert after[0] == before[0]
            assert np.array_equal(after[1], before[1])
            assert (after[2].tolist(), after[3]) == (before[2].tolist(), before[3])
    assert refused > len(raw) / 3


def test_packed_rows_are_within_half_a_step() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    vectors[7] = 0
    codes, scales = pack_vectors(vectors)
    assert np.all(np.abs(codes * scales[:, None] - vectors) <= scales[:, None] * 0.5001)
    assert not codes[7].any()


@pytest.mark.parametrize(
    ("path", "keyword", "expected"),
    [
        ("Awesome LLM > Model Compression > Quantization", None, ("inference", "quantization")),
        ("List > Fine-Tuning > Parameter-Efficient Tuning", None, ("finetuning", "peft")),
        ("List > KV Cache Quantization", None, ("inference", "kv-cache")),
        ("List > Architecture > MoE", None, ("architecture", "mixture-of-experts")),
        ("List > Pretraining > Data Quality", None, ("pretraining", "data-selection")),
        ("Data Selection for Pretraining > Mixing", None, ("pretraining", "data-selection")),
        ("List > Convolutional Neural Networks > Pruning", None, (None, None)),
        ("List > Pruning > Pruning BERTs", None, ("inference", "pruning")),
        ("List > Inference > 2024", "speculative decoding", ("inference", "speculative-decoding")),
        ("List > Quantization > Benchmarks", None, (None, None)),
        ("A Survey of Efficient Models", None, (None, None)),
        ("", None, (None, None)),
    ],
)
def test_sections_are_read_from_the_inside(
    path: str, keyword: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert read_section(path, keyword) == expected


def test_every_rule_speaks_the_taxonomy() -> None:
    taxonomy = load_taxonomy()
    techniques = {technique.id for technique in taxonomy.techniques}
    stages = {stage.id for stage in taxonomy.stages}
    assert {rule.technique for rule in RULES} - {None} <= techniques
    assert {rule.stage for rule in RULES} - {None} <= stages


def test_agreement_counts_relevant_papers_only(inputs: dict[str, Path]) -> None:
    gold = library_build.read_gold(inputs["labels"])
    found = agreement(gold, library_build.read_lists(inputs["lists"]))
    assert (found.papers, found.relevant) == (1, 1)
    assert (found.stage_right, found.stage_total) == (1, 1)
    assert (found.technique_right, found.technique_total) == (1, 1)


def test_unreadable_inputs_are_named(tmp_path: Path, inputs: dict[str, Path]) -> None:
    with pytest.raises(InputError, match=r"train\.jsonl"):
        library_build.read_gold(tmp_path)
    with pytest.raises(InputError, match="lists"):
        library_build.read_lists(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="papers"):
        library_build.read_texts([tmp_path / "none.jsonl"], frozenset())
    (inputs["labels"] / "dev.jsonl").write_text('{"id": "2401.00001", "relevant": 0}\n')
    with pytest.raises(InputError, match="labelled twice"):
        library_build.read_gold(inputs["labels"])


def test_the_shipped_facts_are_stable_sorted_and_in_the_taxonomy() -> None:
    path = corpus_dir() / FACTS_FILE
    papers = read_facts(path)
    assert path.read_bytes() == facts_bytes(papers)
    assert len({paper.id for paper in papers}) == len(papers) > 10_000
    taxonomy = load_taxonomy()
    assert {cell for paper in papers for cell in paper.cells} <= set(taxonomy.cells)
    techniques = {technique.id for technique in taxonomy.techniques}
    assert {name for paper in papers for name in paper.technique} <= techniques
    for paper in papers:
        assert parse_arxiv_id(paper.id).id == paper.id
        assert paper.title == normalise_space(paper.title) != ""
        assert (paper.provenance == "gold") == (paper.relevant >= 0) == (paper.split is not None)
        assert bool(paper.cells) == (paper.relevant == 1)
        assert not (paper.weak_stages and paper.provenance == "gold")


def test_the_command_builds_and_shows(
    inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("litmine.encode.load_encoder", lambda spec: FakeEncoder())
    corpus = tmp_path / "corpus"
    arguments = ["build", "--corpus", str(corpus), "--cache", str(tmp_path / "scratch.npz")]
    for option, name in (
        ("--labels", "labels"),
        ("--lists", "lists"),
        ("--papers", "papers"),
        ("--papers", "night"),
    ):
        arguments += [option, str(inputs[name])]
    built = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert "4 papers: 3 judged, 1 from lists" in built.stdout
    shown = CliRunner().invoke(app, ["show", "--corpus", str(corpus), "--json"])
    assert json.loads(shown.stdout)["papers"] == 4
    one = CliRunner().invoke(
        app, ["show", "2401.00001", "-k", "2", "--corpus", str(corpus), "--json"]
    )
    record = json.loads(one.stdout)
    assert record["cells"] == ["inference/memory"]
    assert len(record["neighbours"]) == 2
    assert "2401.00001" not in [near["id"] for near in record["neighbours"]]
    plain = CliRunner().invoke(app, ["show", "2401.00001", "--corpus", str(corpus)])
    assert "relevant (gold)" in plain.stdout
    missing = CliRunner().invoke(app, ["show", "2401.99999", "--corpus", str(corpus)])
    assert isinstance(missing.exception, NotFound)
