"""A paper as the search index takes it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["Document"]


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
        Changes whenever anything above does; the index is compared with the database by it.
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
