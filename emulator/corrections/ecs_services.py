"""ECS services: they keep what they are given, run tasks, and refuse what ECS refuses."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import EcsClientException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator.correction import Replacement, corrects
from emulator.ecs import traffic
from emulator.ecs.settle import settle
from emulator.ecs.state import KEY, state_of

KEPT = {
    "deploymentConfiguration": "deployment_configuration",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "propagateTags": "propagate_tags",
}
"""Parameters that moto's create_service drops, and where its answers look for them."""
NEW_DEPLOYMENT = (
    "taskDefinition",
    "forceNewDeployment",
    "networkConfiguration",
    "loadBalancers",
    "capacityProviderStrategy",
    "platformVersion",
)
"""What makes update_service begin a deployment; a count, hooks and flags don't."""


@corrects(
    EC2ContainerServiceResponse,
    "create_service",
    call="ecs.create_service",
    moto="drops the deployment configuration, exec, grace period, capacity providers; starts no "
    "task; accepts a second service of the name, and services that could never run",
    aws="keeps all, starts a deployment, refuses those",
)
def create_service(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    asked = self._get_params()
    backend = self.ecs_backend
    name = asked["serviceName"]
    cluster = backend._get_cluster(asked.get("cluster", "default"))  # noqa: SLF001
    existing = backend.services.get(f"{cluster.name}:{name}")
    if existing is not None and existing.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    _refuse_impossible(backend, asked)
    original(self)
    service = backend.services[f"{cluster.name}:{name}"]
    service.__dict__.pop(KEY, None)
    for parameter, attribute in KEPT.items():
        if parameter in asked:
            setattr(service, attribute, asked[parameter])
    state_of(service).begin()
    return ActionResult({"service": service})


def _refuse_impossible(backend: EC2ContainerServiceBackend, asked: dict[str, Any]) -> None:
    definition = backend.describe_task_definition(asked["taskDefinition"])
    if definition.network_mode == "awsvpc" and not asked.get("networkConfiguration"):
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    containers: list[dict[str, Any]] = definition.container_definitions
    ports = {
        (container["name"], int(mapping["containerPort"]))
        for container in containers
        for mapping in container.get("portMappings", [])
    }
    blue_green = (asked.get("deploymentConfiguration") or {}).get("strategy") == "BLUE_GREEN"
    for balancer in asked.get("loadBalancers") or []:
        place = (balancer["containerName"], int(balancer["containerPort"]))
        if place not in ports:
            raise InvalidParameterException(
                f"The container {place[0]} did not have a container port {place[1]} defined."
            )
        advanced = balancer.get("advancedConfiguration") or {}
        if blue_green and not {"alternateTargetGroupArn", "productionListenerRule", "roleArn"} <= (
            set(advanced)
        ):
            raise InvalidParameterException(
                "advancedConfiguration is required for the BLUE_GREEN deployment strategy."
            )
        groups = (balancer["targetGroupArn"], advanced.get("alternateTargetGroupArn"))
        for group in filter(None, groups):
            _refuse_unreachable(group)


def _refuse_unreachable(group: str) -> None:
    elb = traffic.backend_of(group)
    if group not in elb.target_groups:
        raise InvalidParameterException(f"The specified target group does not exist. ({group})")
    if not any(
        group in str(rule_action.data)
        for balancer in elb.load_balancers.values()
        for listener in balancer.listeners.values()
        for rule in listener.rules.values()
        for rule_action in rule.actions
    ):
        raise InvalidParameterException(
            f"The target group with targetGroupArn {group} does not have an associated load "
            "balancer."
        )


@corrects(
    EC2ContainerServiceResponse,
    "update_service",
    call="ecs.update_service",
    moto="stores a task definition as it was typed and begins no deployment",
    aws="stores its ARN; a new revision or forceNewDeployment begins a deployment, a count doesn't",
)
def update_service(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    settle()
    asked = self._get_params()
    backend = self.ecs_backend
    service = backend._get_service(  # noqa: SLF001
        asked.get("cluster", "default"), asked["service"].split("/")[-1]
    )
    if service.status != "ACTIVE":
        raise EcsClientException("Service was not ACTIVE.")
    if typed := asked.get("taskDefinition"):
        definition = backend.describe_task_definition(typed)
        if definition.status != "ACTIVE":
            raise EcsClientException("TaskDefinition is inactive")
        typed = definition.arn
    before = state_of(service)
    original(self)
    for parameter, attribute in KEPT.items():
        if parameter in asked:
            setattr(service, attribute, asked[parameter])
    if typed:
        service.task_definition = typed
    if any(asked.get(parameter) for parameter in NEW_DEPLOYMENT):
        before.begin()
    before.settle()
    return ActionResult({"service": service})


@corrects(
    EC2ContainerServiceBackend,
    "delete_service",
    call="ecs.delete_service",
    moto="leaves tasks and targets behind",
    aws="stops its tasks and takes them out of their target groups",
)
def delete_service(
    original: Replacement,
    self: EC2ContainerServiceBackend,
    cluster_name: str,
    service_name: str,
    force: bool,  # noqa: FBT001 - moto's signature
) -> Service:
    service: Service = original(self, cluster_name, service_name.rsplit("/", maxsplit=1)[-1], force)
    state = state_of(service)
    for rollout in state.rollouts:
        state.scale(rollout, 0)
    service.running_count = service.desired_count = 0
    service.deployments = []
    return service


@corrects(
    EC2ContainerServiceBackend,
    "describe_services",
    call="ecs.describe_services",
    moto="never moves on",
    aws="shows the service as it is now",
)
def describe_services(
    original: Replacement, self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any
) -> Any:
    settle()
    return original(self, *args, **kwargs)


@corrects(
    EC2ContainerServiceBackend,
    "list_tasks",
    call="ecs.list_tasks",
    moto="ignores serviceName and lists stopped tasks too",
    aws="lists that service's tasks, running ones unless asked otherwise",
)
def list_tasks(  # noqa: PLR0913, PLR0917 - moto's signature
    original: Replacement,
    self: EC2ContainerServiceBackend,
    cluster_str: str | None = None,
    container_instance: str | None = None,
    family: str | None = None,
    started_by: str | None = None,
    service_name: str | None = None,
    desiredStatus: str | None = None,  # noqa: N803
) -> list[Task]:
    settle()
    found: list[Task] = original(
        self, cluster_str, container_instance, family, started_by, None, desiredStatus or "RUNNING"
    )
    if service_name is None:
        return found
    group = f"service:{service_name.split('/')[-1]}"
    return [task for task in found if task.group == group]


@corrects(
    EC2ContainerServiceResponse,
    "list_task_definitions",
    call="ecs.list_task_definitions",
    moto="lists the oldest first, whatever sort says",
    aws="sorts by family and revision, descending with sort DESC",
)
def list_task_definitions(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    family, status = self._get_param("familyPrefix"), self._get_param("status", "ACTIVE")

    def place(arn: str) -> tuple[str, int]:
        name, revision = arn.rsplit("/", 1)[1].split(":")
        return name, int(revision)

    found = sorted(
        self.ecs_backend.list_task_definitions(family, status),
        key=place,
        reverse=self._get_param("sort") == "DESC",
    )
    return ActionResult({"taskDefinitionArns": found})


@corrects(
    EC2ContainerServiceBackend,
    "delete_cluster",
    call="ecs.delete_cluster",
    moto="deletes a cluster with services",
    aws="refuses while it has services or tasks",
)
def delete_cluster(
    original: Replacement, self: EC2ContainerServiceBackend, cluster_str: str
) -> Any:
    cluster = self._get_cluster(cluster_str)
    if any(s.cluster_name == cluster.name and s.status == "ACTIVE" for s in self.services.values()):
        raise EcsClientException("The Cluster cannot be deleted while Services are active.")
    return original(self, cluster_str)
