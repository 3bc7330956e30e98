"""Rules on the network: exposure to the internet other than by 0.0.0.0/0."""

from typing import Any

import pytest
from pulumi_policy import PolicyResource

from guardrails.addresses import is_internet
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
INTERNET = {"cidrIpv4": "0.0.0.0/0"}
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
def test_the_internet_and_its_halves_are_public(block: str) -> None:
    assert is_internet(block)


@pytest.mark.parametrize("block", ["10.0.0.0/8", "10.0.0.0/16", "203.0.113.7/32", "2001:db8::/32"])
def test_the_block_of_one_network_is_private(block: str) -> None:
    assert not is_internet(block)


@pytest.mark.parametrize("rule", ["network-world-ports", "network-egress-https"])
@pytest.mark.parametrize("protocol", ["-1", "udp", "50"])
def test_only_tcp_rules_pass_by_their_port(rule: str, protocol: str) -> None:
    assert of(rule, {**INTERNET, **HTTPS}) == []
    assert of(rule, {**INTERNET, **HTTPS, "ipProtocol": protocol})


@pytest.mark.parametrize("rule", ["network-world-ports", "network-egress-https"])
def test_a_prefix_list_counts_as_public(rule: str) -> None:
    assert of(rule, {"prefixListId": "pl-1", **HTTPS}) == []
    assert of(rule, {"prefixListId": "pl-1", **HTTPS, "fromPort": 22.0, "toPort": 22.0})


def test_a_public_rule_of_a_group_outside_the_stack_fails() -> None:
    given_by_id = resource(INGRESS, "rule", {**INTERNET, "securityGroupId": "sg-1"})
    assert of_stack("network-world-load-balancer", given_by_id)


def test_a_task_in_the_load_balancers_group_fails() -> None:
    group = resource(GROUP, "group")
    balancer = pointing(resource(LOAD_BALANCER, "balancer"), "securityGroups", group)
    rule = pointing(resource(INGRESS, "rule", INTERNET), "securityGroupId", group)
    service = pointing(resource(SERVICE, "service"), "networkConfiguration.securityGroups", group)
    assert of_stack("network-world-load-balancer", group, balancer, rule) == []
    assert of_stack("network-world-load-balancer", group, balancer, rule, service)


def tagged(token: str, name: str, component: str) -> PolicyResource:
    return resource(token, name, {"tags": {"Component": component}})


def test_only_a_tasks_group_has_egress_to_the_internet() -> None:
    task, group = tagged(TASK, "task", "admin"), tagged(GROUP, "group", "admin")
    other = tagged(GROUP, "other", "database")
    https = resource(EGRESS, "https", {**INTERNET, **HTTPS})
    stack = (task, group, other)
    assert of_stack("network-egress-tasks", *stack, pointing(https, "securityGroupId", group)) == []
    assert of_stack("network-egress-tasks", *stack, pointing(https, "securityGroupId", other))


@pytest.mark.parametrize(
    "group",
    [resource(GROUP, "admin-task-group"), tagged(GROUP, "admin-task-group", "balancer")],
    ids=["without tags", "of another component"],
)
def test_a_name_alone_makes_a_group_no_tasks_group(group: PolicyResource) -> None:
    https = pointing(resource(EGRESS, "https", {**INTERNET, **HTTPS}), "securityGroupId", group)
    assert of_stack("network-egress-tasks", tagged(TASK, "task", "admin"), group, https)


@pytest.mark.parametrize(
    ("token", "key"), [(LOAD_BALANCER, "securityGroups"), (DATABASE, "vpcSecurityGroupIds")]
)
def test_a_tasks_tag_gives_load_balancer_and_store_no_egress(token: str, key: str) -> None:
    task, group = tagged(TASK, "task", "admin"), tagged(GROUP, "group", "admin")
    https = pointing(resource(EGRESS, "https", {**INTERNET, **HTTPS}), "securityGroupId", group)
    member = pointing(resource(token, "member"), key, group)
    assert of_stack("network-egress-tasks", task, group, https) == []
    assert of_stack("network-egress-tasks", task, group, https, member)


@pytest.mark.parametrize("token", [INGRESS, EGRESS])
@pytest.mark.parametrize("owner", ["the adopted group", "the VPC's output"])
def test_a_default_group_with_a_standalone_rule_fails(token: str, owner: str) -> None:
    vpc = resource(VPC, "vpc")
    adopted = pointing(resource(DEFAULT_GROUP, "default"), "vpcId", vpc)
    target = adopted if owner == "the adopted group" else vpc
    rule = pointing(resource(token, "rule"), "securityGroupId", target)
    assert of_stack("network-default-group", vpc, adopted) == []
    assert of_stack("network-default-group", vpc, adopted, rule)


def data_egress(*, store: list[str], rule: str) -> list[str]:
    """Violations by a database in these groups with an egress rule of one group."""
    group = resource(GROUP, "group", {"id": "sg-1"})
    return of_stack(
        "network-silent-data",
        group,
        resource(DATABASE, "database", {"vpcSecurityGroupIds": store}),
        resource(EGRESS, "rule", {"securityGroupId": rule}),
    )


def test_a_groups_id_is_matched_to_the_stacks_group() -> None:
    assert data_egress(store=["sg-1"], rule="sg-2") == []
    assert data_egress(store=["sg-1"], rule="sg-1")


def test_a_database_in_a_group_outside_the_stack_fails() -> None:
    (message,) = data_egress(store=["sg-1", "sg-3"], rule="sg-2")
    assert "database is in sg-3, a group outside this stack." in message


def test_a_literal_group_is_judged_beside_an_unknown_one() -> None:
    assert data_egress(store=[UNKNOWN], rule="sg-2") == []
    assert data_egress(store=[UNKNOWN, "sg-3"], rule="sg-2")


def isolated(route: PolicyResource | None = None, **table: object) -> list[str]:
    """Violations by a database in `subnet-1`, whose table has this route."""
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
    "route",
    [
        {"destinationCidrBlock": "0.0.0.0/0"},
        {"destinationIpv6CidrBlock": "::/0"},
        {"destinationCidrBlock": "203.0.113.0/24", "natGatewayId": "nat-1"},
        {"destinationPrefixListId": "pl-1", "gatewayId": "igw-1"},
        {"destinationIpv6CidrBlock": "2001:db8::/32", "egressOnlyGatewayId": "eigw-1"},
    ],
)
def test_every_kind_of_route_to_the_internet_fails(route: dict[str, str]) -> None:
    assert isolated(resource(ROUTE, "route", {**route, "routeTableId": "rtb-1"}))
    assert isolated(resource(ROUTE, "route", {**route, "routeTableId": "rtb-2"})) == []


def test_an_inline_route_to_the_internet_fails() -> None:
    assert isolated(routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}])
    assert isolated(routes=[{"cidrBlock": "10.1.0.0/16", "transitGatewayId": "tgw-1"}]) == []


def test_a_subnet_without_its_own_table_is_not_isolated() -> None:
    assert of_stack(
        "network-isolated-data", resource(SUBNETS, "subnets", {"subnetIds": ["subnet-1"]})
    )


def test_the_route_table_of_a_gateway_is_ignored() -> None:
    edge = resource(ASSOCIATION, "edge", {"gatewayId": "igw-1", "routeTableId": "rtb-1"})
    assert of_stack("network-isolated-data", edge) == []


def before_the_first_up(*, route_out: bool) -> list[str]:
    """A stack with unknown ids."""
    subnet, table = resource(SUBNET, "subnet"), resource(TABLE, "table")
    ids = {"subnetId": UNKNOWN, "routeTableId": UNKNOWN}
    association = pointing(resource(ASSOCIATION, "association", ids), "subnetId", subnet)
    route = resource(ROUTE, "route", {"routeTableId": UNKNOWN, "gatewayId": UNKNOWN})
    return of_stack(
        "network-isolated-data",
        subnet,
        table,
        pointing(association, "routeTableId", table),
        *([pointing(route, "routeTableId", table)] if route_out else []),
        pointing(resource(SUBNETS, "subnets", {"subnetIds": UNKNOWN}), "subnetIds", subnet),
    )


def test_isolation_is_judged_with_unknown_ids() -> None:
    assert before_the_first_up(route_out=False) == []
    assert before_the_first_up(route_out=True)


def test_unknown_subnets_without_dependencies_are_not_isolated() -> None:
    assert of_stack("network-isolated-data", resource(SUBNETS, "subnets", {"subnetIds": UNKNOWN}))
