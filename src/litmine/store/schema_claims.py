"""The tables of what papers claim and name, and of what reviewers say of that."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from litmine.store.schema_base import UtcDateTime, metadata

__all__ = ["aliases", "claim_rulings", "claims", "mentions", "mined"]

mined = Table(
    "mined",
    metadata,
    # Also of papers without any claim: mined once, and again when text or miner change.
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("content_hash", String(64), nullable=False),
    Column("miner", String(128), nullable=False),
    Column("mined_at", UtcDateTime, nullable=False),
    Index(None, "miner"),
)

claims = Table(
    "claims",
    metadata,
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), primary_key=True
    ),
    # Ordinal among the paper's claims, in the order of the text.
    Column("position", Integer, primary_key=True),
    Column("metric", String(32), nullable=False),  # id in the taxonomy
    Column("family", String(32), nullable=False),  # of that metric
    Column("value", Float, nullable=False),
    Column("unit", String(64), nullable=False),
    Column("change", String(16), nullable=False),
    # Characters of title + "\n" + abstract.
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("gain", Boolean),  # whether less of a resource is used; null: cannot be told
    Column("canonical_value", Float),
    Column("canonical_unit", String(64)),
    Column("detail", JSON, nullable=False),  # the whole claim, as core.claim writes it
    Column("score", Float, nullable=False),
    # mined; reviewer: confirmed, mended or added by a person
    Column("source", String(16), nullable=False, server_default="mined"),
    CheckConstraint("change IN ('decrease', 'increase', 'absolute')", name="change"),
    CheckConstraint("source IN ('mined', 'reviewer')", name="source"),
    Index(None, "metric"),
)

claim_rulings = Table(
    "claim_rulings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), nullable=False
    ),
    Column("content_hash", String(64), nullable=False),  # of the text that the reviewer saw
    Column("action", String(16), nullable=False),
    Column("quote", Text, nullable=False),  # finds the claim again when the text has changed
    Column("claim", JSON),  # as it was mined; null: the reviewer added it
    Column("ruling", JSON),  # as it should be; null: it is no claim
    Column("reviewer", String(64), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("undone", Boolean, nullable=False),
    CheckConstraint("action IN ('confirm', 'reject', 'mend', 'add')", name="action"),
    Index(None, "arxiv_id"),
    sqlite_autoincrement=True,
)

mentions = Table(
    "mentions",
    metadata,
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("position", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(200), nullable=False),  # canonical
    Column("alias", String(64)),  # id in the alias table or the taxonomy; null: a new name
    Column("role", String(16), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Index(None, "kind", "name"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("alias", String(200), primary_key=True),  # as it is written
    Column("target", String(200), nullable=False),  # canonical name
    Column("state", String(16), nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('standing', 'withdrawn')", name="state"),
)
