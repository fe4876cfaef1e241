"""A typed client of the API under /api/v1."""

from __future__ import annotations

from litmine.client.client import Client
from litmine.client.errors import UnexpectedAnswer, Unreachable

__all__ = ["Client", "UnexpectedAnswer", "Unreachable"]
