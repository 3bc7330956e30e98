"""Blue/green: what each stage does, and that every way out leaves one colour with the traffic."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecs_world import BAKE, CLUSTER, FAMILY, HOUR, MANAGES, ROLE, SERVICE, World, client, ring
from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs.deployment import BLUE_GREEN_STAGES, ROLLBACK_SECONDS, STAGE_SECONDS


def consistent(world: World, count: int = 2) -> None:
    """Both rules lead to the one group that has targets, and all tasks are in it."""
    test, production = world.served()
    assert test == production
    assert world.healthy(production) == count
    assert sum(world.targets()) == count
    assert world.service()["runningCount"] == count


def test_the_first_deployment_uses_the_group_without_traffic(world: World) -> None:
    world.create()
    assert world.newest()["sourceServiceRevisions"] == []
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"
    assert world.served() == (world.green, world.green)
    assert world.targets() == (0, 2)


def test_the_stages_come_one_after_the_other(world: World) -> None:
    world.deployed()
    world.release()
    seen = []
    for _ in BLUE_GREEN_STAGES:
        found = world.newest()
        seen.append(found["lifecycleStage"])
        CLOCK.advance(BAKE * 60 if seen[-1] == "BAKE_TIME" else STAGE_SECONDS)
    assert tuple(seen) == BLUE_GREEN_STAGES
    assert world.newest()["status"] == "SUCCESSFUL"


def test_test_traffic_moves_first_then_production_then_the_old_tasks_stop(world: World) -> None:
    world.deployed()
    world.release()
    assert world.targets() == (0, 2)
    world.until("SCALE_UP")
    assert world.targets() == (2, 2)
    assert world.served() == (world.green, world.green)
    world.until("TEST_TRAFFIC_SHIFT")
    assert world.served() == (world.blue, world.green)
    world.until("PRODUCTION_TRAFFIC_SHIFT")
    assert world.served() == (world.blue, world.blue)
    world.until("BAKE_TIME")
    CLOCK.advance(BAKE * 60 - 1)
    assert world.newest()["lifecycleStage"] == "BAKE_TIME"
    assert world.targets() == (2, 2)
    CLOCK.advance(1)
    assert world.newest()["lifecycleStage"] == "CLEAN_UP"
    assert world.targets() == (2, 0)


def test_colours_alternate(world: World) -> None:
    world.deployed()
    for colour in (world.blue, world.green, world.blue):
        world.release()
        world.finish()
        assert world.served() == (colour, colour)
        consistent(world)


def test_a_rule_that_was_turned_round_before_the_first_deployment_is_read(world: World) -> None:
    for rule in (world.production, world.test):
        world.point(rule, (world.blue, 0), (world.green, 100))
    world.deployed()
    assert world.targets() == (2, 0)


def test_stickiness_of_a_rule_survives_the_shift(world: World) -> None:
    sticky = {"Enabled": True, "DurationSeconds": 60}
    groups = [{"TargetGroupArn": world.blue, "Weight": 100}]
    groups += [{"TargetGroupArn": world.green, "Weight": 0}]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
    world.elb.modify_rule(
        RuleArn=world.production, Actions=[{"Type": "forward", "ForwardConfig": config}]
    )
    world.deployed()
    rule = world.elb.describe_rules(RuleArns=[world.production])["Rules"][0]
    assert rule["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"] == sticky


@pytest.mark.parametrize("stage", BLUE_GREEN_STAGES)
def test_a_rollback_from_any_stage_restores_traffic_and_tasks(world: World, stage: str) -> None:
    world.deployed()
    world.release()
    world.until(stage)
    world.ecs.stop_service_deployment(serviceDeploymentArn=world.newest()["serviceDeploymentArn"])
    assert world.newest()["status"] == "ROLLBACK_REQUESTED"
    CLOCK.advance(1)
    found = world.newest()
    assert found["status"] == "ROLLBACK_IN_PROGRESS"
    assert found["rollback"]["serviceRevisionArn"] == found["sourceServiceRevisions"][0]["arn"]
    assert world.served() == (world.green, world.green)
    assert world.healthy(world.green) == 2
    CLOCK.advance(ROLLBACK_SECONDS)
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.service()["taskDefinition"].endswith(":1")
    consistent(world)


def test_a_rollback_restores_the_earlier_weights(world: World) -> None:
    world.deployed()
    world.point(world.test, (world.green, 90), (world.blue, 10))
    world.release()
    world.until("POST_TEST_TRAFFIC_SHIFT")
    assert world.serving(world.test) == world.blue
    world.roll_back()
    assert world.weights(world.test) == {world.green: 90, world.blue: 10}


def test_a_finished_deployment_can_not_be_stopped(world: World) -> None:
    world.deployed()
    arn = world.newest()["serviceDeploymentArn"]
    with pytest.raises(world.ecs.exceptions.ConflictException, match="SUCCESSFUL"):
        world.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    with pytest.raises(world.ecs.exceptions.ServiceDeploymentNotFoundException):
        world.ecs.stop_service_deployment(serviceDeploymentArn=f"{arn}x")
    with pytest.raises(ClientError, match="valid value is ROLLBACK"):
        world.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")


@pytest.mark.parametrize("stage", ["PRE_SCALE_UP", "POST_SCALE_UP", "BAKE_TIME", "CLEAN_UP"])
def test_a_newer_deployment_stops_the_running_one_and_production_is_never_empty(
    world: World, stage: str
) -> None:
    world.deployed()
    world.release()
    world.until(stage)
    newest = world.release()
    assert world.history()[:2] == ["IN_PROGRESS", "STOPPED"]
    for _ in range(120):
        assert world.healthy(world.serving(world.production)) == 2
        CLOCK.advance(5)
    assert world.newest()["status"] == "SUCCESSFUL"
    assert world.service()["taskDefinition"] == newest
    consistent(world)


def test_two_active_revisions_are_reconciled_first(world: World) -> None:
    world.deployed()
    world.release()
    world.until("TEST_TRAFFIC_SHIFT")
    world.release()
    found = world.newest()
    assert found["lifecycleStage"] == "RECONCILE_SERVICE"
    assert len(found["sourceServiceRevisions"]) == 2
    assert world.served() == (world.green, world.green)
    assert world.targets() == (0, 2)


@pytest.mark.parametrize("rule", ["production", "test"])
@pytest.mark.parametrize("stage", ["before", "POST_SCALE_UP"])
def test_a_rule_without_a_group_rolls_back_and_names_it(
    world: World, rule: str, stage: str
) -> None:
    world.deployed()
    if stage != "before":
        world.release()
        world.until(stage)
    arn = getattr(world, rule)
    world.point(arn, (world.green, 100))
    if stage == "before":
        world.release()
    world.finish()
    found = world.newest()
    assert found["status"] == "ROLLBACK_SUCCESSFUL"
    assert world.blue in found["statusReason"]
    assert arn in found["statusReason"]
    assert world.service()["taskDefinition"].endswith(":1")
    assert world.targets() == (0, 2)


def test_a_rule_that_splits_production_traffic_rolls_back(world: World) -> None:
    world.deployed()
    world.point(world.production, (world.green, 50), (world.blue, 50))
    world.release()
    world.finish()
    assert "exactly one target group" in world.newest()["statusReason"]
    assert world.weights(world.production) == {world.green: 50, world.blue: 50}


def test_a_rule_that_is_gone_rolls_back(world: World) -> None:
    world.deployed()
    world.elb.delete_rule(RuleArn=world.production)
    world.release()
    world.finish()
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"
    assert "rules not found" in world.newest()["statusReason"]


def test_without_the_roles_policy_nothing_moves_and_a_deleted_service_hangs(world: World) -> None:
    world.deployed()
    iam = client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="elb")
    world.release()
    world.finish()
    assert "missing permissions" in world.newest()["statusReason"]
    consistent(world)
    world.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    CLOCK.advance(HOUR)
    assert world.service()["status"] == "DRAINING"
    iam.put_role_policy(RoleName=ROLE, PolicyName="elb", PolicyDocument=json.dumps(MANAGES))
    assert world.service()["status"] == "INACTIVE"


def alarmed(world: World, **alarms: Any) -> dict[str, Any]:
    return {
        **world.params()["deploymentConfiguration"],
        "alarms": {"alarmNames": ["other", "backend-5xx"], "enable": True, **alarms},
    }


@pytest.mark.parametrize("stage", ["POST_SCALE_UP", "BAKE_TIME"])
def test_an_alarm_rolls_back(world: World, stage: str) -> None:
    ring("OK")
    world.deployed(deploymentConfiguration=alarmed(world, rollback=True))
    world.release()
    world.until(stage)
    assert world.newest()["alarms"]["status"] == "MONITORING"
    ring()
    found = world.newest()
    assert found["status"] == "ROLLBACK_IN_PROGRESS"
    assert "backend-5xx" in found["statusReason"]
    assert found["alarms"]["triggeredAlarmNames"] == ["backend-5xx"]
    assert world.served() == (world.green, world.green)
    CLOCK.advance(ROLLBACK_SECONDS)
    consistent(world)
    assert "backend-5xx" in world.service()["events"][0]["message"]


def test_an_alarm_after_the_deployment_changes_nothing(world: World) -> None:
    ring("OK")
    world.deployed(deploymentConfiguration=alarmed(world, rollback=True))
    world.release()
    CLOCK.advance(HOUR)
    ring()
    assert world.history() == ["SUCCESSFUL", "SUCCESSFUL"]


def test_an_alarm_that_rings_already_is_not_watched_so_that_a_fix_can_be_deployed(
    world: World,
) -> None:
    world.deployed(deploymentConfiguration=alarmed(world, rollback=True))
    ring()
    world.release()
    assert world.newest()["alarms"]["status"] == "DISABLED"
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"


def test_an_alarm_without_rollback_stops_the_deployment_where_it_is(world: World) -> None:
    ring("OK")
    world.deployed(deploymentConfiguration=alarmed(world, rollback=False))
    world.release()
    world.until("POST_TEST_TRAFFIC_SHIFT")
    ring()
    assert world.newest()["status"] == "STOPPED"
    assert world.served() == (world.blue, world.green)
    ring("OK")
    world.release()
    world.finish()
    consistent(world)


def test_a_first_deployment_has_nothing_to_roll_back_to(world: World) -> None:
    world.create()
    world.roll_back()
    found = world.newest()
    assert found["status"] == "ROLLBACK_FAILED"
    assert found["statusReason"] == "No rollback candidate was found to run the rollback."
    assert "a request to stop it" in world.service()["events"][0]["message"]
    world.release()
    world.finish()
    consistent(world)


def test_scaling_during_a_deployment_scales_both_colours(world: World) -> None:
    world.deployed()
    world.release()
    world.until("POST_SCALE_UP")
    world.update(desiredCount=3)
    assert world.targets() == (3, 3)
    world.finish()
    consistent(world, 3)


def test_a_service_scaled_to_zero_is_deployed_and_scaled_up_again(world: World) -> None:
    world.deployed()
    world.update(desiredCount=0)
    assert world.targets() == (0, 0)
    world.release()
    world.finish()
    world.update(desiredCount=2)
    assert world.targets() == (2, 0)
    consistent(world)


def test_a_running_deployment_keeps_the_configuration_it_began_with(world: World) -> None:
    world.deployed()
    world.release()
    world.update(deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0})
    world.until("BAKE_TIME")
    CLOCK.advance(BAKE * 60 - 1)
    assert world.newest()["lifecycleStage"] == "BAKE_TIME"
    assert world.newest()["deploymentConfiguration"]["bakeTimeInMinutes"] == BAKE


def test_a_service_without_load_balancer_goes_through_the_stages_too(world: World) -> None:
    world.deployed(loadBalancers=None)
    world.update(taskDefinition=FAMILY, forceNewDeployment=True)
    world.until("BAKE_TIME")
    assert world.service()["runningCount"] == 4
    world.finish()
    assert world.service()["runningCount"] == 2


def groups(world: World) -> tuple[str, str]:
    """The service's target group and its alternate, as describe_services has them."""
    (balancer,) = world.service()["loadBalancers"]
    return balancer["targetGroupArn"], balancer["advancedConfiguration"]["alternateTargetGroupArn"]


def test_each_success_swaps_the_target_group_and_its_alternate(world: World) -> None:
    world.deployed()
    assert groups(world) == (world.green, world.blue)
    world.release()
    world.finish()
    assert groups(world) == (world.blue, world.green)
    assert world.served() == (world.blue, world.blue)


def test_a_deployment_that_is_rolled_back_swaps_nothing(world: World) -> None:
    world.deployed()
    world.release()
    world.until("BAKE_TIME")
    world.roll_back()
    CLOCK.advance(ROLLBACK_SECONDS)
    assert world.newest()["status"] == "ROLLBACK_SUCCESSFUL"
    assert groups(world) == (world.green, world.blue)
    consistent(world)


def test_groups_in_the_first_order_direct_a_deployment_at_the_live_group(world: World) -> None:
    """What a provider does that takes the swap for drift."""
    world.deployed()
    world.update(loadBalancers=[world.balancer()])
    world.until("SCALE_UP")
    assert world.targets() == (0, 4)
