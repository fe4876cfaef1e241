"""Training, saving, loading and predicting, on an invented corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from litmine.classify.labelled import LabelledPaper
from litmine.classify.library import LabelledLibrary
from litmine.classify.model import Classifier
from litmine.classify.records import TextRecord
from litmine.classify.train import (
    Night,
    Trained,
    TrainingSet,
    save_classifier,
    train_classifier,
)
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.encode import Encoder, load_encoder
from litmine.encode.export import export_encoder
from tests.support.tiny_models import invented_labels, write_tiny_bert

LABELS = invented_labels(120)
PAPERS = [TextRecord(r["id"], r["id"], r["title"], r["abstract"]) for r in LABELS]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("encoder")
    export_encoder(write_tiny_bert(folder / "bert"), folder / "onnx", name="tiny", max_tokens=64)
    return load_encoder(str(folder / "onnx"))


@pytest.fixture(scope="module")
def vectors(encoder: Encoder) -> np.ndarray:
    return encoder.encode([p.text for p in PAPERS])


@pytest.fixture(scope="module")
def trained(encoder: Encoder, vectors: np.ndarray) -> Trained:
    data = TrainingSet(
        LABELS[:80], [p.title for p in PAPERS[:80]], [p.abstract for p in PAPERS[:80]], vectors[:80]
    )
    return train_classifier(data, encoder.encoder_id)


@pytest.fixture(scope="module")
def folder(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    save_classifier(trained.classifier, folder, facts={})
    return folder


@pytest.fixture(scope="module")
def library(encoder: Encoder, vectors: np.ndarray) -> LabelledLibrary:
    papers = [
        LabelledPaper(
            id=r["id"],
            title=r["title"],
            date=None,
            relevant=r["relevant"],
            cells=tuple(r.get("cells", ())),
            technique=tuple(r.get("technique", ())),
        )
        for r in LABELS[:80]
    ]
    return LabelledLibrary(papers, vectors[:80], encoder.encoder_id)


def test_it_learns_what_can_be_learnt(
    folder: Path, vectors: np.ndarray, library: LabelledLibrary
) -> None:
    predictions = Classifier.load(folder).predict(PAPERS[80:], vectors[80:], library)
    for label, prediction in zip(LABELS[80:], predictions, strict=True):
        assert (prediction.relevance > 0.5) == bool(label["relevant"])
        assert set(prediction.assigned) == set(label.get("cells", ()))
        if label["relevant"]:
            assert prediction.technique[0] == label["technique"][0]


def test_predictions_keep_the_rules_of_probability(
    folder: Path, vectors: np.ndarray, library: LabelledLibrary
) -> None:
    classifier = Classifier.load(folder)
    for prediction in classifier.predict(PAPERS, vectors, library):
        assert tuple(prediction.cells) == load_taxonomy().cells
        assert all(0 <= p <= prediction.relevance for p in prediction.cells.values())
        assert 1 <= len(prediction.technique) <= 2
        assert prediction.model_id == classifier.model_id
        assert prediction.arxiv_id not in {n.id for n in prediction.neighbours}


def test_a_prediction_does_not_depend_on_its_batch(
    folder: Path, vectors: np.ndarray, library: LabelledLibrary
) -> None:
    classifier = Classifier.load(folder)
    together = classifier.predict(PAPERS, vectors, library)
    alone = [
        classifier.predict([paper], vectors[i : i + 1], library)[0]
        for i, paper in enumerate(PAPERS)
    ]
    assert together == alone


def test_a_stored_half_precision_vector_gives_the_same_prediction(
    folder: Path, vectors: np.ndarray, library: LabelledLibrary
) -> None:
    classifier = Classifier.load(folder)
    stored = vectors.astype(np.float16).astype(np.float32)
    assert classifier.predict(PAPERS, vectors, library) == classifier.predict(
        PAPERS, stored, library
    )


def test_training_twice_gives_the_same_model(
    trained: Trained, encoder: Encoder, vectors: np.ndarray, folder: Path, tmp_path: Path
) -> None:
    data = TrainingSet(
        LABELS[:80], [p.title for p in PAPERS[:80]], [p.abstract for p in PAPERS[:80]], vectors[:80]
    )
    again = save_classifier(
        train_classifier(data, encoder.encoder_id).classifier, tmp_path, facts={}
    )
    assert again.artefact_id == Classifier.load(folder).model_id


def test_unjudged_papers_neither_vote_nor_show(
    folder: Path, vectors: np.ndarray, library: LabelledLibrary, encoder: Encoder
) -> None:
    classifier = Classifier.load(folder)
    listed = [
        replace(paper, id=f"9{paper.id[1:]}", relevant=-1, cells=(), provenance="list")
        for paper in library.papers
    ]
    both = LabelledLibrary(
        [*library.papers, *listed],
        np.concatenate([library.vectors, library.vectors]),
        encoder.encoder_id,
    )
    assert classifier.predict(PAPERS[80:], vectors[80:], both) == classifier.predict(
        PAPERS[80:], vectors[80:], library
    )


def test_vectors_of_another_encoder_are_refused(
    folder: Path, vectors: np.ndarray, library: LabelledLibrary
) -> None:
    foreign = LabelledLibrary(library.papers, library.vectors, "another")
    with pytest.raises(ArtefactMismatch, match="needs vectors of encoder"):
        Classifier.load(folder).predict(PAPERS[:1], vectors[:1], foreign)


def test_too_few_labels_are_refused(encoder: Encoder, vectors: np.ndarray) -> None:
    data = TrainingSet(LABELS[:6], ["t"] * 6, ["a"] * 6, vectors[:6])
    with pytest.raises(InputError, match="at least ten"):
        train_classifier(data, encoder.encoder_id)


def test_no_papers_give_no_predictions(folder: Path, library: LabelledLibrary) -> None:
    empty = np.zeros((0, library.dim), np.float32)
    assert Classifier.load(folder).predict([], empty, library) == []


def test_whole_nights_set_the_base_rate(encoder: Encoder, vectors: np.ndarray) -> None:
    """The mean relevance over the papers of the nights becomes the stated base rate."""
    data = TrainingSet(
        LABELS[:80], [p.title for p in PAPERS[:80]], [p.abstract for p in PAPERS[:80]], vectors[:80]
    )
    papers = PAPERS[40:]
    night = Night(
        [p.arxiv_id for p in papers],
        [p.title for p in papers],
        [p.abstract for p in papers],
        vectors[40:],
        vectors[:80],
    )
    means = []
    for base_rate in (0.1, 0.3):
        trained = train_classifier(data, encoder.encoder_id, night=night, base_rate=base_rate)
        new = trained.classifier.fusion.probabilities(trained.opinions, trained.classifier.outputs)
        means.append(new[0].mean())
    assert means[0] < means[1]
    shifted = trained.classifier.fusion.at_base_rate(trained.opinions.features(0), 0.2)
    again = shifted.probabilities(trained.opinions, trained.classifier.outputs)[0]
    assert again.mean() == pytest.approx(0.2)
