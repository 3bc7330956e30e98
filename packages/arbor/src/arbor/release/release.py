"""release VERSION: migrate, deploy every service, check health, and roll back after a failure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arbor.account import Account
from arbor.ecs import backend, connections, health, images, quota, requirements, revisions, services
from arbor.ecs.rollout import Rollout, rollback_steps
from arbor.procedure import Failed, Refused, Run, Step
from arbor.release import migrate
from arbor_names import limits, naming


@dataclass(frozen=True, kw_only=True)
class ServiceRelease:
    """The release of one service."""

    service: services.Service
    planned: revisions.PlannedRevision
    before: str | None
    """The live revision before the release."""
    rollout: Rollout | None
    """None if the service already runs it."""

    def running(self) -> str:
        """The revision that should run: the new one, or the equal one that already runs."""
        if self.rollout is not None:
            return self.planned.registered
        assert self.before is not None
        return self.before

    def steps(self) -> Iterator[Step]:
        if self.rollout is not None:
            yield from self.planned.steps()
            yield self.rollout.step()
        yield health.Health(service=self.service, revision=self.running).step()


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release that was checked and not started."""

    version: str
    migration: migrate.Migration | None
    parts: tuple[ServiceRelease, ...]
    opener: health.Opener | None
    """Requests the public URL; None skips the check."""

    def steps(self, sleep: Callable[[float], None]) -> Iterator[Step]:
        """The migration, then service after service, then the public URL."""
        if self.migration is not None:
            yield from self.migration.steps()
        for part in self.parts:
            yield from part.steps()
        if self.opener is not None:
            yield from health.url_steps([p.service for p in self.parts], self.opener, sleep)

    def execute(self, run: Run) -> None:
        """Raises Failed after it has rolled back the services that it deployed."""
        try:
            run.execute(self.steps(run.sleep))
        except Failed as failed:
            raise Failed("\n".join([str(failed), *self._roll_back(run)])) from failed

    def _roll_back(self, run: Run) -> Iterator[str]:
        """Roll back the started services, the last first; yields a sentence for each."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

        started = [part for part in reversed(self.parts) if part.rollout and part.rollout.began]
        for part in started:
            assert part.rollout is not None
            name = part.service.name
            try:
                run.execute(rollback_steps(part.rollout, part.before))
            except Failed as failed:
                yield f"{name} was NOT rolled back: {failed}"
                continue
            except (BotoCoreError, ClientError) as error:
                yield f"The rollback of {name} could NOT be verified: {error}"
                continue
            now = services.read(part.service.account, part.service.app).task_definition
            yield f"{name} is back on {services.short(now)}."
        if not started:
            yield "No service was changed."
        if self.migration is not None and self.migration.task:
            yield "Migrations are not undone: the schema stays as the task above left it."


def plan(
    account: Account,
    version: str,
    *,
    others: Mapping[str, str] | None = None,
    migrates: bool = True,
    opener: health.Opener | None,
) -> Release:
    """Check everything first. Raises Refused with a line for each obstacle.

    `others` has the version of each service with another one: a digest names one image.
    """
    images.require_version(version)
    found = services.required(account)
    services.refuse_not_created(account, (service.app for service in found))
    versions = images.versions((service.app for service in found), version, others or {})
    obstacles = [sentence for service in found for sentence in service.busy()]
    if migrates:
        obstacles += migrate.running(account)
    if obstacles:
        raise Refused("\n".join(obstacles))
    planned = {
        service.app: revisions.planned(account, service.name, service.app, versions[service.app])
        for service in found
    }
    migration = (
        migrate.plan(account, versions[backend.among(account, found).app]) if migrates else None
    )
    everything = [*planned.values(), *([migration.planned] if migration else [])]
    obstacles = [sentence for one in everything for sentence in requirements.missing(account, one)]
    parts = tuple(_part(service, planned[service.app], versions[service.app]) for service in found)
    if not obstacles:
        deployed = [(p.service, p.planned.content) for p in parts if p.rollout is not None]
        obstacles = [
            *_beyond_quota(account, parts, migration),
            *connections.exceeded(account, "The release", deployed),
        ]
    if obstacles:
        # The migrations task shares image and secrets with the backend.
        raise Refused("\n".join(dict.fromkeys(obstacles)))
    return Release(
        version=version,
        migration=migration,
        parts=parts,
        opener=opener,
    )


def _beyond_quota(
    account: Account, parts: Sequence[ServiceRelease], migration: migrate.Migration | None
) -> Iterator[str]:
    """A sentence if the largest second colour, or the migration, exceeds the vCPUs."""
    added = [
        quota.vcpus(part.planned.content, part.service.desired)
        for part in parts
        if part.rollout is not None
    ]
    if migration is not None:
        added.append(quota.vcpus(migration.planned.content, 1))
    if added:
        needed = quota.running(part.service for part in parts) + max(added)
        yield from quota.exceeded(account, "The release", needed, "scale down first")


def plan_migration(account: Account, version: str | None) -> migrate.Migration:
    """The migration alone, by default of the live backend's version. Raises Refused.

    Before the first service, the default is the version in the stack's file, which infrastructure's
    revision of the migrations has.
    """
    if version is not None:
        images.require_version(version)
    else:
        version = _live_version(account)
        if not limits.is_version(version):
            raise Refused(
                f"The backend of {account.stack} runs {version or 'an image outside ECR'}, "
                "which is not a version: add --version with the tag (v1.2.3, a git SHA) or the "
                "digest (sha256:...) of the image with the migrations."
            )
    for sentence in migrate.running(account):
        raise Refused(sentence)
    migration = migrate.plan(account, version)
    if obstacles := list(requirements.missing(account, migration.planned)):
        raise Refused("\n".join(obstacles))
    return migration


def _live_version(account: Account) -> str:
    try:
        live = backend.read(account)
    except services.NoServiceError:
        family = naming.service(account.stack, naming.MIGRATIONS)
        return revisions.version_of(
            account, revisions.infrastructure(account, family).arn, naming.MIGRATIONS_CONTAINER
        )
    return revisions.version_of(account, live.task_definition, live.app)


def _part(
    service: services.Service, planned: revisions.PlannedRevision, version: str
) -> ServiceRelease:
    live = service.live()
    rollout = None
    if live is None or not planned.is_run_by(live):
        rollout = Rollout(service=service, revision=lambda: planned.registered, what=version)
    return ServiceRelease(
        service=service, planned=planned, before=service.last_good(), rollout=rollout
    )
