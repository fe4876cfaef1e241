"""Reviewers decide while the night gives waiting papers new scores: nothing is overwritten."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.store import Store
from litmine.store.predictions import get_predictions, put_predictions
from litmine.store.queue import enqueue
from litmine.store.schema import audit, decisions, queue
from tests.support.rows import MODEL
from tests.support.web import fill_queue, make_app, token_client

PAPERS = 24
ROUNDS = 12
PEOPLE = ("Ada", "Bea", "Cem")


def test_decisions_while_the_night_rescores(
    store: Store, fake_clock: FakeClock, tmp_path: Path
) -> None:
    ids = fill_queue(store, fake_clock, PAPERS)
    url = store.engine.url.render_as_string(hide_password=False)
    app = make_app(Settings(data_dir=tmp_path, database_url=url), store, fake_clock)
    clients = {name: token_client(app, "reviewer", name) for name in PEOPLE}

    def rescore() -> None:
        for turn in range(ROUNDS):
            with store.write() as connection:
                before = get_predictions(connection, MODEL, ids)
                changed = [
                    replace(one, relevance=0.5 + 0.4 * ((turn + n) % 7) / 7)
                    for n, one in enumerate(before.values())
                ]
                put_predictions(connection, changed)
                enqueue(connection, MODEL, 0.02, fake_clock.now())

    def decide_all(name: str) -> Counter[str]:
        """Reject every paper; looks again where only the score has moved."""
        came: Counter[str] = Counter()
        for arxiv_id in ids if name != "Cem" else reversed(ids):
            path = f"/api/v1/queue/{arxiv_id}"
            while True:
                seen = clients[name].get(path)
                if seen.json()["state"] != "pending":
                    came["late"] += 1
                    break
                answer = clients[name].post(
                    f"{path}/decisions",
                    json={"action": "reject", "comment": name},
                    headers={"If-Match": seen.headers["ETag"]},
                )
                if answer.status_code == 200:
                    came["taken"] += 1
                    break
                assert answer.status_code == 412, answer.text
                if answer.json()["state"] != "pending":
                    came["refused"] += 1
                    break
        return came

    with ThreadPoolExecutor(len(PEOPLE) + 1) as pool:
        night = pool.submit(rescore)
        came = list(pool.map(decide_all, PEOPLE))
        night.result()

    with store.read() as connection:
        rows = connection.execute(decisions.select()).all()
        states = connection.execute(queue.select()).all()
        entries = connection.execute(audit.select().where(audit.c.action == "reject")).all()
    assert Counter(row.arxiv_id for row in rows) == dict.fromkeys(ids, 1)
    assert sum(one["taken"] for one in came) == PAPERS
    assert sum(sum(one.values()) for one in came) == PAPERS * len(PEOPLE)
    assert {row.id for row in rows} == {entry.detail["decision"] for entry in entries}
    assert len(entries) == PAPERS
    last = {row.arxiv_id: row.revision for row in rows}
    # Rescored before it was decided, perhaps; never after.
    assert all(row.state == "rejected" and row.revision == last[row.arxiv_id] for row in states)
