"""Whether the links of the list still work: a bounded, polite round that can stop at any time.

Nothing here runs by itself: a person calls `litmine links check`, or the settings say that the
nightly run does (``publish.check_links``). Results are kept, so that the next round asks only for
those that are old; what was learnt is committed every few links.

arXiv's own pages are not asked: the ids come from there, and its terms want its pages left alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from litmine.core.errors import InputError
from litmine.core.log import get_logger
from litmine.jobs.approved import approved_entries
from litmine.jobs.context import RunContext
from litmine.publish.links.standing import FoundLink, Probe, due, judge, links_in, tidy
from litmine.store.links import LONGEST_URL, Link, known_links, put_links

if TYPE_CHECKING:
    from litmine.publish.entry import ListEntry
    from litmine.publish.links.probe import Limits, Prober

__all__ = ["Checked", "LinkReport", "check_links", "links_of_entries", "links_of_file"]

_log = get_logger(__name__)
_ARXIV = ("arxiv.org",)
_BATCH = 20
_SECONDS = 5.0  # between two commits, at most
_LARGEST_FILE = 32 * 2**20

#: Makes the prober of a round; tests put in one with another resolver.
MakeProber = Callable[[str, "Limits"], "Prober"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One address: what is known of it now, where it stands, why nothing could be said."""

    link: Link
    places: tuple[str, ...]
    problem: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What a round came to.

    Attributes
    ----------
    links : tuple of Checked
        All that anything is known of, by address.
    asked : int
        Addresses that were tried in this round.
    left : int
        Due, but not tried: out of time, over the limit, or their host wants to be left alone.
    resting : tuple of str
        Those hosts.
    arxiv : int
        Links to arXiv, which are not asked.
    """

    links: tuple[Checked, ...]
    asked: int
    left: int
    resting: tuple[str, ...]
    arxiv: int

    def of(self, *outcomes: str) -> tuple[Checked, ...]:
        """The links of these outcomes."""
        return tuple(one for one in self.links if one.link.outcome in outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """How many links of each outcome."""
        return dict(sorted(Counter(one.link.outcome for one in self.links).items()))

    @property
    def summary(self) -> str:
        """One line for people."""
        parts = [f"{count} {outcome}" for outcome, count in self.counts.items()]
        told = ", ".join(parts) or "no links"
        return f"{told}; {self.asked} asked, {self.left} left for another time"


def links_of_entries(entries: Iterable[ListEntry]) -> dict[str, list[str]]:
    """Return the addresses of papers, each with the ids of its papers."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        for url in (entry.url, entry.published_url):
            if url and (address := tidy(url)):
                found[address].append(entry.arxiv_id)
    return dict(found)


def links_of_file(path: Path) -> dict[str, list[str]]:
    """Return the addresses in a Markdown file, each with its places ("README.md:12").

    Raises
    ------
    InputError
        The file cannot be read as text.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{path} is larger than {_LARGEST_FILE // 2**20} MiB: not a list")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); name a Markdown file"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text; name a Markdown file") from error
    found: dict[str, list[str]] = defaultdict(list)
    for link in links_in(text):
        found[link.url].append(_place(path, link))
    return dict(found)


def check_links(
    context: RunContext,
    places: Mapping[str, Sequence[str]] | None = None,
    *,
    limits: Limits | None = None,
    again: bool = False,
    most: int | None = None,
    make_prober: MakeProber | None = None,
) -> LinkReport:
    """Try the links that are due, and tell what is known of all.

    Parameters
    ----------
    places : mapping, optional
        Address to where it stands; the approved papers' by default.
    limits : Limits, optional
    again : bool
        Try those, too, whose result is fresh.
    most : int, optional
        Try so many at most, those never tried first, then the oldest.
    """
    from litmine.publish.links.probe import Limits, Prober
    from litmine.sources.http import user_agent

    with context.store.read() as connection:
        if places is None:
            places = links_of_entries(approved_entries(connection))
        asking = {url: places[url] for url in sorted(places) if not _of_arxiv(url)}
        known = known_links(connection, list(asking))
    now = context.clock.now()
    wanted = [url for url in asking if len(url) <= LONGEST_URL]
    wanted = [url for url in wanted if again or due(known.get(url), now)]
    wanted.sort(key=lambda url: (url in known, known[url].checked_at if url in known else now, url))
    limits = limits or Limits()
    agent = user_agent(context.settings.arxiv.contact)
    make_prober = make_prober or Prober
    round_ = _Round(context, known, make_prober, agent, limits)
    context.progress.start("links", len(wanted[:most]))
    try:
        asyncio.run(round_.go(wanted[:most]))
    finally:
        round_.commit()
    report = LinkReport(
        links=tuple(
            Checked(latest, tuple(asking[url]), round_.problems.get(url, ""), url in round_.tried)
            for url in asking
            if (latest := round_.known.get(url)) is not None
        ),
        asked=len(round_.tried),
        left=len(wanted) - len(round_.tried),
        resting=tuple(sorted(round_.resting)),
        arxiv=len(places) - len(asking),
    )
    context.progress.finish(report.summary)
    return report


class _Round:
    """One round; `known` grows by what is learnt."""

    def __init__(
        self,
        context: RunContext,
        known: dict[str, Link],
        make_prober: MakeProber,
        agent: str,
        limits: Limits,
    ) -> None:
        self.known = known
        self.problems: dict[str, str] = {}
        self.tried: set[str] = set()
        self.resting: set[str] = set()
        self._context = context
        self._make = make_prober
        self._agent = agent
        self._limits = limits
        self._fresh: list[Link] = []
        self._committed_at = time.monotonic()

    async def go(self, urls: Iterable[str]) -> None:
        """Try the addresses, one at a time for each host, until they or the time are over."""
        by_host: dict[str, list[str]] = defaultdict(list)
        for url in urls:
            by_host[urlsplit(url).hostname or ""].append(url)
        async with self._make(self._agent, self._limits) as prober:
            try:
                async with asyncio.timeout(self._limits.total), asyncio.TaskGroup() as group:
                    for host, its in by_host.items():
                        group.create_task(self._host(prober, host, its))
            except ExceptionGroup as several:
                raise several.exceptions[0] from several
            except TimeoutError:
                _log.info("links_out_of_time", tried=len(self.tried))

    async def _host(self, prober: Prober, host: str, urls: Sequence[str]) -> None:
        from litmine.publish.links.probe import HostResting

        for url in urls:
            if prober.resting(host):
                self.resting.add(host)
                return
            try:
                probe = await prober.probe(url)
            except HostResting as resting:
                self.resting.add(str(resting))
                continue
            self._learn(url, probe)

    def _learn(self, url: str, probe: Probe) -> None:
        link = judge(url, probe, self.known.get(url), self._context.clock.now())
        self.known[url] = link
        self.tried.add(url)
        if probe.problem:
            self.problems[url] = probe.problem
        self._fresh.append(link)
        self._context.progress.advance()
        late = time.monotonic() - self._committed_at > _SECONDS
        if late or len(self._fresh) >= _BATCH:
            self.commit()

    def commit(self) -> None:
        """Keep what was learnt since the last time."""
        self._committed_at = time.monotonic()
        if self._fresh:
            with self._context.write() as connection:
                put_links(connection, self._fresh)
            self._fresh.clear()


def _of_arxiv(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in _ARXIV or host.endswith(tuple(f".{name}" for name in _ARXIV))


def _place(path: Path, link: FoundLink) -> str:
    return f"{path.name}:{link.line}"
