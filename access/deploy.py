"""Permissions of the deploy role, and of the first deploy role before it.

Three documents, because one would exceed IAM's limit. The inline policy contains the permissions on
roles, keys, secrets, buckets and state, and the denials. A managed policy contains plain changes,
another one the reads, which the preview role has as well (access/reads.py).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Iterator

from access import provider, state
from access.reads import VALUES
from access.statements import allow, deny, of_services, scoped
from access.trust import Pipeline, Statement, boundary_arn, document

SPECIAL = ("iam", "kms", "s3", "secretsmanager")
"""Services whose resources are named one by one, or by their tags."""
NOT_GRANTED = frozenset({"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"})
"""Emptying a bucket of logs is left to a person (docs/runbook.md, "Take a Stack Down")."""
BOUNDED = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)
"""IAM compares the condition with the boundary of a new role and with one that is being set.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
UNBOUNDED = (
    "iam:DeleteRole",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
ROLE_WRITES = (*BOUNDED, *UNBOUNDED)
ATTACHED = (
    "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers",
    "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
)
"""The managed policies that the program attaches to its roles."""
PASSED_TO = (
    "ecs-tasks.amazonaws.com",
    "ecs.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
"""The services that may assume the program's roles."""
LINKED = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
    "wafv2.amazonaws.com",
)
"""The services whose service-linked role AWS creates at their first use in an account.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html"""
RELEASES = frozenset(
    {
        "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
        "ecr:GetLifecyclePolicy",
        "ecr:ListImages",
        "ecs:ContinueServiceDeployment",
        "ecs:DescribeServiceRevisions",
        "ecs:DescribeTasks",
        "ecs:ListServices",
        "ecs:ListTaskDefinitions",
        "ecs:ListTasks",
        "ecs:RunTask",
        "ecs:StopServiceDeployment",
        "ecs:StopTask",
        "elasticache:DescribeSnapshots",
        "elasticloadbalancing:DescribeTargetHealth",
        "rds:DescribeDBSnapshots",
        "servicequotas:GetServiceQuota",
    }
)
"""Calls of `arbor release` and of the checks of `pipeline apply` beyond the provider's."""
TUNNEL = "AWS-StartPortForwardingSessionToRemoteHost"
"""The document with which arbor/tunnel.py reaches the database and the cache."""
SESSIONS = "bootstrap"
"""The part of the role's session names after the stack's (.github/actions/sign-in)."""
POLICY_WRITES = (
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:TagPolicy",
    "iam:UntagPolicy",
)


def changes(pipeline: Pipeline) -> str:
    """The managed policy of roles that write: the provider's changes of plain resources."""
    plain = provider.writes() - of_services(provider.writes(), *SPECIAL)
    return document(list(scoped(pipeline, plain)))


def of_deploys(pipeline: Pipeline) -> str:
    """The inline policy of the deploy role."""
    return document(
        [
            *_of_both(pipeline),
            *_denied(pipeline),
            deny([*ROLE_WRITES, "iam:PassRole"], _ours(pipeline), not_resource=True),
        ]
    )


def of_bootstrap(pipeline: Pipeline) -> str:
    """The inline policy of the first deploy role: that of the deploy role, for other roles."""
    return document([*_of_both(pipeline), *_denied(pipeline)])


def own_roles(pipeline: Pipeline) -> str:
    """The first deploy role's managed policy: the stack's own roles, without the first deploy role.

    After the first `up` it also rotates the first values (`arbor rotate-first`), through a tunnel
    to a task of the stack. It can give the deploy role any permission, so it is retired afterwards.
    """
    account = f"arn:aws:iam::{pipeline.account_id}"
    names = (pipeline.preview_role, pipeline.deploy_role, pipeline.images_role)
    own = [f"{account}:role/{name}" for name in names]
    policies = (pipeline.reads_policy, pipeline.changes_policy)
    return document(
        [
            allow(ROLE_WRITES, own),
            allow(POLICY_WRITES, [f"{account}:policy/{name}" for name in policies]),
            *_tunnels(pipeline),
            deny([*ROLE_WRITES, "iam:PassRole"], [*_ours(pipeline), *own], not_resource=True),
        ]
    )


def _tunnels(pipeline: Pipeline) -> Iterator[Statement]:
    """Sessions with the stack's tasks, with one document only.

    Without the condition, a session without document is a shell, and is allowed.
    https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-specify-session-document.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
    """
    yield allow(
        ["ssm:StartSession"],
        [
            f"arn:aws:ecs:{pipeline.location}:task/{pipeline.cluster}/*",
            f"arn:aws:ssm:{pipeline.region}::document/{TUNNEL}",
        ],
        BoolIfExists={"ssm:SessionDocumentAccessCheck": "true"},
    )
    sessions = f"session/{pipeline.environment}-{SESSIONS}-*"
    yield allow(["ssm:TerminateSession"], f"arn:aws:ssm:{pipeline.location}:{sessions}")


def _of_both(pipeline: Pipeline) -> Iterator[Statement]:
    yield from state.writes(pipeline)
    yield from _releases(pipeline)
    yield from _roles(pipeline)
    yield from _keys(pipeline)
    yield from _secrets(pipeline)
    s3 = of_services(provider.writes(), "s3") - NOT_GRANTED
    yield allow(s3, [f"arn:aws:s3:::{name}" for name in pipeline.buckets])


def _releases(pipeline: Pipeline) -> Iterator[Statement]:
    """Calls of a release beyond the provider's."""
    yield from scoped(pipeline, RELEASES - provider.reads())
    yield allow(
        ["logs:GetLogEvents"], f"arn:aws:logs:{pipeline.location}:log-group:{pipeline.log_groups}:*"
    )
    yield allow(
        ["ssm:DeleteParameter", "ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter"],
        f"arn:aws:ssm:{pipeline.location}:parameter{pipeline.parameters}",
    )


def _ours(pipeline: Pipeline) -> list[str]:
    """The program's roles: below the stack's path, and older ones without it."""
    account = f"arn:aws:iam::{pipeline.account_id}"
    return [
        f"{account}:role{pipeline.role_path}*",
        *(f"{account}:role/{name}" for name in pipeline.older_roles),
    ]


def _roles(pipeline: Pipeline) -> Iterator[Statement]:
    """Roles within the boundary. The denial of all other roles defines which."""
    every = f"arn:aws:iam::{pipeline.account_id}:role/*"
    bounded = {"iam:PermissionsBoundary": boundary_arn(pipeline)}
    attaches = {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}
    yield allow(set(BOUNDED) - attaches, every, StringEquals=bounded)
    yield allow(attaches, every, StringEquals=bounded, ArnEquals={"iam:PolicyARN": list(ATTACHED)})
    yield allow(UNBOUNDED, every)
    yield allow(["iam:PassRole"], every, StringEquals={"iam:PassedToService": list(PASSED_TO)})
    yield allow(
        ["iam:CreateServiceLinkedRole"],
        every,
        StringEquals={"iam:AWSServiceName": list(LINKED)},
    )


def _keys(pipeline: Pipeline) -> Iterator[Statement]:
    """Keys that the program made for this stack, without the state's, which are bootstrap's."""
    kms = of_services(provider.writes(), "kms")
    aliases = of_services(provider.writes(["aws:kms/alias:Alias"]), "kms")
    stack = pipeline.environment
    # A key is created with its tags, which KMS authorizes as TagResource of no particular key.
    # https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
    yield allow(
        ["kms:CreateKey", "kms:TagResource"], "*", StringEquals={"aws:RequestTag/Stack": stack}
    )
    yield allow(
        kms - {"kms:CreateKey"},
        f"arn:aws:kms:{pipeline.location}:key/*",
        StringEquals={"aws:ResourceTag/Stack": stack, "aws:ResourceTag/ManagedBy": "pulumi"},
    )
    # An alias has no tags; KMS authorizes its key as well.
    yield allow(aliases, f"arn:aws:kms:{pipeline.location}:alias/*")


def _secrets(pipeline: Pipeline) -> Iterator[Statement]:
    yield allow(
        of_services(provider.writes(), "secretsmanager") | VALUES,
        f"arn:aws:secretsmanager:{pipeline.location}:secret:{pipeline.secrets}",
    )


def _denied(pipeline: Pipeline) -> Iterator[Statement]:
    """Denials, which override everything that is allowed above."""
    account = f"arn:aws:iam::{pipeline.account_id}"
    stack = pipeline.environment
    yield from other_stacks(pipeline)
    yield deny(
        ["*"],
        "*",
        Null={"aws:RequestTag/Stack": "false"},
        StringNotEquals={"aws:RequestTag/Stack": stack},
    )
    yield deny(
        ["iam:DeleteRolePermissionsBoundary", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"],
        "*",
    )
    yield deny(POLICY_WRITES, f"{account}:policy/{pipeline.every_boundary}")
    yield deny(
        [*state.DESTROYS_OBJECTS, *state.CHANGES_BUCKET],
        [
            f"arn:aws:s3:::{name}{end}"
            for name in (pipeline.state_bucket, pipeline.state_log_bucket)
            for end in ("", "/*")
        ],
    )
    yield deny(
        [*state.DESTROYS_KEYS, *state.CHANGES_KEYS],
        "*",
        StringEquals={"aws:ResourceTag/Component": "state"},
    )
    yield from only_objects_of_state(pipeline)


def only_objects_of_state(pipeline: Pipeline) -> Iterator[Statement]:
    """Deny reads of all objects except the state's, even if another bucket's policy allows them."""
    yield deny(
        ["s3:GetObject", "s3:GetObjectVersion"],
        f"arn:aws:s3:::{pipeline.state_bucket}/*",
        not_resource=True,
    )


def other_stacks(pipeline: Pipeline) -> Iterator[Statement]:
    """Deny everything with another stack's tag.

    It does not cover untagged resources and services that authorize without tags:
    docs/decisions/ci-roles.md.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
    """
    yield deny(
        ["*"],
        "*",
        Null={"aws:ResourceTag/Stack": "false"},
        StringNotEquals={"aws:ResourceTag/Stack": pipeline.environment},
    )
