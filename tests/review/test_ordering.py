"""The learner behind the order: features, classifier, policies, and the shift of a live queue."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from litmine.core.errors import InputError
from litmine.review import ReviewDesk
from litmine.review.ordering import POLICIES, Ranker, TextFeatures
from litmine.review.ordering import shift as shift_module
from litmine.review.ordering import svm as svm_module
from litmine.review.ordering.live import order_queue
from litmine.review.ordering.policies import interleave, turn
from litmine.review.ordering.shift import LEAST, LIMIT, log_odds, shifted
from litmine.review.ordering.svm import IncrementalSvm
from litmine.review.ordering.views import DenseView, SparseView
from litmine.store.duplicates import Membership, put_memberships
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.vectors import put_vectors
from tests.support.papers import paper
from tests.support.rows import ENCODER, MODEL, NOW, prediction

TITLES = ("Quantized caches", "Caching quantizers", "Birds of the lake", "")
ABSTRACTS = (
    "We quantize the cache to few bits.",
    "Quantizing caches saves bits and memory.",
    "Birds sing over the quiet lake.",
    "",
)


def test_features_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer

    found = TextFeatures.of(TITLES, ABSTRACTS)
    texts = [f"{t} {t} {a}" for t, a in zip(TITLES, ABSTRACTS, strict=True)]
    options = {"ngram_range": (1, 2), "sublinear_tf": True, "max_df": 0.95}
    halves = [
        TfidfVectorizer(**options).fit_transform(texts),
        TfidfVectorizer(
            **options,
            preprocessor=lambda text: " ".join(w[:5] for w in text.lower().split()),
        ).fit_transform([text.replace(".", " ") for text in texts]),
    ]
    expected = sum((half @ half.T).toarray() for half in halves) / 2
    products = (found.words @ found.words.T).toarray() + np.diag(found.alone)
    assert products == pytest.approx(expected, abs=1e-6)
    assert np.linalg.norm(found.topics, axis=1)[:3] == pytest.approx(1, abs=1e-5)
    assert products[0, 1] > 0.1 > products[0, 2]


def random_rows(n=60, terms=40, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.random((n, terms)) * (rng.random((n, terms)) < 0.2)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows.astype(np.float32), (rng.random(n) < 0.3)


def reference(rows, labels, taught, *, cost, ratio, background):
    """The same problem by scikit-learn, from nothing."""
    from sklearn.svm import LinearSVC

    y = labels[:taught]
    examples = np.vstack([rows[:taught], rows.mean(axis=0)])
    weights = np.where(y, 1.0, y.sum() / (ratio * (~y).sum()))
    weights = np.append(weights, background * y.sum())
    weights *= taught / weights.sum()
    model = LinearSVC(C=cost, loss="squared_hinge", tol=1e-7, max_iter=100_000, dual=True)
    model.fit(examples, np.append(y, False), sample_weight=weights)
    return model.decision_function(rows)


@pytest.mark.parametrize("kind", ["sparse", "dense", "sparse, no Gram matrix"])
def test_the_classifier_is_scikit_learns_at_every_step(monkeypatch, kind):
    rows, labels = random_rows()
    labels[:2] = True, False
    if "no Gram" in kind:
        monkeypatch.setattr(svm_module, "_GRAM_LIMIT", 8)
    view = (
        DenseView(rows)
        if kind == "dense"
        else SparseView(csr_matrix(rows), np.zeros(len(rows), np.float32))
    )
    svm = IncrementalSvm(view, cost=0.5, ratio=5, background=0.2)
    for row in range(50):
        svm.add(row, bool(labels[row]))
        svm.fit()
        if row in (1, 10, 49):
            expected = reference(rows, labels, row + 1, cost=0.5, ratio=5, background=0.2)
            assert svm.decision() == pytest.approx(expected, abs=5e-3)


def test_what_no_other_row_shares_counts_for_the_row_itself():
    rows, labels = random_rows()
    labels[:2] = True, False
    whole = np.hstack([rows * 0.8, 0.6 * np.eye(len(rows), dtype=np.float32)])
    views = (
        SparseView(csr_matrix(whole), np.zeros(len(rows), np.float32)),
        SparseView(csr_matrix(rows * 0.8), np.full(len(rows), 0.36, np.float32)),
    )
    values = []
    for view in views:
        svm = IncrementalSvm(view, background=0)
        for row in range(20):
            svm.add(row, bool(labels[row]))
        svm.fit()
        values.append(svm.decision()[20:])
    assert values[0] == pytest.approx(values[1], abs=1e-3)


@pytest.mark.parametrize("policy", POLICIES)
def test_any_labels_will_do_to_begin_with(policy):
    ranker = Ranker(TextFeatures.of(TITLES, ABSTRACTS), policy=policy)
    assert sorted(ranker.order()) == [0, 1, 2, 3]
    ranker.label(0, True)
    assert sorted(ranker.order()) == [1, 2, 3]
    assert ranker.order()[0] == ranker.next()
    if policy == "max":
        assert ranker.next() == 1


def test_uncertain_lies_between_the_kinds():
    good, odd, bad = "cache bits memory", "cache bits lake birds", "lake birds forest"
    texts = [good] * 6 + [odd] + [bad] * 6
    ranker = Ranker(TextFeatures.of(texts, [""] * 13), policy="uncertainty")
    for row in (0, 1, 11, 12):
        ranker.label(row, row < 6)
    assert ranker.next() == 6


def test_policies_are_known():
    with pytest.raises(InputError, match="not a policy"):
        Ranker(TextFeatures.of(TITLES, ABSTRACTS), policy="best")


def test_mixed_takes_turns():
    assert [turn("mixed", looks) for looks in range(4, 15)].count("max") == 8
    assert (turn("mixed", 4), turn("mixed", 9), turn("max", 4)) == ("uncertainty", "diverse", "max")


@settings(deadline=None)
@given(st.permutations(range(25)), st.permutations(range(25)), st.integers(0, 30))
def test_interleaved_rankings_hold_every_row_once(unsure, new, looks):
    ranks = {
        "max": lambda: np.arange(25),
        "uncertainty": lambda: np.array(unsure),
        "diverse": lambda: np.array(new),
    }
    for policy in POLICIES:
        taken = list(interleave(policy, looks, ranks))
        assert sorted(row for row, _ in taken) == list(range(25))
    first = [purpose for _, purpose in taken[:10]]
    assert first == [turn("mixed", looks + place) for place in range(10)]


def test_a_ranking_at_its_end_gives_its_turns_to_the_whole_one():
    ranks = {
        "max": lambda: np.arange(20),
        "uncertainty": lambda: np.array([7]),
        "diverse": lambda: np.array([], np.int64),
    }
    taken = list(interleave("mixed", 0, ranks))
    assert sorted(row for row, _ in taken) == list(range(20))
    assert [purpose for _, purpose in taken].count("uncertainty") == 1
    assert taken[4] == (7, "uncertainty")


def decided(n, seed=0):
    """Papers whose approval follows a direction that the model does not know of."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.full(n, 0.3), vectors, vectors[:, 0] > 0


def test_few_decisions_move_nothing_and_many_move_the_right_way_within_the_limit():
    prior, vectors, approved = decided(200)
    one_kind = shifted(prior, vectors, prior, vectors, np.ones(200, bool))
    assert one_kind.tolist() == prior.tolist()
    few = slice(0, LEAST)
    kept = shifted(prior, vectors, prior[few], vectors[few], approved[few])
    assert kept.tolist() == prior.tolist()
    moved = shifted(prior, vectors, prior, vectors, approved)
    assert moved[approved].mean() > 0.4 > 0.25 > moved[~approved].mean()
    assert np.abs(log_odds(moved) - log_odds(prior)).max() <= LIMIT + 1e-9
    unknown = shifted(prior, np.zeros_like(vectors), prior, vectors, approved)
    assert unknown == pytest.approx(prior)


def test_the_shift_is_at_its_optimum(monkeypatch):
    monkeypatch.setattr(shift_module, "LIMIT", 100.0)
    prior, vectors, approved = decided(60)
    moved = log_odds(shifted(prior, vectors, prior, vectors, approved)) - log_odds(prior)
    # At its optimum the shift is the kernel times what is left unexplained.
    left = approved - 1 / (1 + np.exp(-(log_odds(prior) + moved)))
    assert moved == pytest.approx((vectors @ vectors.T + 1) @ left, abs=1e-4)


IDS = tuple(f"2606.{number:05d}" for number in range(1, 101))


def fill(store, relevance, vectors=None, **changes):
    with store.write() as connection:
        upsert_papers(connection, [paper(i) for i in IDS], NOW)
        put_predictions(
            connection,
            [prediction(i, float(p), **changes) for i, p in zip(IDS, relevance, strict=True)],
        )
        enqueue(connection, MODEL, 0.0, NOW)
        if vectors is not None:
            put_vectors(connection, ENCODER, IDS, [None] * len(IDS), vectors)


@pytest.fixture
def vectors():
    rng = np.random.default_rng(1)
    found = rng.normal(size=(len(IDS), 8))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_an_empty_queue_and_an_unknown_policy(sqlite_store):
    assert order_queue(sqlite_store, "max", now=NOW) == []
    with pytest.raises(InputError, match="not a policy"):
        order_queue(sqlite_store, "best", now=NOW)


def test_without_decisions_the_models_order_stands(store, vectors):
    relevance = np.linspace(0.9, 0.1, len(IDS))
    fill(store, relevance, vectors)
    order = order_queue(store, "max", now=NOW)
    assert [item.arxiv_id for item in order] == list(IDS)
    assert {item.why for item in order} == {"most probable"}
    assert [item.score for item in order] == pytest.approx(relevance)
    assert order_queue(store, "max", now=NOW, limit=3) == order[:3]


def test_the_most_unsure_stands_first(sqlite_store):
    fill(sqlite_store, np.linspace(0.95, 0.05, len(IDS)), cells={"inference/memory": 0.0})
    order = order_queue(sqlite_store, "uncertainty", now=NOW)
    assert abs(order[0].score - 0.5) < 0.02
    assert {order[0].score > order[-1].score, abs(order[-1].score - 0.5) > 0.4} == {True}
    assert {item.why for item in order} == {"unsure"}


def test_unsure_cells_count_as_far_as_the_paper_is_relevant(sqlite_store):
    fill(sqlite_store, np.full(len(IDS), 0.9), cells={"inference/memory": 0.9})
    with sqlite_store.write() as connection:
        put_predictions(connection, [prediction(IDS[7], 0.9, cells={"inference/memory": 0.45})])
    assert order_queue(sqlite_store, "uncertainty", now=NOW)[0].arxiv_id == IDS[7]


def test_mixed_names_its_reasons_and_goes_on_after_decisions(store, vectors, fake_clock):
    fill(store, np.linspace(0.9, 0.1, len(IDS)), vectors)
    order = order_queue(store, "mixed", now=NOW)
    assert sorted(item.arxiv_id for item in order) == list(IDS)
    whys = [item.why for item in order[:10]]
    assert whys == [*["most probable"] * 4, "unsure", *["most probable"] * 4, "new ground"]
    assert order_queue(store, "mixed", now=NOW) == order
    desk = ReviewDesk(store, "Ada", fake_clock)
    for item in order[:4]:
        desk.reject(item.arxiv_id)
    assert order_queue(store, "mixed", now=NOW)[0].why == "unsure"


def test_decisions_move_what_is_like_them(store, vectors, fake_clock):
    fill(store, np.full(len(IDS), 0.5), vectors)
    desk = ReviewDesk(store, "Ada", fake_clock)
    kinds = {True: 0, False: 0}
    for row, arxiv_id in enumerate(IDS):
        good = bool(vectors[row, 0] > 0)
        if kinds[good] < LEAST:
            kinds[good] += 1
            desk.approve(arxiv_id) if good else desk.reject(arxiv_id)
    assert set(kinds.values()) == {LEAST}
    order = order_queue(store, "max", now=fake_clock.now())
    good = [bool(vectors[IDS.index(item.arxiv_id), 0] > 0) for item in order]
    half = len(good) // 2
    assert sum(good[:half]) > sum(good[half:])
    # Decisions of another year do not count.
    later = order_queue(store, "max", now=fake_clock.now() + timedelta(days=400))
    assert {item.score for item in later} == {0.5}


def test_near_duplicates_stand_behind_their_lead(sqlite_store):
    fill(sqlite_store, np.linspace(0.9, 0.1, len(IDS)))
    lead, twin, lost = IDS[30], IDS[2], IDS[5]
    with sqlite_store.write() as connection:
        put_memberships(
            connection,
            [Membership(twin, lead, 0.99, "text"), Membership(lost, "2501.00001", 0.98, "text")],
        )
    order = order_queue(sqlite_store, "max", now=NOW)
    assert [item.arxiv_id for item in order[:6]] == [IDS[0], IDS[1], lead, twin, IDS[3], IDS[4]]
    assert [item.why for item in order[2:4]] == ["most probable", "near-duplicate"]
    assert order[5 + 0].arxiv_id == IDS[4]
    assert order[6].arxiv_id == lost
    assert sorted(item.arxiv_id for item in order) == list(IDS)


def test_what_a_rule_approved_unseen_moves_nothing(sqlite_store, vectors, fake_clock):
    fill(sqlite_store, np.full(len(IDS), 0.5), vectors)
    by_rule = ReviewDesk(sqlite_store, "rule:auto-approve", fake_clock, source="rule")
    desk = ReviewDesk(sqlite_store, "Ada", fake_clock)
    for number, arxiv_id in enumerate(IDS[:60]):
        if number % 2:
            by_rule.approve(arxiv_id)
        else:
            desk.reject(arxiv_id)
    scores = {item.score for item in order_queue(sqlite_store, "max", now=fake_clock.now())}
    assert {round(score, 9) for score in scores} == {0.5}
