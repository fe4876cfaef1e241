"""Two accounts of one paper become one.

Records of the same paper arrive more than once: from overlapping harvest windows, from the
announcement feed and from OAI-PMH, in any order and with different fields filled in. The result
must not depend on that order, or a resumed run would differ from a clean one. So the merge is a
join: idempotent, commutative and associative in every field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar

from litmine.core.paper import Paper, PaperVersion

__all__ = ["merge_papers"]

_T = TypeVar("_T")


def merge_papers(one: Paper, other: Paper) -> Paper:
    """Return what two accounts of the same paper tell together.

    The account with the later version wins as a whole, then the one with the later datestamp: a
    comment that its newest account no longer carries was taken off. Accounts of the same version
    and datestamp (a feed and the search API, which give no datestamp) complete each other.
    History is gathered from both: every version, the first submission, the last update.

    Raises
    ------
    ValueError
        When the two are different papers.
    """
    if one.arxiv_id != other.arxiv_id:
        raise ValueError(f"{one.arxiv_id} and {other.arxiv_id} are different papers")
    if one == other:
        return one
    same_age = _age(one) == _age(other)
    merged = _complete(one, other) if same_age else max(one, other, key=_age)
    return replace(
        merged,
        published=_known(min, one.published, other.published),
        updated=_known(max, one.updated, other.updated),
        versions=_merge_versions(one.versions, other.versions),
    )


def _age(paper: Paper) -> tuple[int, date]:
    return paper.version or 0, paper.datestamp or date.min


def _complete(one: Paper, other: Paper) -> Paper:
    # Where both tell something, any rule does that does not look at the order.
    title, abstract = max(
        (one.title, one.abstract), (other.title, other.abstract), key=lambda t: (bool(t[1]), t)
    )
    return replace(
        one,
        title=title,
        abstract=abstract,
        authors=max(one.authors, other.authors, key=lambda a: (len(a), a)),
        categories=max(one.categories, other.categories, key=lambda c: (len(c), c)),
        comments=_known(max, one.comments, other.comments),
        journal_ref=_known(max, one.journal_ref, other.journal_ref),
        doi=_known(max, one.doi, other.doi),
        license=_known(max, one.license, other.license),
        withdrawn=one.withdrawn or other.withdrawn,
    )


def _known(choose: Callable[[Any, Any], _T], a: _T | None, b: _T | None) -> _T | None:
    if a is None or b is None:
        return b if a is None else a
    return choose(a, b)


def _merge_versions(
    one: tuple[PaperVersion, ...], other: tuple[PaperVersion, ...]
) -> tuple[PaperVersion, ...]:
    merged: dict[int, datetime | None] = {}
    for version in (*one, *other):
        merged[version.version] = _known(min, merged.get(version.version), version.submitted)
    return tuple(PaperVersion(number, merged[number]) for number in sorted(merged))
