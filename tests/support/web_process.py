"""`litmine serve` in a process of its own, which can be killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_LITMINE = str(Path(sys.executable).with_name("litmine"))
_PATIENCE = 60.0


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class WebProcess:
    """A server on a port of its own that it keeps over restarts.

    Parameters
    ----------
    environment : mapping
        The whole environment of the process; LITMINE_DATA_DIR or LITMINE_DATABASE_URL name the
        database, which must have the present schema.
    log : Path
        Takes what the process prints.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def start(self) -> None:
        """Start it, and return when it answers."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [_LITMINE, "serve", "--port", str(self.port), "--json"],
                env=self._environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended at once: {self.log()}")
            try:
                urllib.request.urlopen(f"{self.url}/static/missing", timeout=_PATIENCE).close()
            except urllib.error.HTTPError as error:
                error.close()
                return  # it answers
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"the server does not answer: {self.log()}")

    def kill(self) -> None:
        """End it by SIGKILL, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def log(self) -> str:
        """Return what it printed, the last few thousand characters."""
        return self._log.read_text("utf-8", "replace")[-4000:]

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()
