"""Service deployments and revisions as the API describes them.

Times are real ones; the remaining time of a pause is on the account's clock.
"""

from datetime import timedelta

from moto.core.utils import utcnow

from pulumi_moto.clock import CLOCK
from pulumi_moto.ecs import traffic
from pulumi_moto.ecs.deployment import RECONCILE, ROLLING_STAGES, Pause
from pulumi_moto.ecs.launch import PLATFORM
from pulumi_moto.ecs.rollout import Rollout
from pulumi_moto.ecs.state import ServiceState
from pulumi_moto.shapes import Members

STOPPED = "STOPPED"
ROLLOUT_STATES = {"SUCCESSFUL": "COMPLETED", "ROLLBACK_FAILED": "FAILED", STOPPED: "FAILED"}


def deployment_arn(state: ServiceState, rollout: Rollout) -> str:
    return f"{state.service.arn.replace(':service/', ':service-deployment/', 1)}/{rollout.id}"


def revision_arn(state: ServiceState, rollout: Rollout) -> str:
    number = rollout.revision.number
    return f"{state.service.arn.replace(':service/', ':service-revision/', 1)}/{number}"


def brief(state: ServiceState, rollout: Rollout) -> Members:
    """Return an entry of list_service_deployments."""
    deployment = rollout.deployment
    return {
        "serviceDeploymentArn": deployment_arn(state, rollout),
        "serviceArn": state.service.arn,
        "clusterArn": state.service.cluster_arn,
        "createdAt": rollout.created,
        "startedAt": rollout.created,
        "finishedAt": rollout.finished,
        "targetServiceRevisionArn": revision_arn(state, rollout),
        "status": deployment.status,
        "statusReason": deployment.reason or None,
    }


def full(state: ServiceState, rollout: Rollout) -> Members:
    """Return an entry of describe_service_deployments."""
    found = brief(state, rollout)
    del found["targetServiceRevisionArn"]
    deployment = rollout.deployment
    if deployment.status == STOPPED:
        found["stoppedAt"] = rollout.finished
    if set(deployment.stages) - {*ROLLING_STAGES, RECONCILE}:
        found["lifecycleStage"] = deployment.stage
    if rollout.configuration.get("alarms"):
        found["alarms"] = _alarms(rollout)
    if deployment.rollback_reason and rollout.source is not None:
        found["rollback"] = {
            "reason": deployment.rollback_reason,
            "startedAt": rollout.rollback_started,
            "serviceRevisionArn": revision_arn(state, rollout.source),
        }
    return {
        **found,
        "updatedAt": rollout.finished or utcnow(),
        "sourceServiceRevisions": [_summary(state, source) for source in rollout.sources],
        "targetServiceRevision": _summary(state, rollout),
        "lifecycleHookDetails": [_pause(pause) for pause in deployment.pauses],
        "deploymentConfiguration": rollout.configuration,
    }


def revision(state: ServiceState, rollout: Rollout) -> Members:
    """Return an entry of describe_service_revisions."""
    held = rollout.revision.held
    found = {
        "serviceRevisionArn": revision_arn(state, rollout),
        "serviceArn": state.service.arn,
        "clusterArn": state.service.cluster_arn,
        "taskDefinition": rollout.revision.task_definition,
        "capacityProviderStrategy": held["capacity_provider_strategy"],
        "launchType": held["launch_type"],
        "platformVersion": PLATFORM,
        "platformFamily": "Linux",
        "loadBalancers": held["load_balancers"],
        "networkConfiguration": held["network_configuration"],
        "containerImages": [
            {"containerName": container["name"], "image": container.get("image")}
            for container in state.backend.describe_task_definition(
                rollout.revision.task_definition
            ).container_definitions
        ],
        "createdAt": rollout.revision.created,
    }
    if rollout.target_group is not None:
        rule = {"productionListenerRule": rollout.routes.production} if rollout.routes else {}
        resolved = {"targetGroupArn": rollout.target_group, **rule}
        found["resolvedConfiguration"] = {"loadBalancers": [resolved]}
    return {key: value for key, value in found.items() if value}


def show(state: ServiceState) -> None:
    """Set the attributes of moto's service that describe_services returns."""
    service, current = state.service, state.current
    active = state.active
    shown = list(dict.fromkeys([*([current] if current else []), *active])) or state.rollouts[-1:]
    service.running_count = sum(len(rollout.tasks) for rollout in state.rollouts)
    service.pending_count = 0
    service.deployments = [
        _deployment(state, rollout, primary=rollout is shown[0]) for rollout in shown
    ]
    service.__dict__["platform_family"] = "Linux"
    service.__dict__["created_at"] = state.rollouts[0].created
    service.__dict__["current_service_deployment"] = (
        deployment_arn(state, current) if current else None
    )
    service.__dict__["current_service_revisions"] = [
        {key: value for key, value in _summary(state, r).items() if not key.endswith("Weight")}
        for r in active
    ]


def _summary(state: ServiceState, rollout: Rollout) -> Members:
    weights = {}
    if routes := rollout.routes:
        weights["requestedProductionTrafficWeight"] = float(
            traffic.weight(routes.production, rollout.target_group)
        )
        if routes.test:
            weights["requestedTestTrafficWeight"] = float(
                traffic.weight(routes.test, rollout.target_group)
            )
    return {
        "arn": revision_arn(state, rollout),
        "requestedTaskCount": state.service.desired_count if rollout.runs else 0,
        "runningTaskCount": len(rollout.tasks),
        "pendingTaskCount": 0,
        **weights,
    }


def _alarms(rollout: Rollout) -> Members:
    deployment = rollout.deployment
    watched = "MONITORING" if deployment.ongoing else "MONITORING_COMPLETE"
    return {
        "status": "TRIGGERED"
        if deployment.triggered
        else watched
        if rollout.alarms
        else "DISABLED",
        "alarmNames": list(rollout.configuration["alarms"].get("alarmNames", [])),
        "triggeredAlarmNames": [deployment.triggered] if deployment.triggered else [],
    }


def _pause(pause: Pause) -> Members:
    return {
        "hookId": pause.hook_id,
        "targetType": "PAUSE",
        "status": pause.status,
        "expiresAt": utcnow() + timedelta(seconds=pause.expires - CLOCK.now()),
        "timeoutAction": pause.timeout_action,
    }


def _deployment(state: ServiceState, rollout: Rollout, *, primary: bool) -> Members:
    """Return an entry of describe_services' `deployments`, the older API."""
    held, deployment = rollout.revision.held, rollout.deployment
    state_now = "IN_PROGRESS" if deployment.ongoing else ROLLOUT_STATES.get(deployment.status)
    found = {
        "id": rollout.started_by,
        "status": "PRIMARY" if primary else "ACTIVE",
        "taskDefinition": rollout.revision.task_definition,
        "desiredCount": state.service.desired_count if rollout.runs else 0,
        "pendingCount": 0,
        "runningCount": len(rollout.tasks),
        "failedTasks": int(rollout.impaired and not rollout.tasks),
        "createdAt": rollout.created,
        "updatedAt": rollout.finished or rollout.created,
        "capacityProviderStrategy": held["capacity_provider_strategy"] or None,
        "launchType": held["launch_type"],
        "platformVersion": PLATFORM,
        "platformFamily": "Linux",
        "networkConfiguration": held["network_configuration"] or None,
        "rolloutState": state_now or "FAILED",
        "rolloutStateReason": deployment.reason
        or f"ECS deployment {rollout.started_by} {(state_now or '').lower().replace('_', ' ')}.",
    }
    return {key: value for key, value in found.items() if value is not None}
