"""rollback [SERVICE]: to the previous revision, by ECS's own rollback or a deployment."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from arbor.account import Account
from arbor.ecs import connections, health, quota, requirements, revisions, services
from arbor.ecs.rollout import ROLLED_BACK, SUCCESSFUL, Rollout
from arbor.ecs.services import ONGOING
from arbor.procedure import Failed, Refused, Run, Step
from arbor.release import history, rollback_plan
from arbor.release.history import PastDeployment
from arbor.release.rollback_plan import RollbackPlan
from arbor_names import limits

SEARCHED = 100
"""Revisions that are searched for a version."""
_TO = re.compile(r"(?:(?P<family>[\w-]+):)?(?P<number>[1-9]\d*)")


class NothingToDo(Exception):  # noqa: N818 - an outcome of a command
    """There is nothing to do; the message has the reason."""


@dataclass(frozen=True, kw_only=True)
class ServiceRollback:
    """The rollback of one service."""

    service: services.Service
    plan: RollbackPlan
    version: str
    """The version after the rollback; empty for an image outside ECR."""

    @property
    def target(self) -> str:
        version = f" ({self.version})" if self.version else ""
        return f"{services.short(self.plan.to)}{version}"

    def steps(self) -> Iterator[Step]:
        if self.plan.stops is not None:
            yield from self._stop(self.plan.stops)
        elif self.plan.follows is not None:
            yield self._follow(self.plan.follows)
        else:
            yield self._deploy()
        yield health.Health(service=self.service, revision=lambda: self.plan.to).step()

    def _deploy(self) -> Step:
        rollout = Rollout(
            service=self.service, revision=lambda: self.plan.to, what=self.target, continues=True
        )
        now = services.short(self.service.task_definition)
        return replace(
            rollout.step(), action=f"change {self.service.name} from {now} to {self.target}"
        )

    def _follow(self, past: PastDeployment) -> Step:
        """A rollback that an earlier run, or another operator, started."""
        rollout = self._known(past, continues=True)
        action = f"wait for the rollback of {self.service.name} to {self.target}, in progress"
        return replace(rollout.step(), action=action, do=lambda: None)

    def _stop(self, past: PastDeployment) -> Iterator[Step]:
        rollout = self._known(past)

        def stop() -> None:
            rollout.refresh()  # a paused deployment is rolled back by an answer
            rollout.roll_back()

        yield replace(
            rollout.step(),
            action=f"roll back the deployment of {past.short} to {self.service.name}, in "
            f"progress, and keep {self.target}",
            do=stop,
            took_effect=lambda: rollout.described.get("status", ONGOING[0]) not in ONGOING,
        )
        ended = rollout.described.get("status", ROLLED_BACK)  # empty in a dry run
        if ended == ROLLED_BACK or (ended == SUCCESSFUL and past.revision == self.plan.to):
            return
        yield self._deploy()

    def _known(self, past: PastDeployment, *, continues: bool = False) -> Rollout:
        """A deployment that ECS has already started."""
        return Rollout(
            service=self.service,
            revision=lambda: past.revision,
            what=past.short,
            continues=continues,
            began=True,
            arn=past.arn,
        )


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """A rollback that was checked and not started."""

    parts: tuple[ServiceRollback, ...]

    def execute(self, run: Run) -> None:
        """Raises Failed at the first service that isn't rolled back."""
        for turn, part in enumerate(self.parts):
            if part.plan.stays:
                run.say(part.plan.stays)
                continue
            try:
                run.execute(part.steps())
            except Failed as failed:
                left = [p.service.name for p in self.parts[turn + 1 :] if not p.plan.stays]
                unchanged = f" Unchanged: {', '.join(left)}." if left else ""
                raise Failed(
                    f"{failed}\nThe rollback of {part.service.name} to {part.target} could NOT be "
                    f"verified.{unchanged} Run the same command again to continue."
                ) from failed


def plan(account: Account, apps: Sequence[str], to: str | None = None) -> Rollback:
    """Check everything first. Raises Refused, and NothingToDo if there is nothing to do.

    `to` is a revision or a version of the only service in `apps`.
    """
    parts, obstacles = [], []
    for app in apps:
        try:
            parts.append(_part(services.read(account, app), to))
        except Refused as refused:
            obstacles.append(str(refused))
    obstacles += _mixed_versions(parts)
    if not obstacles:
        obstacles += _exceeded(account, parts)
    if obstacles:
        raise Refused("\n".join(dict.fromkeys(obstacles)))
    if all(part.plan.stays for part in parts):
        raise NothingToDo("\n".join(part.plan.stays for part in parts))
    return Rollback(parts=tuple(parts))


def _exceeded(account: Account, parts: Sequence[ServiceRollback]) -> Iterator[str]:
    """A sentence if the largest second colour exceeds the vCPUs or the connections.

    Services are rolled back in sequence. A rollback by ECS itself starts no task.
    """
    deployed = [
        (part.service, revisions.read(account, part.plan.to).definition)
        for part in parts
        if not (part.plan.stays or part.plan.stops or part.plan.follows)
    ]
    if deployed:
        added = [quota.vcpus(definition, service.desired) for service, definition in deployed]
        needed = quota.running(services.every(account)) + max(added)
        yield from quota.exceeded(account, "The rollback", needed, "scale down first")
        yield from connections.exceeded(account, "The rollback", deployed)


def _part(service: services.Service, to: str | None) -> ServiceRollback:
    """Raises Refused."""
    deployments = history.read(service)
    if to is None:
        planned = rollback_plan.back(service.app, deployments, service.account.stack)
        target = revisions.read(service.account, planned.to)
    else:
        were_live = {past.revision for past in deployments if past.status == SUCCESSFUL}
        target = _named(service, to, were_live)
        planned = rollback_plan.named(service, deployments, target.arn)
    if not (planned.stays or planned.stops or planned.follows):
        obstacles = list(_obstacles(service, target))
        if obstacles:
            raise Refused("\n".join(obstacles))
    return ServiceRollback(service=service, plan=planned, version=target.version(service.app))


def _named(service: services.Service, to: str, were_live: set[str]) -> revisions.Revision:
    """The revision of a number or version. Raises Refused."""
    found = _TO.fullmatch(to.rsplit("/", 1)[-1])
    if found is None and limits.is_version(to):
        return _newest_of(service, to, were_live)
    if found is None:
        raise Refused(
            f"{to} is neither a revision nor a version; allowed: 12, {service.name}:12, or a "
            "version such as v1.2.3."
        )
    if found["family"] not in {None, service.name}:
        raise Refused(f"{to} is not a revision of {service.name}; allowed: {service.name}:12.")
    ecs, name = service.account.client("ecs"), f"{service.name}:{found['number']}"
    try:
        return revisions.read(service.account, name)
    except ecs.exceptions.ClientException:
        raise Refused(
            f"There is no revision {name}; `{_listed(service)}` lists the revisions."
        ) from None


def _listed(service: services.Service) -> str:
    return service.account.typed(f"arbor revisions {service.app}")


def _newest_of(service: services.Service, version: str, were_live: set[str]) -> revisions.Revision:
    """The newest revision of a version that was live, else the newest. Raises Refused.

    `pulumi up` registers a revision of the configured version that may never have been deployed.
    """
    found = [
        revision
        for arn in islice(revisions.newest_first(service.account, service.name), SEARCHED)
        if (revision := revisions.read(service.account, arn)).version(service.app) == version
    ]
    if found:
        return next((revision for revision in found if revision.arn in were_live), found[0])
    raise Refused(
        f"None of the newest {SEARCHED} revisions of {service.name} runs {version}; "
        f"`{_listed(service)}` lists the revisions, and "
        f"`{service.account.typed(f'arbor deploy {version}')}` registers one."
    )


def _obstacles(service: services.Service, target: revisions.Revision) -> Iterator[str]:
    """Conditions that would fail the deployment."""
    if not target.active:
        yield (
            f"{services.short(target.arn)} is {target.definition['status']}; ECS deploys ACTIVE "
            f"revisions only: choose another with --to (`{_listed(service)}`)."
        )
    for sentence in requirements.missing_of(service.account, target.definition):
        yield f"{services.short(target.arn)} can't run: {sentence}"


def _mixed_versions(parts: Sequence[ServiceRollback]) -> Iterator[str]:
    """A sentence if the services would end on versions of different releases."""
    versions = {part.version for part in parts if part.version}
    # A digest names one image, so the digests of one release differ.
    if len(versions) > 1 and not all(limits.is_digest(version) for version in versions):
        ends = " and ".join(
            f"{part.service.app} on {part.target}{' (unchanged)' if part.plan.stays else ''}"
            for part in parts
        )
        each = " or ".join(f"`{_typed(part, 'rollback')}`" for part in parts)
        listed = ", ".join(f"`{_typed(part, 'revisions')}`" for part in parts)
        yield (
            f"The rollback would leave {ends}, which were not released together. Roll back one "
            f"service at a time: {each}; choose another revision with --to ({listed})."
        )


def _typed(part: ServiceRollback, what: str) -> str:
    service = part.service
    return service.account.typed(f"arbor {what} {service.app}")
