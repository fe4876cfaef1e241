"""A web server on loopback that misbehaves as asked, and says who asked it what and when."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    at: float


@dataclass
class LinkServer:
    """The server: its port, what it was asked, what it answers."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0
    held: threading.Event = field(default_factory=threading.Event)
    # Path to "STATUS" or "STATUS location"; changed by tests between rounds.
    answers: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self, method: str | None = None) -> list[str]:
        with self._lock:
            return [one.path for one in self.asked if method in {None, one.method}]

    def note(self, asked: Asked) -> None:
        with self._lock:
            self.asked.append(asked)


@contextlib.contextmanager
def link_server() -> Iterator[LinkServer]:
    """Serve until the block ends."""
    told = LinkServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):  # the other side has had enough
                _serve(self, told)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            told.held.set()
            server.shutdown()
            thread.join()


def _serve(handler: socketserver.StreamRequestHandler, told: LinkServer) -> None:
    line = handler.rfile.readline(4096).decode("latin-1").split()
    if len(line) < 2:
        return
    headers = {}
    while (raw := handler.rfile.readline(4096).decode("latin-1").strip()) != "":
        name, _, value = raw.partition(":")
        headers[name.lower()] = value.strip()
    method, path = line[0], line[1]
    told.note(Asked(method, path, headers, time.monotonic()))
    write = handler.wfile.write
    if path in told.answers:
        status, _, location = told.answers[path].partition(" ")
        more = f"Location: {location}\r\n" if location else ""
        write(f"HTTP/1.1 {status} X\r\n{more}Content-Length: 0\r\n\r\n".encode())
        return
    match path.split("?")[0]:
        case "/get-only" if method == "HEAD":
            write(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
        case "/lies-to-head" if method == "HEAD":
            write(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
        case "/range" if method == "HEAD":
            write(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        case "/range":
            write(b"HTTP/1.1 206 Part\r\nContent-Length: 1\r\n\r\no")
        case "/huge" if method == "HEAD":
            write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        case "/huge":
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            for _ in range(10_000):
                write(b"x" * 65536)
                told.sent += 65536
        case "/hang":
            told.held.wait(20)
        case "/wait":
            told.held.wait(20)
            write(PAGE[:-2])
        case "/drip":
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 4000:
                write(bytes([byte]))
                if told.held.wait(0.05):
                    return
        case "/cut":
            return
        case "/garbage":
            write(b"220 mail.example ESMTP\r\n")
        case "/long-head":
            write(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n\r\n")
        case "/busy":
            write(b"HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n")
        case "/down":
            write(b"HTTP/1.1 503 No\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n")
        case _:
            write(PAGE if method == "GET" else PAGE[:-2])
