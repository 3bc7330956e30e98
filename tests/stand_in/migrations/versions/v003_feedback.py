"""A table with a model, and two indexes without one."""

import sqlalchemy as sa
from alembic import op

revision = "003_feedback"
down_revision = "002_perf_indexes"


def upgrade() -> None:
    key = sa.ForeignKey("customers.id", ondelete="CASCADE")
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("customer_id", sa.Uuid(), key, nullable=False, index=True),
        sa.Column("feedback_type", sa.String(50), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
    )
    op.create_index("ix_feedback_created_at", "feedback", ["created_at"])
    op.create_index("ix_feedback_type", "feedback", ["feedback_type"])
