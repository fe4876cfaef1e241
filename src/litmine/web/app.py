"""The application: settings and a store in, something that answers HTTP out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from litmine import __version__
from litmine.core.clock import Clock, SystemClock
from litmine.core.settings import Settings
from litmine.store import Store
from litmine.web import api, auth, pages, problems
from litmine.web.access import Identify, enforce
from litmine.web.feed import Feed
from litmine.web.handout import Handout
from litmine.web.lists import ListKeeper
from litmine.web.order import QueueOrder
from litmine.web.searching import SearchKeeper
from litmine.web.services import STATIC, TEMPLATES, Services
from litmine.web.templating import make_templates

__all__ = ["create_app"]


def create_app(
    settings: Settings,
    store: Store,
    clock: Clock | None = None,
    *,
    identify: Identify | None = None,
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    store : Store
        Open, with the present schema; whoever opened it closes it.
    identify : callable, optional
        Tells who sent a request; sessions and tokens of the store by default.
    """
    clock = clock or SystemClock()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        lists = ListKeeper(settings, store, clock)
        lists.start()
        searcher = app.state.services.searcher
        searcher.start()
        try:
            yield
        finally:
            searcher.stop()
            lists.stop()
            app.state.services.order.close()

    app = FastAPI(
        title="litmine",
        version=__version__,
        description="The reviewers' queue: suggestions, decisions, agreement and the library.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(enforce), Depends(auth.protect)],
    )
    app.state.services = Services(
        settings=settings,
        store=store,
        clock=clock,
        templates=make_templates(TEMPLATES),
        order=QueueOrder(store, clock),
        searcher=SearchKeeper(settings, store),
    )
    app.state.feed = Feed(store)
    app.state.handout = Handout()
    app.state.identify = identify or auth.identify
    auth.install(app, settings, store, clock)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app)
    for router in (*pages.ROUTERS, *api.ROUTERS):
        app.include_router(router)
    return app
