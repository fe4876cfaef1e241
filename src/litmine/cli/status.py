"""``litmine status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from litmine.cli.common import Json, print_json, settings

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.review.statistics.stopping import StoppingEstimate


def command(json_output: Json = False) -> None:
    """Tell the last run, how far each source was read, what waits to be judged and reviewed.

    \b
    Example:  litmine status --json
    """
    facts = gather(settings())
    if json_output:
        print_json(facts)
        return
    for line in _lines(facts):
        typer.echo(line)


def gather(loaded: Settings) -> dict[str, Any]:
    """Read the facts of `litmine status` from the database."""
    from litmine.core.clock import SystemClock
    from litmine.core.errors import StoreError
    from litmine.core.process import describe, is_gone
    from litmine.review.statistics.stopping import estimate
    from litmine.store import open_store
    from litmine.store.announcements import announced_counts, latest_night, missing
    from litmine.store.drift import recent_drift
    from litmine.store.harvests import all_harvests
    from litmine.store.labels import count_labels
    from litmine.store.leases import current
    from litmine.store.papers import backlog, count_papers
    from litmine.store.queue import queue_counts
    from litmine.store.runs import last_runs

    facts: dict[str, Any] = {"database": None, "exists": False}
    try:
        store = open_store(loaded.database, migrate=False, must_exist=True)
    except StoreError as error:
        if "no database at" not in str(error):
            raise
        return {**facts, "hint": str(error)}
    with store, store.read() as connection:
        runs = last_runs(connection, "nightly", 1)
        night = latest_night(connection)
        held = current(connection, "nightly")
        now = SystemClock().now()
        if held is not None and (held[1] <= now or is_gone(held[0])):
            held = None  # that run was killed; the next one takes over
        last = None
        if runs:
            run = runs[0]
            report = run.report or {}
            last = {
                "run_id": run.run_id,
                "state": "interrupted" if run.state == "running" and held is None else run.state,
                "night": run.night,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
                "problem": report.get("problem"),
                "changed": report.get("changed"),
                "encoder_id": report.get("encoder_id") or "",
                "model_id": report.get("model_id") or "",
            }
        return {
            "exists": True,
            "database": store.url,
            "running": describe(held[0]) if held else None,
            "last_run": last,
            "watermarks": {
                h.source: {
                    "watermark": h.watermark,
                    "window_under_way_from": h.window_from if h.open else None,
                }
                for h in all_harvests(connection)
            },
            "papers": count_papers(connection),
            "labels": count_labels(connection),
            "backlog": backlog(connection),
            "queue": queue_counts(connection),
            "stopping": _stopping(estimate(connection, loaded.review.target_recall)),
            "drift": recent_drift(connection),
            "night": {
                "night": night,
                "announced": announced_counts(connection, night) if night else {},
                "announced_minus_stored": len(missing(connection, night)) if night else 0,
            },
        }


def _stopping(told: StoppingEstimate) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(told), "summary": told.summary()}


def _lines(facts: dict[str, Any]) -> list[str]:
    if not facts["exists"]:
        return [facts["hint"]]
    last = facts["last_run"]
    lines = [f"database    {facts['database']}"]
    if facts["running"]:
        lines.append(f"running     {facts['running']}")
    if last is None:
        lines.append("last run    none yet: litmine nightly")
    else:
        when = f"{last['started_at']:%Y-%m-%d %H:%M} UTC"
        night = f", night {last['night']}" if last["night"] else ""
        lines.append(f"last run    {last['state']} {when}{night} ({last['run_id']})")
        if last["problem"]:
            lines.append(f"            {last['problem']}")
    night = facts["night"]
    if night["night"]:
        announced = sum(night["announced"].values())
        lines.append(
            f"announced   {night['night']}: {announced} papers, "
            f"{night['announced_minus_stored']} of them missing here"
        )
    marks = facts["watermarks"]
    if marks:
        days = sorted({str(m["watermark"]) for m in marks.values() if m["watermark"]})
        if days:
            lines.append(f"watermark   {' to '.join(dict.fromkeys((days[0], days[-1])))}")
        unread = [source for source, m in marks.items() if not m["watermark"]]
        if unread:
            lines.append(f"unmarked    {', '.join(unread)}: nothing read yet")
        for source, mark in marks.items():
            began = mark["window_under_way_from"]
            if began:
                lines.append(f"            {source}: window from {began} not finished")
    backlog = facts["backlog"]
    labels = ", ".join(f"{n} {source}" for source, n in facts["labels"].items()) or "none"
    queue = facts["queue"]
    disputed = f"{queue['disputed']} disputed, " if queue["disputed"] else ""
    lines += [
        f"papers      {facts['papers']} stored; library: {labels}",
        f"backlog     {backlog['unencoded']} to encode, {backlog['unjudged']} to classify",
        f"queue       {queue['pending']} pending, {queue['later']} later, "
        f"{disputed}{queue['approved']} approved, {queue['rejected']} rejected",
        f"unread      {facts['stopping']['summary']}",
    ]
    drawn, read = facts["stopping"]["sample_size"], facts["stopping"]["sample_read"]
    if read < drawn:
        lines.append(f"sample      {read} of {drawn} decided: litmine review sample --rest")
    drift = facts["drift"]
    if drift is not None:
        said = f"{drift['first']} to {drift['last']}: no alarm"
        if drift["learning"]:
            said = f"{drift['learning']} of {drift['needed']} nights seen, no alarm before that"
        lines += [f"drift       {said}"] if not drift["alarms"] else []
        lines += [f"drift       {alarm}" for alarm in drift["alarms"]]
    return lines
