"""``litmine site``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litmine.cli.common import Json, TerminalProgress, open_existing, print_json, settings

app = typer.Typer(
    help="The companion site of the list: build its pages, look at them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command()
def build(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder to build in; default: site, with the lists."),
    ] = None,
    library: Annotated[
        bool | None,
        typer.Option(
            "--library/--no-library",
            help="With the labelled papers that nobody decided on, marked as such; "
            "default: publish.library.",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Overwrite files of the same names that are not litmine's."),
    ] = False,
    json_output: Json = False,
) -> None:
    """Build the companion site: plain files for any web server, or none.

    Only what changed since the last build is written, and only litmine's own files are touched: a
    CNAME or a README beside them stays. Set publish.site_url to where the site will stand.

    \b
    Example:  litmine site build --output docs/
    """
    from litmine.jobs.context import RunContext
    from litmine.jobs.publish.build_site import build_site

    loaded = settings()
    with open_existing(loaded) as store:
        context = RunContext(loaded, store, progress=TerminalProgress(quiet=json_output))
        report = build_site(context, output, library=library, replace=replace, beside=True)
    if json_output:
        print_json(
            {
                "folder": str(report.folder),
                "files": report.files,
                "made": report.made,
                "written": list(report.written),
                "removed": list(report.removed),
            }
        )
        return
    if report.written or report.removed:
        typer.echo(
            f"{report.folder}: {report.files} files, {len(report.written)} written, "
            f"{len(report.removed)} removed"
        )
    else:
        typer.echo(f"nothing changed in {report.folder}")
    if not loaded.publish.site_url:
        typer.echo(
            "without publish.site_url the site has no site map, cards and canonical addresses",
            err=True,
        )


@app.command()
def serve(
    folder: Annotated[
        Path | None, typer.Argument(help="The site's folder; default: site, with the lists.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of this machine.")] = 8010,
) -> None:
    """Show a built site on this machine, as a web host would: compressed, with its own 404 page.

    \b
    Example:  litmine site serve docs/
    """
    from urllib.parse import urlsplit

    from litmine.publish.site.preview import preview

    loaded = settings()
    prefix = urlsplit(loaded.publish.site_url).path
    preview(folder or loaded.outputs / "site", port, prefix, ready=typer.echo)
