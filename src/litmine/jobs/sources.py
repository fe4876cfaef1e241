"""The three doors of arXiv behind one durable limiter."""

from __future__ import annotations

from litmine.core.clock import Clock
from litmine.core.section import is_loopback
from litmine.core.settings import Settings
from litmine.sources import Sources, open_sources
from litmine.store import Store
from litmine.store.limiter import DurableLimiter

__all__ = ["limiter_for", "open_arxiv"]


def limiter_for(settings: Settings, store: Store, clock: Clock) -> DurableLimiter:
    """Return the limiter that every request to arXiv goes through.

    A stand-in on loopback shares no limit with arXiv, so it has a row and a cool-down of its own.
    """
    arxiv = settings.arxiv
    local = all(is_loopback(url) for url in (arxiv.oai_url, arxiv.rss_url, arxiv.api_url))
    return DurableLimiter(
        store,
        clock,
        min_gap=arxiv.min_gap_seconds,
        request_timeout=arxiv.connect_timeout_seconds + 4 * arxiv.read_timeout_seconds,
        max_wait=arxiv.max_cooldown_seconds,
        first_cooldown=max(arxiv.min_gap_seconds, 0.05) if local else 30.0,
        name="loopback" if local else "arxiv",
    )


def open_arxiv(settings: Settings, store: Store, clock: Clock) -> Sources:
    """Open the sources that the settings name; use the result as a context manager."""
    return open_sources(settings, limiter_for(settings, store, clock), clock)
