"""ECS services: parameters, deployments, refusals, draining."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException, InvalidParameterException, ServiceNotFoundException
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.ecs.describe import show
from pulumi_moto.ecs.refusals import rebalanced_by_default, refuse_impossible
from pulumi_moto.ecs.state import KEY, ServiceState, state_of
from pulumi_moto.shapes import Members

ATTRIBUTES = {
    "deploymentConfiguration": "deployment_configuration",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "propagateTags": "propagate_tags",
    "loadBalancers": "load_balancers",
    "networkConfiguration": "network_configuration",
    "platformVersion": "platform_version",
    "serviceRegistries": "service_registries",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
    "desiredCount": "desired_count",
}
"""Parameters of update_service, and the attributes that moto's responses read."""
BEGINS_DEPLOYMENT = frozenset(
    {
        "taskDefinition",
        "networkConfiguration",
        "loadBalancers",
        "platformVersion",
        "serviceRegistries",
    }
)
"""Parameters whose change starts a deployment, by the API reference."""


@corrects(
    EC2ContainerServiceResponse,
    moto="drops the deployment configuration, ECS Exec, grace period and capacity providers; "
    "starts no task; accepts a second service of the name, and services that can't run",
    aws="keeps them, starts a deployment, refuses those",
)
def create_service(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    params = self._get_params()
    backend, name = self.ecs_backend, params["serviceName"]
    cluster = _cluster(backend, params)
    existing = backend.services.get(f"{cluster.name}:{name}")
    if existing is not None and existing.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    if existing is not None and existing.status == "DRAINING":
        raise InvalidParameterException("Unable to Start a service that is still Draining.")
    refuse_impossible(backend, cluster, params, routes=True)
    params = {"availabilityZoneRebalancing": rebalanced_by_default(params), **params}
    original(self)
    service = backend.services[f"{cluster.name}:{name}"]
    for parameter in ATTRIBUTES.keys() & params.keys():
        _set(service, parameter, params[parameter])
    strategy = params.get("capacityProviderStrategy")
    if not params.get("launchType"):
        strategy = strategy or cluster.default_capacity_provider_strategy
        service.launch_type = None if strategy else "EC2"
    service.__dict__["capacity_provider_strategy"] = strategy or None
    state = state_of(service)
    state.begin()
    return _answer(state)


@corrects(
    EC2ContainerServiceResponse,
    moto="stores the task definition as typed, and starts no deployment",
    aws="stores its ARN; a change of the revision, or forceNewDeployment, starts a deployment; a "
    "count or a deployment configuration does not; hooks stay until an empty list",
)
def update_service(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    params = self._get_params()
    backend, cluster = self.ecs_backend, _cluster(self.ecs_backend, params)
    service = _service(backend, cluster, params["service"])
    if "deploymentConfiguration" in params:
        params = {**params, "deploymentConfiguration": _with_hooks(service, params)}
    if service.status != "ACTIVE":
        raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
    wanted = {**_as_created(service), **params}
    definition = refuse_impossible(backend, cluster, wanted, routes="loadBalancers" in params)
    if params.get("networkConfiguration"):
        service._validate_network(params["networkConfiguration"])
    wanted["taskDefinition"] = definition.arn
    before = _as_created(service)
    begins = bool(params.get("forceNewDeployment")) or any(
        wanted.get(key) != before.get(key) for key in BEGINS_DEPLOYMENT & params.keys()
    )
    service.task_definition = definition.arn
    for parameter in ATTRIBUTES.keys() & params.keys():
        _set(service, parameter, params[parameter])
    if params.get("capacityProviderStrategy"):
        service.launch_type = None
    state = state_of(service)
    if begins:
        state.begin()
    state.settle()
    return _answer(state)


@corrects(
    EC2ContainerServiceBackend,
    moto="keeps tasks and targets, and is INACTIVE at once",
    aws="drains: stops the tasks and deregisters them from their target groups",
)
def delete_service(
    original: Replacement,
    self: EC2ContainerServiceBackend,
    cluster_name: str,
    service_name: str,
    force: bool,  # noqa: FBT001 - moto's signature
) -> Service:
    cluster = self._get_cluster(cluster_name)
    service = _service(self, cluster, service_name)
    if service.status != "ACTIVE":
        raise ServiceNotFoundException
    original(self, cluster_name, service.name, force)
    state = state_of(service)
    state.end()
    show(state)
    return service


@corrects(
    EC2ContainerServiceBackend,
    moto="returns a deployment that never progresses",
    aws="returns the running deployment, its source and their tasks",
)
def describe_services(
    original: Replacement, self: EC2ContainerServiceBackend, *args: object, **kwargs: object
) -> object:
    found, failures = original(self, *args, **kwargs)
    for service in found:
        if KEY in service.__dict__:
            show(state_of(service))
    return found, failures


@corrects(
    EC2ContainerServiceBackend, moto="lists deleted services too", aws="lists ACTIVE services"
)
def list_services(
    original: Replacement, self: EC2ContainerServiceBackend, *args: object, **kwargs: object
) -> list[str]:
    active = {service.arn for service in self.services.values() if service.status == "ACTIVE"}
    return [arn for arn in original(self, *args, **kwargs) if arn in active]


def _cluster(backend: EC2ContainerServiceBackend, params: Members) -> Cluster:
    return backend._get_cluster(params.get("cluster", "default"))


def _service(backend: EC2ContainerServiceBackend, cluster: Cluster, named: str) -> Service:
    """Find a service by name or ARN; raises ServiceNotFoundException."""
    return backend._get_service(cluster.name, named.rsplit("/", maxsplit=1)[-1])


def _as_created(service: Service) -> Members:
    """Return create_service's parameters for the service's current state."""
    held = {key: service.__dict__.get(attribute) for key, attribute in ATTRIBUTES.items()}
    return {
        **held,
        "taskDefinition": service.task_definition,
        "deploymentConfiguration": held["deploymentConfiguration"] or {},
    }


def _set(service: Service, parameter: str, value: Any) -> None:
    """Set the attribute; an empty list of hooks counts as none."""
    if parameter == "deploymentConfiguration" and not value.get("lifecycleHooks"):
        value = {key: held for key, held in value.items() if key != "lifecycleHooks"}
    setattr(service, ATTRIBUTES[parameter], value)


def _with_hooks(service: Service, params: Members) -> Members:
    """Keep hooks that an update does not mention; an empty list removes them.

    https://github.com/hashicorp/terraform-provider-aws/pull/47096
    """
    held: Members = service.__dict__.get("deployment_configuration") or {}
    hooks = {key: held[key] for key in ("lifecycleHooks",) if held.get(key)}
    return {**hooks, **params["deploymentConfiguration"]}


def _answer(state: ServiceState) -> ActionResult:
    show(state)
    return ActionResult({"service": state.service})
