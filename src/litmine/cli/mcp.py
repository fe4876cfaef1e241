"""``litmine mcp``."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import open_existing, settings

if TYPE_CHECKING:
    from litmine.mcp.finding import Searches

__all__ = ["command"]

_HOST = "127.0.0.1"


def command(
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP on this machine instead.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port for --http; 0 takes a free one.")
    ] = 8766,
    json_output: Annotated[
        bool,
        typer.Option("--json", help="With --http: print the address as one line of JSON."),
    ] = False,
) -> None:
    """Let an assistant search the papers (Model Context Protocol).

    It reads the local database, changes nothing, and needs neither litmine serve nor a network.
    Tools: search, similar, paper, taxonomy, new_papers, evidence.

    An assistant starts it by itself and speaks to it over standard input and output. Put this into
    its configuration (often a file mcp.json, under "mcpServers"), with the full path of litmine
    and of your data:

    \b
        {"mcpServers": {"litmine": {
            "command": "/home/ada/litmine/.venv/bin/litmine",
            "args": ["mcp"],
            "env": {"LITMINE_DATA_DIR": "/home/ada/litmine-data"}}}}

    With --http it stays up by itself, on this machine alone, for several assistants; they are told
    the address:

    \b
        litmine mcp --http
        {"mcpServers": {"litmine": {"type": "http", "url": "http://127.0.0.1:8766/mcp"}}}

    litmine config show tells which data directory is in force; docs/mcp.md tells the rest.

    \b
    Example:  litmine demo && LITMINE_DATA_DIR=out/demo litmine mcp --http
    """
    loaded = settings()
    with open_existing(loaded) as store:
        from litmine.mcp.serving import PATH, log_to_stderr, serve_http, serve_stdio

        log_to_stderr()
        from litmine.mcp.server import make_server

        def open_searcher() -> Searches:
            from litmine.search.searcher import Searcher

            return Searcher.open(loaded, store)

        server = make_server(store, open_searcher)
        if not http:
            if sys.stdin.isatty():
                typer.echo(
                    "litmine: this waits for an assistant to speak to it; litmine mcp --help "
                    "tells how to set one up. Ctrl-C stops it.",
                    err=True,
                )
            serve_stdio(server)
            return
        with _listen(port) as listening:
            _tell(f"http://{_HOST}:{listening.getsockname()[1]}{PATH}", json_output)
            signal.signal(signal.SIGTERM, _stopped)
            try:
                serve_http(server, listening)
            except KeyboardInterrupt:
                if not json_output:
                    typer.echo("\nStopped.")


def _listen(port: int) -> socket.socket:
    from litmine.core.errors import ConfigError

    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"cannot listen on port {port}: {error.strerror}; --port 0 takes a free port"
        ) from error
    return listening


def _tell(url: str, json_output: bool) -> None:
    if json_output:
        typer.echo(json.dumps({"url": url, "pid": os.getpid()}))
    else:
        typer.echo(f"litmine answers assistants at {url}, on this machine alone")
    sys.stdout.flush()


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    # uvicorn stops gracefully, then raises the signal again for whoever listened before it.
    raise SystemExit(0)
