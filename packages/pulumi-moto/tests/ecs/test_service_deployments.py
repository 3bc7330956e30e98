"""What the service deployments API tells."""

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


def test_a_deployment_tells_its_revisions_with_counts_and_weights(world: World) -> None:
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


def test_a_revision_tells_what_it_holds_and_which_group_serves_it(world: World) -> None:
    world.deployed()
    arn = world.release()
    world.until("SCALE_UP")
    named = world.newest()["targetServiceRevision"]["arn"]
    (found,) = world.ecs.describe_service_revisions(serviceRevisionArns=[named])["serviceRevisions"]
    assert found["taskDefinition"] == arn
    assert found["networkConfiguration"] == world.network()
    assert found["containerImages"][0]["image"] == "registry.example/backend:v1"
    (resolved,) = found["resolvedConfiguration"]["loadBalancers"]
    assert resolved == {
        "targetGroupArn": world.blue,
        "productionListenerRule": world.production,
    }


def test_the_service_tells_which_revisions_run(world: World) -> None:
    world.deployed()
    assert "currentServiceDeployment" not in world.service()
    world.release()
    world.until("SCALE_UP")
    arns = {revision["arn"] for revision in world.service()["currentServiceRevisions"]}
    found = world.newest()
    assert arns == {
        r["arn"] for r in (*found["sourceServiceRevisions"], found["targetServiceRevision"])
    }


def test_what_is_unknown_is_a_failure_not_an_error(world: World) -> None:
    world.deployed()
    arn = f"{world.newest()['serviceDeploymentArn']}x"
    told = world.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    assert (told["serviceDeployments"], told["failures"]) == (
        [],
        [{"arn": arn, "reason": "MISSING"}],
    )
    told = world.ecs.describe_service_revisions(serviceRevisionArns=[arn])
    assert (told["serviceRevisions"], told["failures"]) == ([], [{"arn": arn, "reason": "MISSING"}])
