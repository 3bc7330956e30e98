"""bluegreen start VERSION: a deployment that waits for a person once the green host shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.bluegreen import deployments, hooks, record
from arbor.bluegreen.deployments import ServiceDeployment
from arbor.ecs import connections, images, needs, quota, revisions, services
from arbor.ecs.rollout import MINUTE, Rollout
from arbor.ecs.services import STARTING_MINUTES, command, pauses
from arbor.procedure import Failed, Refused, Run, Step

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentLifecycleHookOutputTypeDef as Hook

DEFAULT_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class Begun:
    """One service: its deployment, new or found under way."""

    part: ServiceDeployment
    planned: revisions.PlannedRevision
    rollout: Rollout
    is_new: bool
    added: "list[Hook]"
    """The pause that is added; none where the service pauses anyway."""
    old: "list[Hook]"
    """Pauses of an earlier start that still stand in the configuration."""

    def steps(self) -> Iterator[Step]:
        """Register, write the record, deploy; no step where it is under way."""
        if not self.is_new:
            return
        service = self.part.service
        yield from self.planned.steps()
        yield Step(
            action=f"deploy {self.planned.image.version} to {service.name} with a pause before "
            "production traffic",
            do=self._begin,
            took_effect=lambda: self.rollout.find() is not None,
        )

    def wait(self) -> Step:
        """Until it pauses."""
        return Step(
            action=f"wait until {self.part.service.name} pauses",
            took_effect=self._is_paused,
            shows=self.rollout.progress,
            meanwhile=self.rollout.look,
            timeout=STARTING_MINUTES * MINUTE,
        )

    def _begin(self) -> None:
        service = self.part.service
        account = service.account
        # Kept first: an added pause without a record could not be removed again.
        kept = record.Record(
            version=self.planned.image.version,
            revision=self.planned.registered,
            added=[*self.old, *self.added],
            by=account.client("sts").get_caller_identity()["Arn"],
        )
        record.keep(service, kept)
        self.rollout.begin()

    def _is_paused(self) -> bool:
        deployment = self.rollout.described
        if pauses(deployment):
            return True
        if any(
            hook.get("status") == "SUCCEEDED" for hook in deployment.get("lifecycleHookDetails", [])
        ):
            raise Failed(f"The pause of {self.part.service.name} was answered already.")
        if self.rollout.succeeded():
            raise Failed(f"{self.rollout.ended()} It did not pause.")
        return False


@dataclass(frozen=True, kw_only=True)
class Start:
    """The deployments to start or to wait for, checked."""

    account: Account
    version: str
    begun: tuple[Begun, ...]

    def execute(self, run: Run) -> None:
        """Start all, then wait for all. Raises Failed; a started deployment stays under way."""
        try:
            run.execute(self._steps())
        except Failed as failed:
            raise Failed(
                f"{failed}\nUsers still get the old version. Run the same command again to "
                "continue, or "
                f"{command(self.account, 'abort')} to roll everything back."
            ) from failed
        for one in self.begun if not run.dry_run else ():
            hook = pauses(one.rollout.described)[0]
            until = f" until {hook['expiresAt']:%Y-%m-%d %H:%M %Z}" if "expiresAt" in hook else ""
            action = "rolls back" if hook.get("timeoutAction") != "CONTINUE" else "SWITCHES"
            run.say(f"  {one.part.service.name} waits{until}, and then {action} by itself.")

    def _steps(self) -> Iterator[Step]:
        for one in self.begun:
            yield from one.steps()
        for one in self.begun:
            yield one.wait()


def plan(account: Account, version: str, app: str | None, minutes: int) -> Start:
    """Of both services, or of one; raises Refused with a line for each thing in the way."""
    images.refuse_no_version(version)
    found = [part for part in deployments.read(account) if app in {None, part.service.app}]
    planned = {
        part.service.app: revisions.planned(account, part.service.name, part.service.app, version)
        for part in found
    }
    in_the_way = [
        *(sentence for part in found for sentence in _busy(part, planned[part.service.app])),
        *(sentence for one in planned.values() for sentence in needs.missing(account, one)),
    ]
    if in_the_way:
        raise Refused("\n".join(dict.fromkeys(in_the_way)))
    begun = [
        one
        for part in found
        if (one := _begun(part, planned[part.service.app], minutes)) is not None
    ]
    if not begun:
        runs = " and ".join(part.service.name for part in found)
        raise Refused(f"{runs} run what {version} would be already: there is nothing to test.")
    if in_the_way := list(_no_room(account, [one for one in begun if one.is_new])):
        raise Refused("\n".join(in_the_way))
    return Start(account=account, version=version, begun=tuple(begun))


def _no_room(account: Account, new: list[Begun]) -> Iterator[str]:
    """A sentence when the second colours, side by side, find too few vCPUs or connections left."""
    if new:
        added = sum(quota.vcpus(one.planned.content, one.part.service.desired) for one in new)
        what = f"The deployment of {' and '.join(one.part.service.name for one in new)}"
        needed = quota.running(services.every(account)) + added
        yield from quota.exceeded(account, what, needed, "scale down first")
        brought = [(one.part.service, one.planned.content) for one in new]
        yield from connections.exceeded(account, what, brought, side_by_side=True)


def _busy(part: ServiceDeployment, planned: revisions.PlannedRevision) -> Iterator[str]:
    """Why its deployment is not to be waited for as ours."""
    if not part.ongoing:
        return
    pausing = part.record is not None or hooks.pauses(part.service.configuration)
    if not (part.goes_on and pausing and planned.is_run_by(part.revision)):
        yield from part.service.busy()
    elif part.was_continued:
        yield (
            f"{part.state()} Its pause is over: {command(part.service.account, 'switch')} waits "
            "for its end."
        )


def _begun(
    part: ServiceDeployment, planned: revisions.PlannedRevision, minutes: int
) -> Begun | None:
    """None where the service runs it already."""
    service, old = part.service, part.record.added if part.record else []
    configured = hooks.replaced(service.configuration, out=old, into=[])
    added = [] if hooks.pauses(configured) else [hooks.pausing(minutes)]
    left = hooks.held(service.configuration, old)
    if part.ongoing:
        rollout = part.rollout
    else:
        live = service.live()
        if live is not None and planned.is_run_by(live):
            return None
        rollout = Rollout(
            service=service,
            revision=lambda: planned.registered,
            what=planned.image.version,
            configuration=hooks.replaced(configured, out=[], into=added) if left or added else None,
        )
    return Begun(
        part=part,
        planned=planned,
        rollout=rollout,
        is_new=not part.ongoing,
        added=added,
        old=[one for one in left if one not in added],
    )
