"""The HTTP server: uvicorn, which ends the event streams before it waits for open connections."""

from __future__ import annotations

import gc
import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

__all__ = ["Server", "make_server"]


class Server(uvicorn.Server):
    """Ends the event streams when it is told to stop: they would never end by themselves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and take all that lives as long as the server out of the garbage collector's way.

        A full collection over it stops every thread for a tenth of a second.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: no new connections, streams ended, requests under way finished."""
        app: Any = self.config.app
        app.state.feed.stop()
        await super().shutdown(sockets)


def make_server(app: FastAPI, **options: Any) -> Server:
    """Return a server for `app`.

    Parameters
    ----------
    options
        As for `uvicorn.Config`. Requests that are still under way ten seconds after the signal
        to stop are cut.
    """
    return Server(uvicorn.Config(app, **({"timeout_graceful_shutdown": 10} | options)))
