"""Roles of the program, with the stack's path and permissions boundary, and policy documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from access.trust import VERSION, document


@dataclass(frozen=True, kw_only=True)
class RoleScope:
    """The path and the permissions boundary of a stack's roles (docs/decisions/ci-roles.md)."""

    path: str
    """With a slash at both ends, such as `/arbor/staging/`."""
    boundary_arn: str | None
    """The boundary's managed policy; None without a pipeline, which alone could create roles."""


def program_role(
    name: str,
    *,
    service: str,
    source_arn: str | None = None,
    scope: RoleScope,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> aws.iam.Role:
    """A role that `service` assumes; for the arguments see `assume_role_policy`.

    A live role keeps its path: IAM can't change it, and a replacement would break the task
    definition revisions that name the live role. The boundary is updated in place.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
    """
    return aws.iam.Role(
        name,
        path=scope.path,
        permissions_boundary=scope.boundary_arn,
        assume_role_policy=assume_role_policy(service, source_arn),
        tags=tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["path"])),
    )


def assume_role_policy(service: str, source_arn: str | None = None) -> str:
    """The trust policy for a service such as `ecs-tasks.amazonaws.com`.

    `source_arn` (with wildcards) is the resource for which the service may assume the role. The
    policy also requires its account, so that resources of other accounts can't use the role. Omit
    it only for a service that sends no source ARN.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if source_arn is not None:
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": source_arn.split(":")[4]},
            "ArnLike": {"aws:SourceArn": source_arn},
        }
    return document([statement])


def policy_document(statements: Sequence[Mapping[str, Any]]) -> pulumi.Output[str]:
    """A policy document whose statements may contain outputs."""
    return pulumi.Output.json_dumps({"Version": VERSION, "Statement": statements})
