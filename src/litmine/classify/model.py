"""The classifier as it is used: text and vector in, probabilities and evidence out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from litmine.classify.control import Promise
from litmine.classify.first_stage import FirstStage
from litmine.classify.fusion import Fusion, Opinions
from litmine.classify.labels import Outputs
from litmine.classify.lexical import TfidfTable, lexical_text
from litmine.classify.library import LabelledLibrary, Neighbour
from litmine.classify.votes import NEIGHBOURS, neighbour_votes
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.encode import Encoder
from litmine.encode.artefact import open_artefact
from litmine.encode.training.network import apply_head

__all__ = ["Classifier", "HasText", "Prediction", "WordModel"]

_DIGITS = 6
_SHOWN = 5
"""Neighbours that a prediction carries as evidence."""


class HasText(Protocol):
    """Anything with an id, a title and an abstract; `litmine.core.paper.Paper` for one."""

    @property
    def arxiv_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def abstract(self) -> str: ...


@dataclass(frozen=True)
class Prediction:
    """What the classifier says about one paper.

    Attributes
    ----------
    arxiv_id
        The paper.
    model_id
        The classifier that spoke.
    relevance
        Probability that the paper is relevant, on a night with the usual base rate.
    cells
        For each of the 25 cells the probability that the paper is relevant and belongs there.
    techniques
        For each technique its probability given that the paper is relevant.
    technique
        The most probable technique; a second one when that is more likely than not.
    assigned
        Cells above their thresholds, most probable first; empty for a paper without any.
    neighbours
        The nearest labelled papers, nearest first, never the paper itself.
    relevant
        True or False where the error is controlled, None where the model is not sure.
    possible
        Cells that cannot be ruled out at the promised false-negative rate; holds `assigned`.
    decided_by
        ``first-stage`` when the cheap stage dropped the paper before it was encoded.
    evidence
        What moved the probabilities, JSON-ready; None where it was not asked for.
    """

    arxiv_id: str
    model_id: str
    relevance: float
    cells: dict[str, float]
    techniques: dict[str, float]
    technique: tuple[str, ...]
    assigned: tuple[str, ...]
    neighbours: tuple[Neighbour, ...] = ()
    relevant: bool | None = None
    possible: tuple[str, ...] = ()
    decided_by: Literal["first-stage", "full"] = "full"
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True)
class WordModel:
    """TF-IDF with one linear model per output.

    Attributes
    ----------
    table
        Vocabulary and weights of terms.
    codes, scales
        Coefficients as int8 (terms, outputs) with one scale per output (outputs,).
    bias
        (outputs,).
    """

    table: TfidfTable
    codes: NDArray[np.int8]
    scales: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(texts, outputs), each row from its text alone."""
        result = np.empty((len(texts), len(self.bias)))
        for i, text in enumerate(texts):
            columns, values = self.table.row(text)
            picked = self.codes[columns].astype(np.float64)
            result[i] = (values[:, None] * picked).sum(axis=0) * self.scales + self.bias
        return result


@dataclass(frozen=True)
class Classifier:
    """Word model, encoder head and neighbours' votes, fused.

    Use `load`; the parts are public for training and evaluation.

    Attributes
    ----------
    model_id
        Name and hash of the model folder; stored with every prediction.
    encoder_id
        The encoder whose vectors it understands.
    """

    model_id: str
    encoder_id: str
    outputs: Outputs
    words: WordModel
    head: Mapping[str, NDArray[np.float32]]
    fusion: Fusion
    thresholds: NDArray[np.float64] = field(repr=False)
    first_stage: FirstStage | None = None
    promises: Mapping[str, Promise] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> Classifier:
        """Read a classifier folder; the shipped one by default.

        Raises
        ------
        ArtefactMismatch
            When the folder is not what its manifest says.
        """
        if path is None:
            from litmine.core.resources import models_dir

            path = models_dir() / "classifier"
        artefact = open_artefact(path, "classifier")
        settings = artefact.manifest["settings"]
        with np.load(artefact.path("weights.npz"), allow_pickle=False) as stored:
            arrays = dict(stored)
        terms = artefact.path("terms.txt").read_text(encoding="utf-8").split("\n")
        outputs = Outputs(tuple(settings["outputs"]))
        return cls(
            model_id=artefact.artefact_id,
            encoder_id=settings["encoder_id"],
            outputs=outputs,
            words=WordModel(
                table=TfidfTable(tuple(terms), arrays["words_idf"].astype(np.float64)),
                codes=arrays["words_codes"],
                scales=arrays["words_scales"].astype(np.float64),
                bias=arrays["words_bias"].astype(np.float64),
            ),
            head={
                name.removeprefix("head_"): value.astype(np.float32)
                for name, value in arrays.items()
                if name.startswith("head_")
            },
            fusion=Fusion.from_arrays(arrays),
            thresholds=arrays["thresholds"].astype(np.float64),
            first_stage=FirstStage.from_arrays(arrays),
            promises={name: Promise(**p) for name, p in settings.get("promises", {}).items()},
        )

    def require_encoder(self, encoder_id: str) -> None:
        """Raise `ArtefactMismatch` unless vectors of that encoder are what this needs."""
        if encoder_id != self.encoder_id:
            raise ArtefactMismatch(
                f"classifier {self.model_id} needs vectors of encoder {self.encoder_id}, not "
                f"{encoder_id}: use that encoder, or run `litmine train` for this one"
            )

    def predict(
        self,
        papers: Sequence[HasText],
        vectors: NDArray[np.float32],
        library: LabelledLibrary,
    ) -> list[Prediction]:
        """Classify papers.

        Parameters
        ----------
        papers
            The papers, in the order of `vectors`.
        vectors
            (papers, dim) unit vectors of `litmine.core.paper.Paper.text`, by `encoder_id`. They
            are rounded to half precision first, the form in which the store keeps them, so that
            a fresh and a stored vector give the same prediction.
        library
            Labelled papers with vectors of the same encoder; those not judged neither vote nor
            serve as evidence. A paper that is in the library itself is no evidence on itself.

        Returns
        -------
        list of Prediction
            One per paper, each independent of the other papers; probabilities have six decimals.

        Raises
        ------
        ArtefactMismatch
            When the library's vectors come from another encoder.
        InputError
            When papers and vectors differ in number.
        """
        if len(papers) != len(vectors):
            raise InputError(f"{len(papers)} papers came with {len(vectors)} vectors")
        self.require_encoder(library.encoder_id)
        if not papers:
            return []
        judged = library.where(judged=True)
        vectors = vectors.astype(np.float16).astype(np.float32)
        # One search serves both: the evidence shown is the nearest few of those that vote.
        rows, similarities = _nearest(papers, vectors, judged)
        opinions = self._opinions(papers, vectors, judged, rows, similarities)
        relevance, cells, techniques = self.fusion.probabilities(opinions, self.outputs)
        shown = judged.neighbours(rows[:, :_SHOWN], similarities[:, :_SHOWN])
        return [
            self._prediction(
                paper.arxiv_id, float(relevance[i]), cells[i], techniques[i], tuple(shown[i])
            )
            for i, paper in enumerate(papers)
        ]

    def opinions(
        self,
        papers: Sequence[HasText],
        vectors: NDArray[np.float32],
        judged: LabelledLibrary,
    ) -> Opinions:
        """The three opinions that are fused, for papers not among the training labels."""
        return self._opinions(papers, vectors, judged, *_nearest(papers, vectors, judged))

    def _opinions(
        self,
        papers: Sequence[HasText],
        vectors: NDArray[np.float32],
        judged: LabelledLibrary,
        rows: NDArray[np.int64],
        similarities: NDArray[np.float64],
    ) -> Opinions:
        known = self.outputs.matrix(
            [
                {"relevant": int(p.relevant), "cells": p.cells, "technique": p.technique}
                for p in judged.papers
            ]
        )
        return Opinions(
            words=self.words.logits([lexical_text(p.title, p.abstract) for p in papers]),
            head=apply_head(self.head, vectors),
            votes=neighbour_votes(rows, similarities, known),
        )

    def _prediction(
        self,
        arxiv_id: str,
        relevance: float,
        cells: NDArray[np.float64],
        techniques: NDArray[np.float64],
        neighbours: tuple[Neighbour, ...],
    ) -> Prediction:
        names = self.outputs.labels_of("cell")
        by_cell = {n: round(float(p), _DIGITS) for n, p in zip(names, cells, strict=True)}
        limits = dict(zip(names, self.thresholds.tolist(), strict=True))
        assigned = [name for name, p in by_cell.items() if p >= limits[name]]
        by_technique = {
            name: round(float(p), _DIGITS)
            for name, p in zip(self.outputs.labels_of("technique"), techniques, strict=True)
        }
        relevance = round(relevance, _DIGITS)
        ranked = sorted(by_technique, key=lambda name: (-by_technique[name], name))
        second = [name for name in ranked[1:2] if by_technique[name] > 0.5]
        return Prediction(
            arxiv_id=arxiv_id,
            model_id=self.model_id,
            relevance=relevance,
            cells=by_cell,
            techniques=by_technique,
            technique=tuple(ranked[:1] + second),
            assigned=tuple(sorted(assigned, key=lambda name: (-by_cell[name], name))),
            neighbours=neighbours,
            relevant=self.verdict(relevance),
            possible=self._possible(by_cell, assigned),
        )

    def screen(self, papers: Sequence[HasText]) -> NDArray[np.float64]:
        """See `litmine.classify.cascade.passes`."""
        from litmine.classify.cascade import passes

        return passes(self, papers)

    def dropped(self, paper: HasText, relevance: float) -> Prediction:
        """See `litmine.classify.cascade.dropped`."""
        from litmine.classify.cascade import dropped

        return dropped(self, paper, relevance)

    def account(
        self,
        predictions: Sequence[Prediction],
        papers: Sequence[HasText],
        vectors: NDArray[np.float32],
        library: LabelledLibrary,
        encoder: Encoder,
    ) -> list[Prediction]:
        """See `litmine.classify.cascade.with_evidence`."""
        from litmine.classify.cascade import with_evidence

        return with_evidence(predictions, papers, vectors, encoder, self, library)

    def verdict(self, relevance: float) -> bool | None:
        """Relevant or not where the error is controlled, None in between (the reject option)."""
        yes, no = self.promises.get("relevant"), self.promises.get("irrelevant")
        if no is not None and no.kept and relevance < no.threshold:
            return False
        if yes is not None and yes.kept and relevance >= yes.threshold:
            return True
        return None

    def _possible(self, cells: Mapping[str, float], assigned: Sequence[str]) -> tuple[str, ...]:
        promise = self.promises.get("possible")
        least = promise.threshold if promise is not None and promise.kept else 2.0
        return tuple(
            sorted(
                (name for name, p in cells.items() if p >= least or name in assigned),
                key=lambda name: (-cells[name], name),
            )
        )

    def voters(
        self, papers: Sequence[HasText], vectors: NDArray[np.float32], library: LabelledLibrary
    ) -> list[list[Neighbour]]:
        """The labelled papers that vote on each paper, nearest first."""
        judged = library.where(judged=True)
        vectors = vectors.astype(np.float16).astype(np.float32)
        return judged.neighbours(*_nearest(papers, vectors, judged))


def _nearest(
    papers: Sequence[HasText], vectors: NDArray[np.float32], judged: LabelledLibrary
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows and similarities of the papers that vote, never the paper itself."""
    return judged.nearest_rows(vectors, NEIGHBOURS, exclude_ids=[p.arxiv_id for p in papers])
