"""Nights with whatever mail servers do: each paper is told, and once by what is certain."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from litmine.core.clock import FakeClock
from litmine.core.sections_outward import MailSettings
from litmine.jobs.publish import outbox
from litmine.publish.digest.mail import Outcome
from litmine.store import open_store
from litmine.store.schema import deliveries
from tests.jobs.test_digest import ADA, BO, make
from tests.support.smtp import mail_settings

#: A Monday, long before the next holiday.
BEGIN = datetime(2026, 8, 3, 5, 40, tzinfo=UTC)
#: What may come of an attempt, and whether the mail is in the box then.
FATES = {
    "sent": (Outcome("sent"), True),
    "later": (Outcome("waiting", "greylisted", soon=True), False),
    "password": (Outcome("waiting", "wrong password", anybody=True), False),
    "refused": (Outcome("failed", "no such user"), False),
    "unsure, arrived": (Outcome("unsure", "cut"), True),
    "unsure, lost": (Outcome("unsure", "cut"), False),
    "killed, arrived": (None, True),
    "killed, lost": (None, False),
}


class Killed(BaseException):
    """Ends a night where SIGKILL would: nothing below it may catch it."""


NIGHTS = st.lists(
    st.fixed_dictionaries(
        {
            "papers": st.integers(0, 3),
            "approvals": st.integers(0, 2),
            "minutes": st.integers(-15, 90),
            "failed": st.booleans(),
            "runs": st.integers(1, 3),
            "fates": st.lists(st.sampled_from(sorted(FATES)), min_size=8, max_size=8),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=20,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # a night takes long enough once
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(nights=NIGHTS)
def test_every_paper_is_told_and_once_for_certain(
    nights: list[dict[str, Any]],
    migrated_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    shutil.copyfile(migrated_sqlite, folder / "litmine.db")
    arrived: dict[str, list[tuple[str, str]]] = {ADA: [], BO: []}  # night, text
    certain: dict[str, list[str]] = {ADA: [], BO: []}
    fates: list[str] = []

    def server(_: MailSettings, to: str, content: bytes, about_to: Callable[[], bool]) -> Outcome:
        fate = fates.pop(0) if fates else "sent"
        outcome, lands = FATES[fate]
        if lands or fate.startswith(("unsure", "killed")):
            assert about_to()
        if lands:
            night = re.search(rb"Message-ID: <night-([\d-]{10})", content)
            assert night is not None
            arrived[to].append((night[1].decode(), content.decode()))
        if outcome is None:
            raise Killed
        if outcome.state == "sent":
            certain[to].append(content.decode())
        return outcome

    monkeypatch.setattr(outbox, "send_mail", server)
    with open_store(f"sqlite:///{folder / 'litmine.db'}", migrate=False) as store:
        world = make(store, folder, mail_settings(25, recipients=(ADA, BO)))
        world.clock = FakeClock(BEGIN)
        papers: list[str] = []
        undecided: list[str] = []
        for number, night in enumerate([*nights, None]):
            fresh = [f"2606.{number:02d}{n:03d}" for n in range(night["papers"] if night else 1)]
            world.arrive(*fresh)
            papers += fresh
            undecided += fresh
            fates[:] = night["fates"] if night else []
            for _ in range(night["runs"] if night else 1):
                with suppress(Killed):
                    world.run("arXiv is away" if night and night["failed"] else None)
                world.clock.advance(60)
            if night:
                # While the night is told and after it, some are decided.
                done = undecided[: night["approvals"]]
                world.approve(*done, at=world.clock.now() - timedelta(seconds=30))
                undecided = undecided[night["approvals"] :]
                world.clock.advance(60 * night["minutes"])
            world.tomorrow()
            while world.clock.now().weekday() >= 5:
                world.tomorrow()
        with store.read() as connection:
            states = {row.state for row in connection.execute(deliveries.select())}
    assert states <= {"sent", "unsure", "failed"}
    for who in (ADA, BO):
        told = [arxiv_id for text in certain[who] for arxiv_id in _new(text)]
        approved = [arxiv_id for text in certain[who] for arxiv_id in _approved(text)]
        assert len(told) == len(set(told))
        assert len(approved) == len(set(approved))
        assert set(told) | set(approved) == set(papers)
        assert set(papers) - set(undecided) <= set(approved)
        by_night = [night for night, _ in arrived[who]]
        assert len(by_night) == len(set(by_night)), "two mails of one night"


def _new(content: str) -> list[str]:
    return _ids(content.partition("Approved since")[0])


def _approved(content: str) -> list[str]:
    return _ids(content.partition("Approved since")[2].partition("Awaits review")[0])


def _ids(text: str) -> list[str]:
    return re.findall(r"abs/(\d{4}\.\d{5})", text.replace("=\r\n", ""))
