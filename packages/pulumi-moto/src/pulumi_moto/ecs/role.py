"""The infrastructure role with which ECS changes listener rules and registers targets.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
Not modelled: conditions with policy variables, permission boundaries.
"""

import json
from collections.abc import Iterator

from moto.iam.models import Role, iam_backends

from pulumi_moto.resource_policy import Attempt, allows
from pulumi_moto.shapes import Members

ECS = "ecs.amazonaws.com"


def may_manage(role_arn: str, *, rule: str, target_group: str) -> bool:
    """Return whether ECS may assume the role, and modify the rule and register targets with it."""
    role = _find(role_arn)
    if role is None:
        return False
    assume = Attempt(service=ECS, action="sts:AssumeRole", resource=role_arn)
    wanted = {
        "elasticloadbalancing:ModifyRule": rule,
        "elasticloadbalancing:RegisterTargets": target_group,
        "elasticloadbalancing:DeregisterTargets": target_group,
    }
    granted = {"Statement": list(_statements(role))}
    return allows(json.loads(role.assume_role_policy_document), assume) and all(
        allows(granted, Attempt(service=ECS, action=action, resource=resource))
        for action, resource in wanted.items()
    )


def _find(role_arn: str) -> Role | None:
    _, partition, _, _, account, _ = role_arn.split(":", 5)
    roles = iam_backends[account][partition].roles.values()
    return next((role for role in roles if role.arn == role_arn), None)


def _statements(role: Role) -> Iterator[Members]:
    """Yield the statements of all its policies, each with the role as principal."""
    managed = (
        version.document
        for policy in role.managed_policies.values()
        for version in policy.versions
        if version.version_id == policy.default_version_id
    )
    for document in (*role.policies.values(), *managed):
        statements = json.loads(document)["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            yield {**statement, "Principal": "*"}
