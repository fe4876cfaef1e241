"""Where papers come from: OAI-PMH, announcement feeds, the search API, bulk snapshots.

All of them are read through one protocol, `litmine.sources.base.Source`; the three that ask arXiv
share one transport and so one gate, one connection and one way to behave.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from litmine.core.clock import Clock
    from litmine.core.gate import RequestGate
    from litmine.core.settings import Settings
    from litmine.sources.http import HttpTransport
    from litmine.sources.oai import OaiPmhSource
    from litmine.sources.rss import AnnouncementSource
    from litmine.sources.search import SearchSource

__all__ = ["Sources", "open_sources"]


@dataclass(frozen=True, slots=True)
class Sources:
    """The three doors to arXiv behind one transport; close it, or use it as a context manager."""

    transport: HttpTransport
    oai: OaiPmhSource
    announcements: AnnouncementSource
    search: SearchSource

    def close(self) -> None:
        """Close the connection."""
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_sources(settings: Settings, gate: RequestGate, clock: Clock | None = None) -> Sources:
    """Set up the sources as `settings.arxiv` says; nothing is sent yet."""
    from urllib.parse import urlsplit

    from litmine.sources.http import HttpTransport, user_agent
    from litmine.sources.oai import OaiPmhSource
    from litmine.sources.rss import AnnouncementSource
    from litmine.sources.search import SearchSource

    arxiv = settings.arxiv
    urls = (arxiv.oai_url, arxiv.rss_url, arxiv.api_url)
    hosts = {host for url in urls if (host := urlsplit(url).hostname)}
    if any(host.endswith("arxiv.org") for host in hosts):
        hosts |= {"arxiv.org", "export.arxiv.org", "oaipmh.arxiv.org", "rss.arxiv.org"}
    transport = HttpTransport(
        gate,
        clock=clock,
        agent=user_agent(arxiv.contact),
        connect_timeout=arxiv.connect_timeout_seconds,
        read_timeout=arxiv.read_timeout_seconds,
        max_attempts=arxiv.max_attempts,
        max_cooldown=arxiv.max_cooldown_seconds,
        allowed_hosts=hosts,
    )
    return Sources(
        transport,
        OaiPmhSource(arxiv.oai_url, transport, arxiv.metadata_prefix),
        AnnouncementSource(arxiv.rss_url, transport),
        SearchSource(arxiv.api_url, transport),
    )
