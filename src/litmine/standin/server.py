"""The stand-in server itself: routing, faults, a log of every request."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from litmine.core.errors import InputError, LitmineError
from litmine.standin import api, feeds, oai
from litmine.standin.faults import Fault, parse_fault
from litmine.standin.records import StandinRecord, record_from_line

__all__ = ["LoggedRequest", "StandinServer"]

_XML = "text/xml; charset=UTF-8"


@dataclass
class LoggedRequest:
    """One request as the server saw it.

    Attributes
    ----------
    at : float
        Monotonic seconds when it arrived; the differences are the gaps between requests.
    target : {'oai', 'rss', 'api', ''}
        The interface that was asked.
    path : str
        As it was sent, with the query.
    status : int
        What was answered (0 while it is being answered, or when the connection was cut).
    faults : list of str
        The faults that struck.
    """

    at: float
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def fault(self) -> str | None:
        """The first fault that struck, or None."""
        return self.faults[0] if self.faults else None


@dataclass
class _Reply:
    status: int
    content: bytes
    content_type: str = _XML
    headers: dict[str, str] = field(default_factory=dict)


class StandinServer:
    """A loopback arXiv; use it as a context manager.

    Parameters
    ----------
    records : iterable of StandinRecord or dict
        What to serve; dicts are lines of a nights or snapshot file.
    faults : iterable of Fault or str
        Faults from the start; see `litmine.standin.faults`.
    today : date, optional
        The server's day (UTC). By default the latest day of the records, so that the feeds show
        the last night whenever the server is run.
    page_size : int
        OAI-PMH records a page.
    host, port
        Where to listen; port 0 takes a free one.

    Attributes
    ----------
    log : list of LoggedRequest
        Every request since the start, control requests excepted.
    max_concurrency : int
        Most requests that were being answered at the same time.

    Examples
    --------
    >>> line = {"arxiv_id": "2606.00001", "title": "T", "abstract": "A", "day": "2026-06-30"}
    >>> with StandinServer([line]) as server:
    ...     server.oai_url.endswith("/oai")
    True
    """

    def __init__(
        self,
        records: Iterable[StandinRecord | dict[str, Any]],
        *,
        faults: Iterable[Fault | str] = (),
        today: date | None = None,
        page_size: int = 1000,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        read = [r if isinstance(r, StandinRecord) else record_from_line(r) for r in records]
        # Modification order: stable within a day, as arXiv's is within a second.
        self.records = sorted(read, key=lambda r: r.datestamp)
        self.today = today or max((r.day for r in read), default=datetime.now(UTC).date())
        self.page_size = page_size
        self.log: list[LoggedRequest] = []
        self.max_concurrency = 0
        self._faults = [f if isinstance(f, Fault) else parse_fault(f) for f in faults]
        self._lock = threading.RLock()
        self._busy = 0
        self._stopping = threading.Event()
        try:
            self._http = _Server((host, port), _Handler, self)
        except OSError as error:
            raise InputError(f"cannot listen on {host}:{port}: {error.strerror}") from error
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def oai_url(self) -> str:
        """Base URL of OAI-PMH."""
        return f"{self.base_url}/oai"

    @property
    def rss_url(self) -> str:
        """Base URL of the feeds (``/rss/...`` and ``/atom/...`` below it)."""
        return self.base_url

    @property
    def api_url(self) -> str:
        """URL of the search API."""
        return f"{self.base_url}/api/query"

    @property
    def now(self) -> datetime:
        """The server's clock: 05:00 UTC of its day, the same at every run."""
        return datetime.combine(self.today, clock_time(5), UTC)

    def start(self) -> Self:
        """Serve in a thread."""
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve in this thread until `stop` or KeyboardInterrupt."""
        self._http.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """Stop serving and close the socket; requests under way are let go."""
        self._stopping.set()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def set_faults(self, *faults: Fault | str) -> None:
        """Replace the faults; their counters start anew."""
        read = [f if isinstance(f, Fault) else parse_fault(f) for f in faults]
        with self._lock:
            self._faults = read

    def replace_records(self, records: Iterable[StandinRecord | dict[str, Any]]) -> None:
        """Add records, or bring known ones to a new state: they move to the end of the list."""
        read = [r if isinstance(r, StandinRecord) else record_from_line(r) for r in records]
        names = {r.arxiv_id for r in read}
        with self._lock:
            kept = [r for r in self.records if r.arxiv_id not in names]
            self.records = sorted(kept + read, key=lambda r: r.datestamp)

    # -- answering ---------------------------------------------------------------------------

    def reply(self, entry: LoggedRequest, arguments: Sequence[tuple[str, str]]) -> _Reply:
        """Answer one request, faults included (except those of the connection)."""
        lower = {k.lower() for k, v in entry.headers.items() if v.strip()}
        if not {"user-agent", "accept"} <= lower:
            return _Reply(406, b"Not Acceptable: send User-Agent and Accept\n", "text/plain")
        struck = []
        with self._lock:
            for fault in self._faults:
                if fault.strikes(entry.target):
                    struck.append(fault)
                    entry.faults.append(fault.kind)
        for fault in struck:
            if fault.kind == "slow":
                self._stopping.wait(fault.wait)
            if fault.kind in {"429", "406", "500", "503"}:
                headers = {}
                if fault.after is not None:
                    headers["Retry-After"] = self._retry_after(fault.after)
                text = f"{fault.kind}: fault of the stand-in\n".encode()
                return _Reply(int(fault.kind), text, "text/plain", headers)
        with self._lock:
            return self._content(entry, arguments, {f.kind for f in struck})

    def _retry_after(self, after: str) -> str:
        kind, _, seconds = after.partition(":")
        if kind != "date":
            return after
        moment = datetime.now(UTC) + timedelta(seconds=float(seconds or 0))
        return format_datetime(moment, usegmt=True)

    def _content(
        self, entry: LoggedRequest, arguments: Sequence[tuple[str, str]], faults: set[str]
    ) -> _Reply:
        empty = "empty" in faults
        if entry.target == "oai":
            content, served = oai.answer(
                self.records,
                arguments,
                base_url=self.oai_url,
                now=self.now,
                page_size=self.page_size,
                empty=empty,
                expire="expired" in faults,
            )
            if "moved" in faults and served:
                first = served[0]
                self.records.remove(first)
                self.records.append(first.moved(self.today))
            return _Reply(200, content)
        if entry.target == "rss":
            kind, _, feed = urlsplit(entry.path).path.strip("/").partition("/")
            content = feeds.answer(
                self.records,
                unquote(feed),
                atom=kind == "atom",
                day=self.today,
                base_url=f"{self.base_url}/{kind}",
                empty=empty,
            )
            return _Reply(200, content, f"application/{kind}+xml; charset=utf-8")
        if entry.target == "api":
            kind = "application/atom+xml; charset=utf-8"
            try:
                content = api.answer(
                    self.records, dict(arguments), base_url=self.api_url, now=self.now, empty=empty
                )
            except api.BadQuery as error:
                content = api.error_feed(str(error), base_url=self.api_url, now=self.now)
                return _Reply(400, content, kind)
            return _Reply(200, content, kind)
        return _Reply(404, b"Not Found\n", "text/plain")

    def control(self, body: bytes) -> _Reply:
        """Change a running server: ``{"faults": [...], "today": "YYYY-MM-DD"}``."""
        try:
            wanted = json.loads(body or b"{}")
            if "faults" in wanted:
                self.set_faults(*wanted["faults"])
            if "today" in wanted:
                self.today = date.fromisoformat(wanted["today"])
            if "page_size" in wanted:
                self.page_size = max(1, int(wanted["page_size"]))
        except (ValueError, TypeError, AttributeError, LitmineError) as error:
            return _Reply(400, f"{error}\n".encode(), "text/plain")
        state = {
            "today": self.today.isoformat(),
            "page_size": self.page_size,
            "faults": [asdict(f) for f in self._faults],
            "requests": len(self.log),
        }
        return _Reply(200, json.dumps(state).encode() + b"\n", "application/json")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, address: tuple[str, int], handler: type[_Handler], standin: StandinServer
    ) -> None:
        super().__init__(address, handler)
        self.standin = standin

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up early is part of the exercise."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal free: `StandinServer.log` has it all."""

    def do_POST(self) -> None:
        """Answer the control endpoint."""
        length = min(int(self.headers.get("Content-Length") or 0), 2**20)
        body = self.rfile.read(length)
        if urlsplit(self.path).path == "/_control":
            self._send(self.server.standin.control(body), [])
        else:
            self._send(_Reply(404, b"Not Found\n", "text/plain"), [])

    def do_GET(self) -> None:
        """Answer one of the three interfaces."""
        standin = self.server.standin
        parts = urlsplit(self.path)
        if parts.path == "/_control":
            self._send(standin.control(b""), [])
            return
        arguments = parse_qsl(parts.query, keep_blank_values=True)
        entry = LoggedRequest(
            time.monotonic(), _target(parts.path), self.path, dict(arguments), dict(self.headers)
        )
        with standin._lock:
            standin.log.append(entry)
            standin._busy += 1
            standin.max_concurrency = max(standin.max_concurrency, standin._busy)
        try:
            reply = standin.reply(entry, arguments)
            entry.status = 0 if "cut" in entry.faults else reply.status
            waits = [f.wait for f in standin._faults if f.kind == "drip"]
        finally:
            # Before the last byte is sent: once it is read, the client may ask for more.
            with standin._lock:
                standin._busy -= 1
        self._send(reply, entry.faults, waits[0] if waits else 0.0)

    def _send(self, reply: _Reply, faults: Sequence[str], drip: float = 0.0) -> None:
        content = reply.content
        if reply.status == 200 and "truncate" in faults:
            content = content[: len(content) * 3 // 5]
        zipped = "gzip" in (self.headers.get("Accept-Encoding") or "")
        if zipped:
            content = gzip.compress(content, compresslevel=1, mtime=0)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        if "cut" in faults:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if "drip" in faults:
            pieces = 10
            size = len(content) // pieces + 1
            for i in range(pieces):
                self.wfile.write(content[i * size : (i + 1) * size])
                self.wfile.flush()
                self.server.standin._stopping.wait(drip / pieces)
            return
        self.wfile.write(content)


def _target(path: str) -> str:
    if path.rstrip("/") == "/oai":
        return "oai"
    if path.startswith(("/rss/", "/atom/")):
        return "rss"
    return "api" if path.rstrip("/") == "/api/query" else ""
