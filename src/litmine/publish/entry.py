"""One line of the paper list, and what may stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import quote

from litmine.core.errors import InputError
from litmine.core.latex import to_unicode
from litmine.core.paper import Paper, month_of_id, parse_arxiv_id
from litmine.core.plain import clean

__all__ = ["Approval", "DraftEntry", "ListEntry", "in_order", "safe_url"]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let a paper into the list, and what the model had said of it.

    Attributes
    ----------
    relevance : float or None
        Calibrated probability, 0 to 1; None where no prediction is stored any more.
    scores : mapping of str to float
        Probability of each cell of the entry that the model gave one.
    """

    reviewer: str
    decided_at: datetime
    model_id: str | None = None
    relevance: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    comment: str = ""

    @property
    def by_rule(self) -> bool:
        """Whether a rule approved it that reviewers have set, and no person by name."""
        return self.reviewer.startswith("rule:")


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One paper as it stands in the list.

    Attributes
    ----------
    arxiv_id : str
        Without version; checked.
    title : str
        As arXiv gives it, LaTeX included; cleaned on construction. `plain_title` is for reading.
    published, updated : date or None
        Days of the first and of the latest version. Without the first, the month of the id is used.
    technique : tuple of str
        Technique ids of the taxonomy, primary first.
    cells : tuple of str
        "stage/resource" pairs.
    keywords : tuple of str
        Free words of the reviewer; the names of the techniques stand in when there are none.
    venue : str or None
        Where it was published; None is shown as arXiv.
    url : str
        http or https; the arXiv abstract page by default.
    authors, categories : tuple of str
        As arXiv gives them; empty for labelled papers that were never pulled.
    abstract : str
        Empty where it is not stored.
    doi : str or None
        Of the published version, in small letters; arXiv's own 10.48550 is none.
    source : str
        ``reviewer``: approved; ``label``: labelled under the codebook, not reviewed here.
    approval : Approval or None
        None for labelled papers.

    Raises
    ------
    InputError
        If the id is not an arXiv id or the title is empty.
    """

    arxiv_id: str
    title: str
    published: date | None
    technique: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    venue: str | None = None
    url: str = ""
    authors: tuple[str, ...] = ()
    abstract: str = ""
    categories: tuple[str, ...] = ()
    doi: str | None = None
    journal_ref: str | None = None
    updated: date | None = None
    version: int | None = None
    source: str = "reviewer"
    approval: Approval | None = None

    def __post_init__(self) -> None:
        parsed = parse_arxiv_id(self.arxiv_id).id
        title = clean(self.title)
        if not title:
            raise InputError(f"{parsed} has no title: fetch its metadata before publishing")
        keywords = (clean(word) for word in self.keywords)
        authors = (clean(name) for name in self.authors)
        set_field = object.__setattr__  # the way to normalise fields of a frozen dataclass
        set_field(self, "arxiv_id", parsed)
        set_field(self, "title", title)
        set_field(self, "keywords", tuple(word for word in dict.fromkeys(keywords) if word))
        set_field(self, "authors", tuple(name for name in authors if name))
        set_field(self, "abstract", clean(self.abstract))
        set_field(self, "venue", clean(self.venue or "") or None)
        set_field(self, "url", safe_url(self.url) or f"https://arxiv.org/abs/{parsed}")

    @property
    def plain_title(self) -> str:
        """The title with its LaTeX as Unicode, for lists, feeds and pages without markup."""
        return clean(to_unicode(self.title)) or self.title

    @property
    def published_url(self) -> str | None:
        """Where the published version stands; None if neither DOI nor journal reference tell."""
        from litmine.publish.metadata.doi import published_url_of

        return published_url_of(self.doi, self.journal_ref)

    @property
    def stages(self) -> tuple[str, ...]:
        """The distinct stages of the cells, in the order given."""
        return tuple(dict.fromkeys(cell.split("/")[0] for cell in self.cells))

    @property
    def resources(self) -> tuple[str, ...]:
        """The distinct resources of the cells, in the order given."""
        return tuple(dict.fromkeys(cell.split("/")[-1] for cell in self.cells))

    @property
    def day(self) -> date:
        """The publication day; the first of the id's month where the day is not known."""
        return self.published or month_of_id(self.arxiv_id) or date(1991, 8, 1)

    @property
    def month(self) -> str:
        """The month of publication as YYYY-MM."""
        return f"{self.day:%Y-%m}"

    @classmethod
    def from_paper(
        cls,
        paper: Paper,
        cells: Iterable[str],
        technique: Iterable[str],
        keywords: Iterable[str] = (),
        approval: Approval | None = None,
        source: str = "reviewer",
    ) -> ListEntry:
        """Make the entry of a stored paper; the venue is read from its metadata."""
        from litmine.publish.metadata.doi import published_doi
        from litmine.publish.metadata.venue import venue_of

        return cls(
            arxiv_id=paper.arxiv_id,
            title=paper.title,
            published=paper.published,
            technique=tuple(technique),
            cells=tuple(cells),
            keywords=tuple(keywords),
            venue=venue_of(paper.journal_ref, paper.comments, paper.doi),
            authors=paper.authors,
            abstract=paper.abstract,
            categories=paper.categories,
            doi=published_doi(paper.doi),
            journal_ref=paper.journal_ref,
            updated=paper.updated,
            version=paper.version,
            source=source,
            approval=approval,
        )


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """A suggestion that nobody has reviewed yet.

    Attributes
    ----------
    entry : ListEntry
        With the suggested cells and techniques.
    relevance : float
        Calibrated probability that the paper belongs into the list, 0 to 1.
    probabilities : mapping of str to float
        Probability of each suggested cell.
    """

    entry: ListEntry
    relevance: float
    probabilities: Mapping[str, float] = field(default_factory=dict)


EntryT = TypeVar("EntryT", ListEntry, DraftEntry)


def in_order(entries: Iterable[EntryT]) -> list[EntryT]:
    """Sort approved papers by date, newest first, and drafts by relevance; then by arXiv id.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    items = list(entries)
    seen: set[str] = set()
    for item in items:
        arxiv_id = item.arxiv_id if isinstance(item, ListEntry) else item.entry.arxiv_id
        if arxiv_id in seen:
            raise InputError(f"{arxiv_id} stands in the list twice: keep its latest decision")
        seen.add(arxiv_id)
    return sorted(items, key=_sort_key)


def _sort_key(item: ListEntry | DraftEntry) -> tuple[float, str]:
    if isinstance(item, ListEntry):
        return (-item.day.toordinal(), item.arxiv_id)
    return (-round(item.relevance, 6), item.entry.arxiv_id)


def safe_url(url: str) -> str:
    """Give an http(s) address that is valid anywhere: Markdown, feeds, attributes; else nothing.

    Every character is encoded that could end a link. An address with a name before its host, or
    without a host that can be one, is no address.
    """
    text = clean(url).replace(" ", "")
    found = re.match(r"(https?://)([^/?#]+)", text)
    if found is None:
        return ""
    try:
        host = found[2].encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    if not re.fullmatch(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", host):
        return ""
    rest, mark, fragment = text[found.end() :].partition("#")
    path = quote(rest, safe="/:?=&%~+,;@-._") + mark + quote(fragment, safe="/:?=&%~+,;@-._")
    return found[1] + host + re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", path)
