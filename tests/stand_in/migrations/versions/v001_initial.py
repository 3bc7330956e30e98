"""The tables of the models, and two indexes without a model."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "001_initial"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "suppliers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True, index=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "energy_plans",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _foreign("supplier_id", "suppliers"),
        sa.Column("name", sa.String(255), nullable=False, index=True),
        sa.Column("rate_per_kwh", sa.Numeric(10, 6), nullable=False),
        sa.Column("renewable_percentage", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("external_id", sa.String(255), nullable=False, unique=True, index=True),
    )
    op.create_table(
        "customer_usage",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _foreign("customer_id", "customers"),
        sa.Column("usage_date", sa.Date(), nullable=False, index=True),
        sa.Column("kwh_usage", sa.Numeric(12, 2), nullable=False),
    )
    op.create_table(
        "recommendations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _foreign("customer_id", "customers"),
        sa.Column("rank", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ix_customer_usage_customer_date", "customer_usage", ["customer_id", "usage_date"]
    )
    op.create_index("ix_recommendations_customer_rank", "recommendations", ["customer_id", "rank"])


def _foreign(name: str, table: str) -> sa.Column[UUID]:
    key = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Uuid(), key, nullable=False, index=True)
