"""The pages, one module a subject; `ROUTERS` is what the application serves."""

from __future__ import annotations

from fastapi import APIRouter

from litmine.web.pages import (
    activity,
    agreement,
    bulk,
    codebook,
    feeds,
    library,
    list_feeds,
    login,
    models,
    paper,
    people,
    queue,
    runs,
    saved,
    search,
    settings,
)

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    queue.router,
    bulk.router,
    login.router,
    library.router,
    paper.router,
    search.router,
    saved.router,
    feeds.router,
    list_feeds.router,
    activity.router,
    agreement.router,
    runs.router,
    models.router,
    settings.router,
    people.router,
    codebook.router,
)
