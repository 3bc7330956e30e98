"""ECS tasks: they keep running, end with an exit code, and answer ECS Exec."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Task, TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator.correction import Replacement, corrects
from emulator.ecs.settle import settle
from emulator.ecs.task_end import will_end


@corrects(
    Task,
    "advance",
    call="ecs.describe_tasks",
    moto="stops a task a little with every look at it",
    aws="keeps it running",
)
def advance(original: Replacement, self: Task) -> None:
    settle()


@corrects(
    EC2ContainerServiceBackend,
    "_calculate_task_resource_requirements",
    call="ecs.run_task",
    moto="answers HTTP 500 for a container without memory of its own",
    aws="takes the task's",
)
def requirements(
    original: Replacement, self: EC2ContainerServiceBackend, task_definition: TaskDefinition
) -> dict[str, Any]:
    return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}


@corrects(
    EC2ContainerServiceResponse,
    "run_task",
    call="ecs.run_task",
    moto="runs a task for ever",
    aws="runs it until its essential container exits",
)
def run_task(original: Replacement, self: EC2ContainerServiceResponse) -> ActionResult:
    known = {arn for tasks in self.ecs_backend.tasks.values() for arn in tasks}
    answer: ActionResult = original(self)
    for tasks in self.ecs_backend.tasks.values():
        for arn, task in tasks.items():
            if arn not in known:
                will_end(task)
                task.__dict__["enable_execute_command"] = self._get_param(
                    "enableExecuteCommand",
                    False,  # noqa: FBT003 - moto's signature
                )
    return answer


@corrects(
    EC2ContainerServiceResponse,
    "execute_command",
    call="ecs.execute_command",
    moto="is not implemented",
    aws="opens a session in a task that was started with ECS Exec on",
)
def execute_command(original: None, self: EC2ContainerServiceResponse) -> ActionResult:
    wanted = self._get_param("task").split("/")[-1]
    cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default"))  # noqa: SLF001
    for arn, task in self.ecs_backend.tasks.get(cluster.name, {}).items():
        if not arn.endswith(wanted):
            continue
        if not task.__dict__.get("enable_execute_command") or task.last_status != "RUNNING":
            raise InvalidParameterException(
                "The execute command failed because execute command was not enabled when the task "
                "was run or the execute command agent isn't running."
            )
        return ActionResult(
            {
                "clusterArn": cluster.arn,
                "taskArn": arn,
                "containerName": self._get_param("container"),
                "interactive": self._get_param("interactive"),
                "session": {
                    "sessionId": f"ecs-execute-command-{wanted[:12]}",
                    "streamUrl": "wss://127.0.0.1:9/emulated",
                    "tokenValue": "emulated",
                },
            }
        )
    raise InvalidParameterException("The referenced task was not found.")
