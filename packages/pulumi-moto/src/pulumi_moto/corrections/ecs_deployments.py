"""ECS: the service deployments API, which moto lacks."""

from collections.abc import Callable

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import corrects
from pulumi_moto.ecs import describe
from pulumi_moto.ecs.rollout import Rollout
from pulumi_moto.ecs.state import KEY, ServiceState, state_of
from pulumi_moto.shapes import Members

ABSENT = "is not implemented"
Known = tuple[ServiceState, Rollout]


@corrects(
    EC2ContainerServiceResponse, moto=ABSENT, aws="lists a service's deployments, the newest first"
)
def list_service_deployments(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    params = self._get_params()
    service = self.ecs_backend._get_service(
        params.get("cluster", "default"), params["service"].rsplit("/", 1)[-1]
    )
    state, wanted = state_of(service), params.get("status")
    found = [describe.brief(state, rollout) for rollout in reversed(state.rollouts)]
    return ActionResult(
        {"serviceDeployments": [d for d in found if not wanted or d["status"] in wanted]}
    )


@corrects(
    EC2ContainerServiceResponse,
    moto=ABSENT,
    aws="returns status, lifecycle stage, hooks, alarms, rollback and revisions",
)
def describe_service_deployments(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    known = _known(self.ecs_backend, describe.deployment_arn)
    named = self._get_param("serviceDeploymentArns")
    return ActionResult(
        {
            "serviceDeployments": [describe.full(*known[arn]) for arn in named if arn in known],
            "failures": _missing(named, known),
        }
    )


@corrects(
    EC2ContainerServiceResponse,
    moto=ABSENT,
    aws="returns a revision's configuration, and the target group that serves it",
)
def describe_service_revisions(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    known = _known(self.ecs_backend, describe.revision_arn)
    named = self._get_param("serviceRevisionArns")
    return ActionResult(
        {
            "serviceRevisions": [describe.revision(*known[arn]) for arn in named if arn in known],
            "failures": _missing(named, known),
        }
    )


@corrects(
    EC2ContainerServiceResponse,
    moto=ABSENT,
    aws="rolls back an ongoing deployment; a finished one is a ConflictException",
)
def stop_service_deployment(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    """ROLLBACK is the only valid value in the API reference, although the enum has ABORT."""
    params = self._get_params()
    if params.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise InvalidParameterException(
            f"Stop type {params['stopType']} is not supported. The valid value is ROLLBACK."
        )
    _, rollout = _find(self.ecs_backend, params["serviceDeploymentArn"])
    deployment = rollout.deployment
    if not deployment.ongoing:
        raise ECSException(
            "ConflictException",
            f"The service deployment is in the state {deployment.status} and can't be stopped.",
        )
    deployment.request_rollback(
        CLOCK.now(), "Service deployment rolled back because of a request to stop it."
    )
    return ActionResult({"serviceDeploymentArn": params["serviceDeploymentArn"]})


@corrects(
    EC2ContainerServiceResponse,
    moto=ABSENT,
    aws="continues a deployment that is paused at a hook, or rolls it back",
)
def continue_service_deployment(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    params = self._get_params()
    state, rollout = _find(self.ecs_backend, params["serviceDeploymentArn"])
    deployment = rollout.deployment
    waiting = {pause.hook_id: pause for pause in deployment.waiting}
    if params["hookId"] not in waiting:
        raise InvalidParameterException(
            f"The service deployment does not wait for an action on hook {params['hookId']}."
        )
    go_on = params.get("action", "CONTINUE") == "CONTINUE"
    deployment.resume(waiting[params["hookId"]], CLOCK.now(), go_on=go_on)
    state.settle()
    return ActionResult({"serviceDeploymentArn": params["serviceDeploymentArn"]})


def _known(
    backend: EC2ContainerServiceBackend, arn_of: Callable[[ServiceState, Rollout], str]
) -> dict[str, Known]:
    """Return all deployments, or all revisions, of the account's services by ARN."""
    states = [state_of(s) for s in backend.services.values() if KEY in s.__dict__]
    return {arn_of(state, r): (state, r) for state in states for r in state.rollouts}


def _find(backend: EC2ContainerServiceBackend, arn: str) -> Known:
    known = _known(backend, describe.deployment_arn)
    if arn not in known:
        raise ECSException(
            "ServiceDeploymentNotFoundException", f"The service deployment {arn} does not exist."
        )
    return known[arn]


def _missing(named: list[str], known: Members) -> list[dict[str, str]]:
    return [{"arn": arn, "reason": "MISSING"} for arn in named if arn not in known]
