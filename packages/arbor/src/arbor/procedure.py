"""A procedure reads, refuses or returns steps. Only `Run.execute` writes."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

EVERY_SECONDS = 5.0
FIVE_MINUTES = 300.0
TRANSIENT = frozenset({429, 500, 502, 503, 504})
THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"})


class Refused(Exception):  # noqa: N818 - an outcome, told as such
    """Nothing was changed; the operator can act on this: what was found, and what to do."""


class Failed(Exception):  # noqa: N818 - an outcome, told as such
    """Something was begun and came to a bad end; the message says what is left, and what to do."""


def nothing() -> None:
    """What most steps do while they wait."""


def silent() -> str:
    """What most steps show while they wait."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change or one look; `says` is a sentence without its subject, such as `deploy v1.2.3`."""

    says: str
    do: Callable[[], object] = nothing
    took_effect: Callable[[], bool]
    """Raises Failed when it never will."""
    shows: Callable[[], str] = silent
    """How far it has come; told whenever it changes."""
    meanwhile: Callable[[], object] = nothing
    """Done before each look, for what waits for an answer."""
    timeout: float = FIVE_MINUTES


@dataclass(frozen=True, kw_only=True)
class Run:
    """How steps are executed: the dry run, the telling and the waiting exist once."""

    say: Callable[[str], None]
    dry_run: bool = False
    every: float = EVERY_SECONDS
    sleep: Callable[[float], None] = time.sleep

    def execute(self, steps: Iterable[Step]) -> None:
        """Do the steps in turn; a generator reads what is left only after the step before it.

        Raises Failed when AWS refuses a step or it has no effect in time. Any other error means
        that nobody knows how the step ended.
        """
        for step in steps:
            self.say(f"{'would ' if self.dry_run else ''}{step.says}")
            if not self.dry_run:
                self._do(step)
                self._wait(step)

    def _do(self, step: Step) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

        try:
            step.do()
        except ClientError as error:
            raise Failed(f"{step.says}: {error}") from error

    def _wait(self, step: Step) -> None:
        waited, shown = 0.0, ""
        while not self._look(step):
            if waited >= step.timeout:
                left = f" ({shown})" if shown else ""
                raise Failed(f"{step.says}: no effect after {waited / 60:.0f} minutes{left}.")
            if (now := step.shows()) and now != shown:
                self.say(f"  {now}")
                shown = now
            self.sleep(self.every)
            waited += self.every

    def _look(self, step: Step) -> bool:
        """One that could not be answered is no verdict: it is taken again."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

        try:
            step.meanwhile()
            return step.took_effect()
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status not in TRANSIENT and error.response["Error"]["Code"] not in THROTTLED:
                raise
            self.say(f"  AWS could not answer; looking again: {error}")
        except BotoCoreError as error:
            if type(error).__name__ in {"NoCredentialsError", "CredentialRetrievalError"}:
                raise
            self.say(f"  AWS was not reached; looking again: {error}")
        return False


@dataclass(frozen=True, kw_only=True)
class Steps:
    """A plan that is nothing but its steps; `make` may be a generator function."""

    make: Callable[[], Iterable[Step]]

    def execute(self, run: Run) -> None:
        """Do them in turn. Raises Failed."""
        run.execute(self.make())
