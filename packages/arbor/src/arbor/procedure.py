"""A procedure: it reads, refuses or returns steps. Only `Run.execute` writes."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

EVERY_SECONDS = 5.0
FIVE_MINUTES = 300.0
TRANSIENT = frozenset({429, 500, 502, 503, 504})
THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"})


class Refused(Exception):  # noqa: N818 - an outcome of a command
    """Nothing was changed; the message has the finding, the allowed values and the next action."""


class Failed(Exception):  # noqa: N818 - an outcome of a command
    """A change that was started failed; the message has the state and the next action."""


def nothing() -> None:
    """The default of `Step.do` and `Step.meanwhile`."""


def silent() -> str:
    """The default of `Step.shows`."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A write with its read-back, or a wait; `action` is an imperative such as `deploy v1.2.3`."""

    action: str
    do: Callable[[], object] = nothing
    took_effect: Callable[[], bool]
    """Whether the read-back shows the effect. Raises Failed when it can no longer come."""
    shows: Callable[[], str] = silent
    """Progress, printed whenever it changes."""
    meanwhile: Callable[[], object] = nothing
    """Called before each `took_effect`."""
    timeout: float = FIVE_MINUTES
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Executes steps: dry run, output and waiting."""

    say: Callable[[str], None]
    dry_run: bool = False
    every: float = EVERY_SECONDS
    """Seconds between two read-backs."""
    sleep: Callable[[float], None] = time.sleep

    def execute(self, steps: Iterable[Step]) -> None:
        """Do the steps in turn; a generator yields each step after the one before took effect.

        Raises Failed when AWS refuses a step, or its effect doesn't show in time. After any other
        error the effect is unknown.
        """
        for step in steps:
            self.say(f"{'would ' if self.dry_run else ''}{step.action}")
            if not self.dry_run:
                self._do(step)
                self._wait(step)

    def _do(self, step: Step) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

        try:
            step.do()
        except ClientError as error:
            raise Failed(f"{step.action}: {error}") from error

    def _wait(self, step: Step) -> None:
        waited, shown = 0.0, ""
        while not self._took_effect(step):
            if waited >= step.timeout:
                left = f" ({shown})" if shown else ""
                raise Failed(f"{step.action}: no effect after {waited / 60:.0f} minutes{left}.")
            if (now := step.shows()) and now != shown:
                self.say(f"  {now}")
                shown = now
            self.sleep(self.every)
            waited += self.every

    def _took_effect(self, step: Step) -> bool:
        """False also after a transient error."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

        try:
            step.meanwhile()
            return step.took_effect()
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status not in TRANSIENT and error.response["Error"]["Code"] not in THROTTLED:
                raise
            self.say(f"  AWS returned an error, retrying: {error}")
        except BotoCoreError as error:
            if type(error).__name__ in {"NoCredentialsError", "CredentialRetrievalError"}:
                raise
            self.say(f"  AWS is unreachable, retrying: {error}")
        return False


@dataclass(frozen=True, kw_only=True)
class Steps:
    """A plan of steps alone; `make` may be a generator function."""

    make: Callable[[], Iterable[Step]]

    def execute(self, run: Run) -> None:
        """Do them in turn. Raises Failed."""
        run.execute(self.make())
