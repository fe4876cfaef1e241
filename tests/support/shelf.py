"""A library of invented papers with decisions on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from litmine.core.clock import Clock
from litmine.review import ReviewDesk
from litmine.store import Store
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from tests.support.papers import paper
from tests.support.rows import MODEL, prediction

#: A title that would do harm if it were ever taken for anything but text.
HOSTILE = '<script>alert("x")</script> & <img src=x onerror=alert(1)> {{ 7*7 }} \'"$x_1$'

#: Arxiv id to what differs from an ordinary paper.
PAPERS: Mapping[str, dict[str, Any]] = {
    "2605.00001": {"title": "Alpha caches", "published": date(2026, 5, 31)},
    "2606.00002": {"title": "beta adapters", "published": date(2026, 6, 1)},
    "2606.00003": {"title": "Gamma 100% sparse_layers", "published": date(2026, 6, 30)},
    "2607.00004": {"title": "Delta routing", "published": date(2026, 7, 1), "authors": ("Zoë Ü.",)},
    "2607.00005": {"title": "alpha again", "published": date(2026, 7, 1)},
    "cs/0606006": {"title": HOSTILE, "published": None, "authors": ("<b>Eve</b>",)},
}


def put_papers(store: Store, clock: Clock, papers: Mapping[str, dict[str, Any]] = PAPERS) -> None:
    """Store papers and let them wait in the queue."""
    made = [paper(arxiv_id, **changes) for arxiv_id, changes in papers.items()]
    with store.write() as connection:
        upsert_papers(connection, made, clock.now())
        put_predictions(
            connection,
            [prediction(one.arxiv_id, 0.9, content_hash=one.content_hash) for one in made],
        )
        enqueue(connection, MODEL, 0.02, clock.now())


def fill_library(store: Store, clock: Clock) -> ReviewDesk:
    """Approve all of `PAPERS`, the second one by Bo; return Ada's desk."""
    put_papers(store, clock)
    ada, bo = (ReviewDesk(store, name, clock) for name in ("Ada", "Bo"))
    ada.approve("2605.00001", ["inf/mem"], ["kv-cache"])
    bo.approve("2606.00002", ["fin/mem", "fin/comp"], ["peft"])
    ada.approve("2606.00003", ["inf/mem", "sys/ene"], ["pruning"])
    ada.approve("2607.00004", ["inf/cost"], ["routing"])
    ada.approve("2607.00005", ["inf/mem", "inf/comp"], ["kv-cache", "quantization"])
    ada.approve("cs/0606006", ["sys/net"], ["other"], "as good as <i>any</i>")
    return ada
