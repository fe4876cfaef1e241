"""saved searches; a quick answer to whether any paper has changed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from litmine.store.schema_base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("feed_key", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("feed_key", name=op.f("uq_saved_searches_feed_key")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_searches_owner_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_papers_changed_at"), "papers", ["changed_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_papers_changed_at"), table_name="papers")
    op.drop_table("saved_searches")
