"""The digest of a night: everything once, nothing lost, whatever servers and clocks do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from standardwebhooks import Webhook

from litmine.core.clock import FakeClock
from litmine.core.errors import InputError, LeaseHeld, ModelError, NotFound, SourceError
from litmine.core.sections_outward import MailSettings, WebhookSettings
from litmine.core.settings import Settings, load_settings
from litmine.index.generation import SearchIndex
from litmine.jobs.lease import held_lease
from litmine.jobs.publish.digest import _night, digest_status, frozen, send_digest, tell_night
from litmine.jobs.report import RunReport
from litmine.search.saved import SavedSearches
from litmine.search.searcher import Searcher
from litmine.search.standing import StandingsKeeper
from litmine.search.sync import sync
from litmine.store import Store
from litmine.store.announcements import Announcement, put_announcements
from litmine.store.decisions import decide
from litmine.store.deliveries import deliveries_of, freeze
from litmine.store.drift import StoredDrift, put_drift
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.runs import finish_run, start_run
from litmine.store.schema import deliveries
from tests.support.hook import SECRET, Hook
from tests.support.meaning import WordEncoder
from tests.support.papers import paper
from tests.support.rows import MODEL, prediction
from tests.support.smtp import Mailbox, mail_settings, smtp_server

ADA, BO, CY = (f"{name}@example.org" for name in ("ada", "bo", "cy"))
_NUMBERS = count(1)
#: Tuesday 30 June 2026, 01:40 in New York.
BEGIN = datetime(2026, 6, 30, 5, 40, tzinfo=UTC)


@dataclass
class World:
    """A store over which nights pass."""

    store: Store
    clock: FakeClock
    settings: Settings

    def arrive(self, *ids: str, at: datetime | None = None, **changes: Any) -> None:
        now = at or self.clock.now()
        with self.store.write() as connection:
            papers = [paper(i, **changes) for i in ids]
            upsert_papers(connection, papers, now)
            put_predictions(
                connection,
                [
                    prediction(p.arxiv_id, 0.9 - n / 1000, content_hash=p.content_hash)
                    for n, p in enumerate(papers)
                ],
            )
            enqueue(connection, MODEL, 0.1, now)

    def approve(self, *ids: str, at: datetime | None = None, reviewer: str = "Ada") -> None:
        with self.store.write() as connection:
            for i in ids:
                decide(
                    connection,
                    i,
                    "approve",
                    reviewer=reviewer,
                    now=at or self.clock.now(),
                    cells=["inference/memory"],
                )

    def run(self, problem: str | None = None, exit_code: int = 0, **changes: Any) -> RunReport:
        """Record a run, as the nightly one does, and tell of it."""
        patient = changes.pop("patient", False)
        report = RunReport(f"run-{next(_NUMBERS):04d}", self.clock.now(), **changes)
        if problem:
            report.state, report.problem, report.exit_code = "failed", problem, exit_code or 3
        with self.store.write() as connection:
            start_run(connection, report.run_id, "nightly", "host", self.clock.now())
            state = "failed" if problem else "done"
            now = self.clock.now()
            finish_run(connection, report.run_id, state, now, report.as_json(), report.night)
        tell_night(self.settings, self.store, self.clock, report, patient=patient)
        return report

    def tomorrow(self, days: int = 1) -> None:
        self.clock.advance(86400 * days)

    def states(self) -> dict[tuple[str, str], str]:
        with self.store.read() as connection:
            rows = connection.execute(
                deliveries.select().order_by(deliveries.c.digest, deliveries.c.target)
            )
            return {(row.digest.removeprefix("night:"), row.target): row.state for row in rows}


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(box: Mailbox) -> Iterator[int]:
    with smtp_server(box) as port:
        yield port


def make(store: Store, tmp_path: Any, mail: MailSettings | None, webhook: Any = None) -> World:
    settings = load_settings().model_copy(
        update={
            "data_dir": tmp_path,
            "output_dir": tmp_path / "out",
            "mail": mail or MailSettings(),
            "webhook": webhook or WebhookSettings(),
        }
    )
    return World(store, FakeClock(BEGIN), settings)


@pytest.fixture
def world(store: Store, tmp_path: Any, port: int) -> World:
    return make(store, tmp_path, mail_settings(port))


@pytest.fixture
def light(sqlite_store: Store, tmp_path: Any, port: int) -> World:
    """The same on SQLite alone, for what is not about the database."""
    return make(sqlite_store, tmp_path, mail_settings(port))


def listed(text: str) -> list[str]:
    return re.findall(r"arxiv\.org/abs/(\S+)", text)


def test_what_came_what_was_approved_and_what_waits(world: World, box: Mailbox) -> None:
    world.arrive("2606.00001", "2606.00002", "2606.00003")
    world.approve("2606.00003")
    report = world.run()

    (mail,) = box.taken
    assert mail.recipients == [ADA]
    assert mail.message["To"] == ADA
    assert mail.message["Subject"] == "litmine, 30 June 2026: 2 new to review, 1 approved"
    new, _, rest = mail.text.partition("Approved since")
    assert listed(new) == ["2606.00001", "2606.00002"]
    assert "Inference × Memory" in new
    assert listed(rest) == ["2606.00003"]
    assert "approved by Ada" in rest
    assert "2  to be read" in rest
    assert "the oldest since 30 June 2026" in rest
    assert report.stages[-1].stage == "digest"
    assert report.stages[-1].summary == "sent to 1 of 1"
    assert report.warnings == []


def test_a_night_is_told_once_however_often_it_runs(world: World, box: Mailbox) -> None:
    world.arrive("2606.00001")
    for _ in range(3):
        world.run()
        world.clock.advance(1800)
        world.arrive("2606.00002")
    assert len(box.taken) == 1
    world.tomorrow()
    world.run()
    assert listed(box.taken[1].text) == ["2606.00002"]


def test_the_next_night_begins_where_the_last_one_ended(world: World, box: Mailbox) -> None:
    for night in range(4):
        ids = [f"2606.{night:03d}{n:02d}" for n in range(5)]
        world.arrive(*ids, at=world.clock.now() - timedelta(minutes=3))
        world.run()
        new, _, approved = box.taken[-1].text.partition("Approved since")
        assert sorted(listed(new)) == ids
        assert listed(approved) == ([f"2606.{night - 1:03d}00"] if night else [])
        world.approve(ids[0], at=world.clock.now() + timedelta(hours=3))
        world.tomorrow()
        world.clock.advance(-600 * night)  # not at the same time every night


def test_what_was_being_committed_while_the_digest_was_made_is_not_lost(
    world: World, box: Mailbox
) -> None:
    world.arrive("2606.00001", "2606.00002")
    before = world.clock.now() - timedelta(seconds=20)
    world.run()
    # Dated before the digest, visible after it.
    world.approve("2606.00002", at=before)
    world.arrive("2606.00009", at=before)
    world.tomorrow()
    world.run()
    new, _, approved = box.taken[1].text.partition("Approved since")
    assert listed(new) == ["2606.00009"]
    assert listed(approved) == ["2606.00002"]


def test_a_clock_that_ran_ahead_hides_nothing(light: World, box: Mailbox) -> None:
    light.clock.advance(86400 * 370)
    light.arrive("2606.00001")
    light.run(night=date(2026, 6, 30))
    light.clock.advance(-86400 * 369)  # the time was set right: it is the next night
    for number in range(2, 5):
        light.approve(f"2606.{number - 1:05d}")
        light.arrive(f"2606.{number:05d}")
        light.clock.advance(2)
        light.run()
        new, _, approved = box.taken[-1].text.partition("Approved since")
        assert listed(approved) == [f"2606.{number - 1:05d}"]
        assert f"2606.{number:05d}" in listed(new)
        light.tomorrow()
    assert len(box.taken) == 4


def test_three_recipients_one_refused_for_good(world: World, box: Mailbox, port: int) -> None:
    world.settings = world.settings.model_copy(
        update={"mail": mail_settings(port, recipients=(ADA, BO, CY))}
    )
    box.refuse[BO] = ["550 5.1.1 no such user"] * 2
    world.arrive("2606.00001")
    report = world.run()
    assert [mail.recipients for mail in box.taken] == [[ADA], [CY]]
    assert report.warnings == [
        f"digest: mail to {BO}: failed: the recipient was refused: 550 5.1.1 no such user"
    ]
    assert report.exit_code == 0
    world.tomorrow()
    world.arrive("2606.00002")
    world.run()
    world.tomorrow()
    world.arrive("2606.00003")
    world.run()
    # Back again: everything since the beginning, for him alone.
    (late,) = box.to(BO)
    assert sorted(listed(late.text)) == ["2606.00001", "2606.00002", "2606.00003"]
    assert late.text.count("did not reach you") == 2
    assert [listed(m.text) for m in box.to(ADA)] == [["2606.00001"], ["2606.00002"], ["2606.00003"]]


def test_greylisting_is_waited_for_and_the_mail_comes_once(world: World, box: Mailbox) -> None:
    box.refuse[ADA] = ["450 greylisted"] * 2
    world.arrive("2606.00001")
    report = world.run()
    assert len(box.taken) == 1
    assert world.clock.slept == [60.0, 240.0]
    assert report.warnings == []
    assert world.states() == {("2026-06-30", ADA): "sent"}


def test_what_could_not_be_sent_all_night_stands_in_the_next_digest(
    world: World, box: Mailbox
) -> None:
    box.refuse[ADA] = ["450 later"] * 4
    world.arrive("2606.00001")
    world.run()
    assert world.states() == {("2026-06-30", ADA): "waiting"}
    world.tomorrow()
    world.arrive("2606.00002")
    world.run()
    (mail,) = box.taken
    assert sorted(listed(mail.text)) == ["2606.00001", "2606.00002"]
    assert "The digest of 2026-06-30 did not reach you" in mail.text
    assert world.states() == {("2026-06-30", ADA): "failed", ("2026-07-01", ADA): "sent"}


def test_a_mail_that_may_have_arrived_is_not_sent_again(world: World, box: Mailbox) -> None:
    box.cut_after_dot = True
    world.arrive("2606.00001")
    report = world.run()
    assert world.states() == {("2026-06-30", ADA): "unsure"}
    assert "may have arrived" in report.warnings[0]
    box.cut_after_dot = False
    world.run()
    send_digest(world.settings, world.store, world.clock)
    assert len(box.taken) == 1
    world.tomorrow()
    world.run()
    assert listed(box.taken[1].text) == ["2606.00001"]
    assert "may have reached you or not" in box.taken[1].text


def test_a_process_that_died_while_sending_leaves_an_unsure_mail(
    world: World, box: Mailbox
) -> None:
    now = world.clock.now()
    with world.store.write() as connection:
        body = {"subject": "s", "text": "t", "html": "h", "number": 1}
        freeze(
            connection, "night:2026-06-30", "mail", ADA,
            message_id="m@example.org", body=body, covers_to=now, now=now,
        )  # fmt: skip
        connection.execute(deliveries.update().values(state="sending", attempts=1))
    world.run()
    assert world.states() == {("2026-06-30", ADA): "unsure"}
    assert box.taken == []


def test_a_wrong_password_waits_for_a_person(light: World, box: Mailbox) -> None:
    light.arrive("2606.00001")
    good, wrong = light.settings, light.settings.mail
    with smtp_server(Mailbox(), auth=True) as port:
        light.settings = good.model_copy(update={"mail": wrong.model_copy(update={"port": port})})
        report = light.run()
    assert light.clock.slept == []
    assert "mail.password" in report.warnings[0]
    sending = send_digest(good, light.store, light.clock)
    assert sending.summary() == "sent to 1 of 1"
    assert len(box.taken) == 1


def test_quiet_nights_are_silent_unless_wanted(light: World, box: Mailbox, port: int) -> None:
    light.arrive("2606.00001")
    light.run()
    light.tomorrow()
    assert light.run().stages[-1].summary == "no news, nothing sent"
    assert len(box.taken) == 1
    light.settings = light.settings.model_copy(
        update={"mail": mail_settings(port, quiet_nights=True)}
    )
    light.tomorrow()
    light.run()
    light.run()
    assert [m.message["Subject"] for m in box.taken[1:]] == ["litmine, 2 July 2026: nothing new"]


def test_weekends_send_nothing_and_monday_tells_all(light: World, box: Mailbox) -> None:
    light.tomorrow(3)  # Friday 3 July
    light.arrive("2606.00001")
    light.run()
    assert len(box.taken) == 1
    for _ in range(3):  # Saturday, Sunday, and Monday: Independence Day is kept on Friday
        light.tomorrow()
        light.approve("2606.00001") if light.clock.now().day == 5 else None
        assert "nothing" in light.run().stages[-1].summary
    light.tomorrow()
    light.run()
    assert listed(box.taken[1].text) == ["2606.00001"]


def test_a_failed_night_tells_so_once(world: World, box: Mailbox) -> None:
    world.arrive("2606.00001")
    for _ in range(3):
        world.run("arXiv could not be reached: come back later")
        world.clock.advance(1800)
    (mail,) = box.taken
    assert mail.message["Subject"] == "litmine, 30 June 2026: the night failed, 1 new to review"
    assert "arXiv could not be reached" in mail.text
    assert "arXiv could not be reached" in mail.html
    world.arrive("2606.00002")
    world.run()
    assert len(box.taken) == 1
    world.tomorrow()
    world.run()
    assert listed(box.taken[1].text) == ["2606.00002"]
    assert "2 runs failed before" in box.taken[1].text


def test_who_tries_again_is_told_of_the_failure_only_when_it_lasts(
    light: World, box: Mailbox
) -> None:
    for _ in range(3):
        report = light.run("arXiv is away", patient=True)
        assert report.stages[-1].summary.startswith("held back")
        light.clock.advance(1800)
    light.arrive("2606.00001")
    light.run(patient=True)
    (mail,) = box.taken
    assert listed(mail.text) == ["2606.00001"]
    assert "failed before: arXiv is away" in mail.text
    light.tomorrow()
    for _ in range(10):
        light.run("arXiv is away", patient=True)
        light.clock.advance(1800)
    assert len(box.taken) == 2
    assert "the night failed" in box.taken[1].message["Subject"]
    light.tomorrow()
    light.run("the model is damaged", exit_code=5, patient=True)
    assert len(box.taken) == 3, "what does not pass by itself is told at once"


def test_alarms_are_told_and_not_repeated(light: World, box: Mailbox) -> None:
    light.arrive("2606.00001")
    with light.store.write() as connection:
        put_announcements(
            connection,
            [Announcement(BEGIN.date(), f"2606.0000{n}", "new", 1) for n in range(1, 6)],
        )
        alarm = "2026-06-30: share that enters the queue is 31%, outside 8% to 22%"
        figures = {"reference_nights": 20.0}
        put_drift(
            connection, StoredDrift(BEGIN.date(), MODEL, 5, figures, (alarm,)), light.clock.now()
        )
    light.run(warnings=["arXiv cannot reach you: set a contact", f"drift {alarm}"])
    mail = box.taken[0]
    told = " ".join(mail.text.split())
    assert mail.message["Subject"] == "litmine, 30 June 2026: 3 alarms, 1 new to review"
    assert "4 papers announced on 2026-06-30 not stored here: 2606.00002, 2606.00003" in told
    assert told.count(alarm) == 1
    assert "arXiv cannot reach you" in told
    assert "arXiv announced 5 papers; 4 of them are missing here." in told
    with light.store.write() as connection:
        upsert_papers(connection, [paper(f"2606.0000{n}") for n in range(2, 6)], light.clock.now())
    light.tomorrow()
    report = light.run(warnings=["arXiv cannot reach you: set a contact"])
    assert report.stages[-1].summary == "no news, nothing sent"


def test_nothing_of_a_stranger_becomes_markup_or_a_header(light: World, box: Mailbox) -> None:
    from lxml import html

    evil = (
        '"><img src=http://evil.example/x.png onerror=alert(1)>\r\nBcc: m@evil.example\r\n\r\n'
        "<script>alert(1)</script> www.evil.example {{ 7*7 }} \u202egnp.exe $\\href{x}{y}$"
    )
    light.arrive("2606.00001", title=evil, authors=("<b>Eve</b>\r\nSubject: x",))
    light.arrive("2606.00002", title="Honest: $O(n^2)$ & pass@10")
    light.approve("2606.00002", reviewer="<i>Ada</i>")
    light.run("<b>a problem</b> at https://evil.example/?q=1\nX: y")
    (mail,) = box.taken
    assert mail.message["Bcc"] is None
    assert set(mail.message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
        "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    }  # fmt: skip
    page = html.fromstring(mail.html)
    assert {a.get("href").split("/")[2] for a in page.iter("a")} == {"arxiv.org"}
    kinds = {str(element.tag) for element in page.iter() if isinstance(element.tag, str)}
    assert kinds.isdisjoint({"img", "script", "link", "iframe", "object", "b", "form", "svg"})
    assert "url(" not in mail.html
    assert not [a for e in page.iter() for a in e.keys() if a.startswith("on") or a == "src"]  # noqa: SIM118
    assert "<sup>2</sup>" in mail.html
    assert "7*7" in page.text_content()
    for part in (mail.text, page.text_content()):
        assert "\u202e" not in part
        assert "pass@10" in part
        assert not re.search(r"://(?!arxiv\.org)|www\.evil|m@evil", part)


def test_a_long_night_stays_below_what_mail_readers_cut_off(light: World, box: Mailbox) -> None:
    title = "A title of the longest kind, " * 12 + "with $\\mathcal{O}(n^{2})$ in it"
    ids = [f"2606.{n:05d}" for n in range(1, 400)]
    light.arrive(*ids, title=title, authors=tuple(f"Author {n}" for n in range(900)))
    light.approve(*ids[200:])
    light.run()
    (mail,) = box.taken
    assert mail.message["Subject"].endswith("200 new to review, 199 approved")
    assert len(mail.html.encode()) < 100_000
    assert "... and 170 more." in mail.text


def test_the_webhook_gets_the_same_and_can_tell_a_second_try(store: Store, tmp_path: Any) -> None:
    with Hook(500, 503, "cut") as hook:
        world = make(store, tmp_path, None, hook.settings())
        world.arrive("2606.00001", "2606.00002")
        world.approve("2606.00002")
        world.run()
        world.run()
        assert len(hook.received) == 4
        assert len({one.headers["webhook-id"] for one in hook.received}) == 1
        assert len({one.body for one in hook.received}) == 1
    assert world.clock.slept == [60.0, 240.0, 600.0]
    (state,) = world.states().values()
    assert state == "sent"
    told = hook.received[0].json
    assert told["type"] == "litmine.digest"
    data = told["data"]
    assert (data["night"], data["failed"], data["since"]) == ("2026-06-30", False, None)
    assert [p["arxiv_id"] for p in data["queued"]["papers"]] == ["2606.00001"]
    assert data["approved"] == {
        "total": 1,
        "papers": [
            {
                "arxiv_id": "2606.00002",
                "title": "Frugal decoding, part 2606.00002",
                "url": "https://arxiv.org/abs/2606.00002",
                "authors": ["Ada Example", "Bo Sample"],
                "cells": ["inference/memory"],
                "relevance": None,
                "reviewer": "Ada",
            }
        ],
    }
    assert data["waiting"]["states"]["pending"] == 1


def test_the_webhooks_signature_is_of_the_moment_it_is_sent(
    sqlite_store: Store, tmp_path: Any
) -> None:
    from litmine.core.clock import SystemClock

    with Hook() as hook:
        world = make(sqlite_store, tmp_path, None, hook.settings())
        world.clock = SystemClock()  # type: ignore[assignment]
        world.arrive("2606.00001")
        send_digest(world.settings, world.store, world.clock, again=True)
        (request,) = hook.received
    assert Webhook(SECRET).verify(request.body, request.headers) == json.loads(request.body)


def test_mail_and_webhook_have_fates_of_their_own(light: World, box: Mailbox) -> None:
    with Hook(*[500] * 4) as hook:
        light.settings = light.settings.model_copy(update={"webhook": hook.settings()})
        light.arrive("2606.00001")
        light.run()
        light.tomorrow()
        light.arrive("2606.00002")
        light.run()
    assert [listed(mail.text) for mail in box.taken] == [["2606.00001"], ["2606.00002"]]
    last = hook.received[-1].json["data"]
    assert sorted(p["arxiv_id"] for p in last["queued"]["papers"]) == ["2606.00001", "2606.00002"]
    assert {alarm["kind"] for alarm in last["alarms"]} == {"delivery"}
    assert "in-the-address" not in str(light.states())


def test_nothing_is_done_where_nobody_is_set(sqlite_store: Store, tmp_path: Any) -> None:
    world = make(sqlite_store, tmp_path, None)
    world.arrive("2606.00001")
    report = world.run()
    assert report.stages == []
    assert world.states() == {}
    with pytest.raises(InputError, match="nobody gets digests yet"):
        send_digest(world.settings, world.store, world.clock)


def test_a_recipient_who_is_new_is_not_told_of_a_year(
    light: World, box: Mailbox, port: int
) -> None:
    light.arrive("2606.00001")
    light.run()
    light.tomorrow()
    light.arrive("2606.00002")
    light.settings = light.settings.model_copy(
        update={"mail": mail_settings(port, recipients=(ADA, BO))}
    )
    light.run()
    assert [listed(mail.text) for mail in box.to(BO)] == [["2606.00002"]]


def test_a_recipient_who_was_taken_off_gets_nothing_that_waits(
    light: World, box: Mailbox, port: int
) -> None:
    box.refuse[ADA] = ["450 later"] * 4
    light.arrive("2606.00001")
    light.run()
    light.settings = light.settings.model_copy(
        update={"mail": mail_settings(port, recipients=(BO,))}
    )
    sending = send_digest(light.settings, light.store, light.clock)
    assert sending.problems == [f"mail to {ADA}: failed: no longer in the settings"]
    assert box.taken == []


def test_by_hand_again(light: World, box: Mailbox) -> None:
    light.arrive("2606.00001")
    light.run("arXiv is away")
    light.arrive("2606.00002")
    sending = send_digest(light.settings, light.store, light.clock)
    assert (sending.summary(), len(box.taken)) == ("the digest of 2026-06-30 was sent before", 1)
    send_digest(light.settings, light.store, light.clock, again=True)
    assert listed(box.taken[1].text) == ["2606.00002"]
    # And the very same once more.
    send_digest(light.settings, light.store, light.clock, night=date(2026, 6, 30), again=True)
    assert box.taken[2].content.split(b"Date:")[0] == box.taken[1].content.split(b"Date:")[0]
    assert box.taken[2].message["Message-ID"] == box.taken[1].message["Message-ID"]
    light.tomorrow()
    light.arrive("2606.00003")
    light.run()
    assert listed(box.taken[3].text) == ["2606.00003"]
    with pytest.raises(NotFound, match="no digest was made for 2025-01-01"):
        frozen(light.store, date(2025, 1, 1))


def test_every_attempt_sends_the_same_bytes(light: World, box: Mailbox) -> None:
    box.answers = ["451 later", "451 later"]
    kept: list[bytes] = []
    light.arrive("2606.00001")
    from litmine.jobs.publish import outbox

    def keep(settings: Any, to: str, content: bytes, about_to: Any) -> Any:
        kept.append(content)
        light.arrive(f"2606.0{len(kept):04d}")  # the world goes on
        return send(settings, to, content, about_to)

    send = outbox.send_mail
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "send_mail", keep)
        light.run()
    assert len(kept) == 3
    assert len(set(kept)) == 1
    assert kept[0] == box.taken[0].content


def test_another_process_is_left_to_it(light: World, box: Mailbox) -> None:
    light.arrive("2606.00001")
    with held_lease(light.store, light.clock, "digest"):
        assert light.run().stages[-1].summary == "another process is sending it"
        with pytest.raises(LeaseHeld):
            send_digest(light.settings, light.store, light.clock)
    assert box.taken == []
    light.run()
    assert len(box.taken) == 1


def test_a_fault_of_the_digest_fails_no_night(
    light: World, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litmine.jobs.publish import digest

    def broken(*_: Any, **__: Any) -> None:
        raise SourceError("no luck")

    monkeypatch.setattr(digest, "lay_down", broken)
    report = light.run()
    assert (report.state, report.exit_code) == ("done", 0)
    assert report.warnings == ["the digest was not sent: no luck"]
    assert report.stages[-1].state == "failed"


@pytest.mark.parametrize(
    ("now", "read", "night"),
    [
        # 01:40 in New York on Tuesday: the feed tells of Tuesday.
        ("2026-06-30T05:40", "2026-06-30", "2026-06-30"),
        ("2026-06-30T05:40", None, "2026-06-30"),
        # The feed is late and still shows Monday, which is not told yet, or is.
        ("2026-06-30T05:40", "2026-06-29", "2026-06-29"),
        ("2026-06-30T05:40", "2026-06-26", "2026-06-30"),
        # 21:00 on Monday: announced, but the feeds have not turned over.
        ("2026-06-30T01:00", None, "2026-06-29"),
        # Weekend and holiday.
        ("2026-06-27T12:00", None, None),
        ("2026-06-28T12:00", None, None),
        ("2026-11-26T14:00", None, "2026-11-26"),
        ("2026-11-27T14:00", None, None),
        # 01:40 in winter.
        ("2026-12-01T06:40", None, "2026-12-01"),
        ("2026-12-01T04:30", None, "2026-11-30"),
        # A stand-in that shows another year.
        ("2026-11-24T05:40", "2026-06-26", "2026-06-26"),
    ],
)
def test_which_night_a_run_is_about(
    sqlite_store: Store, now: str, read: str | None, night: str | None
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with sqlite_store.write() as connection:
        freeze(
            connection, "night:2026-06-26", "mail", ADA,
            message_id="m", body={}, covers_to=moment, now=moment,
        )  # fmt: skip
        found = _night(connection, date.fromisoformat(read) if read else None, moment)
    assert found == (date.fromisoformat(night) if night else None)


def test_status_tells_who_and_what(light: World, box: Mailbox) -> None:
    light.arrive("2606.00001")
    light.run()
    told = digest_status(light.settings, light.store)
    assert told.recipients == (("mail", ADA),)
    assert [(row.digest, row.state) for row in told.rows] == [("night:2026-06-30", "sent")]
    with light.store.read() as connection:
        assert deliveries_of(connection, ["night:2026-06-30"])[0].covers_to == light.clock.now()


@pytest.fixture
def searching(light: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> SavedSearches:
    """Saved searches over an index that is brought into step when papers are looked for."""
    encoder = WordEncoder()
    folder = tmp_path / "index"

    def in_step(settings: Settings, store: Store) -> Searcher:
        sync(store, folder, encoder.encoder_id, model_id=MODEL, dim=encoder.dim)
        searcher = Searcher(store, SearchIndex.open(folder, encoder.encoder_id), encoder)
        searcher._standings = StandingsKeeper(store, look_again=0)
        return searcher

    monkeypatch.setattr(Searcher, "open", in_step)
    return SavedSearches(light.store, in_step(light.settings, light.store), light.clock)


def test_news_of_saved_searches_are_told_once(
    light: World, box: Mailbox, searching: SavedSearches
) -> None:
    searching.save("Ada", "every <b>cache</b>", "frugal caches", "everything")
    searching.save("Bo", "quiet", "frugal caches", "everything", digest=False)
    light.arrive("2606.00001", title="Frugal caches, one")
    light.run()
    told = box.taken[0].text.partition("New in saved searches")[2].partition("Awaits")[0]
    assert "every <b>cache</b> (Ada): 1" in told
    assert listed(told) == ["2606.00001"]
    assert "(Bo)" not in told
    assert "every &lt;b&gt;cache&lt;/b&gt;" in box.taken[0].html
    light.tomorrow()
    assert light.run().stages[-1].summary == "no news, nothing sent"
    # Stored while the last digest was made, and seen only now.
    light.arrive("2606.00002", title="Frugal caches, two", at=BEGIN - timedelta(seconds=9))
    light.run()
    told = box.taken[1].text.partition("New in saved searches")[2]
    assert listed(told) == ["2606.00002"]


def test_searches_that_cannot_run_cost_nobody_the_digest(
    light: World, box: Mailbox, searching: SavedSearches, monkeypatch: pytest.MonkeyPatch
) -> None:
    searching.save("Ada", "caches", "frugal caches", "everything")

    def damaged(settings: Settings, store: Store) -> Searcher:
        raise ModelError("the encoder is damaged")

    monkeypatch.setattr(Searcher, "open", damaged)
    for night in range(3):
        light.arrive(f"2606.0000{night}")
        light.run()
        light.tomorrow()
    assert [listed(mail.text) for mail in box.taken] == [[f"2606.0000{n}"] for n in range(3)]
    told = ["could not be looked through" in mail.text for mail in box.taken]
    assert told == [True, False, False]
