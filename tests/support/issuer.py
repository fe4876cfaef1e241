"""A small OpenID Connect issuer on loopback, which can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route


class Issuer:
    """The issuer; `app` is its ASGI application, `url` is set once it is served.

    Attributes
    ----------
    claims : dict
        Put into the identity token over the right ones.
    discovery : dict
        Put into the discovery document over the right members.
    asked : list of str
        Every path that was asked for.
    """

    def __init__(self, client_id: str, secret: str) -> None:
        self.url = ""
        self.client_id, self.secret = client_id, secret
        self.key = self.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
        self.claims: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.asked: list[str] = []
        self.algorithm = "RS256"
        self.subject = "17"
        self.fails = False
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discover),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
            ]
        )

    async def _discover(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if self.fails:
            return Response("out of order", 500)
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
            | self.discovery
        )

    async def _authorize(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        asked = dict(request.query_params)
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}")

    async def _token(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        given = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(given["code"], None)
        basic = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != given["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.subject,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims
        token = jwt.encode(
            {"alg": self.algorithm, "kid": self.key.kid},
            {name: value for name, value in claims.items() if value is not None},
            self.signing_key,
            algorithms=[self.algorithm],
        )
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})

    async def _jwks(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


def follow(issuer: Issuer, address: str) -> str:
    """Be the browser at the issuer: return the path and query of where it sends one back to."""
    import httpx2

    assert address.startswith(f"{issuer.url}/authorize?")
    parts = urlsplit(httpx2.get(address).headers["location"])
    return f"{parts.path}?{parts.query}"
