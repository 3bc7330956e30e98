"""The state machine alone: time, hooks, alarms and refusals, with no account behind it."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulumi_moto.ecs.deployment import (
    BLUE_GREEN_STAGES,
    ONGOING,
    ROLLBACK_SECONDS,
    STAGE_SECONDS,
    Deployment,
    Hook,
    RollbackError,
)

BAKE_SECONDS = 300.0
WHOLE = STAGE_SECONDS * (len(BLUE_GREEN_STAGES) - 1) + BAKE_SECONDS
DONE = frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})


@dataclass
class World:
    """Notes what the machine did to it."""

    entered: list[str] = field(default_factory=list)
    refuses: str | None = None
    unready: bool = False
    ringing: str | None = None
    keeps: bool = False

    def enter(self, stage: str) -> None:
        if stage == self.refuses:
            raise RollbackError("it can't")
        self.entered.append(stage)

    def done(self, stage: str) -> bool:
        return not (self.unready and stage == "SCALE_UP")

    def alarm(self) -> str | None:
        return self.ringing

    def shift_back(self) -> None:
        if self.keeps:
            raise RollbackError("the rule is gone")
        self.entered.append("GIVE_BACK")

    def stop_target(self) -> None:
        self.entered.append("WITHDRAW")


def begun(**changes: Any) -> Deployment:
    params = {"stages": BLUE_GREEN_STAGES, "bake_seconds": BAKE_SECONDS, "has_source": True}
    return Deployment(**{**params, "entered": 0.0, **changes})


@given(steps=st.lists(st.floats(min_value=0, max_value=200), max_size=30))
def test_progress_is_independent_of_reads(steps: list[float]) -> None:
    often, once, seen, at_once = begun(), begun(), World(), World()
    now = 0.0
    for step in steps:
        now += step
        often.advance(now, seen)
    once.advance(now, at_once)
    often.advance(now, seen)
    assert (often.status, often.stage, seen.entered) == (once.status, once.stage, at_once.entered)
    assert tuple(seen.entered) == BLUE_GREEN_STAGES[: len(seen.entered)]


def test_a_deployment_takes_its_stages_and_the_bake_time() -> None:
    deployment = begun()
    deployment.advance(WHOLE - 0.1, World())
    assert (deployment.status, deployment.stage) == ("IN_PROGRESS", "CLEAN_UP")
    deployment.advance(WHOLE, World())
    assert deployment.status == "SUCCESSFUL"


def test_a_stage_that_is_not_done_is_not_left() -> None:
    deployment = begun()
    deployment.advance(10 * WHOLE, world := World(unready=True))
    assert deployment.stage == "SCALE_UP"
    world.unready = False
    deployment.advance(10 * WHOLE, world)
    assert deployment.status == "SUCCESSFUL"


def test_a_stage_that_refuses_rolls_back_with_its_reason() -> None:
    deployment = begun()
    deployment.advance(WHOLE, world := World(refuses="TEST_TRAFFIC_SHIFT"))
    assert (deployment.status, deployment.reason) == ("ROLLBACK_SUCCESSFUL", "it can't")
    assert world.entered[-2:] == ["GIVE_BACK", "WITHDRAW"]


def test_tasks_go_only_at_the_end_of_a_rollback() -> None:
    deployment, world = begun(), World()
    deployment.advance(25, world)
    deployment.request_rollback(25, "a request")
    deployment.advance(26, world)
    assert (deployment.status, world.entered[-1]) == ("ROLLBACK_IN_PROGRESS", "GIVE_BACK")
    deployment.request_rollback(30, "again")
    deployment.advance(26 + ROLLBACK_SECONDS, world)
    assert (deployment.status, deployment.reason) == ("ROLLBACK_SUCCESSFUL", "a request")
    assert world.entered[-1] == "WITHDRAW"


def test_a_rollback_that_cannot_shift_back_has_failed() -> None:
    deployment = begun()
    deployment.advance(0, world := World(keeps=True))
    deployment.request_rollback(0, "a request")
    deployment.advance(1, world)
    assert (deployment.status, deployment.reason) == ("ROLLBACK_FAILED", "the rule is gone")


def test_a_pause_rolls_back_at_its_time_out_independent_of_reads() -> None:
    hook = Hook(stages=frozenset({"SCALE_UP"}), timeout_seconds=60, timeout_action="ROLLBACK")
    deployment = begun(hooks=[hook])
    deployment.advance(STAGE_SECONDS + 60 + ROLLBACK_SECONDS, World())
    assert deployment.status == "ROLLBACK_SUCCESSFUL"
    assert deployment.pauses[0].status == "TIMED_OUT"


def test_a_resumed_pause_ends_and_the_stage_still_takes_its_time() -> None:
    hook = Hook(stages=frozenset({"PRE_SCALE_UP"}), timeout_seconds=60, timeout_action="ROLLBACK")
    deployment, world = begun(hooks=[hook]), World()
    deployment.advance(1, world)
    deployment.resume(deployment.waiting[0], 1, go_on=True)
    deployment.advance(STAGE_SECONDS - 1, world)
    assert deployment.stage == "PRE_SCALE_UP"
    deployment.advance(STAGE_SECONDS, world)
    assert deployment.stage == "SCALE_UP"


def test_whoever_waits_when_it_rolls_back_has_failed() -> None:
    hook = Hook(stages=frozenset({"PRE_SCALE_UP"}), timeout_seconds=60, timeout_action="CONTINUE")
    deployment, world = begun(hooks=[hook]), World()
    deployment.advance(1, world)
    world.ringing = "alarm"
    deployment.advance(2, world)
    assert (deployment.status, deployment.triggered) == ("ROLLBACK_IN_PROGRESS", "alarm")
    assert deployment.pauses[0].status == "FAILED"


def test_every_state_is_either_ongoing_or_done() -> None:
    assert not ONGOING & DONE
    for status in DONE:
        deployment = begun(status=status)
        deployment.advance(WHOLE, world := World())
        deployment.request_rollback(WHOLE, "a request")
        assert (deployment.status, world.entered) == (status, [])
