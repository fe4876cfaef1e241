"""Around every request: known host names only, bounded bodies, and the headers of every answer.

Plain ASGI, so that a stream of events passes through piece by piece.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from litmine.core.log import get_logger
from litmine.core.sections import WebSettings
from litmine.web.problems import problem

__all__ = ["BODY_LIMIT", "CONTENT_SECURITY_POLICY", "Shield"]

BODY_LIMIT = 1024 * 1024

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
#: What follows is a secret.
_SECRET = ("/login/link/", "/feeds/searches/")
_log = get_logger("litmine.web.access")
_HSTS = "max-age=31536000"


class Shield:
    """Guards an application.

    Parameters
    ----------
    app : ASGI application
    web : WebSettings
        Its public URL and host name the hosts that requests may ask for.
    """

    def __init__(self, app: ASGIApp, web: WebSettings) -> None:
        self._app = app
        self._public = urlsplit(web.public_url)
        self._hosts = {"localhost", socket.gethostname().lower(), web.host.lower()}
        if self._public.hostname:
            self._hosts.add(self._public.hostname)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        guarded = _Answer(scope, send, self._is_secure(scope))
        if not self._knows(headers.get("host", "")):
            await _refuse(
                scope,
                receive,
                guarded,
                HTTPStatus.MISDIRECTED_REQUEST,
                "litmine does not go by this host name here; set web.public_url to its address",
            )
            return
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > BODY_LIMIT:
            await _refuse(scope, receive, guarded, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
            return
        began = time.perf_counter()
        try:
            await self._app(scope, _Bounded(receive), guarded)
        except Exception as error:
            if guarded.started:
                raise
            # The last resort of the framework stands outside of us: it would answer without our
            # headers.
            answer = scope["app"].exception_handlers[Exception](Request(scope, receive), error)
            await answer(scope, receive, guarded)
        finally:
            guarded.log(time.perf_counter() - began)

    def _is_secure(self, scope: Scope) -> bool:
        return scope.get("scheme") == "https" or self._public.scheme == "https"

    def _knows(self, host: str) -> bool:
        """Tell whether a Host header names us.

        Otherwise another site could have its name point to this machine (DNS rebinding), and its
        scripts would be of the same origin. A numeric address is no name that could be turned.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        name = name.rstrip(".")
        if name in self._hosts or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


_TOO_LARGE = f"a request has at most {BODY_LIMIT // 1024} KiB"


class _Bounded:
    """Counts what comes in, since a chunked body does not tell its length."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > BODY_LIMIT:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
        return message


class _Answer:
    """Puts the headers onto an answer as it starts."""

    def __init__(self, scope: Scope, send: Send, secure: bool) -> None:
        self._send = send
        self._path = scope["path"]
        self._method = scope["method"]
        self._status = 0
        self._static = self._path.startswith("/static/")
        self._secure = secure
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            # Files of ours are asked for again by their ETag; what accounts see is not kept.
            headers.setdefault("Cache-Control", "no-cache" if self._static else "no-store")
            if self._secure:
                headers["Strict-Transport-Security"] = _HSTS
        await self._send(message)

    def log(self, seconds: float) -> None:
        """Write one line; never a query (what people search for) and never a link's secret."""
        if not self._static:
            secret = next((one for one in _SECRET if self._path.startswith(one)), None)
            path = f"{secret}***" if secret else self._path
            _log.info(
                "request",
                method=self._method,
                path=path,
                status=self._status,
                ms=round(seconds * 1000, 1),
            )


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
    answer = problem(Request(scope, receive), status, detail)
    await answer(scope, receive, send)
