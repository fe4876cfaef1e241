"""The two sides of ``make bench-review``: a person who decides over HTTP, and the night's writer.

As a program, ``python -m tests.bench.reviewer NIGHT``, it is the writer: `litmine nightly`, with
every writing transaction timed.
"""

from __future__ import annotations

import http.client
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

_PAGE = 20
_IDLE = 3.0
_CELLS = ["inference/memory", "pretraining/computation"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One answered request, and when it was sent (monotonic seconds)."""

    kind: str
    seconds: float
    sent: float


class Person:
    """One reviewer with a connection of their own.

    Parameters
    ----------
    headers : dict
        Who they are to the server.
    pause : float
        Mean seconds from one decision to the next.
    place : str
        Cursor of the page that they begin with: people who all look at the first paper would only
        be told how fast the others were.

    Attributes
    ----------
    told : list of int
        Numbers of the decisions that the server said it took.
    late : float
        Seconds by which the bench itself sent a decision too late, at most.
    """

    def __init__(
        self, number: int, port: int, headers: dict[str, str], pause: float, place: str
    ) -> None:
        self._port = port
        self._headers = headers
        self._pause = pause
        self._random = random.Random(20260630 + number)
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._used = time.monotonic()
        self._place: str | None = place
        self._waiting: list[dict[str, Any]] = []
        self._last: tuple[str, int] | None = None
        self.seen: list[Seen] = []
        self.errors: Counter[str] = Counter()
        self.told: list[int] = []
        self.undone = 0
        self.late = 0.0

    def decide_until(self, until: float) -> None:
        """Look at papers and decide, at a rhythm of one's own."""
        at = time.monotonic() + self._random.random() * self._pause
        while at < until:
            self._look()
            time.sleep(max(0.0, at - time.monotonic()))
            self.late = max(self.late, time.monotonic() - at)
            if self._last is not None and self._random.random() < 0.06:
                self._undo()
            elif self._waiting:
                self._decide()
            at += self._pause * self._random.uniform(0.5, 1.5)
        self._link.close()

    def _look(self) -> None:
        # As the page does: what comes next is fetched while there is still something to read.
        if len(self._waiting) > 5:
            return
        after = f"&cursor={self._place}" if self._place else ""
        status, body = self._ask("queue", "GET", f"/api/v1/queue?limit={_PAGE}{after}")
        if status == 200:
            known = {one["id"] for one in self._waiting}
            self._waiting += [one for one in body["items"] if one["id"] not in known]
            self._place = body["next"]

    def _decide(self) -> None:
        entry = self._waiting.pop(0)
        roll = self._random.random()
        wish: dict[str, Any] = {"action": "reject"}
        if roll < 0.35:
            wish = {"action": "approve"}
            if not entry["suggestion"]["cells"] or roll < 0.1:
                wish["cells"] = [self._random.choice(_CELLS)]
        elif roll < 0.45:
            wish = {"action": "later", "comment": "invented words of a reviewer"}
        status, body = self._ask(
            "decision",
            "POST",
            f"/api/v1/queue/{entry['id']}/decisions",
            wish,
            {"If-Match": f'"{entry["revision"]}"', "Idempotency-Key": str(uuid4())},
        )
        if status == 200:
            self.told.append(body["decision"]["number"])
            self._last = (entry["id"], body["revision"])

    def _undo(self) -> None:
        assert self._last is not None
        (arxiv_id, revision), self._last = self._last, None
        status, _ = self._ask(
            "undo",
            "POST",
            f"/api/v1/queue/{arxiv_id}/undo",
            None,
            {"If-Match": f'"{revision}"', "Idempotency-Key": str(uuid4())},
        )
        self.undone += status == 200

    def _ask(
        self,
        kind: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        content = None if body is None else json.dumps(body).encode()
        sent = {**self._headers, **(headers or {})}
        if content is not None:
            sent["Content-Type"] = "application/json"
        if time.monotonic() - self._used > _IDLE:
            self._link.close()  # the server has closed it by now; it opens again by itself
        began = time.perf_counter()
        try:
            self._link.request(method, path, content, sent)
            answer = self._link.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.errors[f"{kind}: {type(error).__name__}"] += 1
            self._link.close()
            return 0, None
        seconds = time.perf_counter() - began
        self._used = time.monotonic()
        told = json.loads(raw) if raw else None
        if answer.status == 200:
            self.seen.append(Seen(kind, seconds, self._used - seconds))
        elif answer.status == 412:
            # Somebody else was faster on this paper: an answer, and it took as long as any.
            self.seen.append(Seen(kind, seconds, self._used - seconds))
            self.errors[f"{kind}: 412, another reviewer was faster"] += 1
        else:
            said = told.get("detail", "") if isinstance(told, dict) else ""
            self.errors[f"{kind}: {answer.status} {said}"[:160]] += 1
        return answer.status, told


def nightly(night: str) -> int:
    """Run one night of the settings' arXiv; print one JSON line with the cost of its writes."""
    from litmine.core.errors import LitmineError
    from litmine.core.settings import load_settings
    from litmine.jobs.nightly import run_nightly
    from litmine.store import Store

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    writes: list[dict[str, Any]] = []
    plain = Store.write

    @contextmanager
    def timed(self: Store) -> Iterator[Any]:
        caller = sys._getframe(2)
        while caller.f_code.co_name in {"write", "__enter__"} and caller.f_back is not None:
            caller = caller.f_back
        began = time.perf_counter()
        got = began
        try:
            with plain(self) as connection:
                got = time.perf_counter()
                yield connection
        finally:
            ended = time.perf_counter()
            by = caller.f_code.co_name
            writes.append(
                {"by": by, "waited": got - began, "held": ended - got, "at": time.monotonic()}
            )

    Store.write = timed  # type: ignore[method-assign]
    problem, papers = "", 0
    try:
        report = run_nightly(load_settings(), since=date.fromisoformat(night))
        problem = report.problem or ""
        papers = next(s.counts["papers"] for s in report.stages if s.stage == "classify")
    except LitmineError as error:
        problem = str(error)
    finally:
        print(json.dumps({"problem": problem, "papers": papers, "writes": writes}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(nightly(sys.argv[1]))
