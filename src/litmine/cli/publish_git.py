"""``litmine publish --git``: what it prints of a suggestion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from litmine.cli.common import open_existing, plain, print_json, settings

if TYPE_CHECKING:
    from litmine.jobs.publish.suggest import Outcome

__all__ = ["publish_git"]

_MOST_NOTES = 20


def publish_git(
    repository: Path,
    *,
    path: str = "",
    base: str = "",
    push: bool = False,
    again: Sequence[str] = (),
    dry_run: bool = False,
    as_json: bool = False,
) -> None:
    """Suggest what a repository's list lacks, and tell what was done."""
    from litmine.jobs.context import RunContext
    from litmine.jobs.publish.suggest import Wish, suggest

    loaded = settings()
    wish = Wish(repository, path, base, push=push, again=tuple(again), dry_run=dry_run)
    with open_existing(loaded) as store:
        outcome = suggest(RunContext(loaded, store), wish)
    if as_json:
        from dataclasses import asdict

        print_json(asdict(outcome))
        return
    for line in told(outcome):
        typer.echo(line)


def told(outcome: Outcome) -> list[str]:
    """Tell an outcome in lines, the most important one first."""
    where = _where(outcome)
    count = _papers(len(outcome.added))
    would = "would add" if outcome.dry_run else "added"
    lines = {
        "nothing": f"nothing new for {outcome.path}",
        "written": f"{would} {count} to {outcome.path} on a new branch{where}",
        "updated": f"{would} {count} on top of the open suggestion{where}",
        "refreshed": f"brought the suggestion into step with {outcome.base}{where}",
        "described": f"brought the suggestion up to date{where}",
    }
    found = [lines[outcome.done]]
    if outcome.done == "nothing" and outcome.branch:
        found[0] += f"; a suggestion stands{where}"
    if outcome.taken_out:
        found.append(f"not suggested again, taken out by hand: {_some(outcome.taken_out)}")
    if outcome.declined:
        found.append(f"not suggested again, declined: {_some(outcome.declined)}")
    found.extend(f"note: {plain(note)}" for note in outcome.notes[:_MOST_NOTES])
    if len(outcome.notes) > _MOST_NOTES:
        found.append(f"note: and {len(outcome.notes) - _MOST_NOTES} more; --json tells all")
    return found


def _where(outcome: Outcome) -> str:
    parts = [f": {outcome.branch}" if outcome.branch else ""]
    if outcome.number is not None:
        parts.append(f", pull request #{outcome.number}")
    if outcome.url:
        parts.append(f" {outcome.url}")
    return "".join(parts)


def _papers(count: int) -> str:
    return f"{count} paper{'' if count == 1 else 's'}"


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:10])
    return shown if len(ids) <= 10 else f"{shown} and {len(ids) - 10} more"
