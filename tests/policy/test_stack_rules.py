"""Each stack rule: a small stack that passes, and one change that fails."""

import json
from collections.abc import Callable, Iterator

import pulumi
import pytest
from pulumi_policy import PolicyResource

from guardrails.contract import NAMES, TAGS
from guardrails.ecs import INFRASTRUCTURE_POLICY, ROLE_INPUT
from guardrails.pack import RULES
from guardrails.rule import PRODUCTION, StackRule
from verdict import UNKNOWN, pointing, resource, stack_named, stack_violations

Stack = list[PolicyResource]
BY_NAME = {rule.name: rule for rule in RULES if isinstance(rule, StackRule)}


def buckets(*settings: str) -> Stack:
    bucket = resource("aws:s3/bucket:Bucket", "logs")
    return [bucket, *(pointing(resource(one, one), "bucket", bucket) for one in settings)]


def internet(*, through_balancer: bool) -> Stack:
    group = resource("aws:ec2/securityGroup:SecurityGroup", "group")
    rule = resource(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "rule",
        {"cidrIpv4": "0.0.0.0/0"},
    )
    balancer = resource("aws:lb/loadBalancer:LoadBalancer", "balancer")
    return [
        group,
        pointing(rule, "securityGroupId", group),
        pointing(balancer, "securityGroups", *([group] if through_balancer else [])),
    ]


def data(*, with_route_out: bool) -> Stack:
    route = {"routeTableId": "rtb", "destinationCidrBlock": "0.0.0.0/0"}
    return [
        resource("aws:rds/subnetGroup:SubnetGroup", "subnets", {"subnetIds": ["subnet"]}),
        resource(
            "aws:ec2/routeTableAssociation:RouteTableAssociation",
            "association",
            {"subnetId": "subnet", "routeTableId": "rtb"},
        ),
        *([resource("aws:ec2/route:Route", "route", route)] if with_route_out else []),
    ]


def internet_egress(component: str) -> Stack:
    """Egress of a component's group, beside the task of a service that config alone adds."""
    tags = {"tags": {"Component": component}}
    group = resource("aws:ec2/securityGroup:SecurityGroup", "group", tags)
    task = resource(
        "aws:ecs/taskDefinition:TaskDefinition", "task", {"tags": {"Component": "admin"}}
    )
    rule = resource(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "rule", {"cidrIpv4": "0.0.0.0/0"}
    )
    return [task, group, pointing(rule, "securityGroupId", group)]


def listening(protocol: str) -> Stack:
    listener = resource("aws:lb/listener:Listener", "listener", {"protocol": protocol})
    return [listener, pointing(resource(LISTENER_RULE, "rule"), "listenerArn", listener)]


def listener_hosts(*hosts: str, requested: str = "a.example") -> Stack:
    rule = resource(
        LISTENER_RULE, "rule", {"conditions": [{"hostHeader": {"values": [requested]}}]}
    )
    records = [
        resource("aws:route53/record:Record", host, {"name": host, "aliases": [{"name": "lb"}]})
        for host in hosts
    ]
    proof = resource("aws:route53/record:Record", "proof", {"name": "a.example", "type": "CNAME"})
    return [rule, *records, proof]


def data_egress(*, its_own_group: bool) -> Stack:
    groups = [resource("aws:ec2/securityGroup:SecurityGroup", name) for name in ("db", "other")]
    store = resource("aws:rds/instance:Instance", "database")
    rule = resource("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "rule")
    return [
        *groups,
        pointing(store, "vpcSecurityGroupIds", groups[0]),
        pointing(rule, "securityGroupId", groups[0 if its_own_group else 1]),
    ]


def beside_vpc(token: str, *, of_this_one: bool) -> Stack:
    vpc = resource("aws:ec2/vpc:Vpc", "vpc")
    return [vpc, pointing(resource(token, "it"), "vpcId", *([vpc] if of_this_one else []))]


def balancer(*, guarded: bool) -> Stack:
    found = resource("aws:lb/loadBalancer:LoadBalancer", "balancer")
    association = resource("aws:wafv2/webAclAssociation:WebAclAssociation", "association")
    return [found, pointing(association, "resourceArn", *([found] if guarded else []))]


def ignoring(token: str, *keys: str) -> Stack:
    found = resource(token, "it")
    found.opts.ignore_changes = list(keys)
    return [found]


def infrastructure_role(policy: str) -> Stack:
    role = resource("aws:iam/role:Role", "role")
    attached = resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "attached", {"policyArn": policy}
    )
    service = resource("aws:ecs/service:Service", "service")
    return [role, pointing(attached, "role", role), pointing(service, ROLE_INPUT, role)]


def attached(arn: str) -> Stack:
    own = resource("aws:iam/policy:Policy", "own", {"arn": "arn:aws:iam::123456789012:policy/own"})
    return [own, resource(ATTACHMENT, "attached", {"policyArn": arn})]


def named() -> Stack:
    return [resource(token, name, {key: name}) for token, key, name in NAMES]


def migrations(*names: str) -> Stack:
    props = {
        "family": "arbor-production-migrations",
        "containerDefinitions": json.dumps([{"name": name} for name in names]),
    }
    return [resource("aws:ecs/taskDefinition:TaskDefinition", "migrations", props)]


def tagged(*tags: str) -> Stack:
    return [resource("aws:kms/key:Key", "key", {"tags": dict.fromkeys(tags, "x")})]


ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration"
ENCRYPTION = f"{ENCRYPTION}:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SERVICE = "aws:ecs/service:Service"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
DATABASE = "aws:rds/instance:Instance"
CASES: dict[str, tuple[Callable[[], Stack], Callable[[], Stack]]] = {
    "s3-public-access-said": (lambda: buckets(BLOCK), lambda: buckets(POLICY)),
    "s3-encrypted": (lambda: buckets(ENCRYPTION), lambda: buckets(POLICY)),
    "s3-lifecycle": (lambda: buckets(LIFECYCLE), lambda: buckets(POLICY)),
    "s3-policy-said": (lambda: buckets(POLICY), lambda: buckets(BLOCK)),
    "network-world-load-balancer": (
        lambda: internet(through_balancer=True),
        lambda: internet(through_balancer=False),
    ),
    "network-rule-kind": (
        list,
        lambda: [resource("aws:ec2/securityGroupRule:SecurityGroupRule", "old")],
    ),
    "network-isolated-data": (
        lambda: data(with_route_out=False),
        lambda: data(with_route_out=True),
    ),
    "network-silent-data": (
        lambda: data_egress(its_own_group=False),
        lambda: data_egress(its_own_group=True),
    ),
    "network-egress-tasks": (lambda: internet_egress("admin"), lambda: internet_egress("balancer")),
    "network-flow-logs": (
        lambda: beside_vpc(FLOW_LOG, of_this_one=True),
        lambda: beside_vpc(FLOW_LOG, of_this_one=False),
    ),
    "network-default-group": (
        lambda: beside_vpc(DEFAULT_GROUP, of_this_one=True),
        lambda: beside_vpc(DEFAULT_GROUP, of_this_one=False),
    ),
    "edge-http-no-rules": (lambda: listening("HTTPS"), lambda: listening("HTTP")),
    "edge-firewall": (lambda: balancer(guarded=True), lambda: balancer(guarded=False)),
    "ecs-releases-own-revisions": (
        lambda: ignoring(SERVICE, "taskDefinition", "desiredCount", "loadBalancers"),
        lambda: ignoring(SERVICE, "desiredCount"),
    ),
    "ecs-owns-weights": (
        lambda: ignoring(LISTENER_RULE, "actions"),
        lambda: ignoring(LISTENER_RULE),
    ),
    "ecs-infrastructure-role": (
        lambda: infrastructure_role(INFRASTRUCTURE_POLICY),
        lambda: infrastructure_role("arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ),
    "iam-policy-kind": (
        lambda: attached("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        lambda: attached("arn:aws:iam::123456789012:policy/elsewhere"),
    ),
    "iam-full-access": (
        lambda: attached("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        lambda: attached("arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    "iam-no-long-lived-keys": (list, lambda: [resource("aws:iam/user:User", "user")]),
    "contract-names": (named, lambda: named()[1:]),
    "contract-hosts": (lambda: listener_hosts("a.example"), lambda: listener_hosts("b.example")),
    "contract-migrations-container": (
        lambda: migrations("backend"),
        lambda: migrations("backend", "sidecar"),
    ),
    "contract-data-protected": (
        lambda: [resource(DATABASE, "database", protect=True)],
        lambda: [resource(DATABASE, "database")],
    ),
    "contract-tags": (lambda: tagged(*TAGS), lambda: tagged(*TAGS[1:])),
}
each_rule = pytest.mark.parametrize("name", sorted(BY_NAME))


def test_every_stack_rule_has_a_case() -> None:
    assert set(CASES) == set(BY_NAME)


@each_rule
def test_a_valid_stack_passes(name: str) -> None:
    valid, _ = CASES[name]
    assert stack_violations(BY_NAME[name], *valid()) == []


@each_rule
def test_a_violation_is_reported_with_the_fix(name: str) -> None:
    _, invalid = CASES[name]
    (message,) = stack_violations(BY_NAME[name], *invalid())
    assert message.endswith(BY_NAME[name].fix)


@each_rule
def test_a_rule_judges_the_types_that_it_reports(name: str) -> None:
    _, invalid = CASES[name]
    with stack_named("production", "production"):
        found = {one.resource_type for _, one in BY_NAME[name].check(invalid()) if one is not None}
    assert found <= {*BY_NAME[name].judges} or name == "contract-tags"


@each_rule
def test_an_empty_stack_violates_only_contract_names(name: str) -> None:
    assert bool(stack_violations(BY_NAME[name])) == (name == "contract-names")


@each_rule
def test_a_rule_for_production_ignores_staging(name: str) -> None:
    _, invalid = CASES[name]
    found = stack_violations(BY_NAME[name], *invalid(), stack="staging")
    assert bool(found) != (BY_NAME[name].environments == PRODUCTION)


@each_rule
def test_a_rule_for_production_depends_on_the_environment(name: str) -> None:
    _, invalid = CASES[name]
    west = {"stack": "productionwest", "environment": "production"}
    assert stack_violations(BY_NAME[name], *invalid(), **west)


def test_production_under_another_stack_name_requires_that_name() -> None:
    west = {"stack": "productionwest", "environment": "production"}
    found = stack_violations(BY_NAME["contract-names"], **west)
    assert len(found) == len(NAMES)
    for name in (
        "arbor-productionwest-cluster",
        "arbor_productionwest",
        "arbor/productionwest/db",
        "arbor-productionwest-log-exports",
    ):
        assert any(f" {name}. " in message for message in found), name


def test_every_name_of_the_runbook_is_required() -> None:
    assert len(stack_violations(BY_NAME["contract-names"])) == len(NAMES)


@pytest.fixture
def another_bucket() -> Iterator[str]:
    pulumi.runtime.set_all_config({"arbor:logExportBucket": "arbor-exports-2"})
    yield "arbor-exports-2"
    pulumi.runtime.set_all_config({})


def test_the_runbooks_bucket_is_required() -> None:
    without = [found for found in named() if found.resource_type != "aws:s3/bucket:Bucket"]
    (message,) = stack_violations(BY_NAME["contract-names"], *without)
    assert "arbor-log-exports" in message


def test_config_can_set_another_bucket_name(another_bucket: str) -> None:
    (message,) = stack_violations(BY_NAME["contract-names"], *named())
    assert another_bucket in message
    renamed = resource("aws:s3/bucket:Bucket", "bucket", {"bucket": another_bucket})
    assert stack_violations(BY_NAME["contract-names"], *named(), renamed) == []


@pytest.mark.parametrize(
    ("name", "keeps"),
    [
        ("arbor-production-params", True),
        ("arbor-production-params-17", True),
        ("arbor-production-params-new", False),
        ("params-17", False),
    ],
)
def test_the_parameter_group_may_have_the_major_version_as_suffix(name: str, keeps: bool) -> None:
    group = "aws:rds/parameterGroup:ParameterGroup"
    others = [found for found in named() if found.resource_type != group]
    found = stack_violations(
        BY_NAME["contract-names"], *others, resource(group, "group", {"name": name})
    )
    assert (found == []) is keeps


def test_a_policy_of_the_stack_can_be_attached() -> None:
    own, by_arn = attached("arn:aws:iam::123456789012:policy/own")
    not_yet = pointing(resource(ATTACHMENT, "new", {"policyArn": UNKNOWN}), "policyArn", own)
    assert stack_violations(BY_NAME["iam-policy-kind"], own, by_arn, not_yet) == []


@pytest.mark.parametrize("rule", ["iam-policy-kind", "iam-full-access"])
def test_managed_policies_of_a_role_are_judged_like_attachments(rule: str) -> None:
    _, invalid = CASES[rule]
    _, attachment = invalid()
    role = resource(
        "aws:iam/role:Role", "role", {"managedPolicyArns": [attachment.props["policyArn"]]}
    )
    assert stack_violations(BY_NAME[rule], role)


def test_a_wildcard_host_needs_no_record() -> None:
    assert stack_violations(BY_NAME["contract-hosts"], *listener_hosts(requested="*.example")) == []


def test_types_without_tags_need_none() -> None:
    untaggable = resource("aws:iam/rolePolicy:RolePolicy", "policy")
    assert stack_violations(BY_NAME["contract-tags"], untaggable) == []
