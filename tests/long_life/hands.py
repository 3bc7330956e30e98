"""What is changed by hand although the engine owns it: drift, until it is taken back."""

from collections.abc import Callable
from dataclasses import dataclass

from engine_stack import Deployed

DATABASE, PARAMETERS = "arbor-production-db", "arbor-production-params"
LOGS = "/ecs/arbor-production/backend"


def _nothing(_: Deployed) -> None:
    return


@dataclass(frozen=True, kw_only=True)
class Hand:
    """A change, and where the drift check must find it."""

    drifts: frozenset[tuple[str, str]]
    """Logical name and input."""
    do: Callable[[Deployed], None] = _nothing
    undo: Callable[[Deployed], None] = _nothing


def _class(size: str) -> Callable[[Deployed], None]:
    def change(stack: Deployed) -> None:
        stack.client("rds").modify_db_instance(
            DBInstanceIdentifier=DATABASE, DBInstanceClass=size, ApplyImmediately=True
        )
        stack.advance(3600)

    return change


def _parameter(value: str) -> Callable[[Deployed], None]:
    def change(stack: Deployed) -> None:
        stack.client("rds").modify_db_parameter_group(
            DBParameterGroupName=PARAMETERS,
            Parameters=[
                {
                    "ParameterName": "log_min_duration_statement",
                    "ParameterValue": value,
                    "ApplyMethod": "immediate",
                }
            ],
        )

    return change


def _retention(days: int) -> Callable[[Deployed], None]:
    def change(stack: Deployed) -> None:
        stack.client("logs").put_retention_policy(logGroupName=LOGS, retentionInDays=days)

    return change


HANDS: dict[str, Hand] = {
    "database class": Hand(
        do=_class("db.t3.large"),
        undo=_class("db.t3.medium"),
        drifts=frozenset({("database-instance", "instanceClass")}),
    ),
    "parameter": Hand(
        do=_parameter("250"),
        undo=_parameter("1000"),
        drifts=frozenset({("database-parameters", "parameters")}),
    ),
}
