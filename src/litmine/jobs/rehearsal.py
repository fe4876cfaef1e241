"""A dry run is a real run on a throw-away copy of the database.

So it tells exactly what would happen, not what a second, simpler implementation believes. Only
the limiter stays with the real database: arXiv does not care that we are rehearsing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import make_url

from litmine.core.clock import Clock, SystemClock
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.folder import writing_into
from litmine.jobs.lease import held_lease
from litmine.jobs.nightly import Models, NightlyRun, load_models, new_run_id
from litmine.jobs.progress import Progress, SilentProgress
from litmine.jobs.report import RunReport
from litmine.store import Store, open_store
from litmine.store.copy import copy_store

__all__ = ["rehearse_nightly"]


def rehearse_nightly(
    settings: Settings,
    *,
    since: date | None = None,
    pull: bool = True,
    clock: Clock | None = None,
    progress: Progress | None = None,
    models: Callable[[Settings], Models] = load_models,
) -> RunReport:
    """Run one night on a copy of the database and in a temporary folder; return its report.

    Parameters and errors are those of `litmine.jobs.nightly.run_nightly`.
    """
    clock = clock or SystemClock()
    with tempfile.TemporaryDirectory(prefix="litmine-dry-run-") as folder:
        copy = Path(folder)
        local = settings.model_copy(
            update={
                "data_dir": copy,
                "database_url": f"sqlite:///{copy / 'litmine.db'}",
                "output_dir": copy / "out",
                # Nothing of a rehearsal leaves the house, and a site takes longer than a night.
                "publish": settings.publish.model_copy(
                    update={"site": False, "git": None, "check_links": False}
                ),
            }
        )
        with _existing(settings) as real, open_store(local.database) as scratch:
            if real is not None:
                copy_store(real, scratch)
                _copy_lists(settings.outputs, local.outputs)
            with held_lease(scratch, clock) as lease:
                context = RunContext(
                    local,
                    scratch,
                    clock,
                    progress or SilentProgress(),
                    lease,
                    run_id=f"dry-{new_run_id(clock.now())}",
                    limiter_store=real,
                )
                # The champion is that of the real data folder, not of the copy.
                report = NightlyRun(context, since, lambda _copy: models(settings), pull=pull).run()
        if report.state == "done":
            report.state = "dry-run"
        report.files = [Path(name).name for name in report.files]
    return report


@contextmanager
def _existing(settings: Settings) -> Iterator[Store | None]:
    """Open the real database; None where there is none yet, since a rehearsal makes none."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        yield None
        return
    with open_store(settings.database) as store:
        yield store


def _copy_lists(real: Path, scratch: Path) -> None:
    # Otherwise every list would count as a change.
    scratch.mkdir()
    with writing_into(real):
        for path in real.glob("*-list.*"):
            shutil.copyfile(path, scratch / path.name)
