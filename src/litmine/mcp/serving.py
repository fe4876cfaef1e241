"""How assistants reach the server: standard input and output, or HTTP on this machine."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

from litmine.core.log import get_logger

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

__all__ = ["PATH", "log_to_stderr", "serve_http", "serve_stdio"]

PATH = "/mcp"

_log = get_logger("litmine.mcp")


def serve_stdio(server: MCPServer) -> None:
    """Serve on standard input and output until the input ends."""
    server.run("stdio")


def serve_http(server: MCPServer, listening: socket.socket) -> None:
    """Serve streamable HTTP at `PATH` on a socket of this machine, until it is told to stop.

    Requests keep no session, so that nothing is lost when the server is started again. A request
    that a page in a browser sends is refused, wherever the page is from: no assistant runs there,
    and any page could ask.
    """
    import uvicorn
    from mcp.server.transport_security import TransportSecuritySettings

    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(
            allowed_hosts=["127.0.0.1:*", "localhost:*"], allowed_origins=[]
        ),
    )
    uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=5,
        )
    ).run(sockets=[listening])


def log_to_stderr() -> None:
    """Give what the libraries log the shape of our own lines: standard output is the protocol's.

    To be called before the server is made, which would set up a handler of its own.
    """
    root = logging.getLogger()
    root.handlers = [_Forward(logging.WARNING)]


class _Forward(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        tell = _log.error if record.levelno >= logging.ERROR else _log.warning
        extra = {"exc_info": record.exc_info} if record.exc_info else {}
        tell("server", message=record.getMessage(), **extra)
