"""How long a decision takes while many decide and a night is being judged: ``make bench-review``.

Twenty reviewers decide over HTTP, each with a connection, a session or token and a rhythm of their
own, on the papers of a real night, while `litmine nightly` pulls, encodes, judges and queues other
nights into the same database. On SQLite and on PostgreSQL. Needs ../shared.

    make bench-review                                  3 minutes at 4 decisions a minute each
    .venv/bin/python tests/bench/reviewers.py --times 10         ten times that rate
    .venv/bin/python tests/bench/reviewers.py --without-nightly  what the night costs

A decision is timed from the first byte sent to the last byte of the answer. Afterwards the database
is held against what the reviewers were told: every decision in it once, each with its audit entry.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from litmine.review.people.accounts import Accounts
from litmine.review.people.logins import Logins
from litmine.standin import StandinServer, load_records
from litmine.store import Store, open_store
from litmine.store.copy import copy_store
from litmine.store.labels import finish_corpus
from litmine.store.queue import in_state
from litmine.web.api.common import cursor_to
from tests.bench.reviewer import Person, Seen
from tests.support.postgres import postgres_server
from tests.support.web_process import WebProcess

ROOT = Path(__file__).resolve().parents[2]
NIGHTS = ROOT.parent / "shared" / "data" / "nights"
QUEUED = "2026-06-30"


@dataclass
class Night:
    """What the nightly runs did meanwhile; `shield` is added to their nice value."""

    shield: int = 0
    runs: int = 0
    papers: int = 0
    problems: list[str] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """An environment with nothing of the user's own settings."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "LITMINE_DATA_DIR": str(folder / "data"),
        "LITMINE_LOG__LEVEL": "error",
        # The whole night is laid before the reviewers, so that there is enough to decide.
        "LITMINE_QUEUE__MIN_RELEVANCE": "0",
        **extra,
    }


def weigh(pid: int, nice: int) -> None:
    """Set the nice value of a process that leads a session, and the scheduler's for the session.

    Where sessions are scheduled as groups (autogroup), nice says nothing between two of them.
    """
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    with suppress(OSError):  # no autogroups, or not our right
        Path(f"/proc/{pid}/autogroup").write_text(str(nice), "ascii")


def one_nightly(
    folder: Path, night: str, told: Night, ended: threading.Event, **extra: str
) -> None:
    """Run one night against a stand-in, in a process of its own; end it early when `ended`."""
    with StandinServer(load_records([NIGHTS / f"{night}.jsonl.zst"])) as arxiv:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.reviewer", night],
            env=environment(
                folder,
                LITMINE_ARXIV__OAI_URL=arxiv.oai_url,
                LITMINE_ARXIV__RSS_URL=arxiv.rss_url,
                LITMINE_ARXIV__API_URL=arxiv.api_url,
                LITMINE_ARXIV__MIN_GAP_SECONDS="0",
                **extra,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        weigh(process.pid, 10 + told.shield)  # as jobs/litmine.service has it
        stopper = threading.Thread(target=_interrupt, args=(process, ended), daemon=True)
        stopper.start()
        out, err = process.communicate()
    if not out.strip():
        told.problems.append(err.strip()[-400:] or f"exit {process.returncode}")
        return
    report = json.loads(out.splitlines()[-1])
    told.runs += 1
    told.papers += report["papers"]
    told.writes += report["writes"]
    if report["problem"]:
        told.problems.append(report["problem"])


def _interrupt(process: subprocess.Popen[str], ended: threading.Event) -> None:
    while process.poll() is None:
        if ended.wait(0.2):
            process.terminate()
            return


def seed(folder: Path) -> Path:
    """Return a database whose queue holds a real night; made once a folder."""
    database = folder / "data" / "litmine.db"
    if not database.exists():
        print(f"judging the night of {QUEUED} first (a minute or two) …", flush=True)
        told = Night()
        one_nightly(folder, QUEUED, told, threading.Event())
        if told.problems:
            database.unlink(missing_ok=True)
            raise SystemExit(f"the night could not be judged: {told.problems}")
    return database


@contextmanager
def database(kind: str, source: Path, folder: Path) -> Iterator[str]:
    """Give the URL of a fresh copy of `source`, on SQLite or PostgreSQL."""
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'data' / 'litmine.db'}"
        if kind == "postgresql":
            server = stack.enter_context(postgres_server())
            url = server.url(server.create())
        with open_store(f"sqlite:///{source}") as old, open_store(url) as new:
            copy_store(old, new)
        yield url


def invite(store: Store, count: int) -> list[dict[str, str]]:
    """Make reviewers; return each one's headers: a session for every other one, else a token."""
    accounts, logins = Accounts(store), Logins(store)
    people = []
    for number in range(count):
        user = accounts.add_user(f"Reviewer {number + 1}", "reviewer", by="bench")
        if number % 2:
            opened = logins.open_session(user, via="link")
            people.append({"Cookie": f"litmine={opened.secret}", "X-CSRF-Token": opened.csrf})
        else:
            secret, _ = logins.create_token(user, "bench", by="bench")
            people.append({"Authorization": f"Bearer {secret}"})
    return people


def spread(store: Store, count: int) -> list[str]:
    """Return cursors of places all over the queue."""
    with store.read() as connection:
        ids = [row.arxiv_id for row in in_state(connection, ("pending",))]
    return [cursor_to(after=[ids[number * len(ids) // count]]) for number in range(count)]


def measure(kind: str, source: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One measurement on a fresh copy of the database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="litmine-review-")))
        url = stack.enter_context(database(kind, source, folder))
        with open_store(url) as store:
            people = invite(store, options.reviewers)
            places = spread(store, options.reviewers)
        more = {"LITMINE_DATABASE_URL": url}
        server = stack.enter_context(WebProcess(environment(folder, **more), folder / "server.log"))
        weigh(server.pid, options.shield)
        crowd = [
            Person(number, server.port, headers, 60 / (options.rate * options.times), place)
            for number, (headers, place) in enumerate(zip(people, places, strict=True))
        ]
        load = os.getloadavg()[0]
        cpu = _cpu_seconds(server.pid)
        night, ended = Night(options.shield), threading.Event()
        nightly = threading.Thread(target=_nights, args=(folder, more, night, ended))
        if not options.without_nightly:
            # As after an update of litmine: the labelled library is put in once more.
            with open_store(url) as store, store.write() as connection:
                finish_corpus(connection, (), "another")
            nightly.start()
        until = time.monotonic() + options.minutes * 60
        threads = [threading.Thread(target=one.decide_until, args=(until,)) for one in crowd]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cpu = _cpu_seconds(server.pid) - cpu
        ended.set()
        if not options.without_nightly:
            nightly.join()
        with open_store(url) as store:
            wrong = audit_of(store, crowd)
        errors = sum((one.errors for one in crowd), Counter[str]())
        if "locked" in server.log():
            errors["database is locked (server's log)"] += 1
        return {
            "database": kind,
            **summary([s for one in crowd for s in one.seen]),
            "errors": dict(errors),
            "wrong_in_database": wrong,
            "late_ms": round(max(one.late for one in crowd) * 1000),
            "server_cpu_seconds": round(cpu, 1),
            "load_before": round(load, 1),
            "nightly": costs(night),
            "slowest": slowest(
                [s for one in crowd for s in one.seen], until - options.minutes * 60
            ),
            "server_log": server.log()[-1500:],
        }


def _nights(folder: Path, more: dict[str, str], told: Night, ended: threading.Event) -> None:
    # One after another, for as long as the reviewers decide.
    for path in sorted(NIGHTS.glob("*.jsonl.zst"), reverse=True):
        night = path.name.split(".")[0]
        if ended.is_set() or night <= QUEUED:
            return
        one_nightly(folder, night, told, ended, **more)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def audit_of(store: Store, crowd: list[Person]) -> list[str]:
    """Hold the database against what the reviewers were told; return what is wrong."""
    from litmine.store.schema import audit, decisions

    told = [number for one in crowd for number in one.told]
    with store.read() as connection:
        stored = {row.id: row for row in connection.execute(decisions.select())}
        entries = Counter(
            (row.detail or {}).get("decision", (row.detail or {}).get("undoes"))
            for row in connection.execute(audit.select())
            if row.action in {"approve", "reject", "later", "undo"}
        )
    wrong = [f"decision {n} was told twice" for n, times in Counter(told).items() if times > 1]
    wrong += [f"decision {n} is not stored" for n in told if n not in stored]
    undone = Counter(row.undoes for row in stored.values() if row.action == "undo")
    for number, row in stored.items():
        if row.action != "undo" and number not in told:
            wrong.append(f"decision {number} was told to nobody")
        if row.action != "undo" and entries[number] != 1 + undone[number]:
            wrong.append(f"decision {number} has {entries[number]} audit entries")
    if sum(undone.values()) != sum(one.undone for one in crowd):
        wrong.append("undos told and undos stored differ")
    return wrong


def summary(seen: list[Seen]) -> dict[str, Any]:
    """Milliseconds of what was asked, by kind."""
    found: dict[str, Any] = {}
    for kind in ("decision", "undo", "queue"):
        times = sorted(one.seconds * 1000 for one in seen if one.kind == kind)
        found[kind] = {"n": len(times)}
        if times:
            found[kind] |= {
                "p50": _at(times, 0.50),
                "p95": _at(times, 0.95),
                "p99": _at(times, 0.99),
                "max": round(times[-1], 1),
            }
    return found


def _at(times: list[float], share: float) -> float:
    # The least value that at least this share does not exceed.
    return round(times[max(0, -(-len(times) * round(share * 100) // 100) - 1)], 1)


def slowest(seen: list[Seen], began: float, count: int = 40) -> list[dict[str, Any]]:
    """Return the slowest requests and the second in which each was sent."""
    worst = sorted(seen, key=lambda one: -one.seconds)[:count]
    return [
        {
            "at": round(one.sent - began, 2),
            "kind": one.kind,
            "ms": round(one.seconds * 1000),
        }
        for one in sorted(worst, key=lambda one: one.sent)
    ]


def costs(night: Night) -> dict[str, Any]:
    """What the nightly runs wrote meanwhile: how long they waited for the lock and held it."""
    held = [one["held"] for one in night.writes]
    waited = [one["waited"] for one in night.writes]
    longest = sorted(night.writes, key=lambda one: -one["held"])[:3]
    return {
        "runs": night.runs,
        "papers": night.papers,
        "writes": len(held),
        "held_ms_total": round(sum(held) * 1000),
        "held_ms_longest": [f"{one['by']}: {one['held'] * 1000:.0f}" for one in longest],
        "waited_ms_longest": round(max(waited, default=0) * 1000),
        "problems": night.problems,
    }


def show(results: list[dict[str, Any]], options: argparse.Namespace) -> None:
    """Print the table."""
    each = options.rate * options.times
    print(
        f"\n{options.reviewers} reviewers, {each:g} decisions a minute each, "
        f"{options.minutes:g} minutes, {os.cpu_count()} cores; milliseconds"
    )
    print(f"{'database':<12}{'request':<10}{'n':>6}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}")
    for one in results:
        for kind in ("decision", "undo", "queue"):
            row = one[kind]
            figures = "".join(f"{row.get(k, '–'):>8}" for k in ("p50", "p95", "p99", "max"))
            print(f"{one['database']:<12}{kind:<10}{row['n']:>6}{figures}")
    for one in results:
        night = one["nightly"]
        print(
            f"{one['database']}: errors {one['errors'] or 'none'}; "
            f"wrong in the database: {one['wrong_in_database'] or 'nothing'}; "
            f"server {one['server_cpu_seconds']} s CPU; load before {one['load_before']}\n"
            f"  nightly: {night['runs']} runs, {night['papers']} papers, {night['writes']} writes "
            f"held {night['held_ms_total']} ms in all, longest {night['held_ms_longest']}, "
            f"waited at most {night['waited_ms_longest']} ms; "
            f"problems {night['problems'] or 'none'}"
        )


def main() -> int:
    """Measure, print, and write out/bench-review.json; 1 when something was lost or refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--rate", type=float, default=4.0, help="decisions a minute, each")
    parser.add_argument("--times", type=float, default=1.0, help="multiplies the rate")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--on", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--without-nightly", action="store_true")
    parser.add_argument(
        "--shield", type=int, default=0, help="nice value against other work here, such as -15"
    )
    parser.add_argument("--seed", type=Path, default=ROOT / "out" / "bench-review")
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "bench-review.json")
    options = parser.parse_args()
    if not NIGHTS.is_dir():
        print("left out: ../shared is not beside this checkout")
        return 0
    if options.shield:
        with suppress(PermissionError):  # leads a session already
            os.setsid()
        weigh(os.getpid(), options.shield)
    source = seed(options.seed)
    results = [measure(kind, source, options) for kind in options.on]
    show(results, options)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    return int(any(one["wrong_in_database"] or one["nightly"]["problems"] for one in results))


if __name__ == "__main__":
    sys.exit(main())
