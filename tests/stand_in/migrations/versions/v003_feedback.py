"""A table that a model has, and an index that it has not."""

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
        sa.Column("rating", sa.Integer()),
    )
    op.create_index("ix_feedback_rating", "feedback", ["rating"])
