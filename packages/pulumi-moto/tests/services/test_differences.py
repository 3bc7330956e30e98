"""Which differences of an input replace the resource, and which are none, as in the provider."""

import json
from typing import Any

import pytest

from pulumi_moto import lifecycle
from pulumi_moto.registry import ROWS
from pulumi_moto.row import Row

KEY = "12345678-1234-1234-1234-123456789012"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
DATABASE = "aws:rds/instance:Instance"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
LISTENER = "aws:lb/listener:Listener"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
REPOSITORY = "aws:ecr/repository:Repository"
TASK = "aws:ecs/taskDefinition:TaskDefinition"


def row(token: str) -> Row:
    return ROWS[token]


@pytest.mark.parametrize(
    ("token", "state", "new", "replaces"),
    [
        (CACHE, {"engine": "redis"}, {"engine": "valkey"}, False),
        (CACHE, {"engine": "valkey"}, {"engine": "redis"}, True),
        (CACHE, {"engineVersion": "7.0"}, {"engineVersion": "7.1"}, False),
        (CACHE, {"engineVersion": "7.1"}, {"engineVersion": "7.0"}, True),
        (CACHE, {"engineVersion": "7.1"}, {"engineVersion": "6.x"}, True),
        (
            CACHE,
            {"transitEncryptionEnabled": False, "engineVersionActual": "6.2.6"},
            {"transitEncryptionEnabled": True},
            True,
        ),
        (
            CACHE,
            {"transitEncryptionEnabled": False, "engineVersionActual": "7.0.7"},
            {"transitEncryptionEnabled": True},
            False,
        ),
        (DATABASE, {"engineVersion": "17.4"}, {"engineVersion": "16"}, False),
        (
            ENDPOINT,
            {"privateDnsEnabled": True, "vpcEndpointType": "Interface"},
            {"privateDnsEnabled": False, "vpcEndpointType": "Interface"},
            False,
        ),
        (
            ENDPOINT,
            {"privateDnsEnabled": False, "vpcEndpointType": "Gateway"},
            {"privateDnsEnabled": True, "vpcEndpointType": "Gateway"},
            True,
        ),
        (INGRESS, {"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "10.1.0.0/16"}, False),
        (INGRESS, {"fromPort": 80}, {"fromPort": 81}, False),
    ],
)
def test_some_changes_replace_by_what_they_change_to(
    token: str, state: dict[str, Any], new: dict[str, Any], *, replaces: bool
) -> None:
    difference = lifecycle.diff(row(token), state, state, new)
    assert bool(difference.replaces) is replaces
    assert difference.changed


def test_a_rule_of_a_security_group_that_gets_another_kind_of_source_is_another_rule() -> None:
    old = {"cidrIpv4": "10.0.0.0/8"}
    new = {"referencedSecurityGroupId": "sg-1"}
    difference = lifecycle.diff(row(INGRESS), old, old, new)
    assert difference.replaces == {"cidrIpv4", "referencedSecurityGroupId"}


def forward(*groups: tuple[str, int | None], **more: Any) -> list[dict[str, Any]]:
    named = [
        {"arn": arn, **({} if weight is None else {"weight": weight})} for arn, weight in groups
    ]
    return [{"type": "forward", "forward": {"targetGroups": named, **more}}]


STICKY = {"enabled": True, "duration": 60}


def policy(statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


ALLOW = {"Effect": "Allow", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*"}
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}


def images(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": list(rules)})


UNTAGGED = {"rulePriority": 1, "selection": {"tagStatus": "untagged"}}
TAGGED = {"rulePriority": 2, "selection": {"tagStatus": "tagged", "tagPrefixList": ["a", "b"]}}
TAGGED_TOO = {"rulePriority": 2, "selection": {"tagStatus": "tagged", "tagPrefixList": ["b", "a"]}}


def containers(*definitions: dict[str, Any]) -> str:
    return json.dumps(list(definitions))


def parameter(value: str, method: str) -> dict[str, str]:
    return {"name": "log_min_duration_statement", "value": value, "applyMethod": method}


SAME = [
    (
        PARAMETERS,
        "parameters",
        [parameter("500", "immediate")],
        [parameter("500", "pending-reboot")],
    ),
    (DATABASE, "engine", "postgres", "Postgres"),
    (DATABASE, "engineVersion", "16.8", "16"),
    (DATABASE, "maintenanceWindow", "sun:03:00-sun:04:00", "Sun:03:00-Sun:04:00"),
    (CACHE, "engineVersion", "6.2", "6.x"),
    (CACHE, "maintenanceWindow", "sun:03:00-sun:04:00", "Sun:03:00-Sun:04:00"),
    (CACHE, "replicationGroupId", "shop", "Shop"),
    (
        "aws:iam/rolePolicy:RolePolicy",
        "policy",
        policy([ALLOW]),
        policy({**ALLOW, "Action": ["s3:Put*", "s3:Get*"], "Resource": ["*"]}),
    ),
    (
        "aws:iam/role:Role",
        "assumeRolePolicy",
        policy([ROOT]),
        policy([{**ROOT, "Principal": {"AWS": "123456789012"}}]),
    ),
    ("aws:s3/bucketPolicy:BucketPolicy", "policy", policy([ALLOW, ROOT]), policy([ROOT, ALLOW])),
    (
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "policy",
        images(UNTAGGED, TAGGED),
        images(TAGGED_TOO, UNTAGGED),
    ),
    ("aws:kms/alias:Alias", "targetKeyId", KEY, f"arn:aws:kms:us-east-1:1:key/{KEY}"),
    ("aws:route53/record:Record", "name", "api.shop.test", "API.shop.test."),
    ("aws:route53/zone:Zone", "name", "shop.test", "Shop.test."),
    (INGRESS, "ipProtocol", "tcp", "6"),
    (
        "aws:wafv2/ipSet:IpSet",
        "addresses",
        ["2001:db8::/32", "10.0.0.0/8"],
        ["10.0.0.0/8", "2001:0db8::/32"],
    ),
    (
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        "redactedFields",
        [{"singleHeader": {"name": "cookie"}}, {"uriPath": {}}],
        [{"uriPath": {}}, {"singleHeader": {"name": "cookie"}}],
    ),
    (LISTENER, "protocol", "HTTPS", "https"),
    (LISTENER, "defaultActions", forward(("a", 1), ("b", 0)), forward(("b", 0), ("a", None))),
    (LISTENER, "defaultActions", forward(("a", 1), stickiness=STICKY), forward(("a", 1))),
    (
        "aws:lb/loadBalancer:LoadBalancer",
        "accessLogs",
        {"enabled": False, "bucket": "", "prefix": ""},
        {"enabled": False, "bucket": "logs"},
    ),
    (
        TASK,
        "containerDefinitions",
        containers({"name": "a", "image": "a", "cpu": 0, "essential": True}, {"name": "b"}),
        containers({"name": "b"}, {"name": "a", "image": "a", "environment": []}),
    ),
]

OTHER = [
    (PARAMETERS, "parameters", [parameter("500", "immediate")], [parameter("600", "immediate")]),
    (DATABASE, "engineVersion", "16.8", "16.9"),
    (DATABASE, "engineVersion", "16.8", "17"),
    (CACHE, "engineVersion", "6.2", "7.x"),
    (
        "aws:iam/rolePolicy:RolePolicy",
        "policy",
        policy([ALLOW]),
        policy([{**ALLOW, "Effect": "Deny"}]),
    ),
    (
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "policy",
        images(UNTAGGED),
        images({**UNTAGGED, "rulePriority": 2}),
    ),
    ("aws:kms/alias:Alias", "targetKeyId", KEY, KEY.replace("1", "2")),
    ("aws:route53/record:Record", "name", "api.shop.test", "app.shop.test"),
    (LISTENER, "defaultActions", forward(("a", 1), ("b", 0)), forward(("a", 0), ("b", 1))),
    (LISTENER, "defaultActions", forward(("a", 1)), forward(("a", 1), stickiness=STICKY)),
    (
        "aws:lb/loadBalancer:LoadBalancer",
        "accessLogs",
        {"enabled": False, "bucket": "logs"},
        {"enabled": True, "bucket": "logs"},
    ),
    (TASK, "containerDefinitions", containers({"name": "a"}), containers({"name": "b"})),
]


@pytest.mark.parametrize(("token", "key", "old", "new"), SAME)
def test_two_spellings_of_a_value_are_no_difference(
    token: str, key: str, old: Any, new: Any
) -> None:
    assert lifecycle.diff(row(token), {key: old}, {key: old}, {key: new}).changed == frozenset()


@pytest.mark.parametrize(("token", "key", "old", "new"), OTHER)
def test_another_value_is_a_difference(token: str, key: str, old: Any, new: Any) -> None:
    assert lifecycle.diff(row(token), {key: old}, {key: old}, {key: new}).changed == {key}


@pytest.mark.parametrize(
    ("stored", "given", "changed"),
    [
        ({"allocatedStorage": 25}, {"allocatedStorage": 20, "maxAllocatedStorage": 50}, False),
        ({"allocatedStorage": 25}, {"allocatedStorage": 30, "maxAllocatedStorage": 50}, True),
        ({"allocatedStorage": 25}, {"allocatedStorage": 20}, True),
        ({"allocatedStorage": 25}, {"allocatedStorage": 20, "maxAllocatedStorage": 20}, True),
    ],
)
def test_storage_that_grew_by_itself_is_no_difference_below_its_maximum(
    stored: dict[str, Any], given: dict[str, Any], *, changed: bool
) -> None:
    state = {**given, **stored}
    found = lifecycle.diff(row(DATABASE), state, given, given).changed
    assert found == (frozenset({"allocatedStorage"}) if changed else frozenset())


def test_a_maximum_that_is_the_storage_itself_lets_nothing_grow_and_is_no_difference() -> None:
    given = {"allocatedStorage": 20, "maxAllocatedStorage": 20}
    assert not lifecycle.diff(row(DATABASE), {"allocatedStorage": 20}, given, given).changed


def test_removing_the_default_port_of_a_cache_is_no_difference() -> None:
    assert not lifecycle.diff(row(CACHE), {"port": 6379}, {"port": 6379}, {}).changed
    assert lifecycle.diff(row(CACHE), {"port": 6380}, {"port": 6380}, {}).replaces == {"port"}


def test_the_names_of_a_validation_are_a_set_with_or_without_the_dot() -> None:
    validation = row("aws:acm/certificateValidation:CertificateValidation")
    old = {"validationRecordFqdns": ["a.shop.test", "b.shop.test"]}
    new = {"validationRecordFqdns": ["b.shop.test.", "a.shop.test."]}
    assert not lifecycle.diff(validation, old, old, new).changed


@pytest.mark.parametrize(
    ("token", "key"),
    [
        (DATABASE, "backupWindow"),
        (DATABASE, "parameterGroupName"),
        (CACHE, "snapshotWindow"),
        (REPOSITORY, "imageScanningConfiguration"),
        (LISTENER, "sslPolicy"),
    ],
)
def test_a_computed_input_stays_when_the_program_removes_it(token: str, key: str) -> None:
    old = {key: "some"}
    assert not lifecycle.diff(row(token), old, old, {}).changed
