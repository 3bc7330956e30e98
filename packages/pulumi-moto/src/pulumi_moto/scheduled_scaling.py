"""Application Auto Scaling: one-time scheduled actions on the account's clock.

Not modelled: recurring actions (`cron`, `rate`), which are stored and never run.
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
"""An attribute added to moto's action: when it ran."""


def once(schedule: str, zone: str | None) -> datetime | None:
    """Return when a one-time schedule is due, in UTC; None for a recurring one.

    Raises ValueError for a day or an hour that does not exist.
    """
    match = _ONCE.fullmatch(schedule)
    if match is None:
        return None
    local = datetime.fromisoformat(match[1]).replace(tzinfo=ZoneInfo(zone or "UTC"))
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def run_due() -> None:
    """Run each due action once, except for targets with suspended schedules."""
    now = utcnow() + timedelta(seconds=CLOCK.now())
    for regions in list(applicationautoscaling_backends.values()):
        for backend in list(regions.values()):
            for action in backend.scheduled_actions:
                due = once(action.schedule, action.timezone)
                if due is not None and due <= now and DONE not in action.__dict__:
                    action.__dict__[DONE] = now
                    _run(backend, action)


def _run(backend: ApplicationAutoscalingBackend, action: FakeScheduledAction) -> None:
    """Set the new limits, and bring the desired count within them."""
    target = backend.targets.get(action.scalable_dimension, {}).get(action.resource_id)
    suspended = (target.__dict__.get("suspended_state") or {}) if target else {}
    if target is None or suspended.get("ScheduledScalingSuspended"):
        return
    limits: Any = action.scalable_target_action  # annotated as str in moto; it is a document
    lowest = int(limits.get("MinCapacity", target.min_capacity))
    highest = int(limits.get("MaxCapacity", target.max_capacity))
    if lowest > highest:
        return
    target.min_capacity, target.max_capacity = lowest, highest
    if target.service_namespace == "ecs":
        _limit_count(backend, target, lowest, highest)


def _limit_count(
    backend: ApplicationAutoscalingBackend, target: FakeScalableTarget, lowest: int, highest: int
) -> None:
    _, cluster, name = target.resource_id.split("/")
    services = ecs_backends[backend.account_id][backend.region_name].services
    service = services.get(f"{cluster}:{name}")
    if service is not None:
        service.desired_count = max(lowest, min(highest, int(service.desired_count)))
