"""verdicts, cell sets and evidence of predictions; drift of nights"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from litmine.store.schema import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "predictions", sa.Column("relevant", sa.Integer(), nullable=False, server_default="-1")
    )
    op.add_column("predictions", sa.Column("possible", sa.JSON(), nullable=True))
    op.add_column(
        "predictions",
        sa.Column("decided_by", sa.String(length=16), nullable=False, server_default="full"),
    )
    op.add_column("predictions", sa.Column("evidence", sa.JSON(), nullable=True))
    op.create_table(
        "drift",
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("alarms", sa.JSON(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("night", "model_id", name=op.f("pk_drift")),
    )


def downgrade() -> None:
    op.drop_table("drift")
    with op.batch_alter_table("predictions") as batch:
        for name in ("evidence", "decided_by", "possible", "relevant"):
            batch.drop_column(name)
