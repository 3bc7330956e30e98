"""Indexes and a constraint without a model: `create_all` never creates them."""

from alembic import op

revision = "002_perf_indexes"
down_revision = "001_initial"


def upgrade() -> None:
    op.create_index("ix_energy_plans_active_rate", "energy_plans", ["is_active", "rate_per_kwh"])
    op.create_index("ix_energy_plans_renewable", "energy_plans", ["renewable_percentage"])
    op.create_index("ix_suppliers_active", "suppliers", ["is_active"])
    op.create_unique_constraint(
        "uq_customer_usage_date", "customer_usage", ["customer_id", "usage_date"]
    )
