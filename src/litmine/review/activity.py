"""Who did what and when: the audit trail in words, in pages, filtered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litmine.core.errors import InputError
from litmine.core.paper import parse_arxiv_id
from litmine.store import Store
from litmine.store.history import AuditEntry, audit_actors, audit_page
from litmine.store.papers import titles_of

__all__ = ["KINDS", "Activity", "ActivityPage", "activity", "actors"]

_ACCOUNTS = "account"
_RULE = "rule:"

KINDS: Mapping[str, tuple[str, ...]] = {
    "decisions": ("approve", "reject", "later"),
    "undone": ("undo", "withdraw"),
    "double review": ("opinion", "dispute"),
    "rules": ("check",),
    "models": ("model-*",),
    "accounts": (f"{_ACCOUNTS}*",),
}
"""What can be asked for, with its actions in the trail; a star stands for any ending."""

_SAID = {
    "approve": "approved",
    "reject": "rejected",
    "later": "put aside",
    "undo": "took back a decision on",
    "withdraw": "took back an opinion on",
    "opinion": "gave an opinion on",
    "dispute": "disagreed on",
    "check": "checked a rule's approval of",
    "sample": "drew a random sample of",
    "model-promote": "made the champion:",
    "model-rollback": "went back to the champion",
}


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry.

    Attributes
    ----------
    number : int
        Of the audit trail.
    action : str
        As the trail has it, such as ``approve`` or ``model-promote``.
    said : str
        The action as a verb phrase, before the subject.
    subject : str
        What it was done to: an arXiv id, a model, an account.
    title : str or None
        Title, where the subject is a stored paper.
    cells : tuple of str
        Of an approval.
    note : str
        Anything else worth reading, in one line.
    """

    number: int
    at: datetime
    actor: str
    action: str
    said: str
    subject: str
    title: str | None
    cells: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One page, newest first; `next` is the number before which the next page starts."""

    entries: tuple[Activity, ...]
    next: int | None


def activity(
    store: Store,
    *,
    kind: str = "",
    actor: str = "",
    paper: str = "",
    before: int | None = None,
    limit: int = 50,
    accounts: bool = False,
) -> ActivityPage:
    """Return a page of the audit trail.

    Parameters
    ----------
    kind : str
        One of `KINDS`; empty: all.
    actor : str
        Only what this person (or rule) did.
    paper : str
        Only what was done to this paper: an arXiv id or a link.
    before : int, optional
        `ActivityPage.next` of the page before.
    accounts : bool
        Whether what concerns accounts is shown: logins, roles, tokens.

    Raises
    ------
    InputError
        The kind is unknown, or `paper` is no arXiv id.
    """
    if kind and kind not in KINDS:
        raise InputError(f"{kind[:40]!r} is no kind of activity; use {', '.join(KINDS)}")
    subject = parse_arxiv_id(paper).id if paper.strip() else ""
    if "\x00" in actor:
        raise InputError("a name holds no such character; leave it out")
    with store.read() as connection:
        found = audit_page(
            connection,
            before=before,
            limit=limit + 1,
            actions=[name for name in KINDS.get(kind, ()) if not name.endswith("*")],
            prefixes=[name[:-1] for name in KINDS.get(kind, ()) if name.endswith("*")],
            without=() if accounts else (_ACCOUNTS,),
            actor=actor.strip(),
            or_actor=_RULE if kind == "rules" else "",
            subject=subject,
        )
        titles = titles_of(connection, [entry.subject for entry in found])
    shown = found[:limit]
    return ActivityPage(
        tuple(_told(entry, titles.get(entry.subject)) for entry in shown),
        shown[-1].number if len(found) > limit else None,
    )


def actors(store: Store, *, accounts: bool = False) -> list[str]:
    """Return everybody who stands in what `activity` shows, by name."""
    with store.read() as connection:
        return audit_actors(connection, without=() if accounts else (_ACCOUNTS,))


def _told(entry: AuditEntry, title: str | None) -> Activity:
    return Activity(
        number=entry.number,
        at=entry.logged_at,
        actor=entry.actor,
        action=entry.action,
        said=_SAID.get(entry.action, entry.action.replace("-", " ")),
        subject=entry.subject,
        title=title,
        cells=tuple(_texts(entry.detail.get("cells"))),
        note=_note(entry.action, entry.detail),
    )


def _note(action: str, detail: Mapping[str, Any]) -> str:
    if action == "undo":
        return f"decision {detail.get('undoes')}"
    if action == "check":
        return f"found {detail.get('verdict')}"
    if action == "sample":
        return f"{len(_texts(detail.get('ids')))} papers of {detail.get('pool')}"
    if action in {"model-promote", "model-rollback"}:
        forced = f"; forced: {detail['forced']}" if detail.get("forced") else ""
        return f"before: {detail.get('previous')}; {detail.get('why')}{forced}"
    if len(_texts(detail.get("opinions"))) > 1 and action != "dispute":
        return "closes a double review"
    return ""


def _texts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
