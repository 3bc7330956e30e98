"""The alarms that ECS watches during deployments."""

from dataclasses import dataclass
from datetime import datetime

from arbor.check import Check
from arbor.incident.checks import ago
from arbor.incident.reads import SharedReads
from arbor.words import counted


@dataclass(frozen=True, kw_only=True)
class AlarmState:
    """One alarm."""

    name: str
    app: str
    """The service whose deployments it rolls back."""
    state: str
    """OK, ALARM or INSUFFICIENT_DATA; the last is normal for a service without traffic."""
    reason: str
    since: datetime

    @property
    def in_alarm(self) -> bool:
        return self.state == "ALARM"


def read(shared: SharedReads) -> list[AlarmState]:
    """The alarms of the services' deployment configuration.

    Autoscaling's alarms are left out: its low alarm is in ALARM whenever load is low.
    """
    apps = {
        name: app
        for app, service in shared.services.get().items()
        for name in service.get("deploymentConfiguration", {})
        .get("alarms", {})
        .get("alarmNames", [])
    }
    if not apps:
        return []
    cloudwatch = shared.account.client("cloudwatch")
    found = cloudwatch.describe_alarms(
        AlarmNames=list(apps), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return [
        AlarmState(
            name=alarm["AlarmName"],
            app=apps[alarm["AlarmName"]],
            state=alarm["StateValue"],
            reason=alarm.get("StateReason", ""),
            since=alarm["StateUpdatedTimestamp"],
        )
        for alarm in (*found.get("MetricAlarms", []), *found.get("CompositeAlarms", []))
    ]


def checks(found: list[AlarmState], now: datetime) -> list[Check]:
    """One for each alarm in ALARM, or one for all."""
    in_alarm = [
        Check(
            status="NG",
            name="alarm",
            message=f"{alarm.name} since {ago(alarm.since, now)}: {alarm.reason}",
        )
        for alarm in found
        if alarm.in_alarm
    ]
    if in_alarm:
        return in_alarm
    if not found:
        return [
            Check(status="NG", name="alarms", message="the services' deployment alarms don't exist")
        ]
    return [
        Check(status="OK", name="alarms", message=f"0 of {counted(len(found), 'alarm')} in ALARM")
    ]
