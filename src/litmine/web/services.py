"""What the routes work with: store, settings, templates, the order of the queue, search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from litmine.core.clock import Clock
from litmine.core.settings import Settings
from litmine.review import ReviewDesk
from litmine.store import Store
from litmine.web.access import Principal
from litmine.web.order import QueueOrder
from litmine.web.searching import SearchKeeper

__all__ = ["STATIC", "TEMPLATES", "Services", "services"]

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
TEMPLATES = _HERE / "templates"


@dataclass(frozen=True)
class Services:
    """One application's surroundings.

    Attributes
    ----------
    order : QueueOrder
        The order in which papers wait, kept up to date in the background.
    searcher : SearchKeeper
        Finds papers; its index is kept in step in the background.
    """

    settings: Settings
    store: Store
    clock: Clock
    templates: Jinja2Templates
    order: QueueOrder
    searcher: SearchKeeper

    def desk(self, who: Principal) -> ReviewDesk:
        """Return the desk of whoever asks."""
        return ReviewDesk(
            self.store,
            who.name,
            self.clock,
            source="api" if who.via == "token" else "web",
            double=self.settings.review.double,
            adjudicator=who.role == "maintainer",
        )

    def page(
        self,
        request: Request,
        who: Principal | None,
        template: str,
        values: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """Render a page; every template knows `who`, `settings` and `version`."""
        from litmine import __version__

        context = {"who": who, "settings": self.settings, "version": __version__}
        return self.templates.TemplateResponse(
            request, template, context | dict(values or {}), status_code=status
        )


async def services(request: Request) -> Services:
    """Return the application's services (a dependency; async, or it would take a thread)."""
    return cast("Services", request.app.state.services)
