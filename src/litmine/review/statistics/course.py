"""Agreement on each cell month by month, and all figures of agreement in one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litmine.core.taxonomy import load_taxonomy
from litmine.review.statistics.agreement import (
    Agreement,
    DoublyReviewed,
    agreement,
    doubly_reviewed,
    period_name,
)
from litmine.review.statistics.coefficients import LEAST_PAPERS, Figure, Resamples, kappa
from litmine.review.statistics.model_agreement import ModelAgreement, model_agreement
from litmine.store import Store

__all__ = ["AgreementAccount", "CellCourse", "agreement_account", "cell_courses"]

_DRAWS = 200


@dataclass(frozen=True, slots=True)
class CellCourse:
    """Cohen's kappa of one cell by month (YYYY-MM), oldest first."""

    cell: str
    kappas: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class AgreementAccount:
    """Everything the page of agreement shows.

    Attributes
    ----------
    people : Agreement
        Between reviewers, by month.
    courses : tuple of CellCourse
        Cells that any of two reviewers chose, in the taxonomy's order.
    model : tuple of ModelAgreement
        Between the model and reviewers: all time first, then by month.
    """

    people: Agreement
    courses: tuple[CellCourse, ...]
    model: tuple[ModelAgreement, ...]


def agreement_account(store: Store) -> AgreementAccount:
    """Compute all figures of agreement; takes up to seconds where much was reviewed."""
    with store.read() as connection:
        return AgreementAccount(
            agreement(connection, "month", draws=_DRAWS),
            cell_courses(doubly_reviewed(connection)),
            model_agreement(connection, "month", draws=_DRAWS),
        )


def cell_courses(units: list[DoublyReviewed], draws: int = _DRAWS) -> tuple[CellCourse, ...]:
    """Follow the kappa of each cell in use through the months with enough papers."""
    months: dict[str, list[DoublyReviewed]] = {}
    for unit in units:
        months.setdefault(period_name(unit.completed_at, "month"), []).append(unit)
    large = {
        name: (inside, Resamples(len(inside), draws))
        for name, inside in sorted(months.items())
        if len(inside) >= LEAST_PAPERS
    }
    used = {cell for unit in units for cells in unit.cells[:2] for cell in cells}
    return tuple(
        CellCourse(
            cell,
            {
                name: kappa(
                    [cell in unit.cells[0] for unit in inside],
                    [cell in unit.cells[1] for unit in inside],
                    resamples,
                )
                for name, (inside, resamples) in large.items()
            },
        )
        for cell in load_taxonomy().cells
        if cell in used
    )
