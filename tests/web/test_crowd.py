"""Searches take turns, and leave threads to everybody else."""

from __future__ import annotations

import asyncio
import threading

import httpx
from fastapi import FastAPI

from litmine.web.api import search as api
from litmine.web.crowd import AT_ONCE, in_turn
from litmine.web.pages import search as pages

CROWD = 60  # more than the framework has threads
PATIENCE = 30.0


def test_a_crowd_that_searches_holds_up_nobody_else() -> None:
    app = FastAPI()
    lock, most, now = threading.Lock(), 0, 0
    full, answer = threading.Event(), threading.Event()

    @app.get("/search")
    @in_turn
    def search(q: str) -> str:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
            if now == AT_ONCE:
                full.set()
        assert answer.wait(PATIENCE)
        with lock:
            now -= 1
        return q

    @app.get("/decide")
    def decide() -> str:
        return "done"

    async def people() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://litmine", timeout=PATIENCE
        ) as client:
            crowd = [
                asyncio.create_task(client.get("/search", params={"q": f"text {number}"}))
                for number in range(CROWD)
            ]
            assert await asyncio.to_thread(full.wait, PATIENCE)
            try:
                decided = await client.get("/decide")  # while all of them wait
                assert decided.json() == "done"
                assert not any(one.done() for one in crowd)
            finally:
                answer.set()
            told = [(await one).json() for one in crowd]
        assert told == [f"text {number}" for number in range(CROWD)]

    asyncio.run(people())
    assert most == AT_ONCE


def test_every_endpoint_that_searches_takes_turns() -> None:
    for router in (api.router, pages.router):
        for route in router.routes:
            name = getattr(route, "endpoint").__name__  # noqa: B009 - not on every kind of route
            if name in {"search", "similar", "get_similar", "find_similar"}:
                assert asyncio.iscoroutinefunction(getattr(route, "endpoint"))  # noqa: B009
