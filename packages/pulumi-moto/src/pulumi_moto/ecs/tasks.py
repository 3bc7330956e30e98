"""Tasks: start, attributes, stop.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
A task is RUNNING and STOPPED at once. Not modelled: the states between, UNHEALTHY containers, image
pulls, tasks that fail to start.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError, InvalidNetworkInterfaceIdError
from moto.ec2.models import ec2_backends
from moto.ecs.models import Container, EC2ContainerServiceBackend, Task

from pulumi_moto.clock import CLOCK
from pulumi_moto.shapes import Members

RUNS_FOR_SECONDS = 20.0
"""Duration of a standalone task, until its essential container exits."""
KILLED = 143
"""Exit code after SIGTERM: a stopped task has not succeeded."""
EXIT = re.compile(r"\bexit (\d+)")
FALSE = re.compile(r"(^|[\s;&|])false($|[\s;&|])")
EXEC_AGENT = "ExecuteCommandAgent"


@dataclass
class Machines:
    """Whether a process that runs the containers is attached (pulumi_moto/machines.py)."""

    attached: bool = False


MACHINES = Machines()


def complete(task: Task, definition: Any) -> None:
    """Add what moto omits: all containers with their state, and times."""
    now = utcnow()
    task.containers = []
    for wanted in definition.container_definitions:
        container = Container(definition)  # type: ignore[abstract]  # as in moto
        container.task_arn = task.task_arn
        container.name, container.image = wanted["name"], wanted.get("image")
        container.cpu, container.memory = str(wanted.get("cpu", 0)), wanted.get("memory")
        container.environment, container.command = wanted.get("environment"), wanted.get("command")
        container.last_status = "RUNNING"
        container.__dict__["runtime_id"] = runtime_id(task, wanted["name"])
        del container.exitCode
        container.health_status = "HEALTHY" if "healthCheck" in wanted else "UNKNOWN"
        address = address_of(task)
        container.network_interfaces = [{"privateIpv4Address": address}] if address else []
        task.containers.append(container)
    task.__dict__.update(
        cpu=definition.cpu,
        memory=definition.memory,
        connectivity="CONNECTED",
        created_at=now,
        started_at=now,
        health_status=task.containers[0].health_status,
        platform_family="Linux",
        version=1,
    )
    if task.capacity_provider_name and not task.launch_type:
        task.launch_type = "FARGATE"


def runtime_id(task: Task, container: str) -> str:
    """Return Fargate's runtime id: the task's id and a number; sessions use it as target."""
    return f"{task.id}-{zlib.crc32(container.encode()):010}"


def enable_exec(task: Task, *, enabled: bool) -> None:
    """Set whether the task has ECS Exec's agent, which only its start decides."""
    task.__dict__["enable_execute_command"] = enabled
    agents = [{"name": EXEC_AGENT, "lastStatus": "RUNNING"}] if enabled else []
    for container in task.containers:
        container.__dict__["managed_agents"] = agents


def has_exec(task: Task) -> bool:
    return bool(task.__dict__.get("enable_execute_command")) and runs(task)


def runs(task: Task) -> bool:
    return bool(task.last_status != "STOPPED")


def stop(task: Task, *, reason: str, code: str, exit_code: int = KILLED) -> None:
    """Stop the task with a reason, and release its network interface."""
    now = utcnow()
    task.last_status = task.desired_status = "STOPPED"
    task.stopped_reason = reason
    task.__dict__.update(stop_code=code, stopping_at=now, stopped_at=now, execution_stopped_at=now)
    for container in task.containers:
        container.last_status, container.exitCode = "STOPPED", exit_code
        container.__dict__["managed_agents"] = []
    _release_interface(task)


def schedule_end(task: Task) -> None:
    """Schedule the end of a standalone task; an attached process reports the end itself."""
    if MACHINES.attached:
        return
    task.__dict__["ends_at"] = CLOCK.now() + RUNS_FOR_SECONDS


def end_due_tasks(backend: EC2ContainerServiceBackend) -> None:
    """Stop the standalone tasks that are due, with their command's exit code."""
    for tasks in backend.tasks.values():
        for task in tasks.values():
            if CLOCK.now() >= task.__dict__.get("ends_at", float("inf")) and runs(task):
                end(task, exit_code_of(task))


def end(task: Task, code: int) -> None:
    """Stop the task because its essential container exited."""
    stop(
        task,
        reason="Essential container in task exited",
        code="EssentialContainerExited",
        exit_code=code,
    )


def exit_code_of(task: Task) -> int:
    """Return N for `exit N` in the command, 1 for `false`, and 0 for any other command."""
    overrides: list[Any] = (task.overrides or {}).get("containerOverrides") or []
    overridden = {o["name"]: o["command"] for o in overrides if o.get("command")}
    for container in task.containers:
        own: Any = container.command
        command = " ".join(overridden.get(container.name) or own or [])
        if found := EXIT.search(command):
            return int(found.group(1))
        if FALSE.search(command):
            return 1
    return 0


def address_of(task: Task) -> str:
    """Return the private address of its network interface, or an empty string."""
    return _detail(task, "privateIPv4Address")


def take_address(task: Task) -> None:
    """Replace moto's invented address of the interface by a free one of the subnet."""
    interface = _detail(task, "networkInterfaceId")
    if not interface:
        return
    ec2 = ec2_backends[task._account_id][task.region_name]
    eni = ec2.get_network_interface(interface)
    try:
        address = eni.subnet.get_available_subnet_ip(eni)
    except StopIteration:
        ec2.delete_network_interface(eni.id)
        raise EC2ClientError(
            "InsufficientFreeAddressesInSubnet",
            "The specified subnet does not have enough free addresses to satisfy the request.",
        ) from None
    eni.private_ip_address = address
    eni.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
    details: Any = task.attachments[0]["details"]
    for detail in details:
        if detail["name"] == "privateIPv4Address":
            detail["value"] = address
    task.__dict__["availability_zone"] = eni.subnet.availability_zone


def spread(network: Members | None, tasks: int) -> Members | None:
    """Return the network configuration with the next task's subnet first, in rotation."""
    subnets = ((network or {}).get("awsvpcConfiguration") or {}).get("subnets")
    if not network or not subnets:
        return network
    turn = tasks % len(subnets)
    turned = [*subnets[turn:], *subnets[:turn]]
    groups = network["awsvpcConfiguration"].get("securityGroups", [])
    awsvpc = {**network["awsvpcConfiguration"], "subnets": turned, "securityGroups": groups}
    return {**network, "awsvpcConfiguration": awsvpc}


def _release_interface(task: Task) -> None:
    interface = _detail(task, "networkInterfaceId")
    if not interface:
        return
    ec2 = ec2_backends[task._account_id][task.region_name]
    try:
        eni = ec2.get_network_interface(interface)
    except InvalidNetworkInterfaceIdError:
        return  # deleted by hand
    eni.status = "available"
    eni.delete()
    task.attachments[0]["status"] = "DELETED"


def _detail(task: Task, name: str) -> str:
    details: Any = task.attachments[0]["details"] if task.attachments else []
    return next((str(detail["value"]) for detail in details if detail["name"] == name), "")
