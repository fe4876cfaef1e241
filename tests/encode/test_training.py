"""Encoder training end to end on an invented corpus, on the CPU, in seconds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from litmine.classify.evidence import pack_evidence, pack_refined
from litmine.classify.train import HeadEvidence
from litmine.core.errors import ConfigError, InputError
from litmine.encode.artefact import open_artefact
from litmine.encode.export import export_encoder
from litmine.encode.training.config import Data, load_config
from litmine.encode.training.data import (
    fold_of,
    load_corpus,
    target_matrix,
    target_names,
    training_labels,
)
from litmine.encode.training.network import apply_head, build_head, head_arrays
from tests.support.tiny_models import WORDS, invented_labels, write_tiny_sentence_transformer

LABELS = invented_labels(40)


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sentence_transformers")
    folder = tmp_path_factory.mktemp("data")
    write_tiny_sentence_transformer(folder / "base")
    random = np.random.default_rng(0)
    others = [
        {
            "arxiv_id": f"2502.{i:05d}",
            "title": " ".join(random.choice(WORDS, 4)),
            "abstract": " ".join(random.choice(WORDS, 20)),
            "published": "2025-02-01" if i < 30 else None,
        }
        for i in range(36)
    ]
    late = {**others[0], "arxiv_id": "2607.00001", "published": "2026-07-01"}
    labelled = [
        {"arxiv_id": r["id"], "published": None} | {k: r[k] for k in ("title", "abstract")}
        for r in LABELS
    ]
    pd.DataFrame([*others, late, *labelled]).to_parquet(folder / "papers.parquet")
    rows = [
        ("someone/list", path, f"2502.{i:05d}", 1.0)
        for i in range(12)
        for path in ("Papers > Pruning", "Papers > 2025")
    ]
    pd.DataFrame(rows, columns=["repo", "section_path", "arxiv_id", "title_agree"]).to_parquet(
        folder / "lists.parquet"
    )
    (folder / "train.jsonl").write_text("".join(json.dumps(r) + "\n" for r in LABELS))
    (folder / "dev.jsonl").write_text(json.dumps({"id": "2502.00003", "relevant": 0}) + "\n")
    path = folder / "encoder.toml"
    path.write_text(
        f"""
name = "tiny"
base = "{folder}/base"
folds = 2
max_tokens = 48
[data]
papers = "{folder}/papers.parquet"
lists = "{folder}/lists.parquet"
labels = "{folder}/train.jsonl"
exclude = "{folder}/dev.jsonl"
[contrastive]
batch_size = 8
section_every = 2
[supervised]
epochs = 2
batch_size = 8
hidden = 16
[self_training]
papers = 10
epochs = 1
batch_size = 8
"""
    )
    return path


def test_the_pool_holds_no_excluded_late_or_labelled_paper(config_file: Path) -> None:
    corpus = load_corpus(load_config(config_file).data, seed=7)
    assert len(corpus.labelled) == len(LABELS)
    assert len(corpus.pool) == 35  # 36 early ones less the excluded one
    # The section named after a year says nothing; the other one lost the excluded paper.
    assert [len(rows) for rows in corpus.sections] == [11]


@pytest.mark.filterwarnings("default")  # torch and transformers warn of their own future
def test_a_run_ends_in_an_encoder_with_head_and_out_of_fold_evidence(
    config_file: Path, tmp_path: Path
) -> None:
    from litmine.encode import load_encoder
    from litmine.encode.training.run import train_encoder

    config = load_config(config_file)
    said: list[str] = []
    run = train_encoder(config, tmp_path / "run", device="cpu", say=said.append)
    assert any("self-training" in line for line in said)
    extra = pack_evidence(run, training_labels(config.data))
    export_encoder(run / "final", tmp_path / "encoder", name="tiny", max_tokens=48, extra=extra)
    evidence = HeadEvidence.load(open_artefact(tmp_path / "encoder", "encoder"))
    assert evidence is not None
    assert evidence.ids == tuple(r["id"] for r in LABELS)
    assert evidence.logits.shape == evidence.votes.shape == (len(LABELS), len(evidence.names))
    assert np.abs(evidence.logits).min(axis=1).max() > 0
    assert evidence.votes.max() <= 1.001
    trained = load_encoder(str(tmp_path / "encoder")).encode(["pruning removes weights"])
    assert apply_head(evidence.head, trained).shape == (1, len(evidence.names))
    report = json.loads((run / "report-warmup-folds-final.json").read_text())
    assert report["config"]["seed"] == config.seed
    assert report["seconds_final"] > 0


def test_the_head_applied_by_hand_is_the_trained_head() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    head = build_head(8, 5, 3, 0.1).eval()
    torch.nn.init.normal_(head.outer.weight)
    vectors = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    with torch.no_grad():
        theirs = head(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(apply_head(head_arrays(head), vectors), theirs, atol=1e-5)


def test_targets_name_cell_stage_resource_and_technique() -> None:
    names = target_names(LABELS)
    matrix = target_matrix([{"relevant": 1, "cells": ["system/cost"], "technique": []}], names)
    assert {n for n, v in zip(names, matrix[0], strict=True) if v} == {
        "relevant",
        "stage:system",
        "resource:cost",
        "cell:system/cost",
    }
    assert not target_matrix([{"relevant": 0}], names).any()


def test_a_paper_keeps_its_fold_in_any_company() -> None:
    ids = [f"2501.{i:05d}" for i in range(200)]
    folds = fold_of(ids, 5, seed=7)
    assert np.array_equal(fold_of(ids[::-1], 5, seed=7), folds[::-1])
    assert np.bincount(folds, minlength=5).min() > 20


@pytest.mark.parametrize(
    "text",
    ["nonsense = 1", "[supervised]\nepoch = 3", '[data]\npairs = "many"', "seed = true?", "x ="],
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=str(path.name)):
        load_config(path)


def test_a_missing_paper_is_named(config_file: Path, tmp_path: Path) -> None:
    config = load_config(config_file)
    labels = tmp_path / "train.jsonl"
    labels.write_text('{"id": "9999.00001", "relevant": 0}\n')
    from dataclasses import replace

    with pytest.raises(InputError, match=r"9999\.00001"):
        load_corpus(replace(config.data, labels=str(labels)), seed=7)


def test_disputed_papers_are_left_out_and_further_labels_come_in(tmp_path: Path) -> None:
    files = {
        "gold": [{"id": "a", "relevant": 1}, {"id": "b", "relevant": 0}],
        "more": [{"id": "c", "relevant": 1}],
        "second": [{"id": "a", "relevant": 0}, {"id": "b", "relevant": 0}],
    }
    for name, records in files.items():
        (tmp_path / name).write_text("".join(json.dumps(r) + "\n" for r in records))
    gold, more, second = (str(tmp_path / name) for name in files)
    assert [r["id"] for r in training_labels(Data(labels=gold))] == ["a", "b"]
    data = Data(labels=gold, more_labels=more, second_opinions=second)
    assert [r["id"] for r in training_labels(data)] == ["b", "c"]


@pytest.mark.filterwarnings("default")
def test_a_refinement_is_out_of_fold_for_held_out_new_papers_alone(
    config_file: Path, tmp_path: Path
) -> None:
    import torch

    from litmine.encode.training.refine import Labelled, Refinement, refine_encoder

    names = target_names(LABELS)
    torch.manual_seed(1)
    head = head_arrays(build_head(32, 16, len(names), 0.1))
    data = Labelled(
        [r["id"] for r in LABELS],
        [r["title"] for r in LABELS],
        [r["abstract"] for r in LABELS],
        target_matrix(LABELS, names),
        np.arange(len(LABELS)) >= 16,
    )
    settings = Refinement(folds=2, models=1, epochs=2, batch_size=4, frozen_layers=1, max_tokens=48)
    start, run = config_file.parent / "base", tmp_path / "run"
    said: list[str] = []
    refine_encoder(start, head, data, settings, run, device="cpu", say=said.append)
    packed = pack_refined(run, {r["id"]: r for r in LABELS}, names, ["unlabelled since"])
    export_encoder(run / "final", tmp_path / "encoder", name="tiny", max_tokens=48, extra=packed)
    evidence = HeadEvidence.load(open_artefact(tmp_path / "encoder", "encoder"))
    assert evidence is not None
    held = {r["id"] for r, k in zip(LABELS, fold_of(data.ids, 2, 7), strict=True) if k == 0}
    assert set(evidence.ids) == held & set(data.ids[16:])
    assert evidence.seen == {*data.ids, "unlabelled since"} - set(evidence.ids)
    assert not np.allclose(evidence.head["linear_weight"], head["linear_weight"], atol=1e-3)
    refine_encoder(start, head, data, settings, run, device="cpu", say=said.append)
    assert said[-1] == "fold 0 is there already"
    fewer = replace(data, **{f: getattr(data, f)[1:] for f in vars(data)})
    with pytest.raises(InputError, match="trained on other labels"):
        refine_encoder(start, head, fewer, settings, run, device="cpu", say=said.append)
    old = replace(data, new=np.zeros(len(LABELS), bool))
    with pytest.raises(InputError, match="no label is new"):
        refine_encoder(start, head, old, settings, tmp_path / "two", device="cpu")
