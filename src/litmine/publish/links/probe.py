"""Trying an address: one careful look at a page that belongs to somebody else.

A list may come from anybody, so its links are not trusted. Names are resolved here and the
connection goes to the address that was checked: nobody can point a link, or a redirect, into the
network that this machine stands in, nor change their mind between check and connection. Only http
and https are spoken, on the ports of the web.

And servers are not troubled: HEAD first; GET, for one byte, only where HEAD did not help; one
request at a time and a pause for each host; no second try in one run; a host that asks to be left
alone (429, or 503 with Retry-After) or does not answer three times is left alone for the run.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpcore
import httpx

from litmine.publish.links.standing import Probe

__all__ = ["HostResting", "Limits", "Prober", "is_public"]

_REDIRECT: Final = frozenset({301, 302, 303, 307, 308})
_PERMANENT: Final = frozenset({301, 308})
#: Resolvers: that they know a name is all there is to learn, publishers turn programs away.
_RESOLVERS: Final = frozenset({"doi.org", "dx.doi.org", "hdl.handle.net"})
_PORTS: Final = frozenset({80, 443, 8080, 8443})
_PATIENCE: Final = 3
_ADDRESSES: Final = 3  # of one name that are tried

Resolve = Callable[[str, int], Awaitable[list[str]]]
Permit = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    Attributes
    ----------
    at_once : int
        Requests under way at one time, all hosts together.
    gap : float
        Seconds between the end of a request to a host and the next one to it.
    connect, each : float
        Seconds to reach a server, and for one whole request.
    redirects : int
        How many are followed.
    most_bytes : int
        Of a body that are read; it is thrown away.
    total : float
        Seconds for the whole run.
    private : bool
        Addresses of this machine and of private networks may be asked too, on any port.
    """

    at_once: int = 8
    gap: float = 1.0
    connect: float = 10.0
    each: float = 20.0
    redirects: int = 5
    most_bytes: int = 64 * 1024
    total: float = 900.0
    private: bool = False


class HostResting(Exception):
    """This host is not asked again in this run."""


class _Refused(Exception):
    """An address that is not asked; the text says why."""


@dataclass
class _Turn:
    """Who may ask one host, and when."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    silent: int = 0
    resting: bool = False


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the open internet.

    Addresses that carry another one inside (IPv4 in IPv6, NAT64, 6to4, Teredo) are as public as
    that one.

    Examples
    --------
    >>> is_public("93.184.216.34"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inside: list[Any] = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            inside.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        carried = [one for one in inside if one is not None]
        if carried:
            return all(is_public(str(one)) for one in carried)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _of_the_web(address: str, port: int) -> str:
    """Say why an address is not asked; empty if it may be."""
    if not is_public(address):
        return "in a private network"
    return "" if port in _PORTS else f"port {port} is not one of the web"


def _any(address: str, port: int) -> str:
    return ""


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, resolve: Resolve, permit: Permit) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._resolve = resolve
        self._permit = permit

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host.strip("[]"), port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved") from error
        for address in addresses:
            # One private address among public ones is a trick, not a choice.
            if refusal := self._permit(address, port):
                raise _Refused(f"{host}: {refusal}")
        problem: Exception = httpcore.ConnectError(f"the name {host} has no address")
        for address in addresses[:_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise _Refused("sockets of files are not asked")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    wait: bool


class Prober:
    """Tries addresses; to be used inside one event loop, as an asynchronous context.

    Parameters
    ----------
    agent : str
        The ``User-Agent``, which tells servers whom to write to.
    limits : Limits, optional
    resolve : callable, optional
        Host and port to IP addresses; the system's resolver by default.
    permit : callable, optional
        Address and port to the reason why they are not asked, empty if they may be; by default
        what `Limits.private` says.
    certificates : ssl.SSLContext, optional
        What is trusted; the usual authorities by default.
    """

    def __init__(
        self,
        agent: str,
        limits: Limits | None = None,
        *,
        resolve: Resolve = _resolve,
        permit: Permit | None = None,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._headers = [
            (b"User-Agent", agent.encode("ascii", "replace")),
            (b"Accept", b"text/html, application/pdf, */*;q=0.5"),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
        ]
        permit = permit or (_any if self.limits.private else _of_the_web)
        self._slots = asyncio.Semaphore(self.limits.at_once)
        self._turns: dict[str, _Turn] = defaultdict(_Turn)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=certificates or httpx.create_ssl_context(),
            max_connections=self.limits.at_once,
            max_keepalive_connections=0,
            network_backend=_Guarded(resolve, permit),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.aclose()

    def resting(self, host: str) -> bool:
        """Whether a host is left alone for the rest of the run."""
        return host in self._turns and self._turns[host].resting

    async def probe(self, url: str) -> Probe:
        """Try one address and follow its redirects.

        Raises
        ------
        HostResting
            It, or one it leads to, is left alone in this run: nothing was learnt.
        """
        try:
            return await self._follow(httpx.URL(url))
        except _Refused as error:
            return Probe(None, problem=str(error))
        except (httpx.InvalidURL, httpcore.LocalProtocolError, httpcore.UnsupportedProtocol):
            return Probe(None, problem="not an address that can be asked")
        except (TimeoutError, httpcore.TimeoutException):
            return Probe(None, problem="no answer in time")
        except httpcore.NetworkError as error:
            return Probe(None, problem=_one_line(error) or "no connection")
        except (httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            return Probe(None, problem=_one_line(error) or "the answer cannot be read")

    async def _follow(self, start: httpx.URL) -> Probe:
        here, forever = start, True
        for _ in range(self.limits.redirects + 1):
            answer = await self._ask("HEAD", here)
            if answer.wait:
                return Probe(answer.status)
            if answer.status not in _REDIRECT and not 200 <= answer.status < 300:
                # Many servers answer a HEAD with 403, 404, 405 or 500, and a GET well.
                answer = await self._ask("GET", here)
            if answer.status in _REDIRECT and answer.location:
                if here.host in _RESOLVERS:
                    return Probe(answer.status)
                forever = forever and answer.status in _PERMANENT
                here = here.join(answer.location).copy_with(fragment=None)
                continue
            if not (200 <= answer.status < 300 or answer.status == 416):
                return Probe(answer.status)
            if here == start:
                return Probe(answer.status)
            if here.path == "/" and start.path not in {"", "/"} and not here.query:
                return Probe(answer.status, problem="leads to the front page")
            return Probe(answer.status, str(here) if forever else None)
        return Probe(None, problem=f"more than {self.limits.redirects} redirects")

    async def _ask(self, method: str, url: httpx.URL) -> _Answer:
        if url.scheme not in {"http", "https"} or not url.host:
            raise _Refused("leads to something else than http")
        if url.port is not None and not 0 < url.port < 65536:
            raise _Refused("has a port that is none")
        if url.userinfo:
            raise _Refused("has a user name in it")
        turn = self._turns[url.host]
        async with turn.lock:
            if turn.resting:
                raise HostResting(url.host)
            await asyncio.sleep(turn.free_at - asyncio.get_running_loop().time())
            try:
                async with self._slots, asyncio.timeout(self.limits.each):
                    answer = await self._send(method, url)
            except (TimeoutError, httpcore.TimeoutException, httpcore.NetworkError):
                turn.silent += 1
                turn.resting = turn.silent >= _PATIENCE
                raise
            finally:
                turn.free_at = asyncio.get_running_loop().time() + self.limits.gap
            turn.silent = 0
            turn.resting = answer.wait
            return answer

    async def _send(self, method: str, url: httpx.URL) -> _Answer:
        headers = [(b"Host", url.netloc), *self._headers]
        if method == "GET":
            headers.append((b"Range", b"bytes=0-0"))
        address = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self.limits.connect)
        async with self._pool.stream(
            method, address, headers=headers, extensions={"timeout": timeouts}
        ) as response:
            read = 0
            async for piece in response.aiter_stream():
                read += len(piece)
                if read > self.limits.most_bytes:
                    break  # a server that knows no ranges sends everything
            named = {name.lower(): value for name, value in response.headers}
        status = response.status
        wait = status == 429 or (status == 503 and b"retry-after" in named)
        return _Answer(status, named.get(b"location", b"").decode("latin-1").strip(), wait)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
