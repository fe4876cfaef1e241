"""Mail servers on loopback: a real one (aiosmtpd) that can be told to misbehave, and a raw one.

The real one says what it took; the raw one is for what no real server does: to hang, to cut the
connection in the middle of a mail, to send a byte at a time.
"""

from __future__ import annotations

import datetime
import email
import email.policy
import ipaddress
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from litmine.core.sections_outward import MailSettings

USER, PASSWORD = "litmine", "correct horse"


@dataclass
class Taken:
    """One mail that a server took over."""

    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


@dataclass
class Mailbox:
    """Handler of the real server.

    Attributes
    ----------
    refuse : dict of str to str
        Answers to RCPT by recipient, taken in turn where there are several lines.
    answers : list of str
        Answers to the closing dot, taken in turn; afterwards all is well.
    on : callable
        Called with the name of each step before it is answered: MAIL, RCPT, DATA, TAKEN.
    cut_after_dot : bool
        Take the mail and cut the connection instead of answering.
    """

    taken: list[Taken] = field(default_factory=list)
    refuse: dict[str, list[str]] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    on: Callable[[str], None] = lambda step: None
    cut_after_dot: bool = False
    logins: list[bytes] = field(default_factory=list)

    def to(self, recipient: str) -> list[Taken]:
        return [one for one in self.taken if recipient in one.recipients]

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.on("MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.on("RCPT")
        if self.refuse.get(address):
            return self.refuse[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.on("DATA")
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.taken.append(Taken(list(envelope.rcpt_tos), envelope.content))
            self.on("TAKEN")
        if self.cut_after_dot:
            server.transport.abort()
        return answer

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any):
        self.logins.append(data.password)
        known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=known)


@contextmanager
def smtp_server(
    mailbox: Mailbox,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    auth: bool = False,
) -> Iterator[int]:
    """Serve a mailbox; gives the port."""

    class Server(Controller):
        def factory(self) -> SMTP:
            with warnings.catch_warnings():
                # It knows nothing of TLS that began before it.
                warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
                return SMTP(
                    self.handler,
                    hostname="mail.example.org",
                    tls_context=starttls,
                    require_starttls=starttls is not None,
                    auth_required=auth,
                    auth_require_tls=starttls is not None,
                    authenticator=mailbox.login if auth else None,
                )

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Server(mailbox, hostname="127.0.0.1", port=port, ssl_context=tls, ready_timeout=10)
    server.start()
    try:
        yield port
    finally:
        server.stop()


class RawServer:
    """Speaks as much SMTP as it is told to, then does `then`.

    Parameters
    ----------
    until : str
        The step at which it stops to behave: ``greeting``, ``EHLO``, ``MAIL``, ``RCPT``, ``DATA``
        (its command), ``content`` (a part of it has come) or ``dot`` (all of it has come).
    then : str
        ``hang``, ``cut`` or ``drip`` (a byte every now and then, never a whole line).
    """

    def __init__(self, until: str, then: str) -> None:
        self._until, self._then = until, then
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]
        self.dots = 0
        self.connections = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._socket.close()
        self._thread.join(5)

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                peer, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            with peer:
                peer.settimeout(5)
                try:
                    self._talk(peer)
                except OSError:
                    continue

    def _misbehave(self, peer: socket.socket) -> None:
        if self._then == "cut":
            # With RST, so that nothing of it can look like a farewell.
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        while not self._over.wait(0.05):
            if self._then == "drip":
                peer.sendall(b"2")

    def _talk(self, peer: socket.socket) -> None:
        if self._until == "greeting":
            return self._misbehave(peer)
        peer.sendall(b"220 raw\r\n")
        reading = peer.makefile("rb")
        while line := reading.readline():
            verb = line.split()[0].upper().decode()
            if verb == self._until:
                return self._misbehave(peer)
            if verb == "DATA":
                peer.sendall(b"354 go on\r\n")
                while (line := reading.readline()) not in {b".\r\n", b""}:
                    if self._until == "content":
                        return self._misbehave(peer)
                self.dots += line == b".\r\n"
                if self._until == "dot":
                    return self._misbehave(peer)
            peer.sendall(b"250 raw\r\n")
        return None


def certificate(folder: Path, host: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """Make a certificate that signs itself; gives its file and a server's context."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
    other = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return path, context


def mail_settings(port: int, **changes: Any) -> MailSettings:
    """Settings for a server on loopback."""
    fields: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "litmine@example.org",
        "recipients": ("ada@example.org",),
        "timeout_seconds": 2.0,
    }
    return MailSettings(**(fields | changes))
