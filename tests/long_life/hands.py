"""Manual changes of what the engine owns: drift, until it is reverted."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from arbor_names import naming
from engine_stack import Deployed

STACK = "production"
DATABASE, PARAMETERS = naming.database_instance(STACK), "arbor-production-params"
CACHE = naming.cache_replication_group(STACK)
BACKEND = "arbor-production-backend"
POLICY = "by-hand"
Do = Callable[[Deployed], None]


def _nothing(_: Deployed) -> None:
    return


@dataclass(frozen=True, kw_only=True)
class Hand:
    """A manual change, and where the drift check must find it."""

    drifts: frozenset[tuple[str, str]]
    """Logical name and input; no input for an unowned object."""
    do: Do = _nothing
    undo: Do = _nothing
    adopted: Mapping[str, Any] = field(default_factory=dict)
    """The config that adopts it; empty without a key."""

    @property
    def is_owned(self) -> bool:
        """Whether a resource owns it, so that a refresh reads it and `up` reverts it."""
        return all(key for _, key in self.drifts)


def _class(size: str) -> Do:
    def change(stack: Deployed) -> None:
        stack.client("rds").modify_db_instance(
            DBInstanceIdentifier=DATABASE, DBInstanceClass=size, ApplyImmediately=True
        )
        stack.advance(3600)

    return change


def _parameter(value: str) -> Do:
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


def _snapshots(days: int) -> Do:
    def change(stack: Deployed) -> None:
        stack.client("elasticache").modify_replication_group(
            ReplicationGroupId=CACHE, SnapshotRetentionLimit=days, ApplyImmediately=True
        )

    return change


def _service(stack: Deployed) -> dict[str, Any]:
    found = stack.client("ecs").describe_services(cluster=naming.cluster(STACK), services=[BACKEND])
    service: dict[str, Any] = found["services"][0]
    return service


def _rule(stack: Deployed) -> dict[str, Any]:
    """A security group rule that gives an office access to a task."""
    (group,) = _service(stack)["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    return {
        "GroupId": group,
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 8000,
                "ToPort": 8000,
                "IpRanges": [{"CidrIp": "10.0.9.0/24"}],
            }
        ],
    }


def _open(stack: Deployed) -> None:
    stack.client("ec2").authorize_security_group_ingress(**_rule(stack))


def _close(stack: Deployed) -> None:
    stack.client("ec2").revoke_security_group_ingress(**_rule(stack))


def _role(stack: Deployed) -> str:
    definition = stack.client("ecs").describe_task_definition(
        taskDefinition=_service(stack)["taskDefinition"]
    )["taskDefinition"]
    return str(definition["taskRoleArn"].rsplit("/", 1)[-1])


def _grant(stack: Deployed) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
    stack.client("iam").put_role_policy(
        RoleName=_role(stack), PolicyName=POLICY, PolicyDocument=json.dumps(document)
    )


def _revoke(stack: Deployed) -> None:
    stack.client("iam").delete_role_policy(RoleName=_role(stack), PolicyName=POLICY)


HANDS: dict[str, Hand] = {
    "database class": Hand(
        do=_class("db.t3.large"),
        undo=_class("db.t3.medium"),
        drifts=frozenset({("database-instance", "instanceClass")}),
        adopted={"databaseClass": "db.t3.large"},
    ),
    "parameter": Hand(
        do=_parameter("250"),
        undo=_parameter("1000"),
        drifts=frozenset({("database-parameters", "parameters")}),
    ),
    "days of the cache's snapshots": Hand(
        do=_snapshots(9),
        undo=_snapshots(7),
        drifts=frozenset({("cache-redis", "snapshotRetentionLimit")}),
        adopted={"cacheSnapshotDays": 9},
    ),
    "security group rule": Hand(
        do=_open, undo=_close, drifts=frozenset({("backend-task-group", "")})
    ),
    "policy of a role": Hand(
        do=_grant, undo=_revoke, drifts=frozenset({("backend-task-roles-task-role", "")})
    ),
}
