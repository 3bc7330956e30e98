"""restart [SERVICE]: replace the tasks of the live revision by a blue/green deployment."""

from collections.abc import Iterator
from dataclasses import dataclass

from arbor.account import Account
from arbor.ecs import connections, health, quota, requirements, revisions, services
from arbor.ecs.rollout import Rollout
from arbor.procedure import Failed, Refused, Run, Step


@dataclass(frozen=True, kw_only=True)
class Restart:
    """A restart that was checked and not started."""

    services: tuple[services.Service, ...]

    def execute(self, run: Run) -> None:
        """Raises Failed; ECS keeps the old tasks if the new ones don't become healthy."""
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
    obstacles = [sentence for service in found for sentence in service.busy()]
    if not obstacles:
        obstacles = [sentence for service in found for sentence in _obstacles(service)]
    if not obstacles:
        needed = quota.running(services.every(account)) + max(
            quota.running([service]) for service in found
        )
        again = [
            (service, revisions.read(account, service.task_definition).definition)
            for service in found
        ]
        obstacles = [
            *quota.exceeded(account, "The restart", needed, "scale down first"),
            *connections.exceeded(account, "The restart", again),
        ]
    if obstacles:
        raise Refused("\n".join(dict.fromkeys(obstacles)))
    return Restart(services=tuple(found))


def _obstacles(service: services.Service) -> Iterator[str]:
    account = service.account
    if service.live() is None:
        yield (
            f"The last deployment of {service.name} is incomplete, so its live revision is "
            f"unknown: run `{account.typed(f'arbor rollback {service.app}')}`, or release a "
            "version."
        )
        return
    running = revisions.read(account, service.task_definition)
    if not running.active:
        yield (
            f"{services.short(running.arn)} is {running.definition['status']}; ECS deploys ACTIVE "
            "revisions only: release a version."
        )
    yield from requirements.missing_of(account, running.definition)
