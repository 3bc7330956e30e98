"""The responses of the service deployments API."""

from ecs_world import CLUSTER, SERVICE, World


def test_deployments_are_listed_the_newest_first_and_by_state(world: World) -> None:
    world.deployed()
    world.release()
    listed = world.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
    newest, oldest = listed["serviceDeployments"]
    assert (newest["status"], oldest["status"]) == ("IN_PROGRESS", "SUCCESSFUL")
    assert newest["createdAt"] >= oldest["finishedAt"] >= oldest["createdAt"]
    only = world.ecs.list_service_deployments(
        cluster=CLUSTER, service=world.service()["serviceArn"], status=["SUCCESSFUL"]
    )
    assert [d["status"] for d in only["serviceDeployments"]] == ["SUCCESSFUL"]


def test_a_deployment_has_its_revisions_with_counts_and_weights(world: World) -> None:
    world.deployed()
    world.release()
    world.until("TEST_TRAFFIC_SHIFT")
    found = world.newest()
    (source,), target = found["sourceServiceRevisions"], found["targetServiceRevision"]
    counts = ("requestedTaskCount", "runningTaskCount", "pendingTaskCount")
    assert [source[key] for key in counts] == [target[key] for key in counts] == [2, 2, 0]
    assert (source["requestedTestTrafficWeight"], target["requestedTestTrafficWeight"]) == (0, 100)
    assert source["requestedProductionTrafficWeight"] == 100
    assert target["requestedProductionTrafficWeight"] == 0


def test_a_revision_has_its_configuration_and_its_serving_group(world: World) -> None:
    world.deployed()
    arn = world.release()
    world.until("SCALE_UP")
    named = world.newest()["targetServiceRevision"]["arn"]
    (found,) = world.ecs.describe_service_revisions(serviceRevisionArns=[named])["serviceRevisions"]
    assert found["taskDefinition"] == arn
    assert found["networkConfiguration"] == world.network()
    assert found["containerImages"][0]["image"] == "registry.example/backend:v1"
    (resolved,) = found["resolvedConfiguration"]["loadBalancers"]
    assert resolved == {"targetGroupArn": world.blue, "productionListenerRule": world.production}


def test_the_service_has_its_running_revisions(world: World) -> None:
    world.deployed()
    assert "currentServiceDeployment" not in world.service()
    world.release()
    world.until("SCALE_UP")
    arns = {revision["arn"] for revision in world.service()["currentServiceRevisions"]}
    found = world.newest()
    assert arns == {
        r["arn"] for r in (*found["sourceServiceRevisions"], found["targetServiceRevision"])
    }


def test_an_unknown_arn_is_a_failure_without_an_error(world: World) -> None:
    world.deployed()
    arn = f"{world.newest()['serviceDeploymentArn']}x"
    response = world.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    assert (response["serviceDeployments"], response["failures"]) == (
        [],
        [{"arn": arn, "reason": "MISSING"}],
    )
    response = world.ecs.describe_service_revisions(serviceRevisionArns=[arn])
    assert (response["serviceRevisions"], response["failures"]) == (
        [],
        [{"arn": arn, "reason": "MISSING"}],
    )
