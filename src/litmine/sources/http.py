"""The one way out to the network: every adapter sends its requests through `HttpTransport`.

arXiv allows one request every three seconds over one connection, wants to know who asks, answers
429, 503 or 406 when it has had enough, and sometimes simply stops talking. So each request here

* waits at the gate (`litmine.core.gate`) and holds the only connection while it is answered;
* carries a contact in ``User-Agent`` and an explicit ``Accept``;
* has a connect and a read timeout, a deadline for the whole answer and a limit on its size;
* follows redirects to known hosts only, never from https down to http;
* is tried again a bounded number of times: after 429/503/406 once the cool-down is over
  (``Retry-After`` in seconds or as a date is its floor), after cut connections, timeouts, 5xx and
  unreadable answers with a growing pause.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import MalformedResponse, RateLimited, SourceError, SourceUnavailable
from litmine.core.gate import RequestGate
from litmine.core.log import get_logger
from litmine.sources.text import parse_moment

__all__ = ["Answer", "HttpTransport", "parse_retry_after", "user_agent"]

T = TypeVar("T")
THROTTLE: Final = frozenset({406, 429, 503})
_REDIRECT: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 5
_CONNECT_ATTEMPTS: Final = 3
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: its status, final address, headers and decoded body."""

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes


class _Transient(Exception):
    """Worth another attempt."""


class _Unreachable(_Transient):
    """Nobody answers at all: worth fewer attempts, because somebody may be offline and waiting."""


def user_agent(contact: str | None, url: str | None = None) -> str:
    """Return the ``User-Agent`` that tells arXiv who asks and whom to write to.

    Parameters
    ----------
    contact : str or None
        E-mail address of the operator.
    url : str, optional
        Where the project lives; by default what the installed package says, if it does.

    Examples
    --------
    >>> user_agent("ops@example.org", "https://example.org/litmine")  # doctest: +ELLIPSIS
    'litmine/... (+https://example.org/litmine; mailto:ops@example.org)'
    """
    from litmine import __version__

    url = url or _project_url()
    notes = [f"+{url}"] if url else []
    if contact and (address := "".join(contact.split())):
        notes.append(f"mailto:{address}")
    return f"litmine/{__version__}" + (f" ({'; '.join(notes)})" if notes else "")


def _project_url() -> str | None:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("litmine").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    return next((url.partition(", ")[2] for url in urls), None)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for; None when absent or unreadable.

    Examples
    --------
    >>> parse_retry_after("120", datetime(2026, 7, 1))
    120.0
    """
    if value is None or not (value := value.strip()):
        return None
    if value.isascii() and value.isdigit() and len(value) < 9:
        return float(value)
    moment = parse_moment(value)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


class HttpTransport:
    """Polite HTTP GET.

    Parameters
    ----------
    gate : RequestGate
        Permission to send; see `litmine.core.gate`.
    clock : Clock, optional
        For pauses between attempts and for dates in ``Retry-After``.
    agent : str, optional
        The ``User-Agent``; see `user_agent`.
    connect_timeout, read_timeout : float
        Seconds to reach the server, and to wait for each piece of an answer.
    deadline : float
        Seconds for one whole answer, however it drips in (checked at each piece).
    max_bytes : int
        Largest decoded body.
    max_attempts : int
        Attempts for one page, all causes together.
    max_cooldown : float
        Longest cool-down to sit out, in seconds; beyond it `RateLimited` is raised at once.
    allowed_hosts : collection of str
        Hosts, besides the one asked, that a redirect may lead to.
    monotonic : callable, optional
        Time source of the deadline.
    """

    def __init__(
        self,
        gate: RequestGate,
        *,
        clock: Clock | None = None,
        agent: str | None = None,
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
        deadline: float = 150.0,
        max_bytes: int = 64 * 2**20,
        max_attempts: int = 5,
        max_cooldown: float = 900.0,
        allowed_hosts: Collection[str] = ("arxiv.org", "export.arxiv.org", "rss.arxiv.org"),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gate = gate
        self.clock: Clock = clock or SystemClock()
        self.deadline = deadline
        self.max_bytes = max_bytes
        self.max_attempts = max(1, max_attempts)
        self.max_cooldown = max_cooldown
        self.allowed_hosts = frozenset(allowed_hosts)
        self._monotonic = monotonic
        direct = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
        self._client = httpx.Client(
            headers={"User-Agent": agent or user_agent(None), "Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(read_timeout, connect=connect_timeout),
            limits=httpx.Limits(max_connections=1),
            follow_redirects=False,
            mounts=direct,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def fetch(
        self,
        url: str,
        parse: Callable[[Answer], T],
        *,
        params: Mapping[str, str] | None = None,
        accept: str,
        also: Collection[int] = (),
    ) -> T:
        """Get `url` and return what `parse` makes of the answer.

        Parameters
        ----------
        parse : callable
            Called with a complete answer; `MalformedResponse` from it counts as a failed attempt.
        params : mapping, optional
            Query parameters.
        accept : str
            The ``Accept`` header.
        also : collection of int
            Statuses besides 200 whose body `parse` understands.

        Raises
        ------
        RateLimited
            When we are still being asked to wait after the last attempt, or for too long.
        SourceUnavailable
            When connections keep failing.
        MalformedResponse
            When the last attempt's answer was unreadable too.
        SourceError
            When the server refuses the request (other 4xx) or redirects where it may not.
        """
        try:
            target = str(httpx.URL(url).copy_merge_params(dict(params or {})))
        except httpx.InvalidURL as error:
            raise SourceError(f"{url[:200]!r} is not an address; check the settings") from error
        for attempt in range(1, self.max_attempts + 1):
            last = attempt == self.max_attempts
            try:
                return parse(self._attempt(target, accept, frozenset({200, *also})))
            except RateLimited as error:
                wait = error.retry_after or 0.0
                if last or wait > self.max_cooldown:
                    raise
                _log.warning("source_throttled", url=target, wait_seconds=wait, attempt=attempt)
            except (_Transient, MalformedResponse) as error:
                if last or (isinstance(error, _Unreachable) and attempt >= _CONNECT_ATTEMPTS):
                    if isinstance(error, MalformedResponse):
                        raise
                    raise SourceUnavailable(
                        f"{urlsplit(target).netloc} could not be reached in {attempt} attempts "
                        f"({error}); check the network and run again"
                    ) from error
                wait = min(60.0, 2.0**attempt)
                _log.warning("source_retry", url=target, cause=str(error), attempt=attempt)
            self.clock.sleep(wait)
        raise AssertionError("unreachable")  # pragma: no cover

    def _attempt(self, url: str, accept: str, good: frozenset[int]) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            # Every hop is a request of its own, so every hop waits at the gate.
            with self.gate.slot():
                answer = self._send(url, accept)
                if answer.status in good or answer.status in _REDIRECT:
                    self.gate.ok()
                elif answer.status in THROTTLE:
                    # The server's own clock, where it tells it: ours may be wrong.
                    now = parse_moment(answer.headers.get("date")) or self.clock.now()
                    asked = parse_retry_after(answer.headers.get("retry-after"), now)
                    wait = max(self.gate.throttled(asked), asked or 0.0)
                    raise RateLimited(
                        f"{urlsplit(url).netloc} answered {answer.status}: it asks us to wait"
                        f" {wait:.0f} s; run again after that",
                        retry_after=wait,
                    )
            if answer.status in good:
                return answer
            if answer.status in _REDIRECT:
                url = self._redirect(url, answer)
                continue
            if answer.status >= 500:
                raise _Transient(f"HTTP {answer.status}")
            raise SourceError(
                f"{urlsplit(url).netloc} refused the request with HTTP {answer.status}: {url[:200]}"
            )
        raise SourceError(f"more than {_MAX_REDIRECTS} redirects; check the base URL {url[:200]}")

    def _redirect(self, url: str, answer: Answer) -> str:
        here = httpx.URL(url)
        try:
            there = here.join(answer.headers.get("location", ""))
        except httpx.InvalidURL as error:
            raise SourceError(f"{here.host} redirects to an address that is none") from error
        known = there.host == here.host or there.host in self.allowed_hosts
        downgrade = here.scheme == "https" and there.scheme != "https"
        if there.scheme not in {"http", "https"} or not known or downgrade or there == here:
            raise SourceError(
                f"{here.host} redirects to {str(there)[:120]}, which is not an allowed address; "
                "check the base URL in the settings"
            )
        return str(there)

    def _send(self, url: str, accept: str) -> Answer:
        end = self._monotonic() + self.deadline
        body = bytearray()
        try:
            with self._client.stream("GET", url, headers={"Accept": accept}) as response:
                for piece in response.iter_bytes(65536):
                    body += piece
                    if len(body) > self.max_bytes:
                        raise SourceError(
                            f"the answer of {response.url.host} is larger than "
                            f"{self.max_bytes:,} bytes; not read"
                        )
                    if self._monotonic() > end:
                        raise _Transient(f"no complete answer within {self.deadline:.0f} s")
                return Answer(
                    response.status_code,
                    url,
                    {k.lower(): v for k, v in response.headers.items()},
                    bytes(body),
                )
        except httpx.InvalidURL as error:
            raise SourceError(f"{url[:200]!r} is not an address; check the settings") from error
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise SourceError(f"{url[:200]!r} cannot be asked ({error})") from error
        except httpx.DecodingError as error:
            raise MalformedResponse(f"the answer of {url[:120]} cannot be decompressed") from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _Unreachable(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        except httpx.HTTPError as error:
            raise _Transient(f"{type(error).__name__}: {error}".rstrip(": ")) from error
