"""How far reviewers agree, from papers that two of them judged without seeing each other.

Relevance: Krippendorff's alpha over approve and reject. Cells: the same with the distance MASI
between sets of cells, over papers that both approved, and Cohen's kappa cell by cell between first
and second opinion over all papers. `litmine.review.statistics.model_agreement` holds the model
against them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from litmine.core.taxonomy import load_taxonomy
from litmine.review.reading import reading
from litmine.review.statistics.coefficients import (
    Figure,
    Resamples,
    alpha,
    kappa,
    masi_distance,
    nominal_distance,
)
from litmine.store import Store
from litmine.store.schema import opinions

__all__ = [
    "Agreement",
    "CellAgreement",
    "DoublyReviewed",
    "PeriodAgreement",
    "agreement",
    "doubly_reviewed",
    "period_name",
]

Period = Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class DoublyReviewed:
    """One paper with the opinions of different reviewers, first one first.

    Attributes
    ----------
    approved : tuple of bool
        What each said.
    cells : tuple of frozenset of str
        In which cells each put it; nothing where it was rejected.
    completed_at : datetime
        When the second opinion came in.
    """

    arxiv_id: str
    reviewers: tuple[str, ...]
    approved: tuple[bool, ...]
    cells: tuple[frozenset[str], ...]
    completed_at: datetime

    @property
    def agreed(self) -> bool:
        """Whether all said the same, cells included."""
        return len(set(self.approved)) == 1 and len(set(self.cells)) == 1


@dataclass(frozen=True, slots=True)
class CellAgreement:
    """One cell: how often the first and the second reviewer chose it, and their kappa."""

    cell: str
    first: int
    second: int
    both: int
    kappa: Figure


@dataclass(frozen=True, slots=True)
class PeriodAgreement:
    """One week ("2026-W27") or month ("2026-07")."""

    period: str
    papers: int
    same: float
    relevance: Figure
    cells: Figure


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of all doubly reviewed papers, and by cell and period.

    Attributes
    ----------
    papers : int
        Doubly reviewed papers.
    same : float or None
        Share of them on which both said the same, cells included; None without any.
    relevance, cells : Figure
        Krippendorff's alpha.
    by_cell : tuple of CellAgreement
        All cells, in the taxonomy's order.
    periods : tuple of PeriodAgreement
        Oldest first.
    """

    papers: int
    reviewers: tuple[str, ...]
    same: float | None
    relevance: Figure
    cells: Figure
    by_cell: tuple[CellAgreement, ...]
    periods: tuple[PeriodAgreement, ...]
    by: Period
    confidence: float
    draws: int
    seed: int


def agreement(
    source: Store | Connection,
    by: Period = "month",
    *,
    draws: int = 500,
    seed: int = 0,
    confidence: float = 0.95,
) -> Agreement:
    """Compute the agreement of everything that two reviewers judged.

    Parameters
    ----------
    by : {"week", "month"}
        Periods, by the day on which the second opinion came in (UTC).
    draws, seed, confidence : int, int, float
        Of the bootstrap intervals.
    """
    with reading(source) as connection:
        units = doubly_reviewed(connection)

    def resamples(papers: Sequence[DoublyReviewed]) -> Resamples:
        return Resamples(len(papers), draws, seed, confidence)

    def of(papers: Sequence[DoublyReviewed]) -> tuple[Figure, Figure]:
        both = [unit for unit in papers if all(unit.approved)]
        return (
            alpha([u.approved for u in papers], nominal_distance, resamples(papers)),
            alpha([u.cells for u in both], masi_distance, resamples(both)),
        )

    periods: dict[str, list[DoublyReviewed]] = {}
    for unit in units:
        periods.setdefault(period_name(unit.completed_at, by), []).append(unit)
    relevance, cells = of(units)
    return Agreement(
        papers=len(units),
        reviewers=tuple(sorted({name for unit in units for name in unit.reviewers})),
        same=_same(units) if units else None,
        relevance=relevance,
        cells=cells,
        by_cell=_by_cell(units, resamples(units)),
        periods=tuple(
            PeriodAgreement(name, len(inside), _same(inside), *of(inside))
            for name, inside in sorted(periods.items())
        ),
        by=by,
        confidence=confidence,
        draws=draws,
        seed=seed,
    )


def doubly_reviewed(connection: Connection) -> list[DoublyReviewed]:
    """Papers with standing opinions of at least two reviewers, by arXiv id.

    Opinions of disputed papers count, and so do those that were withdrawn after the other one had
    come in: whoever gives in changes nothing about what both said before they knew. One withdrawn
    earlier is left out. Who gave several opinions of a paper counts with the first of these.
    """
    rows = connection.execute(
        select(
            opinions.c.id,
            opinions.c.arxiv_id,
            opinions.c.reviewer,
            opinions.c.action,
            opinions.c.cells,
            opinions.c.given_at,
            opinions.c.withdrawn_at,
        ).order_by(opinions.c.arxiv_id, opinions.c.id)
    ).all()
    met = _met(rows)
    found: dict[str, dict[str, tuple[bool, frozenset[str], datetime]]] = {}
    for row in rows:
        if row.withdrawn_at is not None and row.id not in met:
            continue
        approved = row.action == "approve"
        cells = frozenset(row.cells) if approved else frozenset()
        said = (approved, cells, row.given_at)
        found.setdefault(row.arxiv_id, {}).setdefault(row.reviewer, said)
    return [
        DoublyReviewed(
            arxiv_id,
            tuple(by_reviewer),
            tuple(said[0] for said in by_reviewer.values()),
            tuple(said[1] for said in by_reviewer.values()),
            sorted(said[2] for said in by_reviewer.values())[1],
        )
        for arxiv_id, by_reviewer in sorted(found.items())
        if len(by_reviewer) > 1
    ]


def _met(rows: Sequence[Any]) -> set[int]:
    """Return the opinions that were open at the same time as somebody else's."""
    met: set[int] = set()
    by_paper: dict[str, list[Any]] = {}
    for row in rows:
        for other in by_paper.setdefault(row.arxiv_id, []):
            stood = other.withdrawn_at is None or other.withdrawn_at > row.given_at
            if stood and other.reviewer != row.reviewer:
                met |= {row.id, other.id}
        by_paper[row.arxiv_id].append(row)
    return met


def period_name(moment: datetime, by: Period) -> str:
    """Return the ISO week ("2026-W27") or the month ("2026-07") of a UTC time."""
    if by == "month":
        return f"{moment:%Y-%m}"
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02d}"


def _same(units: Iterable[DoublyReviewed]) -> float:
    agreed = [unit.agreed for unit in units]
    return sum(agreed) / len(agreed)


def _by_cell(units: Sequence[DoublyReviewed], resamples: Resamples) -> tuple[CellAgreement, ...]:
    told = []
    for cell in load_taxonomy().cells:
        first = [cell in unit.cells[0] for unit in units]
        second = [cell in unit.cells[1] for unit in units]
        both = sum(a and b for a, b in zip(first, second, strict=True))
        told.append(
            CellAgreement(cell, sum(first), sum(second), both, kappa(first, second, resamples))
        )
    return tuple(told)
