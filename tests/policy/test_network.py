"""What the rules on the network see through: ways to be open that don't look like 0.0.0.0/0."""

from typing import Any

import pytest
from pulumi_policy import PolicyResource

from guardrails.addresses import is_world
from guardrails.network import (
    DEFAULT_GROUP,
    EGRESS,
    GROUP,
    INGRESS,
    LOAD_BALANCER,
    SERVICE,
    TASK,
    VPC,
)
from guardrails.pack import RULES
from guardrails.routes import ASSOCIATION, ROUTE, SUBNET, TABLE
from guardrails.rule import Rule, StackRule
from verdict import UNKNOWN, pointing, resource, stack_violations, violations

DATABASE = "aws:rds/instance:Instance"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
EVERYBODY = {"cidrIpv4": "0.0.0.0/0"}
HTTPS = {"ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0}
BY_NAME = {rule.name: rule for rule in RULES}


def of(name: str, props: dict[str, Any]) -> list[str]:
    rule = BY_NAME[name]
    assert isinstance(rule, Rule)
    return violations(rule, props)


def of_stack(name: str, *resources: PolicyResource) -> list[str]:
    rule = BY_NAME[name]
    assert isinstance(rule, StackRule)
    return stack_violations(rule, *resources)


@pytest.mark.parametrize("block", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0", "2000::/3"])
def test_the_internet_and_its_halves_are_the_world(block: str) -> None:
    assert is_world(block)


@pytest.mark.parametrize("block", ["10.0.0.0/8", "10.0.0.0/16", "203.0.113.7/32", "2001:db8::/32"])
def test_one_network_is_not_the_world(block: str) -> None:
    assert not is_world(block)


@pytest.mark.parametrize("rule", ["network-world-ports", "network-egress-https"])
@pytest.mark.parametrize("protocol", ["-1", "udp", "50"])
def test_a_port_is_one_of_tcp_or_none(rule: str, protocol: str) -> None:
    assert of(rule, {**EVERYBODY, **HTTPS}) == []
    assert of(rule, {**EVERYBODY, **HTTPS, "ipProtocol": protocol})


@pytest.mark.parametrize("rule", ["network-world-ports", "network-egress-https"])
def test_a_prefix_list_is_as_wide_as_whoever_owns_it_wants(rule: str) -> None:
    assert of(rule, {"prefixListId": "pl-1", **HTTPS}) == []
    assert of(rule, {"prefixListId": "pl-1", **HTTPS, "fromPort": 22.0, "toPort": 22.0})


def test_a_rule_of_a_group_that_the_stack_does_not_have_is_not_the_load_balancers() -> None:
    given_by_id = resource(INGRESS, "rule", {**EVERYBODY, "securityGroupId": "sg-1"})
    assert of_stack("network-world-load-balancer", given_by_id)


def test_a_task_in_the_load_balancers_group_is_open_to_the_world_like_it() -> None:
    group = resource(GROUP, "group")
    balancer = pointing(resource(LOAD_BALANCER, "balancer"), "securityGroups", group)
    rule = pointing(resource(INGRESS, "rule", EVERYBODY), "securityGroupId", group)
    service = pointing(resource(SERVICE, "service"), "networkConfiguration.securityGroups", group)
    assert of_stack("network-world-load-balancer", group, balancer, rule) == []
    assert of_stack("network-world-load-balancer", group, balancer, rule, service)


def tagged(token: str, name: str, component: str) -> PolicyResource:
    return resource(token, name, {"tags": {"Component": component}})


def test_a_rule_to_the_world_belongs_to_the_group_that_it_names() -> None:
    task, group = tagged(TASK, "task", "admin"), tagged(GROUP, "group", "admin")
    other = tagged(GROUP, "other", "database")
    https = resource(EGRESS, "https", {**EVERYBODY, **HTTPS})
    stack = (task, group, other)
    assert of_stack("network-egress-tasks", *stack, pointing(https, "securityGroupId", group)) == []
    assert of_stack("network-egress-tasks", *stack, pointing(https, "securityGroupId", other))


@pytest.mark.parametrize(
    "group",
    [resource(GROUP, "admin-task-group"), tagged(GROUP, "admin-task-group", "balancer")],
    ids=["without tags", "of another component"],
)
def test_a_name_makes_no_group_a_tasks(group: PolicyResource) -> None:
    https = pointing(resource(EGRESS, "https", {**EVERYBODY, **HTTPS}), "securityGroupId", group)
    assert of_stack("network-egress-tasks", tagged(TASK, "task", "admin"), group, https)


@pytest.mark.parametrize(
    ("token", "key"), [(LOAD_BALANCER, "securityGroups"), (DATABASE, "vpcSecurityGroupIds")]
)
def test_a_tasks_tag_lets_neither_load_balancer_nor_store_call_the_world(
    token: str, key: str
) -> None:
    task, group = tagged(TASK, "task", "admin"), tagged(GROUP, "group", "admin")
    https = pointing(resource(EGRESS, "https", {**EVERYBODY, **HTTPS}), "securityGroupId", group)
    member = pointing(resource(token, "member"), key, group)
    assert of_stack("network-egress-tasks", task, group, https) == []
    assert of_stack("network-egress-tasks", task, group, https, member)


@pytest.mark.parametrize("token", [INGRESS, EGRESS])
@pytest.mark.parametrize("owner", ["the adopted group", "the VPC's output"])
def test_a_default_group_with_a_standalone_rule_is_not_empty(token: str, owner: str) -> None:
    vpc = resource(VPC, "vpc")
    adopted = pointing(resource(DEFAULT_GROUP, "default"), "vpcId", vpc)
    target = adopted if owner == "the adopted group" else vpc
    rule = pointing(resource(token, "rule"), "securityGroupId", target)
    assert of_stack("network-default-group", vpc, adopted) == []
    assert of_stack("network-default-group", vpc, adopted, rule)


def called(*, store: list[str], rule: str) -> list[str]:
    """What is said of a database in these groups, and a rule that lets one of them call out."""
    group = resource(GROUP, "group", {"id": "sg-1"})
    return of_stack(
        "network-silent-data",
        group,
        resource(DATABASE, "database", {"vpcSecurityGroupIds": store}),
        resource(EGRESS, "rule", {"securityGroupId": rule}),
    )


def test_a_group_by_its_id_is_the_stacks_own() -> None:
    assert called(store=["sg-1"], rule="sg-2") == []
    assert called(store=["sg-1"], rule="sg-1")


def test_data_in_a_group_that_stands_elsewhere_may_call_anybody() -> None:
    (message,) = called(store=["sg-1", "sg-3"], rule="sg-2")
    assert "database is in sg-3, whose rules stand elsewhere." in message


def test_a_literal_group_is_seen_beside_one_that_is_not_known_yet() -> None:
    assert called(store=[UNKNOWN], rule="sg-2") == []
    assert called(store=[UNKNOWN, "sg-3"], rule="sg-2")


def isolated(route: PolicyResource | None = None, **table: object) -> list[str]:
    """What is said of a database in `subnet-1`, whose table has this route."""
    rtb = resource(TABLE, "table", {"id": "rtb-1", **table})
    association = resource(
        ASSOCIATION, "association", {"subnetId": "subnet-1", "routeTableId": "rtb-1"}
    )
    return of_stack(
        "network-isolated-data",
        rtb,
        pointing(association, "routeTableId", rtb),
        *([route] if route else []),
        resource(SUBNETS, "subnets", {"subnetIds": ["subnet-1"]}),
    )


@pytest.mark.parametrize(
    "way",
    [
        {"destinationCidrBlock": "0.0.0.0/0"},
        {"destinationIpv6CidrBlock": "::/0"},
        {"destinationCidrBlock": "203.0.113.0/24", "natGatewayId": "nat-1"},
        {"destinationPrefixListId": "pl-1", "gatewayId": "igw-1"},
        {"destinationIpv6CidrBlock": "2001:db8::/32", "egressOnlyGatewayId": "eigw-1"},
    ],
)
def test_data_is_kept_from_every_kind_of_way_out(way: dict[str, str]) -> None:
    assert isolated(resource(ROUTE, "route", {**way, "routeTableId": "rtb-1"}))
    assert isolated(resource(ROUTE, "route", {**way, "routeTableId": "rtb-2"})) == []


def test_a_way_out_within_the_table_counts_too() -> None:
    assert isolated(routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}])
    assert isolated(routes=[{"cidrBlock": "10.1.0.0/16", "transitGatewayId": "tgw-1"}]) == []


def test_a_subnet_without_a_table_of_its_own_is_not_isolated() -> None:
    assert of_stack(
        "network-isolated-data", resource(SUBNETS, "subnets", {"subnetIds": ["subnet-1"]})
    )


def test_the_table_of_a_gateway_is_no_subnets() -> None:
    edge = resource(ASSOCIATION, "edge", {"gatewayId": "igw-1", "routeTableId": "rtb-1"})
    assert of_stack("network-isolated-data", edge) == []


def before_the_first_up(*, way_out: bool) -> list[str]:
    """A stack whose ids AWS hasn't given yet."""
    subnet, table = resource(SUBNET, "subnet"), resource(TABLE, "table")
    ids = {"subnetId": UNKNOWN, "routeTableId": UNKNOWN}
    association = pointing(resource(ASSOCIATION, "association", ids), "subnetId", subnet)
    route = resource(ROUTE, "route", {"routeTableId": UNKNOWN, "gatewayId": UNKNOWN})
    return of_stack(
        "network-isolated-data",
        subnet,
        table,
        pointing(association, "routeTableId", table),
        *([pointing(route, "routeTableId", table)] if way_out else []),
        pointing(resource(SUBNETS, "subnets", {"subnetIds": UNKNOWN}), "subnetIds", subnet),
    )


def test_isolation_is_judged_before_any_id_is_known() -> None:
    assert before_the_first_up(way_out=False) == []
    assert before_the_first_up(way_out=True)


def test_subnets_that_nobody_can_name_are_not_isolated() -> None:
    assert of_stack("network-isolated-data", resource(SUBNETS, "subnets", {"subnetIds": UNKNOWN}))
