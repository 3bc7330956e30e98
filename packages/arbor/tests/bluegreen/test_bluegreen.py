"""start, switch and abort: effects, refusals and second runs.

tests/engine/test_faults.py covers a fault at each call.
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
from pulumi_moto.clock import CLOCK
from staging_fixtures import BACKEND, CLUSTER, DOMAIN, FRONTEND, HEALTHY, NEW, OLD, Staging, push

HOUR = 3600.0
GREEN = f"https://green.{DOMAIN}"


def begin_test(
    staging: Staging, version: str = NEW, *, app: str | None = None, minutes: int = 60
) -> None:
    start.plan(staging.account, version, app, minutes).execute(staging.run())


def switch_over(staging: Staging, *, opener: Opener | None = None, fewer: bool = False) -> None:
    switch.plan(staging.account, opener, fewer=fewer).execute(staging.run())


def roll_back(staging: Staging) -> None:
    abort.plan(staging.account).execute(staging.run())


def hooks(staging: Staging, name: str) -> list[dict[str, Any]]:
    return list(staging.service(name)["deploymentConfiguration"].get("lifecycleHooks", []))


def records() -> list[str]:
    found = client("ssm").describe_parameters()["Parameters"]
    return sorted(one["Name"].rsplit("/", 1)[-1] for one in found)


def green(address: str) -> tuple[int, str]:
    """Responses of a healthy green host."""
    api = f"{GREEN}/api/v1/health"
    assert address in {api, f"{api}/detailed", f"{GREEN}/"}
    return 200, HEALTHY


def targets(health: Callable[[str], int]) -> Callable[..., Any]:
    def read(service: Any, _told: object) -> Any:
        return Targets(healthy=health(service.name), registered=2, desired=service.desired)

    return read


def test_start_is_refused_where_a_service_was_not_created(staging: Staging) -> None:
    client("ecs").delete_service(cluster=CLUSTER, service=FRONTEND, force=True)
    with pytest.raises(Refused, match=f"There is no service {FRONTEND}. Run `arbor migrate"):
        start.plan(staging.account, NEW, None, 60)
    assert records() == []
    begin_test(staging, app="backend")
    assert records() == ["backend"]


def test_start_pauses_both_services_with_the_new_version_on_the_green_host_only(
    staging: Staging,
) -> None:
    begin_test(staging)
    for name in (BACKEND, FRONTEND):
        (hook,) = hooks(staging, name)
        assert hook["targetType"] == "PAUSE"
        assert hook["timeoutConfiguration"] == {"timeoutInMinutes": 60, "action": "ROLLBACK"}
        assert staging.history(name) == ["IN_PROGRESS", "SUCCESSFUL"]
        assert staging.printed(f"{name} is paused until")
    assert records() == ["backend", "frontend"]
    assert staging.printed("without an answer ECS rolls the deployment back")


def test_a_dry_run_starts_nothing(staging: Staging) -> None:
    before = staging.writes()
    start.plan(staging.account, NEW, None, 60).execute(staging.run(dry_run=True))
    assert staging.printed(f"would deploy {NEW} to {BACKEND} with a pause")
    assert (staging.writes(), records()) == (before, [])


def test_a_second_start_waits_for_the_same_deployment(staging: Staging) -> None:
    begin_test(staging)
    before = staging.writes()
    begin_test(staging)
    assert staging.writes() == before


def test_a_start_killed_between_the_services_continues_with_the_other(staging: Staging) -> None:
    begin_test(staging, app="backend")
    begin_test(staging)
    assert len(staging.deployments(BACKEND)) == 2
    assert staging.history(FRONTEND)[0] == "IN_PROGRESS"


def test_another_version_is_refused_with_the_one_under_test(staging: Staging) -> None:
    push("backend", "v1.2.0")
    push("frontend", "v1.2.0")
    begin_test(staging)
    with pytest.raises(Refused, match=rf"{BACKEND} is being deployed: {BACKEND}:2 \({NEW}\)"):
        start.plan(staging.account, "v1.2.0", None, 60)
    with pytest.raises(Refused, match="is paused: run `arbor bluegreen test --stack staging`"):
        release.plan(staging.account, "v1.2.0", opener=None)


def test_a_deployment_that_does_not_pause_is_not_adopted(staging: Staging) -> None:
    release.plan(staging.account, NEW, opener=None)
    arn = staging.infrastructure("backend", NEW)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=arn)
    with pytest.raises(Refused, match="is being deployed"):
        start.plan(staging.account, NEW, None, 60)


@pytest.mark.parametrize(
    ("version", "why"), [("latest", "is not a version"), ("v9.9.9", "has no image v9.9.9")]
)
def test_a_version_that_cannot_run_is_refused(staging: Staging, version: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        start.plan(staging.account, version, None, 60)


def test_a_live_version_is_refused(staging: Staging) -> None:
    with pytest.raises(Refused, match="is already live on"):
        start.plan(staging.account, OLD, None, 60)


def test_a_service_with_a_pause_keeps_it_and_gets_no_second_one(staging: Staging) -> None:
    staging.pause(BACKEND)
    own = hooks(staging, BACKEND)
    begin_test(staging, minutes=90)
    assert hooks(staging, BACKEND) == own
    switch_over(staging)
    assert hooks(staging, BACKEND) == own
    assert hooks(staging, FRONTEND) == []


def test_switch_shifts_production_traffic_and_removes_pause_and_record(staging: Staging) -> None:
    begin_test(staging)
    switch_over(staging, opener=green)
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, NEW)
    for name in (BACKEND, FRONTEND):
        assert staging.history(name) == ["SUCCESSFUL", "SUCCESSFUL"]
        assert hooks(staging, name) == []
    assert records() == []


def test_the_backend_is_switched_before_the_frontend(staging: Staging) -> None:
    begin_test(staging)
    switch_over(staging)
    shifts = [line for line in staging.output if line.startswith("shift production")]
    assert shifts == [f"shift production traffic of {app} to {NEW}" for app in (BACKEND, FRONTEND)]


def test_a_second_switch_changes_nothing(staging: Staging) -> None:
    begin_test(staging)
    switch_over(staging)
    before = staging.writes()
    switch_over(staging)
    assert staging.writes() == before


def test_a_second_switch_removes_the_pause_of_a_killed_one(staging: Staging) -> None:
    begin_test(staging, app="backend")
    arn = staging.deployments(BACKEND)[0]["serviceDeploymentArn"]
    ecs = client("ecs")
    (found,) = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    ecs.continue_service_deployment(
        serviceDeploymentArn=arn, hookId=found["lifecycleHookDetails"][0]["hookId"]
    )
    staging.finish()
    assert hooks(staging, BACKEND)
    switch_over(staging)
    assert (hooks(staging, BACKEND), records()) == ([], [])
    assert staging.history(BACKEND) == ["SUCCESSFUL", "SUCCESSFUL"]


def test_without_a_version_under_test_the_refusal_has_the_state(staging: Staging) -> None:
    for plan in (
        lambda: switch.plan(staging.account, None, fewer=False),
        lambda: abort.plan(staging.account),
    ):
        with pytest.raises(Refused, match=rf"{BACKEND} runs {OLD}: its last deployment is SUCC"):
            plan()


@pytest.mark.parametrize("fewer", [False, True])
def test_a_colour_without_a_healthy_target_is_never_switched_to(
    staging: Staging, monkeypatch: pytest.MonkeyPatch, fewer: bool
) -> None:
    begin_test(staging)
    monkeypatch.setattr(
        "arbor.bluegreen.targets.read", targets(lambda name: 0 if name == FRONTEND else 2)
    )
    with pytest.raises(Refused, match=f"{NEW} of {FRONTEND} has 0 of"):
        switch_over(staging, fewer=fewer)
    assert staging.history(BACKEND)[0] == "IN_PROGRESS"


def test_fewer_healthy_targets_than_tasks_require_fewer(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_test(staging)
    monkeypatch.setattr("arbor.bluegreen.targets.read", targets(lambda _: 1))
    with pytest.raises(Refused, match="1 of 2 targets healthy"):
        switch_over(staging)
    switch_over(staging, fewer=True)
    assert staging.image(BACKEND) == NEW


def test_targets_of_the_new_colour_are_counted(staging: Staging) -> None:
    begin_test(staging, app="backend")
    elb, group = client("elbv2"), green_group(staging)
    for target in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]:
        elb.deregister_targets(TargetGroupArn=group, Targets=[target["Target"]])
    with pytest.raises(Refused, match="at least one is required"):
        switch_over(staging)


def green_group(staging: Staging) -> str:
    """The target group without production traffic."""
    (rule,) = client("elbv2").describe_rules(RuleArns=[staging.rules["backend"]])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return str(min(groups, key=lambda group: group["Weight"])["TargetGroupArn"])


def test_an_unhealthy_green_host_is_not_switched_to(staging: Staging) -> None:
    begin_test(staging)
    with pytest.raises(Refused, match=f"{GREEN}/api/v1/health answers 503"):
        switch_over(staging, opener=lambda _: (503, ""))
    assert staging.history(BACKEND)[0] == "IN_PROGRESS"


def test_only_services_under_test_must_be_healthy(staging: Staging) -> None:
    begin_test(staging, app="backend")
    switch_over(staging, opener=lambda a: (200, HEALTHY) if "/health" in a else (500, ""))
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, OLD)


def test_abort_restores_the_old_version_and_removes_pause_and_record(staging: Staging) -> None:
    begin_test(staging)
    roll_back(staging)
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)
    for name in (BACKEND, FRONTEND):
        assert staging.history(name) == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
        assert hooks(staging, name) == []
    assert records() == []
    before = staging.writes()
    roll_back(staging)
    assert staging.writes() == before


def test_abort_stops_a_deployment_before_its_pause(staging: Staging) -> None:
    run = Run(say=staging.output.append, every=60, sleep=lambda _: None)
    with pytest.raises(Failed, match="Users still get the old version"):
        start.plan(staging.account, NEW, None, 60).execute(run)
    with pytest.raises(Refused, match="has not paused yet"):
        switch_over(staging)
    roll_back(staging)
    assert (staging.history(BACKEND)[0], hooks(staging, BACKEND)) == ("ROLLBACK_SUCCESSFUL", [])


def test_a_pause_that_timed_out_is_a_failure_with_its_reason(staging: Staging) -> None:
    begin_test(staging, minutes=10)
    CLOCK.advance(HOUR)
    with pytest.raises(Failed, match=r"is ROLLBACK_SUCCESSFUL: .*the pause timed out"):
        switch_over(staging)
    roll_back(staging)
    assert (hooks(staging, BACKEND), records()) == ([], [])


def test_a_start_after_a_time_out_leaves_only_the_new_pause(staging: Staging) -> None:
    begin_test(staging, minutes=10)
    CLOCK.advance(HOUR)
    begin_test(staging, minutes=20)
    (hook,) = hooks(staging, BACKEND)
    assert hook["timeoutConfiguration"]["timeoutInMinutes"] == 20
    roll_back(staging)
    assert hooks(staging, BACKEND) == []


def test_an_alarm_during_the_bake_time_rolls_back_the_other_service_too(staging: Staging) -> None:
    begin_test(staging)

    class Output(list[str]):
        def append(self, line: str) -> None:
            super().append(line)
            if line.startswith(f"wait through the bake time of {NEW} on {BACKEND}"):
                staging.ring("backend")

    staging.output = Output()
    with pytest.raises(Failed) as failed:
        switch_over(staging)
    message = str(failed.value)
    assert "alarm backend-5xx went into ALARM" in message
    assert f"{FRONTEND} is back on its previous revision." in message
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (OLD, OLD)
    assert (hooks(staging, BACKEND), hooks(staging, FRONTEND), records()) == ([], [], [])


def test_abort_after_a_switch_is_refused(staging: Staging) -> None:
    begin_test(staging)
    switch_over(staging)
    with pytest.raises(Refused, match=f"{BACKEND} runs {NEW}"):
        abort.plan(staging.account)


def test_pauses_of_other_hooks_are_kept(staging: Staging) -> None:
    late = {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "CONTINUE"},
    }
    strategy = {**staging.service(BACKEND)["deploymentConfiguration"], "lifecycleHooks": [late]}
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, deploymentConfiguration=strategy)
    begin_test(staging)
    assert len(hooks(staging, BACKEND)) == 2
    roll_back(staging)
    assert hooks(staging, BACKEND) == [late]
