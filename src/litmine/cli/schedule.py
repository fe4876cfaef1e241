"""``litmine schedule``."""

from __future__ import annotations

from typing import Annotated

import typer

from litmine.cli.common import Json, print_json, settings


def command(
    list_next: Annotated[
        int,
        typer.Option("--list", min=0, max=500, help="Only print the next N planned runs."),
    ] = 0,
    json_output: Json = False,
) -> None:
    """Stay in the foreground and run every announcement night; Ctrl-C or SIGTERM ends it.

    Follows arXiv's calendar (announcements Sunday to Thursday evening, US Eastern, holidays
    skipped) and its daylight saving; a night's run is at 01:30 Eastern, when metadata and feeds
    are complete. A night missed while the machine was off is made up at start; one that failed
    because arXiv or the database did not answer is tried again every half hour. jobs/ holds a
    crontab line and a systemd timer that do the same without a process that stays.

    \b
    Example:  litmine schedule --list 5
    """
    from litmine.core.clock import SystemClock
    from litmine.jobs.schedule import Scheduler, next_run_time

    loaded = settings()
    if list_next:
        planned = [next_run_time(loaded, SystemClock().now())]
        while len(planned) < list_next:
            planned.append(next_run_time(loaded, planned[-1]))
        if json_output:
            print_json([p.isoformat() for p in planned])
            return
        for moment in planned:
            typer.echo(f"{moment:%a %Y-%m-%d %H:%M} UTC")
        return

    import signal
    from functools import partial

    from litmine.jobs.nightly import run_nightly

    scheduler = Scheduler(loaded, partial(run_nightly, patient=True))

    def stop(*_: object) -> None:
        scheduler.stop()
        # A run under way is finished; whoever will not wait for that presses Ctrl-C again.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    scheduler.start()
