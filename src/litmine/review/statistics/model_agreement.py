"""How far what reviewers decided follows what the model suggested, period by period.

Reviewers see the suggestion before they decide, so these figures tell how often it was changed,
not how two independent readers would agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from litmine.review.reading import reading
from litmine.review.statistics.agreement import Period, period_name
from litmine.review.statistics.coefficients import Figure, Resamples, kappa
from litmine.store import Store
from litmine.store.schema import decisions

__all__ = ["ModelAgreement", "model_agreement"]


@dataclass(frozen=True, slots=True)
class ModelAgreement:
    """Decisions of one week or month, or of all time, against the suggestions they were taken on.

    Attributes
    ----------
    period : str
        "2026-W27", "2026-07", or "all".
    models : tuple of str
        Whose suggestions they were.
    decided, approved : int
        Papers, and those of them that were approved.
    relevance : Figure
        Cohen's kappa of "the model suggests a cell" and "the reviewer approves".
    unchanged : float or None
        Share of approved papers whose cells are the suggested ones; None without approvals.
    precision, recall : float or None
        Of suggested cells, the share that approved papers kept; of decided cells, the share that
        had been suggested. Summed over approved papers; None where nothing is to be divided by.
    """

    period: str
    models: tuple[str, ...]
    decided: int
    approved: int
    relevance: Figure
    unchanged: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class _Taken:
    period: str
    model: str
    approved: bool
    suggested: frozenset[str]
    decided: frozenset[str]


def model_agreement(
    source: Store | Connection,
    by: Period = "month",
    *,
    draws: int = 500,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[ModelAgreement, ...]:
    """Hold decisions against suggestions: all of them first, then by period, oldest first.

    The last standing approval or rejection of each paper counts, by the day on which it was taken;
    decisions of rules do not. Empty where nothing was decided.
    """
    with reading(source) as connection:
        taken = _read(connection, by)
    groups: dict[str, list[_Taken]] = {"all": taken} if taken else {}
    for one in sorted(taken, key=lambda t: t.period):
        groups.setdefault(one.period, []).append(one)
    return tuple(
        _judge(name, inside, Resamples(len(inside), draws, seed, confidence))
        for name, inside in groups.items()
    )


def _read(connection: Connection, by: Period) -> list[_Taken]:
    later = decisions.alias()
    undone = select(later.c.id).where(later.c.undoes == decisions.c.id).exists()
    rows = connection.execute(
        select(
            decisions.c.arxiv_id,
            decisions.c.action,
            decisions.c.model_id,
            decisions.c.suggested_cells,
            decisions.c.cells,
            decisions.c.decided_at,
        )
        .where(decisions.c.action.in_(("approve", "reject")), decisions.c.source != "rule", ~undone)
        .order_by(decisions.c.id)
    )
    last = {
        row.arxiv_id: _Taken(
            period_name(row.decided_at, by),
            row.model_id or "",
            row.action == "approve",
            frozenset(row.suggested_cells),
            frozenset(row.cells) if row.action == "approve" else frozenset(),
        )
        for row in rows
    }
    return list(last.values())


def _judge(name: str, taken: Sequence[_Taken], resamples: Resamples) -> ModelAgreement:
    approvals = [one for one in taken if one.approved]
    kept = sum(len(one.suggested & one.decided) for one in approvals)
    return ModelAgreement(
        period=name,
        models=tuple(sorted({one.model for one in taken if one.model})),
        decided=len(taken),
        approved=len(approvals),
        relevance=kappa(
            [bool(one.suggested) for one in taken], [one.approved for one in taken], resamples
        ),
        unchanged=_share(sum(o.suggested == o.decided for o in approvals), len(approvals)),
        precision=_share(kept, sum(len(one.suggested) for one in approvals)),
        recall=_share(kept, sum(len(one.decided) for one in approvals)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
