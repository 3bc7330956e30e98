"""The severity of an incident: the runbook's levels, and a pure rule for each sign of one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from arbor.incident.signals import ServiceSignals, Signals
from arbor.words import counted

Level = Literal["P1", "P2", "P3", "P4"]
LEVELS: Final[dict[Level, tuple[str, str]]] = {
    "P1": ("Critical: complete service outage", "15 minutes"),
    "P2": ("High: a major feature is broken", "1 hour"),
    "P3": ("Medium: degraded performance", "4 hours"),
    "P4": ("Low: minor issues", "24 hours"),
}
"""Meaning and response time: the runbook's table."""
SLOW_SECONDS: Final = 2.0
"""The application's promise for a recommendation."""
BROKEN, FAILING = 0.05, 0.01
"""Fractions of requests with a 5xx response: a broken feature, a degraded one."""
MIN_REQUESTS: Final = 20
"""A fraction of fewer requests means little."""
MANY_CONNECTIONS: Final = 0.8
"""The fraction of the usable connections that is too high."""
LOW_HIT_RATE: Final = 0.5
MANY_ERRORS: Final = 100
"""Errors in half an hour."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem."""

    level: Level
    evidence: str
    run: str
    """The next command, of `arbor` if it has one."""


Problems = Iterator[tuple[str, str]]
"""A sentence, and the next command."""


def _no_services(signals: Signals) -> Problems:
    if signals.no_services:
        yield "the stack has no service", "pulumi up"


def _backend_unreachable(signals: Signals) -> Problems:
    if signals.primary.url_problem:
        yield _url(signals.primary), _repair(signals.primary, signals)


def _backend_down(signals: Signals) -> Problems:
    if signals.primary.down:
        yield _down(signals.primary), _repair(signals.primary, signals)


def _invalid_certificate(signals: Signals) -> Problems:
    if signals.certificate_invalid:
        yield f"the certificate is {signals.certificate_invalid}", "arbor audit certificate"


def _others_down(signals: Signals) -> Problems:
    for service in signals.others:
        if service.down:
            yield _down(service), _repair(service, signals)
        elif service.url_problem:
            yield _url(service), _repair(service, signals)


def _disconnected(signals: Signals) -> Problems:
    cache = "arbor cache stats"
    commands = {"database": "arbor database connections", "redis": cache, "cache": cache}
    for service in signals.services.values():
        for store in service.disconnected:
            command = commands.get(store.split()[0], "arbor health")
            yield f"{service.app} reports: {store}", command
        if service.unhealthy and not service.disconnected:
            yield f"{service.app}: its public URL {service.unhealthy}", _errors_of(service)


def _stores_down(signals: Signals) -> Problems:
    if signals.database_serves is False:
        yield f"the database is {signals.database}", "arbor status --watch"
    if signals.cache_serves is False:
        yield f"the cache is {signals.cache}", "arbor status --watch"


def _many_failed_requests(signals: Signals) -> Problems:
    if _enough_requests(signals) and signals.failing >= BROKEN:
        yield _failed_requests(signals), _repair(signals.primary, signals)


def _exhausted_connections(signals: Signals) -> Problems:
    if signals.exhausted:
        yield (
            f"the connection pool is exhausted: {counted(signals.exhausted, 'log line')}",
            f"arbor restart {signals.backend}",
        )
    if signals.connections_used >= 1:
        yield _connections(signals), "arbor database connections"


def _half_deployed(signals: Signals) -> Problems:
    for service in signals.services.values():
        if service.failed_deployment and service.half_deployed:
            yield service.failed_deployment, f"arbor rollback {service.app}"


def _some_failed_requests(signals: Signals) -> Problems:
    if _enough_requests(signals) and FAILING <= signals.failing < BROKEN:
        yield _failed_requests(signals), _errors_of(signals.primary)


def blocked_by_firewall(signals: Signals) -> Problems:
    """Users get 403 or 429, and the application logs nothing."""
    if (signals.blocked or 0) >= MIN_REQUESTS and signals.refused >= BROKEN:
        many = f"{signals.blocked} requests ({signals.refused:.0%})"
        yield (
            f"WAF blocked {many}: {signals.blocked_by}",
            f"aws logs tail {signals.blocked_log} --since 15m --format short",
        )


def _slow(signals: Signals) -> Problems:
    if signals.seconds is not None and signals.seconds > SLOW_SECONDS:
        yield (
            f"responses take {signals.seconds:.1f} s on average, more than {SLOW_SECONDS:.0f} s",
            "arbor database top-queries",
        )


def _few_tasks(signals: Signals) -> Problems:
    for service in signals.services.values():
        if service.down:
            continue
        desired, running = service.desired, service.running
        if running is not None and desired is not None and running < desired:
            yield (
                f"{service.app}: {running} of {counted(desired, 'task')} running",
                "arbor status --watch",
            )
        healthy, targets = service.healthy, service.targets
        if healthy is not None and targets is not None and healthy < targets:
            yield (
                f"{service.app}: {healthy} of {counted(targets, 'target')} healthy",
                _errors_of(service),
            )


def _crashes(signals: Signals) -> Problems:
    for service in signals.services.values():
        if service.crashes:
            many = counted(len(service.crashes), "task")
            yield (
                f"{service.app}: {many} crashed in the last hour: {service.crashes[0]}",
                _errors_of(service),
            )


def _alarms(signals: Signals) -> Problems:
    for service in signals.services.values():
        for alarm in service.alarms:
            yield f"{service.app}: {alarm}", _errors_of(service)


def _many_connections(signals: Signals) -> Problems:
    if MANY_CONNECTIONS <= signals.connections_used < 1:
        yield _connections(signals), "arbor database connections"


def _full_database(signals: Signals) -> Problems:
    if signals.database_full:
        yield "less than a tenth of the database's storage is free", "arbor status"


def _ineffective_cache(signals: Signals) -> Problems:
    if signals.hit_rate is not None and signals.hit_rate < LOW_HIT_RATE:
        yield f"the cache's hit rate is {signals.hit_rate:.0%}", "arbor cache warm"
    if signals.evictions:
        yield f"the cache is full: it evicted {signals.evictions:.0f} keys", "arbor cache stats"


def _many_errors(signals: Signals) -> Problems:
    for service in signals.services.values():
        if (service.errors or 0) >= MANY_ERRORS:
            yield _errors(service), _errors_of(service)


def _some_errors(signals: Signals) -> Problems:
    for service in signals.services.values():
        if 0 < (service.errors or 0) < MANY_ERRORS:
            yield _errors(service), _errors_of(service)


def _rolled_back(signals: Signals) -> Problems:
    for service in signals.services.values():
        if service.failed_deployment and not service.half_deployed:
            yield service.failed_deployment, _errors_of(service)


def _unprotected(signals: Signals) -> Problems:
    if signals.certificate_ends:
        yield f"the certificate {signals.certificate_ends}", "arbor audit certificate"
    if signals.no_standby:
        yield "the database has no standby in another zone", "arbor status"
    if signals.no_failover:
        yield "the cache has no automatic failover", "arbor status"


RULES: Final[tuple[tuple[Level, Callable[[Signals], Problems]], ...]] = (
    ("P1", _no_services),
    ("P1", _backend_unreachable),
    ("P1", _backend_down),
    ("P1", _invalid_certificate),
    ("P2", _others_down),
    ("P2", _disconnected),
    ("P2", _stores_down),
    ("P2", _many_failed_requests),
    ("P2", _exhausted_connections),
    ("P2", _half_deployed),
    ("P3", _some_failed_requests),
    ("P3", blocked_by_firewall),
    ("P3", _slow),
    ("P3", _few_tasks),
    ("P3", _crashes),
    ("P3", _alarms),
    ("P3", _many_connections),
    ("P3", _full_database),
    ("P3", _ineffective_cache),
    ("P3", _many_errors),
    ("P4", _rolled_back),
    ("P4", _some_errors),
    ("P4", _unprotected),
)
"""The level of each rule's problems, in the order of the findings."""


def judge(signals: Signals) -> list[Finding]:
    """Every problem, the most severe first; the first one's level is the incident's."""
    return [
        Finding(level=level, evidence=evidence, run=run)
        for level, rule in RULES
        for evidence, run in rule(signals)
    ]


def _enough_requests(signals: Signals) -> bool:
    return (signals.requests or 0) >= MIN_REQUESTS


def _failed_requests(signals: Signals) -> str:
    return (
        f"{signals.failed_requests:.0f} of {signals.requests:.0f} requests "
        f"({signals.failing:.0%}) had a 5xx response"
    )


def _connections(signals: Signals) -> str:
    return (
        f"{signals.connections:.0f} of {signals.usable_connections} usable database connections "
        "are open"
    )


def _url(service: ServiceSignals) -> str:
    return f"{service.app}: its public URL {service.url_problem}"


def _down(service: ServiceSignals) -> str:
    if service.exists is False:
        return f"{service.app}: the service doesn't exist"
    if service.running == 0:
        return f"{service.app}: 0 tasks running"
    return f"{service.app}: the live target group has 0 healthy targets"


def _errors(service: ServiceSignals) -> str:
    return f"{service.app}: {counted(service.errors or 0, 'error')} in the last 30 minutes"


def _errors_of(service: ServiceSignals) -> str:
    return f"arbor logs {service.app} --errors --since 30m"


def _repair(service: ServiceSignals, signals: Signals) -> str:
    """Roll back after a deployment, else restart.

    A restart doesn't help a backend whose database is down.
    """
    if service.exists is False:
        return "pulumi up"  # of a stack whose database is migrated
    if service.app == signals.backend and signals.database_serves is False:
        return "arbor status --watch"
    if service.desired == 0:
        return f"arbor scale {service.app} 1"
    action = "rollback" if service.just_deployed else "restart"
    return f"arbor {action} {service.app}"
