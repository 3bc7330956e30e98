"""Checks of the present state: deployments and migrations in progress, alarms."""

from functools import partial

from arbor.ecs import services
from arbor.release import migrate
from arbor.release.verify.snapshot import Found, Skipped, Snapshot, sentences
from arbor.words import counted


def nothing_in_progress(snapshot: Snapshot) -> Found:
    """No deployment and no migration is in progress."""
    calls = (service.busy for service in snapshot.services)
    wrong = sentences(*calls, partial(migrate.running, snapshot.account))
    return Found("0 deployments and 0 migrations in progress", tuple(wrong))


def created(snapshot: Snapshot) -> Found:
    """ECS has a service for each pair of target groups."""
    apps = [service.app for service in snapshot.services]
    missing = sorted(services.with_target_groups(snapshot.account) - set(apps))
    return Found(
        f"{' and '.join(apps)} exist",
        tuple(str(services.none(snapshot.account, app)) for app in missing),
    )


def alarms(snapshot: Snapshot) -> Found:
    """No deployment alarm is in ALARM: ECS ignores one that is at the deployment's start."""
    names = []
    for service in snapshot.services:
        watched = service.configuration.get("alarms", {})
        if watched.get("enable"):
            names += watched.get("alarmNames", [])
    if not names:
        raise Skipped("the services' deployments have no alarms")
    found = snapshot.account.client("cloudwatch").describe_alarms(
        AlarmNames=sorted(set(names)), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    states: dict[str, str] = {
        alarm["AlarmName"]: alarm["StateValue"]
        for alarm in (*found.get("MetricAlarms", []), *found.get("CompositeAlarms", []))
    }
    triage = snapshot.account.typed("arbor triage")
    wrong = [
        f"There is no deployment alarm {name}; run `pulumi up` of {snapshot.account.stack}."
        if name not in states
        else f"{name} is in ALARM, so ECS would ignore it: find the cause first (`{triage}`)."
        for name in sorted(set(names))
        if states.get(name, "ALARM") == "ALARM"
    ]
    return Found(f"0 of {counted(len(set(names)), 'deployment alarm')} in ALARM", tuple(wrong))
