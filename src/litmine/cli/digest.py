"""`litmine digest`: what happened in the night, by mail and webhook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, open_existing, parse_day, plain, print_json, settings

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.jobs.publish.digest import Sending
    from litmine.store import Store
    from litmine.store.deliveries import Delivery

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The digest of a night: what is new, what waits, alarms; by mail and webhook.",
)

_Night = Annotated[
    str | None, typer.Option("--night", help="One that was made before (YYYY-MM-DD).")
]


@app.callback()
def _group() -> None:
    """Tell people and programs what a night brought; the nightly run sends it by itself.

    \b
    litmine digest show --html digest.html
    litmine digest test
    litmine digest status
    """


@app.command("show")
def show(
    night: _Night = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the HTML of the mail into this file.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Print the digest that would be sent now, or one that was made before.

    Nothing is sent or stored. --json prints what the webhook gets.

    \b
    Example:  litmine digest show --html digest.html
    """
    day = parse_day(night)
    with _open() as (store, loaded):
        told = _frozen(store, day) if day else _planned(loaded, store)
    if html is not None:
        from litmine.core.files import atomic_write

        if "html" not in told:
            typer.echo(f"the digest of {day} went to a webhook only: --json shows it", err=True)
            raise typer.Exit(2)
        atomic_write(html, told["html"])
        typer.echo(f"wrote {html}")
    elif json_output:
        print_json(told["payload"])
    else:
        typer.echo(plain(f"Subject: {told['subject']}\n\n{told['text']}"), nl=False)


@app.command("send")
def send(
    night: _Night = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Although it was sent: tonight's with what came since, another night's as it was.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent to whom; send nothing.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Send the digest to everybody who has not got it.

    The nightly run does it by itself; this is for what it could not send, once the mail server or
    the settings are right again. A mail that was being handed over when the machine stopped may
    have arrived, and is not sent again by itself: the next digest tells its news, and so does
    --again.

    \b
    Example:  litmine digest send --again
    """
    from litmine.core.clock import SystemClock
    from litmine.core.errors import Incomplete
    from litmine.jobs.publish.digest import send_digest

    day = parse_day(night)
    with _open() as (store, loaded):
        if dry_run:
            _rehearse(loaded, store, day, again=again)
            return
        sending = send_digest(loaded, store, SystemClock(), night=day, again=again)
    if json_output:
        print_json(_facts(sending))
    else:
        typer.echo(f"digest of {sending.night}: {sending.summary()}")
        if sending.name is None:
            typer.echo("litmine digest send --again sends it without news")
    if sending.problems:
        raise Incomplete("; ".join(sending.problems))


@app.command("test")
def test() -> None:
    """Send a message that says it is a test to every recipient and to the webhook.

    \b
    Example:  litmine digest test
    """
    from litmine.core.clock import SystemClock
    from litmine.core.errors import Incomplete
    from litmine.jobs.publish.digest import send_test

    problems = []
    for target, outcome in send_test(settings(), SystemClock()):
        said = "taken" if outcome.state == "sent" else outcome.state
        typer.echo(f"{target.channel:<8} {target.name}: {said}")
        if outcome.problem:
            problems.append(f"{target.channel} to {target.name}: {outcome.problem}")
    if problems:
        raise Incomplete("; ".join(dict.fromkeys(problems)))


@app.command("status")
def status(
    limit: Annotated[int, typer.Option("--last", min=1, max=1000, help="Show so many.")] = 20,
    json_output: Json = False,
) -> None:
    """Show who gets digests and what became of the last ones.

    sent: confirmed. waiting: not sent yet. unsure: cut off while it was handed over, may have
    arrived. failed: refused, or told by a later digest instead. sending: under way now.

    \b
    Example:  litmine digest status --last 5
    """
    from litmine.jobs.publish.digest import digest_status

    with _open() as (store, loaded):
        told = digest_status(loaded, store, limit)
    if json_output:
        print_json(
            {
                "recipients": [{"channel": c, "target": t} for c, t in told.recipients],
                "deliveries": [_row(one) for one in told.rows],
            }
        )
        return
    who = ", ".join(f"{channel} {target}" for channel, target in told.recipients)
    typer.echo(f"recipients  {who or 'nobody yet: see docs/digest.md'}")
    for one in told.rows:
        typer.echo(
            f"{one.digest.removeprefix('night:'):<12}  {one.state:<8} {one.channel} {one.target}  "
            f"{one.changed_at:%Y-%m-%d %H:%M} UTC, attempts: {one.attempts}"
        )
        if one.problem:
            typer.echo(f"              {plain(one.problem)}")


@contextmanager
def _open() -> Iterator[tuple[Store, Settings]]:
    loaded = settings()
    with open_existing(loaded) as store:
        yield store, loaded


def _planned(loaded: Settings, store: Store) -> dict[str, Any]:
    from litmine.core.clock import SystemClock
    from litmine.jobs.publish.digest import preview
    from litmine.publish.digest.content import payload, subject
    from litmine.publish.digest.message import render_html, render_text

    digest = preview(loaded, store, SystemClock())[0].digest
    return {
        "subject": subject(digest),
        "text": render_text(digest),
        "html": render_html(digest),
        "payload": payload(digest),
    }


def _frozen(store: Store, day: date) -> dict[str, Any]:
    import json

    from litmine.core.errors import NotFound
    from litmine.jobs.publish.digest import frozen

    told: dict[str, Any] = {}
    for row in frozen(store, day):
        told |= row.body
    if not told:
        raise NotFound(f"the digest of {day} is too old: what it told is kept for two months")
    if isinstance(told.get("payload"), str):
        told["payload"] = json.loads(told["payload"])
    told.setdefault("payload", {"subject": told.get("subject"), "text": told.get("text")})
    told.setdefault("subject", f"(webhook) {day}")
    told.setdefault("text", f"{json.dumps(told['payload'], indent=2, ensure_ascii=False)}\n")
    return told


def _rehearse(loaded: Settings, store: Store, day: date | None, *, again: bool) -> None:
    from litmine.core.clock import SystemClock
    from litmine.core.errors import NotFound
    from litmine.jobs.publish.digest import frozen, preview
    from litmine.publish.digest.content import subject

    plans = [] if day else preview(loaded, store, SystemClock())
    try:
        rows = frozen(store, day or plans[0].digest.night)
    except NotFound:
        if day:
            raise
        rows = []
    if rows and (day or not again):
        for row in rows:
            would = "would be sent" if again or row.state == "waiting" else f"stays {row.state}"
            typer.echo(f"{row.channel} {row.target}: {would}: {row.digest}")
        return
    for plan in plans:
        wanted = plan.digest.news or plan.target.quiet_nights or again
        would = subject(plan.digest) if wanted else "no news, nothing would be sent"
        typer.echo(f"{plan.target.channel} {plan.target.name}: {would}")


def _facts(sending: Sending) -> dict[str, Any]:
    return {
        "night": sending.night,
        "digest": sending.name,
        "summary": sending.summary(),
        "deliveries": [_row(one) for one in sending.rows],
    }


def _row(one: Delivery) -> dict[str, Any]:
    return {
        "digest": one.digest,
        "channel": one.channel,
        "target": one.target,
        "state": one.state,
        "attempts": one.attempts,
        "problem": one.problem,
        "message_id": one.message_id,
        "covers_to": one.covers_to,
        "created_at": one.created_at,
        "changed_at": one.changed_at,
    }
