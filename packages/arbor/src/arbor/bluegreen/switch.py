"""bluegreen switch: production traffic to the tested version; the added pause is removed."""

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
    """None where everything was switched already."""

    def execute(self, run: Run) -> None:
        """Raises Failed. After one service fails, the others are rolled back."""
        try:
            run.execute(self._steps())
        except Failed as failed:
            raise Failed("\n".join([str(failed), *self._left(run)])) from failed

    def _steps(self) -> Iterator[Step]:
        for part in self.found:
            if part.ongoing:
                yield Step(
                    action=f"shift production traffic of {part.service.name} to {part.version}",
                    do=partial(part.rollout.answer, "CONTINUE"),
                    took_effect=partial(_moved, part),
                    meanwhile=part.rollout.look,
                    shows=part.rollout.progress,
                    timeout=part.service.minutes * MINUTE,
                )
        for part in self.found:
            if part.ongoing:
                yield Step(
                    action=f"wait through the bake time of {part.version} on {part.service.name} "
                    f"({part.service.bake_minutes} minutes)",
                    took_effect=part.rollout.succeeded,
                    meanwhile=part.rollout.look,
                    shows=part.rollout.progress,
                    timeout=part.service.minutes * MINUTE,
                )
        yield from undone(self.found)

    def _left(self, run: Run) -> Iterator[str]:
        """Where ECS gave a verdict, no service keeps a version that the other lost."""
        again = f"Run {command(self.account, 'switch')} again: it does what is left."
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
                yield f"{part.service.name} keeps {part.version}: its deployment was over."
            else:
                yield f"{part.service.name} is back on its previous revision."


def undone(found: tuple[ServiceDeployment, ...]) -> Iterator[Step]:
    """The removal of what `start` added, from each service."""
    for part in found:
        if part.record is not None:
            yield from record.undo(part.service, part.record)


def plan(account: Account, opener: Opener | None, *, fewer: bool) -> Switch:
    """Check everything first; `opener` requests the green host, None skips that.

    Raises Refused with a line for each obstacle, and Failed where the deployment
    that was to be switched has been rolled back.
    """
    found = deployments.read(account)
    concerned = [part for part in found if part.concerned]
    if not concerned:
        if any(part.status == SUCCESSFUL and part.was_continued for part in found):
            return Switch(account=account, found=())
        raise deployments.none(account, found, "No deployment waits for a switch.")
    ended = [part for part in concerned if part.is_ours and not part.ongoing]
    bad = [part.rollout.ended() for part in ended if part.status != SUCCESSFUL]
    if bad:
        raise Failed(
            "\n".join(bad)
            + f"\nUsers have the old version. {command(account, 'abort')} removes the added "
            f"pause, {command(account, 'start VERSION')} starts again."
        )
    if in_the_way := [sentence for part in concerned for sentence in _in_the_way(part, fewer)]:
        raise Refused("\n".join(in_the_way))
    if opener is not None:
        _ask(account, [part for part in concerned if part.waits], opener)
    return Switch(account=account, found=tuple(concerned))


def _in_the_way(part: ServiceDeployment, fewer: bool) -> Iterator[str]:  # noqa: FBT001 - of this module
    account = part.service.account
    start = command(account, f"start {part.record.version if part.record else part.version}")
    if not part.ongoing:
        if not part.is_ours:
            yield f"{part.state()} {start} did not get there: run it again, or {_abort(account)}."
        return
    if not part.goes_on:
        yield f"{part.state()} Wait until it is back."
    elif part.waits:
        yield from _unhealthy(part, fewer=fewer)
    elif not part.was_continued:
        yield f"{part.state()} It has not come to its pause: {start} waits for that."


def _unhealthy(part: ServiceDeployment, *, fewer: bool) -> Iterator[str]:
    found = targets.read(part.service, part.rollout.described)
    if found.healthy == 0:
        yield (
            f"{part.version} of {part.service.name} has no healthy target: its users would get "
            f"errors. Look with {command(part.service.account, 'test')}, or "
            f"{_abort(part.service.account)}."
        )
    elif not found.enough and not fewer:
        yield (
            f"{part.version} of {part.service.name} has {found.summary()}. Wait until there are as "
            "many as the service has tasks, or add --fewer."
        )


def _ask(account: Account, waiting: list[ServiceDeployment], opener: Opener) -> None:
    """Raises Refused when the green host of a service that is to be switched isn't healthy."""
    apps = {part.service.app for part in waiting}
    if not apps:
        return
    said = public_urls.request(account, opener, green=True)
    if wrong := [one.sentence for one in said if one.problem and one.service in apps]:
        raise Refused(
            "\n".join(wrong)
            + f"\nCorrect it and run this again, {_abort(account)}, or add --no-url when "
            "the green host can't be reached from here."
        )


def _abort(account: Account) -> str:
    return command(account, "abort")


def _moved(part: ServiceDeployment) -> bool:
    """Raises Failed when ECS has taken them back."""
    return part.rollout.succeeded() or part.users_moved
