"""Encoder measures: each against a case worked by hand, or against vectors of known quality."""

from __future__ import annotations

import numpy as np
import pytest

from litmine.classify.encoder_measure import (
    compare,
    label_figures,
    label_scores,
    list_sections,
    retrieval_ranks,
    section_figures,
)
from litmine.classify.labels import Outputs

CELLS = ("inference/memory", "system/energy")


def unit(rows: object) -> np.ndarray:
    vectors = np.asarray(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def labelled_world(papers: int, noise: float) -> tuple[np.ndarray, list[dict[str, object]]]:
    """Irrelevant papers and those of two cells, each kind around a direction of its own."""
    random = np.random.default_rng(3)
    kinds = random.integers(0, 3, papers)
    labels: list[dict[str, object]] = [
        {
            "id": f"2301.{n:05d}",
            "relevant": int(kind > 0),
            "cells": [CELLS[kind - 1]] if kind else [],
            "technique": ["quantization"] if kind else [],
        }
        for n, kind in enumerate(kinds)
    ]
    return unit(np.eye(8)[kinds] + noise * random.standard_normal((papers, 8))), labels


def figures_at(noise: float) -> list[float]:
    vectors, labels = labelled_world(400, noise)
    outputs = Outputs.of(labels)
    targets = outputs.matrix(labels)
    scores = label_scores(
        vectors[:300], targets[:300], vectors[300:], outputs, np.arange(300) % 3, base_rate=0.1
    )
    assert scores.probe_cells.shape == scores.vote_cells.shape == (100, 25)
    truth = targets[300:] > 0
    return label_figures(scores, truth[:, 0], truth[:, outputs.group("cell")], np.arange(100))


def test_labels_are_told_by_vectors_that_show_them_and_not_by_noise():
    clear, blurred = figures_at(0.05), figures_at(50.0)
    assert min(clear) > 0.99
    assert max(blurred) < 0.85  # two thirds are relevant
    assert max(blurred[1], blurred[3]) < 0.5  # a third is in each cell


def test_cells_of_irrelevant_papers_are_pulled_down_by_relevance():
    vectors, labels = labelled_world(300, 0.05)
    outputs = Outputs.of(labels)
    scores = label_scores(
        vectors, outputs.matrix(labels), vectors, outputs, np.arange(300) % 3, base_rate=0.1
    )
    assert (scores.probe_cells <= scores.probe_relevance[:, None]).all()


def test_rank_of_the_own_document():
    documents = unit([[1, 0], [0, 1], [1, 1]])
    queries = unit([[1, 0.1], [1, 0], [1, 1]])
    assert retrieval_ranks(queries, documents).tolist() == [1, 3, 1]


def test_equal_documents_count_against_the_own_one():
    same = unit([[1, 0], [1, 0], [1, 0]])
    assert retrieval_ranks(same, same).tolist() == [3, 3, 3]


def row(repo: str, path: str, paper: str, agree: float | None = 1.0) -> dict[str, object]:
    return {"repo": repo, "section_path": path, "arxiv_id": paper, "title_agree": agree}


def test_sections_count_mirrors_once_and_leave_out_what_says_nothing():
    original, mirror = "xlite-dev/Awesome-LLM-Inference", "DefTruth/Awesome-LLM-Inference"
    rows = [
        *(row(original, "List > Cache", p) for p in "abc"),
        *(row(mirror, "List > Cache", p) for p in "bcd"),
        *(row("one/list", "List > 2024", p) for p in "abc"),
        *(row("one/list", "List > Pairs", p) for p in "ab"),
        *(row("one/list", "List > Pruning", p, None) for p in "abc"),
        row("one/list", "List > Pruning", "d", 0.3),
        row("one/list", "List > Pruning", "unknown"),
    ]
    assert list_sections(rows, set("abcd")) == [frozenset("abc"), frozenset("abcd")]
    assert list_sections(rows, frozenset("ab")) == []


def test_section_larger_than_the_limit_is_left_out():
    ids = [f"p{n}" for n in range(201)]
    assert list_sections([row("one/list", "All", i) for i in ids], set(ids)) == []
    assert len(list_sections([row("one/list", "All", i) for i in ids[:-1]], set(ids))) == 1


def test_section_figures_by_hand():
    # From a: d, then b, then c, then e; b and c stand with a, in two sections.
    vectors = unit([[1, 0], [1, 0.2], [1, 0.4], [1, 0.1], [0, 1]])
    sections = [frozenset({"a", "b", "zz"}), frozenset({"a", "c"})]
    found = section_figures(vectors, list("abcde"), sections, np.array([0, 3]), nearest=2)
    assert found[0] == pytest.approx([1 / 2, (1 / 2 + 2 / 3) / 2, 2 / 4])
    assert np.isnan(found[1]).all()  # d stands in no section


def test_gains_are_paired_and_against_the_first():
    values = np.random.default_rng(0).random(200)
    systems = [lambda rows, add=add: [float(values[rows].mean()) + add] for add in (0.0, 0.25)]
    (first,), (second,) = compare(systems, 200, draws=50, seed=1)
    assert first.low < first.value < first.high
    assert (first.gain, first.gain_low, first.gain_high) == (0, 0, 0)
    # The same draws for both: the gain is the same in each, although the means vary.
    assert second.gain_low == pytest.approx(0.25)
    assert second.gain_high == pytest.approx(0.25)
    assert second.value == pytest.approx(values.mean() + 0.25)
