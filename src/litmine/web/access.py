"""Who may do what: every route names the least role it needs, and one that names none is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from litmine.core.errors import Forbidden, Unauthenticated

__all__ = [
    "ROLES",
    "Identify",
    "Need",
    "Principal",
    "Role",
    "enforce",
    "needed_role",
    "principal_of",
    "require",
]

Role = Literal["reader", "reviewer", "maintainer"]
Need = Literal["public", "reader", "reviewer", "maintainer"]

#: Each role may do what those before it may.
ROLES: tuple[Role, ...] = ("reader", "reviewer", "maintainer")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking.

    Attributes
    ----------
    name : str
        Stands with every decision.
    role : str
        What they may do.
    user_id : int
    via : str
        ``session`` (a cookie: writes need the CSRF token) or ``token`` (a bearer token).
    csrf : str
        The session's CSRF token; empty for a bearer token.
    preferences : mapping
        Theme, policy, key bindings; as stored with the account.
    """

    name: str
    role: Role
    user_id: int
    via: Literal["session", "token"] = "session"
    csrf: str = ""
    preferences: Mapping[str, Any] = field(default_factory=dict)

    def may(self, need: Need) -> bool:
        """Tell whether this role is enough."""
        return need == "public" or ROLES.index(self.role) >= ROLES.index(need)


def principal_of(request: Request) -> Principal | None:
    """Return who sent a request, asked once a request; None: nobody who is known."""
    if not hasattr(request.state, "principal"):
        request.state.principal = request.app.state.identify(request)
    return cast("Principal | None", request.state.principal)


class _Requirement:
    """A dependency that hands out the principal, or refuses."""

    def __init__(self, need: Need) -> None:
        self.need = need

    def __call__(self, request: Request) -> Principal | None:
        principal = principal_of(request)
        if self.need == "public":
            return principal
        if principal is None:
            if request.headers.get("authorization", "").lower().startswith("bearer"):
                raise Unauthenticated(
                    "this token does not hold: mistyped, revoked, past its end, or its account is "
                    "locked; make one under Settings or with litmine user token create"
                )
            raise Unauthenticated("log in first, or send a token as Authorization: Bearer …")
        if not principal.may(self.need):
            raise Forbidden(
                f"this needs the role {self.need}; {principal.name} is a {principal.role}"
            )
        return principal


_REQUIREMENTS: dict[str, _Requirement] = {
    need: _Requirement(need) for need in ("public", "reader", "reviewer", "maintainer")
}


def require(need: Need) -> Any:
    """Return the dependency that lets in whoever has at least this role.

    Use it as ``who: Annotated[Principal, require("reviewer")]`` or in ``dependencies=[…]``. With
    ``"public"`` the principal can be None.

    Raises
    ------
    Unauthenticated
        Nobody is logged in.
    Forbidden
        The role is not enough.
    """
    return Depends(_REQUIREMENTS[need])


def needed_role(dependant: Dependant) -> Need | None:
    """Return the role that a route's dependencies name, the greatest of several; None: none."""
    order: tuple[Need, ...] = ("public", *ROLES)
    found: list[Need] = []
    waiting = [dependant]
    while waiting:
        one = waiting.pop()
        if isinstance(one.call, _Requirement):
            found.append(one.call.need)
        waiting.extend(one.dependencies)
    return max(found, key=order.index, default=None)


async def enforce(request: Request) -> None:
    """Refuse a route that names no role: a forgotten line must not open a door.

    Raises
    ------
    Forbidden
        The route is closed.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or needed_role(route.dependant) is None:
        raise Forbidden("this address names no role that may use it")


Identify = Callable[[Request], Principal | None]
