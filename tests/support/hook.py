"""A webhook's receiver on loopback that can be told to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from litmine.core.sections_outward import WebhookSettings

SECRET = "whsec_bGl0bWluZSBzaWducyB3aXRoIHRoaXMga2V5ISE="  # noqa: S105


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Hook:
    """Answers with the statuses in `answers`, in turn, and then with 204.

    Parameters
    ----------
    answers : sequence of int or str
        ``hang``: no answer; ``flood``: an answer without end; ``drip``: a byte at a time; ``cut``:
        the connection ends; ``elsewhere``: a redirect to this same server.
    """

    def __init__(self, *answers: int | str, on: Callable[[], None] = lambda: None) -> None:
        hook = self
        self.received: list[Received] = []
        self.flooded = 0
        self._answers = list(answers)
        self.on = on
        self._over = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hook.received.append(Received(f"GET {self.path}", dict(self.headers), b""))
                self.send_response(204)
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.received.append(
                    Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                )
                hook.on()
                answer = hook._answers.pop(0) if hook._answers else 204
                if isinstance(answer, int):
                    self.send_response(answer)
                    self.send_header("content-length", "0")
                    self.end_headers()
                else:
                    getattr(self, answer)()

            def hang(self) -> None:
                hook._over.wait(10)

            def cut(self) -> None:
                self.connection.close()

            def drip(self) -> None:
                while not hook._over.wait(0.05):
                    self.wfile.write(b"H")

            def elsewhere(self) -> None:
                self.send_response(307)
                self.send_header("location", f"http://127.0.0.1:{hook.port}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def flood(self) -> None:
                self.send_response(200)
                self.end_headers()
                while not hook._over.is_set() and hook.flooded < 200_000_000:
                    hook.flooded += self.wfile.write(b"x" * 65536)

            def log_message(self, *_: Any) -> None:
                return None

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                return None  # whoever hangs up in the middle is what is tested

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/digests?key=in-the-address"

    def settings(self, **changes: Any) -> WebhookSettings:
        fields: dict[str, Any] = {"url": self.url, "secret": SECRET, "timeout_seconds": 1.0}
        return WebhookSettings(**(fields | changes))

    def wait_for(self, number: int) -> None:
        deadline = time.monotonic() + 10
        while len(self.received) < number and time.monotonic() < deadline:
            time.sleep(0.01)

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
