"""Handing one mail to an SMTP server, so that what came of it is known as well as it can be.

A mail is the server's from the moment it has read the closing dot. Everything before can be tried
again without harm; an end between the dot and the server's answer leaves it unknown (RFC 5321,
4.5.3.2.6, asks for a long wait there, since giving up early is what makes mails arrive twice). So
the content is sent first, then the caller is asked to note that the dot is about to leave, then the
dot is sent, alone.

Passwords go over TLS only, whose certificate is verified; a certificate authority of one's own is
named with SSL_CERT_FILE.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Literal

from litmine.core.plain import clean
from litmine.core.sections_outward import MailSettings

__all__ = ["Outcome", "compose", "send_mail"]

#: Answers to the closing dot take longer than others; and a server that sends a byte at a time
#: must not hold a night for ever.
_LAST_ANSWER, _WHOLE = 4, 12
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    Attributes
    ----------
    state : {'sent', 'waiting', 'failed', 'unsure'}
        Confirmed; not sent, so that it can be tried again; refused for good; nobody knows.
    problem : str or None
        Why not, in one line that says what to do.
    soon : bool
        Whether trying again within minutes is of use.
    anybody : bool
        Whether other recipients would fare the same.
    """

    state: Literal["sent", "waiting", "failed", "unsure"]
    problem: str | None = None
    soon: bool = False
    anybody: bool = False


def compose(
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    *,
    message_id: str,
    made_at: datetime,
) -> bytes:
    """Make a mail of text and HTML; the same arguments give the same bytes.

    Raises
    ------
    ValueError
        An address or the subject holds a line break.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = f"litmine <{sender}>"
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(made_at)
    message["Message-ID"] = f"<{message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    # Boundaries are drawn at random otherwise; this one, too, can stand in no quoted-printable.
    message.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
    return message.as_bytes()


def send_mail(
    settings: MailSettings, recipient: str, content: bytes, about_to: Callable[[], bool]
) -> Outcome:
    """Send one mail.

    Parameters
    ----------
    content : bytes
        From `compose`.
    about_to : callable
        Called just before the closing dot leaves; False: do not send it, somebody else does. Its
        exceptions are raised.
    """
    dotted = False
    try:
        with _connection(settings) as smtp, _limit(smtp, settings.timeout_seconds):
            _ask(smtp, "mail", *smtp.mail(settings.sender))
            _ask(smtp, "rcpt", *smtp.rcpt(recipient))
            _ask(smtp, "data", *smtp.docmd("DATA"), good=(354,))
            smtp.send(_stuffed(content))
            if not about_to():
                smtp.close()
                return Outcome("waiting", "another process took it over")
            dotted = True
            if smtp.sock is not None:
                smtp.sock.settimeout(_LAST_ANSWER * settings.timeout_seconds)
            smtp.send(b".\r\n")
            _ask(smtp, "content", *smtp.getreply())
    except _Refused as error:
        return error.outcome
    except UnicodeError:
        return Outcome(
            "waiting", "mail.username and mail.password can hold ASCII only", anybody=True
        )
    except (OSError, smtplib.SMTPException) as error:
        if dotted:
            return Outcome(
                "unsure",
                f"{settings.host} took the mail and gave no answer ({_say(error)}): it may have "
                "arrived or not",
            )
        return _before_the_dot(settings, error)
    return Outcome("sent")


class _Refused(Exception):
    """The server's answer ends this attempt."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.problem)
        self.outcome = outcome


_STEPS = {
    "mail": "the sender was refused",
    "rcpt": "the recipient was refused",
    "data": "the mail was refused",
    "content": "the mail was refused",
}
#: Log in first, or otherwise: nothing that is wrong with the recipient.
_LOGIN = frozenset({530, 534, 535, 538})


def _ask(
    smtp: smtplib.SMTP, step: str, code: int, answer: bytes, good: tuple[int, ...] = (250, 251, 252)
) -> None:
    if code in good:
        return
    if not 400 <= code < 600:
        # No answer, or half of one: smtplib takes what came before the end for a line.
        raise smtplib.SMTPServerDisconnected("no answer that could be understood")
    said = f"{_STEPS[step]}: {code} {_plain(answer)}"
    if 400 <= code < 500:
        outcome = Outcome("waiting", f"{said} (for now)", soon=True, anybody=code == 421)
    elif step == "mail" or code in _LOGIN:
        hint = "check mail.sender, mail.username and mail.password, then litmine digest send"
        outcome = Outcome("waiting", f"{said}; {hint}", anybody=True)
    else:
        outcome = Outcome("failed", said)
    raise _Refused(outcome)


@contextmanager
def _connection(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """Open a connection, made safe and logged in as the settings say."""
    domain = settings.sender.rpartition("@")[2]
    # Not the machine's own name: to find it out can take the resolver half a minute.
    name = domain or "localhost"
    timeout = settings.timeout_seconds
    smtp: smtplib.SMTP
    if settings.security == "tls":
        context = ssl.create_default_context()
        smtp = smtplib.SMTP_SSL(local_hostname=name, timeout=timeout, context=context)
    else:
        smtp = smtplib.SMTP(local_hostname=name, timeout=timeout)
    # Given to the constructor, the host would be connected to at once, out of our time limit;
    # given to connect() alone, certificates would be compared with no name.
    smtp._host = settings.host  # type: ignore[attr-defined]
    try:
        with _limit(smtp, timeout):
            code, answer = smtp.connect(settings.host, settings.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, answer)
            smtp.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                # Refuses to go on without: a server, or who stands before it, cannot talk us out.
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo_or_helo_if_needed()
            if settings.username:
                smtp.login(settings.username, settings.password.get_secret_value())
        yield smtp
        _leave(smtp)
    finally:
        smtp.close()


def _leave(smtp: smtplib.SMTP) -> None:
    # The mail is delivered; how the farewell goes changes nothing.
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(2)
            smtp.quit()
    except (OSError, smtplib.SMTPException):
        pass


@contextmanager
def _limit(smtp: smtplib.SMTP, timeout: float) -> Iterator[None]:
    """Cut the connection off when everything together takes too long."""
    timer = threading.Timer(_WHOLE * timeout, _cut, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        try:
            smtp.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself


def _before_the_dot(settings: MailSettings, error: Exception) -> Outcome:
    where = f"{settings.host}:{settings.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return Outcome(
            "waiting",
            f"{where} shows a certificate that does not hold ({error.verify_message}): check "
            "mail.host, or name your certificate authority with SSL_CERT_FILE",
            anybody=True,
        )
    if isinstance(error, ssl.SSLError):
        return Outcome(
            "waiting",
            f"{where} does not speak TLS as asked ({clean(error.reason or 'handshake failed')}): "
            "check mail.security and mail.port",
            anybody=True,
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome(
            "waiting",
            f"{where} does not offer what is needed ({_say(error)}): check mail.security, "
            "mail.port and mail.username",
            anybody=True,
        )
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        # Only the code: some servers repeat what they were sent.
        return Outcome(
            "waiting",
            f"{where} refused the login ({error.smtp_code}): check mail.username and "
            "mail.password, then litmine digest send",
            anybody=True,
        )
    code = getattr(error, "smtp_code", 0)
    if isinstance(code, int) and code >= 500:
        problem = f"{where} refused us ({code} {_plain(getattr(error, 'smtp_error', b''))})"
        return Outcome("waiting", problem, anybody=True)
    return Outcome("waiting", f"{where} could not be used ({_say(error)})", soon=True, anybody=True)


def _stuffed(content: bytes) -> bytes:
    """Double the dots that begin a line (RFC 5321, 4.5.2); the content ends with a line end."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _say(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{error.smtp_code} at login"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_plain(error.smtp_error)}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return clean(error.strerror)
    return clean(str(error))[:_LONGEST] or type(error).__name__


def _plain(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return clean(text)[:_LONGEST]
