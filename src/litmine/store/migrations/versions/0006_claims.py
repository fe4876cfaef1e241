"""what papers claim and name, and reviewers' rulings on it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from litmine.store.schema_base import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _of_paper(table: str, *, name: str = "arxiv_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], ["papers.arxiv_id"], name=op.f(f"fk_{table}_{name}_papers"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "mined",
        sa.Column("arxiv_id", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("miner", sa.String(length=128), nullable=False),
        sa.Column("mined_at", UtcDateTime(), nullable=False),
        _of_paper("mined"),
        sa.PrimaryKeyConstraint("arxiv_id", name=op.f("pk_mined")),
    )
    op.create_index(op.f("ix_mined_miner"), "mined", ["miner"], unique=False)
    op.create_table(
        "claims",
        sa.Column("arxiv_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=32), nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("gain", sa.Boolean()),
        sa.Column("canonical_value", sa.Float()),
        sa.Column("canonical_unit", sa.String(length=64)),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("source", sa.String(length=16), server_default="mined", nullable=False),
        sa.CheckConstraint(
            "change IN ('decrease', 'increase', 'absolute')", name=op.f("ck_claims_change")
        ),
        sa.CheckConstraint("source IN ('mined', 'reviewer')", name=op.f("ck_claims_source")),
        _of_paper("claims"),
        sa.PrimaryKeyConstraint("arxiv_id", "position", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_metric"), "claims", ["metric"], unique=False)
    op.create_table(
        "claim_rulings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("arxiv_id", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("claim", sa.JSON()),
        sa.Column("ruling", sa.JSON()),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "action IN ('confirm', 'reject', 'mend', 'add')", name=op.f("ck_claim_rulings_action")
        ),
        _of_paper("claim_rulings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_rulings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_claim_rulings_arxiv_id"), "claim_rulings", ["arxiv_id"], unique=False)
    op.create_table(
        "mentions",
        sa.Column("arxiv_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("alias", sa.String(length=64)),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        _of_paper("mentions"),
        sa.PrimaryKeyConstraint("arxiv_id", "position", name=op.f("pk_mentions")),
    )
    op.create_index(op.f("ix_mentions_kind_name"), "mentions", ["kind", "name"], unique=False)
    op.create_table(
        "aliases",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("alias", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('standing', 'withdrawn')", name=op.f("ck_aliases_state")),
        sa.PrimaryKeyConstraint("kind", "alias", name=op.f("pk_aliases")),
    )


def downgrade() -> None:
    op.drop_table("aliases")
    op.drop_index(op.f("ix_mentions_kind_name"), table_name="mentions")
    op.drop_table("mentions")
    op.drop_index(op.f("ix_claim_rulings_arxiv_id"), table_name="claim_rulings")
    op.drop_table("claim_rulings")
    op.drop_index(op.f("ix_claims_metric"), table_name="claims")
    op.drop_table("claims")
    op.drop_index(op.f("ix_mined_miner"), table_name="mined")
    op.drop_table("mined")
