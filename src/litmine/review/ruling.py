"""The rules of a decision: one reviewer or two, disputes, and taking back.

Everything here runs inside the caller's writing transaction, on a paper whose row it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from litmine.core.errors import Forbidden, InputError, NotFound, Stale
from litmine.review.relabel import relabel
from litmine.store.audit import record
from litmine.store.decisions import (
    STATE_AFTER,
    Decision,
    decide,
    decision,
    is_undone,
    last_by,
    latest_decision,
    take_back,
)
from litmine.store.opinions import (
    Opinion,
    close_opinions,
    give_opinion,
    last_open_by,
    open_opinions,
    opinions_by_id,
    reopen_opinions,
    withdraw_opinions,
)
from litmine.store.queue import QueueItem, lock, move, queue_item

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Outcome", "Reviewer", "Ruling", "rule", "take_back_last"]

_WAITING = ("pending", "later")
_SAID = {
    "pending": "changed",
    "later": "put aside",
    "disputed": "disputed",
    "approved": "approved",
    "rejected": "rejected",
}


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who decides, and how.

    Attributes
    ----------
    source : str
        Through which door: ``cli``, ``web``, ``api`` or ``rule``.
    double : bool
        Whether two reviewers must agree before anything is decided.
    adjudicator : bool
        Whether this one may settle a dispute they took part in, and overrule what stands.
    """

    name: str
    source: str = "cli"
    double: bool = False
    adjudicator: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a reviewer wants done with a paper.

    Attributes
    ----------
    action : str
        ``approve``, ``reject`` or ``later``.
    revision : int or None
        The queue's revision that the reviewer looked at; None: whatever it is.
    """

    arxiv_id: str
    action: str
    cells: tuple[str, ...]
    technique: tuple[str, ...]
    comment: str
    suggested_cells: tuple[str, ...]
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes
    ----------
    state : str
        Of the paper in the queue, now.
    revision : int
        Of the paper in the queue, now.
    decision : Decision or None
        The decision taken; None when only an opinion was given, or something was taken back.
    opinion : Opinion or None
        The opinion given.
    undone : Decision or None
        The decision taken back.
    withdrawn : Opinion or None
        The opinion taken back.
    replayed : bool
        Whether this is the answer to a request that was done before.
    """

    arxiv_id: str
    state: str
    revision: int
    decision: Decision | None = None
    opinion: Opinion | None = None
    undone: Decision | None = None
    withdrawn: Opinion | None = None
    replayed: bool = False


def rule(connection: Connection, who: Reviewer, wanted: Ruling, now: datetime) -> Outcome:
    """Decide, or give one of two opinions.

    Under double review the first opinion waits, unseen by others. A second one that says the same
    (the same action, the same cells) makes the decision; any other makes a dispute, which somebody
    else settles by an ordinary decision.

    Raises
    ------
    NotFound
        The paper is not in the queue.
    Stale
        Somebody changed it since the reviewer looked.
    InputError
        An approval without a cell, a second opinion by the same reviewer, a dispute put aside, or
        under double review a paper that is decided already.
    Forbidden
        A dispute is settled by one of the two who made it.
    """
    row = _hold(connection, wanted.arxiv_id, wanted.revision)
    if row.state == "disputed":
        return _settle_dispute(connection, who, wanted, now)
    waits = row.state in _WAITING
    if who.double and not waits and not who.adjudicator:
        raise InputError(
            f"{wanted.arxiv_id} is {row.state}: take that back first, or ask a maintainer"
        )
    if wanted.action == "later" or not waits:
        return _decide(connection, who, wanted, now)
    if who.double:
        return _opine(connection, who, wanted, row, now)
    # Opinions given while double review was on go with the decision.
    given = open_opinions(connection, [wanted.arxiv_id]).get(wanted.arxiv_id, [])
    return _decide(connection, who, wanted, now, given)


def take_back_last(
    connection: Connection,
    who: Reviewer,
    now: datetime,
    *,
    arxiv_id: str | None = None,
    number: int | None = None,
    revision: int | None = None,
) -> Outcome:
    """Take back a decision or an opinion.

    Parameters
    ----------
    arxiv_id : str, optional
        Take back what stands on this paper, whoever decided it.
    number : int, optional
        Take back this decision, whoever took it.
    revision : int, optional
        The queue's revision that the reviewer looked at.

    Without `arxiv_id` and `number` it is the last thing that this reviewer did themselves.

    Raises
    ------
    NotFound
        There is nothing to take back.
    InputError
        The decision was taken back already, a later one stands on the paper, or opinions were
        given since on what had been decided before.
    Stale
        Somebody changed the paper since the reviewer looked.
    """
    opinion: Opinion | None = None
    if number is not None:
        wanted = decision(connection, number)
        if wanted is None or wanted.action == "undo":
            raise NotFound(f"there is no decision {number} that could be taken back")
        arxiv_id = wanted.arxiv_id
    elif arxiv_id is None:
        wanted, opinion = last_by(connection, who.name), last_open_by(connection, who.name)
        if wanted is not None and opinion is not None:
            if opinion.given_at > wanted.decided_at:
                wanted = None
            else:
                opinion = None
        found = wanted or opinion
        if found is None:
            raise NotFound(f"there is no decision to undo by {who.name}")
        arxiv_id = found.arxiv_id
    else:
        wanted = None
    row = _hold(connection, arxiv_id, revision)
    if wanted is None:
        mine = [
            one
            for one in open_opinions(connection, [arxiv_id]).get(arxiv_id, [])
            if one.reviewer == who.name
        ]
        if mine:
            return _withdraw(connection, who, row, mine[-1], now)
    standing = latest_decision(connection, arxiv_id)
    if standing is None or opinion is not None:
        raise NotFound(f"there is no decision to undo on {arxiv_id}")
    if wanted is not None and wanted.id != standing.id:
        if wanted.id > standing.id or is_undone(connection, wanted.id):
            raise InputError(f"decision {wanted.id} on {arxiv_id} was taken back already")
        raise InputError(
            f"{standing.reviewer} has decided on {arxiv_id} since ({standing.action}); "
            "take that back first"
        )
    return _undo(connection, who, row, standing, now)


def _hold(connection: Connection, arxiv_id: str, revision: int | None) -> QueueItem:
    try:
        return lock(connection, arxiv_id, revision)
    except Stale as stale:
        row = queue_item(connection, arxiv_id)
        last = latest_decision(connection, arxiv_id)
        state = row.state if row is not None else "gone"
        by = f" by {last.reviewer}" if last is not None and state not in _WAITING else ""
        raise Stale(
            f"{arxiv_id} was {_SAID.get(state, state)}{by} in the meantime; look at it again",
            stale.revision,
        ) from stale


def _decide(
    connection: Connection,
    who: Reviewer,
    wanted: Ruling,
    now: datetime,
    closing: Sequence[Opinion] = (),
) -> Outcome:
    number = decide(
        connection,
        wanted.arxiv_id,
        wanted.action,
        reviewer=who.name,
        now=now,
        cells=wanted.cells,
        technique=wanted.technique,
        comment=wanted.comment,
        suggested_cells=wanted.suggested_cells,
        source=who.source,
        opinions=[one.id for one in closing],
    )
    close_opinions(connection, [one.id for one in closing], number)
    relabel(connection, wanted.arxiv_id)
    taken = decision(connection, number)
    if taken is None:
        raise NotFound(f"{wanted.arxiv_id}: the decision just taken is not there")
    detail = {"opinions": list(taken.opinions)} if taken.opinions else {}
    record(
        connection,
        now,
        who.name,
        wanted.action,
        wanted.arxiv_id,
        decision=taken.id,
        cells=list(taken.cells),
        technique=list(taken.technique),
        **detail,
    )
    return _outcome(connection, wanted.arxiv_id, decision=taken)


def _opine(
    connection: Connection, who: Reviewer, wanted: Ruling, row: QueueItem, now: datetime
) -> Outcome:
    if wanted.action == "approve" and not wanted.cells:
        raise InputError(f"an approval needs at least one cell; give {wanted.arxiv_id} one first")
    given = open_opinions(connection, [wanted.arxiv_id]).get(wanted.arxiv_id, [])
    if any(one.reviewer == who.name for one in given):
        raise InputError(
            f"you have said what you think of {wanted.arxiv_id}; take it back to say something else"
        )
    mine = give_opinion(
        connection,
        wanted.arxiv_id,
        wanted.action,
        reviewer=who.name,
        now=now,
        cells=wanted.cells,
        technique=wanted.technique,
        comment=wanted.comment,
        model_id=row.model_id,
        suggested_cells=wanted.suggested_cells,
        source=who.source,
    )
    # Not what it says: the second reviewer may be somebody who reads the audit log.
    record(connection, now, who.name, "opinion", wanted.arxiv_id, opinion=mine.id)
    if not given:
        move(connection, wanted.arxiv_id, "pending", now)
        return _outcome(connection, wanted.arxiv_id, opinion=mine)
    both = [*given, mine]
    if all(one.agrees_with(mine) for one in given):
        return replace(_decide(connection, who, wanted, now, both), opinion=mine)
    move(connection, wanted.arxiv_id, "disputed", now)
    record(connection, now, who.name, "dispute", wanted.arxiv_id, opinions=[one.id for one in both])
    return _outcome(connection, wanted.arxiv_id, opinion=mine)


def _settle_dispute(
    connection: Connection, who: Reviewer, wanted: Ruling, now: datetime
) -> Outcome:
    if wanted.action == "later":
        raise InputError(f"{wanted.arxiv_id} is disputed: approve or reject it")
    both = open_opinions(connection, [wanted.arxiv_id]).get(wanted.arxiv_id, [])
    if not who.adjudicator and any(one.reviewer == who.name for one in both):
        raise Forbidden(
            f"{wanted.arxiv_id} is disputed, and you are one side of it: somebody else settles it"
        )
    return _decide(connection, who, wanted, now, both)


def _undo(
    connection: Connection, who: Reviewer, row: QueueItem, taken: Decision, now: datetime
) -> Outcome:
    state = taken.previous_state
    if state not in _WAITING and open_opinions(connection, [row.arxiv_id]):
        raise InputError(
            f"opinions on {row.arxiv_id} were given since: approve or reject it, or have them "
            "taken back first"
        )
    if state in _WAITING and row.state != STATE_AFTER[taken.action]:
        # Opinions given on a paper that was put aside have moved it on: it stays there.
        state = row.state
    closed = opinions_by_id(connection, taken.opinions) if taken.opinions else []
    ids = [one.id for one in closed]
    if state == "disputed" or all(one.reviewer != taken.reviewer for one in closed):
        # It was not made of these opinions: they were open before it, and are so again.
        reopen_opinions(connection, ids)
    else:
        # Both had agreed. Whoever takes back is of another opinion now; the other one's stays.
        mine = [one.id for one in closed if one.reviewer == who.name]
        reopen_opinions(connection, [i for i in ids if mine and i not in mine])
        withdraw_opinions(connection, mine or ids, now)
    take_back(connection, taken, state, reviewer=who.name, now=now, source=who.source)
    relabel(connection, taken.arxiv_id)
    record(connection, now, who.name, "undo", taken.arxiv_id, undoes=taken.id)
    return _outcome(connection, taken.arxiv_id, undone=taken)


def _withdraw(
    connection: Connection, who: Reviewer, row: QueueItem, mine: Opinion, now: datetime
) -> Outcome:
    withdraw_opinions(connection, [mine.id], now)
    move(connection, row.arxiv_id, row.state if row.state in _WAITING else "pending", now)
    record(connection, now, who.name, "withdraw", row.arxiv_id, opinion=mine.id)
    return _outcome(connection, row.arxiv_id, withdrawn=mine)


def _outcome(
    connection: Connection,
    arxiv_id: str,
    *,
    decision: Decision | None = None,
    opinion: Opinion | None = None,
    undone: Decision | None = None,
    withdrawn: Opinion | None = None,
) -> Outcome:
    row = queue_item(connection, arxiv_id)
    if row is None:
        raise NotFound(f"{arxiv_id} is not in the queue any more")
    return Outcome(arxiv_id, row.state, row.revision, decision, opinion, undone, withdrawn)
