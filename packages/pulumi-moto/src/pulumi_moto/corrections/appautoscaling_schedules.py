"""Application Auto Scaling: scheduled actions require a target, and end with it.

`pulumi_moto.scheduled_scaling` runs them.
"""

import re
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScheduledAction
from moto.core.exceptions import JsonRESTError

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.scheduled_scaling import DONE, once
from pulumi_moto.shapes import Members

RECURS = re.compile(r"(cron|rate)\(.+\)")
KEYS = ("service_namespace", "resource_id", "scalable_dimension", "scheduled_action_name")


def _held(self: ApplicationAutoscalingBackend, where: Members) -> FakeScheduledAction | None:
    """Return the action with these four keys."""
    return next(
        (
            action
            for action in self.scheduled_actions
            if all(getattr(action, key) == where[key] for key in KEYS)
        ),
        None,
    )


@corrects(
    ApplicationAutoscalingBackend,
    moto="needs no target, accepts any schedule and an action without limits; never runs one",
    aws="refuses those; runs it at its time, and again after a new schedule",
)
def put_scheduled_action(
    original: Replacement, self: ApplicationAutoscalingBackend, **params: Any
) -> None:
    if params["resource_id"] not in self.targets.get(params["scalable_dimension"], {}):
        raise JsonRESTError(
            "ObjectNotFoundException",
            "No scalable target registered for service namespace: "
            f"{params['service_namespace']}, resource ID: {params['resource_id']}, scalable "
            f"dimension: {params['scalable_dimension']}",
        )
    held = _held(self, params)
    if params["schedule"] is not None or held is None:
        _refuse_schedule(params["schedule"] or "", params["timezone"])
    action = params["scalable_target_action"]
    if held is None and not action:
        raise AWSValidationException(
            "At least one of minimum capacity and maximum capacity should be provided"
        )
    if action and action.get("MinCapacity", 0) > action.get("MaxCapacity", float("inf")):
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    original(self, **params)
    if held is not None:
        held.__dict__.pop(DONE, None)


def _refuse_schedule(schedule: str, zone: str | None) -> None:
    try:
        known = once(schedule, zone) is not None or RECURS.fullmatch(schedule) is not None
    except (ValueError, KeyError):  # the day or the time zone does not exist
        known = False
    if not known:
        raise AWSValidationException(f"Invalid schedule expression: {schedule}")


@corrects(
    ApplicationAutoscalingBackend, moto="accepts the name of a missing action", aws="refuses it"
)
def delete_scheduled_action(
    original: Replacement, self: ApplicationAutoscalingBackend, **where: Any
) -> None:
    if _held(self, where) is None:
        raise JsonRESTError(
            "ObjectNotFoundException",
            "No scheduled action found for service namespace: "
            f"{where['service_namespace']}, resource ID: {where['resource_id']}, scalable "
            f"dimension: {where['scalable_dimension']}, scheduled action name: "
            f"{where['scheduled_action_name']}",
        )
    original(self, **where)
