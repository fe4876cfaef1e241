"""Login through an OpenID Connect issuer: authorization code with PKCE, by authlib.

The only addresses asked are the issuer's: its discovery document and what that names. What happens
between leaving for the issuer and coming back is kept here, bound to the browser by a cookie.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response

from litmine.core.clock import Clock
from litmine.core.errors import ConfigError, Forbidden, InputError, Unauthenticated
from litmine.core.log import get_logger
from litmine.core.section import is_loopback
from litmine.core.sections import WebSettings
from litmine.review.people.accounts import Accounts, check_name
from litmine.store.accounts import User
from litmine.web.problems import ProblemError

__all__ = ["OpenIdLogin", "account_of"]

_log = get_logger("litmine.web.oidc")
_PATH = "/.well-known/openid-configuration"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
#: Signatures that only the issuer can make; never "none", never a shared secret.
_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_LASTS = timedelta(minutes=10)
_MOST = 1000
_SECONDS = 10.0


class _UnderWay:
    """Logins under way: what authlib keeps between the two requests, by the cookie's value."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[datetime, dict[str, Any], str]] = OrderedDict()

    def put(self, state: dict[str, Any], onward: str) -> str:
        key = secrets.token_urlsafe(32)
        now = self._clock.now()
        with self._lock:
            while self._kept and (
                len(self._kept) >= _MOST or next(iter(self._kept.values()))[0] <= now
            ):
                self._kept.popitem(last=False)
            self._kept[key] = (now + _LASTS, state, onward)
        return key

    def take(self, key: str) -> tuple[dict[str, Any], str] | None:
        with self._lock:
            found = self._kept.pop(key, None)
        return found[1:] if found is not None and found[0] > self._clock.now() else None


class OpenIdLogin:
    """Sends people to the issuer and recognises them when they come back.

    Parameters
    ----------
    web : WebSettings
        With an issuer.
    clock : Clock
    """

    def __init__(self, web: WebSettings, clock: Clock) -> None:
        from authlib.integrations.starlette_client import OAuth

        self._issuer = web.oidc_issuer
        self._under_way = _UnderWay(clock)
        secret = web.oidc_client_secret.get_secret_value()
        options: dict[str, Any] = {
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "timeout": _SECONDS,
        }
        if not secret:
            options["token_endpoint_auth_method"] = "none"  # noqa: S105 - a public client
        self._client = OAuth().register(
            "issuer",
            client_id=web.oidc_client_id,
            client_secret=secret or None,
            server_metadata_url=web.oidc_issuer + _PATH,
            client_kwargs=options,
        )

    async def leave(self, request: Request, callback: str, onward: str) -> tuple[Response, str]:
        """Return the redirect to the issuer, and the value of the cookie that waits for the return.

        Parameters
        ----------
        callback : str
            Where the issuer sends the browser back to.
        onward : str
            The path that the person wanted.

        Raises
        ------
        ProblemError
            The issuer cannot be reached, or its discovery document is not sound.
        """
        await self._discover()
        state: dict[str, Any] = {}
        request.scope["session"] = state
        answer = await self._client.authorize_redirect(request, callback)
        return answer, self._under_way.put(state, onward)

    async def arrive(self, request: Request, key: str) -> tuple[dict[str, Any], str]:
        """Return the issuer's claims about whoever comes back, and the path that they wanted.

        Raises
        ------
        ProblemError
            The issuer cannot be reached, or what it says is not sound.
        Unauthenticated
            The login was not begun in this browser, took too long, or was refused at the issuer.
        """
        from authlib.integrations.starlette_client import OAuthError

        found = self._under_way.take(key)
        if found is None:
            raise Unauthenticated("this login took too long or began elsewhere; begin again")
        request.scope["session"], onward = found
        await self._discover()
        try:
            token = await self._client.authorize_access_token(request)
        except OAuthError as error:
            _log.warning("oidc_refused", problem=str(error))
            raise Unauthenticated(
                f"the issuer did not confirm this login ({error.error})"
            ) from error
        except Exception as error:
            raise self._unsound(error) from error
        claims = dict(token.get("userinfo") or {})
        if not claims.get("sub"):
            raise self._unsound(ValueError("no id_token"))
        return claims, onward

    async def _discover(self) -> None:
        try:
            found = await self._client.load_server_metadata()
        except Exception as error:
            raise self._unsound(error) from error
        if str(found.get("issuer", "")).rstrip("/") != self._issuer:
            raise self._unsound(ValueError(f"it calls itself {found.get('issuer')!r}"))
        for name in _ENDPOINTS:
            url = str(found.get(name, ""))
            local = is_loopback(url) and is_loopback(self._issuer)
            if urlsplit(url).scheme != "https" and not local:
                raise self._unsound(ValueError(f"its {name} is not https"))
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = sorted(_ALGORITHMS.intersection(offered))

    def _unsound(self, error: Exception) -> ProblemError:
        self._client.server_metadata.clear()  # ask again next time
        _log.error("oidc", issuer=self._issuer, problem=f"{type(error).__name__}: {error}")
        return ProblemError(
            HTTPStatus.BAD_GATEWAY,
            "the login service did not answer as it should; try again, or log in another way",
        )


def account_of(accounts: Accounts, claims: dict[str, Any], role: str) -> User:
    """Return the account of whoever the issuer speaks of; a new one where newcomers are let in.

    An account is found by issuer and subject only. A name or an e-mail address at the issuer never
    opens an account that is there already: whoever chooses a name there would choose an account
    here.

    Parameters
    ----------
    claims : dict
        Of the checked identity token.
    role : str
        Of newcomers; ``none`` lets nobody in.

    Raises
    ------
    Forbidden
        There is no such account, and newcomers are not let in.
    Unauthenticated
        The account is disabled.
    """
    # Some issuers end in a slash, which the settings leave out.
    subject = f"{claims['iss'].rstrip('/')} {claims['sub']}"
    user = accounts.of_subject(subject)
    if user is None and role == "none":
        raise Forbidden(
            "nobody here has this account; ask a maintainer to run: "
            f"litmine user add NAME --subject {claims['sub']!r}"
        )
    if user is None:
        user = _newcomer(accounts, claims, subject, role)
    if user.disabled:
        raise Unauthenticated("this account is disabled; ask a maintainer")
    return user


def _newcomer(accounts: Accounts, claims: dict[str, Any], subject: str, role: str) -> User:
    for wanted in (claims.get(key) for key in ("preferred_username", "name", "email", "sub")):
        try:
            name = check_name(str(wanted or ""))[:190]
        except InputError:
            continue
        for number in range(1, 100):
            shown = name if number == 1 else f"{name} ({number})"
            if not accounts.is_taken(shown):
                return accounts.add_user(
                    shown, role, by=f"oidc {claims['iss']}"[:200], subject=subject
                )
    raise ConfigError("the issuer names nobody: it sends no usable name; check its client's scopes")
