"""Services that ECS refuses to create or update, with ECS's messages where documented.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
Not modelled: capacity providers of instances, several load balancers, Network Load Balancers.
"""

from moto.core.exceptions import ServiceException
from moto.ecs.exceptions import EcsClientException, InvalidParameterException
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, TaskDefinition

from pulumi_moto.ecs import traffic
from pulumi_moto.ecs.deployment import RollbackError
from pulumi_moto.shapes import Members, Params

"""The parameters of create_service."""
NEVER_PAUSED = frozenset({"TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"})
LONGEST_BAKE_MINUTES = 1440
FULL = 100
LONGEST_PAUSE_MINUTES = 20160


def refuse_impossible(
    backend: EC2ContainerServiceBackend, cluster: Cluster, params: Params, *, routes: bool
) -> TaskDefinition:
    """Raise ECS's error for a service that can't run; otherwise return its task definition.

    With `routes`, check the target groups and rules, too; an update without them fails during its
    deployment.
    """
    definition = backend.describe_task_definition(params["taskDefinition"])
    if definition.status != "ACTIVE":
        raise EcsClientException("TaskDefinition is inactive")
    if definition.network_mode == "awsvpc" and not params.get("networkConfiguration"):
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    _refuse_capacity(cluster, params)
    deployment = params.get("deploymentConfiguration") or {}
    _refuse_hooks(deployment.get("lifecycleHooks") or [])
    blue_green = deployment.get("strategy") == "BLUE_GREEN"
    if deployment.get("strategy", "ROLLING") not in {"ROLLING", "BLUE_GREEN"}:
        raise InvalidParameterException(
            f"The strategy {deployment['strategy']} is not emulated: ROLLING and BLUE_GREEN are."
        )
    if not 0 <= int(deployment.get("bakeTimeInMinutes") or 0) <= LONGEST_BAKE_MINUTES:
        raise InvalidParameterException(
            f"bakeTimeInMinutes must be between 0 and {LONGEST_BAKE_MINUTES}."
        )
    if params.get("availabilityZoneRebalancing") == "ENABLED" and not _may_rebalance(params):
        raise InvalidParameterException(
            "Availability Zone rebalancing needs a maximumPercent above 100 and no Classic Load "
            "Balancer."
        )
    balancers = params.get("loadBalancers") or []
    if len(balancers) > 1:
        raise InvalidParameterException("More than one load balancer a service is not emulated.")
    for balancer in balancers:
        _refuse_container(definition, balancer)
        advanced = balancer.get("advancedConfiguration") or {}
        if blue_green:
            _refuse_advanced(balancer["targetGroupArn"], advanced)
        if routes:
            _refuse_group(balancer["targetGroupArn"])
            _refuse_routes(advanced)
    return definition


def rebalanced_by_default(params: Params) -> str:
    """Return ECS's default for a new service: ENABLED where that is valid.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    return "ENABLED" if _may_rebalance(params) else "DISABLED"


def _may_rebalance(params: Params) -> bool:
    """Invalid with a maximum percent of 100, because the new task starts first, and with a CLB."""
    percent = (params.get("deploymentConfiguration") or {}).get("maximumPercent")
    classic = any("loadBalancerName" in one for one in params.get("loadBalancers") or [])
    return int(200 if percent is None else percent) > FULL and not classic


def _refuse_capacity(cluster: Cluster, params: Params) -> None:
    strategy = params.get("capacityProviderStrategy") or []
    if strategy and params.get("launchType"):
        raise InvalidParameterException(
            "Specifying both a launch type and capacity provider strategy is not supported. "
            "Remove one and try again."
        )
    if not {item["capacityProvider"] for item in strategy} <= set(cluster.capacity_providers or ()):
        raise InvalidParameterException(
            "The specified capacity provider strategy cannot contain a capacity provider that is "
            "not associated with the cluster. Associate the capacity provider with the cluster and "
            "try again."
        )


def _refuse_hooks(hooks: list[Members]) -> None:
    for hook in hooks:
        if hook.get("targetType", "AWS_LAMBDA") != "PAUSE":
            raise InvalidParameterException("Lambda hooks are not emulated: PAUSE hooks are.")
        if stages := NEVER_PAUSED & set(hook["lifecycleStages"]):
            raise InvalidParameterException(
                f"PAUSE hooks cannot be configured at {', '.join(sorted(stages))}."
            )
        minutes = (hook.get("timeoutConfiguration") or {}).get("timeoutInMinutes", 1)
        if not 1 <= int(minutes) <= LONGEST_PAUSE_MINUTES:
            raise InvalidParameterException(
                f"timeoutInMinutes must be between 1 and {LONGEST_PAUSE_MINUTES}."
            )


def _refuse_container(definition: TaskDefinition, balancer: Members) -> None:
    name, port = balancer["containerName"], int(balancer["containerPort"])
    containers: list[Members] = definition.container_definitions
    ports = {
        container["name"]: {int(m["containerPort"]) for m in container.get("portMappings", [])}
        for container in containers
    }
    if name not in ports:
        raise InvalidParameterException(
            f"The container {name} does not exist in the task definition."
        )
    if port not in ports[name]:
        raise InvalidParameterException(
            f"The container {name} did not have a container port {port} defined."
        )


def _refuse_routes(advanced: Members) -> None:
    if "alternateTargetGroupArn" in advanced:
        _refuse_group(advanced["alternateTargetGroupArn"])
    for key in ("productionListenerRule", "testListenerRule"):
        if key in advanced:
            _refuse_rule(key, advanced[key])


def _refuse_advanced(group: str, advanced: Members) -> None:
    if not {"alternateTargetGroupArn", "productionListenerRule", "roleArn"} <= set(advanced):
        raise InvalidParameterException(
            "advancedConfiguration field is required for all loadBalancers when using a "
            "non-ROLLING deployment strategy"
        )
    if advanced["alternateTargetGroupArn"] == group:
        raise InvalidParameterException(f"Duplicate targetGroupArn found: {group}")
    if advanced["productionListenerRule"] == advanced.get("testListenerRule"):
        raise InvalidParameterException(
            "The following rules cannot be used as both production and test listener rules: "
            f"{advanced['productionListenerRule']}"
        )


def _refuse_rule(key: str, arn: str) -> None:
    if ":listener-rule/app/" not in arn:
        raise InvalidParameterException(
            f"{key} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. "
            f"Got: {arn}"
        )
    try:
        traffic.rule(arn)
    except RollbackError:
        raise InvalidParameterException(f"One or more rules not found: {arn}") from None


def _refuse_group(group: str) -> None:
    try:
        (found,) = traffic.backend_of(group).describe_target_groups(None, [group], [])
    except (ServiceException, ValueError):
        raise InvalidParameterException(
            f"The specified target group does not exist. ({group})"
        ) from None
    if not found.load_balancer_arns:
        raise InvalidParameterException(
            f"The target group with targetGroupArn {group} does not have an associated load "
            "balancer."
        )
