"""The control path `unserved` returns the outages of an account or a copy."""

from collections.abc import Iterator
from typing import Any

import pytest

from account_process import account_process, control, copy_of
from emulated_account import create_network
from pulumi_moto import remote


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with account_process() as environment:
        yield environment["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="module")
def group(endpoint: str) -> str:
    """ARN of a target group with one target, which a listener forwards everything to."""
    client = remote.clients(endpoint, "us-east-1")
    ec2, elb = client("ec2"), client("elbv2")
    vpc, subnets = create_network(ec2=ec2)
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]
    made = elb.create_target_group(
        Name="blue", Port=80, Protocol="HTTP", VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": made}],
    )
    elb.register_targets(TargetGroupArn=made, Targets=[{"Id": "10.0.0.10", "Port": 80}])
    return str(made)


def take_out(endpoint: str, group: str) -> None:
    elb = remote.clients(endpoint, "us-east-1")("elbv2")
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.10"}])


def calls(found: dict[str, Any]) -> list[str]:
    return [outage["call"] for outage in found["outages"]]


@pytest.fixture
def copy(endpoint: str, group: str) -> str:
    """A copy of the account in which the group serves."""
    assert group
    return copy_of(endpoint)


def test_an_outage_is_read_until_it_is_reset(copy: str, group: str) -> None:
    assert control(copy, "unserved")["production"] == ["observed/observed at port 80"]
    take_out(copy, group)
    deregistered = ["elasticloadbalancing DeregisterTargets"]
    assert calls(dict(control(copy, "unserved"))) == deregistered
    assert calls(dict(control(copy, "unserved", reset=True))) == deregistered
    assert calls(dict(control(copy, "unserved"))) == []


def test_a_copy_records_its_own_outages(endpoint: str, copy: str, group: str) -> None:
    take_out(copy, group)
    assert control(endpoint, "unserved")["outages"] == []
    second = copy_of(copy)
    assert control(second, "unserved")["outages"] == []
    control(second, "clock", advance=1)
    assert calls(dict(control(second, "unserved"))) == ["the clock"]
