"""One way to set up any source over invented papers, for the contract that all of them share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from litmine.core.clock import FakeClock
from litmine.core.gate import NullGate
from litmine.sources.base import HarvestRequest, Source
from litmine.sources.http import HttpTransport
from litmine.sources.oai import OaiPmhSource
from litmine.sources.rss import AnnouncementSource
from litmine.sources.search import SearchSource
from litmine.sources.snapshot import SnapshotSource
from litmine.standin import StandinServer

CATEGORIES = ("cs.CL", "cs.LG", "cs.AI")


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Hundreds of expected warnings would hide the one that matters."""
    from litmine.core.log import configure_logging

    configure_logging("error")
    yield
    configure_logging("info")


@dataclass
class Harness:
    """A source, what to ask it for, and the server behind it (None for a file)."""

    source: Source
    request: HarvestRequest
    server: StandinServer | None
    clock: FakeClock
    transport: HttpTransport | None
    again: Callable[[], Source]  # a new source, as a new process would make it


def invented(count: int = 7, **fields: Any) -> list[dict[str, Any]]:
    """Return lines in the nights format; no text in them was ever published."""
    kinds = ("new", "cross", "replace", "replace-cross")
    lines = []
    for i in range(count):
        kind = kinds[i % 4]
        primary = "cs.CL" if kind in {"new", "replace"} else "stat.ML"
        lines.append(
            {
                "arxiv_id": f"2606.{10001 + i}" if i % 3 else f"cs/011{2001 + i}",
                "version": 1 + i % 3,
                "title": f"An invented title number {i} with $x_{i} < y & z$",
                "abstract": f"Invented sentence {i}: it holds <tags>, \\'accents & $\\alpha$. " * 6,
                "authors": [f"Ada Author{i}", "Bo Writer"],
                "categories": [primary, "cs.CL" if primary != "cs.CL" else "cs.LG"],
                "day": "2026-06-30",
                "announce_type": kind,
                "published": "2026-06-24",
                "updated": "2026-06-29",
                **fields,
            }
        )
    return lines


KINDS = ("oai-raw", "oai-arxiv", "rss-atom", "rss-rss", "search-query", "search-ids", "snapshot")


@pytest.fixture
def lines() -> list[dict[str, Any]]:
    """Seven invented papers of one night."""
    return invented()


@pytest.fixture
def invent() -> Callable[..., list[dict[str, Any]]]:
    """The maker of invented lines."""
    return invented


@pytest.fixture
def open_source(tmp_path: Path) -> Callable[..., Any]:
    """Return a context manager that sets up a source of any kind over some lines."""

    @contextmanager
    def opened(
        kind: str,
        lines: list[dict[str, Any]],
        *,
        page: int = 3,
        gate: Any = None,
        **server_options: Any,
    ) -> Iterator[Harness]:
        clock = FakeClock()
        if kind.startswith("snapshot"):
            path = tmp_path / "papers.jsonl.zst"
            text = "".join(json.dumps(line) + "\n" for line in lines)
            path.write_bytes(zstandard.compress(text.encode("utf-8", "surrogatepass")))
            make: Callable[[], Source] = lambda: SnapshotSource(path, page_size=page)  # noqa: E731
            yield Harness(make(), HarvestRequest(), None, clock, None, make)
            return
        with ExitStack() as stack:
            server = stack.enter_context(StandinServer(lines, page_size=page, **server_options))
            transport = stack.enter_context(HttpTransport(gate or NullGate(), clock=clock))
            ids = tuple(line["arxiv_id"] for line in lines)
            makers: dict[str, tuple[Callable[[], Source], HarvestRequest]] = {
                "oai-raw": (lambda: OaiPmhSource(server.oai_url, transport), HarvestRequest()),
                "oai-arxiv": (
                    lambda: OaiPmhSource(server.oai_url, transport, "arXiv"),
                    HarvestRequest(),
                ),
                "rss-atom": (
                    lambda: AnnouncementSource(server.rss_url, transport),
                    HarvestRequest(categories=CATEGORIES),
                ),
                "rss-rss": (
                    lambda: AnnouncementSource(server.rss_url, transport, "rss"),
                    HarvestRequest(categories=CATEGORIES),
                ),
                "search-query": (
                    lambda: SearchSource(server.api_url, transport, page_size=page),
                    HarvestRequest(query="cat:cs.CL OR cat:cs.LG"),
                ),
                "search-ids": (
                    lambda: SearchSource(server.api_url, transport, id_batch=page),
                    HarvestRequest(ids=ids),
                ),
            }
            make, request = makers[kind]
            yield Harness(make(), request, server, clock, transport, make)

    return opened
