"""Who is asking, and whether the request is what it seems.

`install` puts all of it onto an application: recognising sessions and tokens (`identity`), the
guard of writes against other sites (`csrf`), the headers, host names and sizes of every answer and
request (`shield`). The rules themselves are in `litmine.review.people.accounts` and `.logins`.
"""

from __future__ import annotations

from fastapi import FastAPI

from litmine.core.clock import Clock
from litmine.core.settings import Settings
from litmine.review.people.accounts import Accounts
from litmine.review.people.logins import Logins
from litmine.store import Store
from litmine.web.auth.csrf import protect
from litmine.web.auth.identity import identify
from litmine.web.auth.oidc import OpenIdLogin
from litmine.web.auth.shield import Shield

__all__ = ["identify", "install", "protect"]


def install(app: FastAPI, settings: Settings, store: Store, clock: Clock) -> None:
    """Give `app` its accounts and logins, and put the shield around it."""
    app.state.accounts = Accounts(store, clock)
    app.state.logins = Logins(store, clock, session_hours=settings.web.session_hours)
    app.state.openid = OpenIdLogin(settings.web, clock) if settings.web.oidc_issuer else None
    app.add_middleware(Shield, web=settings.web)
