"""What bibliographies tell of a paper: the one reading behind BibTeX, RIS and CSL-JSON."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from litmine.core.plain import clean
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry, in_order
from litmine.publish.formats.names import Name, split_name
from litmine.publish.metadata.venue import is_conference

__all__ = ["Citation", "citation", "citations", "key_of"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


Kind = Literal["preprint", "conference", "journal"]

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{}\\^`|]+")
_ARXIV_DOI = re.compile(r"10\.48550/", re.IGNORECASE)
# Venues come as "ICML 2026" or "IEEE Access 2024" (`litmine.publish.metadata.venue`): one short
# word with two capitals and a year is a conference, unless it is known as a journal.
_MEETING = re.compile(
    r"\b(?:workshop|conference|proceedings|proc|symposium|findings|meeting|congress)\b",
    re.IGNORECASE,
)
_ACRONYM = re.compile(r"(?:USENIX )?[A-Za-z-]*[A-Z][A-Za-z-]*[A-Z][A-Za-z-]* (?:19|20)\d\d$")
_JOURNALS = _words("TMLR TACL JMLR TPAMI JAIR PNAS TNNLS TKDE TOIS TIST TODAES TCAD TPDS PVLDB")
# Words that begin many titles and tell none from another.
_FUNCTION_WORDS = _words(
    "a an the on of for in into to toward towards with without from by via at as and or is "
    "are be do does did can could should how what why when where which who whether not no it "
    "its this that you your we our using beyond"
)
# Letters that do not fall apart into a Latin letter and a sign.
_FOLDED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe",
     "þ": "th", "ŋ": "n", "ə": "e"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Citation:
    """One paper as it is cited; all texts are one line of Unicode.

    Attributes
    ----------
    key : str
        Letters, digits, dots and hyphens of ASCII; of this paper alone (`key_of`).
    title : str
        `latex_title` is the same as arXiv gives it.
    year : int
        Of the venue where it tells one, else of the first version.
    month : int or None
        Of the first version, for preprints.
    container : str
        Conference with its year, or journal without it; empty for preprints.
    doi : str
        Of the published version; empty if none is known.
    keywords : tuple of str
        Techniques, cells and free words, by name.
    """

    key: str
    kind: Kind
    arxiv_id: str
    primary_category: str
    names: tuple[Name, ...]
    title: str
    latex_title: str
    year: int
    month: int | None
    day: int | None
    container: str
    doi: str
    url: str
    keywords: tuple[str, ...]
    abstract: str

    @property
    def categories(self) -> str:
        """The primary category as arXiv prints it behind an id, or nothing."""
        return f" [{self.primary_category}]" if self.primary_category else ""


def citations(entries: Iterable[ListEntry], taxonomy: Taxonomy) -> list[Citation]:
    """Read entries for a bibliography, newest first.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    return [citation(entry, taxonomy) for entry in in_order(entries)]


def citation(entry: ListEntry, taxonomy: Taxonomy) -> Citation:
    """Read one entry."""
    kind, container, year = _container(entry.venue)
    names = tuple(name for name in map(split_name, entry.authors) if name is not None)
    doi = clean(entry.doi or "")
    exact = entry.published is not None and kind == "preprint"
    return Citation(
        key=_key(entry, names),
        kind=kind,
        arxiv_id=entry.arxiv_id,
        primary_category=clean(entry.categories[0]) if entry.categories else "",
        names=names,
        title=entry.plain_title,
        latex_title=entry.title,
        year=year or entry.day.year,
        month=entry.day.month if kind == "preprint" else None,
        day=entry.day.day if exact else None,
        container=container,
        doi=doi if _DOI.fullmatch(doi) and not _ARXIV_DOI.match(doi) else "",
        url=entry.url,
        keywords=_keywords(entry, taxonomy),
        abstract=entry.abstract,
    )


def key_of(entry: ListEntry) -> str:
    """Return the citation key of a paper: family, year, first telling word, arXiv id.

    It is made of the paper alone, so that no other paper of the list can move it, and it ends with
    the arXiv id, so that no two are equal. The year is that of the id, which never changes.

    Examples
    --------
    >>> key_of(ListEntry("2210.17323", "GPTQ: Accurate Quantization", None,
    ...                  authors=("Elias Frantar",)))
    'frantar2022gptq-2210.17323'
    """
    names = (name for name in map(split_name, entry.authors) if name is not None)
    return _key(entry, tuple(names)[:1])


def _key(entry: ListEntry, names: tuple[Name, ...]) -> str:
    first = names[0] if names else Name(literal="anon")
    family = _letters(first.family or first.literal)[:24] or "anon"
    words = (_letters(_head(word)) for word in entry.plain_title.split())
    word = next((w for w in words if len(w) > 1 and w not in _FUNCTION_WORDS), "")[:24]
    number = entry.arxiv_id.replace("/", ".")
    # Without the day of submission an entry's day is the month of its id.
    year = ListEntry(entry.arxiv_id, "x", None).day.year
    return f"{family}{year}{word}-{number}"


def _head(word: str) -> str:
    """Cut a compound at its first hyphen, unless hardly anything stands before it ("4-bit")."""
    head = word.split("-")[0]
    return head if len(head) > 1 else word


def _letters(text: str) -> str:
    """Fold a text to small letters and digits of ASCII; what is of another script goes."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    return re.sub(r"[^a-z0-9]", "", apart.translate(_FOLDED))


def _container(venue: str | None) -> tuple[Kind, str, int | None]:
    """Tell what kind of venue it is, its name and its year."""
    name = clean(venue or "")
    if not name or name.casefold() == "arxiv":
        return "preprint", "", None
    years = _YEAR.findall(name)
    year = int(years[-1]) if years else None
    known = _MEETING.search(name) or is_conference(name)
    if name.split()[0] not in _JOURNALS and (known or _ACRONYM.match(name)):
        return "conference", name, year
    journal = re.sub(r"\s*(?<!\d)(?:19|20)\d\d$", "", name).rstrip(" ,") or name
    return "journal", journal, year


def _keywords(entry: ListEntry, taxonomy: Taxonomy) -> tuple[str, ...]:
    techniques = {one.id: one.name for one in taxonomy.techniques}
    stages = {one.id: one.name for one in taxonomy.stages}
    resources = {one.id: one.name for one in taxonomy.resources}
    cells = (cell.partition("/") for cell in entry.cells)
    found = [
        *(techniques.get(one, one) for one in entry.technique),
        *(f"{stages.get(s, s)} / {resources.get(r, r)}" for s, _, r in cells),
        *entry.keywords,
    ]
    # A comma parts keywords in BibTeX.
    return tuple(dict.fromkeys(word for one in found if (word := clean(one).replace(",", ";"))))
