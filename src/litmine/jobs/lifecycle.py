"""Promoting a challenger and going back to the champion before.

The pointer of `litmine.classify.registry` is what counts; an audit row follows each change. A run
that dies between the two leaves the row to the next change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from litmine.classify.compare import Rules
from litmine.classify.registry import Change, Registry
from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.jobs.comparison import Comparison, Gold, compare_models
from litmine.jobs.folder import writing_into
from litmine.jobs.lease import held_lease
from litmine.jobs.progress import Progress
from litmine.store import Store, open_store
from litmine.store.audit import audit_entries, record

if TYPE_CHECKING:
    from litmine.core.settings import Settings

__all__ = ["promote", "rollback"]

_LEASE = "models"
_ACTIONS = ("model-promote", "model-rollback")


def promote(
    settings: Settings,
    name: str,
    *,
    by: str,
    force: str | None = None,
    gold: Gold | None = None,
    rules: Rules | None = None,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> tuple[Comparison, Change | None]:
    """Make a model the champion if it is not worse; return the comparison and the change.

    Parameters
    ----------
    by
        Who promotes; stored in the history and in the audit.
    force
        A reason to promote whatever the comparison says; stored too.

    Returns
    -------
    tuple
        The change is None when the challenger stays a challenger.

    Raises
    ------
    NotFound, InputError, ModelError
        As `compare_models`.
    LeaseHeld
        Somebody else changes the champion at this moment.
    """
    clock = clock or SystemClock()
    if force is not None and not force.strip():
        raise InputError("--force needs a reason; it is kept with the history")
    registry = Registry.of(settings)
    with _changing(settings, clock) as store:
        comparison = compare_models(
            settings, name, gold=gold, rules=rules, clock=clock, progress=progress
        )
        if not comparison.not_worse and force is None:
            return comparison, None
        forced = None if comparison.not_worse else force
        with writing_into(registry.folder):
            change = registry.change(
                "promote",
                registry.find(name),
                at=clock.now().isoformat(timespec="seconds"),
                by=by,
                why=str(comparison.report["why"]),
                forced=forced,
                report=str(comparison.path.relative_to(registry.folder)),
            )
        _catch_up_audit(store, registry, clock)
    return comparison, change


def rollback(settings: Settings, *, by: str, why: str, clock: Clock | None = None) -> Change:
    """Make the previous champion the champion again; damaged ones on the way are passed over.

    Raises
    ------
    InputError
        The shipped model is the champion and none was before it.
    ModelError
        No earlier champion can be used.
    LeaseHeld
        Somebody else changes the champion at this moment.
    """
    clock = clock or SystemClock()
    registry = Registry.of(settings)
    with _changing(settings, clock) as store:
        earlier = registry.earlier()
        if not earlier:
            raise InputError("the shipped model is the champion; there is nothing to go back to")
        problem: ArtefactMismatch | None = None
        for name in earlier:
            try:
                registry.open(name)
            except ArtefactMismatch as error:
                problem = error
                continue
            with writing_into(registry.folder):
                change = registry.change(
                    "rollback", name, at=clock.now().isoformat(timespec="seconds"), by=by, why=why
                )
            _catch_up_audit(store, registry, clock)
            return change
    raise problem or InputError("there is nothing to go back to")


@contextmanager
def _changing(settings: Settings, clock: Clock) -> Iterator[Store]:
    """The database, and nobody else at the pointer."""
    with open_store(settings.database) as store, held_lease(store, clock, _LEASE):
        yield store


def _catch_up_audit(store: Store, registry: Registry, clock: Clock) -> None:
    """Write an audit row for each change that has none: a run may have died between the two.

    A change is known by its number and its moment, as the numbers start anew when somebody removes
    the pointer.
    """
    with store.write() as connection:
        details = [entry["detail"] for entry in audit_entries(connection, None, _ACTIONS)]
        known = {(detail.get("number"), detail.get("at")) for detail in details}
        for change in registry.history():
            if (change.number, change.at) in known:
                continue
            record(
                connection,
                clock.now(),
                change.by,
                f"model-{change.action}",
                change.model,
                number=change.number,
                at=change.at,
                previous=change.previous,
                why=change.why,
                forced=change.forced,
                report=change.report,
            )
