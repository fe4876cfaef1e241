"""The pages, one module a subject; `ROUTERS` is what the application serves."""

from __future__ import annotations

from fastapi import APIRouter

from litmine.web.pages import (
    activity,
    codebook,
    library,
    login,
    paper,
    queue,
    runs,
    search,
)

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    queue.router,
    login.router,
    library.router,
    paper.router,
    search.router,
    activity.router,
    runs.router,
    codebook.router,
)
