"""The emulated awsx, attached to the real engine."""

from collections.abc import Callable

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx
import pytest
from pulumi import automation

from engine_stack import counted, deployed
from pulumi_moto.versions import AWS_VERSION

TIERS = {
    awsx.ec2.SubnetType.PUBLIC: ["10.0.0.0/20", "10.0.16.0/20"],
    awsx.ec2.SubnetType.PRIVATE: ["10.0.64.0/20", "10.0.80.0/20"],
}


def vpc(name: str, strategy: awsx.ec2.SubnetAllocationStrategy) -> awsx.ec2.Vpc:
    return awsx.ec2.Vpc(
        name,
        availability_zone_names=["us-east-1a", "us-east-1b"],
        subnet_strategy=strategy,
        subnet_specs=[
            awsx.ec2.SubnetSpecArgs(type=tier, cidr_blocks=blocks) for tier, blocks in TIERS.items()
        ],
    )


def two_at_once() -> None:
    for name in ("one", "two"):
        made = vpc(name, awsx.ec2.SubnetAllocationStrategy.AUTO)
        pulumi.export(name, made.private_subnet_ids)


def exact() -> None:
    vpc("one", awsx.ec2.SubnetAllocationStrategy.EXACT)


@pytest.mark.slow
def test_two_concurrent_components_do_not_interfere() -> None:
    with deployed("staging", two_at_once) as stack:
        created = stack.up()
        assert counted(created) == {"create": 2 * (1 + 22)}
        outputs = stack.deployment.stack.outputs()
        one, two = (set(outputs[name].value) for name in ("one", "two"))
        assert len(one) == len(two) == 2
        assert not one & two
        of_one = {
            r["id"]
            for r in stack.resources()
            if r["type"] == "aws:ec2/subnet:Subnet" and "::one-private-" in r["urn"]
        }
        assert of_one == one
        assert stack.up() == []
        assert stack.refresh() == []


def test_a_refusal_is_one_sentence_without_a_stack_trace() -> None:
    with (
        deployed("staging", exact) as stack,
        pytest.raises(
            automation.CommandError, match="emulated with subnetStrategy Auto"
        ) as refused,
    ):
        stack.preview()
    # The program may add a trace of its own, because the engine ended first.
    assert "construct.py" not in str(refused.value)


def test_each_output_depends_on_the_vpc_and_all_of_its_subnets() -> None:
    """As with the real awsx, whose outputs come from one `pulumi.output(getData())`."""

    def program() -> None:
        made = vpc("one", awsx.ec2.SubnetAllocationStrategy.AUTO)
        aws.rds.SubnetGroup("group", subnet_ids=made.private_subnet_ids)
        aws.ec2.SecurityGroup("group", vpc_id=made.vpc_id, description="A group")

    with deployed("staging", program) as stack:
        stack.up()
        resources = stack.resources()
    all_of_it = {
        r["urn"] for r in resources if r["type"] in {"aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"}
    }
    depends = {
        (r["type"], key): set(urns)
        for r in resources
        for key, urns in r.get("propertyDependencies", {}).items()
    }
    assert len(all_of_it) == 1 + 4
    assert depends["aws:rds/subnetGroup:SubnetGroup", "subnetIds"] >= all_of_it
    assert depends["aws:ec2/securityGroup:SecurityGroup", "vpcId"] >= all_of_it


def only_the_vpc() -> None:
    vpc("one", awsx.ec2.SubnetAllocationStrategy.AUTO)


def only_a_group() -> None:
    aws.cloudwatch.LogGroup("group")


def test_awsx_brings_a_second_aws_provider_with_the_same_config() -> None:
    def both() -> None:
        only_the_vpc()
        only_a_group()

    with deployed("staging", both) as stack:
        stack.up()
        providers = [r for r in stack.resources() if r["type"] == "pulumi:providers:aws"]
    own, of_awsx = sorted(providers, key=lambda r: r["inputs"]["version"] == AWS_VERSION)
    assert own["inputs"].pop("version") != of_awsx["inputs"].pop("version")
    assert own["inputs"] == of_awsx["inputs"]
    assert "123456789012" in own["inputs"]["allowedAccountIds"]


@pytest.mark.parametrize("program", [only_the_vpc, only_a_group])
def test_both_providers_refuse_another_account(program: Callable[[], None]) -> None:
    with deployed("staging", program) as stack:
        stack.deployment.configure({"aws:allowedAccountIds": ["999999999999"]})
        with pytest.raises(automation.CommandError, match="credentials are for account 123456789"):
            stack.preview()
        assert stack.calls() == 0
