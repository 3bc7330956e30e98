"""scale: floor and count, what brings the floor back, and what is said."""

from datetime import datetime, timedelta

import pytest

from arbor.procedure import Refused
from arbor.scale import count
from ecs_world import HOUR, client
from operations_world import BACKEND, CLUSTER, NEW, World
from pulumi_moto.clock import CLOCK
from scale_world import CEILING, fall_backs, floor, now, register


def scale(world: World, tasks: int, *, hours: float | None = None) -> None:
    due = None if hours is None else now() + timedelta(hours=hours)
    count.plan(world.account, "backend", tasks, due, now()).execute(world.run())


def desired(world: World) -> tuple[int, int]:
    found = world.service(BACKEND)
    return found["desiredCount"], found["runningCount"]


def test_floor_and_count_go_up_and_it_waits_until_all_serve(scaled: World) -> None:
    scale(scaled, 6)
    assert floor() == 6
    assert desired(scaled) == (6, 6)
    assert fall_backs() == []
    assert scaled.heard("set the autoscaling floor of arbor-staging-backend from 2 to 6")
    assert scaled.heard("stays until it is set again (`arbor scale backend 2 --stack staging`")
    assert scaled.heard("set arbor:services.backend.min to 6")
    assert floor("frontend") == 2


def test_the_floor_is_moved_before_the_count(scaled: World) -> None:
    """Or autoscaling takes the tasks away again between the two."""
    steps = [step.action for step in count.plan(scaled.account, "backend", 6, None, now()).steps()]
    assert [step.split()[0] for step in steps] == ["set", "scale"]


def test_a_lower_count_lowers_the_floor_too(scaled: World) -> None:
    scale(scaled, 6)
    scale(scaled, 1)
    assert (floor(), desired(scaled)) == (1, (1, 1))


def test_the_floor_falls_back_by_itself_and_no_task_is_taken_away(scaled: World) -> None:
    scale(scaled, 6, hours=2)
    assert floor() == 6
    assert scaled.heard("The floor returns from 6 to 2 at ")
    assert scaled.heard("target tracking then scales in when the load is low")
    CLOCK.advance(2 * HOUR + 60)
    assert (floor(), desired(scaled)[0]) == (2, 6)


def test_a_floor_that_was_lowered_comes_back_up_with_its_tasks(scaled: World) -> None:
    scale(scaled, 1, hours=2)
    assert scaled.heard("AWS then starts the missing tasks")
    CLOCK.advance(2 * HOUR + 60)
    assert (floor(), desired(scaled)[0]) == (2, 2)


def test_a_second_scale_replaces_the_time_and_keeps_the_first_floor(scaled: World) -> None:
    scale(scaled, 4, hours=2)
    (before,) = fall_backs()
    scale(scaled, 8, hours=5)
    (after,) = fall_backs()
    assert (before[1], after[1]) == (2, 2)
    assert before[0] != after[0]
    CLOCK.advance(2 * HOUR + 60)
    assert floor() == 8
    CLOCK.advance(3 * HOUR + 60)
    assert floor() == 2


def test_one_that_was_killed_before_the_floor_moved_is_no_other_start(scaled: World) -> None:
    plan = count.plan(scaled.account, "backend", 6, now() + timedelta(hours=2), now())
    scaled.run().execute([next(plan.steps())])  # what brings it back is there, and nothing else
    assert (floor(), [to for _, to in fall_backs()]) == (2, [2])
    scale(scaled, 6, hours=2)
    assert (floor(), [to for _, to in fall_backs()]) == (6, [2])


def test_without_a_time_it_stays_and_what_was_planned_is_taken_off(scaled: World) -> None:
    scale(scaled, 6, hours=2)
    scale(scaled, 8)
    assert fall_backs() == []
    CLOCK.advance(3 * HOUR)
    assert floor() == 8


def test_back_to_where_it_was_needs_no_time(scaled: World) -> None:
    scale(scaled, 6, hours=2)
    scale(scaled, 2, hours=2)
    assert (floor(), fall_backs()) == (2, [])


def test_an_action_whose_time_is_over_says_nothing_of_the_floor(scaled: World) -> None:
    scale(scaled, 6, hours=1)
    CLOCK.advance(2 * HOUR)
    register(scaled, MinCapacity=3)  # config's, since
    scale(scaled, 6, hours=1)
    assert [to for _, to in fall_backs()] == [3]


def test_at_the_minute_of_the_fall_back_nobody_guesses_what_the_floor_was(scaled: World) -> None:
    scale(scaled, 6, hours=1)
    due = now() + timedelta(hours=1, minutes=1)  # as the operator's clock has it: AWS is late
    with pytest.raises(Refused, match=r"returns to 2 at .* about now: run this again"):
        count.plan(scaled.account, "backend", 8, due + timedelta(hours=1), due)


def test_what_is_so_already_is_only_looked_at(scaled: World) -> None:
    scale(scaled, 2)
    assert [line for line in scaled.said if line.startswith(("set", "scale", "schedule"))] == []
    assert scaled.heard("wait until all tasks of arbor-staging-backend run it")


@pytest.mark.parametrize("tasks", [0, CEILING + 1])
def test_a_count_outside_of_the_limits_is_refused_with_where_they_are(
    scaled: World, tasks: int
) -> None:
    with pytest.raises(Refused) as refused:
        scale(scaled, tasks)
    assert str(refused.value) == (
        f"arbor-staging-backend may run 1 to 10 tasks, not {tasks}. The ceiling is "
        "arbor:services.backend.max in Pulumi.staging.yaml: raise it there, then `pulumi up` of "
        "staging."
    )


def test_a_time_that_has_passed_while_somebody_was_asked_is_refused(scaled: World) -> None:
    past: datetime = now() - timedelta(minutes=1)
    with pytest.raises(Refused, match="has passed"):
        count.plan(scaled.account, "backend", 6, past, now())


def test_a_service_without_autoscaling_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="has no autoscaling"):
        scale(world, 3)


def test_while_schedules_are_suspended_no_floor_can_be_promised_back(scaled: World) -> None:
    register(scaled, SuspendedState={"ScheduledScalingSuspended": True})
    with pytest.raises(Refused, match=r"--suspended-state ScheduledScalingSuspended=false"):
        scale(scaled, 6, hours=2)
    scale(scaled, 6)
    assert floor() == 6


def test_what_is_suspended_is_said(scaled: World) -> None:
    register(
        scaled,
        SuspendedState={"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True},
    )
    scale(scaled, 3)
    assert scaled.heard("Scale-in is suspended: autoscaling stops no task. To resume: `aws ")
    assert scaled.heard("Scale-out is suspended: autoscaling starts no task.")
    assert scaled.heard("--suspended-state DynamicScalingOutSuspended=false")


def test_while_colours_change_both_are_scaled_and_it_is_said(scaled: World) -> None:
    arn = scaled.infrastructure("backend", NEW)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=arn)
    scale(scaled, 4)
    assert scaled.heard("A deployment of arbor-staging-backend is under way: both colours")
    assert desired(scaled)[0] == 4
    scaled.finish()
    assert scaled.history(BACKEND)[0] == "SUCCESSFUL"
    assert desired(scaled) == (4, 4)


def test_a_dry_run_says_all_and_changes_nothing(scaled: World) -> None:
    plan = count.plan(scaled.account, "backend", 6, now() + timedelta(hours=2), now())
    plan.execute(scaled.run(dry_run=True))
    assert scaled.heard("would schedule arbor-staging-backend's return to 2 at")
    assert scaled.heard("would scale arbor-staging-backend from 2 to 6 tasks")
    assert (floor(), desired(scaled), fall_backs()) == (2, (2, 2), [])
