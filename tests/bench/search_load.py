"""A thousand people who search at the same moment: ``make bench-search-load``.

`litmine serve` runs as a process of its own over a database of real papers. A thousand clients,
each with a connection of its own that is open before the first of them asks, send searches for
real titles, no text twice, all at once and the next one as soon as an answer has come. Beside them
one reviewer looks at the queue five times a second, who must not feel them. Then twenty clients
ask at the pace of people: the time that an answer takes without a crowd. Needs ../shared.

    make bench-search-load
    .venv/bin/python tests/bench/search_load.py --clients 200 --each 10 --shield -15
    .venv/bin/python tests/bench/search_load.py --vectors V.npy --papers 40000

A request is timed from the first byte sent to the last byte of the answer. Any answer but 200, a
broken connection, or an answer that is no search result counts as an error. The clients run on the
same cores as the server. The database is made once (out/bench-search); papers without a vector
there get one grown from those of the seeded library (grown_vectors.py) unless --vectors gives real
ones in the order of ../shared/data/papers.parquet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parents[2]))

import grown_vectors  # beside this file
import numpy as np
import search_whole  # beside this file
from numpy.typing import NDArray

from tests.bench.reviewers import environment, weigh
from tests.support.web_process import WebProcess

ROOT = Path(__file__).resolve().parents[2]
SCOPES = ("library", "everything")
PATIENCE = 300.0  # seconds for one answer: nobody is given up


@dataclass
class Crowd:
    """What some clients saw."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    wall: float = 0.0

    def told(self) -> dict[str, Any]:
        """Milliseconds and answers a second."""
        ms = sorted(1000 * one for one in self.seconds)
        found: dict[str, Any] = {"n": len(ms), "errors": dict(self.errors)}
        if ms:
            for name, share in (("p50", 50), ("p95", 95), ("p99", 99)):
                found[name] = round(float(np.percentile(ms, share)), 1)
            found["max"] = round(ms[-1], 1)
            found["a_second"] = round(len(ms) / self.wall, 1) if self.wall else None
        return found


class Client:
    """One connection that is kept; as little as HTTP/1.1 needs, so that the server is measured.

    Parameters
    ----------
    headers : mapping
        Sent with every request.
    """

    def __init__(self, port: int, headers: dict[str, str], crowd: Crowd) -> None:
        self._port = port
        self._lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._crowd = crowd
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        """Connect."""
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, target: str, expected: bytes) -> None:
        """Send one request and note what came of it."""
        began = time.perf_counter()
        try:
            status, body = await asyncio.wait_for(self._exchange(target), PATIENCE)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self._crowd.errors[type(error).__name__] += 1
            await self.close()
            return
        if status == 200 and expected in body:
            self._crowd.seconds.append(time.perf_counter() - began)
        else:
            self._crowd.errors[f"HTTP {status}"] += 1

    async def _exchange(self, target: str) -> tuple[int, bytes]:
        if self._streams is None:
            await self.open()
        assert self._streams is not None
        reader, writer = self._streams
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{self._lines}\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        return int(head[0].split()[1]), body

    async def close(self) -> None:
        """Disconnect."""
        if self._streams is not None:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()
            self._streams = None


def build(folder: Path, papers: int, vectors: Path | None) -> None:
    """Fill a database with real papers and index it, unless that was done before."""
    if (folder / "data" / "built.json").exists():
        return
    print(f"making a database of {papers:,} papers first (some minutes) …", flush=True)
    if vectors is not None:
        some: NDArray[Any] = np.load(vectors, mmap_mode="r")[:papers]
    else:
        with np.load(ROOT / "corpus" / "library_vectors.npz") as library:
            real = library["codes"].astype(np.float32) * library["scales"][:, None]
        real /= np.linalg.norm(real, axis=1, keepdims=True)
        some = np.concatenate([*grown_vectors.grown(real, papers)])
        np.random.default_rng(grown_vectors.SEED).shuffle(some)
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    made = search_whole.build(data, some, papers)
    (data / "built.json").write_text(json.dumps(made))


def titles(count: int) -> list[str]:
    """Titles of the seeded library, in an order of their own."""
    lines = (ROOT / "corpus" / "library.jsonl").read_text("utf-8").splitlines()
    found = list(dict.fromkeys(json.loads(line)["title"] for line in lines))
    random.Random(20260717).shuffle(found)
    if count > len(found):
        raise SystemExit(f"there are {len(found):,} titles, not {count:,}: ask for less")
    return found[:count]


def target_of(text: str, number: int) -> str:
    """Address of a search."""
    plain = text.replace('"', " ").replace(":", " ")  # words alone, whatever the title
    return f"/api/v1/search?scope={SCOPES[number % 2]}&q={quote(plain[:900])}"


async def all_at_once(
    port: int, headers: dict[str, str], texts: Sequence[str], clients: int
) -> tuple[Crowd, Crowd]:
    """Every client asks its share of the texts, one after another; a reviewer looks on."""
    crowd, beside = Crowd(), Crowd()
    people = [Client(port, headers, crowd) for _ in range(clients)]
    for start in range(0, clients, 50):
        await asyncio.gather(*(one.open() for one in people[start : start + 50]))

    async def search(number: int) -> None:
        for place in range(number, len(texts), clients):
            await people[number].ask(target_of(texts[place], place), b'"facets"')

    reviewer = Client(port, headers, beside)
    ended = asyncio.Event()

    async def review() -> None:
        while not ended.is_set():
            await reviewer.ask("/api/v1/queue?limit=1", b'"items"')
            await asyncio.sleep(0.2)

    await reviewer.open()
    looking = asyncio.create_task(review())
    began = time.perf_counter()
    await asyncio.gather(*(search(number) for number in range(clients)))
    crowd.wall = time.perf_counter() - began
    ended.set()
    await looking
    for one in (*people, reviewer):
        await one.close()
    return crowd, beside


async def at_ease(
    port: int, headers: dict[str, str], texts: Sequence[str], clients: int, pause: float
) -> Crowd:
    """Clients that read what they found before they ask again."""
    crowd = Crowd()
    rhythm = random.Random(20)

    async def search(number: int) -> None:
        one = Client(port, headers, crowd)
        await one.open()
        for place in range(number, len(texts), clients):
            await asyncio.sleep(pause * rhythm.uniform(0.5, 1.5))
            await one.ask(target_of(texts[place], place), b'"facets"')
        await one.close()

    began = time.perf_counter()
    await asyncio.gather(*(search(number) for number in range(clients)))
    crowd.wall = time.perf_counter() - began
    return crowd


def token(folder: Path) -> str:
    """An API token of a reader."""
    from litmine.core.errors import LitmineError
    from litmine.review.people.accounts import Accounts
    from litmine.review.people.logins import Logins
    from litmine.store import open_store

    with open_store(f"sqlite:///{folder / 'data' / 'litmine.db'}") as store:
        accounts = Accounts(store)
        try:
            user = accounts.get("Crowd")
        except LitmineError:
            user = accounts.add_user("Crowd", "reader", by="bench")
        return Logins(store).create_token(user, "bench", by="bench")[0]


def encoding_ms(texts: Sequence[str]) -> float:
    """CPU milliseconds that encoding one of the texts takes, alone."""
    from litmine.encode import load_search_encoder

    encoder = load_search_encoder(workers=1)
    encoder.encode([texts[0]])
    began = time.process_time()
    for text in texts:
        encoder.encode([text])
    return 1000 * (time.process_time() - began) / len(texts)


def process_of(pid: int) -> dict[str, float]:
    """CPU seconds and own memory in MB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    anon = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return {
        "cpu": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        "own": int(anon.split()[1]) / 1024,
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Start the server, and let both crowds at it."""
    first = options.clients * options.each
    texts = titles(first + options.steady * options.steady_each + 300)
    crowd_texts, rest = texts[:first], texts[first:]
    easy_texts, own_texts = rest[:-300], rest[-300:]
    headers = {"Authorization": f"Bearer {token(options.folder)}"}
    log = options.folder / "server.log"
    log.unlink(missing_ok=True)
    with WebProcess(environment(options.folder), log) as server:
        weigh(server.pid, options.shield)
        port = server.port
        # Warm: the index is open and its pages are in memory, as after the first minutes.
        asyncio.run(all_at_once(port, headers, own_texts, 4))
        easy = asyncio.run(at_ease(port, headers, easy_texts, options.steady, options.pause))
        load, before = os.getloadavg()[0], process_of(server.pid)
        crowd, reviewer = asyncio.run(all_at_once(port, headers, crowd_texts, options.clients))
        after = process_of(server.pid)
        each = 1000 * (after["cpu"] - before["cpu"]) / len(crowd_texts)
    encoding = encoding_ms(own_texts[:100])
    built = json.loads((options.folder / "data" / "built.json").read_text())
    return {
        "papers": built["papers"],
        "clients": options.clients,
        "crowd": crowd.told(),
        "reviewer": reviewer.told(),
        "steady_clients": options.steady,
        "steady": easy.told(),
        "cpu_ms_each": round(each, 2),
        "cores_busy": round((after["cpu"] - before["cpu"]) / crowd.wall, 2),
        "encoding_share": round(encoding / each, 2),
        "own_memory_mb": [round(before["own"]), round(after["own"])],
        "load_before": round(load, 1),
    }


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    print(f"\n{result['papers']:,} papers, {os.cpu_count()} cores; milliseconds")
    print(f"{'':<28}{'n':>6}{'a second':>10}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}  errors")
    for name, row in (
        (f"{result['clients']:,} searching at once", result["crowd"]),
        ("a reviewer meanwhile", result["reviewer"]),
        (f"{result['steady_clients']} searching at ease", result["steady"]),
    ):
        rate = "–" if name.startswith("a rev") else row.get("a_second", "–")
        figures = "".join(f"{row.get(k, '–'):>9}" for k in ("p50", "p95", "p99", "max"))
        print(f"{name:<28}{row['n']:>6}{rate:>10}{figures}  {row['errors'] or 'none'}")
    print(
        f"server: {result['cpu_ms_each']} ms CPU a search, {result['encoding_share']:.0%} of it "
        f"encoding the query; {result['cores_busy']} cores busy; own memory "
        f"{result['own_memory_mb'][0]} → {result['own_memory_mb'][1]} MB; "
        f"load before {result['load_before']}"
    )


def main() -> int:
    """Measure, print, and write out/bench-search-load.json; 1 when any answer was not one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--each", type=int, default=3, help="searches of each")
    parser.add_argument("--steady", type=int, default=20, help="clients of the second part")
    parser.add_argument("--steady-each", type=int, default=10)
    parser.add_argument("--pause", type=float, default=3.0, help="their mean seconds between two")
    parser.add_argument("--papers", type=int, default=40_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument(
        "--shield", type=int, default=0, help="nice value against other work here, such as -15"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "bench-search")
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "bench-search-load.json")
    options = parser.parse_args()
    if not (ROOT.parent / "shared" / "data" / "papers.parquet").is_file():
        print("left out: ../shared is not beside this checkout")
        return 0
    build(options.folder, options.papers, options.vectors)
    if options.shield:
        with suppress(PermissionError):  # leads a session already
            os.setsid()
        weigh(os.getpid(), options.shield)
    result = measure(options)
    show(result)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    return int(any(result[part]["errors"] for part in ("crowd", "reviewer", "steady")))


if __name__ == "__main__":
    sys.exit(main())
