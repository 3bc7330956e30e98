"""Resource types that no rule judges: one finding for each, so that a reviewer looks at them.

A type is judged if a rule reads its inputs, and exempt if HARMLESS gives a reason. `contract-tags`
alone does not count, because it applies to every type.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from pulumi_policy import EnforcementLevel, PolicyResource, Severity

from guardrails.rule import Found, Rule, StackRule

WITHOUT_AWS = ("pulumi:", "arbor:", "awsx:", "random:")
"""Providers, components and random values: nothing in AWS, or children that are judged."""
HARMLESS: Mapping[str, str] = {
    "aws:acm/certificateValidation:CertificateValidation": (
        "waits for a certificate, which edge-certificate-dns judges"
    ),
    "aws:appautoscaling/policy:Policy": "changes the task count between min and max",
    "aws:appautoscaling/target:Target": "its min and max are checked with the config",
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        "grants no access; ecs-rollback-alarms requires its use"
    ),
    "aws:ec2/eip:Eip": "a NAT gateway's address, without inbound connections",
    "aws:ec2/internetGateway:InternetGateway": (
        "has no effect without a route, which network-isolated-data judges"
    ),
    "aws:ec2/natGateway:NatGateway": "outbound only; network-isolated-data judges routes to it",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "a private path to AWS APIs, where IAM still applies",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "its image count is checked with the config",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": (
        "Fargate or Fargate Spot; the weights are checked with the config"
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        "grants nothing without a role, which iam-github-bound judges"
    ),
    "aws:kms/alias:Alias": "a name of a key",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        "can only enable ACLs, whose public grants s3-public-access-blocked refuses"
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": (
        "the generated first value; later values are ignored"
    ),
    "aws:wafv2/ipSet:IpSet": "addresses of a rule, which edge-rate-limit judges",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": (
        "writes to a log group, which the rules on log groups judge"
    ),
}
"""Types without a rule, and the reason why each needs none."""


def judged_types(rules: Collection[Rule | StackRule]) -> frozenset[str]:
    """The types whose inputs at least one of these rules reads."""
    return frozenset(token for rule in rules for token in rule.judges)


def unjudged_rule(rules: Collection[Rule | StackRule]) -> StackRule:
    """The advisory rule; `rules` are all others."""
    judged = judged_types(rules)

    def unjudged(resources: Sequence[PolicyResource]) -> Found:
        names: dict[str, list[str]] = defaultdict(list)
        for found in resources:
            token = found.resource_type
            if not token.startswith(WITHOUT_AWS) and token not in judged | HARMLESS.keys():
                names[token].append(found.name)
        for token in sorted(names):
            yield f"No rule judges {token} ({', '.join(sorted(names[token]))}).", None

    return StackRule(
        name="unjudged-type",
        why="Reviewers see which resource types the rules do not cover.",
        fix=(
            "Review its inputs; add a rule for the type, or a reason to HARMLESS in "
            "policy/guardrails/coverage.py."
        ),
        controls=("arbor",),
        judges=(),
        check=unjudged,
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
    )
