"""The permissions boundary of the program's roles.

A role has the permissions that its policies and its boundary both allow:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from access.statements import allow, deny
from access.trust import Pipeline, document
from arbor_names import naming

WRITES_LOGS = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
MONITORING = ("logs:CreateLogGroup", "logs:GetLogEvents", "logs:PutRetentionPolicy")
"""Together with the actions above: AmazonRDSEnhancedMonitoringRole."""
MONITORED = "RDS*"
"""The log groups of enhanced monitoring in that policy.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSEnhancedMonitoringRole.html"""
OLDER_REPOSITORIES = "registry-*"
"""Names that Pulumi gave to image repositories before they had promised ones
(docs/decisions/repository-names.md); those of other stacks are denied by tag."""
PULLS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
EXEC = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
LOOKS_AT_BALANCERS = (
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)
SHIFTS_TRAFFIC = (
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyRule",
    "elasticloadbalancing:RegisterTargets",
)
"""Together with the actions above: AmazonECSInfrastructureRolePolicyForLoadBalancers.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForLoadBalancers.html"""


def of_program(pipeline: Pipeline) -> str:
    """For tasks, flow logs, enhanced monitoring and ECS's blue/green deployments of one stack."""
    stack = pipeline.environment
    metrics = f"arn:aws:logs:{pipeline.location}:log-group:{naming.OS_METRICS_LOG_GROUP}"
    ours = {"aws:ResourceTag/Stack": stack}
    return document(
        [
            allow(
                [*EXEC, *LOOKS_AT_BALANCERS, "ecr:GetAuthorizationToken", "logs:DescribeLogGroups"],
                "*",
            ),
            allow(WRITES_LOGS, f"arn:aws:logs:{pipeline.location}:log-group:*"),
            allow(MONITORING, f"arn:aws:logs:{pipeline.location}:log-group:{MONITORED}"),
            allow(
                PULLS,
                [
                    f"arn:aws:ecr:{pipeline.location}:repository/{name}"
                    for name in (pipeline.repositories, OLDER_REPOSITORIES)
                ],
            ),
            allow(
                ["secretsmanager:GetSecretValue"],
                f"arn:aws:secretsmanager:{pipeline.location}:secret:{pipeline.secrets}",
            ),
            allow(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                f"arn:aws:kms:{pipeline.location}:key/*",
                StringEquals=ours,
            ),
            allow(SHIFTS_TRAFFIC, f"arn:aws:elasticloadbalancing:{pipeline.location}:*"),
            # All databases of the account write to one group, which one stack made and tagged.
            # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.CloudWatchLogs.html
            deny(
                ["*"],
                [metrics, f"{metrics}:*"],
                not_resource=True,
                Null={"aws:ResourceTag/Stack": "false"},
                StringNotEquals=ours,
            ),
            # The state's keys have the stack's tag, but tasks must not use them.
            deny(["kms:*"], "*", StringEquals={"aws:ResourceTag/Component": "state"}),
        ]
    )
