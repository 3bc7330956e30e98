"""References of an input: by known ids, else by the dependencies that Pulumi recorded."""

from typing import Any

import pytest
from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from guardrails.network import SERVICE
from guardrails.references import elsewhere, named, names
from guardrails.routes import SUBNET
from verdict import UNKNOWN, resource

GROUP = "aws:rds/subnetGroup:SubnetGroup"


def subnets(*, known: bool = True) -> list[PolicyResource]:
    ids = ("subnet-1", "subnet-2", "subnet-3")
    return [resource(SUBNET, name, {"id": name if known else UNKNOWN}) for name in ids]


def group(value: Any, *sources: PolicyResource) -> PolicyResource:
    """A subnet group with these subnets, whose value depends on these resources."""
    made = resource(GROUP, "group", {"subnetIds": value})
    made.property_dependencies["subnetIds"] = list(sources)
    return made


def test_a_known_id_decides_regardless_of_dependencies() -> None:
    stack = subnets()
    chosen = group(["subnet-1"], *stack)
    assert named(stack, chosen, "subnetIds", SUBNET) == {stack[0].urn}
    assert names(stack, chosen, "subnetIds", stack[0])
    assert not names(stack, chosen, "subnetIds", stack[1])


def test_an_id_outside_the_stack_is_returned_unchanged() -> None:
    stack = subnets()
    chosen = group(["subnet-1", "subnet-9"])
    assert named(stack, chosen, "subnetIds", SUBNET) == {stack[0].urn, "subnet-9"}
    assert elsewhere(stack, chosen, "subnetIds", SUBNET) == {"subnet-9"}


@pytest.mark.parametrize("value", [[UNKNOWN], UNKNOWN])
def test_an_unknown_id_with_one_dependency_is_that_resource(value: Any) -> None:
    stack = subnets(known=False)
    chosen = group(value, stack[1])
    assert named(stack, chosen, "subnetIds", SUBNET) == {stack[1].urn}
    assert names(stack, chosen, "subnetIds", stack[1])
    assert not names(stack, chosen, "subnetIds", stack[0])


def test_as_many_unknown_ids_as_dependencies_are_those_resources() -> None:
    stack = subnets(known=False)
    chosen = group([UNKNOWN] * 3, *stack)
    assert named(stack, chosen, "subnetIds", SUBNET) == {one.urn for one in stack}


@pytest.mark.parametrize("value", [[UNKNOWN], [UNKNOWN] * 2, UNKNOWN])
def test_more_dependencies_than_unknown_ids_raise(value: Any) -> None:
    stack = subnets(known=False)
    chosen = group(value, *stack)
    with pytest.raises(UnknownValueError):
        named(stack, chosen, "subnetIds", SUBNET)
    with pytest.raises(UnknownValueError):
        names(stack, chosen, "subnetIds", stack[0])


def test_known_and_unknown_ids_are_both_resolved() -> None:
    old, new = subnets()[0], subnets(known=False)[1]
    chosen = group(["subnet-1", UNKNOWN], old, new)
    assert named([old, new], chosen, "subnetIds", SUBNET) == {old.urn, new.urn}


def test_an_unset_input_refers_to_nothing() -> None:
    stack = subnets()
    without = resource(GROUP, "group")
    assert named(stack, without, "subnetIds", SUBNET) == set()
    assert not names(stack, without, "subnetIds", stack[0])


def test_a_path_covers_objects_and_lists() -> None:
    stack = subnets()
    inside = {"networkConfiguration": [{"subnets": ["subnet-2"], "other": "subnet-1"}]}
    service = resource(SERVICE, "service", inside)
    assert named(stack, service, "networkConfiguration.subnets", SUBNET) == {stack[1].urn}
