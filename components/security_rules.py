"""One allowed connection between two security groups: an egress and an ingress rule."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws


def allow(
    name: str,
    *,
    port: int,
    source: pulumi.Input[str],
    target: pulumi.Input[str],
    parent: pulumi.Resource,
    tags: Mapping[str, str],
    former_name: str | None = None,
) -> tuple[aws.vpc.SecurityGroupEgressRule, aws.vpc.SecurityGroupIngressRule]:
    """Allow TCP connections from `source` to `target` on `port`, with a rule on each group.

    Returns both rules: a task that starts before them can't connect.

    Standalone rules, because groups with inline rules that refer to each other can't be created,
    and inline rules delete the others of a group. `former_name` is an earlier logical name, for an
    alias.
    https://www.pulumi.com/registry/packages/aws/api-docs/vpc/securitygroupingressrule/
    """

    def child(end: str) -> pulumi.ResourceOptions:
        aliases = [pulumi.Alias(name=f"{former_name}-{end}")] if former_name else None
        return pulumi.ResourceOptions(parent=parent, aliases=aliases)

    out = aws.vpc.SecurityGroupEgressRule(
        f"{name}-out",
        security_group_id=source,
        referenced_security_group_id=target,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        tags=tags,
        opts=child("out"),
    )
    into = aws.vpc.SecurityGroupIngressRule(
        f"{name}-in",
        security_group_id=target,
        referenced_security_group_id=source,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        tags=tags,
        opts=child("in"),
    )
    return out, into
