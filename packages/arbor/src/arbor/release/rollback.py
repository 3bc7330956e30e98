"""rollback [SERVICE]: to the previous revision, through ECS's own rollback or a deployment."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from arbor.account import Account
from arbor.ecs import connections, health, needs, quota, revisions, services
from arbor.ecs.rollout import ROLLED_BACK, SUCCESSFUL, Rollout
from arbor.ecs.services import ONGOING
from arbor.procedure import Failed, Refused, Run, Step
from arbor.release import history, rollback_plan
from arbor.release.history import Past
from arbor.release.rollback_plan import RollbackPlan
from arbor_names import limits

LOOKED_AT = 100
"""Revisions that are searched for a version."""
_TO = re.compile(r"(?:(?P<family>[\w-]+):)?(?P<number>[1-9]\d*)")


class Already(Exception):  # noqa: N818 - an outcome of a command
    """There is nothing to do, and the message says why."""


@dataclass(frozen=True, kw_only=True)
class ServiceRollback:
    """The rollback of one service."""

    service: services.Service
    plan: RollbackPlan
    version: str
    """The version after the rollback; empty where its image is not in ECR."""

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
            rollout.step(), action=f"move {self.service.name} from {now} to {self.target}"
        )

    def _follow(self, past: Past) -> Step:
        """A rollback that an earlier run, or another operator, started."""
        rollout = self._known(past, continues=True)
        says = f"wait for the rollback of {self.service.name} to {self.target}, which is under way"
        return replace(rollout.step(), action=says, do=lambda: None)

    def _stop(self, past: Past) -> Iterator[Step]:
        rollout = self._known(past)

        def stop() -> None:
            rollout.look()  # whether it waits for a person decides how it is taken back
            rollout.take_back()

        yield replace(
            rollout.step(),
            action=f"roll back the deployment of {past.short} to {self.service.name}, which is "
            f"under way, so that it stays on {self.target}",
            do=stop,
            took_effect=lambda: rollout.described.get("status", ONGOING[0]) not in ONGOING,
        )
        ended = rollout.described.get("status", ROLLED_BACK)  # nothing yet in a dry run
        if ended == ROLLED_BACK or (ended == SUCCESSFUL and past.revision == self.plan.to):
            return
        yield self._deploy()

    def _known(self, past: Past, *, continues: bool = False) -> Rollout:
        """A deployment that ECS has begun already."""
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
        """Raises Failed at the first service that is not back."""
        for turn, part in enumerate(self.parts):
            if part.plan.stays:
                run.say(part.plan.stays)
                continue
            try:
                run.execute(part.steps())
            except Failed as failed:
                left = [p.service.name for p in self.parts[turn + 1 :] if not p.plan.stays]
                untouched = f" {' and '.join(left)} was not touched." if left else ""
                raise Failed(
                    f"{failed}\n{part.service.name} is NOT known to be back on {part.target}."
                    f"{untouched} Run the same again: it goes on from there."
                ) from failed


def plan(account: Account, apps: Sequence[str], to: str | None = None) -> Rollback:
    """Check everything first. Raises Refused, and Already where nothing is left to do.

    `to` is a revision or a version of the one service that is named then.
    """
    parts, in_the_way = [], []
    for app in apps:
        try:
            parts.append(_part(services.read(account, app), to))
        except Refused as refused:
            in_the_way.append(str(refused))
    in_the_way += _apart(parts)
    if not in_the_way:
        in_the_way += _no_room(account, parts)
    if in_the_way:
        raise Refused("\n".join(dict.fromkeys(in_the_way)))
    if all(part.plan.stays for part in parts):
        raise Already("\n".join(part.plan.stays for part in parts))
    return Rollback(parts=tuple(parts))


def _no_room(account: Account, parts: Sequence[ServiceRollback]) -> Iterator[str]:
    """A sentence when the largest second colour finds too few vCPUs or connections left.

    One service goes after the other. What ECS takes back itself starts no task.
    """
    brought = [
        (part.service, revisions.read(account, part.plan.to).definition)
        for part in parts
        if not (part.plan.stays or part.plan.stops or part.plan.follows)
    ]
    if brought:
        added = [quota.vcpus(definition, service.desired) for service, definition in brought]
        needed = quota.running(services.every(account)) + max(added)
        yield from quota.exceeded(account, "The rollback", needed, "scale down first")
        yield from connections.exceeded(account, "The rollback", brought)


def _part(service: services.Service, to: str | None) -> ServiceRollback:
    """Raises Refused."""
    pasts = history.read(service)
    if to is None:
        planned = rollback_plan.back(service.app, pasts, service.account.stack)
        target = revisions.read(service.account, planned.to)
    else:
        lived = {past.revision for past in pasts if past.status == SUCCESSFUL}
        target = _named(service, to, lived)
        planned = rollback_plan.named(service, pasts, target.arn)
    if not (planned.stays or planned.stops or planned.follows):
        in_the_way = list(_in_the_way(service, target))
        if in_the_way:
            raise Refused("\n".join(in_the_way))
    return ServiceRollback(service=service, plan=planned, version=target.version(service.app))


def _named(service: services.Service, to: str, lived: set[str]) -> revisions.Revision:
    """The revision that an operator typed, by its number or its version; raises Refused."""
    found = _TO.fullmatch(to.rsplit("/", 1)[-1])
    if found is None and limits.is_version(to):
        return _newest_of(service, to, lived)
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
            f"There is no revision {name}; `{_listed(service)}` lists those there are."
        ) from None


def _listed(service: services.Service) -> str:
    return service.account.typed(f"arbor revisions {service.app}")


def _newest_of(service: services.Service, version: str, lived: set[str]) -> revisions.Revision:
    """The newest revision of a version that was live, else the newest; raises Refused.

    `pulumi up` registers a revision of the configured version that may never have been deployed.
    """
    found = [
        revision
        for arn in islice(revisions.newest_first(service.account, service.name), LOOKED_AT)
        if (revision := revisions.read(service.account, arn)).version(service.app) == version
    ]
    if found:
        return next((revision for revision in found if revision.arn in lived), found[0])
    raise Refused(
        f"None of the newest {LOOKED_AT} revisions of {service.name} runs {version}; "
        f"`{_listed(service)}` lists those there are, and "
        f"`{service.account.typed(f'arbor deploy {version}')}` registers one."
    )


def _in_the_way(service: services.Service, target: revisions.Revision) -> Iterator[str]:
    """Obstacles that ECS would meet during the deployment."""
    if not target.active:
        yield (
            f"{services.short(target.arn)} is {target.definition['status']}, and ECS deploys only "
            f"ACTIVE ones: name another with --to (`{_listed(service)}`)."
        )
    for sentence in needs.missing_of(service.account, target.definition):
        yield f"{services.short(target.arn)} could not run any more: {sentence}"


def _apart(parts: Sequence[ServiceRollback]) -> Iterator[str]:
    """Two services of one release go back to one release; otherwise a person must say which."""
    versions = {part.version for part in parts if part.version}
    # A digest names one image of one repository, so those of one release differ.
    if len(versions) > 1 and not all(limits.is_digest(version) for version in versions):
        ends = " and ".join(
            f"{part.service.app} on {part.target}{' (as it is)' if part.plan.stays else ''}"
            for part in parts
        )
        each = " or ".join(f"`{_typed(part, 'rollback')}`" for part in parts)
        listed = ", ".join(f"`{_typed(part, 'revisions')}`" for part in parts)
        yield (
            f"That would end with {ends}, which were not released together. Roll back one at a "
            f"time: {each}; add --to for another one ({listed})."
        )


def _typed(part: ServiceRollback, what: str) -> str:
    service = part.service
    return service.account.typed(f"arbor {what} {service.app}")
