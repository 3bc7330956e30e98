"""Everything that `arbor triage` reads, and the signals in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from arbor.ecs import backend, services
from arbor.ecs.report import Opener
from arbor.ecs.rollout import ROLLED_BACK
from arbor.ecs.services import ONGOING
from arbor.incident import cache, certificate, database, firewall, log_samples, metrics, snapshot
from arbor.incident.checks import HOUR, Unknown, ago
from arbor.incident.firewall import Blocked
from arbor.incident.log_samples import Lines
from arbor.incident.metrics import Metrics
from arbor.incident.public_urls import UrlCheck
from arbor.incident.reads import SharedReads
from arbor.incident.signals import ServiceSignals, Signals
from arbor.incident.snapshot import Snapshot
from arbor.options import COMMITTED_SERVICES
from arbor.procedure import Failed, Refused
from arbor_names import limits, naming

LOG_WINDOW = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Readings:
    """Each part as it was read, or the reason why it is unknown."""

    snapshot: Snapshot
    apps: list[str] | Unknown
    """The services of the stack, in release order."""
    backend: str
    """The service that reaches the stores; empty without any service."""
    metrics: Metrics | Unknown
    errors: dict[str, Lines | Unknown] | Unknown
    """Log lines by service."""
    exhausted: Lines | Unknown
    """Log lines of the backend about its connection pool."""
    blocked: Blocked | Unknown


def read(shared: SharedReads, opener: Opener, now: datetime) -> Readings:
    """Raises Refused without a cluster, and the error that all parts have in common."""
    account, since = shared.account, now - LOG_WINDOW

    def exhausted() -> Lines:
        group = naming.log_group(account.stack, _backend(shared) or "backend")
        return log_samples.matching(account, group, log_samples.POOL_EXHAUSTED, since)

    def errors(app: str) -> Lines:
        return log_samples.errors(account, naming.log_group(account.stack, app), since)

    found: list[Any] = snapshot.guarded(
        partial(snapshot.take, shared, opener, now),
        partial(metrics.read, shared, now),
        exhausted,
        partial(firewall.read, account, now - metrics.WINDOW),
        partial(snapshot.for_each_app, shared, errors),
        shared.apps,
        partial(_backend, shared),
    )
    taken, values, pool, blocked, logged, apps, app = found
    if isinstance(taken, Unknown):
        raise Failed(taken.reason)  # every part failed, for different reasons
    return Readings(
        snapshot=taken,
        apps=apps,
        backend=_likely_backend(apps) if isinstance(app, Unknown) else app,
        metrics=values,
        exhausted=pool,
        blocked=blocked,
        errors=logged,
    )


def _backend(shared: SharedReads) -> str:
    """The service whose image the migrations run.

    Where no ECS service has that image it is one that was deleted; empty without any service.
    """
    account, described = shared.account, shared.services.get()
    found = [services.snapshot(account, app, one) for app, one in described.items()]
    try:
        return backend.among(account, found).app
    except Refused:
        deleted = [app for app in shared.apps() if app not in described]
        return next(iter([*deleted, *described]), "")


def _likely_backend(apps: list[str] | Unknown) -> str:
    """The committed stacks' name or the first service, if no task definition can be read."""
    if isinstance(apps, Unknown) or not apps or COMMITTED_SERVICES[0] in apps:
        return COMMITTED_SERVICES[0]
    return apps[0]


def signals(found: Readings) -> Signals:
    """The known values."""
    taken = found.snapshot
    known: dict[str, Any] = {}
    if not isinstance(found.metrics, Unknown):
        known |= vars(found.metrics)
    if not isinstance(taken.database, Unknown):
        store = taken.database
        known |= {
            "database": store.status,
            "database_serves": store.serves,
            "database_full": store.full,
            "no_standby": database.lacks_standby(store, taken.environment) and store.serves,
            "usable_connections": _usable(store.instance_class),
        }
    if not isinstance(taken.cache, Unknown):
        group = taken.cache
        known |= {
            "cache": group.status,
            "cache_serves": group.serves,
            "no_failover": cache.lacks_failover(group, taken.environment) and group.serves,
        }
    if not isinstance(taken.certificate, Unknown):
        known |= _certificate(taken.certificate)
    if not isinstance(found.exhausted, Unknown):
        known["exhausted"] = found.exhausted.count
    if not isinstance(found.blocked, Unknown):
        known |= {
            "blocked": found.blocked.harmful,
            "blocked_by": found.blocked.summary,
            "blocked_log": found.blocked.log,
        }
    if not isinstance(found.apps, Unknown):
        known["services"] = {app: _service(found, app) for app in found.apps}
        known["no_services"] = not found.apps
    return Signals(backend=found.backend, **known)


def _usable(instance_class: str) -> int | None:
    """None for a class that arbor_names/limits.py lacks."""
    if instance_class not in limits.DATABASE_MEMORY_GIB:
        return None
    return limits.usable_connections(instance_class)


def _certificate(found: list[certificate.CertificateState]) -> dict[str, str]:
    invalid = [one.status for one in found if not one.is_valid]
    ending = [
        f"ends in {one.days_left} days" + (f" (renewal {one.renewal})" if one.renewal else "")
        for one in found
        if one.is_valid and (one.ends_soon or one.renewal == "FAILED")
    ]
    return {
        "certificate_invalid": invalid[0] if invalid and len(invalid) == len(found) else "",
        "certificate_ends": ending[0] if ending else "",
    }


def _service(found: Readings, app: str) -> ServiceSignals:
    taken = found.snapshot
    known: dict[str, Any] = {}
    if not isinstance(taken.services, Unknown):
        (service,) = (one for one in taken.services if one.app == app)
        known |= {"exists": service.there}
        if service.there:
            known |= {"desired": service.desired, "running": service.running}
    if not isinstance(taken.targets, Unknown):
        groups = [one for one in taken.targets if one.app == app]
        if groups:
            known |= {
                "healthy": sum(one.healthy for one in groups if one.live),
                "targets": sum(one.targets for one in groups if one.live),
            }
    if not isinstance(taken.tasks, Unknown):
        known["crashes"] = [task.why for task in taken.tasks.crashes(app)]
    if not isinstance(taken.alarms, Unknown):
        known["alarms"] = [
            f"{alarm.name} is in ALARM: {alarm.reason}"
            for alarm in taken.alarms
            if alarm.app == app and alarm.in_alarm
        ]
    if not isinstance(found.errors, Unknown):
        errors = found.errors[app]
        if not isinstance(errors, Unknown):
            known["errors"] = errors.count
    if not isinstance(taken.answers, Unknown):
        known |= _url(taken.answers[app])
    return ServiceSignals(app=app, **known, **_deployment(taken, app))


def _deployment(taken: Snapshot, app: str) -> dict[str, Any]:
    if isinstance(taken.deployments, Unknown):
        return {}
    (newest,) = (one for one in taken.deployments if one.app == app)
    if newest.since is None:
        return {}
    recent = newest.status in ONGOING or taken.at - newest.since < HOUR
    failed = newest.failed(taken.at)
    summary = f"{app}: the newest deployment is {newest.status}, {ago(newest.since, taken.at)}"
    return {
        "just_deployed": recent and newest.status != ROLLED_BACK,
        "failed_deployment": f"{summary}: {newest.reason or 'no reason given'}" if failed else "",
        "half_deployed": failed and newest.status not in {ROLLED_BACK, *ONGOING},
    }


def _url(checked: UrlCheck | Unknown | None) -> dict[str, Any]:
    """A service that answers 200 is reachable, whatever it reports; another may give a reason."""
    if checked is None or isinstance(checked, Unknown):
        return {}
    problem = "unhealthy" if checked.answered else "url_problem"
    return {problem: checked.problem, "disconnected": checked.unreachable}
