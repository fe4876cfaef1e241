"""A paper as arXiv describes it, and its identifier."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime

from litmine.core.errors import InputError

__all__ = [
    "ArxivId",
    "Paper",
    "PaperVersion",
    "month_of_id",
    "normalise_space",
    "parse_arxiv_id",
]


# New style (since 2007-04): YYMM.NNNN or YYMM.NNNNN. Old style: archive[.SC]/YYMMNNN.
_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"(?P<archive>[a-z][a-z\-]*)(?:\.[A-Za-z\-]{2,})?/(?P<number>\d{7})"
# ASCII: other scripts have digits too.
_ID = re.compile(rf"(?:(?P<new>{_NEW})|{_OLD})(?:v(?P<version>[1-9]\d{{0,3}}))?", re.ASCII)
_PREFIX = re.compile(
    r"^(?:https?://(?:[a-z0-9\-]+\.)*arxiv\.org/(?:abs|pdf|html|format)/|oai:arxiv\.org:|arxiv:\s*)",
    re.IGNORECASE,
)


def normalise_space(text: str) -> str:
    """Return `text` with every run of whitespace as one space and none at the ends.

    arXiv wraps titles and abstracts at about 80 columns; the wrapping carries no meaning.
    """
    return " ".join(text.split())  # splits where \s matches, at half the cost


@dataclass(frozen=True, slots=True)
class ArxivId:
    """An arXiv identifier.

    Attributes
    ----------
    id : str
        The identifier without its version: ``2401.00625`` or ``cs/0112017``.
    version : int or None
        The version, where one was named.
    """

    id: str
    version: int | None = None

    def __str__(self) -> str:
        return self.id if self.version is None else f"{self.id}v{self.version}"


def parse_arxiv_id(text: str) -> ArxivId:
    """Read an arXiv identifier from an id, an ``arXiv:`` reference, an OAI identifier or a URL.

    Raises
    ------
    InputError
        When `text` holds no arXiv identifier.

    Examples
    --------
    >>> parse_arxiv_id("https://arxiv.org/abs/2401.00625v2")
    ArxivId(id='2401.00625', version=2)
    """
    bare = _PREFIX.sub("", text.strip())
    bare = re.sub(r"(?:\.pdf)?/?(?:[?#].*)?$", "", bare)
    found = _ID.fullmatch(bare)
    if found is None:
        raise InputError(
            f"{text.strip()[:80]!r} is not an arXiv id; expected 2401.00625, cs/0112017 or a link"
        )
    version = found["version"]
    # The subject class of an old identifier is decoration: math.GT/0309136 is math/0309136.
    identifier = found["new"] or f"{found['archive']}/{found['number']}"
    return ArxivId(identifier, int(version) if version else None)


def month_of_id(arxiv_id: str) -> date | None:
    """Return the first day of the month in which an identifier was given; None if it tells none.

    Examples
    --------
    >>> month_of_id("2401.00625"), month_of_id("cs/9912001")
    (datetime.date(2024, 1, 1), datetime.date(1999, 12, 1))
    """
    found = re.match(r"(?:[a-z-]+(?:\.[A-Za-z]{2})?/)?(\d\d)(0[1-9]|1[0-2])", arxiv_id)
    if found is None:
        return None
    year = int(found[1])
    return date(year + (1900 if year > 90 else 2000), int(found[2]), 1)  # arXiv began in 1991


@dataclass(frozen=True, slots=True)
class PaperVersion:
    """One version of a paper: its number and when it was submitted (UTC), where known."""

    version: int
    submitted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """One arXiv paper, keyed by its identifier without the version.

    Attributes
    ----------
    arxiv_id : str
        Without version.
    version : int or None
        Latest version known; None where the source does not tell.
    title, abstract : str
        Whitespace-normalised, otherwise as arXiv gives them (LaTeX kept).
    authors : tuple of str
        Display names in order.
    categories : tuple of str
        Primary category first.
    published, updated : date or None
        Submission day of version 1 and of the latest version.
    datestamp : date or None
        Day on which the source last changed the record (not a submission day).
    withdrawn : bool
        The latest version is a withdrawal.
    versions : tuple of PaperVersion
        Ascending; empty where the source gives no history.
    """

    arxiv_id: str
    title: str
    abstract: str
    version: int | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: date | None = None
    updated: date | None = None
    datestamp: date | None = None
    comments: str | None = None
    journal_ref: str | None = None
    doi: str | None = None
    license: str | None = None
    withdrawn: bool = False
    versions: tuple[PaperVersion, ...] = ()

    @property
    def primary_category(self) -> str | None:
        """First category, or None when there is none."""
        return self.categories[0] if self.categories else None

    @property
    def text(self) -> str:
        """Title and abstract, one under the other: what is encoded and classified."""
        return f"{self.title}\n{self.abstract}"

    @property
    def content_hash(self) -> str:
        """Hex sha256 of title and abstract; only when it changes is a paper judged again."""
        return content_hash(self.title, self.abstract)

    @property
    def url(self) -> str:
        """The abstract page."""
        return f"https://arxiv.org/abs/{self.arxiv_id}"


def content_hash(title: str, abstract: str) -> str:
    """Hex sha256 of ``title + newline + abstract`` after whitespace normalisation."""
    text = f"{normalise_space(title)}\n{normalise_space(abstract)}"
    return hashlib.sha256(text.encode()).hexdigest()
