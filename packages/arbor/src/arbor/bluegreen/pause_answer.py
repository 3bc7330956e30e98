"""Answer the pause of a deployment while the command that started it has the lock.

docs/decisions/bluegreen.md explains why the two commands can't interleave.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import typer

from arbor import lock, screen
from arbor.account import Account
from arbor.bluegreen import deployments
from arbor.bluegreen.deployments import ServiceDeployment
from arbor.options import Plan, WriteOptions
from arbor.procedure import Refused, Run, Step

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import DeploymentLifecycleHookActionType

OURS = "bluegreen"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer to each pause; the other command reports how its deployment ends."""

    found: tuple[ServiceDeployment, ...]
    action: "DeploymentLifecycleHookActionType"

    def execute(self, run: Run) -> None:
        """Raises Failed."""
        run.execute(self._steps())

    def _steps(self) -> Iterator[Step]:
        for part in self.found:
            yield Step(
                action=f"answer the pause of {part.service.name} with {self.action}",
                do=partial(part.rollout.answer, self.action),
                took_effect=partial(_is_answered, part),
                meanwhile=part.rollout.refresh,
            )


def holder(account: Account, what: str, write: WriteOptions) -> lock.Holder | None:
    """The command that has the lock and whose deployment pauses, if it isn't one of `bluegreen`."""
    if write.take_over or (seen := lock.current(account)) is None:
        return None
    other, _ = seen
    if other.command.split()[0] == OURS or other.has_exited(lock.holder(account, what)):
        return None
    found = [part for part in deployments.read(account) if part.concerned]
    started = any(part.record is not None and part.is_ours for part in found)
    return other if found and not started else None


def answer(
    found: list[ServiceDeployment], action: "DeploymentLifecycleHookActionType", other: lock.Holder
) -> Answer:
    """Raises Refused if no deployment is paused."""
    waiting = tuple(part for part in found if part.waits)
    if not waiting:
        states = "\n".join(part.state() for part in found if part.concerned)
        raise Refused(f"{other.sentence} is not paused.\n{states}")
    return Answer(found=waiting, action=action)


def carry_out(write: WriteOptions, plan: Callable[[], Plan], done: str) -> None:
    """As `WriteOptions.carry_out`, without the lock."""
    if write.dry_run or not write.yes:
        plan().execute(Run(say=typer.echo, dry_run=True))
    if write.dry_run:
        return
    screen.confirm(yes=write.yes)
    planned = plan()
    with screen.progress() as say:
        planned.execute(Run(say=say, every=write.every))
        say(done)


def _is_answered(part: ServiceDeployment) -> bool:
    return not part.waits
