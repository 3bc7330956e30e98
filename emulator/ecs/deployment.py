"""A service deployment as a state machine over the account's clock.

The stages and their order are ECS's. What a stage does to tasks and rules is behind `Actions`,
so that this file knows no moto and no AWS.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html

Not modelled: Lambda hooks, linear and canary shifts, the circuit breaker, and a scale-up that
fails. A deployment that starts while another runs stops that one first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

BLUE_GREEN_STAGES = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
)
ROLLING_STAGES = ("SCALE_UP", "CLEAN_UP")
STAGE_SECONDS = 10.0
RUNNING = frozenset({"PENDING", "IN_PROGRESS"})


class RollbackError(Exception):
    """A stage can't be entered; the message is ECS's reason for rolling back."""


class Actions(Protocol):
    """What a deployment does to the world."""

    def enter(self, stage: str) -> None:
        """Do what the stage does; raises RollbackError when it can't."""

    def alarm(self) -> str | None:
        """The name of a deployment alarm that is in ALARM."""

    def roll_back(self) -> None:
        """Give traffic and tasks back to the source revision."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A PAUSE hook: the stage waits for a person."""

    hook_id: str
    timeout_seconds: float
    timeout_action: str


@dataclass(kw_only=True)
class Deployment:
    """Where one deployment is; `advance` brings it to where it should be now."""

    stages: tuple[str, ...]
    bake_seconds: float
    pauses: Mapping[str, Pause] = field(default_factory=dict)
    """By stage."""
    entered: float
    """When the current stage began, on the account's clock."""
    position: int = 0
    status: str = "PENDING"
    reason: str = ""
    released: set[str] = field(default_factory=set)
    """Ids of hooks that somebody continued."""

    @property
    def stage(self) -> str:
        return self.stages[self.position]

    @property
    def running(self) -> bool:
        return self.status in RUNNING

    @property
    def waiting(self) -> Pause | None:
        """The hook that the deployment waits for now."""
        pause = self.pauses.get(self.stage)
        if not self.running or pause is None or pause.hook_id in self.released:
            return None
        return pause

    def advance(self, now: float, actions: Actions) -> None:
        """Go through every stage whose time has come."""
        if self.status == "PENDING":
            self.status = "IN_PROGRESS"
            self._enter(actions)
        while self.running:
            if (alarm := actions.alarm()) is not None:
                self.roll_back(actions, f"Service deployment rolled back because of alarm {alarm}.")
                return
            left = self.entered + self._seconds()
            if (pause := self.waiting) is not None:
                left = self.entered + pause.timeout_seconds
                if now >= left and pause.timeout_action != "CONTINUE":
                    self.roll_back(actions, "The pause hook timed out.")
                    return
            if now < left:
                return
            self.entered = left
            if self.position + 1 == len(self.stages):
                self.status = "SUCCESSFUL"
                return
            self.position += 1
            self._enter(actions)

    def release(self, hook_id: str, now: float) -> None:
        """Continue after a pause; the stage's own time begins now."""
        self.released.add(hook_id)
        self.entered = now - STAGE_SECONDS

    def roll_back(self, actions: Actions, reason: str) -> None:
        actions.roll_back()
        self.status, self.reason = "ROLLBACK_SUCCESSFUL", reason

    def _seconds(self) -> float:
        return self.bake_seconds if self.stage == "BAKE_TIME" else STAGE_SECONDS

    def _enter(self, actions: Actions) -> None:
        try:
            actions.enter(self.stage)
        except RollbackError as refused:
            self.roll_back(actions, str(refused))
