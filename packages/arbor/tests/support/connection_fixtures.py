"""A database of a given class, and services whose tasks open connections to it."""

from collections.abc import Sequence
from typing import Any

from ecs_world import client
from staging_fixtures import CLUSTER, STACK, Staging

NAME = f"arbor-{STACK}-db"


def database(instance_class: str) -> None:
    """Create the stack's database."""
    client("rds").create_db_instance(
        DBInstanceIdentifier=NAME,
        DBInstanceClass=instance_class,
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        MasterUsername="arbor_user",
        MasterUserPassword="first-password",
    )


def container(command: Sequence[str] = (), pool: str = "") -> dict[str, Any]:
    """Arguments of a container that opens connections."""
    return {
        "environment": [{"name": "POSTGRES_HOST", "value": "db.internal"}],
        **({"command": list(command)} if command else {}),
        **({"dockerLabels": {"arbor.databasePoolSize": pool}} if pool else {}),
    }


def workers(number: int) -> tuple[str, ...]:
    return ("gunicorn", "app.main:app", "--workers", str(number))


def live(staging: Staging, number: int | None, count: int = 2) -> None:
    """Run this number of backend tasks, each with `workers`; None: the image's own number."""
    command = workers(number) if number is not None else ()
    staging.infrastructure("backend", **container(command, pool="30" if number else ""))
    client("ecs").update_service(
        cluster=CLUSTER,
        service=f"arbor-{STACK}-backend",
        taskDefinition=f"arbor-{STACK}-backend",
        desiredCount=count,
    )
    staging.finish()
