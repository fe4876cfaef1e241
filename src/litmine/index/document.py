"""A paper as the search index takes it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["SAID_BY", "UNLABELLED", "Document", "Judgement"]

#: Who says in which cells a paper is; its place is the code in the index.
SAID_BY = ("", "model", "list", "label")
#: `Judgement.label` of a paper without any label.
UNLABELLED = -2


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one paper: the part of a document that changes while its text stays.

    Attributes
    ----------
    cells, techniques : tuple of str
        Ids of the taxonomy; others are passed over.
    relevance : float or None
        Probability by the model.
    label : int
        1 relevant, 0 not, -1 stands in a public list that does not tell, -2 no label.
    said_by : str
        Who names the cells: one of `SAID_BY`.
    fingerprint : str
        Of the whole document, see `Document`.
    """

    id: str
    cells: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    relevance: float | None = None
    label: int = UNLABELLED
    said_by: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched of one paper.

    Attributes
    ----------
    id : str
        arXiv id, or any other name without whitespace.
    abstract : str
        Empty for a paper of which only the title is known.
    categories : tuple of str
        Primary first.
    cells, techniques : tuple of str
        Ids of the taxonomy, as a model or a label has them. What reviewers decide changes all the
        time and is not kept here.
    relevance : float or None
        Probability by the model.
    fingerprint : str
        At most 48 ASCII characters that change whenever anything else here, or the paper's vector,
        does; the index is compared with the database by it.
    label, said_by
        As in `Judgement`.
    """

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: date | None = None
    cells: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    relevance: float | None = None
    fingerprint: str = ""
    label: int = UNLABELLED
    said_by: str = ""

    @property
    def judgement(self) -> Judgement:
        """What is said of it."""
        return Judgement(
            self.id,
            self.cells,
            self.techniques,
            self.relevance,
            self.label,
            self.said_by,
            self.fingerprint,
        )
