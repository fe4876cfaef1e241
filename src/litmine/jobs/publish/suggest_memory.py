"""What people made of earlier suggestions, read off the pull request and the branches.

Everything is derived anew from what stands there, so that a run that was killed anywhere is made
good by the next one:

- a paper belongs to a suggestion once its offer names it; what was only intended does not count;
- a line that stood in an open suggestion and stands there no more was taken out by a person;
- so was one that did not arrive with the merge, or went from the list later;
- the papers of a suggestion that was closed are declined.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from litmine.publish.suggest.github import Pull
from litmine.store.offers import offers_of, put_offers
from litmine.store.suggestions import (
    Suggestion,
    drop_suggestion,
    suggestions_of,
    update_suggestion,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Found", "settle", "settle_list"]


@dataclass(frozen=True, slots=True)
class Found:
    """A suggestion as it stands outside.

    Attributes
    ----------
    pull : Pull or None
        Its pull request.
    tip : str or None
        Commit of its branch; None: the branch is not there.
    arrived : bool
        Whether the tip holds what litmine last meant to put there.
    merged_in : bool
        Whether the base branch holds the tip.
    missing_in_base, missing_in_tip : collection of str
        The approved papers that have no line there.
    """

    pull: Pull | None
    tip: str | None
    arrived: bool
    merged_in: bool
    missing_in_base: Collection[str]
    missing_in_tip: Collection[str]


def settle(
    connection: Connection, held: Suggestion, found: Found, now: datetime
) -> Suggestion | None:
    """Note how a suggestion stands; None is one that never left the house and is forgotten."""
    confirmed = {
        arxiv_id
        for arxiv_id, offer in offers_of(connection, held.target).items()
        if offer.suggestion_id == held.id
    }
    pending = [arxiv_id for arxiv_id in held.papers if arxiv_id not in confirmed]
    if found.arrived or (found.pull is not None and not confirmed):
        put_offers(connection, held.target, pending, "offered", now, held.id)
    elif not confirmed:
        drop_suggestion(connection, held.id)
        return None
    elif pending:
        kept = tuple(one for one in held.papers if one in confirmed)
        held = update_suggestion(connection, held.id, now, papers=kept)
    state = _state(held, found)
    if found.pull is not None:
        held = update_suggestion(
            connection, held.id, now, number=found.pull.number, url=found.pull.url
        )
    if state in {"branch", "open"}:
        _reopen(connection, held, now)
        gone = set(found.missing_in_tip) & set(found.missing_in_base)
    else:
        gone = set(found.missing_in_base)
    left = "declined" if state == "closed" else "removed"
    put_offers(connection, held.target, _standing(connection, held, gone), left, now)
    changes: dict[str, object] = {"state": state}
    if state in {"branch", "open"} and found.tip is not None:
        changes["head"] = found.tip
        changes["papers"] = tuple(one for one in held.papers if one not in gone)
    return update_suggestion(connection, held.id, now, **changes)


def settle_list(
    connection: Connection,
    target: str,
    present: Collection[str],
    missing: Collection[str],
    now: datetime,
) -> None:
    """Note which approved papers the list holds by another hand, and which lines went from it."""
    known = offers_of(connection, target)
    theirs = [one for one in present if one not in known or known[one].left_out]
    put_offers(connection, target, theirs, "present", now)
    standing = {one.id for one in suggestions_of(connection, target) if one.standing}
    gone = [
        arxiv_id
        for arxiv_id, offer in known.items()
        if arxiv_id in missing and not offer.left_out and offer.suggestion_id not in standing
    ]
    put_offers(connection, target, gone, "removed", now)


def _state(held: Suggestion, found: Found) -> str:
    if found.pull is not None:
        return found.pull.state
    everything = held.papers and not set(held.papers) & set(found.missing_in_base)
    if found.tip is None:
        # The branch was deleted: after a merge that kept at least one line, or to decline it.
        some = set(held.papers) - set(found.missing_in_base)
        return "merged" if some else "closed"
    return "merged" if found.merged_in or everything else held.state


def _reopen(connection: Connection, held: Suggestion, now: datetime) -> None:
    """Take back that the papers were declined, when a closed pull request is open again."""
    if held.standing:
        return
    declined = [
        arxiv_id
        for arxiv_id, offer in offers_of(connection, held.target, {"declined"}).items()
        if offer.suggestion_id == held.id
    ]
    put_offers(connection, held.target, declined, "offered", now)


def _standing(connection: Connection, held: Suggestion, gone: Collection[str]) -> list[str]:
    """Those of a suggestion's papers that are gone, and were not noted as such before."""
    return [
        arxiv_id
        for arxiv_id, offer in offers_of(connection, held.target, {"offered"}).items()
        if offer.suggestion_id == held.id and arxiv_id in gone
    ]
