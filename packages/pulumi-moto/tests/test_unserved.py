"""The account tells over HTTP which outages its observer saw, each copy of it its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine import emulation
from engine_stack import control
from pulumi_moto import account as account_module


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with emulation.account_process(stack="staging", speed=0) as environment:
        yield environment["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="module")
def group(endpoint: str) -> str:
    """ARN of a target group with one target, which a listener forwards everything to."""
    client = account_module.clients(endpoint, "us-east-1")
    ec2, elb = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
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
    elb = account_module.clients(endpoint, "us-east-1")("elbv2")
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.10"}])


def calls(found: dict[str, Any]) -> list[str]:
    return [outage["call"] for outage in found["outages"]]


@pytest.fixture
def copied(endpoint: str, group: str) -> Callable[..., str]:
    assert group

    def copy(of: str = endpoint) -> str:
        return f"http://127.0.0.1:{int(control(of, 'fork')['port'])}"

    return copy


def test_an_outage_is_read_until_it_is_reset(copied: Callable[..., str], group: str) -> None:
    copy = copied()
    assert control(copy, "unserved")["production"] == ["observed/observed at port 80"]
    take_out(copy, group)
    told = ["elasticloadbalancing DeregisterTargets"]
    assert calls(dict(control(copy, "unserved"))) == told
    assert calls(dict(control(copy, "unserved", reset=True))) == told
    assert calls(dict(control(copy, "unserved"))) == []


def test_a_copy_sees_its_own_outages(endpoint: str, copied: Callable[..., str], group: str) -> None:
    copy = copied()
    take_out(copy, group)
    assert control(endpoint, "unserved")["outages"] == []
    copy_of_it = copied(copy)
    assert control(copy_of_it, "unserved")["outages"] == []
    control(copy_of_it, "clock", advance=1)
    assert calls(dict(control(copy_of_it, "unserved"))) == ["the clock"]
