"""ECS services.

With `waitForSteadyState` a change waits for its deployment, and a rolled-back deployment fails it,
as in the AWS provider.
"""

from collections.abc import Mapping
from typing import Any

from pulumi_moto.row import (
    Autoname,
    Change,
    Client,
    ExistsButFailedError,
    Props,
    Row,
    State,
    fields,
)
from pulumi_moto.services.ecs_service_wait import (
    DeploymentFailedError,
    delete_when_idle,
    deployments_of,
    wait_until_gone,
    wait_until_steady,
)
from pulumi_moto.services.ecs_shapes import (
    ecs_tags,
    plain_tags,
    retag,
    same_name,
    same_strategy,
    strategy_items,
)
from pulumi_moto.shapes import Members

PLAIN = {
    "cluster": "cluster",
    "taskDefinition": "taskDefinition",
    "desiredCount": "desiredCount",
    "deploymentController": "deploymentController",
    "schedulingStrategy": "schedulingStrategy",
    "platformVersion": "platformVersion",
    "propagateTags": "propagateTags",
    "enableEcsManagedTags": "enableECSManagedTags",
    "enableExecuteCommand": "enableExecuteCommand",
    "healthCheckGracePeriodSeconds": "healthCheckGracePeriodSeconds",
    "availabilityZoneRebalancing": "availabilityZoneRebalancing",
}
"""Pulumi's names of inputs and ECS's, for equal values."""
WHOLE_NUMBERS = {"desiredCount", "healthCheckGracePeriodSeconds"}
DEPLOYMENT = {
    "deploymentConfiguration",
    "deploymentCircuitBreaker",
    "alarms",
    "deploymentMaximumPercent",
    "deploymentMinimumHealthyPercent",
}
"""Inputs of one ECS structure, which an update sends whole."""
REPLACES = fields("name cluster schedulingStrategy deploymentController")
OF_THE_PROVIDER = fields(
    "waitForSteadyState sigintRollback forceNewDeployment forceDelete triggers"
)
"""Inputs of the provider, which ECS does not receive."""


def create(ecs: Client, props: Props) -> str:
    created = ecs.create_service(
        serviceName=props["name"],
        **_params(props, frozenset(props)),
        tags=ecs_tags(props.get("tags", {})),
    )
    arn = str(created["service"]["serviceArn"])
    if props.get("waitForSteadyState"):
        _wait(ecs, arn, before=frozenset())
    return arn


def read(ecs: Client, arn: str) -> State | None:
    found = _find(ecs, arn)
    if found is None:
        return None
    deployment = found.get("deploymentConfiguration", {})
    strategy = found.get("capacityProviderStrategy", [])
    return {
        **{
            key: found[theirs]
            for key, theirs in PLAIN.items()
            if theirs in found and key != "cluster"
        },
        "name": found["serviceName"],
        "arn": found["serviceArn"],
        "cluster": found["clusterArn"],
        "capacityProviderStrategies": strategy,
        "networkConfiguration": _network(found.get("networkConfiguration", {})),
        "loadBalancers": found.get("loadBalancers", []),
        "alarms": deployment.get("alarms", {}),
        "deploymentCircuitBreaker": deployment.get("deploymentCircuitBreaker", {}),
        "deploymentMaximumPercent": deployment.get("maximumPercent", 200),
        "deploymentMinimumHealthyPercent": deployment.get("minimumHealthyPercent", 100),
        "deploymentConfiguration": _with_minutes(
            {key: deployment[key] for key in ROLLOUT if key in deployment}, str
        ),
        "tags": plain_tags(found.get("tags", [])),
    }


def update(ecs: Client, arn: str, change: Change) -> None:
    new = change.new
    if "capacityProviderStrategies" in change.keys and not new.get("forceNewDeployment"):
        raise ValueError(
            f"{new['name']}: forceNewDeployment must be true to change capacityProviderStrategies."
        )
    if change.keys - {"tags", "forceDelete"}:
        before = deployments_of(ecs, arn)
        ecs.update_service(
            service=arn,
            forceNewDeployment=bool(new.get("forceNewDeployment")),
            **{"cluster": change.old["cluster"], **_params(new, change.keys)},
        )
        if new.get("waitForSteadyState"):
            _wait(ecs, arn, before=before)
    retag(ecs, arn, change)


def delete(ecs: Client, arn: str, state: Props) -> None:
    """Scale to 0, delete, then wait for the last task to stop, as the provider does."""
    found = _find(ecs, arn)
    if found is None:
        return
    where = {"cluster": found["clusterArn"], "service": arn}
    if state.get("forceDelete"):
        ecs.delete_service(**where, force=True)
    else:
        ecs.update_service(**where, desiredCount=0)
        delete_when_idle(lambda: ecs.delete_service(**where))
    wait_until_gone(ecs, arn)


def _wait(ecs: Client, arn: str, *, before: frozenset[str]) -> None:
    try:
        wait_until_steady(ecs, arn, before)
    except DeploymentFailedError as failed:
        raise ExistsButFailedError(arn, str(failed)) from failed


def _find(ecs: Client, arn: str) -> Members | None:
    """Return the ACTIVE service, by ARN or, in an import, by `cluster/service`.

    A deleted one is described as INACTIVE for a while.
    """
    cluster, name = arn.split("/")[-2:]
    try:
        found = ecs.describe_services(cluster=cluster, services=[name], include=["TAGS"])[
            "services"
        ]
    except ecs.exceptions.ClusterNotFoundException:
        return None
    return next((service for service in found if service["status"] == "ACTIVE"), None)


def _params(props: Props, keys: frozenset[str]) -> Members:
    """Return the inputs in ECS's spelling."""
    params: Members = {
        theirs: int(props[key]) if key in WHOLE_NUMBERS else props[key]
        for key, theirs in PLAIN.items()
        if key in keys and key in props
    }
    if "capacityProviderStrategies" in keys:
        params["capacityProviderStrategy"] = strategy_items(
            props.get("capacityProviderStrategies", [])
        )
    if "networkConfiguration" in keys and props.get("networkConfiguration"):
        network = props["networkConfiguration"]
        params["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": network["subnets"],
                "securityGroups": network.get("securityGroups", []),
                "assignPublicIp": "ENABLED" if network.get("assignPublicIp") else "DISABLED",
            }
        }
    if "loadBalancers" in keys:
        params["loadBalancers"] = [
            {**balancer, "containerPort": int(balancer["containerPort"])}
            for balancer in props.get("loadBalancers", [])
        ]
    if keys & DEPLOYMENT:
        params["deploymentConfiguration"] = _params_of_deployment(props)
    return params


ROLLOUT = ("strategy", "bakeTimeInMinutes", "lifecycleHooks")


def _params_of_deployment(props: Props) -> Members:
    """Return the deployment configuration that the provider sends.

    It sends hooks only if there are any, so ECS keeps the last hooks of an emptied list.
    https://github.com/hashicorp/terraform-provider-aws/pull/47096 (open)
    """
    return {
        "maximumPercent": int(props.get("deploymentMaximumPercent", 200)),
        "minimumHealthyPercent": int(props.get("deploymentMinimumHealthyPercent", 100)),
        **{key: props[key] for key in ("alarms", "deploymentCircuitBreaker") if props.get(key)},
        **_with_minutes(props.get("deploymentConfiguration", {}), int),
    }


def _with_minutes(value: Any, kind: type[int | str]) -> Any:
    """Convert minutes, which are text in Pulumi (to tell 0 from unset) and numbers in ECS."""
    if isinstance(value, Mapping):
        return {
            key: kind(item) if key.endswith("InMinutes") else _with_minutes(item, kind)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_minutes(item, kind) for item in value]
    return value


def _network(found: Props) -> State:
    awsvpc = found.get("awsvpcConfiguration")
    if not awsvpc:
        return {}
    return {
        "subnets": awsvpc["subnets"],
        "securityGroups": awsvpc.get("securityGroups", []),
        "assignPublicIp": awsvpc.get("assignPublicIp") == "ENABLED",
    }


def _same_sets(old: object, new: object) -> bool:
    """Compare without the order of lists: subnets, alarms, hooks and their stages."""
    return bool(_ordered(old) == _ordered(new))


def _same_rollout(old: Props, new: Props) -> bool:
    """Compare with minutes as text; Pulumi's provider converts numbers."""
    return _same_sets(_with_minutes(old, str), _with_minutes(new, str))


def _same_network(old: Props, new: Props) -> bool:
    private = {"assignPublicIp": False, "securityGroups": []}
    return _same_sets({**private, **old}, {**private, **new})


def _ordered(value: object) -> object:
    if isinstance(value, Mapping):
        return sorted((key, _ordered(item)) for key, item in value.items())
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=repr)
    return value


def strategy_change_replaces(state: Props, new: Props) -> bool:
    """Return whether a change of the strategy replaces the service.

    It is an update if it is forced, with a strategy before and after.
    `capacityProviderStrategyCustomizeDiff` in internal/service/ecs/service.go.
    """
    had, has = state.get("capacityProviderStrategies"), new.get("capacityProviderStrategies")
    return not new.get("forceNewDeployment") or bool(had) != bool(has)


HOOKS = "deploymentConfiguration.lifecycleHooks"

ROWS = (
    Row(
        token="aws:ecs/service:Service",
        client="ecs",
        source="internal/service/ecs/service.go",
        inputs=fields("name deploymentController.type triggers.* tags.*")
        | (set(PLAIN) - {"deploymentController"})
        | (OF_THE_PROVIDER - {"triggers"})
        | fields("capacityProvider weight base", below="capacityProviderStrategies")
        | fields("subnets securityGroups assignPublicIp", below="networkConfiguration")
        | fields("targetGroupArn containerName containerPort", below="loadBalancers")
        | fields(
            "alternateTargetGroupArn productionListenerRule testListenerRule roleArn",
            below="loadBalancers.advancedConfiguration",
        )
        | fields("alarmNames enable rollback", below="alarms")
        | fields("enable rollback", below="deploymentCircuitBreaker")
        | fields("deploymentMaximumPercent deploymentMinimumHealthyPercent")
        | fields("strategy bakeTimeInMinutes", below="deploymentConfiguration")
        | fields("targetType lifecycleStages", below=HOOKS)
        | fields("action timeoutInMinutes", below=f"{HOOKS}.timeoutConfiguration"),
        outputs=fields("arn"),
        replaces=REPLACES,
        replaces_if={"capacityProviderStrategies": strategy_change_replaces},
        computed=fields("cluster platformVersion triggers"),
        defaults={"deploymentController": {"type": "ECS"}, "schedulingStrategy": "REPLICA"},
        write_only=OF_THE_PROVIDER,
        same={
            "cluster": same_name,
            "taskDefinition": same_name,
            "capacityProviderStrategies": same_strategy,
            "networkConfiguration": _same_network,
            "loadBalancers": _same_sets,
            "alarms": _same_sets,
            "deploymentConfiguration": _same_rollout,
        },
        autoname=Autoname(),
        create=create,
        read=read,
        update=update,
        imported_id=lambda state: str(state["arn"]),
        delete=delete,
    ),
)
