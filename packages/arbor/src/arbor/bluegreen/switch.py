"""bluegreen switch: shift production traffic to the tested version, and remove the added pause."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from arbor.account import Account
from arbor.bluegreen import abort, deployments, record, targets
from arbor.bluegreen.deployments import ServiceDeployment
from arbor.ecs.health import Opener
from arbor.ecs.rollout import MINUTE, SUCCESSFUL
from arbor.ecs.services import ONGOING, command
from arbor.incident import public_urls
from arbor.procedure import Failed, Refused, Run, Step


@dataclass(frozen=True, kw_only=True)
class Switch:
    """The deployments to continue in release order, checked."""

    account: Account
    found: tuple[ServiceDeployment, ...]
    """Empty if everything was switched already."""

    def execute(self, run: Run) -> None:
        """Raises Failed; if one service fails, the others are rolled back."""
        try:
            run.execute(self._steps())
        except Failed as failed:
            raise Failed("\n".join([str(failed), *self._outcome(run)])) from failed

    def _steps(self) -> Iterator[Step]:
        for part in self.found:
            if part.ongoing:
                yield Step(
                    action=f"shift production traffic of {part.service.name} to {part.version}",
                    do=partial(part.rollout.answer, "CONTINUE"),
                    took_effect=partial(_has_shifted, part),
                    meanwhile=part.rollout.refresh,
                    shows=part.rollout.progress,
                    timeout=part.service.minutes * MINUTE,
                )
        for part in self.found:
            if part.ongoing:
                yield Step(
                    action=f"wait through the bake time of {part.version} on {part.service.name} "
                    f"({part.service.bake_minutes} minutes)",
                    took_effect=part.rollout.succeeded,
                    meanwhile=part.rollout.refresh,
                    shows=part.rollout.progress,
                    timeout=part.service.minutes * MINUTE,
                )
        yield from removal_steps(self.found)

    def _outcome(self, run: Run) -> Iterator[str]:
        """Roll back the others once ECS has ended one; yields a sentence for each."""
        again = f"Run {command(self.account, 'switch')} again to continue."
        now = [part.rollout.status() for part in self.found]
        if all(status in {*ONGOING, SUCCESSFUL} for status in now):
            yield again
            return
        try:
            run.execute(abort.Abort(account=self.account, found=self.found).steps())
        except Failed as failed:
            yield f"{failed} Then run {command(self.account, 'abort')}."
            return
        for part in self.found:
            if part.status == SUCCESSFUL:
                yield f"{part.service.name} keeps {part.version}: its deployment had completed."
            else:
                yield f"{part.service.name} is back on its previous revision."


def removal_steps(found: tuple[ServiceDeployment, ...]) -> Iterator[Step]:
    """Remove from each service what `start` added."""
    for part in found:
        if part.record is not None:
            yield from record.undo(part.service, part.record)


def plan(account: Account, opener: Opener | None, *, fewer: bool) -> Switch:
    """Check everything first; `opener` requests the green host, and None skips that.

    Raises Refused with a line for each obstacle, and Failed if the deployment under test was rolled
    back.
    """
    found = deployments.read(account)
    concerned = [part for part in found if part.concerned]
    if not concerned:
        if any(part.status == SUCCESSFUL and part.was_continued for part in found):
            return Switch(account=account, found=())
        raise deployments.none(account, found, "No deployment is waiting for a switch.")
    ended = [part for part in concerned if part.is_ours and not part.ongoing]
    bad = [part.rollout.ended() for part in ended if part.status != SUCCESSFUL]
    if bad:
        raise Failed(
            "\n".join(bad)
            + f"\nUsers have the old version. Run {command(account, 'abort')} to remove the added "
            f"pause, or {command(account, 'start VERSION')} to start again."
        )
    if obstacles := [sentence for part in concerned for sentence in _obstacles(part, fewer)]:
        raise Refused("\n".join(obstacles))
    if opener is not None:
        _check_green_host(account, [part for part in concerned if part.waits], opener)
    return Switch(account=account, found=tuple(concerned))


def _obstacles(part: ServiceDeployment, fewer: bool) -> Iterator[str]:  # noqa: FBT001 - of this module
    account = part.service.account
    start = command(account, f"start {part.record.version if part.record else part.version}")
    if not part.ongoing:
        if not part.is_ours:
            yield f"{part.state()} {start} is incomplete: run it again, or run {_abort(account)}."
        return
    if not part.is_reversible:
        yield f"{part.state()} Wait until its rollback has completed."
    elif part.waits:
        yield from _unhealthy(part, fewer=fewer)
    elif not part.was_continued:
        yield f"{part.state()} It has not paused yet: run {start} to wait for the pause."


def _unhealthy(part: ServiceDeployment, *, fewer: bool) -> Iterator[str]:
    found = targets.read(part.service, part.rollout.described)
    if found.healthy == 0:
        yield (
            f"{part.version} of {part.service.name} has {found.summary()}; at least one is "
            f"required. Run {command(part.service.account, 'test')} for details, or "
            f"{_abort(part.service.account)}."
        )
    elif not found.enough and not fewer:
        yield (
            f"{part.version} of {part.service.name} has {found.summary()}; one for each task is "
            "required. Wait, or add --fewer."
        )


def _check_green_host(account: Account, waiting: list[ServiceDeployment], opener: Opener) -> None:
    """Raises Refused if the green host of a service to switch isn't healthy."""
    apps = {part.service.app for part in waiting}
    if not apps:
        return
    checks = public_urls.request(account, opener, green=True)
    if wrong := [one.sentence for one in checks if one.problem and one.service in apps]:
        raise Refused(
            "\n".join(wrong)
            + f"\nFix it and run this again, run {_abort(account)}, or add --no-url if this "
            "machine can't reach the green host."
        )


def _abort(account: Account) -> str:
    return command(account, "abort")


def _has_shifted(part: ServiceDeployment) -> bool:
    """Whether production traffic has shifted. Raises Failed after a rollback."""
    return part.rollout.succeeded() or part.has_shifted
