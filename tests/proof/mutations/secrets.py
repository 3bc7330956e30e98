"""Changes that violate the rules on secrets and keys."""

from typing import Any

from proof.mutation import Mutation, edit_json

KEY = "aws:kms/key:Key"


def _password_in_the_clear(containers: list[dict[str, Any]]) -> None:
    containers[0]["environment"].append({"name": "POSTGRES_PASSWORD", "value": "not-a-password"})


def _password_in_a_command(containers: list[dict[str, Any]]) -> None:
    containers[0]["command"] = ["sh", "-c", "PGPASSWORD=not-a-password alembic upgrade head"]


MUTATIONS = (
    Mutation(
        rule="secret-own-key",
        what="the database's secret loses its own key",
        token="aws:secretsmanager/secret:Secret",
        resource="secrets-database-secret",
        inputs={"kms_key_id": None},
    ),
    Mutation(
        rule="kms-rotation",
        what="the database's key isn't rotated",
        token=KEY,
        resource="database-key-key",
        inputs={"enable_key_rotation": False},
    ),
    Mutation(
        rule="kms-deletion-window",
        what="a key has a deletion window of seven days, the shortest of KMS",
        token=KEY,
        resource="database-key-key",
        inputs={"deletion_window_in_days": 7},
    ),
    Mutation(
        rule="task-no-plain-secret",
        what="the backend gets a password in its environment",
        token="aws:ecs/taskDefinition:TaskDefinition",
        resource="backend-task-definition",
        edit=edit_json("container_definitions", _password_in_the_clear),
    ),
    Mutation(
        rule="task-no-plain-secret",
        what="the migrations' command sets a password",
        token="aws:ecs/taskDefinition:TaskDefinition",
        resource="migrations-task-definition",
        edit=edit_json("container_definitions", _password_in_a_command),
    ),
)
