"""The reviewer's desk: decisions, the labels they make, and taking them back."""

from __future__ import annotations

import threading

import pytest

from litmine.core.errors import InputError, NotFound
from litmine.core.paper import parse_arxiv_id
from litmine.review import ReviewDesk
from litmine.store.audit import audit_entries
from litmine.store.decisions import decisions_of
from litmine.store.labels import all_labels, put_labels
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.schema import decisions
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, judge, label, prediction

ONE, TWO, OLD = "2606.00001", "2606.00002", "cs/0606001"
SUGGESTED = ("inference/memory",)


@pytest.fixture
def queued(store):
    with store.write() as connection:
        judge(connection, (ONE, TWO, OLD), 0.5)
        put_predictions(connection, [prediction(TWO, 0.9, assigned=(), technique=())])
        enqueue(connection, MODEL, 0.1, NOW)
    return store


@pytest.fixture
def desk(queued, fake_clock):
    return ReviewDesk(queued, "Ada", fake_clock)


def review_label(store, arxiv_id=ONE):
    with store.read() as connection:
        found = {one.arxiv_id: one for one in all_labels(connection)}.get(arxiv_id)
    return found and (found.source, found.relevant, found.cells, found.technique)


def trail(store):
    with store.read() as connection:
        return [(e["actor"], e["action"], e["subject"]) for e in audit_entries(connection)][::-1]


def test_what_waits_is_shown_with_suggestion_and_evidence(desk):
    items = desk.waiting()
    assert [item.paper.arxiv_id for item in items] == [TWO, ONE, OLD]
    assert items[1].paper == paper(ONE)
    assert items[1].prediction == prediction(ONE, 0.5)
    assert items[1].queue.state == "pending"
    assert items[1].decision is None
    assert [item.paper.arxiv_id for item in desk.waiting(limit=1)] == [TWO]
    assert desk.waiting(states=["approved"]) == []


def evidence(**changes):
    account = {
        "words": [["cache", 0.5], ["memory", 0.2], ["of", -0.1], ["survey", -0.3]],
        "sentences": [0.1, 0.4],
    }
    sentences = [["title", 0, 5], ["abstract", 0, 8]]
    return {"relevance": account | changes, "cells": {}, "sentences": sentences}


def reasons_of(queued, desk, **fields):
    with queued.write() as connection:
        put_predictions(connection, [prediction(ONE, 0.5, **fields)])
    return desk.show(ONE).reasons


def test_reasons_are_read_off_the_evidence(desk, queued):
    told = reasons_of(queued, desk, evidence=evidence())
    assert told.sentence == paper(ONE).abstract[:8]
    assert told.words_for == ("cache", "memory")
    assert told.words_against == ("survey", "of")
    title_leads = reasons_of(queued, desk, evidence=evidence(sentences=[0.4, 0.1]))
    assert title_leads.sentence == paper(ONE).title[:5]
    assert reasons_of(queued, desk, evidence=evidence(sentences=[0, -1.0])).sentence == ""


def test_no_reasons_without_evidence_or_of_an_earlier_text(desk, queued):
    assert desk.show(ONE).reasons is None
    assert reasons_of(queued, desk, evidence={}) is None
    assert reasons_of(queued, desk, evidence=evidence(), content_hash="0" * 64) is None


def test_reasons_on_the_page_cannot_drive_the_terminal(desk, queued, capsys):
    from litmine.cli.review_walk import show_item

    reasons_of(queued, desk, evidence=evidence(words=[["\x1b[31mred[/bold]", 0.5]]))
    show_item(desk.show(ONE))
    shown = capsys.readouterr().out
    assert f"most telling: {paper(ONE).abstract[:8].strip()}" in shown
    assert "words for it: \N{REPLACEMENT CHARACTER}[31mred[/bold]" in shown
    assert "\x1b" not in shown
    assert "words against" not in shown


@pytest.mark.parametrize("text", [OLD, f"arXiv:{OLD}v2", f"https://arxiv.org/abs/{OLD}"])
def test_papers_are_named_in_any_form(desk, text):
    assert desk.show(text).paper.arxiv_id == OLD
    assert desk.reject(text).arxiv_id == parse_arxiv_id(text).id


def test_approved_as_suggested(desk, queued, fake_clock):
    fake_clock.advance(60)
    taken = desk.approve(ONE, comment="good").decision
    assert (taken.action, taken.cells, taken.technique) == ("approve", SUGGESTED, ("quantization",))
    assert (taken.reviewer, taken.comment, taken.decided_at) == ("Ada", "good", fake_clock.now())
    assert (taken.model_id, taken.suggested_cells) == (MODEL, SUGGESTED)
    assert desk.show(ONE).decision == taken
    assert desk.counts() == {
        "pending": 2,
        "later": 0,
        "disputed": 0,
        "approved": 1,
        "rejected": 0,
    }
    assert review_label(queued) == ("review", 1, SUGGESTED, ("quantization",))


def test_approved_with_other_cells_in_short_forms(desk, queued):
    taken = desk.approve(ONE, cells=["sys/net", "inf/en", "inf/en"], technique=["prun"]).decision
    assert taken.cells == ("inference/energy", "system/network")
    assert taken.technique == ("pruning",)
    assert taken.suggested_cells == SUGGESTED  # what the model said is kept beside it
    assert review_label(queued) == ("review", 1, taken.cells, ("pruning",))


@pytest.mark.parametrize(
    ("act", "kind", "said"),
    [
        (lambda d: d.approve(TWO), InputError, f"at least one cell; give {TWO} one first"),
        (lambda d: d.approve(ONE, cells=[]), InputError, "at least one cell"),
        (lambda d: d.approve(ONE, cells=["inference/money"]), InputError, "money"),
        (lambda d: d.approve(ONE, cells=["memory"]), InputError, "is not stage/resource"),
        (lambda d: d.approve(ONE, technique=["magic"]), InputError, "magic"),
        (lambda d: d.approve("no id"), InputError, "is not an arXiv id"),
        (lambda d: d.reject("2606.00009"), NotFound, "not in the queue"),
        (lambda d: d.show("2606.00009"), NotFound, "not in the queue"),
        (lambda d: d.undo(), NotFound, "no decision to undo"),
        (lambda d: d.undo(ONE), NotFound, f"no decision to undo on {ONE}"),
    ],
)
def test_refusals_are_clear_and_change_nothing(desk, queued, act, kind, said):
    with pytest.raises(kind, match=said):
        act(desk)
    assert desk.counts()["pending"] == 3
    assert trail(queued) == []
    assert review_label(queued) is None


@pytest.mark.parametrize("name", ["", "  \n", "x" * 201])
def test_a_reviewer_needs_a_name(store, name):
    with pytest.raises(InputError, match="a reviewer needs a name"):
        ReviewDesk(store, name)


def test_a_paper_without_suggestion_is_approved_with_a_cell_given(desk):
    assert desk.approve(TWO, cells=["inf/mem"]).decision.cells == ("inference/memory",)


def test_rejected_is_a_negative_label(desk, queued):
    taken = desk.reject(ONE, comment="no saving").decision
    assert (taken.cells, taken.technique, taken.comment) == ((), (), "no saving")
    assert review_label(queued) == ("review", 0, (), ())


def test_later_makes_no_label_and_takes_one_away(desk, queued):
    desk.later(ONE)
    assert review_label(queued) is None
    desk.approve(ONE)
    assert review_label(queued) is not None
    desk.later(ONE)
    assert review_label(queued) is None
    assert desk.counts()["later"] == 1


def test_labels_follow_the_decision_that_stands(desk, queued):
    first = ("review", 1, SUGGESTED, ("quantization",))
    second = ("review", 1, ("system/network",), ("caching",))
    desk.approve(ONE)
    desk.approve(ONE, cells=["sys/net"], technique=["caching"])
    assert review_label(queued) == second
    desk.reject(ONE)
    assert review_label(queued) == ("review", 0, (), ())
    desk.undo(ONE)
    assert review_label(queued) == second
    desk.undo(ONE)  # of a re-approval: the label before it comes back
    assert review_label(queued) == first
    desk.undo(ONE)
    assert review_label(queued) is None
    assert desk.show(ONE).queue.state == "pending"


def test_undo_gives_a_gold_label_its_say_back(desk, queued):
    with queued.write() as connection:
        put_labels(connection, [label(ONE, "gold")])
    desk.reject(ONE)
    assert review_label(queued)[0] == "review"
    desk.undo()
    assert review_label(queued)[0] == "gold"


def test_undo_without_a_name_takes_the_last_decision_of_all(desk):
    desk.reject(ONE)
    last = desk.approve(OLD).decision
    assert desk.undo().undone == last
    assert desk.show(OLD).queue.state == "pending"
    assert desk.show(ONE).queue.state == "rejected"


def test_every_act_is_in_the_audit_trail(desk, queued, fake_clock):
    bo = ReviewDesk(queued, "  Bo   Sample ", fake_clock)
    taken = desk.approve(ONE).decision
    bo.undo(ONE)
    bo.later(ONE)
    assert trail(queued) == [
        ("Ada", "approve", ONE),
        ("Bo Sample", "undo", ONE),
        ("Bo Sample", "later", ONE),
    ]
    with queued.read() as connection:
        detail = [e["detail"] for e in audit_entries(connection)]
    assert detail[2] == {
        "decision": taken.id,
        "cells": ["inference/memory"],
        "technique": ["quantization"],
    }
    assert detail[1] == {"undoes": taken.id}


def test_decision_label_and_audit_are_one_transaction(desk, queued, monkeypatch):
    def fail(*_arguments, **_detail):
        raise RuntimeError("power cut")

    monkeypatch.setattr("litmine.review.ruling.record", fail)
    with pytest.raises(RuntimeError):
        desk.approve(ONE)
    assert desk.counts()["pending"] == 3
    assert review_label(queued) is None


def test_two_reviewers_at_once_lose_nothing(queued, fake_clock):
    gate = threading.Barrier(2)
    errors: list[BaseException] = []

    def work(name: str, cells: list[str]) -> None:
        desk = ReviewDesk(queued, name, fake_clock)
        try:
            gate.wait(10)
            for _ in range(8):
                desk.approve(ONE, cells=cells)
                desk.reject(TWO)
                desk.undo(TWO)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=work, args=("Ada", ["inf/mem"])),
        threading.Thread(target=work, args=("Bo", ["sys/net"])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    desk = ReviewDesk(queued, "Cy", fake_clock)
    assert desk.show(TWO).queue.state == "pending"
    assert desk.show(TWO).decision is None
    standing = desk.show(ONE).decision
    assert standing is not None
    assert review_label(queued)[2] == standing.cells
    said = trail(queued)
    for name in ("Ada", "Bo"):
        for action, arxiv_id in (("approve", ONE), ("reject", TWO), ("undo", TWO)):
            assert said.count((name, action, arxiv_id)) == 8
    with queued.read() as connection:
        rows = connection.execute(decisions.select()).all()
        assert set(decisions_of(connection, "approved")) == {ONE}
    assert len(rows) == 2 * 8 * 3
    assert len({row.undoes for row in rows if row.undoes}) == 16  # none was taken back twice
