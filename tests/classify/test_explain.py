"""Evidence: parts that add up, sentences weighed by leaving them out, spans that fit the text."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from litmine.classify.explain import explain
from litmine.classify.fusion import logistic
from litmine.classify.labelled import LabelledPaper
from litmine.classify.lexical import lexical_text
from litmine.classify.library import LabelledLibrary, Neighbour
from litmine.classify.model import Classifier, Prediction
from litmine.classify.records import TextRecord
from litmine.classify.train import TrainingSet, train_classifier
from litmine.classify.votes import NEIGHBOURS
from litmine.classify.word_evidence import WordEvidence, sentences_of
from litmine.encode import load_encoder
from litmine.encode.export import export_encoder
from litmine.encode.onnx_encoder import OnnxEncoder
from litmine.encode.training.network import apply_head
from tests.support.tiny_models import WORDS, invented_labels, write_tiny_bert

LABELS = invented_labels(120)
PAPERS = [TextRecord(r["id"], r["id"], r["title"], r["abstract"]) for r in LABELS]
TOLERANCE = 2e-3  # a record's figures have three decimals, and up to four of them are added


class World:
    """A trained classifier with everything that an explanation takes."""

    def __init__(self, folder: Any) -> None:
        export_encoder(
            write_tiny_bert(folder / "bert"), folder / "onnx", name="tiny", max_tokens=64
        )
        encoder = load_encoder(str(folder / "onnx"))
        assert isinstance(encoder, OnnxEncoder)
        self.encoder = encoder
        vectors = encoder.encode([p.text for p in PAPERS])
        data = TrainingSet(
            LABELS[:80],
            [p.title for p in PAPERS[:80]],
            [p.abstract for p in PAPERS[:80]],
            vectors[:80],
        )
        trained = train_classifier(data, encoder.encoder_id)
        # A head with a hidden layer, as trained encoders have; the probe's is all zero.
        random = np.random.default_rng(3)
        head = dict(trained.classifier.head)
        outputs, dim = head["linear_weight"].shape
        head["inner_weight"] = random.normal(0, 0.4, (7, dim)).astype(np.float32)
        head["inner_bias"] = random.normal(0, 0.4, 7).astype(np.float32)
        head["outer_weight"] = random.normal(0, 40.0, (outputs, 7)).astype(np.float32)
        # On so easy a corpus the fusion hears the words alone; here every opinion counts.
        fusion = replace(
            trained.classifier.fusion,
            relevance=np.array([0.6, 0.7, 0.4, -0.2]),
            cell=np.array([0.5, 0.4, 0.3, 0.2, -0.1, 0.2, 0.3, 0.1, -0.2]),
        )
        self.classifier: Classifier = replace(trained.classifier, head=head, fusion=fusion)
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
        self.library = LabelledLibrary(papers, vectors[:80], encoder.encoder_id)

    def predicted(self, paper: TextRecord) -> tuple[Prediction, Any, list[Neighbour]]:
        states = self.encoder.states(paper.text)
        vectors = states.vector[None]
        prediction = self.classifier.predict([paper], vectors, self.library)[0]
        rounded = vectors.astype(np.float16).astype(np.float32)
        return (
            prediction,
            states,
            self.library.nearest(rounded, NEIGHBOURS, [paper.arxiv_id])[0],
        )

    def explained(self, paper: TextRecord, *, states: bool = True) -> dict[str, Any]:
        prediction, held, voters = self.predicted(paper)
        return explain(
            self.classifier, paper, prediction, held.vector, voters, held if states else None
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("explain"))


def test_parts_add_up_to_the_probabilities(world: World) -> None:
    for paper in PAPERS[60:]:
        prediction, _, _ = world.predicted(paper)
        record = world.explained(paper)
        for account in (record["relevance"], *record["cells"].values()):
            assert sum(account["parts"].values()) == pytest.approx(account["logit"], abs=TOLERANCE)
        relevance = logistic(np.array(record["relevance"]["logit"]))
        assert relevance == pytest.approx(prediction.relevance, abs=1e-3)
        for cell, account in record["cells"].items():
            given_relevant = logistic(np.array(account["logit"]))
            assert given_relevant * prediction.relevance == pytest.approx(
                prediction.cells[cell], abs=1e-3
            )


def test_words_add_up_to_what_the_word_model_says(world: World) -> None:
    model = world.classifier.words
    for paper in PAPERS[:20]:
        sums = [{0: 0.7}, {3: 0.2, 9: -1.5}]
        seen = WordEvidence.of(model, paper, sentences_of(paper), sums)
        logits = model.logits([lexical_text(paper.title, paper.abstract)])[0]
        expected = [sum(weight * logits[c] for c, weight in parts.items()) for parts in sums]
        np.testing.assert_allclose(seen.added.sum(axis=0) + seen.bias, expected, atol=1e-9)


def test_a_sentence_counts_what_the_word_model_loses_without_it(world: World) -> None:
    model = world.classifier.words
    title = "Pruning removes weights"
    parts = ["Serving batches requests.", "Gardens and rivers.", "Pruning of large models."]
    paper = TextRecord("2501.9", "2501.9", title, " ".join(parts))
    seen = WordEvidence.of(model, paper, sentences_of(paper), [{0: 1.0}])
    # A word that nobody knows stands for the sentence, so that no pair forms across the gap.
    shortened = [lexical_text("Qqq", paper.abstract)]
    for i in range(len(parts)):
        shortened.append(lexical_text(title, " ".join([*parts[:i], "Qqq.", *parts[i + 1 :]])))
    whole = model.logits([lexical_text(title, paper.abstract)])[0, 0]
    expected = [whole - logit for logit in model.logits(shortened)[:, 0]]
    assert len({round(value, 6) for value in expected}) == 4
    np.testing.assert_allclose(seen.losses()[:, 0], expected, atol=1e-9)


def test_with_states_a_sentence_counts_what_the_head_loses_too(world: World) -> None:
    title = "Pruning removes weights"
    parts = ["Serving batches requests.", "Gardens and rivers."]
    paper = TextRecord("2501.9", "2501.9", title, " ".join(parts))
    states = world.encoder.states(paper.text)
    whole = states.states.mean(axis=0, dtype=np.float64)
    starts = [0, len(title) + 1, len(title) + 1 + len(parts[0]) + 1, len(paper.text) + 1]
    expected = []
    for begin, end in pairwise(starts):
        marks = states.spans[:, 0] == states.spans[:, 1]
        kept = marks | (states.spans[:, 0] < begin) | (states.spans[:, 0] >= end)
        assert not kept.all()
        left = states.states[kept].mean(axis=0, dtype=np.float64)
        both = np.stack([v / np.linalg.norm(v) for v in (whole, left)]).astype(np.float32)
        logits = apply_head(world.classifier.head, both)[:, 0]
        expected.append((logits[0] - logits[1]) * world.classifier.fusion.relevance[1])
    record = world.explained(paper)
    words = world.explained(paper, states=False)
    assert (record["method"], words["method"]) == ("words+states", "words")
    added = np.subtract(record["relevance"]["sentences"], words["relevance"]["sentences"])
    np.testing.assert_allclose(added, expected, atol=TOLERANCE)
    assert max(abs(v) for v in expected) > 10 * TOLERANCE
    # Everything but the sentences is the same without states.
    assert record["relevance"]["parts"] == words["relevance"]["parts"]


@pytest.mark.parametrize("states", [True, False])
def test_the_telling_sentence_leads(world: World, states: bool) -> None:
    filler = "Songs of rivers and gardens tell of stars."
    abstract = f"{filler} Here quantization stores numbers in few bits. {filler}"
    record = world.explained(TextRecord("1", "1", "Flowers", abstract), states=states)
    weights = record["relevance"]["sentences"]
    field, start, end = record["sentences"][int(np.argmax(weights))]
    assert field == "abstract"
    assert abstract[start:end] == "Here quantization stores numbers in few bits."
    assert record["relevance"]["words"][0][0] in {"stores", "numbers", "few", "quantization"} | {
        "stores numbers",
        "numbers in",
        "in few",
        "few bits",
        "bits",
        "quantization stores",
    }


def test_cells_are_those_assigned_or_the_most_probable(world: World) -> None:
    prediction, states, voters = world.predicted(PAPERS[100])
    ranked = sorted(prediction.cells, key=lambda cell: -prediction.cells[cell])

    def cells(assigned: tuple[str, ...]) -> list[str]:
        told = replace(prediction, assigned=assigned)
        return list(explain(world.classifier, PAPERS[100], told, states.vector, voters)["cells"])

    assert cells(()) == ranked[:1]
    assert cells(tuple(ranked[:2])) == ranked[:2]
    assert len(cells(tuple(ranked))) == 3


def test_neighbours_share_the_vote(world: World) -> None:
    prediction, states, voters = world.predicted(PAPERS[100])
    record = explain(world.classifier, PAPERS[100], prediction, states.vector, voters)
    assert [n["id"] for n in record["neighbours"]] == [n.id for n in voters[:5]]
    few = explain(world.classifier, PAPERS[100], prediction, states.vector, voters[:4])
    names = {"relevance", *few["cells"]}
    for name in names:
        shares = [n["share"].get(name, 0) for n in few["neighbours"]]
        belongs = [n.relevant == 1 if name == "relevance" else name in n.cells for n in voters[:4]]
        assert [share > 0 for share in shares] == belongs
        assert sum(shares) == pytest.approx(1.0 if any(belongs) else 0.0, abs=TOLERANCE)
        # Nearer papers count more.
        present = [share for share in shares if share]
        assert present == sorted(present, reverse=True)


PIECES = st.lists(
    st.one_of(
        st.sampled_from([*WORDS[:20], "İnference", "STRAẞE", "ΟΔΟΣ", "KV-cache", "e.g.", "x_1"]),
        st.sampled_from([". ", "? ", " ", "\n", ". ", "\n\n", "$", ".The ", "。"]),
        st.text(max_size=4),
    ),
    max_size=30,
).map("".join)


@given(PIECES, PIECES)
@example("", "")
@example(" ", "\n")
@example("weights", "")
@example("", "İ pruning. İ Weights pruning")
def test_any_text_is_explained_and_spans_hold_what_they_name(
    world: World, title: str, abstract: str
) -> None:
    paper = TextRecord("1", "1", title, abstract)
    record = world.explained(paper)
    text = {"title": title, "abstract": abstract}
    for field, start, end in record["sentences"]:
        assert text[field][start:end] == text[field][start:end].strip() != ""
    for account in (record["relevance"], *record["cells"].values()):
        assert len(account["sentences"]) == len(record["sentences"])
        for term, _ in account["words"]:
            assert record["terms"][term]
    for term, spans in record["terms"].items():
        for field, start, end in spans:
            held = text[field][start:end].lower()
            assert held.startswith(term.split(" ")[0]) or held.endswith(term.split(" ")[-1])


def test_a_record_is_small_plain_repeatable_and_holds_no_sentence(world: World) -> None:
    paper = PAPERS[100]
    record = world.explained(paper)
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text) == record == world.explained(paper)
    assert len(text) < 4000
    assert paper.abstract[:40] not in text


def test_the_documented_layout_is_the_layout(world: World) -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    example = json.loads(page.partition("## Evidence")[2].split("```json")[1].split("```")[0])
    record = world.explained(PAPERS[100])
    assert list(example) == list(record)
    assert list(example["relevance"]) == list(record["relevance"])
    assert list(example["relevance"]["parts"]) == list(record["relevance"]["parts"])
    assert list(example["neighbours"][0]) == list(record["neighbours"][0])
    for account in record["cells"].values():
        assert list(account) == list(record["relevance"])


def test_no_voters_and_no_known_word_leave_the_bias(world: World) -> None:
    paper = TextRecord("1", "1", "Zzz", "Qqq.")
    prediction, states, _ = world.predicted(paper)
    record = explain(world.classifier, paper, prediction, states.vector, [])
    assert record["relevance"]["parts"]["words"] == 0
    assert record["relevance"]["words"] == record["neighbours"] == []
    assert record["terms"] == {}
    assert record["relevance"]["sentences"] == [0, 0]
