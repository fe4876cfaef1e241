"""Whatever several reviewers do in whatever order: state, decisions, opinions and labels agree."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litmine.core.clock import FakeClock
from litmine.core.errors import LitmineError
from litmine.review import ReviewDesk
from litmine.store import open_store
from litmine.store.audit import audit_entries
from litmine.store.queue import enqueue, queue_item
from litmine.store.schema import decisions, labels, opinions
from tests.support.rows import MODEL, NOW, judge

ONE = "2606.00001"
STATES = {"approve": "approved", "reject": "rejected"}
ACTS = st.sampled_from(("approve", "approve elsewhere", "reject", "later", "undo", "undo mine"))
STEPS = st.lists(st.tuples(st.sampled_from("ABC"), ACTS, st.booleans(), st.booleans()), max_size=40)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_any_sequence_leaves_a_paper_in_one_piece(steps, migrated_sqlite, tmp_path_factory):
    database = tmp_path_factory.mktemp("paper") / "litmine.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    clock = FakeClock()
    with open_store(f"sqlite:///{database}", migrate=False) as store:
        with store.write() as connection:
            judge(connection, (ONE,), 0.5)
            enqueue(connection, MODEL, 0.1, NOW)
        for name, act, double, chief in steps:
            clock.advance(1)
            desk = ReviewDesk(store, name, clock, double=double, adjudicator=chief)
            with suppress(LitmineError):
                _do(desk, act)
            with store.read() as connection:
                _check(connection)


def _do(desk, act):
    if act == "undo":
        desk.undo(ONE)
    elif act == "undo mine":
        desk.undo()
    elif act == "approve elsewhere":
        desk.approve(ONE, ["system/network"])
    else:
        desk.decide(ONE, act)


def _check(connection):
    state = queue_item(connection, ONE).state
    taken = connection.execute(decisions.select().order_by(decisions.c.id)).all()
    undone = [one.undoes for one in taken if one.undoes]
    standing = [one for one in taken if one.action != "undo" and one.id not in undone]
    said = connection.execute(opinions.select()).all()
    waiting = [one for one in said if one.decision_id is None and one.withdrawn_at is None]
    label = connection.execute(labels.select().where(labels.c.source == "review")).first()
    last = standing[-1].action if standing else None

    assert len(undone) == len(set(undone))
    assert STATES.get(last) == (state if state in STATES.values() else None)
    assert (label is not None) == (last in STATES)
    assert len({one.reviewer for one in waiting}) == len(waiting)
    if state in STATES.values():
        assert not waiting
    else:
        assert (len(waiting) >= 2) == (state == "disputed")
    told = [one["action"] for one in audit_entries(connection, limit=None)]
    own = [one for one in told if one not in ("dispute", "withdraw")]
    assert len(own) == len(taken) + len(said)
