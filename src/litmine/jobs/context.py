"""What every stage of a run is given: settings, database, clock, lease, progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from litmine.core.clock import Clock, SystemClock
from litmine.core.settings import Settings
from litmine.jobs.progress import Progress, SilentProgress
from litmine.store import Store
from litmine.store.leases import Lease, guard

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["RunContext"]


@dataclass
class RunContext:
    """The surroundings of one run.

    Attributes
    ----------
    lease : Lease or None
        Checked in every writing transaction; None for work that needs no lease.
    run_id : str
        Names the run in logs, reports and the audit.
    warnings : list of str
        Facts for the operator, gathered by the stages; they end in the report.
    limiter_store : Store or None
        Where the request limiter lives, when not in `store` (a dry run keeps to the real one).
    """

    settings: Settings
    store: Store
    clock: Clock = field(default_factory=SystemClock)
    progress: Progress = field(default_factory=SilentProgress)
    lease: Lease | None = None
    run_id: str = "-"
    warnings: list[str] = field(default_factory=list)
    limiter_store: Store | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a writing transaction that a fenced-off run cannot commit.

        Raises
        ------
        LeaseLost
            When a newer run took over.
        """
        with self.store.write() as connection:
            if self.lease is not None:
                guard(connection, self.lease)
            yield connection
