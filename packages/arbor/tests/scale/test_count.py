"""scale: floor, count and the floor's scheduled return."""

from datetime import datetime, timedelta

import pytest

from arbor.procedure import Refused
from arbor.scale import count
from ecs_world import HOUR, client
from pulumi_moto.clock import CLOCK
from scale_fixtures import CEILING, floor, now, register, scheduled_floors
from staging_fixtures import BACKEND, CLUSTER, NEW, Staging


def scale(staging: Staging, tasks: int, *, hours: float | None = None) -> None:
    due = None if hours is None else now() + timedelta(hours=hours)
    count.plan(staging.account, "backend", tasks, due, now()).execute(staging.run())


def desired(staging: Staging) -> tuple[int, int]:
    found = staging.service(BACKEND)
    return found["desiredCount"], found["runningCount"]


def test_floor_and_count_are_raised_and_all_tasks_serve(scaled: Staging) -> None:
    scale(scaled, 6)
    assert floor() == 6
    assert desired(scaled) == (6, 6)
    assert scheduled_floors() == []
    assert scaled.printed("set the autoscaling floor of arbor-staging-backend from 2 to 6")
    assert scaled.printed(
        "until you set it again (`arbor scale backend 2 --stack staging` restores"
    )
    assert scaled.printed("set arbor:services.backend.min to 6")
    assert floor("frontend") == 2


def test_the_floor_is_set_before_the_count(scaled: Staging) -> None:
    """Otherwise autoscaling would stop the new tasks in between."""
    steps = [step.action for step in count.plan(scaled.account, "backend", 6, None, now()).steps()]
    assert [step.split()[0] for step in steps] == ["set", "scale"]


def test_a_lower_count_lowers_the_floor_too(scaled: Staging) -> None:
    scale(scaled, 6)
    scale(scaled, 1)
    assert (floor(), desired(scaled)) == (1, (1, 1))


def test_the_floor_returns_as_scheduled_and_no_task_is_stopped(scaled: Staging) -> None:
    scale(scaled, 6, hours=2)
    assert floor() == 6
    assert scaled.printed("The floor returns from 6 to 2 at ")
    assert scaled.printed("target tracking then scales in when the load is low")
    CLOCK.advance(2 * HOUR + 60)
    assert (floor(), desired(scaled)[0]) == (2, 6)


def test_a_lowered_floor_returns_with_its_tasks(scaled: Staging) -> None:
    scale(scaled, 1, hours=2)
    assert scaled.printed("AWS then starts the missing tasks")
    CLOCK.advance(2 * HOUR + 60)
    assert (floor(), desired(scaled)[0]) == (2, 2)


def test_a_second_scale_replaces_the_time_and_keeps_the_first_floor(scaled: Staging) -> None:
    scale(scaled, 4, hours=2)
    (before,) = scheduled_floors()
    scale(scaled, 8, hours=5)
    (after,) = scheduled_floors()
    assert (before[1], after[1]) == (2, 2)
    assert before[0] != after[0]
    CLOCK.advance(2 * HOUR + 60)
    assert floor() == 8
    CLOCK.advance(3 * HOUR + 60)
    assert floor() == 2


def test_a_command_killed_before_the_floor_changed_keeps_the_first_floor(scaled: Staging) -> None:
    plan = count.plan(scaled.account, "backend", 6, now() + timedelta(hours=2), now())
    scaled.run().execute(
        [next(plan.steps())]
    )  # the scheduled action exists, and nothing else has changed
    assert (floor(), [to for _, to in scheduled_floors()]) == (2, [2])
    scale(scaled, 6, hours=2)
    assert (floor(), [to for _, to in scheduled_floors()]) == (6, [2])


def test_without_until_the_floor_stays_and_its_return_is_cancelled(scaled: Staging) -> None:
    scale(scaled, 6, hours=2)
    scale(scaled, 8)
    assert scheduled_floors() == []
    CLOCK.advance(3 * HOUR)
    assert floor() == 8


def test_the_first_floor_requires_no_scheduled_return(scaled: Staging) -> None:
    scale(scaled, 6, hours=2)
    scale(scaled, 2, hours=2)
    assert (floor(), scheduled_floors()) == (2, [])


def test_an_executed_scheduled_action_is_ignored(scaled: Staging) -> None:
    scale(scaled, 6, hours=1)
    CLOCK.advance(2 * HOUR)
    register(scaled, MinCapacity=3)  # `pulumi up` has set config's floor since
    scale(scaled, 6, hours=1)
    assert [to for _, to in scheduled_floors()] == [3]


def test_a_scale_while_the_floor_returns_is_refused(scaled: Staging) -> None:
    scale(scaled, 6, hours=1)
    due = now() + timedelta(hours=1, minutes=1)  # by the operator's clock; AWS is late
    with pytest.raises(Refused, match=r"returns to 2 at .* about now: run this again"):
        count.plan(scaled.account, "backend", 8, due + timedelta(hours=1), due)


def test_an_unchanged_count_is_only_verified(scaled: Staging) -> None:
    scale(scaled, 2)
    assert [line for line in scaled.output if line.startswith(("set", "scale", "schedule"))] == []
    assert scaled.printed("wait until all tasks of arbor-staging-backend run the revision")


@pytest.mark.parametrize("tasks", [0, CEILING + 1])
def test_a_count_outside_of_the_limits_is_refused_with_their_config_key(
    scaled: Staging, tasks: int
) -> None:
    with pytest.raises(Refused) as refused:
        scale(scaled, tasks)
    assert str(refused.value) == (
        f"arbor-staging-backend may run 1 to 10 tasks, not {tasks}. Raise its ceiling, "
        "arbor:services.backend.max in Pulumi.staging.yaml, and run `pulumi up` of "
        "staging."
    )


def test_a_time_that_passed_during_the_confirmation_is_refused(scaled: Staging) -> None:
    past: datetime = now() - timedelta(minutes=1)
    with pytest.raises(Refused, match="has passed"):
        count.plan(scaled.account, "backend", 6, past, now())


def test_a_service_without_autoscaling_is_refused(staging: Staging) -> None:
    with pytest.raises(Refused, match="has no autoscaling"):
        scale(staging, 3)


def test_until_is_refused_while_scheduled_scaling_is_suspended(scaled: Staging) -> None:
    register(scaled, SuspendedState={"ScheduledScalingSuspended": True})
    with pytest.raises(Refused, match=r"--suspended-state ScheduledScalingSuspended=false"):
        scale(scaled, 6, hours=2)
    scale(scaled, 6)
    assert floor() == 6


def test_suspended_scaling_is_reported(scaled: Staging) -> None:
    register(
        scaled,
        SuspendedState={"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True},
    )
    scale(scaled, 3)
    assert scaled.printed("Scale-in is suspended: autoscaling stops no task. To resume: `aws ")
    assert scaled.printed("Scale-out is suspended: autoscaling starts no task.")
    assert scaled.printed("--suspended-state DynamicScalingOutSuspended=false")


def test_during_a_deployment_both_colours_are_scaled_with_a_note(scaled: Staging) -> None:
    arn = scaled.infrastructure("backend", NEW)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=arn)
    scale(scaled, 4)
    assert scaled.printed("A deployment of arbor-staging-backend is in progress: both colours")
    assert desired(scaled)[0] == 4
    scaled.finish()
    assert scaled.history(BACKEND)[0] == "SUCCESSFUL"
    assert desired(scaled) == (4, 4)


def test_a_dry_run_prints_every_step_and_changes_nothing(scaled: Staging) -> None:
    plan = count.plan(scaled.account, "backend", 6, now() + timedelta(hours=2), now())
    plan.execute(scaled.run(dry_run=True))
    assert scaled.printed("would schedule arbor-staging-backend's return to 2 at")
    assert scaled.printed("would scale arbor-staging-backend from 2 to 6 tasks")
    assert (floor(), desired(scaled), scheduled_floors()) == (2, (2, 2), [])
