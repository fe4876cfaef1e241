"""The description of the API in OpenAPI: FastAPI's, completed with what holds for every operation.

Which errors an operation can answer with follows from what it takes: a role, parameters, a body,
If-Match. So no route has to list them, and none can forget one.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from litmine.client.facts import QueueEvent
from litmine.client.models import Problem
from litmine.web.access import needed_role
from litmine.web.problems import MEDIA_TYPE

__all__ = ["describe", "operations"]

_INTRODUCTION = """\
Everything that the pages do. docs/api.md tells how to use it.

- Errors are problem details (RFC 9457), all in the shape `Problem`.
- A decision names the revision it was made on (If-Match), and can name itself (Idempotency-Key).
- Lists come in pages: send `next` back as `cursor`.
- Every request must name a host that the server goes by; else the answer is 421.
"""

_WHEN = {
    400: "The body cannot be read.",
    401: "Nobody is logged in, or the token does not hold.",
    403: "The role is not enough; or the X-CSRF-Token of a session is missing.",
    404: "There is no such thing.",
    409: "It is in the way of something else.",
    412: "It was changed since you looked: `revision`, `state` and `decision` tell how it stands.",
    413: "The body is too large.",
    422: "Something in the request cannot be used; nothing was changed.",
    428: "The header If-Match is missing.",
    429: "Too many attempts; Retry-After says when to try again.",
    503: "Not now; try again later.",
}
_REF = "#/components/schemas/"
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, made on the page Settings or with "
        "`litmine user token create`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "litmine",
        "description": "The session of the pages (`__Host-litmine` over TLS). Writes need the "
        'header X-CSRF-Token too, with the value of the page\'s `<meta name="csrf">`.',
    },
}


def operations() -> Iterator[tuple[str, APIRoute]]:
    """Yield method and route of every operation of the API."""
    from litmine.web.api import ROUTERS

    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for method in sorted(route.methods or ()):
                    yield method.lower(), route


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of the API of `app`, made once."""
    known: dict[str, Any] | None = getattr(app.state, "openapi", None)
    if known is None:
        known = app.state.openapi = _describe(app)
    return known


def _describe(app: FastAPI) -> dict[str, Any]:
    found = list(operations())
    document = get_openapi(
        title="litmine",
        version=app.version,
        summary="The reviewers' queue of a nightly arXiv mining.",
        description=_INTRODUCTION,
        routes=list({id(route): route for _, route in found}.values()),
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for ours in (Problem, QueueEvent):
        made = ours.model_json_schema(ref_template=_REF + "{model}")
        schemas |= made.pop("$defs", {}) | {ours.__name__: made}
    for theirs in ("HTTPValidationError", "ValidationError"):
        schemas.pop(theirs, None)
    components["securitySchemes"] = _SCHEMES
    for method, route in found:
        _complete(document["paths"][route.path_format][method], route)
    return document


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    first, *rest = route.name.split("_")
    operation["operationId"] = first + "".join(word.title() for word in rest)
    summary, _, description = inspect.cleandoc(route.endpoint.__doc__ or "").partition("\n\n")
    operation["summary"] = " ".join(summary.split()).rstrip(".")
    operation.pop("description", None)
    if description:
        operation["description"] = description
    public = needed_role(route.dependant) == "public"
    operation["security"] = [] if public else [{name: []} for name in _SCHEMES]
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        _plain(parameter)
    headers = {p["name"]: p for p in parameters if p["in"] == "header"}
    answers = operation["responses"]
    body = "requestBody" in operation
    expected = {
        400: body,
        401: not public,
        403: not public,
        404: any(p["in"] == "path" for p in parameters),
        412: "If-Match" in headers,
        413: body,
        422: body or bool(parameters),
        428: "If-Match" in headers,
    }
    for status in (status for status, can_be in expected.items() if can_be):
        answers.setdefault(str(status), {})
    if "If-None-Match" in headers:
        answers["304"] = {"description": "What you have still holds."}
        answers["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    for status, told in answers.items():
        if int(status) >= 400:
            described = told.get("description")
            if not described or described == "Validation Error":  # FastAPI's own words
                described = _WHEN[int(status)]
            told.clear()
            told["description"] = described
            told["content"] = {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}}
    operation["responses"] = dict(sorted(answers.items()))


def _plain(parameter: dict[str, Any]) -> None:
    """Take out what a parameter cannot be: there is no null in an address or a header."""
    schema = parameter["schema"]
    kinds = [one for one in schema.pop("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) == 1:
        schema |= kinds[0]
    elif kinds:
        schema["anyOf"] = kinds
    for told in ("title", "description"):
        schema.pop(told, None)
