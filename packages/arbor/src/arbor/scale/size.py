"""resize: another size of a service's tasks, until the next release.

The live revision is registered again with the new size and deployed. A release starts from
infrastructure's revision, so config must follow: docs/decisions/release-revisions.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from arbor.account import Account
from arbor.ecs import connections, images, quota, requirements, revisions, services
from arbor.ecs.health import Health
from arbor.ecs.revisions import MANAGED_BY, PlannedRevision, Revision
from arbor.ecs.rollout import Rollout, rollback_steps
from arbor.procedure import Failed, Refused, Run, Step
from arbor_names import limits, pools

OPERATOR = "operator"
"""The value of the tag `ManagedBy` that distinguishes a revision from infrastructure's."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """CPU units (1024 are one vCPU) and MiB of a task."""

    cpu: int
    memory: int

    def __str__(self) -> str:
        return f"{self.cpu} CPU units and {self.memory} MiB"


@dataclass(frozen=True, kw_only=True)
class Resize:
    """A resize that was checked and not started."""

    service: services.Service
    size: Size
    before: str
    """The revision that is live."""
    planned: PlannedRevision
    rollout: Rollout

    def execute(self, run: Run) -> None:
        """Raises Failed after it has rolled back the service."""
        try:
            run.execute(self.steps())
        except Failed as failed:
            raise Failed("\n".join([str(failed), *self._roll_back(run)])) from failed
        app, stack = self.service.app, self.service.account.stack
        run.say(
            f"To keep this size, set arbor:services.{app}.cpu to {self.size.cpu} and "
            f"arbor:services.{app}.memory to {self.size.memory} in Pulumi.{stack}.yaml, and run "
            f"`pulumi up` of {stack} before the next release, which takes the size from config."
        )

    def steps(self) -> Iterator[Step]:
        """Register, deploy, and wait until it serves."""
        for step in self.planned.steps():
            yield replace(
                step, action=f"register a revision of {self.planned.family} with {self.size}"
            )
        yield self.rollout.step()
        yield Health(service=self.service, revision=lambda: self.planned.registered).step()

    def _roll_back(self, run: Run) -> Iterator[str]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

        name = self.service.name
        if not self.rollout.began:
            yield f"{name} was not changed."
            return
        try:
            run.execute(rollback_steps(self.rollout, self.before))
        except (Failed, BotoCoreError, ClientError) as error:
            before = services.short(self.before)
            yield f"The rollback of {name} to {before} could NOT be verified: {error}"
            return
        yield f"{name} is back on {services.short(self.before)}."


def is_live(account: Account, app: str, size: Size) -> bool:
    """Whether the live tasks have that size, and no deployment is in progress.

    Raises Refused for a size that Fargate doesn't have.
    """
    _refuse_pair(size)
    live = services.read(account, app).live()
    return live is not None and _size(revisions.read(account, live)) == size


def plan(account: Account, app: str, size: Size) -> Resize:
    """Check everything first. Raises Refused with the allowed values."""
    _refuse_pair(size)
    service = services.read(account, app)
    for sentence in service.busy():
        raise Refused(sentence)
    before = service.last_good()
    if before is None:
        raise Refused(f"{service.name} has no deployed revision; release a version first.")
    planned = _planned(account, service, before, size)
    needed = quota.running(services.every(account)) + quota.vcpus(planned.content, service.desired)
    if obstacles := [
        *requirements.missing(account, planned),
        *quota.exceeded(account, "The resize", needed, "scale down first"),
        *connections.exceeded(account, "The resize", [(service, planned.content)]),
        *_too_many_workers(service, revisions.read(account, before), size),
    ]:
        raise Refused("\n".join(obstacles))
    return Resize(
        service=service,
        size=size,
        before=before,
        planned=planned,
        rollout=Rollout(service=service, revision=lambda: planned.registered, what=str(size)),
    )


def _refuse_pair(size: Size) -> None:
    allowed = limits.FARGATE_MEMORY.get(size.cpu)
    if allowed is None:
        units = ", ".join(map(str, limits.FARGATE_MEMORY))
        raise Refused(f"Fargate has no tasks with {size.cpu} CPU units; allowed: {units}.")
    if size.memory not in allowed:
        offered = ", ".join(map(str, allowed))
        raise Refused(
            f"Fargate has no tasks with {size}; allowed with {size.cpu} CPU units: {offered} MiB."
        )


def _too_many_workers(service: services.Service, before: Revision, size: Size) -> Iterator[str]:
    """A sentence if a smaller size carries fewer workers than a task starts."""
    workers, most = connections.of(before.definition).workers, pools.workers_carried(size.cpu)
    if size.cpu < _size(before).cpu and workers > most:
        yield (
            f"Each task of {service.name} starts {workers} workers, and {size.cpu} CPU units carry "
            f"{most}: set arbor:services.{service.app}.workers to at most {most}, run "
            f"`pulumi up` of {service.account.stack}, and release a version first."
        )


def _size(revision: Revision) -> Size:
    held = revision.definition
    return Size(cpu=int(held["cpu"]), memory=int(held["memory"]))


def _planned(account: Account, service: services.Service, base: str, size: Size) -> PlannedRevision:
    """The base with the size; a newer revision with the same content is reused."""
    found = revisions.read(account, base)
    running = found.image(service.app)
    image = images.parse(running)
    if image is None:
        raise Refused(
            f"{base} runs {running}, which is not in ECR; release a version from ECR first."
        )
    content = revisions.content_of(account, found.definition)
    planned = PlannedRevision(
        account=account,
        family=service.name,
        container=service.app,
        image=image,
        content={**content, "cpu": str(size.cpu), "memory": str(size.memory)},
        tags={**found.tags, MANAGED_BY: OPERATOR},
        arn=None,
    )
    for arn in revisions.newest_first(account, service.name):
        if planned.is_run_by(arn):
            planned.arn = arn
        if planned.arn is not None or arn == base:
            break
    return planned
