"""Services that ECS refuses because they could never run."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecs_world import CLUSTER, FAMILY, PAUSE, SERVICE, World, client, register

Changes = Callable[[World], dict[str, Any]]


def balanced(**changes: Any) -> Changes:
    def changed(world: World) -> dict[str, Any]:
        balancer = {**world.balancer(), **changes}
        return {"loadBalancers": [{k: v for k, v in balancer.items() if v is not None}]}

    return changed


def advanced(**changes: Any) -> Changes:
    """A callable gets the world; None leaves the entry out."""

    def changed(world: World) -> dict[str, Any]:
        entries = {**world.balancer()["advancedConfiguration"], **changes}
        found = {k: v(world) if callable(v) else v for k, v in entries.items() if v is not None}
        return {"loadBalancers": [{**world.balancer(), "advancedConfiguration": found}]}

    return changed


def hooked(**changes: Any) -> Changes:
    hooks = [{**PAUSE, **changes}]
    return lambda _: {
        "deploymentConfiguration": {"strategy": "BLUE_GREEN", "lifecycleHooks": hooks}
    }


def unattached(world: World) -> str:
    vpc = client("ec2").describe_subnets(SubnetIds=world.subnets)["Subnets"][0]["VpcId"]
    made = world.elb.create_target_group(
        Name="alone", Port=80, Protocol="HTTP", VpcId=vpc, TargetType="ip"
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


REFUSED: dict[str, tuple[Changes, str]] = {
    "no network": (
        lambda _: {"networkConfiguration": None},
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ),
    "rebalancing without room for one more task": (
        lambda _: {
            "availabilityZoneRebalancing": "ENABLED",
            "deploymentConfiguration": {"maximumPercent": 100},
        },
        "Availability Zone rebalancing needs a maximumPercent above 100",
    ),
    "unknown task definition": (
        lambda _: {"taskDefinition": "unknown"},
        "Unable to describe task definition",
    ),
    "unknown cluster": (lambda _: {"cluster": "unknown"}, "Cluster not found"),
    "unknown container": (balanced(containerName="web"), "container web does not exist"),
    "unknown port": (balanced(containerPort=1), "did not have a container port 1 defined"),
    "unknown group": (
        balanced(targetGroupArn="arn:aws:elasticloadbalancing:us-east-1:123456789012:x/gone"),
        "target group does not exist",
    ),
    "nonsense for a group": (balanced(targetGroupArn="gone"), "target group does not exist"),
    "a group that no rule uses": (
        advanced(alternateTargetGroupArn=unattached),
        "does not have an associated load balancer",
    ),
    "blue/green without groups and rules": (
        balanced(advancedConfiguration=None),
        "advancedConfiguration field is required",
    ),
    "no second group": (
        advanced(alternateTargetGroupArn=None),
        "advancedConfiguration field is required",
    ),
    "no production rule": (
        advanced(productionListenerRule=None),
        "advancedConfiguration field is required",
    ),
    "one group twice": (
        advanced(alternateTargetGroupArn=lambda world: world.blue),
        "Duplicate targetGroupArn",
    ),
    "one rule twice": (
        advanced(testListenerRule=lambda world: world.production),
        "both production and test listener rules",
    ),
    "a listener for a rule": (
        advanced(
            productionListenerRule="arn:aws:elasticloadbalancing:us-east-1:1:listener/app/a/b"
        ),
        "Must be RuleArn for ALB",
    ),
    "unknown rule": (
        advanced(productionListenerRule=lambda world: f"{world.production}x"),
        "rules not found",
    ),
    "a capacity provider that the cluster lacks": (
        lambda _: {
            "launchType": None,
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        },
        "not associated with the cluster",
    ),
    "launch type and capacity provider": (
        lambda _: {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
        "both a launch type and capacity provider strategy",
    ),
    "a pause while traffic moves": (
        hooked(lifecycleStages=["PRODUCTION_TRAFFIC_SHIFT"]),
        "PAUSE hooks cannot be configured at PRODUCTION_TRAFFIC_SHIFT",
    ),
    "a pause without end": (
        hooked(timeoutConfiguration={"timeoutInMinutes": 20161}),
        "timeoutInMinutes",
    ),
    "a lambda hook": (hooked(targetType="AWS_LAMBDA"), "not emulated"),
    "another strategy": (
        lambda _: {"deploymentConfiguration": {"strategy": "CANARY"}},
        "not emulated",
    ),
    "a bake time over a day": (
        lambda _: {"deploymentConfiguration": {"strategy": "ROLLING", "bakeTimeInMinutes": 1441}},
        "bakeTimeInMinutes",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_service_that_could_not_run_is_refused(world: World, case: tuple[Changes, str]) -> None:
    changes, refusal = case
    with pytest.raises(ClientError, match=refusal):
        world.create(**changes(world))
    assert world.ecs.list_services(cluster=CLUSTER)["serviceArns"] == []


def test_a_second_service_of_the_name_is_refused(world: World) -> None:
    world.create()
    with pytest.raises(ClientError, match=r"Creation of service was not idempotent\."):
        world.create()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"taskDefinition": f"{FAMILY}:9"}, "Unable to describe"),
        ({"taskDefinition": "other"}, "container backend does not exist"),
        ({"deploymentConfiguration": {"strategy": "CANARY"}}, "not emulated"),
    ],
)
def test_an_update_that_could_not_run_is_refused_and_changes_nothing(
    world: World, changes: dict[str, Any], refusal: str
) -> None:
    world.deployed()
    before = world.service()
    register(world.ecs, family="other", name="web")
    with pytest.raises(ClientError, match=refusal):
        world.update(desiredCount=7, **changes)
    assert world.service() == before


@pytest.mark.parametrize(("percent", "response"), [(200, "ENABLED"), (100, "DISABLED")])
def test_a_service_is_rebalanced_by_default_where_that_is_valid(
    world: World, percent: int, response: str
) -> None:
    world.create(deploymentConfiguration={"maximumPercent": percent})
    assert world.service()["availabilityZoneRebalancing"] == response
    world.update(availabilityZoneRebalancing="DISABLED")
    assert world.service()["availabilityZoneRebalancing"] == "DISABLED"


def test_a_deregistered_revision_can_not_be_deployed(world: World) -> None:
    world.deployed()
    arn = register(world.ecs)
    world.ecs.deregister_task_definition(taskDefinition=arn)
    with pytest.raises(ClientError, match="TaskDefinition is inactive"):
        world.update(taskDefinition=arn)


def test_a_missing_service_is_not_found(world: World) -> None:
    missing = world.ecs.exceptions.ServiceNotFoundException
    with pytest.raises(missing):
        world.update(desiredCount=1)
    with pytest.raises(missing):
        world.ecs.delete_service(cluster=CLUSTER, service=SERVICE)
    with pytest.raises(missing):
        world.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)
    with pytest.raises(missing):
        world.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
