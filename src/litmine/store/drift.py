"""Figures and alarms by night and model, and the rows they are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select

from litmine.store.papers import FIRST_STAGE
from litmine.store.schema import announcements, decisions, drift, papers, predictions
from litmine.store.sql import batched, upsert

__all__ = [
    "LEAST_REFERENCE",
    "JudgedPaper",
    "StoredDrift",
    "announced_night_before",
    "decisions_between",
    "drop_drift",
    "get_drift",
    "judged_nights",
    "judged_papers",
    "latest_watched_model",
    "put_drift",
    "recent_drift",
]

LEAST_REFERENCE = 8
"""With fewer earlier nights there is no alarm: the watch is learning."""

_FIRST_SIGHT = ("new", "cross")
_RECENT = timedelta(days=13)


@dataclass(frozen=True, slots=True)
class StoredDrift:
    """One night under one model.

    Attributes
    ----------
    papers : int
        Papers of the night that the model judged.
    figures : dict
        Numbers by name; docs/models.md tells what they are.
    alarms : tuple of str
        One sentence for each chart outside its limits, beginning with the night.
    """

    night: date
    model_id: str
    papers: int
    figures: dict[str, float]
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgedPaper:
    """What the charts need of one prediction; `nearest` is None where no neighbour is stored."""

    arxiv_id: str
    relevance: float
    cells: dict[str, float]
    assigned: bool
    first_stage: bool
    nearest: float | None


def put_drift(connection: Connection, item: StoredDrift, now: datetime) -> bool:
    """Store a night; return whether that changed anything (``computed_at`` is no content)."""
    old = get_drift(connection, item.model_id, first=item.night, last=item.night)
    if old == [item]:
        return False
    upsert(
        connection,
        drift,
        [
            {
                "night": item.night,
                "model_id": item.model_id,
                "papers": item.papers,
                "figures": item.figures,
                "alarms": list(item.alarms),
                "computed_at": now,
            }
        ],
    )
    return True


def get_drift(
    connection: Connection,
    model_id: str,
    *,
    first: date | None = None,
    last: date | None = None,
) -> list[StoredDrift]:
    """Nights of a model, oldest first; by default all of them."""
    statement = select(drift).where(drift.c.model_id == model_id).order_by(drift.c.night)
    if first is not None:
        statement = statement.where(drift.c.night >= first)
    if last is not None:
        statement = statement.where(drift.c.night <= last)
    return [
        StoredDrift(row.night, row.model_id, row.papers, row.figures, tuple(row.alarms))
        for row in connection.execute(statement)
    ]


def drop_drift(connection: Connection, model_id: str, night: date) -> None:
    """Forget one night of a model."""
    connection.execute(delete(drift).where(drift.c.model_id == model_id, drift.c.night == night))


def latest_watched_model(connection: Connection) -> str | None:
    """Model whose night was computed last, or None where no night was."""
    statement = (
        select(drift.c.model_id).order_by(drift.c.computed_at.desc(), drift.c.night.desc()).limit(1)
    )
    return connection.execute(statement).scalar()


def recent_drift(connection: Connection) -> dict[str, Any] | None:
    """Alarms of the last two weeks of the model watched last, for `litmine status`.

    Returns
    -------
    dict or None
        first and last night looked at, their alarms, and, while there are too few earlier nights
        for any alarm, how many there are (learning, else None) and how many it takes (needed).
        None where no night was computed.
    """
    model_id = latest_watched_model(connection)
    if model_id is None:
        return None
    newest = connection.execute(
        select(func.max(drift.c.night)).where(drift.c.model_id == model_id)
    ).scalar_one()
    rows = get_drift(connection, model_id, first=newest - _RECENT)
    seen = int(rows[-1].figures["reference_nights"])
    return {
        "model_id": model_id,
        "first": rows[0].night,
        "last": newest,
        "alarms": [alarm for row in rows for alarm in row.alarms],
        "learning": seen if seen < LEAST_REFERENCE else None,
        "needed": LEAST_REFERENCE,
    }


def judged_nights(
    connection: Connection, model_id: str, first: date | None = None
) -> dict[date, list[str]]:
    """Ids of the papers that each night announced as new or cross-listed and `model_id` judged.

    Left out are nights of which the model judged less than half of what is stored: an older text
    that came back under a new champion does not make its old night one of that champion's.

    Returns
    -------
    dict
        By night, oldest first; ids ascending.
    """
    at = announcements.c
    statement = (
        select(at.night, at.arxiv_id, predictions.c.model_id)
        .join(papers, and_(papers.c.arxiv_id == at.arxiv_id, papers.c.withdrawn.is_(False)))
        .outerjoin(
            predictions,
            and_(predictions.c.arxiv_id == at.arxiv_id, predictions.c.model_id == model_id),
        )
        .where(at.announce_type.in_(_FIRST_SIGHT))
    )
    if first is not None:
        statement = statement.where(at.night >= first)
    stored: dict[date, int] = {}
    judged: dict[date, list[str]] = {}
    for night, arxiv_id, model in connection.execute(statement):
        stored[night] = stored.get(night, 0) + 1
        if model is not None:
            judged.setdefault(night, []).append(arxiv_id)
    return {
        night: sorted(judged[night])
        for night in sorted(judged)
        if 2 * len(judged[night]) >= stored[night]
    }


def announced_night_before(connection: Connection, night: date) -> date | None:
    """Last night before `night` of which announcements are stored."""
    at = announcements.c.night
    return connection.execute(select(func.max(at)).where(at < night)).scalar()


def judged_papers(connection: Connection, model_id: str, ids: list[str]) -> list[JudgedPaper]:
    """Predictions of `model_id` for `ids`, in id order, without what no chart reads."""
    p = predictions.c
    found: list[JudgedPaper] = []
    for part in batched(ids):
        for row in connection.execute(
            select(p.arxiv_id, p.relevance, p.cells, p.assigned, p.neighbours, p.decided_by).where(
                p.model_id == model_id, p.arxiv_id.in_(part)
            )
        ):
            similarities = [float(n["similarity"]) for n in row.neighbours]
            found.append(
                JudgedPaper(
                    row.arxiv_id,
                    row.relevance,
                    row.cells,
                    bool(row.assigned),
                    row.decided_by == FIRST_STAGE,
                    max(similarities, default=None),
                )
            )
    return sorted(found, key=lambda paper: paper.arxiv_id)


def decisions_between(
    connection: Connection, model_id: str, first: date, end: date
) -> list[tuple[float, bool]]:
    """Predicted relevance and outcome of the papers decided from `first` on and before `end`, UTC.

    Of several decisions on one paper the last one counts; what was undone, and a paper only put
    aside, does not. Decisions on what other models suggested are left out, and those of rules: they
    follow the model by design.
    """
    d: Any = decisions.c
    undone = select(d.undoes).where(d.undoes.is_not(None))
    rows = connection.execute(
        select(d.arxiv_id, d.action, predictions.c.relevance)
        .join(
            predictions,
            and_(predictions.c.arxiv_id == d.arxiv_id, predictions.c.model_id == d.model_id),
        )
        .where(
            d.model_id == model_id,
            d.action.in_(("approve", "reject")),
            d.source != "rule",
            d.id.not_in(undone),
            d.decided_at >= _midnight(first),
            d.decided_at < _midnight(end),
        )
        .order_by(d.id)
    )
    last = {row.arxiv_id: (float(row.relevance), row.action == "approve") for row in rows}
    return [last[arxiv_id] for arxiv_id in sorted(last)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
