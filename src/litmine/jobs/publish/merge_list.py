"""The approved papers merged into a hand-kept list on this machine, and what people took out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from litmine.core.errors import InputError, Stale
from litmine.core.paper import parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.approved import approved_entries
from litmine.jobs.context import RunContext
from litmine.jobs.lease import held_lease
from litmine.jobs.publish.kept_file import KeptFile
from litmine.publish.entry import ListEntry
from litmine.publish.merge import Conflict, MergeResult, lines_naming, merge
from litmine.store.offers import offers_of, put_offers

__all__ = ["ListMerge", "merge_list", "target_of"]

_LEASE = "merge"
_TRIES = 3
_LONGEST = 300  # of a target's name in the database


@dataclass(frozen=True, slots=True)
class ListMerge:
    """What a run did.

    Attributes
    ----------
    path : Path
        As it was given.
    result : MergeResult
    written : bool
    stale : tuple of Conflict
        Lines that litmine wrote for papers whose approval was taken back since.
    """

    path: Path
    result: MergeResult
    written: bool
    stale: tuple[Conflict, ...] = ()

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """All that a person should decide on."""
        return (*self.result.conflicts, *self.stale)

    @property
    def complete(self) -> bool:
        """Whether the list as it stood held every approved paper, and showed no damage."""
        return not self.result.added and not self.result.problems


def merge_list(
    context: RunContext, path: Path, *, write: bool = True, again: Sequence[str] = ()
) -> ListMerge:
    """Merge the approved papers into a hand-kept Markdown list.

    A paper that stood in the list once and does not any more was taken out by a person: it is
    not put back.

    Parameters
    ----------
    context : RunContext
    path : Path
    write : bool
        False: only tell what would be done; the database stays as it is, too.
    again : sequence of str
        arXiv ids to put back although they were taken out.

    Raises
    ------
    InputError
        The file, or an id, cannot be used.
    Stale
        People kept changing the file while it was merged.
    LeaseHeld
        Another run is at it.
    """
    wanted_again = {parse_arxiv_id(one).id for one in again}
    lease = held_lease(context.store, context.clock, _LEASE) if write else nullcontext()
    with lease:
        for left in reversed(range(_TRIES)):
            try:
                return _once(context, path, write, wanted_again)
            except Stale:
                # Somebody saved the file in between: merge into what they made of it.
                if not left:
                    raise
                context.clock.sleep(0.2)
    raise AssertionError("unreachable")


def target_of(path: Path) -> str:
    """Name a file as a target of offers; a name too long for the database ends in its hash."""
    name = f"file:{path.resolve()}"
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 65]}#{hashlib.sha256(name.encode()).hexdigest()}"


def _once(context: RunContext, path: Path, write: bool, again: Collection[str]) -> ListMerge:
    kept = KeptFile.read(path)
    target = target_of(kept.path)
    with context.store.read() as connection:
        entries = approved_entries(connection)
        known = offers_of(connection, target)
    approved = {entry.arxiv_id for entry in entries}
    unknown = sorted(set(again) - approved)
    if unknown:
        raise InputError(f"{', '.join(unknown)} is not approved: nothing to put back")
    result = merge(kept.data, entries, load_taxonomy(), skip=frozenset(known) - set(again))
    ours = [one for one, offer in known.items() if offer.state == "offered" and one not in approved]
    stale = tuple(
        Conflict("withdrawn", one, lines, f"{one} is not approved any more; litmine wrote its line")
        for one, lines in lines_naming(result.before, ours).items()
    )
    if write and result.changed:
        kept.replace(result.data)
    if write:
        _remember(context, target, result, entries, frozenset(known))
    return ListMerge(path, result, write and result.changed, stale)


def _remember(
    context: RunContext,
    target: str,
    result: MergeResult,
    entries: Sequence[ListEntry],
    known: frozenset[str],
) -> None:
    """Note what stands in the list now; after the file is written, never before.

    A paper noted and not written would be taken for one that a person took out.
    """
    now = context.clock.now()
    added = [one.arxiv_id for one in result.added]
    # A line that litmine wrote stays "offered"; one that a person put back is theirs.
    by_others = [one.arxiv_id for one in result.present if one.arxiv_id not in known]
    with context.write() as connection:
        before = offers_of(connection, target, ("removed", "declined"))
        returned = [one.arxiv_id for one in result.present if one.arxiv_id in before]
        put_offers(connection, target, added, "offered", now)
        put_offers(connection, target, [*by_others, *returned], "present", now)
        removed = [one for one in result.withheld if one not in before]
        put_offers(connection, target, removed, "removed", now)
