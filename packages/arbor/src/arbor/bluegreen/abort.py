"""bluegreen abort: roll back the version under test, and remove the pause that `start` added."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from arbor.account import Account
from arbor.bluegreen import deployments, record
from arbor.bluegreen.deployments import ServiceDeployment
from arbor.ecs.rollout import MINUTE, ROLLED_BACK, SUCCESSFUL
from arbor.ecs.services import ONGOING, command
from arbor.procedure import Failed, Refused, Run, Step


@dataclass(frozen=True, kw_only=True)
class Abort:
    """The deployments to roll back, the last released first."""

    account: Account
    found: tuple[ServiceDeployment, ...]
    """Empty if everything is rolled back already."""

    def execute(self, run: Run) -> None:
        """Raises Failed; a second run continues."""
        try:
            run.execute(self.steps())
        except Failed as failed:
            again = command(self.account, "abort")
            raise Failed(f"{failed}\nRun {again} again to continue.") from failed

    def steps(self) -> Iterator[Step]:
        """Start all rollbacks, wait for them, then remove what `start` added."""
        ongoing = [part for part in reversed(self.found) if part.ongoing]
        for part in ongoing:
            yield Step(
                action=f"roll back the deployment of {part.version} to {part.service.name}",
                do=part.rollout.roll_back,
                took_effect=partial(_is_rolling_back, part),
                meanwhile=part.rollout.refresh,
            )
        for part in ongoing:
            yield Step(
                action=f"wait until {part.service.name} is rolled back",
                took_effect=partial(_is_rolled_back, part),
                meanwhile=part.rollout.refresh,
                shows=part.rollout.progress,
                timeout=part.service.minutes * MINUTE,
            )
        for part in self.found:
            if part.record is not None:
                yield from record.undo(part.service, part.record)
            if part.is_ours and part.status == SUCCESSFUL:
                back = part.service.account.typed(f"arbor rollback {part.service.app}")
                yield Step(
                    action=f"leave {part.service.name} on {part.version}, which has the production "
                    f"traffic; `{back}` rolls it back",
                    took_effect=lambda: True,
                )


def plan(account: Account) -> Abort:
    """Raises Refused if no deployment can be rolled back."""
    found = deployments.read(account)
    concerned = [part for part in found if part.concerned]
    if not concerned:
        if any(part.status == ROLLED_BACK for part in found):
            return Abort(account=account, found=())
        raise deployments.none(account, found, "No version is under test.")
    if all(part.is_ours and part.status == SUCCESSFUL for part in concerned):
        states = "\n".join(part.state() for part in concerned)
        raise Refused(
            f"{states}\nProduction traffic has shifted already: run "
            f"`{account.typed('arbor rollback')}` to roll back, or {command(account, 'switch')} to "
            "remove the added pause."
        )
    return Abort(account=account, found=tuple(concerned))


def _is_rolling_back(part: ServiceDeployment) -> bool:
    return bool(part.status) and not part.is_reversible


def _is_rolled_back(part: ServiceDeployment) -> bool:
    """Whether ECS rolled it back. Raises Failed if it ended otherwise."""
    if part.status in ONGOING:
        return False
    if part.status == ROLLED_BACK:
        return True
    raise Failed(part.rollout.ended())
