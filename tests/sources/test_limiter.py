"""The transport behind the durable limiter: the gap, the cool-down, one connection."""

from __future__ import annotations

from datetime import timedelta

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import RateLimited
from litmine.sources.base import HarvestRequest
from litmine.sources.http import HttpTransport
from litmine.sources.oai import OaiPmhSource
from litmine.sources.search import SearchSource
from litmine.standin import StandinServer
from litmine.store.engine import open_store
from litmine.store.limiter import DurableLimiter


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'litmine.db'}") as opened:
        yield opened


def test_requests_of_all_doors_share_one_gap(store, invent):
    clock = FakeClock()
    gate = DurableLimiter(store, clock, min_gap=3.0)
    with (
        StandinServer(invent(7), page_size=3) as server,
        HttpTransport(gate, clock=clock) as transport,
    ):
        list(OaiPmhSource(server.oai_url, transport).pages(HarvestRequest()))
        ids = tuple(line["arxiv_id"] for line in invent(7))
        list(SearchSource(server.api_url, transport, id_batch=4).pages(HarvestRequest(ids=ids)))
        assert len(server.log) == 5
        assert server.max_concurrency == 1
    assert clock.slept == pytest.approx([3.0] * 4)


def test_the_cool_down_outlives_the_process(store, invent):
    clock = FakeClock()
    began = clock.now()
    with StandinServer(invent(3), faults=["429:after=240"]) as server:
        for _ in range(2):  # two processes, one after the other
            gate = DurableLimiter(store, clock, min_gap=3.0, max_wait=600)
            with (
                HttpTransport(gate, clock=clock, max_attempts=1) as transport,
                pytest.raises(RateLimited),
            ):
                list(OaiPmhSource(server.oai_url, transport).pages(HarvestRequest()))
        assert len(server.log) == 2
    # The second one sat the first one's cool-down out before it asked at all.
    assert clock.now() - began >= timedelta(seconds=240)


def test_a_night_goes_on_after_the_cool_down(store, invent):
    clock = FakeClock()
    gate = DurableLimiter(store, clock, min_gap=3.0, first_cooldown=30.0)
    with (
        StandinServer(invent(7), page_size=3, faults=["429:on=2+3"]) as server,
        HttpTransport(gate, clock=clock) as transport,
    ):
        pages = list(OaiPmhSource(server.oai_url, transport).pages(HarvestRequest()))
    assert sum(len(page.records) for page in pages) == 7
    # Gap, first refusal 30 s, second refusal doubled, gap again: nothing is waited for twice.
    assert sum(clock.slept) == pytest.approx(3 + 30 + 60 + 3, abs=1)


def test_a_cool_down_that_is_too_long_ends_the_run_without_a_request(store, invent):
    clock = FakeClock()
    gate = DurableLimiter(store, clock, max_wait=600)
    with (
        StandinServer(invent(3), faults=["503:after=5000"]) as server,
        HttpTransport(gate, clock=clock, max_cooldown=600) as transport,
    ):
        source = OaiPmhSource(server.oai_url, transport)
        for _ in range(3):
            with pytest.raises(RateLimited):
                list(source.pages(HarvestRequest()))
        assert len(server.log) == 1
    assert clock.slept == []
