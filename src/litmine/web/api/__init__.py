"""The API under /api/v1, one module a subject; `ROUTERS` is what the application serves."""

from __future__ import annotations

from fastapi import APIRouter

from litmine.web.api import (
    decisions,
    events,
    export,
    facts,
    figures,
    library,
    papers,
    people,
    queue,
    search,
    searches,
)

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    # Before queue: its paper ids can hold slashes.
    decisions.router,
    queue.router,
    events.router,
    facts.router,
    people.router,
    library.router,
    export.router,
    # Before papers: an id there is a path.
    search.router,
    searches.router,
    papers.router,
    figures.router,
)
