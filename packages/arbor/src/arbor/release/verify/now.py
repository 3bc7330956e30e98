"""Whether this is the moment: nothing under way, no alarm that rings."""

from functools import partial

from arbor.release import migrate
from arbor.release.verify.snapshot import Found, Skipped, Snapshot, sentences
from arbor.words import counted


def nothing_under_way(snapshot: Snapshot) -> Found:
    """No deployment, no migration: neither is to be overtaken."""
    calls = (service.busy for service in snapshot.services)
    wrong = sentences(*calls, partial(migrate.running, snapshot.account))
    return Found("no deployment and no migration", tuple(wrong))


def alarms(snapshot: Snapshot) -> Found:
    """Those that roll a deployment back: ECS doesn't watch one that rings when it begins."""
    names = []
    for service in snapshot.services:
        watched = service.configuration.get("alarms", {})
        if watched.get("enable"):
            names += watched.get("alarmNames", [])
    if not names:
        raise Skipped("no alarm watches the deployments, so that none is rolled back by one")
    found = snapshot.account.client("cloudwatch").describe_alarms(
        AlarmNames=sorted(set(names)), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    states: dict[str, str] = {
        alarm["AlarmName"]: alarm["StateValue"]
        for alarm in (*found.get("MetricAlarms", []), *found.get("CompositeAlarms", []))
    }
    triage = snapshot.account.typed("arbor triage")
    wrong = [
        f"There is no alarm {name}, which is to watch deployments: `pulumi up` of "
        f"{snapshot.account.stack}."
        if name not in states
        else f"{name} is in ALARM, so ECS would not watch it: find out why first (`{triage}`)."
        for name in sorted(set(names))
        if states.get(name, "ALARM") == "ALARM"
    ]
    return Found(
        f"{counted(len(set(names)), 'alarm')} of the deployments, none in ALARM", tuple(wrong)
    )
