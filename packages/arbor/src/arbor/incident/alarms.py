"""The alarms that watch the services, and roll their deployments back."""

from dataclasses import dataclass
from datetime import datetime

from arbor.incident.row import Row, ago
from arbor.incident.shared import Shared


@dataclass(frozen=True, kw_only=True)
class AlarmNow:
    """One of them."""

    name: str
    app: str
    """Whose deployments it watches."""
    state: str
    """OK, ALARM or INSUFFICIENT_DATA; the last is what a service without traffic has."""
    reason: str
    since: datetime

    @property
    def rings(self) -> bool:
        return self.state == "ALARM"


def read(shared: Shared) -> list[AlarmNow]:
    """Those that the services name; the autoscaler's own are none of them.

    An autoscaler's low alarm rings whenever there is little to do.
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
        AlarmNow(
            name=alarm["AlarmName"],
            app=apps[alarm["AlarmName"]],
            state=alarm["StateValue"],
            reason=alarm.get("StateReason", ""),
            since=alarm["StateUpdatedTimestamp"],
        )
        for alarm in (*found.get("MetricAlarms", []), *found.get("CompositeAlarms", []))
    ]


def rows(found: list[AlarmNow], now: datetime) -> list[Row]:
    """A line for each that rings, or one for all."""
    ringing = [
        Row("NG", "alarm", f"{alarm.name} since {ago(alarm.since, now)}: {alarm.reason}")
        for alarm in found
        if alarm.rings
    ]
    if ringing:
        return ringing
    if not found:
        return [Row("NG", "alarms", "the services name no alarm that exists")]
    return [Row("OK", "alarms", f"none of {len(found)} rings")]
