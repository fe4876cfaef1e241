"""The systems of an evaluation, all trained on the same labels and asked about the same papers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.baselines import (
    Scores,
    svc_baseline,
    tfidf_baseline,
    vector_baseline,
    votes_baseline,
)
from litmine.classify.fusion import night_weights
from litmine.classify.gold import labels_with_texts, papers_of_nights
from litmine.classify.library import LabelledLibrary
from litmine.classify.library_build import PaperText, read_texts
from litmine.classify.model import Classifier, Prediction
from litmine.classify.opinions import HeadEvidence
from litmine.classify.records import TextRecord
from litmine.classify.report_data import Bench, Papers, VectorCache, known_vectors
from litmine.classify.report_views import (
    Views,
    fused_scores,
    silent_evidence,
    trained_on,
    views_of,
)
from litmine.classify.train import (
    BASE_RATE,
    CALIBRATION_NIGHTS,
    FOLDS,
    NIGHT_PAPERS,
    SEED,
)
from litmine.core.errors import InputError
from litmine.core.resources import models_dir
from litmine.encode.artefact import open_artefact
from litmine.encode.base import Encoder
from litmine.encode.training.data import fold_of

__all__ = [
    "OTHERS",
    "BaseVectors",
    "encode_base",
    "gather",
    "own_scores",
    "predictions_of",
    "systems",
]

OTHERS = 600
"""Papers of unlabelled nights that another encoder reads."""


@dataclass(frozen=True)
class BaseVectors:
    """Vectors of an encoder that has not seen the labels."""

    name: str
    known: NDArray[np.float32]
    test: NDArray[np.float32]
    others: NDArray[np.float32] | None


def gather(
    classifier: Classifier,
    encoder: Encoder,
    vectors: VectorCache,
    *,
    labels: Path,
    train: Sequence[dict[str, Any]],
    sources: Sequence[Path],
    seen: Collection[str] = (),
    nights: Sequence[str] = (),
    complete: bool = True,
    calibration_nights: tuple[date, date] = CALIBRATION_NIGHTS,
    whole: bool = False,
) -> Bench:
    """Read labels and texts, and encode what has no vector yet.

    Parameters
    ----------
    labels, train, sources
        Labels under test, records trained on, and the files that hold texts; papers of whole
        nights come from the first of these.
    seen
        Further papers whose labels the classifier has seen, such as reviewers' decisions.
    nights
        Only these nights of `labels`; all of them by default.
    complete
        Whether every record of `train` must have a text; else those without are left out.
    whole
        Also vectors of the training papers and of whole nights, which refitting the fusion needs.

    Raises
    ------
    InputError
        When a file lacks something, no paper of those nights is labelled, or one was trained on.
    """
    gold, texts = labels_with_texts(labels, sources)
    if nights:
        kept = [i for i, label in enumerate(gold) if label.get("night") in nights]
        gold, texts = [gold[i] for i in kept], [texts[i] for i in kept]
    if not gold:
        raise InputError(f"{labels} holds no paper of {', '.join(nights) or 'any night'}")
    known_labels, known_texts = _with_texts(train, sources, complete)
    both = {label["id"] for label in gold} & {*seen, *(label["id"] for label in known_labels)}
    if both:
        raise InputError(
            f"{len(both)} papers, {min(both)} for one, stand in {labels} and among those that "
            "were trained on: no figure on such papers is true"
        )
    test = Papers([label["id"] for label in gold], texts)
    test = Papers(test.ids, texts, vectors.of(encoder, test.lines, "papers under test"))
    known = Papers([label["id"] for label in known_labels], known_texts)
    ids, other_texts = papers_of_nights(
        sources[0], *calibration_nights, count=NIGHT_PAPERS, seed=SEED
    )
    others = Papers(ids, other_texts)
    library = LabelledLibrary.from_corpus(encoder_id=classifier.encoder_id)
    if whole:
        found = known_vectors(library, known, lambda x: vectors.of(encoder, x, "labelled papers"))
        known = Papers(known.ids, known.texts, found)
    shipped = open_artefact(models_dir() / "encoder", "encoder")
    evidence = HeadEvidence.load(shipped) if shipped.artefact_id == encoder.encoder_id else None
    if evidence is not None and evidence.names != classifier.outputs.names:
        evidence = None
    bench = Bench(
        classifier=classifier,
        # Every paper under test goes, and the rest of its label set too: no night knows another.
        library=library.where(split="train").without(test.ids),
        known=known,
        known_labels=known_labels,
        test=test,
        gold=gold,
        nights=np.array([str(label.get("night")) for label in gold]),
        others=others,
        evidence=evidence,
        base_rate=BASE_RATE,
        seed=SEED,
        fold=fold_of(known.ids, FOLDS, SEED),
    )
    if whole and not bench.has_nights:
        found = vectors.of(encoder, others.lines, "papers of whole nights")
        bench = replace(bench, others=Papers(others.ids, others.texts, found))
    return bench


def _with_texts(
    records: Sequence[dict[str, Any]], sources: Sequence[Path], complete: bool
) -> tuple[list[dict[str, Any]], list[PaperText]]:
    texts = read_texts(sources, frozenset(r["id"] for r in records))
    kept = [r for r in records if r["id"] in texts]
    if complete and len(kept) < len(records):
        first = next(r["id"] for r in records if r["id"] not in texts)
        raise InputError(
            f"{len(records) - len(kept)} training papers have no text, {first} for one: "
            "give --papers the files that hold them"
        )
    return kept, [texts[r["id"]] for r in kept]


def predictions_of(bench: Bench) -> list[Prediction]:
    """What the classifier says about the papers under test."""
    assert bench.test.vectors is not None  # noqa: S101 - gather always encodes them
    records = [
        TextRecord(i, i, t.title, t.abstract)
        for i, t in zip(bench.test.ids, bench.test.texts, strict=True)
    ]
    return bench.classifier.predict(records, bench.test.vectors, bench.library)


def own_scores(bench: Bench, predictions: Sequence[Prediction]) -> Scores:
    """The classifier itself, as a system."""
    names = bench.outputs.labels_of("cell")
    return Scores(
        "litmine",
        np.array([p.relevance for p in predictions]),
        np.array([[p.cells[n] for n in names] for p in predictions]),
        np.array([[n in p.assigned for n in names] for p in predictions]),
        [p.technique[0] for p in predictions],
    )


def encode_base(
    bench: Bench, encoder: Encoder, vectors: VectorCache, *, name: str, whole: bool
) -> BaseVectors:
    """Encode labelled papers, and `whole` some of whole nights, with another encoder.

    The nights only set cuts where few labels are at hand, so the first 600 papers must do.
    """
    some = bench.others.lines[:OTHERS]
    return BaseVectors(
        name,
        vectors.of(encoder, bench.known.lines, "labelled papers"),
        vectors.of(encoder, bench.test.lines, "papers under test"),
        vectors.of(encoder, some, "papers of whole nights") if whole else None,
    )


def systems(
    bench: Bench,
    own: Scores,
    *,
    base: BaseVectors | None = None,
    views: Views | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Scores]:
    """Train every comparator.

    Parameters
    ----------
    own
        The classifier's own scores, the first system.
    base
        Adds logistic regressions on these vectors.
    views
        Opinions already at hand, from which words alone can be read; trained here otherwise.
    say
        Told what is being trained.
    """
    targets, outputs, fold = bench.targets, bench.outputs, bench.fold
    known, test = bench.known.lines, bench.test.lines
    rate, weights = bench.base_rate, bench.weights
    say("training TF-IDF with LinearSVC and with logistic regression")
    found = [
        own,
        svc_baseline(known, targets, outputs, fold, test, weights),
        tfidf_baseline(known, targets, outputs, fold, test, weights),
    ]
    if views is None:
        say("training words alone")
        blind = Papers(bench.known.ids, bench.known.texts)
        silent = silent_evidence(bench.known.ids, outputs.names)
        trained = trained_on(bench.known_labels, blind, silent, rate)
        views = views_of(
            trained,
            bench.known_labels,
            blind,
            Papers(bench.others.ids, bench.others.texts),
            Papers(bench.test.ids, bench.test.texts),
        )
    found.append(fused_scores("words alone", views, ["words"], rate))
    if bench.evidence is not None:
        # Cuts from the papers of which there are votes out of fold; at least the encoder's own.
        row_of = {i: row for row, i in enumerate(bench.evidence.ids)}
        rows = np.flatnonzero([i in row_of for i in bench.known.ids])
        held_out = bench.evidence.votes[[row_of[bench.known.ids[int(i)]] for i in rows]]
        cuts = weights[rows]
        if not (cuts > 0).any() or not (targets[rows][cuts > 0, 0] > 0).any():
            cuts = night_weights(targets[rows, 0] > 0, rate)
        found.append(votes_baseline(held_out, targets[rows], outputs, _test_votes(bench), cuts))
    if base is not None:
        say(f"training logistic regressions on {base.name}")
        name = f"{base.name} + logistic"
        found.append(vector_baseline(name, base.known, targets, outputs, fold, base.test, weights))
    return found


def _test_votes(bench: Bench) -> NDArray[np.float64]:
    assert bench.test.vectors is not None  # noqa: S101
    records = [
        TextRecord(i, i, t.title, t.abstract)
        for i, t in zip(bench.test.ids, bench.test.texts, strict=True)
    ]
    judged = bench.library.where(judged=True)
    return bench.classifier.opinions(records, bench.test.vectors, judged).votes
