"""The pages, one module a subject; `ROUTERS` is what the application serves."""

from __future__ import annotations

from fastapi import APIRouter

from litmine.web.pages import login

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (login.router,)
