"""The emulated awsx, attached to the real engine."""

import pulumi
import pulumi_awsx as awsx
import pytest
from pulumi import automation

from engine_stack import counted, deployed

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


def test_two_components_at_once_do_not_mix_and_stay_as_they_are() -> None:
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
        pytest.raises(automation.CommandError, match="emulated with subnetStrategy Auto") as told,
    ):
        stack.preview()
    # The program may add a trace of its own: the engine went away before it was through.
    assert "construct.py" not in str(told.value)
