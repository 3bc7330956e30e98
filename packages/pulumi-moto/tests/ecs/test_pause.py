"""PAUSE hooks: the deployment waits for a person or the time-out."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecs_world import HOUR, PAUSE, World
from pulumi_moto.clock import CLOCK


def paused(world: World, *hooks: dict[str, Any]) -> dict[str, Any]:
    """A second deployment that has waited for a person for half an hour."""
    world.deployed()
    strategy = {
        **world.params()["deploymentConfiguration"],
        "lifecycleHooks": list(hooks or [PAUSE]),
    }
    world.update(deploymentConfiguration=strategy)
    world.release()
    world.until("POST_TEST_TRAFFIC_SHIFT")
    CLOCK.advance(1800)
    return world.newest()


def answer(world: World, hook: dict[str, Any], action: str = "CONTINUE") -> None:
    world.ecs.continue_service_deployment(
        serviceDeploymentArn=world.newest()["serviceDeploymentArn"],
        hookId=hook["hookId"],
        action=action,
    )


def test_a_pause_waits_with_only_the_test_traffic_moved(world: World) -> None:
    found = paused(world)
    assert (found["status"], found["lifecycleStage"]) == ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT")
    (hook,) = found["lifecycleHookDetails"]
    assert (hook["status"], hook["targetType"], hook["timeoutAction"]) == (
        "AWAITING_ACTION",
        "PAUSE",
        "ROLLBACK",
    )
    assert hook["hookId"].startswith("ecs-pause-")
    assert (hook["expiresAt"] - found["updatedAt"]).total_seconds() == pytest.approx(1800, abs=60)
    assert world.served() == (world.blue, world.green)


def test_after_continue_the_next_stage_begins_at_once(world: World) -> None:
    (hook,) = paused(world)["lifecycleHookDetails"]
    answer(world, hook)
    found = world.newest()
    assert found["lifecycleStage"] == "PRE_PRODUCTION_TRAFFIC_SHIFT"
    assert found["lifecycleHookDetails"][0]["status"] == "SUCCEEDED"
    world.finish()
    assert world.newest()["status"] == "SUCCESSFUL"
    assert world.served() == (world.blue, world.blue)


def test_a_person_can_roll_back(world: World) -> None:
    (hook,) = paused(world)["lifecycleHookDetails"]
    answer(world, hook, "ROLLBACK")
    CLOCK.advance(60)
    found = world.newest()
    assert found["status"] == "ROLLBACK_SUCCESSFUL"
    assert found["lifecycleHookDetails"][0]["status"] == "FAILED"
    assert world.served() == (world.green, world.green)
    assert world.targets() == (0, 2)


@pytest.mark.parametrize(
    ("action", "status"), [("ROLLBACK", "ROLLBACK_SUCCESSFUL"), ("CONTINUE", "SUCCESSFUL")]
)
def test_a_pause_without_an_answer_takes_the_time_out_action(
    world: World, action: str, status: str
) -> None:
    timeout = {"timeoutInMinutes": 60, "action": action}
    paused(world, {**PAUSE, "timeoutConfiguration": timeout})
    CLOCK.advance(1799)
    assert world.newest()["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    CLOCK.advance(1)
    assert world.newest()["lifecycleHookDetails"][0]["status"] == "TIMED_OUT"
    world.finish()
    assert world.newest()["status"] == status


def test_without_a_time_out_a_pause_waits_a_day_and_rolls_back(world: World) -> None:
    paused(world, {key: value for key, value in PAUSE.items() if key != "timeoutConfiguration"})
    CLOCK.advance(23 * HOUR)
    assert world.newest()["status"] == "IN_PROGRESS"
    CLOCK.advance(HOUR)
    assert world.newest()["status"] in {"ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"}


def test_a_hook_at_two_stages_asks_twice_with_an_id_each(world: World) -> None:
    stages = ["POST_TEST_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"]
    (first,) = paused(world, {**PAUSE, "lifecycleStages": stages})["lifecycleHookDetails"]
    answer(world, first)
    CLOCK.advance(600)
    found = world.newest()
    assert found["lifecycleStage"] == "POST_PRODUCTION_TRAFFIC_SHIFT"
    second = found["lifecycleHookDetails"][1]
    assert second["status"] == "AWAITING_ACTION"
    assert second["hookId"] != first["hookId"]


def test_two_hooks_at_one_stage_must_both_be_continued(world: World) -> None:
    first, second = paused(world, PAUSE, PAUSE)["lifecycleHookDetails"]
    answer(world, first)
    CLOCK.advance(600)
    assert world.newest()["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    answer(world, second)
    assert world.newest()["lifecycleStage"] == "PRE_PRODUCTION_TRAFFIC_SHIFT"


def test_a_hook_is_answered_once_and_while_it_waits(world: World) -> None:
    (hook,) = paused(world)["lifecycleHookDetails"]
    answer(world, hook)
    with pytest.raises(ClientError, match="does not wait"):
        answer(world, hook)
    with pytest.raises(ClientError, match="does not wait"):
        answer(world, {"hookId": "ecs-pause-unknown"})


def test_a_hook_that_is_put_in_or_taken_out_begins_no_deployment(world: World) -> None:
    world.deployed()
    plain = world.service()["deploymentConfiguration"]
    world.update(deploymentConfiguration={**plain, "lifecycleHooks": [PAUSE]})
    assert world.service()["deploymentConfiguration"]["lifecycleHooks"] == [PAUSE]
    world.update(deploymentConfiguration={**plain, "lifecycleHooks": []})
    assert "lifecycleHooks" not in world.service()["deploymentConfiguration"]
    assert world.history() == ["SUCCESSFUL"]


def test_only_an_empty_list_removes_hooks(world: World) -> None:
    world.deployed()
    plain = world.service()["deploymentConfiguration"]
    world.update(deploymentConfiguration={**plain, "lifecycleHooks": [PAUSE]})
    world.update(deploymentConfiguration=plain)
    assert world.service()["deploymentConfiguration"]["lifecycleHooks"] == [PAUSE]
