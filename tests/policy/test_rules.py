"""Each resource rule: passing, violating, unset and other inputs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pulumi_policy.proxy import UnknownValueError

from guardrails.pack import RULES
from guardrails.rule import Rule
from guardrails.rule import environment as environment_of_stack
from verdict import UNKNOWN, stack_named, violations

UNSET_FAILS, UNSET_PASSES = True, False
GITHUB = "token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Case:
    good: Mapping[str, Any]
    bad: tuple[Mapping[str, Any], ...]
    unset: bool = UNSET_FAILS
    without: Mapping[str, Any] | None = None
    """Inputs without the one that the rule reads; none by default."""


def containers(**container: Any) -> dict[str, Any]:
    return {"containerDefinitions": json.dumps([{"name": "backend", **container}])}


def log_driver(**options: str) -> dict[str, Any]:
    return containers(logConfiguration={"logDriver": "awslogs", "options": options})


def policy(*statements: Mapping[str, Any], key: str = "policy") -> dict[str, str]:
    return {key: json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


def inline(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Inline policies of a role: an empty one, and a second with these statements."""
    return {"inlinePolicies": [policy(), policy(*statements)]}


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", **more}


OF_MAIN = "arbor/infrastructure/.github/workflows/up.yml@refs/heads/main"


def trust(
    subject: str | None,
    audience: str = "sts.amazonaws.com",
    workflow: str | None = OF_MAIN,
    ref: str | None = "refs/heads/main",
) -> dict[str, str]:
    claims = {"aud": audience, "sub": subject, "job_workflow_ref": workflow, "ref": ref}
    conditions = {f"{GITHUB}:{claim}": value for claim, value in claims.items() if value}
    provider = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"}
    return policy(
        allow(Principal=provider, Condition={"StringEquals": conditions}), key="assumeRolePolicy"
    )


def parameters(family: str, **values: str) -> dict[str, Any]:
    listed = [{"name": n.replace("__", "."), "value": v} for n, v in values.items()]
    return {"family": family, "parameters": listed}


def flag(key: str) -> Case:
    return Case({key: True}, ({key: False},))


def excluding(*tags: str) -> dict[str, Any]:
    """A repository with immutable tags except these."""
    return {
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [
            {"filter": tag, "filterType": "WILDCARD"} for tag in tags
        ],
    }


def answer(protocol: str, **action: Any) -> dict[str, Any]:
    return {"protocol": protocol, "defaultActions": [action]}


WORLD = {"cidrIpv4": "0.0.0.0/0"}
REDIRECT = {"redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}
WELCOME = {"fixedResponse": {"statusCode": "200"}}
FORBIDDEN = {"fixedResponse": {"statusCode": "403"}}
NOT_FOUND = {"fixedResponse": {"statusCode": "404"}}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
GROUPS = [
    {"statement": {"managedRuleGroupStatement": {"name": f"AWSManagedRules{name}"}}}
    for name in ("AmazonIpReputationList", "CommonRuleSet", "KnownBadInputsRuleSet")
]
LIMIT = {"statement": {"rateBasedStatement": {"limit": 1}}, "action": {"block": {}}}
ADVANCED = {
    "alternateTargetGroupArn": "green",
    "productionListenerRule": "rule",
    "testListenerRule": "rule",
    "roleArn": "role",
}
EXEC = {"logging": "OVERRIDE", "kmsKeyId": "k", "logConfiguration": {}}
LOGGED = {**EXEC, "logConfiguration": {"cloudWatchEncryptionEnabled": True}}
HEADER, PATH = {"hostHeader": {"values": ["x"]}}, {"pathPattern": {"values": ["/x"]}}

CASES = {
    "rds-multi-az": flag("multiAz"),
    "rds-backup-retention": Case({"backupRetentionPeriod": 7.0}, ({"backupRetentionPeriod": 6.0},)),
    "rds-backup-window": Case(
        {"backupWindow": "03:00-04:00"},
        ({"backupWindow": "02:30-03:30"}, {"backupWindow": "03:30-04:30"}),
    ),
    "rds-maintenance-window": Case(
        {"maintenanceWindow": "sun:05:00-sun:06:00"},
        ({"maintenanceWindow": "sun:03:30-sun:04:30"}, {"maintenanceWindow": "some day"}),
    ),
    "rds-encrypted": Case(
        {"storageEncrypted": True, "kmsKeyId": UNKNOWN},
        ({"storageEncrypted": True}, {"storageEncrypted": False, "kmsKeyId": "k"}),
    ),
    "rds-not-public": Case({"publiclyAccessible": False}, ({"publiclyAccessible": True},)),
    "rds-deletion-protection": flag("deletionProtection"),
    "rds-final-snapshot": Case(
        {"skipFinalSnapshot": False, "finalSnapshotIdentifier": "last"},
        ({"skipFinalSnapshot": True, "finalSnapshotIdentifier": "last"},),
    ),
    "rds-log-exports": Case(
        {"enabledCloudwatchLogsExports": ["upgrade", "postgresql"]},
        ({"enabledCloudwatchLogsExports": ["upgrade"]},),
    ),
    "rds-performance-insights": Case(
        {"performanceInsightsEnabled": True, "performanceInsightsKmsKeyId": UNKNOWN},
        ({"performanceInsightsEnabled": True}, {"performanceInsightsEnabled": False}),
    ),
    "rds-parameter-group": Case(
        {"parameterGroupName": "arbor-production-params"},
        ({"parameterGroupName": "default.postgres16"}, {"parameterGroupName": None}),
    ),
    "rds-enhanced-monitoring": Case({"monitoringInterval": 60.0}, ({"monitoringInterval": 0.0},)),
    "rds-minor-upgrades": flag("autoMinorVersionUpgrade"),
    "rds-snapshot-tags": flag("copyTagsToSnapshot"),
    "rds-tls-forced": Case(
        parameters("postgres16", rds__force_ssl="1"),
        (parameters("postgres16", rds__force_ssl="0"),),
        without={"family": "postgres16"},
    ),
    "rds-slow-query-log": Case(
        parameters("postgres16", log_min_duration_statement="1000"),
        (
            parameters("postgres16", log_min_duration_statement="1001"),
            parameters("postgres16", log_min_duration_statement="-1"),
        ),
        without={"family": "postgres16"},
    ),
    "rds-statement-statistics": Case(
        parameters("postgres16", shared_preload_libraries="x,pg_stat_statements"),
        (parameters("postgres16", shared_preload_libraries="x"),),
        without={"family": "postgres16"},
    ),
    "elasticache-tls": flag("transitEncryptionEnabled"),
    "elasticache-auth": Case({"authToken": UNKNOWN}, ({"authToken": None},)),
    "elasticache-encrypted": Case(
        {"atRestEncryptionEnabled": True, "kmsKeyId": UNKNOWN},
        ({"atRestEncryptionEnabled": True}, {"kmsKeyId": "k"}),
    ),
    "elasticache-failover": Case(
        {"automaticFailoverEnabled": True, "multiAzEnabled": True},
        ({"automaticFailoverEnabled": True}, {"multiAzEnabled": True}),
    ),
    "elasticache-snapshots": Case(
        {"snapshotRetentionLimit": 7.0}, ({"snapshotRetentionLimit": 1.0},)
    ),
    "elasticache-slow-log": Case(
        {"logDeliveryConfigurations": [{"logType": "slow-log"}]},
        ({"logDeliveryConfigurations": [{"logType": "engine-log"}]},),
    ),
    "elasticache-eviction": Case(
        {"parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}]},
        ({"parameters": [{"name": "maxmemory-policy", "value": "noeviction"}]},),
    ),
    "secret-own-key": Case({"kmsKeyId": UNKNOWN}, ({"kmsKeyId": None},)),
    "kms-rotation": flag("enableKeyRotation"),
    "kms-deletion-window": Case(
        {"deletionWindowInDays": 30.0}, ({"deletionWindowInDays": 29.0},), UNSET_PASSES
    ),
    "task-no-plain-secret": Case(
        containers(environment=[{"name": "POSTGRES_HOST", "value": "db"}]),
        (
            containers(environment=[{"name": "POSTGRES_PASSWORD", "value": "x"}]),
            containers(environment=[{"name": "URL", "value": "redis://user:word@cache:6379"}]),
            containers(environment=[{"name": "ID", "value": "AKIA" + "A" * 16}]),
            containers(command=["sh", "-c", "PGPASSWORD=x exec gunicorn"]),
            containers(command=["serve", "--admin-token", "x"]),
            containers(entryPoint=["env", "SECRET_KEY=x", "gunicorn"]),
            containers(healthCheck={"command": ["CMD", "redis-cli", "-u", "redis://:word@cache"]}),
            containers(dockerLabels={"api-key": "x"}),
            log_driver(**{"splunk-token": "x"}),
        ),
        UNSET_PASSES,
        containers(),
    ),
    "s3-public-access-blocked": Case(
        {
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        ({"blockPublicAcls": True},),
    ),
    "s3-lifecycle-enabled": Case(
        {"rules": [{"status": "Enabled"}]}, ({"rules": [{"status": "Disabled"}]},)
    ),
    "s3-tls-only": Case(
        policy(TLS_ONLY), (policy(allow(Principal="x")),), without={"policy": "{}"}
    ),
    "logs-retention": Case({"retentionInDays": 90.0}, ({"retentionInDays": 0.0},)),
    "logs-own-key": Case({"kmsKeyId": UNKNOWN}, ({"kmsKeyId": None},)),
    "network-world-ports": Case(
        {**WORLD, "fromPort": 443.0, "toPort": 443.0},
        (
            {**WORLD, "fromPort": 22.0, "toPort": 22.0},
            {**WORLD, "fromPort": 80.0, "toPort": 443.0},
            {"cidrIpv6": "::/0", "fromPort": 22.0, "toPort": 22.0},
            {**WORLD, "ipProtocol": "-1"},
        ),
        UNSET_PASSES,
    ),
    "network-standalone-rules": Case({"ingress": []}, ({"egress": [{}]},), UNSET_PASSES),
    "network-egress-https": Case(
        {**WORLD, "fromPort": 443.0, "toPort": 443.0},
        ({**WORLD, "fromPort": 0.0, "toPort": 65535.0}, {**WORLD, "ipProtocol": "-1"}),
        UNSET_PASSES,
    ),
    "network-private-tasks": Case(
        {"networkConfiguration": {"assignPublicIp": False}},
        ({"networkConfiguration": {"assignPublicIp": True}},),
        UNSET_PASSES,
    ),
    "network-flow-logs-all": Case({"trafficType": "ALL"}, ({"trafficType": "ACCEPT"},)),
    "network-default-group-empty": Case(
        {"ingress": [], "egress": []}, ({"ingress": [{}]}, {"egress": [{}]}), UNSET_PASSES
    ),
    "edge-tls": Case(
        {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
        (
            {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-2016-08"},
            {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-0-2021-06"},
        ),
        without={"protocol": "HTTPS"},
    ),
    "edge-http-redirects": Case(
        answer("HTTP", **REDIRECT), (answer("HTTP", **WELCOME),), without=answer("HTTP")
    ),
    "edge-unknown-hosts": Case(
        answer("HTTPS", **NOT_FOUND),
        (answer("HTTPS", **WELCOME), answer("HTTPS", **FORBIDDEN)),
        without=answer("HTTPS"),
    ),
    "edge-rule-host": Case({"conditions": [PATH, HEADER]}, ({"conditions": [PATH]},)),
    "edge-invalid-headers": flag("dropInvalidHeaderFields"),
    "edge-desync": Case(
        {"desyncMitigationMode": "strictest"}, ({"desyncMitigationMode": "monitor"},), UNSET_PASSES
    ),
    "edge-access-logs": Case(
        {"accessLogs": {"enabled": True}}, ({"accessLogs": {"enabled": False}},)
    ),
    "edge-deletion-protection": flag("enableDeletionProtection"),
    "edge-firewall-groups": Case({"rules": [*GROUPS, LIMIT]}, ({"rules": GROUPS[1:]},)),
    "edge-rate-limit": Case(
        {"rules": [*GROUPS, LIMIT]}, ({"rules": [{**LIMIT, "action": {"count": {}}}]},)
    ),
    "edge-certificate-dns": Case({"validationMethod": "DNS"}, ({"validationMethod": "EMAIL"},)),
    "ecs-blue-green": Case(
        {"deploymentConfiguration": {"strategy": "BLUE_GREEN"}},
        ({"deploymentConfiguration": {"strategy": "ROLLING"}},),
    ),
    "ecs-both-colours": Case(
        {"loadBalancers": [{"advancedConfiguration": dict.fromkeys(ADVANCED, UNKNOWN)}]},
        tuple(
            {"loadBalancers": [{"advancedConfiguration": {**ADVANCED, key: None}}]}
            for key in ADVANCED
        ),
    ),
    "ecs-rollback-alarms": Case(
        {"alarms": {"enable": True, "rollback": True}},
        ({"alarms": {"enable": True}}, {"alarms": {"rollback": True}}),
    ),
    "ecs-no-sigint-rollback": Case(
        {"sigintRollback": False}, ({"sigintRollback": True},), UNSET_PASSES
    ),
    "ecs-rule-both-groups": Case(
        {"actions": [{"forward": {"targetGroups": [{}, {}]}}]},
        ({"actions": [{"forward": {"targetGroups": [{}]}}]},),
        without={"actions": [{}]},
    ),
    "ecs-container-insights": Case(
        {"settings": [{"name": "containerInsights", "value": "enabled"}]},
        ({"settings": [{"name": "containerInsights", "value": "disabled"}]},),
    ),
    "ecs-exec-logged": Case(
        {"configuration": {"executeCommandConfiguration": LOGGED}},
        (
            {"configuration": {"executeCommandConfiguration": EXEC}},
            {"configuration": {"executeCommandConfiguration": {**LOGGED, "logging": "NONE"}}},
            {"configuration": {"executeCommandConfiguration": {**LOGGED, "kmsKeyId": None}}},
        ),
    ),
    "ecr-immutable-tags": Case(
        excluding("latest"),
        (
            {"imageTagMutability": "MUTABLE"},
            {"imageTagMutability": "MUTABLE_WITH_EXCLUSION"},
            excluding("latest*"),
            excluding("latest", "v*"),
        ),
    ),
    "ecr-scan": Case(
        {"imageScanningConfiguration": {"scanOnPush": True}},
        ({"imageScanningConfiguration": {"scanOnPush": False}},),
    ),
    "ecs-target-health": Case(
        {"healthCheck": {"path": "/health"}},
        ({"healthCheck": {"path": ""}}, {"healthCheck": {"path": "/x", "enabled": False}}),
    ),
    "task-pinned-image": Case(
        containers(image="123.dkr.ecr.us-east-1.amazonaws.com/backend:v1.2.3"),
        (containers(image="backend:latest"), containers(image="registry:5000/backend")),
        without=containers(),
    ),
    "task-not-root": Case(
        containers(user="1000:1000"),
        (containers(user="0"), containers(user="root:1000")),
        without=containers(),
    ),
    "task-not-privileged": Case(
        containers(privileged=False),
        (
            containers(privileged=True),
            containers(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}}),
        ),
        UNSET_PASSES,
        containers(),
    ),
    "task-logs": Case(
        containers(logConfiguration={"logDriver": "awslogs"}),
        (containers(logConfiguration={"logDriver": "none"}),),
        without=containers(),
    ),
    "task-log-mode": Case(
        log_driver(mode="non-blocking", **{"max-buffer-size": "1m"}),
        (
            log_driver(mode="blocking", **{"max-buffer-size": "1m"}),
            log_driver(**{"max-buffer-size": "1m"}),
            log_driver(mode="non-blocking"),
        ),
        without=log_driver(),
    ),
    "task-read-only-root": Case(
        containers(readonlyRootFilesystem=True),
        (containers(readonlyRootFilesystem=False),),
        without=containers(),
    ),
    "task-keeps-revisions": flag("skipDestroy"),
    "iam-actions": Case(
        policy(allow(Action=["s3:GetObject"], Resource="x")),
        (
            policy(allow(Action="*", Resource="x")),
            policy(allow(Action=["s3:*"], Resource="x")),
            policy(allow(NotAction="s3:GetObject", Resource="x")),
            inline(allow(Action="*", Resource="x")),
        ),
        UNSET_PASSES,
        policy(),
    ),
    "iam-resources": Case(
        policy(
            allow(Action="ecr:GetAuthorizationToken", Resource="*"),
            allow(
                Action=["kms:CreateKey", "kms:TagResource"],
                Resource="*",
                Condition={"StringEquals": {"aws:RequestTag/Stack": "x"}},
            ),
        ),
        (
            policy(allow(Action="s3:GetObject", Resource=["*"])),
            policy(allow(Action="kms:TagResource", Resource="*")),
            policy(
                allow(
                    Action="kms:TagResource",
                    Resource="*",
                    Condition={"StringEquals": {"aws:ResourceTag/Stack": "x"}},
                )
            ),
            policy(allow(Action="s3:GetObject", NotResource="x")),
            inline(allow(Action="s3:GetObject", Resource="*")),
        ),
        UNSET_PASSES,
        policy(),
    ),
    "iam-trust": Case(
        policy(allow(Principal={"Service": "ecs.amazonaws.com"}), key="assumeRolePolicy"),
        (
            policy(allow(Principal="*"), key="assumeRolePolicy"),
            policy(allow(Principal={"AWS": ["*"]}), key="assumeRolePolicy"),
        ),
        UNSET_PASSES,
        policy(key="assumeRolePolicy"),
    ),
    "iam-github-bound": Case(
        trust("repo:arbor/infrastructure:environment:production"),
        (
            trust("repo:arbor/infrastructure:environment:production", workflow=None),
            trust("repo:arbor/infrastructure:environment:production", ref=None),
            trust("repo:arbor/infrastructure:environment:production", ref="refs/heads/x"),
            trust(
                "repo:arbor/infrastructure:environment:production",
                workflow="arbor/infrastructure/.github/workflows/up.yml@refs/tags/v1",
            ),
            trust(
                "repo:arbor/infrastructure:environment:production",
                workflow="arbor/infrastructure/.github/workflows/*@refs/heads/main",
            ),
            trust("repo:arbor@12/infrastructure:environment:production"),
            trust("repo:arbor@*/infrastructure@*:environment:production"),
            trust("repo:arbor/*"),
            trust("repo:arbor/infrastructure:*"),
            trust(None),
            trust("repo:arbor/infrastructure:pull_request", audience="another"),
        ),
        UNSET_PASSES,
        policy(key="assumeRolePolicy"),
    ),
    "iam-bucket-principal": Case(
        policy(
            allow(Principal="*", Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}})
        ),
        (policy(allow(Principal="*")),),
        UNSET_PASSES,
    ),
    "iam-key-principal": Case(
        policy(allow(Principal={"AWS": "arn:aws:iam::123456789012:root"})),
        (policy(allow(Principal={"AWS": "*"})),),
        UNSET_PASSES,
    ),
    "iam-resource-principal": Case(
        policy(allow(Principal={"AWS": "123456789012"})),
        (policy(allow(Principal={"AWS": "999999999999"})),),
        UNSET_PASSES,
    ),
}
BY_NAME = {rule.name: rule for rule in RULES if isinstance(rule, Rule)}
each_rule = pytest.mark.parametrize("name", sorted(BY_NAME))


def test_every_rule_on_one_resource_has_its_case() -> None:
    assert set(CASES) == set(BY_NAME)


@each_rule
def test_valid_inputs_pass(name: str) -> None:
    assert violations(BY_NAME[name], CASES[name].good) == []


@pytest.mark.parametrize(
    "props",
    [
        trust("repo:arbor@12/infrastructure@34:environment:production"),
        trust("repo:arbor@12/infrastructure@34:pull_request", workflow=None),
        trust("repo:arbor/infrastructure:ref:refs/heads/main", workflow=None),
        {
            **trust("repo:arbor/application:environment:production", workflow=None),
            "name": "arbor-production-ci-images",
        },
    ],
)
def test_a_role_may_trust_other_jobs(props: dict[str, str]) -> None:
    assert violations(BY_NAME["iam-github-bound"], props) == []


@each_rule
def test_a_violation_is_reported_with_the_fix(name: str) -> None:
    for bad in CASES[name].bad:
        found = violations(BY_NAME[name], bad)
        assert found, bad
        assert all(message.endswith(BY_NAME[name].fix) for message in found)


@each_rule
def test_an_unset_input_is_judged_by_the_default_of_aws(name: str) -> None:
    case = CASES[name]
    assert bool(violations(BY_NAME[name], case.without or {})) == case.unset


@each_rule
def test_another_type_is_ignored(name: str) -> None:
    for bad in CASES[name].bad:
        assert violations(BY_NAME[name], bad, token="random:index/randomId:RandomId") == []


@each_rule
def test_types_with_the_same_inputs_are_judged_alike(name: str) -> None:
    for token in BY_NAME[name].alike:
        assert violations(BY_NAME[name], CASES[name].good, token=token) == []
        for bad in CASES[name].bad:
            assert violations(BY_NAME[name], bad, token=token)


def test_managed_policies_are_judged_like_inline_ones() -> None:
    for name in ("iam-actions", "iam-resources"):
        assert "aws:iam/policy:Policy" in BY_NAME[name].alike


@each_rule
def test_a_rule_for_production_ignores_staging(name: str) -> None:
    rule = BY_NAME[name]
    found = violations(rule, CASES[name].bad[0], stack="staging")
    assert bool(found) != bool(rule.environments)


@each_rule
@pytest.mark.parametrize(
    ("stack", "environment", "judged"),
    [
        ("productionwest", "production", True),
        ("production", "staging", True),  # the settings also refuse it
        ("productionwest", "staging", False),
    ],
)
def test_a_rule_for_production_depends_on_the_environment(
    name: str, stack: str, environment: str, judged: bool
) -> None:
    rule = BY_NAME[name]
    found = violations(rule, CASES[name].bad[0], stack=stack, environment=environment)
    assert bool(found) == (judged or not rule.environments)


def test_a_stack_without_an_environment_is_judged_as_production() -> None:
    with stack_named("demo", None):
        assert environment_of_stack() == "production"


@pytest.mark.parametrize(
    "container",
    [
        {"environment": [{"name": "ACCESS_TOKEN_EXPIRE_MINUTES", "value": "30"}]},
        {"environment": [{"name": "SECRET_ARN", "value": "arn:aws:secretsmanager:x"}]},
        {"environment": [{"name": "DATABASE_PASSWORD_FILE", "value": "/run/password"}]},
        {"command": ["sh", "-c", 'PGPASSWORD="$POSTGRES_PASSWORD" exec psql']},
        {"command": ["sh", "-c", "URL=redis://:$REDIS_PASSWORD@cache exec run"]},
        {"command": ["get", "--secret-id", "arbor/production/app"]},
        {"secrets": [{"name": "SECRET_KEY", "valueFrom": "arn:aws:secretsmanager:x"}]},
    ],
    ids=json.dumps,
)
def test_the_name_of_a_secret_is_no_secret(container: dict[str, Any]) -> None:
    assert violations(BY_NAME["task-no-plain-secret"], containers(**container)) == []


def test_an_unknown_value_raises() -> None:
    with pytest.raises(UnknownValueError):
        violations(BY_NAME["rds-backup-window"], {"backupWindow": UNKNOWN})


def test_rules_have_unique_names_controls_and_a_reason() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    assert all(rule.controls and rule.why.endswith(".") for rule in RULES)
