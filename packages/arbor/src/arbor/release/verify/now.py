"""Whether this is the moment: nothing under way, no alarm that rings."""

from functools import partial

from arbor.release import migrate
from arbor.release.verify.look import Found, Look, Skipped, sentences
from arbor.words import counted


def nothing_under_way(look: Look) -> Found:
    """No deployment, no migration: neither is to be overtaken."""
    calls = (service.busy for service in look.services)
    wrong = sentences(*calls, partial(migrate.running, look.account))
    return Found("no deployment and no migration", tuple(wrong))


def alarms(look: Look) -> Found:
    """Those that roll a deployment back: ECS doesn't watch one that rings when it begins."""
    names = []
    for service in look.services:
        watched = service.configuration.get("alarms", {})
        if watched.get("enable"):
            names += watched.get("alarmNames", [])
    if not names:
        raise Skipped("no alarm watches the deployments, so that none is rolled back by one")
    found = look.account.client("cloudwatch").describe_alarms(
        AlarmNames=sorted(set(names)), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    states = {
        alarm["AlarmName"]: alarm["StateValue"]
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in found.get(kind, [])
    }
    triage = look.account.typed("arbor triage")
    wrong = [
        f"There is no alarm {name}, which is to watch deployments: `pulumi up` of "
        f"{look.account.stack}."
        if name not in states
        else f"{name} is in ALARM, so ECS would not watch it: find out why first (`{triage}`)."
        for name in sorted(set(names))
        if states.get(name, "ALARM") == "ALARM"
    ]
    return Found(
        f"{counted(len(set(names)), 'alarm')} of the deployments, none in ALARM", tuple(wrong)
    )
