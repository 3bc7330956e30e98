"""A service deployment as a state machine on the account's clock.

The stages, their order and the states are ECS's. `Actions` is the interface to tasks and rules, so
this module imports neither moto nor boto3.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html

Not modelled: Lambda hooks, linear and canary shifts, the circuit breaker, time-outs of stages, and
the start-up time of a task. A stage takes STAGE_SECONDS, a rollback ROLLBACK_SECONDS.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

RECONCILE = "RECONCILE_SERVICE"
"""The first stage if more than one revision is active when the deployment starts."""
BLUE_GREEN_STAGES = (
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
)
ROLLING_STAGES = ("SCALE_UP", "CLEAN_UP")
STAGE_SECONDS = 10.0
ROLLBACK_SECONDS = 20.0
REQUEST_SECONDS = 1.0
"""From a request to roll back to the rollback."""
ONGOING = frozenset({"PENDING", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"})
NO_CANDIDATE = "No rollback candidate was found to run the rollback."


class RollbackError(Exception):
    """A stage can't start; the message is ECS's reason for the rollback."""


class Actions(Protocol):
    """The effects of a deployment on tasks and listener rules."""

    def enter(self, stage: str) -> None:
        """Perform the stage's action; raises RollbackError if that is impossible."""

    def done(self, stage: str) -> bool:
        """Return whether the stage is complete, for instance because all tasks run."""

    def alarm(self) -> str | None:
        """Return the name of a watched alarm in ALARM."""

    def shift_back(self) -> None:
        """Shift traffic back to the source revision; raises RollbackError if that is impossible."""

    def stop_target(self) -> None:
        """Stop the target revision's tasks at the end of a rollback."""


@dataclass(frozen=True, kw_only=True)
class Hook:
    """A PAUSE hook: the deployment waits at these stages until a person acts, or the time-out."""

    stages: frozenset[str]
    timeout_seconds: float
    timeout_action: str


@dataclass(kw_only=True)
class Pause:
    """One pause of the deployment at a hook."""

    hook_id: str = field(default_factory=lambda: f"ecs-pause-{uuid.uuid4().hex}")
    timeout_action: str
    expires: float
    """On the account's clock, as is `ended`."""
    status: str = "AWAITING_ACTION"
    ended: float = 0.0

    @property
    def waits(self) -> bool:
        return self.status == "AWAITING_ACTION"

    def end(self, status: str, at: float) -> None:
        self.status, self.ended = status, at


@dataclass(kw_only=True)
class Deployment:
    """The state of one deployment; `advance` brings it up to the clock."""

    stages: tuple[str, ...]
    bake_seconds: float = 0.0
    hooks: Sequence[Hook] = ()
    has_source: bool
    """Whether a revision exists to roll back to."""
    alarm_rolls_back: bool = True
    """If False, an alarm stops the deployment without a rollback."""
    entered: float
    """Start of the current stage or state, on the account's clock."""
    position: int = 0
    status: str = "PENDING"
    reason: str = ""
    rollback_reason: str = ""
    triggered: str | None = None
    """The alarm that ended it."""
    pauses: list[Pause] = field(default_factory=list)

    @property
    def stage(self) -> str:
        return self.stages[self.position]

    @property
    def ongoing(self) -> bool:
        return self.status in ONGOING

    @property
    def waiting(self) -> list[Pause]:
        """The open pauses; each must be continued."""
        return [pause for pause in self.pauses if pause.waits]

    def advance(self, now: float, actions: Actions) -> None:
        """Go through all stages that are due."""
        if self.status == "PENDING":
            self.status = "IN_PROGRESS"
            self._enter(actions)
        while self._step(now, actions):
            pass

    def resume(self, pause: Pause, now: float, *, go_on: bool) -> None:
        """Continue a paused deployment, or request its rollback."""
        pause.end("SUCCEEDED" if go_on else "FAILED", now)
        if not go_on:
            self.request_rollback(now, "The lifecycle hook was answered with ROLLBACK.")

    def request_rollback(self, now: float, reason: str) -> None:
        """Request a rollback; no effect if one is already in progress."""
        if self.status in {"PENDING", "IN_PROGRESS"}:
            self.status, self.reason, self.entered = "ROLLBACK_REQUESTED", reason, now

    def stop(self, reason: str) -> None:
        """End without a rollback; tasks and traffic stay as they are."""
        self.status, self.reason = "STOPPED", reason

    def _step(self, now: float, actions: Actions) -> bool:
        if self.status == "ROLLBACK_REQUESTED":
            return self._after(REQUEST_SECONDS, now) and self._roll_back(actions, self.reason)
        if self.status == "ROLLBACK_IN_PROGRESS":
            return self._after(ROLLBACK_SECONDS, now) and self._end_rollback(actions)
        return self.status == "IN_PROGRESS" and self._progress(now, actions)

    def _progress(self, now: float, actions: Actions) -> bool:
        self.triggered = actions.alarm()
        if self.triggered is not None:
            return self._fail_by_alarm(now, actions)
        for pause in self.waiting:
            if now >= pause.expires:
                pause.end("TIMED_OUT", pause.expires)
                if pause.timeout_action != "CONTINUE":
                    self.entered = pause.expires
                    return self._roll_back(
                        actions, f"{self.stage} lifecycle hook(s) failed: the pause timed out."
                    )
        if self.waiting or not actions.done(self.stage):
            return False
        seconds = self.bake_seconds if self.stage == "BAKE_TIME" else STAGE_SECONDS
        left = max(self.entered + seconds, *(pause.ended for pause in self.pauses), 0.0)
        if now < left:
            return False
        self.entered = left
        if self.position + 1 == len(self.stages):
            self.status = "SUCCESSFUL"
            return False
        self.position += 1
        self._enter(actions)
        return True

    def _enter(self, actions: Actions) -> None:
        try:
            actions.enter(self.stage)
        except RollbackError as refused:
            self._roll_back(actions, str(refused))
            return
        self.pauses += [
            Pause(timeout_action=hook.timeout_action, expires=self.entered + hook.timeout_seconds)
            for hook in self.hooks
            if self.stage in hook.stages
        ]

    def _fail_by_alarm(self, now: float, actions: Actions) -> bool:
        reason = f"alarm {self.triggered} went into ALARM."
        if self.alarm_rolls_back:
            self.entered = now
            return self._roll_back(actions, f"Service deployment rolled back because {reason}")
        self.stop(f"Service deployment failed because {reason}")
        return False

    def _roll_back(self, actions: Actions, reason: str) -> bool:
        """Start the rollback; its duration counts from `entered`."""
        self.rollback_reason = reason
        for pause in self.waiting:
            pause.end("FAILED", self.entered)
        if not self.has_source:
            self.status, self.reason = "ROLLBACK_FAILED", NO_CANDIDATE
            return False
        try:
            actions.shift_back()
        except RollbackError as refused:
            self.status, self.reason = "ROLLBACK_FAILED", str(refused)
            return False
        self.status, self.reason = "ROLLBACK_IN_PROGRESS", reason
        return True

    def _end_rollback(self, actions: Actions) -> bool:
        actions.stop_target()
        self.status = "ROLLBACK_SUCCESSFUL"
        return False

    def _after(self, seconds: float, now: float) -> bool:
        if now < self.entered + seconds:
            return False
        self.entered += seconds
        return True
