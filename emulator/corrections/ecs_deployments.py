"""The service deployments API, which moto does not have."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import EcsClientException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator.clock import CLOCK
from emulator.correction import corrects
from emulator.ecs.settle import settle
from emulator.ecs.state import KEY, Rollout, ServiceState, state_of

ABSENT = "is not implemented"


def _arn(service: Service, rollout: Rollout, kind: str = "service-deployment") -> str:
    return f"{service.arn.replace(':service/', f':{kind}/', 1)}/{rollout.id}"


def _brief(service: Service, rollout: Rollout) -> dict[str, Any]:
    deployment = rollout.deployment
    return {
        "serviceDeploymentArn": _arn(service, rollout),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": rollout.created,
        "startedAt": rollout.created,
        "finishedAt": rollout.finished,
        "targetServiceRevisionArn": _arn(service, rollout, "service-revision"),
        "status": deployment.status,
        "statusReason": deployment.reason or None,
    }


def _revision(service: Service, rollout: Rollout) -> dict[str, Any]:
    return {
        "arn": _arn(service, rollout, "service-revision"),
        "requestedTaskCount": service.desired_count,
        "runningTaskCount": len(rollout.tasks),
        "pendingTaskCount": 0,
    }


def _full(service: Service, rollout: Rollout) -> dict[str, Any]:
    deployment = rollout.deployment
    waiting = deployment.waiting
    hooks = [
        {
            "hookId": pause.hook_id,
            "targetType": "PAUSE",
            "status": "AWAITING_ACTION" if pause is waiting else "SUCCEEDED",
            "timeoutAction": pause.timeout_action,
        }
        for pause in deployment.pauses.values()
        if pause is waiting or pause.hook_id in deployment.released
    ]
    brief = _brief(service, rollout)
    del brief["targetServiceRevisionArn"]
    return {
        **brief,
        "updatedAt": rollout.finished or rollout.created,
        "sourceServiceRevisions": [_revision(service, rollout.source)] if rollout.source else [],
        "targetServiceRevision": _revision(service, rollout),
        "lifecycleStage": deployment.stage,
        "lifecycleHookDetails": hooks,
        "deploymentConfiguration": service.__dict__.get("deployment_configuration"),
    }


def _find(backend: EC2ContainerServiceBackend, arn: str) -> tuple[ServiceState, Rollout]:
    settle()
    for service in backend.services.values():
        for rollout in state_of(service).rollouts if KEY in service.__dict__ else []:
            if _arn(service, rollout) == arn:
                return state_of(service), rollout
    raise InvalidParameterException(f"The service deployment {arn} does not exist.")


@corrects(
    EC2ContainerServiceResponse,
    "list_service_deployments",
    call="ecs.list_service_deployments",
    moto=ABSENT,
    aws="lists a service's deployments, the newest first",
)
def list_service_deployments(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    settle()
    service = self.ecs_backend._get_service(  # noqa: SLF001
        self._get_param("cluster", "default"), self._get_param("service").split("/")[-1]
    )
    wanted = self._get_param("status")
    found = [_brief(service, rollout) for rollout in reversed(state_of(service).rollouts)]
    return ActionResult(
        {"serviceDeployments": [d for d in found if not wanted or d["status"] in wanted]}
    )


@corrects(
    EC2ContainerServiceResponse,
    "describe_service_deployments",
    call="ecs.describe_service_deployments",
    moto=ABSENT,
    aws="tells status, lifecycle stage, hooks and revisions",
)
def describe_service_deployments(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    found = []
    for arn in self._get_param("serviceDeploymentArns"):
        state, rollout = _find(self.ecs_backend, arn)
        found.append(_full(state.service, rollout))
    return ActionResult({"serviceDeployments": found, "failures": []})


@corrects(
    EC2ContainerServiceResponse,
    "describe_service_revisions",
    call="ecs.describe_service_revisions",
    moto=ABSENT,
    aws="tells the task definition of a revision",
)
def describe_service_revisions(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    found = []
    for arn in self._get_param("serviceRevisionArns"):
        named = arn.replace(":service-revision/", ":service-deployment/", 1)
        state, rollout = _find(self.ecs_backend, named)
        found.append(
            {
                "serviceRevisionArn": arn,
                "serviceArn": state.service.arn,
                "clusterArn": state.service.cluster_arn,
                "taskDefinition": rollout.task_definition,
                "loadBalancers": state.service.load_balancers,
                "networkConfiguration": state.service.network_configuration,
                "createdAt": rollout.created,
            }
        )
    return ActionResult({"serviceRevisions": found, "failures": []})


@corrects(
    EC2ContainerServiceResponse,
    "stop_service_deployment",
    call="ecs.stop_service_deployment",
    moto=ABSENT,
    aws="rolls a running deployment back",
)
def stop_service_deployment(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    arn = self._get_param("serviceDeploymentArn")
    if self._get_param("stopType", "ROLLBACK") != "ROLLBACK":
        raise InvalidParameterException("Only stopType ROLLBACK is emulated.")
    state, rollout = _find(self.ecs_backend, arn)
    if not rollout.deployment.running:
        raise EcsClientException(
            f"The service deployment is {rollout.deployment.status} and can't be stopped."
        )
    state.stop(rollout, "Service deployment was stopped by a request.")
    return ActionResult({"serviceDeploymentArn": arn})


@corrects(
    EC2ContainerServiceResponse,
    "continue_service_deployment",
    call="ecs.continue_service_deployment",
    moto=ABSENT,
    aws="lets a deployment that waits at a PAUSE hook go on, or rolls it back",
)
def continue_service_deployment(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    arn, hook = self._get_param("serviceDeploymentArn"), self._get_param("hookId")
    state, rollout = _find(self.ecs_backend, arn)
    waiting = rollout.deployment.waiting
    if waiting is None or waiting.hook_id != hook:
        raise InvalidParameterException(f"The deployment does not wait for hook {hook}.")
    if self._get_param("action", "CONTINUE") == "ROLLBACK":
        state.stop(rollout, "The pause hook was answered with ROLLBACK.")
    else:
        rollout.deployment.release(hook, CLOCK.now())
        state.settle()
    return ActionResult({"serviceDeploymentArn": arn})
