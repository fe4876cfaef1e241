"""What all sections of the settings share."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

__all__ = ["Section", "checked_address", "is_loopback"]


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_address(value: str, *, query: bool = False) -> str:
    """Check an address: https, or http on this machine; without a query. The empty one means none.

    Raises
    ------
    ValueError
        One line that says what is wrong, for pydantic to tell.
    """
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or (parts.query and not query):
        raise ValueError(f"{value!r} is not an http(s) URL")
    if parts.scheme == "http" and not is_loopback(value):
        raise ValueError(f"{value!r} must be https, since it is not on this machine")
    return value if query else value.rstrip("/")


class Section(BaseModel):
    """Values that are fixed once read; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
