"""The tables.

Papers are keyed without their version. Columns named ``*_at`` are clock times: they tell a story
but carry no content, and `litmine.store.digest` leaves them out.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from litmine.store.schema_accounts import (
    api_tokens,
    idempotency,
    login_failures,
    login_links,
    saved_searches,
    sessions,
    users,
)
from litmine.store.schema_base import UtcDateTime, metadata
from litmine.store.schema_claims import aliases, claim_rulings, claims, mentions, mined
from litmine.store.schema_publish import deliveries, links, offers, suggestions

__all__ = [
    "SCHEMA_HEAD",
    "UtcDateTime",
    "aliases",
    "api_tokens",
    "claim_rulings",
    "claims",
    "deliveries",
    "idempotency",
    "links",
    "login_failures",
    "login_links",
    "mentions",
    "metadata",
    "mined",
    "offers",
    "saved_searches",
    "sessions",
    "suggestions",
    "users",
]

#: Newest migration in `litmine.store.migrations`; a test holds the two together.
SCHEMA_HEAD = "0006"

papers = Table(
    "papers",
    metadata,
    Column("arxiv_id", String(32), primary_key=True),
    Column("version", Integer),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("published", Date),
    Column("updated", Date),
    Column("datestamp", Date),
    Column("comments", Text),
    Column("journal_ref", Text),
    Column("doi", Text),
    Column("license", Text),
    Column("withdrawn", Boolean, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "published"),
    Index(None, "changed_at"),  # has anything changed? asked before every search
)

paper_versions = Table(
    "paper_versions",
    metadata,
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("version", Integer, primary_key=True),
    Column("submitted", UtcDateTime),
)

vectors = Table(
    "vectors",
    metadata,
    # No foreign key to papers: the labelled library has vectors of papers never pulled.
    Column("arxiv_id", String(32), primary_key=True),
    Column("encoder_id", String(64), primary_key=True),
    # Hash of the text that was encoded; null for a vector that came with the corpus.
    Column("content_hash", String(64)),
    Column("dim", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float16, little endian, dim values
)

predictions = Table(
    "predictions",
    metadata,
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("model_id", String(64), primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("relevance", Float, nullable=False),
    Column("cells", JSON, nullable=False),  # {"stage/resource": probability}
    Column("assigned", JSON, nullable=False),  # cells above their thresholds
    Column("techniques", JSON, nullable=False),  # {"technique": probability}
    Column("technique", JSON, nullable=False),  # chosen, one or two
    Column("neighbours", JSON, nullable=False),  # [{id, title, similarity, cells}]
    Column("relevant", Integer, nullable=False, server_default="-1"),  # 1, 0, -1 unsure
    Column("possible", JSON),  # cells not ruled out; null: none were asked for
    Column("decided_by", String(16), nullable=False, server_default="full"),
    Column("evidence", JSON),  # see docs/models.md; null where it was not asked for
    Index(None, "model_id", "relevance"),
)

drift = Table(
    "drift",
    metadata,
    Column("night", Date, primary_key=True),
    Column("model_id", String(64), primary_key=True),
    Column("papers", Integer, nullable=False),
    Column("figures", JSON, nullable=False),  # {name: number}
    Column("alarms", JSON, nullable=False),  # [sentence]
    Column("computed_at", UtcDateTime, nullable=False),
)

labels = Table(
    "labels",
    metadata,
    Column("arxiv_id", String(32), primary_key=True),
    Column("source", String(16), primary_key=True),
    Column("title", Text, nullable=False),
    Column("published", Date),
    Column("relevant", Integer, nullable=False),  # 1, 0, or -1 where a list does not tell
    Column("cells", JSON, nullable=False),
    Column("weak_stages", JSON, nullable=False),
    Column("technique", JSON, nullable=False),
    Column("split", String(16)),
    Column("lists", Integer, nullable=False),
    CheckConstraint("source IN ('gold', 'list', 'review')", name="source"),
    CheckConstraint("relevant IN (-1, 0, 1)", name="relevant"),
)

queue = Table(
    "queue",
    metadata,
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("state", String(16), nullable=False),
    Column("relevance", Float, nullable=False),
    Column("model_id", String(64), nullable=False),
    # Grows with every change of state, score or opinion, so that a reviewer who looks at an
    # earlier one can be told.
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("enqueued_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint(
        "state IN ('pending', 'later', 'disputed', 'approved', 'rejected')", name="state"
    ),
    Index(None, "state", "relevance"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), nullable=False
    ),
    Column("action", String(16), nullable=False),
    Column("cells", JSON, nullable=False),
    Column("technique", JSON, nullable=False),
    Column("reviewer", String(200), nullable=False),
    Column("comment", Text, nullable=False),
    Column("model_id", String(64)),
    Column("suggested_cells", JSON, nullable=False),
    Column("previous_state", String(16), nullable=False),
    Column("undoes", Integer, ForeignKey("decisions.id")),
    Column("revision", Integer, nullable=False, server_default="0"),  # the queue's, after it
    Column("source", String(16), nullable=False, server_default="cli"),  # cli, web, api, rule
    Column("opinions", JSON),  # ids of the opinions it closes; null without any
    Column("decided_at", UtcDateTime, nullable=False),
    CheckConstraint("action IN ('approve', 'reject', 'later', 'undo')", name="action"),
    Index(None, "arxiv_id", "id"),
    Index(None, "undoes"),
    Index(None, "reviewer", "id"),
    sqlite_autoincrement=True,
)

opinions = Table(
    "opinions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), nullable=False
    ),
    Column("reviewer", String(200), nullable=False),
    Column("action", String(16), nullable=False),
    Column("cells", JSON, nullable=False),
    Column("technique", JSON, nullable=False),
    Column("comment", Text, nullable=False),
    Column("model_id", String(64)),
    Column("suggested_cells", JSON, nullable=False),
    Column("source", String(16), nullable=False),
    Column("decision_id", Integer, ForeignKey("decisions.id")),  # null: still open
    Column("given_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    CheckConstraint("action IN ('approve', 'reject')", name="action"),
    CheckConstraint("source IN ('cli', 'web', 'api')", name="source"),
    Index(None, "arxiv_id", "id"),
    Index(None, "reviewer", "id"),
    sqlite_autoincrement=True,
)

duplicates = Table(
    "duplicates",
    metadata,
    Column(
        "arxiv_id", String(32), ForeignKey("papers.arxiv_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("lead_id", String(32), nullable=False),  # first paper of its group
    Column("similarity", Float, nullable=False),
    Column("reason", String(16), nullable=False),  # "title" or "text"
    Index(None, "lead_id"),
)

rule_decisions = Table(
    "rule_decisions",
    metadata,
    Column("decision_id", Integer, ForeignKey("decisions.id"), primary_key=True),
    Column("rule", String(64), nullable=False),
    Column("sampled", Boolean, nullable=False),  # a person is to look at it all the same
    Column("verdict", String(16)),
    Column("reviewer", String(200)),
    Column("checked_at", UtcDateTime),
    CheckConstraint("verdict IN ('right', 'wrong')", name="verdict"),
)

announcements = Table(
    "announcements",
    metadata,
    Column("night", Date, primary_key=True),
    Column("arxiv_id", String(32), primary_key=True),
    Column("announce_type", String(16), nullable=False),
    Column("version", Integer),
)

harvests = Table(
    "harvests",
    metadata,
    Column("source", String(64), primary_key=True),  # "oai:cs:cs:LG"
    Column("watermark", Date),  # next window starts here, less the overlap
    # A window under way: where it began, where to go on, and the day it will set as watermark.
    Column("window_from", Date),
    Column("cursor", Text),
    Column("window_watermark", Date),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("night", Date),
    Column("state", String(16), nullable=False),
    Column("host", String(200), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("report", JSON),
    CheckConstraint("state IN ('running', 'done', 'failed', 'abandoned')", name="state"),
    Index(None, "kind", "started_at"),
)

run_stages = Table(
    "run_stages",
    metadata,
    Column("run_id", String(40), ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("stage", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("counts", JSON, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("token", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

limiters = Table(
    "limiters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("next_at", UtcDateTime, nullable=False),  # no request before this
    Column("busy_until", UtcDateTime),  # a request is under way (or died) until then
    Column("busy_by", String(200)),
    Column("cooldown_seconds", Float, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("logged_at", UtcDateTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", JSON, nullable=False),
    sqlite_autoincrement=True,
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
