"""Application Auto Scaling: one-time scheduled actions run by the account's clock.

Not modelled: actions that recur (`cron`, `rate`), which are kept and never run.
"""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeScalableTarget,
    FakeScheduledAction,
    applicationautoscaling_backends,
)
from moto.core.utils import utcnow
from moto.ecs.models import ecs_backends

from pulumi_moto.clock import CLOCK

_ONCE = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
DONE = "done_at"
"""When an action ran, kept on moto's own object."""


def once(schedule: str, zone: str | None) -> datetime | None:
    """When a schedule of one time is due, in UTC; None for one that recurs.

    Raises ValueError for a day or hour that doesn't exist.
    """
    match = _ONCE.fullmatch(schedule)
    if match is None:
        return None
    local = datetime.fromisoformat(match[1]).replace(tzinfo=ZoneInfo(zone or "UTC"))
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def run_due() -> None:
    """Run each action whose time has come, once; none of a target whose schedules are suspended."""
    now = utcnow() + timedelta(seconds=CLOCK.now())
    for regions in list(applicationautoscaling_backends.values()):
        for backend in list(regions.values()):
            for action in backend.scheduled_actions:
                due = once(action.schedule, action.timezone)
                if due is not None and due <= now and DONE not in action.__dict__:
                    action.__dict__[DONE] = now
                    _run(backend, action)


def _run(backend: ApplicationAutoscalingBackend, action: FakeScheduledAction) -> None:
    """New limits; a count outside of them is brought back between them."""
    target = backend.targets.get(action.scalable_dimension, {}).get(action.resource_id)
    suspended = (target.__dict__.get("suspended_state") or {}) if target else {}
    if target is None or suspended.get("ScheduledScalingSuspended"):
        return
    asked: Any = action.scalable_target_action  # moto's annotation says str; it is a document
    lowest = int(asked.get("MinCapacity", target.min_capacity))
    highest = int(asked.get("MaxCapacity", target.max_capacity))
    if lowest > highest:
        return
    target.min_capacity, target.max_capacity = lowest, highest
    if target.service_namespace == "ecs":
        _bring_between(backend, target, lowest, highest)


def _bring_between(
    backend: ApplicationAutoscalingBackend, target: FakeScalableTarget, lowest: int, highest: int
) -> None:
    _, cluster, name = target.resource_id.split("/")
    services = ecs_backends[backend.account_id][backend.region_name].services
    service = services.get(f"{cluster}:{name}")
    if service is not None:
        service.desired_count = max(lowest, min(highest, int(service.desired_count)))
