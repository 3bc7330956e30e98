"""Everything that triage reads, at once, and the plain facts in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from arbor.account import APPS
from arbor.ecs.report import Opener
from arbor.ecs.rollout import ROLLED_BACK
from arbor.ecs.services import ONGOING
from arbor.incident import cache, certificate, database, firewall, log_lines, look, numbers
from arbor.incident.answers import Answer
from arbor.incident.facts import App, Facts
from arbor.incident.firewall import Blocked
from arbor.incident.log_lines import Lines
from arbor.incident.look import Look
from arbor.incident.numbers import Numbers
from arbor.incident.row import HOUR, Unknown, ago
from arbor.incident.shared import Shared
from arbor.procedure import Failed
from arbor_names import limits, naming

RECENT = timedelta(minutes=30)
"""Of which the log is read."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """As it was found, or for each part why it wasn't."""

    look: Look
    numbers: Numbers | Unknown
    errors: dict[str, Lines | Unknown]
    exhausted: Lines | Unknown
    blocked: Blocked | Unknown


def gather(shared: Shared, opener: Opener, now: datetime) -> Evidence:
    """Raises Refused where the stack isn't, and what every part met where all met the same."""
    account, since = shared.account, now - RECENT
    groups = {app: naming.log_group(account.stack, app) for app in APPS}
    found: list[Any] = look.guarded(
        partial(look.take, shared, opener, now),
        partial(numbers.read, shared, now),
        partial(log_lines.count, account, groups["backend"], log_lines.EXHAUSTED, since),
        partial(firewall.read, account, now - numbers.WINDOW),
        *(partial(log_lines.errors, account, groups[app], since) for app in APPS),
    )
    looked, counted, exhausted, blocked, *errors = found
    if isinstance(looked, Unknown):
        raise Failed(looked.why)  # nothing at all could be read, each part for its own reason
    return Evidence(
        look=looked,
        numbers=counted,
        exhausted=exhausted,
        blocked=blocked,
        errors=dict(zip(APPS, errors, strict=True)),
    )


def facts(found: Evidence) -> Facts:
    """What is known of it, without what isn't."""
    looked, counted = found.look, found.numbers
    known: dict[str, Any] = {}
    if not isinstance(counted, Unknown):
        known |= vars(counted)
    if not isinstance(looked.database, Unknown):
        store = looked.database
        known |= {
            "database": store.status,
            "database_serves": store.serves,
            "database_full": store.full,
            "no_standby": database.lacks_standby(store, looked.environment) and store.serves,
            "usable_connections": _usable(store.instance_class),
        }
    if not isinstance(looked.cache, Unknown):
        group = looked.cache
        known |= {
            "cache": group.status,
            "cache_serves": group.serves,
            "no_failover": cache.lacks_failover(group, looked.environment) and group.serves,
        }
    if not isinstance(looked.certificate, Unknown):
        known |= _certificate(looked.certificate)
    if not isinstance(found.exhausted, Unknown):
        known["exhausted"] = found.exhausted.count
    if not isinstance(found.blocked, Unknown):
        known |= {
            "blocked": found.blocked.harmful,
            "blocked_by": found.blocked.says(),
            "blocked_log": found.blocked.log,
        }
    backend, frontend = (_app(found, app) for app in APPS)
    return Facts(backend=backend, frontend=frontend, **known)


def _usable(instance_class: str) -> int | None:
    """None for a class that the table does not have."""
    if instance_class not in limits.DATABASE_MEMORY_GIB:
        return None
    return limits.usable_connections(instance_class)


def _certificate(found: list[certificate.CertificateNow]) -> dict[str, str]:
    wrong = [one.status for one in found if not one.holds]
    soon = [
        f"ends in {one.days_left} days" + (f" (renewal {one.renewal})" if one.renewal else "")
        for one in found
        if one.holds and (one.ends_soon or one.renewal == "FAILED")
    ]
    return {
        "certificate_wrong": wrong[0] if wrong and len(wrong) == len(found) else "",
        "certificate_ends": soon[0] if soon else "",
    }


def _app(found: Evidence, app: str) -> App:
    looked = found.look
    known: dict[str, Any] = {}
    if not isinstance(looked.services, Unknown):
        (service,) = (one for one in looked.services if one.app == app)
        known |= {"there": service.there}
        if service.there:
            known |= {"desired": service.desired, "running": service.running}
    if not isinstance(looked.targets, Unknown):
        live = [one for one in looked.targets if one.app == app and one.live]
        known |= {
            "healthy": sum(one.healthy for one in live),
            "targets": sum(one.targets for one in live),
        }
    if not isinstance(looked.tasks, Unknown):
        known["crashes"] = [task.why for task in looked.tasks.crashes(app)]
    if not isinstance(looked.alarms, Unknown):
        known["alarms"] = [
            f"{alarm.name} rings: {alarm.reason}"
            for alarm in looked.alarms
            if alarm.app == app and alarm.rings
        ]
    errors = found.errors[app]
    if not isinstance(errors, Unknown):
        known["errors"] = errors.count
    return App(app=app, **known, **_deployed(looked, app), **_answered(looked.answers[app]))


def _deployed(looked: Look, app: str) -> dict[str, Any]:
    if isinstance(looked.deployments, Unknown):
        return {}
    (newest,) = (one for one in looked.deployments if one.app == app)
    if newest.since is None:
        return {}
    recent = newest.status in ONGOING or looked.at - newest.since < HOUR
    failed = newest.failed(looked.at)
    told = f"{app}: its newest deployment is {newest.status}, {ago(newest.since, looked.at)}"
    return {
        "just_deployed": recent and newest.status != ROLLED_BACK,
        "deployment": f"{told}: {newest.reason or 'no reason given'}" if failed else "",
        "left_half_way": failed and newest.status not in {ROLLED_BACK, *ONGOING},
    }


def _answered(answer: Answer | Unknown) -> dict[str, Any]:
    """One that answers 200 is there, whatever it says of itself; one that doesn't may say why."""
    if isinstance(answer, Unknown):
        return {}
    wrong = "unwell" if answer.reached else "url_wrong"
    return {wrong: answer.wrong, "disconnected": answer.cut_off}
