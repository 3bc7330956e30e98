"""Services: what they keep, what begins a deployment, scaling, rolling updates, deletion."""

import pytest
from botocore.exceptions import ClientError

from ecs_world import CLUSTER, FAMILY, PAUSE, SERVICE, World, client, register
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs.state import DRAIN_SECONDS

PROVIDERS = [
    {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
    {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
]


def rolling(world: World) -> dict[str, object]:
    balancer = {k: v for k, v in world.balancer().items() if k != "advancedConfiguration"}
    return {"deploymentConfiguration": None, "loadBalancers": [balancer]}


def test_a_service_keeps_everything_it_is_given(world: World) -> None:
    given = {
        "deploymentConfiguration": {
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 7,
            "maximumPercent": 150,
            "minimumHealthyPercent": 50,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "alarms": {"alarmNames": ["a"], "enable": True, "rollback": True},
            "lifecycleHooks": [PAUSE],
        },
        "enableExecuteCommand": True,
        "healthCheckGracePeriodSeconds": 60,
        "enableECSManagedTags": True,
        "availabilityZoneRebalancing": "ENABLED",
        "propagateTags": "SERVICE",
        "loadBalancers": [world.balancer()],
        "networkConfiguration": world.network(),
        "schedulingStrategy": "REPLICA",
        "platformVersion": "1.4.0",
    }
    world.create(**given)
    found = world.service()
    assert {key: found[key] for key in given} == given
    assert found["launchType"] == "FARGATE"


def test_tasks_run_in_the_services_subnets_with_unique_addresses(world: World) -> None:
    world.deployed(desiredCount=4, tags=[{"key": "team", "value": "x"}], propagateTags="SERVICE")
    tasks = world.tasks(serviceName=SERVICE)
    details = [{d["name"]: d["value"] for d in task["attachments"][0]["details"]} for task in tasks]
    assert sorted(d["subnetId"] for d in details) == sorted(world.subnets * 2)
    addresses = {d["privateIPv4Address"] for d in details}
    assert len(addresses) == 4
    assert {address.rsplit(".", 1)[0] for address in addresses} == {"10.0.0", "10.0.1"}
    health = world.elb.describe_target_health(TargetGroupArn=world.green)
    targets = health["TargetHealthDescriptions"]
    assert {t["Target"]["Id"] for t in targets} == addresses
    assert {t["Target"]["Port"] for t in targets} == {8000}
    (deployment,) = world.service()["deployments"]
    assert {task["startedBy"] for task in tasks} == {deployment["id"]}
    assert {task["group"] for task in tasks} == {f"service:{SERVICE}"}
    assert {task["availabilityZone"] for task in tasks} == {"us-east-1a", "us-east-1b"}
    (tagged,) = world.ecs.describe_tasks(
        cluster=CLUSTER, tasks=[tasks[0]["taskArn"]], include=["TAGS"]
    )["tasks"]
    assert tagged["tags"] == [{"key": "team", "value": "x"}]


def test_capacity_providers_get_their_base_and_their_share(world: World) -> None:
    world.ecs.put_cluster_capacity_providers(
        cluster=CLUSTER,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=PROVIDERS,
    )
    world.deployed(launchType=None, capacityProviderStrategy=PROVIDERS, desiredCount=6)
    used = [task["capacityProviderName"] for task in world.tasks(serviceName=SERVICE)]
    assert (used.count("FARGATE"), used.count("FARGATE_SPOT")) == (3, 3)
    assert "launchType" not in world.service()
    assert world.service()["capacityProviderStrategy"] == PROVIDERS


def test_without_launch_type_the_clusters_own_strategy_counts(world: World) -> None:
    world.create(launchType=None)
    CLOCK.advance(7200)
    assert world.service()["runningCount"] == 0, "there is no instance to run EC2 tasks"
    assert world.newest()["status"] == "IN_PROGRESS"
    world.ecs.put_cluster_capacity_providers(
        cluster=CLUSTER,
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
    )
    world.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    world.deployed(launchType=None)
    assert world.service()["runningCount"] == 2


@pytest.mark.parametrize("typed", [FAMILY, f"{FAMILY}:2", "arn"])
def test_a_new_revision_is_stored_by_its_arn_and_begins_a_deployment(
    world: World, typed: str
) -> None:
    world.deployed()
    arn = register(world.ecs)
    world.update(taskDefinition=arn if typed == "arn" else typed)
    assert world.history() == ["IN_PROGRESS", "SUCCESSFUL"]
    service = world.service()
    assert service["taskDefinition"] == arn
    assert [d["status"] for d in service["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert service["currentServiceDeployment"] == world.newest()["serviceDeploymentArn"]


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"desiredCount": 5}, False),
        ({"taskDefinition": f"{FAMILY}:1"}, False),
        ({"enableExecuteCommand": False}, False),
        ({"healthCheckGracePeriodSeconds": 5}, False),
        ({"deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}}, False),
        ({"platformVersion": "1.4.0"}, True),
        ({"forceNewDeployment": True}, True),
    ],
)
def test_only_a_change_of_the_revision_starts_a_deployment(
    world: World, change: dict[str, object], *, begins: bool
) -> None:
    world.deployed()
    world.update(**change)
    assert len(world.history()) == (2 if begins else 1)


def test_the_same_network_begins_no_deployment_and_another_does(world: World) -> None:
    world.deployed()
    world.update(networkConfiguration=world.network())
    assert len(world.history()) == 1
    one = {"awsvpcConfiguration": {**world.network()["awsvpcConfiguration"]}}
    one["awsvpcConfiguration"]["subnets"] = world.subnets[:1]
    world.update(networkConfiguration=one)
    assert len(world.history()) == 2


def test_a_rollback_brings_the_whole_revision_back(world: World) -> None:
    world.deployed()
    one = {"awsvpcConfiguration": {**world.network()["awsvpcConfiguration"]}}
    one["awsvpcConfiguration"]["subnets"] = world.subnets[:1]
    world.update(networkConfiguration=one)
    world.until("POST_SCALE_UP")
    world.roll_back()
    assert world.service()["networkConfiguration"] == world.network()


def test_scaling_registers_and_deregisters_targets(world: World) -> None:
    world.deployed()
    for count in (5, 1, 0, 2):
        world.update(desiredCount=count)
        assert (world.service()["runningCount"], world.targets()) == (count, (0, count))
        assert len(world.tasks(serviceName=SERVICE)) == count
    assert world.history() == ["SUCCESSFUL"]


def test_a_stopped_task_is_replaced_in_the_target_group_too(world: World) -> None:
    world.deployed()
    first = world.tasks(serviceName=SERVICE)[0]["taskArn"]
    world.ecs.stop_task(cluster=CLUSTER, task=first, reason="a drill")
    now = world.tasks(serviceName=SERVICE)
    assert len(now) == 2
    assert first not in {task["taskArn"] for task in now}
    assert world.targets() == (0, 2)
    (stopped,) = world.described(first)
    assert (stopped["lastStatus"], stopped["stoppedReason"]) == ("STOPPED", "a drill")


def test_a_stopped_task_releases_its_network_interface(world: World) -> None:
    ec2 = client("ec2")
    world.deployed()
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == 2
    world.update(desiredCount=0)
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_a_rolling_update_replaces_the_tasks_in_their_one_group(world: World) -> None:
    world.deployed(**rolling(world))
    assert world.targets() == (2, 0)
    arn = world.release()
    assert world.healthy(world.blue) == 4
    world.finish()
    assert world.targets() == (2, 0)
    assert {task["taskDefinitionArn"] for task in world.tasks(serviceName=SERVICE)} == {arn}
    assert world.newest()["status"] == "SUCCESSFUL"
    assert "lifecycleStage" not in world.newest()


def test_a_rolling_update_can_be_rolled_back(world: World) -> None:
    world.deployed(**rolling(world))
    world.release()
    world.roll_back()
    world.finish()
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.targets() == (2, 0)
    assert world.service()["taskDefinition"].endswith(":1")


def test_a_rolling_service_becomes_blue_green(world: World) -> None:
    world.deployed(**rolling(world))
    world.update(
        deploymentConfiguration=world.params()["deploymentConfiguration"],
        loadBalancers=[world.balancer()],
    )
    world.until("TEST_TRAFFIC_SHIFT")
    assert world.served() == (world.green, world.blue)
    world.finish()
    assert world.served() == (world.green, world.green)
    assert world.targets() == (0, 2)


def test_a_service_above_zero_is_deleted_only_by_force(world: World) -> None:
    world.deployed()
    with pytest.raises(ClientError, match="scaled above 0"):
        world.ecs.delete_service(cluster=CLUSTER, service=SERVICE)
    world.update(desiredCount=0)
    world.ecs.delete_service(cluster=CLUSTER, service=SERVICE)
    assert world.service()["status"] == "INACTIVE"


def test_a_deleted_service_drains_then_is_inactive_and_its_name_is_free(world: World) -> None:
    world.deployed()
    world.release()
    world.until("POST_SCALE_UP")
    world.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    assert world.targets() == (0, 0)
    assert world.tasks() == []
    assert world.history()[0] == "STOPPED"
    assert world.service()["status"] == "DRAINING"
    assert world.ecs.list_services(cluster=CLUSTER)["serviceArns"] == []
    with pytest.raises(ClientError, match="still Draining"):
        world.create()
    with pytest.raises(world.ecs.exceptions.ServiceNotActiveException):
        world.update(desiredCount=1)
    with pytest.raises(world.ecs.exceptions.ServiceNotFoundException):
        world.ecs.delete_service(cluster=CLUSTER, service=SERVICE)
    CLOCK.advance(DRAIN_SECONDS)
    assert world.service()["status"] == "INACTIVE"
    world.deployed()
    assert world.history() == ["SUCCESSFUL"]


def test_a_cluster_counts_its_running_tasks_and_is_not_deleted_with_them(world: World) -> None:
    world.deployed()
    (cluster,) = world.ecs.describe_clusters(clusters=[CLUSTER])["clusters"]
    assert (cluster["activeServicesCount"], cluster["runningTasksCount"]) == (1, 2)
    with pytest.raises(world.ecs.exceptions.ClusterContainsServicesException):
        world.ecs.delete_cluster(cluster=CLUSTER)
    world.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    CLOCK.advance(DRAIN_SECONDS)
    world.run()
    with pytest.raises(world.ecs.exceptions.ClusterContainsTasksException):
        world.ecs.delete_cluster(cluster=CLUSTER)
    CLOCK.advance(60)
    assert world.ecs.delete_cluster(cluster=CLUSTER)["cluster"]["status"] == "INACTIVE"
