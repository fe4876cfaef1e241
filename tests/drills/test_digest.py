"""SIGKILL while a digest is sent: never two mails a night, and nothing that is never told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from litmine.store import Store
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.schema import deliveries, leases, papers, predictions, queue, run_stages, runs
from tests.support.hook import Hook
from tests.support.papers import paper
from tests.support.rows import MODEL, prediction
from tests.support.smtp import Mailbox, smtp_server

pytestmark = pytest.mark.drill

DRIVER = Path(__file__).with_name("digest_driver.py")
RECIPIENTS = ("ada@example.org", "bo@example.org")
NIGHTS = ("2026-06-30", "2026-07-01")


class Senders:
    """Starts processes that send; one at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.running = 0

    def send(self, night: str, kill_at: int = 0) -> int | None:
        """Let one live and return its commits; None when it was killed."""
        self._write(f"{night} {kill_at}\n")
        self.running = int(self._read("process"))
        self._write("\n")
        said = self._read("commits", "ended")
        if said.startswith("ended"):
            assert said == f"ended {-signal.SIGKILL}"
            return None
        assert self._read("ended") == "0"
        return int(said)

    def kill(self) -> None:
        os.kill(self.running, signal.SIGKILL)

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def _read(self, *kinds: str) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        kind, _, rest = line.partition(" ")
        assert kind in kinds, f"the driver said {line!r}"
        return line if len(kinds) > 1 and kind == "ended" else rest


class World:
    def __init__(self, store: Store, box: Mailbox, hook: Hook, senders: Senders) -> None:
        self.store, self.box, self.hook, self.senders = store, box, hook, senders

    def begin(self) -> None:
        """Forget everything but the schema."""
        self.box.taken.clear()
        self.box.on = lambda step: None
        self.hook.received.clear()
        self.hook.on = lambda: None
        with self.store.write() as connection:
            for table in (deliveries, leases, queue, predictions, papers, run_stages, runs):
                connection.execute(table.delete())

    def arrive(self, arxiv_id: str) -> None:
        now = datetime.now(UTC)
        one = paper(arxiv_id)
        with self.store.write() as connection:
            upsert_papers(connection, [one], now)
            put_predictions(connection, [prediction(arxiv_id, content_hash=one.content_hash)])
            enqueue(connection, MODEL, 0.1, now)

    def mails(self, recipient: str, night: str) -> list[str]:
        key = f"<night-{night}."
        return [
            mail.text
            for mail in self.box.to(recipient)
            if str(mail.message["Message-ID"]).startswith(key)
        ]

    def check_two_nights(self) -> None:
        """After a kill in the first night: resume it, let the second come, count."""
        for _ in range(2):
            assert self.senders.send(NIGHTS[0]) is not None
        self.arrive("2607.00002")
        assert self.senders.send(NIGHTS[1]) is not None
        for recipient in RECIPIENTS:
            told = []
            for night in NIGHTS:
                mails = self.mails(recipient, night)
                assert len(mails) <= 1, f"{recipient} got {len(mails)} mails of {night}"
                told += [re.findall(r"abs/(\S+)", text) for text in mails]
            assert {i for ids in told for i in ids} == {"2606.00001", "2607.00002"}
            assert "2607.00002" in told[-1]
        # A program may be called twice, but sees by the id that it knows the message.
        by_id = {one.headers["webhook-id"]: one.json["data"] for one in self.hook.received}
        assert sorted(data["night"] for data in by_id.values()) == list(NIGHTS)
        for data in by_id.values():
            assert [p["arxiv_id"] for p in data["queued"]["papers"]] == (
                ["2606.00001"] if data["night"] == NIGHTS[0] else ["2607.00002"]
            )
        with self.store.read() as connection:
            states = set(connection.execute(select(deliveries.c.state)).scalars())
        assert states <= {"sent", "unsure"}


@pytest.fixture
def world(store: Store, tmp_path: Path) -> Iterator[World]:
    box = Mailbox()
    url = store.engine.url.render_as_string(hide_password=False)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONWARNINGS": "error"}
    with smtp_server(box) as port, Hook() as hook:
        command = [
            *(sys.executable, str(DRIVER), url, str(tmp_path / "out"), str(port)),
            *(hook.url, *RECIPIENTS),
        ]
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield World(store, box, hook, Senders(process))
        finally:
            process.kill()
            process.communicate()


@pytest.mark.timeout(600)
def test_killed_before_every_commit(world: World) -> None:
    world.begin()
    world.arrive("2606.00001")
    commits = world.senders.send(NIGHTS[0])
    assert commits is not None
    assert commits >= 12
    # On PostgreSQL some of them: the order of commits is the same.
    every = 1 if world.store.dialect == "sqlite" else 3
    for kill_at in range(1, commits + 1, every):
        world.begin()
        world.arrive("2606.00001")
        assert world.senders.send(NIGHTS[0], kill_at) is None
        world.check_two_nights()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "TAKEN", "hook"])
def test_killed_while_the_server_looks(world: World, step: str) -> None:
    """At each word of the first mail, of the second, and while the webhook is called."""
    for which in range(1 if step == "hook" else 2):
        world.begin()
        world.arrive("2606.00001")
        seen = []

        def kill(said: str, which: int = which, seen: list[str] = seen) -> None:
            if said == step:
                seen.append(said)
                if len(seen) == which + 1:
                    world.senders.kill()

        world.box.on = kill
        world.hook.on = lambda kill=kill: kill("hook")
        assert world.senders.send(NIGHTS[0]) is None
        world.box.on = lambda step: None
        world.hook.on = lambda: None
        world.check_two_nights()
