"""The tables of people: accounts, their sessions and tokens, saved searches, answers given once.

Secrets are never stored: of a session, a token or a login link only its SHA-256 is kept, of a
password its Argon2id hash. The key of a feed is no secret of that kind: it opens one list of papers
that anybody may read at arXiv, and its owner wants to see the address again.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from litmine.store.schema_base import UtcDateTime, metadata

__all__ = [
    "api_tokens",
    "idempotency",
    "login_failures",
    "login_links",
    "saved_searches",
    "sessions",
    "users",
]

_ROLES = "role IN ('reader', 'reviewer', 'maintainer')"

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),  # null: logs in by link or by OpenID Connect only
    Column("subject", String(400)),  # OpenID Connect: issuer, a space, and the subject there
    Column("disabled", Boolean, nullable=False),
    Column("preferences", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint(_ROLES, name="role"),
    UniqueConstraint("name"),
    UniqueConstraint("subject"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "user_id"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),  # never more than the user's own
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    CheckConstraint(_ROLES, name="role"),
    UniqueConstraint("token_hash"),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

login_links = Table(
    "login_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("key", String(200), primary_key=True),  # "name:…" or "address:…"
    Column("failures", Integer, nullable=False),
    Column("blocked_until", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("reviewer", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("outcome", JSON, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    Index(None, "stored_at"),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # A name, not an account: people at the terminal have none.
    Column("owner", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("query", Text, nullable=False),
    Column("scope", String(32), nullable=False),
    Column("digest", Boolean, nullable=False),
    Column("feed_key", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),  # the last visit
    # When the newest paper came that its owner was told of. Not the visit: a paper that came just
    # before it may be found only after it.
    Column("told_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "name"),
    UniqueConstraint("feed_key"),
    sqlite_autoincrement=True,
)
