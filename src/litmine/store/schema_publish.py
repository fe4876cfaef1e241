"""The tables of what leaves the house: offers to hand-kept lists, digests, links looked at."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from litmine.store.schema_base import UtcDateTime, metadata

__all__ = ["deliveries", "links", "offers", "suggestions"]

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("target", String(300), nullable=False),  # which list: file or repository and path
    Column("branch", String(200), nullable=False),
    Column("number", Integer),  # of the pull request; null: a branch alone
    Column("url", Text),
    Column("head", String(64)),  # the last commit that litmine put there
    Column("state", String(16), nullable=False),
    Column("papers", JSON, nullable=False),  # [arxiv id]
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('branch', 'open', 'merged', 'closed')", name="state"),
    Index(None, "target", "state"),
    sqlite_autoincrement=True,
)

offers = Table(
    "offers",
    metadata,
    Column("target", String(300), primary_key=True),
    # No foreign key to papers: what a person took out stays known when the paper goes.
    Column("arxiv_id", String(32), primary_key=True),
    # offered: litmine wrote the line; present: it stood there by another hand; removed: a person
    # took the line out; declined: the suggestion that held it was closed.
    Column("state", String(16), nullable=False),
    Column("suggestion_id", Integer, ForeignKey("suggestions.id")),
    Column("offered_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('offered', 'present', 'removed', 'declined')", name="state"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("digest", String(64), primary_key=True),  # such as "night:2026-06-30"
    Column("channel", String(16), primary_key=True),
    Column("target", String(300), primary_key=True),  # a recipient, or the webhook's address
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("message_id", String(200), nullable=False),  # the same on every attempt
    Column("body", JSON, nullable=False),  # frozen: every attempt sends the same
    Column("problem", Text),
    Column("covers_to", UtcDateTime, nullable=False),  # the next digest begins here, once sent
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint("channel IN ('mail', 'webhook')", name="channel"),
    CheckConstraint("state IN ('waiting', 'sending', 'sent', 'unsure', 'failed')", name="state"),
    Index(None, "state"),
)

links = Table(
    "links",
    metadata,
    Column("url", String(1000), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("status", Integer),  # of the last answer; null: none came
    Column("location", Text),  # where it has moved to
    Column("failures", Integer, nullable=False, server_default="0"),  # days in a row
    Column("checked_at", UtcDateTime, nullable=False),
    CheckConstraint("outcome IN ('ok', 'moved', 'broken', 'suspect', 'unknown')", name="outcome"),
)
