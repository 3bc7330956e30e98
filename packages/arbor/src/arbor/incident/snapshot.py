"""A snapshot of the stack, read in parallel.

Each request waits for as few others as possible: ECS's services name rules, target groups, alarms
and task definitions; lists name tasks, deployments and certificates.
docs/decisions/parallel-rounds.md gives the rounds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from arbor import lock, screen
from arbor.account import together
from arbor.check import Check
from arbor.ecs.report import Opener
from arbor.incident import (
    alarms,
    cache,
    certificate,
    database,
    deployments,
    public_urls,
    services,
    targets,
    tasks,
)
from arbor.incident.checks import Unknown
from arbor.incident.reads import SharedReads
from arbor.procedure import Failed, Refused

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Each part as it was read, or the reason why it is unknown."""

    stack: str
    at: datetime
    answers: dict[str, public_urls.UrlCheck | Unknown | None] | Unknown
    """The public URLs by service; None for a service without one."""
    services: list[services.ServiceState] | Unknown
    targets: list[targets.TargetGroupState] | Unknown
    deployments: list[deployments.DeploymentState] | Unknown
    tasks: tasks.TaskStates | Unknown
    alarms: list[alarms.AlarmState] | Unknown
    database: database.DatabaseState | Unknown
    cache: cache.CacheState | Unknown
    certificate: list[certificate.CertificateState] | Unknown
    operation: str | Unknown
    """The holder of the lock; empty while it is free."""

    @property
    def environment(self) -> str:
        """The database's tag `Environment`; without it the stack's name."""
        if isinstance(self.database, Unknown):
            return self.stack
        return self.database.environment or self.stack

    def checks(self) -> list[Check]:
        """The checks of `arbor status`."""
        parts: list[tuple[str, Any, Callable[[Any], list[Check]]]] = [
            ("public URLs", self.answers, public_urls.checks),
            ("services", self.services, services.checks),
            ("target health", self.targets, targets.checks),
            (
                "deployments",
                self.deployments,
                partial(deployments.checks, now=self.at, stack=self.stack),
            ),
            ("tasks", self.tasks, partial(tasks.checks, now=self.at)),
            ("alarms", self.alarms, partial(alarms.checks, now=self.at)),
            ("database", self.database, partial(database.checks, environment=self.environment)),
            ("cache", self.cache, partial(cache.checks, environment=self.environment)),
            ("certificate", self.certificate, certificate.checks),
            ("operation", self.operation, _operation),
        ]
        return [
            check
            for name, found, checks in parts
            for check in ([found.check(name)] if isinstance(found, Unknown) else checks(found))
        ]


def take(shared: SharedReads, opener: Opener, now: datetime) -> Snapshot:
    """Read every part; `opener` requests the public URLs. A part that fails becomes Unknown.

    Raises Refused without a cluster, and the error that all parts have in common.
    """
    account = shared.account
    parts: dict[str, Callable[[], Any]] = {
        "services": partial(services.read, shared),
        "targets": partial(targets.read, shared),
        "deployments": partial(deployments.read, shared),
        "tasks": partial(tasks.read, shared),
        "alarms": partial(alarms.read, shared),
        "database": partial(database.read, account, now),
        "cache": partial(cache.read, shared),
        "certificate": partial(certificate.read, account, now),
        "operation": partial(_holder, shared),
        "answers": partial(for_each_app, shared, partial(public_urls.read, shared, opener)),
    }
    found: list[Any] = guarded(*parts.values())
    return Snapshot(stack=account.stack, at=now, **dict(zip(parts, found, strict=True)))


def for_each_app(shared: SharedReads, read: Callable[[str], T]) -> dict[str, T | Unknown]:
    """A read for each service of the stack, in parallel."""
    apps = shared.apps()
    found = together(*(partial(_guard, partial(read, app), []) for app in apps))
    return dict(zip(apps, found, strict=True))


def guarded(*calls: Callable[[], T]) -> list[T | Unknown]:
    """The results of calls made in parallel, with Unknown for each that fails.

    Raises Refused, and the error that all calls have in common, such as expired credentials.
    """
    errors: list[Exception] = []
    results = together(*(partial(_guard, call, errors) for call in calls))
    if len(errors) == len(calls) and len({_kind(error) for error in errors}) == 1:
        raise errors[0]
    return results


def _guard(call: Callable[[], T], errors: list[Exception]) -> T | Unknown:
    try:
        return call()
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - a failed part must leave the others readable
        errors.append(error)
        return Unknown(reason(error))


def reason(error: Exception) -> str:
    """The error as one sentence."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    if isinstance(error, BotoCoreError | ClientError):
        return screen.sentence(error)
    if isinstance(error, Failed):
        return str(error)
    return f"an unexpected response: {type(error).__name__} {error}"


def _kind(error: Exception) -> str:
    """The remedy of an error; services have different codes for one cause."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code") or type(error).__name__
    return screen.REMEDIES.get(code, str(code))


def _holder(shared: SharedReads) -> str:
    now = lock.current(shared.account)
    return now[0].sentence if now is not None else ""


def _operation(holder: str) -> list[Check]:
    return [Check(status="", name="operation", message=holder or "no command is running")]
