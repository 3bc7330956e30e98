"""The service row against an account whose clock runs: what is waited for, and what is not."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pulumi_moto import correction, lifecycle
from pulumi_moto.clock import CLOCK
from pulumi_moto.registry import row_for
from pulumi_moto.row import Client
from pulumi_moto.services import ecs_service_wait
from row_example import EXAMPLES

TOKEN = "aws:ecs/service:Service"
ROW = row_for(TOKEN)
FAST = 100_000.0
"""A bake time of minutes passes between two polls."""


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(ecs_service_wait, "POLL_SECONDS", 0.01)
    correction.apply()
    CLOCK.set_speed(FAST)
    try:
        with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
            yield boto3.client("ecs")
    finally:
        CLOCK.set_speed(0)


def inputs(**changed: Any) -> dict[str, Any]:
    """The example's, without the hook that waits for a person."""
    rollout = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "5"}
    given = {**EXAMPLES[TOKEN].inputs(), "deploymentConfiguration": rollout}
    return {**given, "waitForSteadyState": True, **changed}


def statuses(ecs: Client, arn: str) -> list[str]:
    found = ecs.list_service_deployments(cluster="shop", service=arn)["serviceDeployments"]
    return [deployment["status"] for deployment in found]


def block(given: dict[str, Any], colour: str) -> None:
    """Remove a group from the production rule, so that the next deployment rolls back."""
    (balancer,) = given["loadBalancers"]
    advanced = balancer["advancedConfiguration"]
    left = {"blue": balancer["targetGroupArn"], "green": advanced["alternateTargetGroupArn"]}
    boto3.client("elbv2").modify_rule(
        RuleArn=advanced["productionListenerRule"],
        Actions=[{"Type": "forward", "TargetGroupArn": left[colour]}],
    )


def update(ecs: Client, arn: str, state: dict[str, Any], given: dict[str, Any], **new: Any) -> Any:
    """With `ignore_changes` of the groups' order, which is ECS's own."""
    return lifecycle.update(ROW, ecs, arn, state, given, {**given, **new}, ["loadBalancers"])


def another_revision(ecs: Client) -> str:
    held = ecs.describe_task_definition(taskDefinition="backend")["taskDefinition"]
    kept = ("family", "networkMode", "cpu", "memory", "containerDefinitions")
    made = ecs.register_task_definition(
        **{key: held[key] for key in kept}, requiresCompatibilities=["FARGATE"]
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def test_a_service_is_created_when_its_first_deployment_has_succeeded(ecs: Client) -> None:
    arn, _ = lifecycle.create(ROW, ecs, inputs())
    assert statuses(ecs, arn) == ["SUCCESSFUL"]


def test_without_waiting_it_is_created_while_the_deployment_runs(ecs: Client) -> None:
    CLOCK.set_speed(0)
    arn, _ = lifecycle.create(ROW, ecs, inputs(waitForSteadyState=False))
    assert statuses(ecs, arn) == ["IN_PROGRESS"]


def test_a_failed_first_deployment_keeps_the_service_in_the_state(ecs: Client) -> None:
    given = inputs()
    block(given, "blue")
    with pytest.raises(lifecycle.HalfDoneError, match="No rollback candidate") as failed:
        lifecycle.create(ROW, ecs, given)
    assert failed.value.physical_id.endswith("service/shop/backend")
    assert failed.value.state["name"] == "backend"


def test_a_new_revision_is_waited_for_and_a_rollback_is_a_failure(ecs: Client) -> None:
    given = inputs()
    arn, state = lifecycle.create(ROW, ecs, given)
    second = another_revision(ecs)
    state = update(ecs, arn, state, given, taskDefinition=second)
    assert statuses(ecs, arn) == ["SUCCESSFUL", "SUCCESSFUL"]
    assert state["taskDefinition"] == second

    block(given, "blue")
    given = {**given, "taskDefinition": second}
    with pytest.raises(lifecycle.HalfDoneError, match="ended as ROLLBACK_SUCCESSFUL"):
        update(ecs, arn, state, given, taskDefinition=another_revision(ecs))
    found = ROW.read(ecs, arn)
    assert found is not None
    assert found["taskDefinition"] == second


def test_a_change_without_a_new_revision_starts_no_deployment(ecs: Client) -> None:
    given = inputs()
    arn, state = lifecycle.create(ROW, ecs, given)
    found = update(ecs, arn, state, given, desiredCount=4, enableExecuteCommand=False)
    assert statuses(ecs, arn) == ["SUCCESSFUL"]
    assert (found["desiredCount"], found["enableExecuteCommand"]) == (4, False)


def test_force_new_deployment_is_sent_with_each_update(ecs: Client) -> None:
    given = inputs(forceNewDeployment=True)
    arn, state = lifecycle.create(ROW, ecs, given)
    update(ecs, arn, state, given, triggers={"image": "2"})
    assert statuses(ecs, arn) == ["SUCCESSFUL", "SUCCESSFUL"]


def test_other_capacity_providers_need_force_new_deployment(ecs: Client) -> None:
    given = inputs()
    arn, state = lifecycle.create(ROW, ecs, given)
    only_fargate = [{"capacityProvider": "FARGATE", "weight": 1}]
    with pytest.raises(ValueError, match="forceNewDeployment must be true"):
        update(ecs, arn, state, given, capacityProviderStrategies=only_fargate)
    forced = update(
        ecs, arn, state, given, capacityProviderStrategies=only_fargate, forceNewDeployment=True
    )
    assert forced["capacityProviderStrategies"] == [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 0}
    ]


@pytest.mark.parametrize("force", [True, False])
def test_a_service_is_deleted_with_its_tasks(ecs: Client, *, force: bool) -> None:
    arn, state = lifecycle.create(ROW, ecs, inputs(forceDelete=force))
    assert ecs.list_tasks(cluster="shop", serviceName="backend")["taskArns"]
    ROW.delete(ecs, arn, state)
    assert ROW.read(ecs, arn) is None
    assert ecs.list_tasks(cluster="shop", serviceName="backend")["taskArns"] == []


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [
        ("cluster", "shop", True),
        ("cluster", "other", False),
        ("taskDefinition", "backend:1", True),
        ("taskDefinition", "backend:2", False),
        ("deploymentConfiguration", {"bakeTimeInMinutes": 5, "strategy": "BLUE_GREEN"}, True),
        ("deploymentConfiguration", {"bakeTimeInMinutes": "6", "strategy": "BLUE_GREEN"}, False),
        ("networkConfiguration", {"subnets": ["b", "a"]}, True),
        ("networkConfiguration", {"subnets": ["a", "b"], "assignPublicIp": True}, False),
    ],
)
def test_inputs_are_equal_as_in_the_provider(key: str, value: Any, *, same: bool) -> None:
    arn = "arn:aws:ecs:us-east-1:123456789012:"
    state = {
        "cluster": f"{arn}cluster/shop",
        "taskDefinition": f"{arn}task-definition/backend:1",
        "deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "5"},
        "networkConfiguration": {
            "subnets": ["a", "b"],
            "securityGroups": [],
            "assignPublicIp": False,
        },
    }
    assert (ROW.changed(state, {}, {key: value}) == frozenset()) is same
