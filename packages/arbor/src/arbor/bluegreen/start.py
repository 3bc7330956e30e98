"""bluegreen start VERSION: a deployment that pauses once the green host serves it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.bluegreen import deployments, hooks, record
from arbor.bluegreen.deployments import ServiceDeployment
from arbor.ecs import connections, images, quota, requirements, revisions, services
from arbor.ecs.rollout import MINUTE, Rollout
from arbor.ecs.services import STARTING_MINUTES, command, pauses
from arbor.procedure import Failed, Refused, Run, Step

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentLifecycleHookOutputTypeDef as Hook

DEFAULT_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class ServiceStart:
    """The start of one service's test: a new deployment, or the one in progress."""

    part: ServiceDeployment
    planned: revisions.PlannedRevision
    rollout: Rollout
    is_new: bool
    added: "list[Hook]"
    """The pause that is added; empty if the service pauses anyway."""
    old: "list[Hook]"
    """Pauses of an earlier start that are still in the configuration."""

    def steps(self) -> Iterator[Step]:
        """Register, write the record, deploy; no step if it is in progress."""
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
        """Wait until it pauses."""
        return Step(
            action=f"wait until {self.part.service.name} pauses",
            took_effect=self._is_paused,
            shows=self.rollout.progress,
            meanwhile=self.rollout.refresh,
            timeout=STARTING_MINUTES * MINUTE,
        )

    def _begin(self) -> None:
        service = self.part.service
        account = service.account
        # Written first: an added pause without a record could not be removed again.
        kept = record.Record(
            version=self.planned.image.version,
            revision=self.planned.registered,
            added=[*self.old, *self.added],
            by=account.client("sts").get_caller_identity()["Arn"],
        )
        record.write(service, kept)
        self.rollout.begin()

    def _is_paused(self) -> bool:
        deployment = self.rollout.described
        if pauses(deployment):
            return True
        if any(
            hook.get("status") == "SUCCEEDED" for hook in deployment.get("lifecycleHookDetails", [])
        ):
            raise Failed(f"The pause of {self.part.service.name} has already been answered.")
        if self.rollout.succeeded():
            raise Failed(f"{self.rollout.ended()} It did not pause.")
        return False


@dataclass(frozen=True, kw_only=True)
class Start:
    """The deployments to start or to wait for, checked."""

    account: Account
    version: str
    starts: tuple[ServiceStart, ...]

    def execute(self, run: Run) -> None:
        """Start all, then wait for all. Raises Failed; a started deployment continues."""
        try:
            run.execute(self._steps())
        except Failed as failed:
            raise Failed(
                f"{failed}\nUsers still get the old version. Run the same command again to "
                "continue, or "
                f"{command(self.account, 'abort')} to roll everything back."
            ) from failed
        for one in self.starts if not run.dry_run else ():
            hook = pauses(one.rollout.described)[0]
            until = f" until {hook['expiresAt']:%Y-%m-%d %H:%M %Z}" if "expiresAt" in hook else ""
            action = (
                "rolls the deployment back"
                if hook.get("timeoutAction") != "CONTINUE"
                else "SHIFTS production traffic"
            )
            run.say(f"  {one.part.service.name} is paused{until}; without an answer ECS {action}.")

    def _steps(self) -> Iterator[Step]:
        for one in self.starts:
            yield from one.steps()
        for one in self.starts:
            yield one.wait()


def plan(account: Account, version: str, app: str | None, minutes: int) -> Start:
    """Plan all services, or the one of `app`. Raises Refused with a line for each obstacle."""
    images.require_version(version)
    found = [part for part in deployments.read(account) if app in {None, part.service.app}]
    if app is None:
        services.refuse_not_created(account, (part.service.app for part in found))
    planned = {
        part.service.app: revisions.planned(account, part.service.name, part.service.app, version)
        for part in found
    }
    obstacles = [
        *(sentence for part in found for sentence in _busy(part, planned[part.service.app])),
        *(sentence for one in planned.values() for sentence in requirements.missing(account, one)),
    ]
    if obstacles:
        raise Refused("\n".join(dict.fromkeys(obstacles)))
    starts = [
        one
        for part in found
        if (one := _service_start(part, planned[part.service.app], minutes)) is not None
    ]
    if not starts:
        names = " and ".join(part.service.name for part in found)
        raise Refused(f"{version} is already live on {names}; start another version.")
    if obstacles := list(_exceeded(account, [one for one in starts if one.is_new])):
        raise Refused("\n".join(obstacles))
    return Start(account=account, version=version, starts=tuple(starts))


def _exceeded(account: Account, new: list[ServiceStart]) -> Iterator[str]:
    """A sentence if all second colours together exceed the vCPUs or the connections."""
    if new:
        added = sum(quota.vcpus(one.planned.content, one.part.service.desired) for one in new)
        what = f"The deployment of {' and '.join(one.part.service.name for one in new)}"
        needed = quota.running(services.every(account)) + added
        yield from quota.exceeded(account, what, needed, "scale down first")
        deployed = [(one.part.service, one.planned.content) for one in new]
        yield from connections.exceeded(account, what, deployed, in_parallel=True)


def _busy(part: ServiceDeployment, planned: revisions.PlannedRevision) -> Iterator[str]:
    """Why this start can't continue the deployment in progress."""
    if not part.ongoing:
        return
    pausing = part.record is not None or hooks.pauses(part.service.configuration)
    if not (part.is_reversible and pausing and planned.is_run_by(part.revision)):
        yield from part.service.busy()
    elif part.was_continued:
        yield (
            f"{part.state()} Its pause has been answered: run "
            f"{command(part.service.account, 'switch')} to wait for the result."
        )


def _service_start(
    part: ServiceDeployment, planned: revisions.PlannedRevision, minutes: int
) -> ServiceStart | None:
    """None if the service already runs it."""
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
    return ServiceStart(
        part=part,
        planned=planned,
        rollout=rollout,
        is_new=not part.ongoing,
        added=added,
        old=[one for one in left if one not in added],
    )
