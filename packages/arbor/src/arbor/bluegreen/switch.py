"""bluegreen switch: the tested colour takes the users; what `start` added is taken out again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from arbor.account import Account
from arbor.bluegreen import abort, deployments, record, targets
from arbor.bluegreen.deployments import ServiceDeployment
from arbor.ecs.health import Opener
from arbor.ecs.rollout import MINUTE, SUCCESSFUL
from arbor.ecs.services import ONGOING, command
from arbor.incident import answers
from arbor.procedure import Failed, Refused, Run, Step


@dataclass(frozen=True, kw_only=True)
class Switch:
    """The deployments to continue, the backend's first, checked."""

    account: Account
    found: tuple[ServiceDeployment, ...]
    """None where everything was switched already."""

    def execute(self, run: Run) -> None:
        """Raises Failed. What one service's failure leaves half way is taken back in the other."""
        try:
            run.execute(self._steps())
        except Failed as failed:
            raise Failed("\n".join([str(failed), *self._left(run)])) from failed

    def _steps(self) -> Iterator[Step]:
        for part in self.found:
            if part.ongoing:
                yield Step(
                    says=f"give {part.version} of {part.service.name} the users",
                    do=partial(part.rollout.answer, "CONTINUE"),
                    took_effect=partial(_moved, part),
                    meanwhile=part.rollout.look,
                    shows=part.rollout.progress,
                    timeout=part.service.minutes * MINUTE,
                )
        for part in self.found:
            if part.ongoing:
                yield Step(
                    says=f"see {part.version} of {part.service.name} through its bake time of "
                    f"{part.service.bake_minutes} minutes",
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
                yield f"{part.service.name} is back on what it ran before."


def undone(found: tuple[ServiceDeployment, ...]) -> Iterator[Step]:
    """What `start` added, taken out of each."""
    for part in found:
        if part.record is not None:
            yield from record.undo(part.service, part.record)


def plan(account: Account, opener: Opener | None, *, fewer: bool) -> Switch:
    """Look at everything first; `opener` asks the green host, None leaves that out.

    Raises Refused with a line for each thing that is in the way, and Failed where the deployment
    that was to be switched has been rolled back.
    """
    found = deployments.read(account)
    concerned = [part for part in found if part.concerned]
    if not concerned:
        if any(part.status == SUCCESSFUL and part.was_continued for part in found):
            return Switch(account=account, found=())
        raise deployments.none(account, found, "Nothing waits to be switched.")
    ended = [part for part in concerned if part.is_ours and not part.ongoing]
    bad = [part.rollout.ended() for part in ended if part.status != SUCCESSFUL]
    if bad:
        raise Failed(
            "\n".join(bad)
            + f"\nThe users have the old version. {command(account, 'abort')} takes the added "
            f"pause out, {command(account, 'start VERSION')} tries again."
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
    found = targets.read(part.service, part.rollout.told)
    if found.healthy == 0:
        yield (
            f"{part.version} of {part.service.name} has no healthy target: its users would get "
            f"errors. Look with {command(part.service.account, 'test')}, or "
            f"{_abort(part.service.account)}."
        )
    elif not found.enough and not fewer:
        yield (
            f"{part.version} of {part.service.name} has {found.told()}. Wait until there are as "
            "many as the service has tasks, or add --fewer."
        )


def _ask(account: Account, waiting: list[ServiceDeployment], opener: Opener) -> None:
    """Raises Refused when the green host of a service that is to be switched isn't healthy."""
    apps = {part.service.app for part in waiting}
    if not apps:
        return
    said = answers.ask(account, opener, green=True)
    if wrong := [one.sentence for one in said if one.wrong and one.service in apps]:
        raise Refused(
            "\n".join(wrong) + f"\nMend it and try again, {_abort(account)}, or add --no-url when "
            "the green host can't be reached from here."
        )


def _abort(account: Account) -> str:
    return command(account, "abort")


def _moved(part: ServiceDeployment) -> bool:
    """Raises Failed when ECS has taken them back."""
    return part.rollout.succeeded() or part.users_moved
