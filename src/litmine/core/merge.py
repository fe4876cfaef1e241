"""Two accounts of one paper become one.

Records of the same paper arrive more than once: from overlapping harvest windows, from the
announcement feed and from OAI-PMH, in any order and with different fields filled in. The result
must not depend on that order, or a resumed run would differ from a clean one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from litmine.core.paper import Paper, PaperVersion

__all__ = ["merge_papers"]


def merge_papers(one: Paper, other: Paper) -> Paper:
    """Return the union of two accounts of the same paper.

    Title, abstract, version, datestamp and withdrawal move together, from the account with the
    later version, then the later datestamp, then (for a deterministic end) the greater text.
    Other fields come from that account too, and from the other one where it leaves them empty.

    Raises
    ------
    ValueError
        When the two are different papers.
    """
    if one.arxiv_id != other.arxiv_id:
        raise ValueError(f"{one.arxiv_id} and {other.arxiv_id} are different papers")
    if one == other:
        return one
    newer, older = (one, other) if _rank(one) >= _rank(other) else (other, one)
    return replace(
        newer,
        abstract=newer.abstract or older.abstract,
        authors=newer.authors or older.authors,
        categories=newer.categories or older.categories,
        published=_least(newer.published, older.published),
        updated=_greatest(newer.updated, older.updated),
        comments=newer.comments if newer.comments is not None else older.comments,
        journal_ref=newer.journal_ref if newer.journal_ref is not None else older.journal_ref,
        doi=newer.doi if newer.doi is not None else older.doi,
        license=newer.license if newer.license is not None else older.license,
        versions=_merge_versions(newer.versions, older.versions),
    )


def _rank(paper: Paper) -> tuple[object, ...]:
    return (
        paper.version or 0,
        paper.datestamp or date.min,
        bool(paper.abstract),
        len(paper.versions),
        paper.withdrawn,
        paper.title,
        paper.abstract,
        paper.authors,
        paper.categories,
        paper.comments or "",
        paper.journal_ref or "",
        paper.doi or "",
        paper.license or "",
    )


def _least(a: date | None, b: date | None) -> date | None:
    known = [d for d in (a, b) if d is not None]
    return min(known) if known else None


def _greatest(a: date | None, b: date | None) -> date | None:
    known = [d for d in (a, b) if d is not None]
    return max(known) if known else None


def _merge_versions(
    newer: tuple[PaperVersion, ...], older: tuple[PaperVersion, ...]
) -> tuple[PaperVersion, ...]:
    if not older or newer == older:
        return newer
    merged: dict[int, datetime | None] = {}
    for version in (*newer, *older):
        known = merged.get(version.version)
        if known is None:
            merged[version.version] = version.submitted
        elif version.submitted is not None:
            merged[version.version] = min(known, version.submitted)
    return tuple(PaperVersion(number, merged[number]) for number in sorted(merged))
