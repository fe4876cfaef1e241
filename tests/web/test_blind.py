"""The second of two reviewers learns nothing of what the first one said, wherever they look."""

from __future__ import annotations

import re

from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.search.sync import sync_as_set
from litmine.store import open_store
from tests.support.web import client_of, fill_queue, make_app
from tests.web.test_access import ALL

FIRST = {
    "approved": {"action": "approve", "cells": ["inference/memory"], "comment": "a fine find"},
    "rejected": {"action": "reject", "comment": "no"},
}
LOOKERS = (("reader", None), ("reviewer", "Bo"), ("maintainer", None))
#: What differs between any two sessions, or any two searches.
SECRET = re.compile(
    r'[A-Za-z0-9_-]{43}|[0-9a-f]{32}|(?<="took_ms":)[\d.]+|(?<=num took">)[<\d]+(?= ms)'
)


def seen_after(said, folder, migrated):
    """All that everybody can get, once Ada has given an opinion."""
    folder.mkdir()
    database = folder / "litmine.db"
    database.write_bytes(migrated.read_bytes())
    clock = FakeClock()
    with open_store(f"sqlite:///{database}", migrate=False) as store:
        settings = Settings(
            data_dir=folder, database_url=f"sqlite:///{database}", review={"double": True}
        )
        ids = fill_queue(store, clock)
        app = make_app(settings, store, clock)
        sync_as_set(settings, store)
        ada = client_of(app, "reviewer", "Ada")
        revision = ada.get(f"/api/v1/queue/{ids[3]}").json()["revision"]
        answer = ada.post(
            f"/api/v1/queue/{ids[3]}/decisions", json=said, headers={"If-Match": f'"{revision}"'}
        )
        assert (answer.status_code, answer.json()["state"]) == (200, "pending")
        seen = {}
        for role, name in LOOKERS:
            client = client_of(app, role, name)
            for path in addresses(ids[3]):
                told = client.get(path)
                assert told.status_code < 500, path
                if path.startswith(("/api/v1/search?", "/api/v1/papers/")):
                    assert told.status_code == 200, path
                text = f"{told.headers.get('etag')} {told.text}".replace(str(folder), "*")
                seen[role, path] = SECRET.sub("*", text)
        # Who was slower is told that something has changed, and not what.
        bo = client_of(app, "reviewer", "Bo")
        late = bo.post(
            f"/api/v1/queue/{ids[3]}/decisions",
            json={"action": "reject"},
            headers={"If-Match": f'"{revision}"'},
        )
        assert late.status_code == 412
        seen["reviewer", "late"] = late.text
        return seen


def addresses(arxiv_id):
    samples = {"arxiv_id": arxiv_id, "number": "1", "secret": "none", "run_id": "none"}
    samples["feed_key"] = "none"
    for method, path, _ in ALL:
        if method == "GET":
            yield re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: samples[found[1]], path)
    yield from (f"/queue?id={arxiv_id}", f"/queue/papers?only={arxiv_id}", "/queue?state=later")
    yield from ("/activity?actor=Ada", f"/activity?paper={arxiv_id}", "/library?reviewer=Ada")
    yield from (
        "/api/v1/queue?policy=max",
        "/api/v1/queue?policy=mixed",
        "/queue/table?text=frugal",
    )
    yield from ("/api/v1/queue?policy=uncertainty", "/api/v1/events?after=0")
    yield from ("/api/v1/decisions?reviewer=Ada", "/api/v1/audit?actor=Ada", "/search?q=frugal")
    for scope in ("library", "everything", "night:2026-06-30"):
        yield f"/api/v1/search?q=frugal&scope={scope}"
        yield f"/api/v1/search?q={arxiv_id}&scope={scope}"
    yield from (
        f"/api/v1/search?q=is:{state}&scope=everything"
        for state in ("approved", "pending", "later", "disputed", "rejected")
    )
    yield f"/api/v1/papers/{arxiv_id}/similar?scope=everything"


def test_nothing_anybody_can_get_depends_on_what_an_open_opinion_says(tmp_path, migrated_sqlite):
    approved, rejected = (
        seen_after(said, tmp_path / name, migrated_sqlite) for name, said in FIRST.items()
    )
    assert len(approved) > 90
    assert [place for place, text in approved.items() if text != rejected[place]] == []
