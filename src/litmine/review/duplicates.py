"""Near-duplicates in the queue: one work that stands on arXiv under several ids.

Two papers belong together when they have the same title and an author in common, or when their
vectors are close and their abstracts share much of their four-word runs (w-shingling, A. Broder:
On the resemblance and containment of documents, 1997). Groups are what is connected by such pairs;
the first paper of a group, by date and then by id, leads it. The outcome does not depend on the
order in which papers entered the queue.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from litmine.core.paper import Paper
from litmine.store.duplicates import Membership

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[Any, np.dtype[np.float32]]

__all__ = [
    "CLOSE",
    "OVERLAP",
    "candidates",
    "group",
    "normal_title",
    "resemblance",
    "same_work",
]

CLOSE = 0.85
"""Cosine from which the words of two abstracts are compared at all."""

OVERLAP = 0.4
"""Resemblance from which two abstracts count as one; docs/review-statistics.md has the figures."""

_RUN = 4
_BLOCK = 512
_WORD = re.compile(r"[^\W_]+")


def normal_title(title: str) -> str:
    """Return a title's words alone: case, punctuation, accents and width do not matter."""
    if title.isascii():  # nearly all are, and it takes a fifth of the time
        return " ".join(_WORD.findall(title.casefold()))
    plain = unicodedata.normalize("NFKD", title).casefold()
    return " ".join(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def resemblance(one: str, other: str) -> float:
    """Return the share of four-word runs that two texts have in common (Jaccard's index)."""
    first, second = _runs(one), _runs(other)
    return len(first & second) / len(first | second) if first and second else 0.0


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return {tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)}


def same_work(one: Paper, other: Paper, close: bool) -> str | None:
    """Tell why two papers belong together: ``title`` or ``text``; None when they do not.

    Parameters
    ----------
    close : bool
        Whether their vectors are close enough for their words to be compared.
    """
    title = normal_title(one.title)
    authors = {normal_title(name) for name in one.authors}
    # An author in common, since "Natural language generation" is the title of many a work.
    shared = not authors.isdisjoint(normal_title(name) for name in other.authors)
    if shared and title and title == normal_title(other.title):
        return "title"
    if close and resemblance(one.abstract, other.abstract) >= OVERLAP:
        return "text"
    return None


def candidates(
    fresh: Iterable[str],
    titles: Mapping[str, str],
    ids: Sequence[str],
    vectors: Vectors,
) -> dict[tuple[str, str], bool]:
    """Find pairs worth a closer look: same title, or close vectors.

    Parameters
    ----------
    fresh : iterable of str
        Papers to compare with all.
    titles : mapping of str to str
        Titles of all papers.
    ids, vectors : sequence of str, ndarray of shape (len(ids), dim)
        Papers that have a vector, and their unit vectors.

    Returns
    -------
    dict of tuple of str to bool
        Pairs, the lesser id first, and whether their vectors are close.
    """
    import numpy as np

    wanted = set(fresh)
    named: dict[str, list[str]] = {}
    for arxiv_id, title in titles.items():
        named.setdefault(normal_title(title), []).append(arxiv_id)
    found = {
        pair: False
        for same in named.values()
        if len(same) > 1
        for pair in _pairs(same)
        if not wanted.isdisjoint(pair)
    }
    rows = [row for row, arxiv_id in enumerate(ids) if arxiv_id in wanted]
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        for near, column in zip(*np.nonzero(vectors[block] @ vectors.T >= CLOSE), strict=True):
            one, other = ids[block[near]], ids[column]
            if one != other:
                found[min(one, other), max(one, other)] = True
    return found


def _pairs(members: Sequence[str]) -> Iterator[tuple[str, str]]:
    ordered = sorted(members)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            yield one, other


def group(
    pairs: Iterable[tuple[str, str]],
    known: Iterable[Membership],
    papers: Mapping[str, Paper],
    vectors: Mapping[str, Vectors],
) -> list[Membership]:
    """Make groups of old memberships and new pairs.

    Parameters
    ----------
    pairs : iterable of tuple of str
        Papers that belong together.
    known : iterable of Membership
        Groups so far.
    papers, vectors : mapping by arXiv id
        Every paper of `pairs`, and of the groups that they touch; the vectors there are.

    Returns
    -------
    list of Membership
        Every paper but the first of each group touched by a pair, by id.
    """
    links = [*pairs]
    touched = {arxiv_id for pair in links for arxiv_id in pair}
    links += [(one.arxiv_id, one.lead_id) for one in known]
    root: dict[str, str] = {}

    def find(arxiv_id: str) -> str:
        while root.setdefault(arxiv_id, arxiv_id) != arxiv_id:
            root[arxiv_id] = root[root[arxiv_id]]
            arxiv_id = root[arxiv_id]
        return arxiv_id

    for one, other in links:
        root[find(one)] = find(other)
    groups: dict[str, list[str]] = {}
    for arxiv_id in list(root):
        groups.setdefault(find(arxiv_id), []).append(arxiv_id)
    told = []
    for members in groups.values():
        if touched.isdisjoint(members):
            continue
        lead, *others = sorted(members, key=lambda i: (papers[i].published or date.max, i))
        told += [_membership(i, lead, papers, vectors) for i in others]
    return sorted(told, key=lambda one: one.arxiv_id)


def _membership(
    arxiv_id: str, lead: str, papers: Mapping[str, Paper], vectors: Mapping[str, Vectors]
) -> Membership:
    same = normal_title(papers[arxiv_id].title) == normal_title(papers[lead].title)
    cosine = 1.0
    if arxiv_id in vectors and lead in vectors:
        # Rounded: sums in another order differ in the last bits.
        cosine = round(float(vectors[arxiv_id] @ vectors[lead]), 4)
    return Membership(arxiv_id, lead, cosine, "title" if same else "text")
