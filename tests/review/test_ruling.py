"""Several reviewers: revisions, answers given once, two opinions, disputes, taking back."""

from __future__ import annotations

import threading

import pytest

from litmine.core.errors import Forbidden, InputError, NotFound, Stale
from litmine.review import ReviewDesk
from litmine.store.audit import audit_entries
from litmine.store.decisions import decisions_of
from litmine.store.idempotency import KEPT, Once
from litmine.store.labels import all_labels
from litmine.store.queue import enqueue
from litmine.store.schema import decisions, idempotency, opinions
from tests.support.rows import MODEL, NOW, judge

ONE, TWO = "2606.00001", "2606.00002"
CELLS = ["inference/memory"]


@pytest.fixture
def queued(store):
    with store.write() as connection:
        judge(connection, (ONE, TWO), 0.5)
        enqueue(connection, MODEL, 0.1, NOW)
    return store


@pytest.fixture
def seat(queued, fake_clock):
    """Take a seat at the desk under double review."""

    def sit(name, *, double=True, adjudicator=False):
        return ReviewDesk(queued, name, fake_clock, double=double, adjudicator=adjudicator)

    return sit


def count(store, table):
    with store.read() as connection:
        return len(connection.execute(table.select()).all())


def reviewed(store):
    with store.read() as connection:
        return [label.arxiv_id for label in all_labels(connection)]


def test_each_change_raises_the_revision_and_a_stale_one_is_refused(seat, fake_clock):
    ada, bo = seat("Ada", double=False), seat("Bo", double=False)
    seen = ada.show(ONE).queue.revision
    first = ada.decide(ONE, "approve", revision=seen)
    assert (first.state, first.revision, first.decision.revision) == (
        "approved",
        seen + 1,
        seen + 1,
    )
    with pytest.raises(Stale, match="approved by Ada in the meantime") as refused:
        bo.decide(ONE, "reject", revision=seen)
    assert refused.value.revision == seen + 1
    assert bo.show(ONE).decision.reviewer == "Ada"
    with pytest.raises(Stale):
        bo.undo(ONE, revision=seen)
    assert bo.decide(ONE, "reject", revision=seen + 1).state == "rejected"


def test_of_two_at_once_one_is_refused(queued, seat):
    seen = seat("Ada").show(ONE).queue.revision
    gate = threading.Barrier(2)
    told: list[str] = []

    def work(name, action):
        desk = seat(name, double=False)
        gate.wait(10)
        try:
            told.append(desk.decide(ONE, action, revision=seen).state)
        except Stale:
            told.append("stale")

    threads = [
        threading.Thread(target=work, args=("Ada", "approve")),
        threading.Thread(target=work, args=("Bo", "reject")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(told) == 2
    assert told.count("stale") == 1
    assert count(queued, decisions) == 1


def test_a_request_sent_again_is_answered_and_not_done_again(queued, seat):
    desk = seat("Ada", double=False)
    once = Once("key-1", "a" * 64)
    first = desk.decide(ONE, "approve", revision=0, once=once)
    again = desk.decide(ONE, "approve", revision=0, once=once)
    assert again.replayed
    assert not first.replayed
    assert (again.decision, again.revision) == (first.decision, first.revision)
    assert count(queued, decisions) == 1
    with pytest.raises(InputError, match="used for another request"):
        desk.decide(TWO, "approve", once=Once("key-1", "b" * 64))
    # Keys are each reviewer's own.
    assert not seat("Bo", double=False).decide(TWO, "reject", once=once).replayed
    undo = Once("key-2", "c" * 64)
    assert desk.undo(once=undo).undone == first.decision
    assert desk.undo(once=undo).replayed
    assert desk.show(ONE).queue.state == "pending"


def test_what_was_asked_long_ago_is_forgotten(queued, seat, fake_clock):
    desk = seat("Ada", double=False)
    desk.decide(ONE, "approve", once=Once("old", "a" * 64))
    fake_clock.advance(KEPT.total_seconds() + 1)
    desk.decide(TWO, "approve", once=Once("new", "b" * 64))
    assert count(queued, idempotency) == 1
    assert not desk.decide(ONE, "reject", once=Once("old", "c" * 64)).replayed


def test_the_same_request_twice_at_once_is_done_once(queued, seat):
    gate = threading.Barrier(4)
    told = []

    def work():
        desk = seat("Ada", double=False)
        gate.wait(10)
        told.append(desk.decide(ONE, "approve", revision=0, once=Once("key", "a" * 64)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({outcome.decision.id for outcome in told}) == 1
    assert sorted(outcome.replayed for outcome in told) == [False, True, True, True]
    assert count(queued, decisions) == 1


def test_two_that_agree_make_a_decision(queued, seat):
    ada, bo = seat("Ada"), seat("Bo")
    first = ada.approve(ONE)
    assert (first.state, first.decision, first.opinion.reviewer) == ("pending", None, "Ada")
    assert reviewed(queued) == []
    assert ada.answered() == {ONE}
    assert bo.answered() == set()
    second = bo.approve(ONE)
    assert second.state == "approved"
    assert second.decision.opinions == (first.opinion.id, second.opinion.id)
    assert reviewed(queued) == [ONE]
    assert ada.answered() == set()


def test_the_second_reviewer_does_not_see_the_first_opinion(seat, queued):
    ada, bo = seat("Ada"), seat("Bo")
    ada.reject(ONE, comment="only a survey")
    assert [one.reviewer for one in ada.show(ONE).opinions] == ["Ada"]
    blind = bo.show(ONE)
    assert (blind.opinions, blind.opinions_given) == ((), 1)
    with queued.read() as connection:
        entry = audit_entries(connection, 1)[0]
    assert entry["action"] == "opinion"
    assert set(entry["detail"]) == {"opinion"}


def test_two_that_differ_make_a_dispute_which_somebody_else_settles(queued, seat):
    ada, bo = seat("Ada"), seat("Bo")
    ada.approve(ONE)
    assert bo.approve(ONE, cells=["sys/net"]).state == "disputed"  # both approve, not the same
    assert reviewed(queued) == []
    assert [one.reviewer for one in ada.show(ONE).opinions] == ["Ada", "Bo"]
    for desk in (ada, bo):
        with pytest.raises(Forbidden, match="one side"):
            desk.approve(ONE)
        with pytest.raises(InputError, match="approve or reject"):
            desk.later(ONE)
    settled = seat("Cy").approve(ONE, cells=["sys/net"])
    assert (settled.state, settled.decision.cells) == ("approved", ("system/network",))
    assert len(settled.decision.opinions) == 2
    back = seat("Cy").undo()
    assert back.state == "disputed"
    assert back.undone == settled.decision
    assert len(ada.show(ONE).opinions) == 2


def test_a_maintainer_may_settle_what_they_took_part_in_and_overrule(seat):
    seat("Ada").approve(ONE)
    chief = seat("Chief", adjudicator=True)
    assert chief.reject(ONE).state == "disputed"
    assert chief.reject(ONE).state == "rejected"
    with pytest.raises(InputError, match="take that back first"):
        seat("Ada").approve(ONE)
    assert chief.approve(ONE).state == "approved"


def test_opinions_can_be_taken_back(seat, queued):
    ada, bo = seat("Ada"), seat("Bo")
    ada.approve(ONE)
    with pytest.raises(InputError, match="take it back"):
        ada.reject(ONE)
    gone = ada.undo()
    assert (gone.state, gone.withdrawn.reviewer) == ("pending", "Ada")
    with pytest.raises(NotFound):
        ada.undo()
    # Out of a dispute: the other opinion stays and waits for a new second one.
    ada.approve(ONE)
    assert bo.reject(ONE).state == "disputed"
    assert bo.undo().state == "pending"
    assert bo.approve(ONE).state == "approved"
    # Of a decision that both made: the second one takes back, the first one's opinion stays.
    assert bo.undo().state == "pending"
    assert ada.answered() == {ONE}
    assert bo.answered() == set()
    assert bo.reject(ONE).state == "disputed"
    assert reviewed(queued) == []
    assert count(queued, opinions) == 5  # every one is on record


def test_undo_of_a_decision_of_two_by_a_third_asks_both_again(seat):
    ada, bo = seat("Ada"), seat("Bo")
    ada.approve(ONE)
    number = bo.approve(ONE).decision.id
    assert seat("Cy").undo(number=number).state == "pending"
    assert ada.answered() == bo.answered() == set()


def test_undo_of_what_was_put_aside_leaves_opinions_given_since_alone(seat):
    cy = seat("Cy")
    cy.later(ONE)
    seat("Ada").approve(ONE, CELLS)
    seat("Bo").reject(ONE)
    assert cy.undo().state == "disputed"
    seat("Ada").approve(TWO, CELLS)
    cy.later(TWO)
    assert seat("Ada").undo(TWO).state == "later"  # her opinion goes, his decision stays
    assert cy.undo().state == "pending"


def test_what_stood_before_does_not_come_back_under_opinions_given_since(seat):
    ada, may = seat("Ada"), seat("May", adjudicator=True)
    ada.approve(ONE)
    seat("Bo").approve(ONE)
    may.later(ONE)
    ada.reject(ONE)
    with pytest.raises(InputError, match="were given since"):
        may.undo(ONE)
    ada.undo()
    assert may.undo(ONE).state == "approved"
    assert may.undo(ONE).state == "pending"


def test_what_two_decided_is_not_put_aside_by_one(seat):
    seat("Ada").approve(ONE)
    seat("Bo").approve(ONE)
    with pytest.raises(InputError, match="approved: take that back"):
        seat("Cy").later(ONE)
    assert seat("May", adjudicator=True).later(ONE).state == "later"


def test_undo_without_a_paper_is_about_ones_own(seat):
    ada, bo = seat("Ada", double=False), seat("Bo", double=False)
    mine = ada.approve(ONE).decision
    bo.reject(TWO)
    bo.approve(ONE, cells=CELLS)
    with pytest.raises(InputError, match="Bo has decided"):
        ada.undo()
    bo.undo(ONE)
    assert ada.undo().undone == mine
    with pytest.raises(NotFound, match="Ada"):
        ada.undo()


def test_undo_by_number(seat):
    ada = seat("Ada", double=False)
    first = ada.approve(ONE).decision
    second = ada.reject(ONE).decision
    with pytest.raises(InputError, match="since"):
        ada.undo(number=first.id)
    assert ada.undo(number=second.id).state == "approved"
    with pytest.raises(InputError, match="already"):
        ada.undo(number=second.id)
    assert ada.undo(number=first.id).state == "pending"
    with pytest.raises(NotFound):
        ada.undo(number=first.id + 50)


def test_double_review_turned_off_in_between_closes_what_was_given(seat, queued):
    seat("Ada").approve(ONE)
    settled = seat("Bo", double=False).approve(ONE)
    assert (settled.state, len(settled.decision.opinions)) == ("approved", 1)
    with queued.read() as connection:
        assert set(decisions_of(connection, "approved")) == {ONE}
    assert seat("Bo", double=False).undo().state == "pending"
    assert seat("Ada").answered() == {ONE}  # nobody took that one back


def test_a_comment_has_a_length(seat):
    with pytest.raises(InputError, match="2,000"):
        seat("Ada").approve(ONE, comment="x" * 2001)
