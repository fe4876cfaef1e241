"""Sends digests in processes that can be told to die at a given commit.

Usage: digest_driver.py DATABASE_URL OUTPUTS SMTP_PORT HOOK_URL RECIPIENT ...

For every line "NIGHT KILL_AT" on its standard input it makes a process of its own (a fork, so that
nothing is imported twice), prints that one's number, waits for one more line, and prints how it
ended. KILL_AT n > 0: SIGKILL itself just before the n-th commit; 0: live. A process that lives
prints how often it committed.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import date
from pathlib import Path

# Before the first fork, since the processes need them all.
import httpx  # noqa: F401
from sqlalchemy import event

from litmine.core.clock import SystemClock
from litmine.core.log import configure_logging
from litmine.core.settings import load_settings
from litmine.jobs.nightly import new_run_id
from litmine.jobs.publish.digest import tell_night
from litmine.jobs.report import RunReport
from litmine.publish.digest.message import _environment
from litmine.store import open_store
from litmine.store.runs import finish_run, start_run

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.support.hook import SECRET
from tests.support.smtp import mail_settings


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def live(arguments: list[str], night: str, kill_at: int) -> None:
    url, outputs, port, hook, *recipients = arguments
    base = load_settings()
    settings = base.model_copy(
        update={
            "output_dir": Path(outputs),
            "mail": mail_settings(int(port), recipients=tuple(recipients), timeout_seconds=20.0),
            "webhook": type(base.webhook)(url=hook, secret=SECRET),
        }
    )
    commits = 0

    def before_commit(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = SystemClock()
    with open_store(url, migrate=False) as store:
        # As the nightly run does, which tells of a night only when it is over and recorded.
        report = RunReport(new_run_id(clock.now()), clock.now(), night=date.fromisoformat(night))
        with store.write() as connection:
            start_run(connection, report.run_id, "nightly", "host", clock.now())
            finish_run(
                connection, report.run_id, "done", clock.now(), report.as_json(), report.night
            )
        event.listen(store.engine, "commit", before_commit)
        tell_night(settings, store, clock, report)
    say(f"commits {commits}")


def main() -> None:
    configure_logging("error")
    _environment().get_template("digest.html")  # read once, before the first fork
    for line in iter(_line, ""):
        night, kill_at = line.split()
        child = os.fork()
        if child == 0:
            _line()  # the test knows our number now
            live(sys.argv[1:], night, int(kill_at))
            os._exit(0)
        say(f"process {child}")
        _, status = os.waitpid(child, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


def _line() -> str:
    """Read a line byte by byte: a buffer would keep back what the child is to read."""
    read = b""
    while (byte := os.read(0, 1)) not in {b"", b"\n"}:
        read += byte
    return read.decode()


if __name__ == "__main__":
    main()
