"""Application Auto Scaling: impossible limits, tags, and policies that end with their target."""

import json
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
    FakeScalableTarget,
)
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

NOTHING_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


@corrects(
    ApplicationAutoscalingBackend,
    moto="accepts a minimum above the maximum; returns no default role and no suspended state",
    aws="refuses that; returns its service-linked role and a suspended state with three `false`",
)
def register_scalable_target(  # noqa: PLR0913, PLR0917 - moto's signature
    original: Replacement,
    self: ApplicationAutoscalingBackend,
    namespace: str,
    r_id: str,
    dimension: str,
    min_capacity: int | None,
    max_capacity: int | None,
    role_arn: str | None,
    suspended_state: dict[str, bool] | None,
) -> FakeScalableTarget:
    known = self.targets.get(dimension, {}).get(r_id)
    lowest = known.min_capacity if min_capacity is None and known else min_capacity
    highest = known.max_capacity if max_capacity is None and known else max_capacity
    if lowest is not None and highest is not None and lowest > highest:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
    target: FakeScalableTarget = original(
        self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state
    )
    suspended: Any = target.suspended_state  # annotated as str in moto; it is a document
    target.__dict__["suspended_state"] = {**NOTHING_SUSPENDED, **(suspended or {})}
    target.role_arn = target.role_arn or (
        f"arn:aws:iam::{self.account_id}:role/aws-service-role/"
        f"{namespace}.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_ECSService"
    )
    return target


@corrects(
    ApplicationAutoscalingBackend,
    moto="keeps the target's policies, their alarms and its scheduled actions",
    aws="deletes them with the target",
)
def deregister_scalable_target(
    original: Replacement,
    self: ApplicationAutoscalingBackend,
    namespace: str,
    r_id: str,
    dimension: str,
) -> None:
    original(self, namespace, r_id, dimension)
    for policy in list(self.policies.values()):
        if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
            self.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
    self.scheduled_actions = [
        action
        for action in self.scheduled_actions
        if (action.resource_id, action.scalable_dimension) != (r_id, dimension)
    ]


@corrects(
    ApplicationAutoscalingBackend,
    moto="needs no target; an update makes another ARN and keeps the old alarms",
    aws="refuses a policy without a registered target; an update keeps the policy's ARN",
)
def put_scaling_policy(  # noqa: PLR0913 - moto's signature
    original: Replacement,
    self: ApplicationAutoscalingBackend,
    *,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_body: Members,
    policy_type: str | None,
) -> FakeApplicationAutoscalingPolicy:
    if resource_id not in self.targets.get(scalable_dimension, {}):
        raise JsonRESTError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {service_namespace}, "
            f"resource ID: {resource_id}, scalable dimension: {scalable_dimension}",
        )
    key = FakeApplicationAutoscalingPolicy.formulate_key(
        service_namespace, resource_id, scalable_dimension, policy_name
    )
    before = self.policies.get(key)
    policy: FakeApplicationAutoscalingPolicy = original(
        self,
        policy_name=policy_name,
        service_namespace=service_namespace,
        resource_id=resource_id,
        scalable_dimension=scalable_dimension,
        policy_body=policy_body,
        policy_type=policy_type,
    )
    if before is not None:
        before.delete_alarms(self.account_id, self.region_name)
        for alarm in policy.alarms:
            alarm.alarm_actions = [
                action.replace(policy.policy_arn, before.policy_arn)
                for action in alarm.alarm_actions
            ]
        policy.policy_arn = before.policy_arn
        policy.creation_time = before.creation_time
    return policy


@corrects(
    ApplicationAutoScalingResponse,
    "register_scalable_target",
    call="application-autoscaling.register_scalable_target (Tags)",
    moto="drops the tags",
    aws="keeps them",
)
def register_with_tags(original: Replacement, self: ApplicationAutoScalingResponse) -> str:
    answer = str(original(self))
    if tags := self._get_param("Tags"):
        _tags_of(self, json.loads(answer)["ScalableTargetARN"]).update(tags)
    return answer


@corrects(
    ApplicationAutoScalingResponse, moto="is not implemented", aws="returns the tags of a target"
)
def list_tags_for_resource(_original: None, self: ApplicationAutoScalingResponse) -> str:
    return json.dumps({"Tags": _tags_of(self, self._get_param("ResourceARN"))})


@corrects(
    ApplicationAutoScalingResponse, moto="is not implemented", aws="adds the tags to a target"
)
def tag_resource(_original: None, self: ApplicationAutoScalingResponse) -> str:
    _tags_of(self, self._get_param("ResourceARN")).update(self._get_param("Tags") or {})
    return "{}"


@corrects(
    ApplicationAutoScalingResponse, moto="is not implemented", aws="removes tags from a target"
)
def untag_resource(_original: None, self: ApplicationAutoScalingResponse) -> str:
    tags = _tags_of(self, self._get_param("ResourceARN"))
    for key in self._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _tags_of(response: ApplicationAutoScalingResponse, arn: str) -> dict[str, str]:
    """Return the tags of a target, stored on it so that they are deleted with it."""
    targets = response.applicationautoscaling_backend.targets
    for target in (t for by_resource in targets.values() for t in by_resource.values()):
        if target.arn == arn:
            tags: dict[str, str] = target.__dict__.setdefault("tags", {})
            return tags
    raise JsonRESTError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")
