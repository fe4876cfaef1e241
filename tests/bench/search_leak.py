"""Whether search's memory grows: ``make bench-search-leak``.

A searcher is asked a hundred thousand questions, no two alike and of every kind: words, unfinished
words, filters, phrases, papers and texts to find similar ones to; by two threads, as a server
does. After a warm-up in which caches fill, the memory of the process (its own pages; those of
mapped files are the system's) is noted every thousand questions, and the slope is told in bytes a
question (Theil-Sen, with its 95 % interval; neighbouring samples depend on each other, so take it
as a lower bound of the doubt). ``--http`` asks `litmine serve`, its API and its page, instead.

    make bench-search-leak
    .venv/bin/python tests/bench/search_leak.py --http --questions 20000

The database is that of search_load.py and made once. Exit status 1 when memory grows.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[2]))

import search_load  # beside this file
import search_whole  # beside this file
from scipy.stats import theilslopes

from tests.bench.reviewers import environment
from tests.support.web_process import WebProcess

ROOT = search_load.ROOT
GROWS = 100.0  # bytes a question; ten megabytes in a hundred thousand
KINDS = {
    "words": 35,
    "typing": 20,
    "filters": 20,
    "phrase": 10,
    "papers": 10,
    "title": 3,
    "text": 2,
}
FIELDS = (
    "stage:inference",
    "resource:memory",
    "technique:quantization",
    "year:2023..",
    "year:..2024",
    "cat:cs.LG",
    "is:listed",
    "-is:approved",
    "-stage:pretraining",
)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask."""

    kind: str
    text: str = ""
    papers: tuple[str, ...] = ()
    scope: str = "library"


def questions(seed: int) -> Iterator[Question]:
    """Ever new questions, made of the words, authors' names and ids of the seeded library."""
    lines = (ROOT / "corpus" / "library.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    titles = [one["title"].replace('"', " ").replace(":", " ").split() for one in records]
    ids = [one["id"] for one in records]
    rng = random.Random(seed)
    kinds, shares = list(KINDS), list(KINDS.values())

    def some(least: int, most: int) -> str:
        return " ".join(
            rng.choice(rng.choice(titles) or ["model"]) for _ in range(rng.randint(least, most))
        )

    number = 0
    while True:
        number += 1
        kind = rng.choices(kinds, shares)[0]
        scope = rng.choice(search_load.SCOPES)
        if kind == "papers":
            yield Question(kind, papers=tuple(rng.sample(ids, rng.randint(1, 3))), scope=scope)
            continue
        text = some(2, 4)
        if kind == "words" and number % 3 == 0:
            text += f" {rng.randrange(36**6):x}"  # a word that nobody has written
        elif kind == "typing":
            text = text[: -rng.randint(1, 3)]
        elif kind == "filters":
            text = (
                f"{some(0, 2)} {' '.join(rng.sample(FIELDS, 2))} author:{rng.choice('abcdklmst')}"
            )
        elif kind == "phrase":
            title = rng.choice(titles)
            at = rng.randrange(max(1, len(title) - 2))
            text = f'"{" ".join(title[at : at + 2])}" -{some(1, 1)} {some(0, 1)}'
        elif kind == "title":
            text = f"{' '.join(rng.choice(titles))} {number}"
        elif kind == "text":
            text = some(40, 60)
        yield Question(kind, text[:900], scope=scope)


def ask_searcher(searcher: Any, limit: int) -> Callable[[Question], None]:
    """Ask in this process."""

    def ask(one: Question) -> None:
        if one.kind in {"papers", "text"}:
            searcher.similar(one.papers, one.text, scope=one.scope, limit=limit)
        else:
            typing = one.kind == "typing"
            searcher.search(one.text, scope=one.scope, limit=limit, typing=typing)

    return ask


def ask_server(port: int, secret: str, limit: int) -> Callable[[Question], None]:
    """Ask a server: half the searches through its API, half as its page does."""
    local = threading.local()

    def ask(one: Question) -> None:
        if not hasattr(local, "link"):
            local.link, local.count = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
        local.count += 1
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        if one.kind in {"papers", "text"}:
            asked = {"papers": one.papers, "text": one.text, "scope": one.scope, "limit": limit}
            local.link.request("POST", "/api/v1/similar", json.dumps(asked), headers)
        elif local.count % 2:
            query = urlencode({"q": one.text, "scope": one.scope, "limit": limit})
            local.link.request("GET", f"/api/v1/search?{query}", headers=headers)
        else:
            query = urlencode({"q": one.text, "scope": one.scope, "typing": "true"})
            headers["HX-Request"] = "true"
            local.link.request("GET", f"/search?{query}", headers=headers)
        answer = local.link.getresponse()
        answer.read()
        if answer.status not in {200, 303}:
            raise OSError(f"HTTP {answer.status}")

    return ask


def run(
    ask: Callable[[Question], None],
    own: Callable[[], float],
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Ask everything, and look at the memory now and then."""
    from litmine.core.errors import InputError, NotFound

    supply, lock = questions(options.seed), threading.Lock()
    asked, kinds, refused = 0, Counter[str](), Counter[str]()
    samples: list[tuple[int, float]] = []
    most = options.warm + options.questions
    began = time.perf_counter()

    def work() -> None:
        nonlocal asked
        while True:
            with lock:
                if asked >= most or time.perf_counter() - began > 60 * options.minutes:
                    return
                asked += 1
                if asked % options.every == 0:
                    samples.append((asked, own()))
                    if asked % (10 * options.every) == 0:
                        print(f"{asked:,} asked, {samples[-1][1]:.1f} MB", flush=True)
                one = next(supply)
                kinds[one.kind] += 1
            try:
                ask(one)
            except (InputError, NotFound) as error:
                with lock:
                    refused[type(error).__name__] += 1

    threads = [threading.Thread(target=work) for _ in range(options.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    after = [(count, mb) for count, mb in samples if count >= options.warm]
    slope, _, low, high = theilslopes([mb * 2**20 for _, mb in after], [n for n, _ in after])
    half = after[len(after) // 2 :]
    later, _, later_low, later_high = theilslopes(
        [mb * 2**20 for _, mb in half], [n for n, _ in half]
    )
    return {
        "questions": asked,
        "kinds": dict(kinds),
        "refused": dict(refused),
        "seconds": round(taken),
        "start_mb": round(after[0][1], 1),
        "end_mb": round(after[-1][1], 1),
        "most_mb": round(max(mb for _, mb in after), 1),
        "bytes_a_question": [round(value, 1) for value in (slope, low, high)],
        "bytes_a_question_second_half": [round(v, 1) for v in (later, later_low, later_high)],
        "samples": [(count, round(mb, 2)) for count, mb in samples],
    }


def show(result: dict[str, Any]) -> None:
    """Print what was found."""
    slope, low, high = result["bytes_a_question"]
    later, later_low, later_high = result["bytes_a_question_second_half"]
    print(
        f"{result['questions']:,} questions in {result['seconds']} s "
        f"({', '.join(f'{kind} {n:,}' for kind, n in sorted(result['kinds'].items()))}; "
        f"refused {result['refused'] or 'none'})\n"
        f"own memory after the warm-up {result['start_mb']} MB, at the end {result['end_mb']} MB, "
        f"at most {result['most_mb']} MB\n"
        f"slope {slope:+} bytes a question (95 %: {low:+} to {high:+}); "
        f"second half alone {later:+} ({later_low:+} to {later_high:+})"
    )


def main() -> int:
    """Measure, print, and write out/bench-search-leak.json; 1 when memory grows to the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=30.0, help="no longer than that")
    parser.add_argument("--warm", type=int, default=5_000)
    parser.add_argument("--every", type=int, default=1_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=5, help="hits of an answer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--http", action="store_true", help="ask a server")
    parser.add_argument("--papers", type=int, default=40_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "bench-search")
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "bench-search-leak.json")
    options = parser.parse_args()
    if not (ROOT.parent / "shared" / "data" / "papers.parquet").is_file():
        print("left out: ../shared is not beside this checkout")
        return 0
    search_load.build(options.folder, options.papers, options.vectors)
    with ExitStack() as stack:
        if options.http:
            secret = search_load.token(options.folder)
            log = options.folder / "server.log"
            server = stack.enter_context(WebProcess(environment(options.folder), log))
            ask = ask_server(server.port, secret, options.limit)
            own = lambda: search_load.process_of(server.pid)["own"]  # noqa: E731
        else:
            from litmine.search.searcher import Searcher
            from litmine.store import open_store

            settings = search_whole.settings_in(options.folder / "data")
            store = stack.enter_context(open_store(settings.database))
            ask = ask_searcher(Searcher.open(settings, store), options.limit)
            own = lambda: search_load.process_of(os.getpid())["own"]  # noqa: E731
        result = run(ask, own, options)
    show(result)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return int(result["bytes_a_question_second_half"][1] > GROWS)


if __name__ == "__main__":
    sys.exit(main())
