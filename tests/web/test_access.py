"""Every route, as nobody and as each role: nothing is open by accident.

The application is walked, so a new route is tested without being named here; but a route that is to
be open to everybody, or that lets readers write, has to be named below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.routing import Mount

from litmine.web import api, pages
from litmine.web.access import ROLES, Principal, needed_role, require

#: Open to everybody.
PUBLIC = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/login/link/{secret}"),
    ("POST", "/login/link/{secret}"),
    ("GET", "/login/oidc"),
    ("GET", "/login/oidc/callback"),
    ("POST", "/logout"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/docs"),
    ("GET", "/feeds/searches/{feed_key}.atom"),
    ("GET", "/feeds/approved.atom"),
}
#: What a reader may write: nothing but what is their own.
OWN = ("/settings", "/settings/account/", "/searches", "/api/v1/me/", "/api/v1/searches")
#: Questions that are too long for an address.
QUESTIONS = {("POST", "/api/v1/similar")}
SAFE = {"GET", "HEAD", "OPTIONS"}
NOBODY = "nobody"


def routes_of(routers: tuple[APIRouter, ...] = (*pages.ROUTERS, *api.ROUTERS)) -> list[APIRoute]:
    return [route for router in routers for route in router.routes]


def operations() -> Iterator[tuple[str, str, str | None]]:
    for route in routes_of():
        for method in sorted(route.methods):
            yield method, route.path, needed_role(route.dependant)


ALL = sorted(operations(), key=str)


def test_the_walk_sees_all_that_is_served(app):
    assert all(isinstance(route, APIRoute) for route in routes_of())
    mounted = [route for route in app.routes if isinstance(route, Mount)]
    assert [(mount.path, type(mount.app)) for mount in mounted] == [("/static", StaticFiles)]
    included = [route.original_router for route in app.routes if not isinstance(route, Mount)]
    assert included == [*pages.ROUTERS, *api.ROUTERS]
    assert len(ALL) > 60


@pytest.mark.parametrize(("method", "path", "need"), ALL, ids=lambda value: str(value))
def test_each_declares_a_role_that_befits_it(method, path, need):
    assert need is not None, "declare dependencies=[require(...)]"
    assert (need == "public") == ((method, path) in PUBLIC)
    if method not in SAFE and need == "reader" and (method, path) not in QUESTIONS:
        assert path == OWN[0] or path.startswith(OWN[1:])


def address(path: str, queue_ids: list[str]) -> str:
    samples = {"arxiv_id": queue_ids[0], "number": "999", "secret": "none", "run_id": "none"}
    samples["feed_key"] = "none"
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: samples[found[1]], path)


@pytest.mark.parametrize("role", [NOBODY, *ROLES])
def test_each_lets_in_whom_it_should_and_nobody_else(app, client_as, queue_ids, role):
    app.state.feed.stop()  # a stream of events would not end
    may: list[str] = ["public", *ROLES[: ROLES.index(role) + 1]] if role != NOBODY else ["public"]
    wrong = []
    for method, path, need in ALL:
        client = client_as(None if role == NOBODY else role)
        answer = client.request(method, address(path, queue_ids))
        status = answer.status_code
        if status == 303 and answer.headers["location"].startswith("/login?"):
            status = 401  # a page sends strangers to the form
        if need in may:
            # Logging in by a wrong name or link is refused too, and differs by its words.
            login = path.startswith("/login") and method == "POST"
            right = status < 500 and (status not in {401, 403} or login)
            right = right or (status == 503 and path == "/api/v1/events")
        else:
            right = status == (401 if role == NOBODY else 403)
        if not right:
            wrong.append((method, path, need, answer.status_code, answer.text[:200]))
    assert wrong == []


@pytest.mark.parametrize("role", [NOBODY, *ROLES])
def test_a_refusal_says_nothing_of_what_is_there(app, client_as, role, queue_ids):
    client = client_as(None if role == NOBODY else role)
    for path in ("/api/v1/queue/2606.99999", f"/api/v1/queue/{queue_ids[0]}"):
        if role == NOBODY:
            answer = client.get(path)
            assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")
            assert answer.headers["www-authenticate"] == "Bearer"
    if role in ("reader", NOBODY):
        known = client.post(f"/api/v1/queue/{queue_ids[0]}/decisions", json={})
        unknown = client.post("/api/v1/queue/2606.99999/decisions", json={})
        assert known.status_code == unknown.status_code
        assert known.json()["detail"] == unknown.json()["detail"]


def test_a_route_without_a_role_is_closed_to_all(app, client_as):
    @app.get("/forgotten")
    def forgotten() -> dict[str, str]:
        return {"secret": "told"}

    @app.get("/api/v1/forgotten")
    def forgotten_too() -> dict[str, str]:
        return {"secret": "told"}

    for role in (None, *ROLES):
        for path in ("/forgotten", "/api/v1/forgotten"):
            answer = client_as(role).get(path)
            assert answer.status_code == 403
            assert "told" not in answer.text


def test_the_greatest_of_several_roles_counts(app, client_as):
    @app.get("/twice", dependencies=[require("public")])
    def twice(who: Annotated[Principal, require("maintainer")]) -> str:
        return who.name

    assert client_as("reviewer").get("/twice").status_code == 403
    assert client_as("maintainer").get("/twice").status_code == 200


def test_there_is_no_way_out_of_the_folder_of_files(client_as):
    client = client_as(None)
    assert client.get("/static/icon.svg").status_code == 200
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"):
        assert client.get(path).status_code == 404
    assert client.post("/static/icon.svg").status_code == 405
