"""A role of the program: below the stack's path, and within the stack's boundary."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class RolePlace:
    """Where a stack's roles live, and what bounds them (docs/decisions/ci-roles.md)."""

    path: str
    """With a slash at both ends, such as `/arbor/staging/`."""
    boundary_arn: str | None
    """The managed policy that bounds them; None where no pipeline could make a role."""


def program_role(
    name: str,
    *,
    trust: str,
    place: RolePlace,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> aws.iam.Role:
    """A role for an AWS service, with this trust policy.

    A live role keeps the path that it has: another path is another role
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html changes none), and the
    revisions of a task definition that a release registered name the live one. The boundary is
    changed in place.
    """
    return aws.iam.Role(
        name,
        path=place.path,
        permissions_boundary=place.boundary_arn,
        assume_role_policy=trust,
        tags=tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["path"])),
    )
