"""start, switch and abort: what they do to the services, what they refuse, how they go on.

That every fault converges is tried in tests/engine/test_faults.py.
"""

from collections.abc import Callable
from typing import Any

import pytest

from arbor.bluegreen import abort, start, switch
from arbor.bluegreen.targets import Targets
from arbor.ecs.health import Opener
from arbor.procedure import Failed, Refused, Run
from arbor.release import release
from ecs_world import client
from operations_world import BACKEND, CLUSTER, DOMAIN, FRONTEND, HEALTHY, NEW, OLD, World, push
from pulumi_moto.clock import CLOCK

HOUR = 3600.0
GREEN = f"https://green.{DOMAIN}"


def begin(world: World, version: str = NEW, *, app: str | None = None, minutes: int = 60) -> None:
    start.plan(world.account, version, app, minutes).execute(world.run())


def give(world: World, *, opener: Opener | None = None, fewer: bool = False) -> None:
    switch.plan(world.account, opener, fewer=fewer).execute(world.run())


def take_back(world: World) -> None:
    abort.plan(world.account).execute(world.run())


def hooks(world: World, name: str) -> list[dict[str, Any]]:
    return list(world.service(name)["deploymentConfiguration"].get("lifecycleHooks", []))


def kept() -> list[str]:
    found = client("ssm").describe_parameters()["Parameters"]
    return sorted(one["Name"].rsplit("/", 1)[-1] for one in found)


def green(address: str) -> tuple[int, str]:
    """A green host where everything is well."""
    api = f"{GREEN}/api/v1/health"
    assert address in {api, f"{api}/detailed", f"{GREEN}/"}
    return 200, HEALTHY


def targets(health: Callable[[str], int]) -> Callable[..., Any]:
    def read(service: Any, _told: object) -> Any:
        return Targets(healthy=health(service.name), registered=2, desired=service.desired)

    return read


def test_start_pauses_both_with_the_new_version_on_the_green_host_alone(world: World) -> None:
    begin(world)
    for name in (BACKEND, FRONTEND):
        (hook,) = hooks(world, name)
        assert hook["targetType"] == "PAUSE"
        assert hook["timeoutConfiguration"] == {"timeoutInMinutes": 60, "action": "ROLLBACK"}
        assert world.history(name) == ["IN_PROGRESS", "SUCCESSFUL"]
        assert world.heard(f"{name} waits until")
    assert kept() == ["backend", "frontend"]
    assert world.heard("and then rolls back by itself")


def test_a_dry_run_begins_nothing(world: World) -> None:
    before = world.writes()
    start.plan(world.account, NEW, None, 60).execute(world.run(dry_run=True))
    assert world.heard(f"would deploy {NEW} to {BACKEND} with a pause")
    assert (world.writes(), kept()) == (before, [])


def test_started_again_it_waits_for_the_same_deployment(world: World) -> None:
    begin(world)
    before = world.writes()
    begin(world)
    assert world.writes() == before


def test_what_died_between_the_services_goes_on_with_the_other(world: World) -> None:
    begin(world, app="backend")
    begin(world)
    assert len(world.deployments(BACKEND)) == 2
    assert world.history(FRONTEND)[0] == "IN_PROGRESS"


def test_another_version_is_told_what_is_under_test(world: World) -> None:
    push("backend", "v1.2.0")
    push("frontend", "v1.2.0")
    begin(world)
    with pytest.raises(Refused, match=rf"{BACKEND} is being deployed: {BACKEND}:2 \({NEW}\)"):
        start.plan(world.account, "v1.2.0", None, 60)
    with pytest.raises(Refused, match="waits for a person: `arbor bluegreen test --stack staging`"):
        release.plan(world.account, "v1.2.0", opener=None)


def test_a_deployment_that_does_not_pause_is_not_adopted(world: World) -> None:
    release.plan(world.account, NEW, opener=None)
    arn = world.infrastructure("backend", NEW)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=arn)
    with pytest.raises(Refused, match="is being deployed"):
        start.plan(world.account, NEW, None, 60)


@pytest.mark.parametrize(
    ("version", "why"), [("latest", "is not a version"), ("v9.9.9", "has no image v9.9.9")]
)
def test_a_version_that_cannot_run_is_refused(world: World, version: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        start.plan(world.account, version, None, 60)


def test_a_version_that_runs_already_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="nothing to test"):
        start.plan(world.account, OLD, None, 60)


def test_a_service_that_pauses_anyway_gets_no_second_pause_and_keeps_its_own(world: World) -> None:
    world.pause(BACKEND)
    own = hooks(world, BACKEND)
    begin(world, minutes=90)
    assert hooks(world, BACKEND) == own
    give(world)
    assert hooks(world, BACKEND) == own
    assert hooks(world, FRONTEND) == []


def test_switch_gives_the_users_and_leaves_nothing_behind(world: World) -> None:
    begin(world)
    give(world, opener=green)
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, NEW)
    for name in (BACKEND, FRONTEND):
        assert world.history(name) == ["SUCCESSFUL", "SUCCESSFUL"]
        assert hooks(world, name) == []
    assert kept() == []


def test_the_backend_has_its_users_before_the_frontend_is_continued(world: World) -> None:
    begin(world)
    give(world)
    moved = [line for line in world.said if line.startswith("shift production")]
    assert moved == [f"shift production traffic of {app} to {NEW}" for app in (BACKEND, FRONTEND)]


def test_switched_again_it_is_done_and_changes_nothing(world: World) -> None:
    begin(world)
    give(world)
    before = world.writes()
    give(world)
    assert world.writes() == before


def test_a_switch_that_died_before_the_pause_was_out_takes_it_out(world: World) -> None:
    begin(world, app="backend")
    told = world.deployments(BACKEND)[0]["serviceDeploymentArn"]
    ecs = client("ecs")
    (found,) = ecs.describe_service_deployments(serviceDeploymentArns=[told])["serviceDeployments"]
    ecs.continue_service_deployment(
        serviceDeploymentArn=told, hookId=found["lifecycleHookDetails"][0]["hookId"]
    )
    world.finish()
    assert hooks(world, BACKEND)
    give(world)
    assert (hooks(world, BACKEND), kept()) == ([], [])
    assert world.history(BACKEND) == ["SUCCESSFUL", "SUCCESSFUL"]


def test_without_anything_under_test_the_state_is_told(world: World) -> None:
    for plan in (
        lambda: switch.plan(world.account, None, fewer=False),
        lambda: abort.plan(world.account),
    ):
        with pytest.raises(Refused, match=rf"{BACKEND} runs {OLD}: its last deployment is SUCC"):
            plan()


@pytest.mark.parametrize("fewer", [False, True])
def test_a_colour_without_a_healthy_target_never_gets_the_users(
    world: World, monkeypatch: pytest.MonkeyPatch, fewer: bool
) -> None:
    begin(world)
    monkeypatch.setattr(
        "arbor.bluegreen.targets.read", targets(lambda name: 0 if name == FRONTEND else 2)
    )
    with pytest.raises(Refused, match=f"{NEW} of {FRONTEND} has no healthy target"):
        give(world, fewer=fewer)
    assert world.history(BACKEND)[0] == "IN_PROGRESS"


def test_fewer_healthy_targets_than_tasks_need_a_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(world)
    monkeypatch.setattr("arbor.bluegreen.targets.read", targets(lambda _: 1))
    with pytest.raises(Refused, match="1 of 2 targets healthy"):
        give(world)
    give(world, fewer=True)
    assert world.image(BACKEND) == NEW


def test_targets_of_the_new_colour_are_counted(world: World) -> None:
    begin(world, app="backend")
    elb, group = client("elbv2"), green_group(world)
    for target in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]:
        elb.deregister_targets(TargetGroupArn=group, Targets=[target["Target"]])
    with pytest.raises(Refused, match="has no healthy target"):
        give(world)


def green_group(world: World) -> str:
    """The one without users."""
    (rule,) = client("elbv2").describe_rules(RuleArns=[world.rules["backend"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return str(min(groups, key=lambda group: group["Weight"])["TargetGroupArn"])


def test_a_green_host_that_answers_badly_is_not_given_the_users(world: World) -> None:
    begin(world)
    with pytest.raises(Refused, match=f"{GREEN}/api/v1/health answers 503"):
        give(world, opener=lambda _: (503, ""))
    assert world.history(BACKEND)[0] == "IN_PROGRESS"


def test_only_what_is_under_test_must_answer(world: World) -> None:
    begin(world, app="backend")
    give(world, opener=lambda a: (200, HEALTHY) if "/health" in a else (500, ""))
    assert (world.image(BACKEND), world.image(FRONTEND)) == (NEW, OLD)


def test_abort_leaves_the_old_version_and_nothing_behind(world: World) -> None:
    begin(world)
    take_back(world)
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    for name in (BACKEND, FRONTEND):
        assert world.history(name) == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
        assert hooks(world, name) == []
    assert kept() == []
    before = world.writes()
    take_back(world)
    assert world.writes() == before


def test_abort_stops_what_has_not_come_to_its_pause(world: World) -> None:
    run = Run(say=world.said.append, every=60, sleep=lambda _: None)
    with pytest.raises(Failed, match="Users still get the old version"):
        start.plan(world.account, NEW, None, 60).execute(run)
    with pytest.raises(Refused, match="has not come to its pause"):
        give(world)
    take_back(world)
    assert (world.history(BACKEND)[0], hooks(world, BACKEND)) == ("ROLLBACK_SUCCESSFUL", [])


def test_a_pause_that_timed_out_is_a_failure_with_its_reason(world: World) -> None:
    begin(world, minutes=10)
    CLOCK.advance(HOUR)
    with pytest.raises(Failed, match=r"is ROLLBACK_SUCCESSFUL: .*the pause timed out"):
        give(world)
    take_back(world)
    assert (hooks(world, BACKEND), kept()) == ([], [])


def test_started_again_after_a_time_out_only_the_new_pause_is_left(world: World) -> None:
    begin(world, minutes=10)
    CLOCK.advance(HOUR)
    begin(world, minutes=20)
    (hook,) = hooks(world, BACKEND)
    assert hook["timeoutConfiguration"]["timeoutInMinutes"] == 20
    take_back(world)
    assert hooks(world, BACKEND) == []


def test_an_alarm_during_the_bake_time_takes_the_other_service_back_too(world: World) -> None:
    begin(world)

    class Said(list[str]):
        def append(self, line: str) -> None:
            super().append(line)
            if line.startswith(f"wait through the bake time of {NEW} on {BACKEND}"):
                world.ring("backend")

    world.said = Said()
    with pytest.raises(Failed) as failed:
        give(world)
    told = str(failed.value)
    assert "alarm backend-5xx went into ALARM" in told
    assert f"{FRONTEND} is back on its previous revision." in told
    assert (world.image(BACKEND), world.image(FRONTEND)) == (OLD, OLD)
    assert (hooks(world, BACKEND), hooks(world, FRONTEND), kept()) == ([], [], [])


def test_abort_of_what_was_switched_is_refused(world: World) -> None:
    begin(world)
    give(world)
    with pytest.raises(Refused, match=f"{BACKEND} runs {NEW}"):
        abort.plan(world.account)


def test_a_pause_of_other_hooks_is_never_taken_out(world: World) -> None:
    late = {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "CONTINUE"},
    }
    strategy = {**world.service(BACKEND)["deploymentConfiguration"], "lifecycleHooks": [late]}
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, deploymentConfiguration=strategy)
    begin(world)
    assert len(hooks(world, BACKEND)) == 2
    take_back(world)
    assert hooks(world, BACKEND) == [late]
