"""One mail to servers of every kind: what came of it is known, or known not to be."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from litmine.publish.digest.mail import Outcome, compose, send_mail
from tests.support.smtp import PASSWORD, USER, Mailbox, RawServer, certificate, mail_settings
from tests.support.smtp import smtp_server as serve

ADA = "ada@example.org"
WRONG, UMLAUT = "battery staple", "Größe"
NOW = datetime(2026, 7, 14, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("certificate"))


def content(text: str = "Guten Tag\n", recipient: str = ADA) -> bytes:
    return compose(
        "litmine@example.org",
        recipient,
        "Größe",
        text,
        f"<p>{text}</p>",
        message_id="night-1@example.org",
        made_at=NOW,
    )


def send(port: int, mail: bytes | None = None, to: str = ADA, **changes: Any) -> Outcome:
    return send_mail(mail_settings(port, **changes), to, mail or content(), lambda: True)


def test_a_mail_arrives_as_it_was_made():
    box = Mailbox()
    text = ".\n..two dots\n. and one\n" + "long " * 400 + "\nGröße 漢字\n"
    with serve(box) as port:
        assert send(port, content(text)) == Outcome("sent")
    (mail,) = box.taken
    assert mail.content == content(text)
    assert mail.text == text
    assert mail.message["Subject"] == "Größe"
    assert max(map(len, mail.content.splitlines())) < 990
    mail.content.decode("ascii")


def test_the_same_mail_has_the_same_bytes_every_time():
    assert content() == content()
    assert content() != content(recipient="bo@example.org")


@pytest.mark.parametrize("field", ["sender", "recipient", "subject"])
def test_no_header_can_be_smuggled_in(field):
    fields = {"sender": "a@b.c", "recipient": "d@e.f", "subject": "hello"}
    fields[field] += "\r\nBcc: mallory@example.org"
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        compose(
            **fields,
            text="",
            html="",
            message_id="1@example.org",
            made_at=NOW,
        )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_login(security, own, monkeypatch):
    path, context = own
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    box = Mailbox()
    with serve(box, auth=True, **{security: context}) as port:
        outcome = send(port, security=security, username=USER, password=PASSWORD)
    assert outcome == Outcome("sent")
    assert box.logins == [PASSWORD.encode()]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(security, own):
    box = Mailbox()
    with serve(box, auth=True, **{security: own[1]}) as port:
        outcome = send(port, security=security, username=USER, password=PASSWORD)
    assert (outcome.state, outcome.soon) == ("waiting", False)
    assert "certificate" in outcome.problem
    assert "SSL_CERT_FILE" in outcome.problem
    assert (box.taken, box.logins) == ([], [])


def test_a_certificate_of_another_host_is_refused(tmp_path, monkeypatch):
    path, context = certificate(tmp_path, "mail.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    box = Mailbox()
    with serve(box, starttls=context) as port:
        outcome = send(port, security="starttls")
    assert outcome.state == "waiting"
    assert "IP address mismatch" in outcome.problem
    assert box.taken == []


def test_a_server_without_starttls_gets_no_password_and_no_mail():
    box = Mailbox()
    with serve(box) as port:
        outcome = send(port, security="starttls", username=USER, password=PASSWORD)
    assert (outcome.state, outcome.soon) == ("waiting", False)
    assert "mail.security" in outcome.problem
    assert (box.taken, box.logins) == ([], [])


def test_tls_to_a_port_that_does_not_speak_it():
    with serve(Mailbox()) as port:
        outcome = send(port, security="tls")
    assert (outcome.state, outcome.soon) == ("waiting", False)
    assert "mail.security" in outcome.problem


def test_a_wrong_password_is_for_a_person_and_is_not_repeated(own, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(own[0]))
    box = Mailbox()
    with serve(box, auth=True, starttls=own[1]) as port:
        outcome = send(port, security="starttls", username=USER, password=WRONG)
    assert (outcome.state, outcome.soon, outcome.anybody) == ("waiting", False, True)
    assert "mail.password" in outcome.problem
    assert WRONG not in outcome.problem
    assert box.taken == []


def test_a_password_that_smtp_cannot_say(own, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(own[0]))
    with serve(Mailbox(), auth=True, starttls=own[1]) as port:
        outcome = send(port, security="starttls", username=USER, password=UMLAUT)
    assert outcome.state == "waiting"
    assert "ASCII" in outcome.problem


def test_a_login_that_the_server_wants_is_asked_for():
    with serve(Mailbox(), auth=True) as port:
        outcome = send(port)
    assert (outcome.state, outcome.soon, outcome.anybody) == ("waiting", False, True)
    assert "mail.username" in outcome.problem


@pytest.mark.parametrize(
    ("answer", "state", "soon"),
    [
        ("450 4.2.0 Greylisted, come back later", "waiting", True),
        ("451 try again", "waiting", True),
        ("550 5.1.1 No such user", "failed", False),
        ("554 no", "failed", False),
    ],
)
def test_a_recipient_refused(answer, state, soon):
    box = Mailbox(refuse={ADA: [answer]})
    with serve(box) as port:
        outcome = send(port)
        assert (outcome.state, outcome.soon) == (state, soon)
        assert answer[4:] in outcome.problem
        assert box.taken == []
        assert send(port).state == "sent"


@pytest.mark.parametrize(
    ("answer", "state"), [("452 disk full", "waiting"), ("554 spam", "failed")]
)
def test_refused_after_the_dot_is_certainly_not_delivered(answer, state):
    box = Mailbox(answers=[answer])
    with serve(box) as port:
        assert send(port).state == state
    assert box.taken == []


def test_taken_and_not_answered_is_unsure():
    box = Mailbox(cut_after_dot=True)
    with serve(box) as port:
        outcome = send(port)
    assert outcome.state == "unsure"
    assert len(box.taken) == 1


@pytest.mark.parametrize("then", ["cut", "hang"])
@pytest.mark.parametrize("until", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "content", "dot"])
def test_what_is_known_when_a_server_goes_away(until, then):
    asked = []

    def about_to() -> bool:
        asked.append(True)
        return True

    # More than the buffers between the two take at once, so that the sender is still sending.
    mail = content("padding\n" * 1_000_000 if until == "content" else "short\n")
    with RawServer(until, then) as server:
        settings = mail_settings(server.port, timeout_seconds=0.3)
        outcome = send_mail(settings, ADA, mail, about_to)
    if until == "dot":
        assert outcome.state == "unsure"
        assert server.dots == 1
        assert asked == [True]
    else:
        assert (outcome.state, outcome.soon, outcome.anybody) == ("waiting", True, True)
        assert server.dots == 0
        assert asked == []


@pytest.mark.parametrize("until", ["greeting", "MAIL", "dot"])
def test_a_server_that_sends_a_byte_at_a_time_is_cut_off(until):
    with RawServer(until, "drip") as server:
        outcome = send_mail(
            mail_settings(server.port, timeout_seconds=0.1), ADA, content(), lambda: True
        )
    assert outcome.state == ("unsure" if until == "dot" else "waiting")


def test_nobody_listens():
    with RawServer("greeting", "cut") as server:
        port = server.port
    outcome = send(port)
    assert (outcome.state, outcome.soon) == ("waiting", True)


def test_the_dot_stays_here_when_somebody_else_took_over():
    box = Mailbox()
    with serve(box) as port:
        outcome = send_mail(mail_settings(port), ADA, content(), lambda: False)
    assert outcome.state == "waiting"
    assert box.taken == []


def test_the_dot_stays_here_when_the_database_fails():
    def broken() -> bool:
        raise RuntimeError("no database")

    box = Mailbox()
    with serve(box) as port, pytest.raises(RuntimeError, match="no database"):
        send_mail(mail_settings(port), ADA, content(), broken)
    assert box.taken == []
