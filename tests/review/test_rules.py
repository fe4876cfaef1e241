"""Approval by rule: whom it touches, what people check, and how its errors are counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from litmine.core.errors import InputError, NotFound
from litmine.core.settings import load_settings
from litmine.jobs.auto_approval import approve_by_rule
from litmine.jobs.context import RunContext
from litmine.review import ReviewDesk
from litmine.review.rules import (
    AUTO_APPROVE,
    auto_approve,
    check,
    due,
    is_sampled,
    rule_audit,
)
from litmine.review.statistics.model_agreement import model_agreement
from litmine.review.statistics.stopping import estimate
from litmine.store.audit import audit_entries
from litmine.store.decisions import latest_decision
from litmine.store.drift import decisions_between
from litmine.store.labels import all_labels
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue, queue_counts, queue_item
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, judge, prediction

SUGGESTED = ("inference/memory",)
LATER = NOW + timedelta(hours=1)


def name(number):
    return f"2606.{number:05d}"


@pytest.fixture
def queued(store):
    """Six papers: 1 to 3 sure and relevant, 4 not sure enough, 5 unsure, 6 without cells."""
    with store.write() as connection:
        judge(connection, tuple(name(n) for n in range(1, 7)), 0.95, relevant=1)
        put_predictions(
            connection,
            [
                prediction(name(4), 0.89, relevant=1),
                prediction(name(5), 0.95, relevant=-1),
                prediction(name(6), 0.95, relevant=1, assigned=()),
            ],
        )
        enqueue(connection, MODEL, 0.1, NOW)
    return store


def approve(store, sample=1.0, least=0.9, limit=1000):
    with store.write() as connection:
        return auto_approve(connection, least, sample, NOW, limit)


def review_labels(store):
    with store.read() as connection:
        return {one.arxiv_id for one in all_labels(connection) if one.source == "review"}


def state(store, number):
    with store.read() as connection:
        item = queue_item(connection, name(number))
    return item and item.state


def number_of(store, paper_number):
    with store.read() as connection:
        decision = latest_decision(connection, name(paper_number))
    assert decision is not None
    return decision.id


def test_it_is_off_by_default(queued, fake_clock):
    assert load_settings().review.auto_approve_from == 0
    assert approve(queued, least=0.0) == []
    assert approve_by_rule(RunContext(load_settings(), queued, fake_clock)) == 0
    with queued.read() as connection:
        assert queue_counts(connection)["pending"] == 6


def test_only_what_the_model_is_sure_of_is_approved_as_suggested(queued):
    assert approve(queued) == [name(1), name(2), name(3)]
    with queued.read() as connection:
        decision = latest_decision(connection, name(1))
        assert decision is not None
        assert (decision.action, decision.cells) == ("approve", SUGGESTED)
        assert (decision.reviewer, decision.source) == (AUTO_APPROVE, "rule")
        entry = audit_entries(connection, 1)[0]
        assert (entry["actor"], entry["action"], entry["subject"]) == (
            AUTO_APPROVE,
            "approve",
            name(3),
        )
    assert [state(queued, n) for n in range(1, 7)] == ["approved"] * 3 + ["pending"] * 3
    assert approve(queued) == []


def test_a_few_at_a_time(queued):
    assert approve(queued, limit=2) == [name(1), name(2)]
    assert approve(queued, limit=2) == [name(3)]


def test_what_a_person_touched_is_left_to_people(queued, fake_clock):
    desk = ReviewDesk(queued, "Ada", fake_clock)
    desk.later(name(1))
    desk.approve(name(2))
    desk.undo(name(2))
    assert approve(queued) == [name(3)]


def test_an_opinion_keeps_the_rule_away(queued, fake_clock):
    ada = ReviewDesk(queued, "Ada", fake_clock, double=True)
    ada.reject(name(1))
    ada.reject(name(2))
    ada.undo()
    assert approve(queued) == [name(3)]


def test_a_text_that_changed_since_is_not_approved(queued):
    with queued.write() as connection:
        upsert_papers(connection, [paper(name(1), version=2, abstract="Another text.")], NOW)
        upsert_papers(connection, [paper(name(2), version=2, withdrawn=True)], NOW)
    assert approve(queued) == [name(3)]


def test_undo_works_as_on_any_decision_and_it_stays_undone(queued, fake_clock):
    approve(queued)
    desk = ReviewDesk(queued, "Ada", fake_clock)
    outcome = desk.undo(name(1))
    assert outcome.undone is not None
    assert outcome.undone.reviewer == AUTO_APPROVE
    assert state(queued, 1) == "pending"
    assert approve(queued) == []


def test_no_label_before_a_person_has_found_it_right(queued, fake_clock):
    approve(queued)
    assert review_labels(queued) == set()
    with queued.write() as connection:
        check(connection, number_of(queued, 1), "right", "Ada", LATER)
    assert review_labels(queued) == {name(1)}
    desk = ReviewDesk(queued, "Ada", fake_clock)
    desk.approve(name(2), cells=SUGGESTED)
    assert review_labels(queued) == {name(1), name(2)}
    desk.undo(name(2))
    assert review_labels(queued) == {name(1)}
    assert state(queued, 2) == "approved"


class TestSample:
    @given(st.integers(0, 99_999), st.floats(0, 1), st.floats(0, 1))
    def test_a_greater_share_keeps_the_same_papers_and_more(self, number, one, other):
        low, high = sorted((one, other))
        assert is_sampled(name(number), high) or not is_sampled(name(number), low)

    def test_is_as_large_as_asked(self):
        assert not any(is_sampled(name(n), 0.0) for n in range(1000))
        assert all(is_sampled(name(n), 1.0) for n in range(1000))
        kept = sum(is_sampled(name(n), 0.1) for n in range(10_000))
        assert abs(kept - 1000) < 5 * 30

    def test_only_sampled_approvals_are_due(self, queued):
        share = 0.8
        approve(queued, share)
        kept = [name(n) for n in (1, 2, 3) if is_sampled(name(n), share)]
        assert 0 < len(kept) < 3
        with queued.read() as connection:
            assert [one.arxiv_id for one in due(connection)] == kept
            audit = rule_audit(connection)
        assert (audit.approved, audit.standing, audit.sampled) == (3, 3, len(kept))
        assert (audit.checked, audit.error_rate, audit.low, audit.high) == (0, None, 0.0, 1.0)


class TestCheck:
    def test_right_leaves_it_and_wrong_puts_it_back(self, queued):
        approve(queued)
        with queued.write() as connection:
            right = check(connection, number_of(queued, 1), "right", "Ada", LATER, source="web")
            wrong = check(connection, number_of(queued, 2), "wrong", "Ada", LATER, source="web")
            assert [one.arxiv_id for one in due(connection)] == [name(3)]
        assert (right.verdict, right.reviewer, right.checked_at) == ("right", "Ada", LATER)
        assert wrong.verdict == "wrong"
        assert [state(queued, n) for n in (1, 2, 3)] == ["approved", "pending", "approved"]
        with queued.read() as connection:
            trail = [(e["actor"], e["action"], e["subject"]) for e in audit_entries(connection)]
            audit = rule_audit(connection)
        assert trail[:3] == [
            ("Ada", "check", name(2)),
            ("Ada", "undo", name(2)),
            ("Ada", "check", name(1)),
        ]
        interval = binomtest(1, 2).proportion_ci(0.95, "exact")
        assert (audit.checked, audit.wrong, audit.error_rate) == (2, 1, 0.5)
        assert (audit.low, audit.high) == pytest.approx(tuple(interval))
        # The rule keeps its hands off.
        assert approve(queued) == []

    def test_what_was_taken_back_or_overruled_without_a_check_counts_as_wrong(
        self, queued, fake_clock
    ):
        approve(queued)
        desk = ReviewDesk(queued, "Ada", fake_clock, adjudicator=True)
        desk.undo(name(1))
        desk.reject(name(2))
        desk.approve(name(3))
        with queued.read() as connection:
            audit = rule_audit(connection)
            assert due(connection) == []
        assert (audit.standing, audit.checked, audit.wrong) == (0, 3, 2)

    def test_what_cannot_be_checked_is_refused(self, queued, fake_clock):
        approve(queued)
        desk = ReviewDesk(queued, "Ada", fake_clock)
        by_hand = desk.reject(name(4)).decision
        assert by_hand is not None
        first = number_of(queued, 1)
        second = number_of(queued, 2)
        desk.undo(name(2))
        with queued.write() as connection:
            check(connection, first, "right", "Ada", LATER)
            with pytest.raises(InputError, match="Ada has found decision"):
                check(connection, first, "wrong", "Bo", LATER)
            with pytest.raises(InputError, match="does not stand"):
                check(connection, second, "right", "Bo", LATER)
            with pytest.raises(NotFound, match="no rule"):
                check(connection, by_hand.id, "right", "Bo", LATER)
            with pytest.raises(InputError, match="right or wrong"):
                check(connection, first, "perhaps", "Bo", LATER)


def test_rules_do_not_flatter_the_model(queued):
    approve(queued)
    assert model_agreement(queued) == ()
    with queued.read() as connection:
        assert decisions_between(connection, MODEL, NOW.date(), LATER.date() + timedelta(1)) == []
        assert estimate(connection).found == 3


def test_a_night_approves_in_slices(queued, fake_clock, monkeypatch):
    monkeypatch.setattr("litmine.jobs.auto_approval._AT_A_TIME", 1)
    settings = load_settings()
    review = settings.review.model_copy(update={"auto_approve_from": 0.9})
    context = RunContext(settings.model_copy(update={"review": review}), queued, fake_clock)
    assert approve_by_rule(context) == 3
    assert approve_by_rule(context) == 0
