"""The papers of the site and where each of them stands."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry, in_order
from litmine.publish.formats.bibtex import render_bibtex

__all__ = [
    "NEW_DAYS",
    "Collection",
    "SiteSettings",
    "added",
    "by_month",
    "months_between",
    "verdict",
]

#: A paper is new when it was added this many days before the latest addition, or later.
NEW_DAYS = 7
_SPARK_MONTHS = 36
#: What stands in place of a reviewer when a rule has approved.
RULE = "rule:auto-approve"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What an operator says about the site.

    Attributes
    ----------
    url : str
        Where the site will stand, without a slash at its end; empty where that is not known.
        Without it there are no canonical addresses, cards and no site map, and feeds link to arXiv.
    library : bool
        Whether labelled papers are shown beside approved ones.
    """

    title: str = "Resource-Efficient LLM Papers"
    url: str = ""
    library: bool = False


@dataclass(frozen=True)
class Collection:
    """All papers, newest first, and the ways of picking from them.

    Parameters
    ----------
    papers : tuple of ListEntry
        In the order of `publish.entry.in_order`.
    related : mapping of str to tuple of str
        Ids of the papers nearest in meaning, nearest first, by arXiv id.
    """

    papers: tuple[ListEntry, ...]
    taxonomy: Taxonomy
    related: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        entries: Iterable[ListEntry],
        taxonomy: Taxonomy,
        related: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Collection:
        """Put entries in order, and take off what is not for the public.

        Whatever is made of a collection cannot name a reviewer or repeat a reviewer's words.

        Raises
        ------
        InputError
            When a paper stands in twice.
        """
        return cls(tuple(in_order(_public(one) for one in entries)), taxonomy, related or {})

    @cached_property
    def by_id(self) -> dict[str, ListEntry]:
        """Papers by arXiv id."""
        return {paper.arxiv_id: paper for paper in self.papers}

    @cached_property
    def by_cell(self) -> dict[str, tuple[ListEntry, ...]]:
        """Papers of each of the 25 cells, newest first."""
        return self._grouped(self.taxonomy.cells, lambda paper: paper.cells)

    @cached_property
    def by_stage(self) -> dict[str, tuple[ListEntry, ...]]:
        """Papers of each stage, each paper once."""
        return self._grouped((s.id for s in self.taxonomy.stages), lambda paper: paper.stages)

    @cached_property
    def by_resource(self) -> dict[str, tuple[ListEntry, ...]]:
        """Papers of each resource, each paper once."""
        names = (r.id for r in self.taxonomy.resources)
        return self._grouped(names, lambda paper: paper.resources)

    @cached_property
    def by_technique(self) -> dict[str, tuple[ListEntry, ...]]:
        """Papers of each technique."""
        names = (t.id for t in self.taxonomy.techniques)
        return self._grouped(names, lambda paper: paper.technique)

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Every month from that of the earliest paper to that of the latest, as YYYY-MM."""
        if not self.papers:
            return ()
        return tuple(months_between(self.papers[-1].month, self.papers[0].month))

    @cached_property
    def spark_months(self) -> tuple[str, ...]:
        """The months that sparklines show: the last three years, without the newest month.

        The newest is seldom over, and would make every line end in a fall.
        """
        return self.months[:-1][-_SPARK_MONTHS:] or self.months

    @cached_property
    def latest(self) -> date | None:
        """Day of the latest approval; without approvals, of the latest paper."""
        days = [day for paper in self.papers if (day := added(paper))]
        return max(days, default=self.papers[0].day if self.papers else None)

    @cached_property
    def new(self) -> tuple[ListEntry, ...]:
        """The papers approved in the week that ends with the latest approval; newest first."""
        if self.latest is None:
            return ()
        since = self.latest - timedelta(days=NEW_DAYS - 1)
        recent = [paper for paper in self.papers if (day := added(paper)) and day >= since]
        return tuple(sorted(recent, key=lambda p: (-added_number(p), -p.day.toordinal())))

    @cached_property
    def new_ids(self) -> frozenset[str]:
        """Ids of the papers of `new`."""
        return frozenset(paper.arxiv_id for paper in self.new)

    @cached_property
    def digests(self) -> dict[str, str]:
        """Fingerprint of everything that is known of a paper here, by arXiv id."""
        return {paper.arxiv_id: _digest(paper) for paper in self.papers}

    def digest_of(self, papers: Iterable[ListEntry]) -> str:
        """Return one fingerprint for papers in an order."""
        digests = self.digests
        whole = "".join(digests[paper.arxiv_id] for paper in papers)
        return hashlib.blake2b(whole.encode(), digest_size=8).hexdigest()

    def bibtex_of(self, paper: ListEntry) -> str:
        """Return a paper's BibTeX entry, made once for its page and for the downloads."""
        made = self._bibtex.get(paper.arxiv_id)
        if made is None:
            made = self._bibtex[paper.arxiv_id] = render_bibtex([paper], self.taxonomy)
        return made

    @cached_property
    def _bibtex(self) -> dict[str, str]:
        return {}

    def count_new(self, papers: Iterable[ListEntry]) -> int:
        """Return how many of these papers are new this week."""
        return sum(paper.arxiv_id in self.new_ids for paper in papers)

    def _grouped(
        self, names: Iterable[str], of: Callable[[ListEntry], Sequence[str]]
    ) -> dict[str, tuple[ListEntry, ...]]:
        groups: dict[str, list[ListEntry]] = {name: [] for name in names}
        for paper in self.papers:
            for name in dict.fromkeys(of(paper)):
                if name in groups:  # a cell of an older taxonomy has no page
                    groups[name].append(paper)
        return {name: tuple(papers) for name, papers in groups.items()}


def verdict(paper: ListEntry) -> str:
    """Return who says that a paper belongs here: ``reviewer``, ``rule`` or ``label``."""
    if paper.source != "reviewer" or paper.approval is None:
        return "label"
    return "rule" if paper.approval.by_rule else "reviewer"


def added(paper: ListEntry) -> date | None:
    """Return the day on which a reviewer approved a paper; None for labelled ones."""
    return paper.approval.decided_at.date() if paper.approval else None


def added_number(paper: ListEntry) -> int:
    """Return `added` as a number to sort by, 0 for never."""
    day = added(paper)
    return day.toordinal() if day else 0


def months_between(first: str, last: str) -> Iterable[str]:
    """Give every month from `first` to `last`, both YYYY-MM and included."""
    month = first
    while month <= last:
        yield month
        month = next_month(month)


def next_month(month: str) -> str:
    """Return the month after one, both as YYYY-MM."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def by_month(papers: Iterable[ListEntry]) -> Counter[str]:
    """Count papers by month of publication."""
    days = Counter(paper.day for paper in papers)
    months: Counter[str] = Counter()
    for day, count in days.items():  # far fewer than papers, and formatting a date is slow
        months[f"{day:%Y-%m}"] += count
    return months


def _public(entry: ListEntry) -> ListEntry:
    approval = entry.approval
    if approval is None:
        return entry
    said = replace(approval, reviewer=RULE if approval.by_rule else "", comment="")
    bare = copy(entry)  # `replace` would check and clean every field once more
    object.__setattr__(bare, "approval", said)
    return bare


def _digest(paper: ListEntry) -> str:
    text = repr(paper).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).hexdigest()
