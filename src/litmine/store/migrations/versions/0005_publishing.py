"""what leaves the house: offers to hand-kept lists, suggestions, digests, links looked at"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from litmine.store.schema_base import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("branch", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("url", sa.Text()),
        sa.Column("head", sa.String(length=64)),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("papers", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('branch', 'open', 'merged', 'closed')",
            name=op.f("ck_suggestions_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_suggestions_target_state"), "suggestions", ["target", "state"], unique=False
    )
    op.create_table(
        "offers",
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("arxiv_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("suggestion_id", sa.Integer()),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'present', 'removed', 'declined')",
            name=op.f("ck_offers_state"),
        ),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestions.id"], name=op.f("fk_offers_suggestion_id_suggestions")
        ),
        sa.PrimaryKeyConstraint("target", "arxiv_id", name=op.f("pk_offers")),
    )
    op.create_table(
        "deliveries",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("covers_to", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("channel IN ('mail', 'webhook')", name=op.f("ck_deliveries_channel")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'unsure', 'failed')",
            name=op.f("ck_deliveries_state"),
        ),
        sa.PrimaryKeyConstraint("digest", "channel", "target", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_state"), "deliveries", ["state"], unique=False)
    op.create_table(
        "links",
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("location", sa.Text()),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('ok', 'moved', 'broken', 'suspect', 'unknown')",
            name=op.f("ck_links_outcome"),
        ),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_links")),
    )


def downgrade() -> None:
    op.drop_table("links")
    op.drop_index(op.f("ix_deliveries_state"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_table("offers")
    op.drop_index(op.f("ix_suggestions_target_state"), table_name="suggestions")
    op.drop_table("suggestions")
