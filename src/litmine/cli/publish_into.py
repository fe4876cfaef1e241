"""``litmine publish --into``: what it prints of a merge, and when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from litmine.cli.common import open_existing, plain, print_json, settings

if TYPE_CHECKING:
    from litmine.jobs.publish.merge_list import ListMerge

__all__ = ["publish_into"]

_MOST = 40  # lines of one kind


def publish_into(
    path: Path,
    *,
    check: bool = False,
    strict: bool = False,
    dry_run: bool = False,
    again: Sequence[str] = (),
    as_json: bool = False,
) -> None:
    """Merge into a hand-kept list, or only tell what a merge would do.

    Raises
    ------
    Incomplete
        With `check`, when the list lacks papers or is damaged; with `strict` on conflicts too.
    """
    from litmine.core.errors import Incomplete
    from litmine.jobs.context import RunContext
    from litmine.jobs.publish.merge_list import merge_list

    loaded = settings()
    with open_existing(loaded) as store:
        context = RunContext(loaded, store)
        done = merge_list(context, path, write=not (check or dry_run), again=again)
    if as_json:
        print_json(_facts(done))
    else:
        if dry_run:
            typer.echo(plain(done.result.diff(str(path))), nl=False)
        for line in _told(done):
            typer.echo(plain(line), err=dry_run)
    if check and (not done.complete or (strict and done.conflicts)):
        found = [
            _count(len(done.result.added), "approved paper") + " missing",
            _count(len(done.result.problems), "problem"),
            _count(len(done.conflicts), "conflict"),
        ]
        raise Incomplete(f"{path}: {', '.join(found)}")


def _told(done: ListMerge) -> Iterator[str]:
    result = done.result
    added = _count(len(result.added), "paper")
    if done.written:
        yield f"{done.path}: added {added}, {len(result.present)} stood there"
    elif result.changed:
        yield f"{done.path}: lacks {added}, {len(result.present)} stand there"
    else:
        yield f"{done.path}: lacks nothing, {_count(len(result.present), 'paper')} stand there"
    yield from _some(
        f"  {_line(done, [one.line]) if done.written else ''}{one.arxiv_id}  {one.title}  "
        f"({one.section})"
        for one in result.added
    )
    if result.withheld:
        taken = ", ".join(result.withheld)
        yield f"taken out by hand before, left out (--again ID puts one back): {taken}"
    if result.problems:
        yield "damage that GitHub shows wrongly:"
        yield from _some(
            f"  {_line(done, [_now(done, p.line)])}{p.message}" for p in result.problems
        )
    if done.conflicts:
        yield "for a person to decide, nothing was changed about it:"
        yield from _some(
            f"  {_line(done, [_now(done, line) for line in c.lines])}{c.message}"
            for c in done.conflicts
        )


def _now(done: ListMerge, line: int) -> int:
    return done.result.line_now(line) if done.written else line


def _line(done: ListMerge, lines: Sequence[int]) -> str:
    return f"line {', '.join(map(str, lines))}: "


def _some(lines: Iterator[str]) -> Iterator[str]:
    shown = list(lines)
    yield from shown[:_MOST]
    if len(shown) > _MOST:
        yield f"  and {len(shown) - _MOST} more; --json tells all"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _facts(done: ListMerge) -> dict[str, object]:
    result = done.result
    return {
        "file": str(done.path),
        "written": done.written,
        "changed": result.changed,
        "added": [
            {"arxiv_id": a.arxiv_id, "title": a.title, "section": a.section, "line": a.line}
            for a in result.added
        ],
        "present": [
            {"arxiv_id": p.arxiv_id, "line": _now(done, p.line), "by": p.by} for p in result.present
        ],
        "taken_out": list(result.withheld),
        "conflicts": [
            {
                "kind": c.kind,
                "arxiv_id": c.arxiv_id,
                "lines": [_now(done, line) for line in c.lines],
                "message": c.message,
            }
            for c in done.conflicts
        ],
        "problems": [
            {"kind": p.kind, "line": _now(done, p.line), "message": p.message}
            for p in result.problems
        ],
    }
