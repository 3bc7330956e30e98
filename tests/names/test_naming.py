"""The names in the runbook are those of arbor_names."""

import pytest

from arbor_names import naming


@pytest.mark.parametrize(
    ("made", "typed"),
    [
        (naming.cluster("production"), "arbor-production-cluster"),
        (naming.service("production", "backend"), "arbor-production-backend"),
        (naming.service("production", "frontend"), "arbor-production-frontend"),
        (naming.service("production", naming.MIGRATIONS), "arbor-production-migrations"),
        (naming.MIGRATIONS_CONTAINER, "backend"),
        (naming.image_repository("production", "backend"), "arbor-production-backend"),
        (naming.image_repository("staging", "frontend"), "arbor-staging-frontend"),
        (naming.log_group("production", "backend"), "/ecs/arbor-production/backend"),
        (naming.log_group("production", "migrations"), "/ecs/arbor-production/migrations"),
        (naming.database_instance("production"), "arbor-production-db"),
        (
            naming.database_log_group("production"),
            "/aws/rds/instance/arbor-production-db/postgresql",
        ),
        (naming.database("production"), "arbor_production"),
        (naming.DATABASE_USER, "arbor_user"),
        (naming.database_parameter_group("production"), "arbor-production-params"),
        (naming.database_parameter_group("production", "16"), "arbor-production-params"),
        (naming.database_parameter_group("production", "17"), "arbor-production-params-17"),
        (naming.cache_replication_group("production"), "arbor-production-redis"),
        (naming.secret("production", "db"), "arbor/production/db"),
        (naming.log_export_bucket("production"), "arbor-log-exports"),
        (naming.log_export_bucket("staging"), "arbor-staging-log-exports"),
        (naming.green_host("your-domain.com"), "green.your-domain.com"),
        (naming.cluster("staging"), "arbor-staging-cluster"),
        (naming.database("staging"), "arbor_staging"),
    ],
)
def test_a_name_is_the_runbooks(made: str, typed: str) -> None:
    assert made == typed
