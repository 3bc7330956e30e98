"""ECS tasks: network, duration, exit code, and ECS Exec."""

import base64
import secrets
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException, InvalidParameterException, ServiceNotFoundException
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, Task, TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.ssm.models import ssm_backends

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.ssm_sessions import sessions
from pulumi_moto.ecs import tasks
from pulumi_moto.ecs.capacity import is_fargate, next_provider
from pulumi_moto.ecs.network import refuse_missing
from pulumi_moto.shapes import Members

TOKENS = "tasks_by_client_token"
"""An attribute that this module adds to moto's cluster."""


@corrects(
    Task,
    "__init__",
    call="ecs.run_task",
    moto="assigns an address outside the subnet, and one container, PENDING with exit code 0",
    aws="assigns an address of the subnet, and all containers, with an exit code once they exit",
)
def start(
    original: Replacement,
    self: Task,
    cluster: Cluster,
    task_definition: TaskDefinition,
    *args: object,
    **kwargs: object,
) -> None:
    original(self, cluster, task_definition, *args, **kwargs)
    tasks.take_address(self)
    tasks.complete(self, task_definition)


@corrects(
    Task,
    call="ecs.describe_tasks",
    moto="moves a task one step towards STOPPED at each call",
    aws="keeps it running",
)
def advance(original: Replacement, self: Task) -> None:
    """Do nothing: the clock and the service set a task's state."""


@corrects(
    EC2ContainerServiceBackend,
    "_calculate_task_resource_requirements",
    call="ecs.run_task",
    moto="returns HTTP 500 for a container without its own memory",
    aws="uses the task's memory",
)
def requirements(
    original: Replacement, self: EC2ContainerServiceBackend, task_definition: TaskDefinition
) -> Members:
    return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}


@corrects(
    EC2ContainerServiceResponse,
    moto="never ends a task, invents missing security groups, returns HTTP 500 without a container "
    "instance, and starts another task for the same clientToken",
    aws="ends it when its essential container exits, refuses those, and returns the first task",
)
def run_task(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    params, backend = self._get_params(), self.ecs_backend
    cluster = backend._get_cluster(params.get("cluster", "default"))
    by_token: dict[str, list[Task]] = cluster.__dict__.setdefault(TOKENS, {})
    if params.get("clientToken") in by_token:
        return ActionResult({"tasks": by_token[params["clientToken"]], "failures": []})
    launch_type, strategy = params.get("launchType"), params.get("capacityProviderStrategy")
    if not launch_type:
        strategy = strategy or cluster.default_capacity_provider_strategy
    definition = backend.describe_task_definition(params["taskDefinition"])
    if definition.status != "ACTIVE":
        raise ECSException("ClientException", "TaskDefinition is inactive")
    if not is_fargate(strategy or (), launch_type):
        raise InvalidParameterException("No Container Instances were found in your cluster.")
    _refuse_overrides(definition, params.get("overrides") or {})
    refuse_missing(backend, params.get("networkConfiguration"))
    started: list[Task] = []
    for turn in range(int(params.get("count", 1))):
        provider = next_provider(strategy, {}) if strategy else None
        started += backend.run_task(
            cluster.name,
            definition.arn,
            1,
            params.get("overrides"),
            params.get("startedBy") or "",
            params.get("tags"),
            launch_type,
            tasks.spread(params.get("networkConfiguration"), turn),
            params.get("group"),
            platform_version=params.get("platformVersion"),
            capacity_provider_strategy=[{"capacityProvider": provider}] if provider else None,
        )
    for task in started:
        tasks.enable_exec(task, enabled=bool(params.get("enableExecuteCommand")))
        tasks.schedule_end(task)
    if params.get("clientToken"):
        by_token[params["clientToken"]] = started
    return ActionResult({"tasks": started, "failures": []})


def _refuse_overrides(definition: TaskDefinition, overrides: Members) -> None:
    known = {container["name"] for container in definition.container_definitions}
    for override in overrides.get("containerOverrides") or []:
        if override["name"] not in known:
            raise InvalidParameterException(
                f"Override for container named {override['name']} is not a container in the "
                "TaskDefinition."
            )


@corrects(
    EC2ContainerServiceBackend,
    moto="keeps its containers and its network interface, and returns HTTP 500 for an unknown task",
    aws="stops them; a service replaces the task",
)
def stop_task(
    original: Replacement,
    self: EC2ContainerServiceBackend,
    cluster_str: str,
    task_str: str,
    reason: str | None,
) -> Task:
    task = _find(self, cluster_str, task_str)
    if tasks.runs(task):
        tasks.stop(task, reason=reason or "Task stopped by user", code="UserInitiated")
    return task


@corrects(
    EC2ContainerServiceResponse,
    call="ecs.describe_tasks (failures)",
    moto="omits a missing task",
    aws="returns it as a failure, MISSING",
)
def describe_tasks(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    answer: ActionResult = original(self)
    result: Any = answer.result
    known = {task.id for task in result["tasks"]}
    for named in self._get_param("tasks", []):
        if named.rsplit("/", 1)[-1] not in known:
            result["failures"].append({"arn": named, "reason": "MISSING"})
    return answer


@corrects(
    EC2ContainerServiceBackend,
    moto="ignores serviceName; lists stopped tasks, and those of clusters with a longer name",
    aws="lists the service's tasks, running ones by default",
)
def list_tasks(  # noqa: PLR0913, PLR0917 - moto's signature
    original: Replacement,
    self: EC2ContainerServiceBackend,
    cluster_str: str | None = None,
    container_instance: str | None = None,
    family: str | None = None,
    started_by: str | None = None,
    service_name: str | None = None,
    desiredStatus: str | None = None,
) -> list[Task]:
    cluster = self._get_cluster(cluster_str or "default")
    group = None
    if service_name:
        name = service_name.rsplit("/", maxsplit=1)[-1]
        if f"{cluster.name}:{name}" not in self.services:
            raise ServiceNotFoundException
        group = f"service:{name}"

    def matches(task: Task) -> bool:
        its_family = task.task_definition_arn.rsplit("/", 1)[-1].rsplit(":", 1)[0]
        return (
            task.desired_status == (desiredStatus or "RUNNING")
            and family in {None, its_family}
            and started_by in {None, task.started_by}
            and group in {None, task.group}
            and container_instance in {None, task.container_instance_arn}
        )

    return [task for task in self.tasks.get(cluster.name, {}).values() if matches(task)]


@corrects(
    EC2ContainerServiceResponse,
    moto="is not implemented",
    aws="opens a session in a task that was started with ECS Exec enabled",
)
def execute_command(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    params = self._get_params()
    if not params["interactive"]:
        raise InvalidParameterException("Interactive is the only mode supported currently.")
    task = _find(self.ecs_backend, params.get("cluster", "default"), params["task"])
    if not tasks.has_exec(task):
        raise InvalidParameterException(
            "The execute command failed because execute command was not enabled when the task was "
            "run or the execute command agent isn't running. Wait and try again or run a new task "
            "with execute command enabled and try again."
        )
    names = [container.name for container in task.containers]
    name = params.get("container") or (names[0] if len(names) == 1 else None)
    if name not in names:
        raise InvalidParameterException(
            "The container name must be one of the task's containers when it has several."
            if name is None
            else f"The container {name} is not one of the task's."
        )
    (container_arn,) = (held.container_arn for held in task.containers if held.name == name)
    session = f"ecs-execute-command-{secrets.token_hex(8)}"
    sessions(ssm_backends[self.current_account][self.region])[session] = True
    return ActionResult(
        {
            "clusterArn": task.cluster_arn,
            "containerArn": container_arn,
            "taskArn": task.task_arn,
            "containerName": name,
            "interactive": params["interactive"],
            "session": {
                "sessionId": session,
                "streamUrl": f"wss://127.0.0.1:9/v1/data-channel/{session}",
                # Opaque on AWS. Here it contains the command, for a substitute of AWS's plugin.
                "tokenValue": base64.b64encode(params["command"].encode()).decode(),
            },
        }
    )


def _find(backend: EC2ContainerServiceBackend, cluster: str, named: str) -> Task:
    """Find a task by id or ARN; raises InvalidParameterException, as ECS does."""
    held = backend.tasks.get(backend._get_cluster(cluster).name, {})
    for task in held.values():
        if task.id == named.rsplit("/", maxsplit=1)[-1]:
            return task
    raise InvalidParameterException("The referenced task was not found.")
