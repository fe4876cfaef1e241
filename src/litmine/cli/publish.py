"""``litmine publish``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litmine.cli.common import Json, open_existing, print_json, settings


def command(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder to write into; default: the output folder."),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", help="Merge into this hand-kept Markdown list instead."),
    ] = None,
    git: Annotated[
        Path | None,
        typer.Option("--git", help="Suggest to the list in this clone: a branch, a pull request."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="With --into: write nothing; exit 7 if papers lack or it is damaged."
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="With --check: conflicts count too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--diff", help="Show the change, write nothing.")
    ] = False,
    again: Annotated[
        list[str] | None,
        typer.Option("--again", help="Put this paper back although it was taken out; repeatable."),
    ] = None,
    path: Annotated[
        str, typer.Option("--path", help="With --git: the list inside the repository.")
    ] = "",
    base: Annotated[str, typer.Option("--base", help="With --git: the branch to suggest to.")] = "",
    push: Annotated[
        bool, typer.Option("--push", help="With --git: push the branch without a token too.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Write the paper list (approved) and the draft list (awaiting review): Markdown, CSV, JSON.

    The nightly run and every review decision do this by themselves. Files whose content would be
    the same are left alone. With --into, the approved papers are merged into a list that people
    keep by hand: only lines that are missing are put in, nothing else changes. With --git, that
    becomes a branch for people to review.

    \b
    Example:  litmine publish --output lists/
              litmine publish --into README.md --dry-run
              litmine publish --into README.md --check    (for CI)
              litmine publish --git ../our-list
    """
    from litmine.core.errors import InputError

    if sum(option is not None for option in (output, into, git)) > 1:
        raise InputError("--output, --into and --git are three things: give one of them")
    if into is None and (check or strict):
        raise InputError("--check looks at a hand-kept list: name it with --into")
    if strict and not check:
        raise InputError("--strict makes --check stricter: give both")
    if git is None and (path or base or push):
        raise InputError("--path, --base and --push go with --git")
    if into is None and git is None and (dry_run or again):
        raise InputError("--dry-run and --again go with --into or --git")
    if into is not None:
        from litmine.cli.publish_into import publish_into

        publish_into(
            into,
            check=check,
            strict=strict,
            dry_run=dry_run,
            again=again or (),
            as_json=json_output,
        )
    elif git is not None:
        from litmine.cli.publish_git import publish_git

        publish_git(
            git,
            path=path,
            base=base,
            push=push,
            again=again or (),
            dry_run=dry_run,
            as_json=json_output,
        )
    else:
        _lists(output, json_output)


def _lists(output: Path | None, as_json: bool) -> None:
    from litmine.jobs.context import RunContext
    from litmine.jobs.publish.outputs import write_lists

    loaded = settings()
    with open_existing(loaded) as store:
        changed = write_lists(RunContext(loaded, store), output)
    folder = output or loaded.outputs
    if as_json:
        print_json({"folder": str(folder), "changed": [str(p) for p in changed]})
        return
    for path in changed:
        typer.echo(f"wrote {path}")
    if not changed:
        typer.echo(f"nothing changed in {folder}")
