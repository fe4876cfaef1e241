"""The queue and the decisions on it, as the client sees them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from litmine.client.models import (
    Action,
    BulkAnswer,
    BulkResult,
    DecisionRecord,
    Entry,
    Outcome,
    Page,
    State,
)
from litmine.client.transport import Calls, paper_path
from litmine.core.errors import InputError

__all__ = ["QueueCalls"]

Policy = Literal["max", "uncertainty", "mixed"]
_AT_ONCE = 100


class QueueCalls(Calls):
    """Reading the queue, deciding, taking back."""

    def queue(
        self,
        state: State = "pending",
        *,
        policy: Policy | None = None,
        cursor: str | None = None,
        limit: int = 20,
    ) -> Page[Entry]:
        """Return a page of papers in a state, first to look at first."""
        return self._api.read(
            Page[Entry], "/queue", state=state, policy=policy, cursor=cursor, limit=limit
        )

    def each_entry(
        self, state: State = "pending", *, policy: Policy | None = None
    ) -> Iterator[Entry]:
        """Yield every paper in a state, each once, page after page."""
        seen: set[str] = set()
        cursor: str | None = None
        while True:
            page = self.queue(state, policy=policy, cursor=cursor, limit=_AT_ONCE)
            fresh = [entry for entry in page.items if entry.id not in seen]
            seen.update(entry.id for entry in fresh)
            yield from fresh
            if page.next is None:
                return
            cursor = page.next

    def disputes(self, *, cursor: str | None = None, limit: int = 20) -> Page[Entry]:
        """Return a page of papers on which two reviewers disagree."""
        return self._api.read(Page[Entry], "/disputes", cursor=cursor, limit=limit)

    def entry(self, paper: str) -> Entry:
        """Return one paper of the queue.

        Raises
        ------
        NotFound
            It is not in the queue.
        InputError
            It is no arXiv id.
        """
        return self._api.read(Entry, f"/queue/{paper_path(paper)}")

    def decide(
        self,
        paper: str,
        action: Action,
        cells: Sequence[str] | None = None,
        technique: Sequence[str] | None = None,
        comment: str = "",
        *,
        revision: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Decide on a paper.

        Parameters
        ----------
        action : str
            ``approve``, ``reject`` or ``later``.
        cells, technique : sequence of str, optional
            Of an approval; as suggested by default.
        revision : int, optional
            The one you looked at (`Entry.revision`). Without it the paper is asked for now, so
            that what happened between your look and this call is not noticed.
        key : str, optional
            Idempotency key, for a decision that may be sent again by another process; made by
            default.

        Raises
        ------
        Stale
            Somebody changed the paper since.
        NotFound
            It is not in the queue.
        InputError
            A cell or technique is unknown, or nothing is suggested and no cell was given.
        Forbidden
            The token may not decide.
        """
        seen = self.entry(paper).revision if revision is None else revision
        wish = _wish(action, cells, technique, comment)
        path = f"/queue/{paper_path(paper)}/decisions"
        return self._api.write(Outcome, path, key or _key(), revision=seen, body=wish)

    def approve(
        self,
        paper: str,
        cells: Sequence[str] | None = None,
        technique: Sequence[str] | None = None,
        comment: str = "",
        *,
        revision: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Approve a paper, as suggested or otherwise; see `decide`."""
        return self.decide(paper, "approve", cells, technique, comment, revision=revision, key=key)

    def reject(
        self,
        paper: str,
        comment: str = "",
        *,
        revision: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Reject a paper; see `decide`."""
        return self.decide(paper, "reject", comment=comment, revision=revision, key=key)

    def later(
        self,
        paper: str,
        comment: str = "",
        *,
        revision: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Put a paper aside; see `decide`."""
        return self.decide(paper, "later", comment=comment, revision=revision, key=key)

    def decide_many(
        self, wishes: Sequence[dict[str, Any]], *, key: str | None = None
    ) -> list[BulkResult]:
        """Decide on several papers, each by itself.

        Parameters
        ----------
        wishes : sequence of dict
            Up to 100, each with ``id``, ``revision``, ``action``, and what `decide` takes.

        Returns
        -------
        list of BulkResult
            One for each: an outcome, or the problem that it met.
        """
        return self._api.write(
            BulkAnswer, "/queue/decisions", key or _key(), body=list(wishes)
        ).items

    def undo(
        self,
        paper: str | None = None,
        *,
        number: int | None = None,
        revision: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Take back a decision or an open opinion.

        Parameters
        ----------
        paper : str, optional
            Take back what stands on this paper.
        number : int, optional
            Take back this decision.

        Without both it is the last thing that you did yourself.

        Raises
        ------
        NotFound
            There is nothing to take back.
        Stale
            Somebody changed the paper since.
        """
        key = key or _key()
        if paper is not None and number is not None:
            raise InputError("name the paper or the number of the decision, not both")
        if number is not None:
            return self._api.write(Outcome, f"/decisions/{number}/undo", key)
        if paper is None:
            return self._api.write(Outcome, "/undo", key)
        seen = self.entry(paper).revision if revision is None else revision
        return self._api.write(Outcome, f"/queue/{paper_path(paper)}/undo", key, revision=seen)

    def decisions(
        self,
        *,
        reviewer: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        paper: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[DecisionRecord]:
        """Return a page of what was decided, newest first."""
        return self._api.read(
            Page[DecisionRecord],
            "/decisions",
            reviewer=reviewer,
            action=action,
            since=None if since is None else since.isoformat(),
            paper=paper,
            cursor=cursor,
            limit=limit,
        )


def _key() -> str:
    return uuid.uuid4().hex


def _wish(
    action: Action,
    cells: Sequence[str] | None,
    technique: Sequence[str] | None,
    comment: str,
) -> dict[str, Any]:
    wish: dict[str, Any] = {"action": action, "comment": comment}
    if cells is not None:
        wish["cells"] = list(cells)
    if technique is not None:
        wish["technique"] = list(technique)
    return wish
