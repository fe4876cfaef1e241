"""Papers and their versions: idempotent upserts, lookups, what still has to be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Exists, Row, and_, func, or_, select

from litmine.core.merge import merge_papers
from litmine.core.paper import Paper, PaperVersion
from litmine.store.schema import paper_versions, papers, predictions, queue, vectors
from litmine.store.sql import batched, one_writer, upsert

FIRST_STAGE = "first-stage"
"""In ``predictions.decided_by``: dropped by words alone."""

__all__ = [
    "FIRST_STAGE",
    "UpsertResult",
    "backlog",
    "count_papers",
    "get_papers",
    "known_versions",
    "papers_to_judge_again",
    "papers_without_prediction",
    "papers_without_vector",
    "titles_of",
    "upsert_papers",
]

_WRITERS = 240100626  # advisory lock: merging with what is stored must not race


@dataclass(slots=True)
class UpsertResult:
    """What an upsert did, by arXiv id."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0

    def add(self, other: UpsertResult) -> None:
        """Add another result to this one."""
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged


def upsert_papers(
    connection: Connection, incoming: Iterable[Paper], now: datetime, *, dry_run: bool = False
) -> UpsertResult:
    """Store papers, merging each with what is known of it.

    Running it twice with the same papers changes nothing. An older account never overwrites a
    newer one (`litmine.core.merge`).

    Parameters
    ----------
    now : datetime
        Time stamp for new and changed rows.
    dry_run : bool
        Only tell what would change.
    """
    if not dry_run:
        one_writer(connection, _WRITERS)
    fresh: dict[str, Paper] = {}
    for paper in incoming:
        seen = fresh.get(paper.arxiv_id)
        fresh[paper.arxiv_id] = paper if seen is None else merge_papers(seen, paper)
    result = UpsertResult()
    known = get_papers(connection, list(fresh))
    rows: list[dict[str, Any]] = []
    version_rows: list[dict[str, Any]] = []
    for arxiv_id, paper in fresh.items():
        old = known.get(arxiv_id)
        merged = paper if old is None else merge_papers(old, paper)
        if merged == old:
            result.unchanged += 1
            continue
        (result.new if old is None else result.changed).append(arxiv_id)
        rows.append({**_paper_row(merged), "stored_at": now, "changed_at": now})
        version_rows += [
            {"arxiv_id": arxiv_id, "version": v.version, "submitted": v.submitted}
            for v in merged.versions
        ]
    if not dry_run:
        columns = [c.name for c in papers.columns if c.name not in {"arxiv_id", "stored_at"}]
        upsert(connection, papers, rows, update=columns)
        upsert(connection, paper_versions, version_rows)
    return result


def get_papers(connection: Connection, ids: Sequence[str]) -> dict[str, Paper]:
    """Return the stored papers among `ids`."""
    found: dict[str, Paper] = {}
    for part in batched(ids):
        versions: dict[str, list[PaperVersion]] = {}
        for row in connection.execute(
            select(paper_versions)
            .where(paper_versions.c.arxiv_id.in_(part))
            .order_by(paper_versions.c.arxiv_id, paper_versions.c.version)
        ):
            versions.setdefault(row.arxiv_id, []).append(PaperVersion(row.version, row.submitted))
        for row in connection.execute(select(papers).where(papers.c.arxiv_id.in_(part))):
            found[row.arxiv_id] = _paper(row, tuple(versions.get(row.arxiv_id, ())))
    return found


def known_versions(connection: Connection, ids: Sequence[str]) -> dict[str, int | None]:
    """Return the stored version of each of `ids` that is stored."""
    found: dict[str, int | None] = {}
    for part in batched(ids):
        found |= {
            row.arxiv_id: row.version
            for row in connection.execute(
                select(papers.c.arxiv_id, papers.c.version).where(papers.c.arxiv_id.in_(part))
            )
        }
    return found


def titles_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return the title of each of `ids` that is stored."""
    found: dict[str, str] = {}
    for part in batched(sorted(set(ids))):
        rows = select(papers.c.arxiv_id, papers.c.title).where(papers.c.arxiv_id.in_(part))
        found |= {row.arxiv_id: row.title for row in connection.execute(rows)}
    return found


def count_papers(connection: Connection) -> int:
    """Number of stored papers."""
    return int(connection.execute(select(func.count()).select_from(papers)).scalar_one())


def backlog(connection: Connection) -> dict[str, int]:
    """Count papers whose present text has no vector, and no prediction, of any model."""
    live = papers.c.withdrawn.is_(False)
    counts = {}
    for name, table in (("unencoded", vectors), ("unjudged", predictions)):
        done = (
            select(table.c.arxiv_id)
            .where(
                table.c.arxiv_id == papers.c.arxiv_id,
                table.c.content_hash == papers.c.content_hash,
            )
            .exists()
        )
        counts[name] = int(
            connection.execute(
                select(func.count()).select_from(papers).where(live, ~done)
            ).scalar_one()
        )
    return counts


def papers_without_vector(connection: Connection, encoder_id: str) -> list[str]:
    """Ids of papers whose present text has no vector under `encoder_id`, in id order.

    A text that the first stage of the cascade dropped needs none.
    """
    statement = (
        select(papers.c.arxiv_id)
        .outerjoin(
            vectors,
            and_(vectors.c.arxiv_id == papers.c.arxiv_id, vectors.c.encoder_id == encoder_id),
        )
        .where(
            papers.c.withdrawn.is_(False),
            or_(
                vectors.c.content_hash.is_(None),
                vectors.c.content_hash != papers.c.content_hash,
            ),
            ~_dropped(),
        )
        .order_by(papers.c.arxiv_id)
    )
    return list(connection.execute(statement).scalars())


def papers_without_prediction(connection: Connection, encoder_id: str | None = None) -> list[str]:
    """Ids of papers whose present text no model has judged, in id order.

    Another champion does not bring papers back: `papers_to_judge_again` is for that.

    Parameters
    ----------
    encoder_id : str, optional
        Only papers whose present text has a vector under this encoder.
    """
    statement = (
        select(papers.c.arxiv_id)
        .where(papers.c.withdrawn.is_(False), ~_judged(at_present_text=True))
        .order_by(papers.c.arxiv_id)
    )
    if encoder_id is not None:
        statement = statement.join(
            vectors,
            and_(
                vectors.c.arxiv_id == papers.c.arxiv_id,
                vectors.c.encoder_id == encoder_id,
                vectors.c.content_hash == papers.c.content_hash,
            ),
        )
    return list(connection.execute(statement).scalars())


def papers_to_judge_again(
    connection: Connection,
    model_id: str,
    *,
    since: date | None = None,
    waiting_only: bool = False,
) -> list[str]:
    """Ids of papers that were judged, but not by `model_id` at their present text; newest first.

    Parameters
    ----------
    since : date, optional
        Only papers first submitted on this day or later.
    waiting_only : bool
        Only papers that wait for a reviewer.
    """
    day = func.coalesce(papers.c.published, papers.c.datestamp)
    statement = (
        select(papers.c.arxiv_id)
        .where(
            papers.c.withdrawn.is_(False),
            _judged(),
            ~_judged(model_id, at_present_text=True),
        )
        .order_by(day.desc(), papers.c.arxiv_id.desc())
    )
    if since is not None:
        statement = statement.where(day >= since)
    if waiting_only:
        statement = statement.join(
            queue,
            and_(queue.c.arxiv_id == papers.c.arxiv_id, queue.c.state.in_(("pending", "later"))),
        )
    return list(connection.execute(statement).scalars())


def _judged(model_id: str | None = None, *, at_present_text: bool = False) -> Exists:
    """Whether a model (any, by default) has judged the paper of the outer query."""
    conditions = [predictions.c.arxiv_id == papers.c.arxiv_id]
    if model_id is not None:
        conditions.append(predictions.c.model_id == model_id)
    if at_present_text:
        conditions.append(predictions.c.content_hash == papers.c.content_hash)
    return select(predictions.c.arxiv_id).where(*conditions).correlate(papers).exists()


def _dropped() -> Exists:
    """Whether a first stage dropped the outer query's paper at its present text."""
    present = (
        predictions.c.arxiv_id == papers.c.arxiv_id,
        predictions.c.content_hash == papers.c.content_hash,
    )
    first = select(predictions.c.arxiv_id).where(*present, predictions.c.decided_by == FIRST_STAGE)
    return first.correlate(papers).exists()


def _paper_row(paper: Paper) -> dict[str, Any]:
    return {
        "arxiv_id": paper.arxiv_id,
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "published": paper.published,
        "updated": paper.updated,
        "datestamp": paper.datestamp,
        "comments": paper.comments,
        "journal_ref": paper.journal_ref,
        "doi": paper.doi,
        "license": paper.license,
        "withdrawn": paper.withdrawn,
        "content_hash": paper.content_hash,
    }


def _paper(row: Row[Any], versions: tuple[PaperVersion, ...]) -> Paper:
    return Paper(
        arxiv_id=row.arxiv_id,
        title=row.title,
        abstract=row.abstract,
        version=row.version,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        published=row.published,
        updated=row.updated,
        datestamp=row.datestamp,
        comments=row.comments,
        journal_ref=row.journal_ref,
        doi=row.doi,
        license=row.license,
        withdrawn=row.withdrawn,
        versions=versions,
    )
