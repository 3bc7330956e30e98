"""How severe an incident looks: the runbook's levels, and what speaks for each. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from arbor.incident.facts import App, Facts
from arbor.words import counted

Level = Literal["P1", "P2", "P3", "P4"]
LEVELS: Final[dict[Level, tuple[str, str]]] = {
    "P1": ("Critical: complete service outage", "15 minutes"),
    "P2": ("High: a major feature is broken", "1 hour"),
    "P3": ("Medium: degraded performance", "4 hours"),
    "P4": ("Low: minor issues", "24 hours"),
}
"""What each means, and how soon somebody answers it: the runbook's table."""
SLOW_SECONDS: Final = 2.0
"""The application's promise: a recommendation in less."""
BROKEN, FAILING = 0.05, 0.01
"""Parts of all requests that get a 5xx: from the first on a feature is broken."""
FEW_REQUESTS: Final = 20
"""Too few to say what part of them fails."""
CROWDED: Final = 0.8
"""The part of the usable connections from which on they run out soon."""
COLD: Final = 0.5
"""A cache that answers fewer than this part of what it is asked does little."""
MANY_ERRORS: Final = 100
"""Errors in half an hour."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong."""

    level: Level
    evidence: str
    run: str
    """The command to run next: of `arbor`, where it can help."""


Found = Iterator[tuple[str, str]]
"""Evidence, and the command to run next."""


def _unreachable(facts: Facts) -> Found:
    app = facts.backend
    if app.url_wrong:
        yield f"the API {app.url_wrong}", _repair(app, facts)


def _nothing_serves(facts: Facts) -> Found:
    if facts.backend.down:
        yield _down(facts.backend), _repair(facts.backend, facts)


def _refused_by_browsers(facts: Facts) -> Found:
    if facts.certificate_wrong:
        yield f"the certificate is {facts.certificate_wrong}", "arbor audit certificate"


def _no_pages(facts: Facts) -> Found:
    app = facts.frontend
    if app.down:
        yield _down(app), _repair(app, facts)
    elif app.url_wrong:
        yield f"the frontend {app.url_wrong}", _repair(app, facts)


def _cut_off(facts: Facts) -> Found:
    cache = "arbor cache stats"
    commands = {"database": "arbor database connections", "redis": cache, "cache": cache}
    for what in facts.backend.disconnected:
        yield f"the backend says: {what}", commands.get(what.split()[0], "arbor health")
    if facts.backend.unwell and not facts.backend.disconnected:
        yield f"the API {facts.backend.unwell}", "arbor logs backend --errors --since 30m"


def _stores_down(facts: Facts) -> Found:
    if facts.database_serves is False:
        yield f"the database is {facts.database}", "arbor status --watch"
    if facts.cache_serves is False:
        yield f"the cache is {facts.cache}", "arbor status --watch"


def _failing(facts: Facts) -> Found:
    if _counts(facts) and facts.failing >= BROKEN:
        yield _failed(facts), _repair(facts.backend, facts)


def _exhausted(facts: Facts) -> Found:
    if facts.exhausted:
        yield (
            f"the connection pool is exhausted: {counted(facts.exhausted, 'log line')}",
            "arbor restart backend",
        )
    if facts.crowded >= 1:
        yield _taken(facts), "arbor database connections"


def _half_way(facts: Facts) -> Found:
    for app in facts.apps:
        if app.deployment and app.left_half_way:
            yield app.deployment, f"arbor rollback {app.app}"


def _some_fail(facts: Facts) -> Found:
    if _counts(facts) and FAILING <= facts.failing < BROKEN:
        yield _failed(facts), "arbor logs backend --errors --since 30m"


def refused_by_the_firewall(facts: Facts) -> Found:
    """Users get 403 or 429, and the log of the application is empty."""
    if (facts.blocked or 0) >= FEW_REQUESTS and facts.refused >= BROKEN:
        many = f"{facts.blocked} requests ({facts.refused:.0%})"
        yield (
            f"WAF blocked {many}: {facts.blocked_by}",
            f"aws logs tail {facts.blocked_log} --since 15m --format short",
        )


def _slow(facts: Facts) -> Found:
    if facts.seconds is not None and facts.seconds > SLOW_SECONDS:
        yield (
            f"answers take {facts.seconds:.1f} s on average, more than {SLOW_SECONDS:.0f}",
            "arbor database top-queries",
        )


def _short_of_tasks(facts: Facts) -> Found:
    for app in facts.apps:
        if app.down:
            continue
        if app.running is not None and app.desired is not None and app.running < app.desired:
            yield (
                f"{app.app}: {app.running} of {counted(app.desired, 'task')} running",
                "arbor status --watch",
            )
        if app.healthy is not None and app.targets is not None and app.healthy < app.targets:
            yield (
                f"{app.app}: {app.healthy} of {counted(app.targets, 'target')} healthy",
                f"arbor logs {app.app} --errors --since 30m",
            )


def _crashing(facts: Facts) -> Found:
    for app in facts.apps:
        if app.crashes:
            many = counted(len(app.crashes), "task")
            yield (
                f"{app.app}: {many} crashed within the hour: {app.crashes[0]}",
                f"arbor logs {app.app} --errors --since 30m",
            )


def _ringing(facts: Facts) -> Found:
    for app in facts.apps:
        for alarm in app.alarms:
            yield f"{app.app}: {alarm}", f"arbor logs {app.app} --errors --since 30m"


def _crowded(facts: Facts) -> Found:
    if CROWDED <= facts.crowded < 1:
        yield _taken(facts), "arbor database connections"


def _full(facts: Facts) -> Found:
    if facts.database_full:
        yield "the database has less than a tenth of its storage free", "arbor status"


def _cold(facts: Facts) -> Found:
    if facts.hit_rate is not None and facts.hit_rate < COLD:
        yield f"the cache had {facts.hit_rate:.0%} of what it was asked for", "arbor cache warm"
    if facts.evictions:
        yield f"the cache evicted {facts.evictions:.0f} keys: it is full", "arbor cache stats"


def _many_errors(facts: Facts) -> Found:
    for app in facts.apps:
        if (app.errors or 0) >= MANY_ERRORS:
            yield _errors(app), f"arbor logs {app.app} --errors --since 30m"


def _some_errors(facts: Facts) -> Found:
    for app in facts.apps:
        if 0 < (app.errors or 0) < MANY_ERRORS:
            yield _errors(app), f"arbor logs {app.app} --errors --since 30m"


def _taken_back(facts: Facts) -> Found:
    for app in facts.apps:
        if app.deployment and not app.left_half_way:
            yield app.deployment, f"arbor logs {app.app} --errors --since 30m"


def _unprotected(facts: Facts) -> Found:
    if facts.certificate_ends:
        yield f"the certificate {facts.certificate_ends}", "arbor audit certificate"
    if facts.no_standby:
        yield "the database stands in one zone: nothing takes over from it", "arbor status"
    if facts.no_failover:
        yield "no node takes over from the cache's primary", "arbor status"


RULES: Final[tuple[tuple[Level, Callable[[Facts], Found]], ...]] = (
    ("P1", _unreachable),
    ("P1", _nothing_serves),
    ("P1", _refused_by_browsers),
    ("P2", _no_pages),
    ("P2", _cut_off),
    ("P2", _stores_down),
    ("P2", _failing),
    ("P2", _exhausted),
    ("P2", _half_way),
    ("P3", _some_fail),
    ("P3", refused_by_the_firewall),
    ("P3", _slow),
    ("P3", _short_of_tasks),
    ("P3", _crashing),
    ("P3", _ringing),
    ("P3", _crowded),
    ("P3", _full),
    ("P3", _cold),
    ("P3", _many_errors),
    ("P4", _taken_back),
    ("P4", _some_errors),
    ("P4", _unprotected),
)
"""What makes it how severe; the most severe first."""


def judge(facts: Facts) -> list[Finding]:
    """Everything that is wrong, the most severe first; the first one's level is the incident's."""
    return [
        Finding(level=level, evidence=evidence, run=run)
        for level, rule in RULES
        for evidence, run in rule(facts)
    ]


def _counts(facts: Facts) -> bool:
    return (facts.requests or 0) >= FEW_REQUESTS


def _failed(facts: Facts) -> str:
    return (
        f"{facts.failed_requests:.0f} of {facts.requests:.0f} requests ({facts.failing:.0%}) "
        "were answered with 5xx"
    )


def _taken(facts: Facts) -> str:
    return (
        f"{facts.connections:.0f} of {facts.usable_connections} usable database connections "
        "are taken"
    )


def _down(app: App) -> str:
    if app.there is False:
        return f"there is no {app.app} service"
    if app.running == 0:
        return f"{app.app}: no task runs"
    return f"{app.app}: the live colour has no healthy target"


def _errors(app: App) -> str:
    return f"{app.app}: {counted(app.errors or 0, 'error')} in the last 30 minutes"


def _repair(app: App, facts: Facts) -> str:
    """What came with a deployment goes with it; what nobody changed is started again.

    No start helps a backend whose database is down.
    """
    if app.there is False:
        return "pulumi up"  # of a stack whose database is migrated
    if app.app == "backend" and facts.database_serves is False:
        return "arbor status --watch"
    if app.desired == 0:
        return f"arbor scale {app.app} 1"
    return f"arbor rollback {app.app}" if app.just_deployed else f"arbor restart {app.app}"
