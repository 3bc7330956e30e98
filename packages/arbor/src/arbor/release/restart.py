"""restart [SERVICE]: new tasks of the live revision, through a blue/green deployment."""

from collections.abc import Iterator
from dataclasses import dataclass

from arbor.account import Account
from arbor.ecs import connections, health, needs, quota, revisions, services
from arbor.ecs.rollout import Rollout
from arbor.procedure import Failed, Refused, Run, Step


@dataclass(frozen=True, kw_only=True)
class Restart:
    """A restart that was checked and not started."""

    services: tuple[services.Service, ...]

    def execute(self, run: Run) -> None:
        """Raises Failed; ECS leaves the old tasks where the new ones did not come up."""
        for service in self.services:
            try:
                run.execute(_steps(service))
            except Failed as failed:
                raise Failed(
                    f"{failed}\nAfter a failed restart ECS keeps or restores the old tasks: check "
                    f"`{service.account.typed('arbor status')}`, then restart again or "
                    f"`{service.account.typed(f'arbor rollback {service.app}')}`."
                ) from failed


def _steps(service: services.Service) -> Iterator[Step]:
    live = service.task_definition
    yield Rollout(
        service=service,
        revision=lambda: live,
        what=f"{services.short(live)} again",
        continues=True,
    ).step()
    yield health.Health(service=service, revision=lambda: live).step()


def plan(account: Account, apps: tuple[str, ...]) -> Restart:
    """Check everything first. Raises Refused with a line for each obstacle."""
    found = [services.read(account, app) for app in apps]
    in_the_way = [sentence for service in found for sentence in service.busy()]
    if not in_the_way:
        in_the_way = [sentence for service in found for sentence in _in_the_way(service)]
    if not in_the_way:
        needed = quota.running(services.every(account)) + max(
            quota.running([service]) for service in found
        )
        again = [
            (service, revisions.read(account, service.task_definition).definition)
            for service in found
        ]
        in_the_way = [
            *quota.exceeded(account, "The restart", needed, "scale down first"),
            *connections.exceeded(account, "The restart", again),
        ]
    if in_the_way:
        raise Refused("\n".join(dict.fromkeys(in_the_way)))
    return Restart(services=tuple(found))


def _in_the_way(service: services.Service) -> Iterator[str]:
    account = service.account
    if service.live() is None:
        yield (
            f"The last deployment of {service.name} was left half way, so it is unknown which "
            f"revision is live: `{account.typed(f'arbor rollback {service.app}')}`, or release a "
            "version."
        )
        return
    running = revisions.read(account, service.task_definition)
    if not running.active:
        yield (
            f"{services.short(running.arn)} is {running.definition['status']}, so ECS starts no "
            "task of it any more: release a version."
        )
    yield from needs.missing_of(account, running.definition)
