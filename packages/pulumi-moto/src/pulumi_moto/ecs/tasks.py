"""Tasks: how they start, what they show while they run, how they stop.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
A task is RUNNING at once and STOPPED at once. Not modelled: the states between, container health
beside HEALTHY and UNKNOWN, image pulls, tasks that fail to start.
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

RUNS_FOR_SECONDS = 20.0
"""How long a task that no service keeps runs before its essential container exits."""
KILLED = 143
"""Exit code after SIGTERM: a task that was stopped has not succeeded."""
EXIT = re.compile(r"\bexit (\d+)")
FALSE = re.compile(r"(^|[\s;&|])false($|[\s;&|])")
EXEC_AGENT = "ExecuteCommandAgent"


@dataclass
class Machines:
    """Where containers run: nowhere, unless a process is attached (pulumi_moto/machines.py)."""

    attached: bool = False


MACHINES = Machines()


def complete(task: Task, definition: Any) -> None:
    """Give a task what moto leaves out: every container, its state, zone and times."""
    now = utcnow()
    task.containers = []
    for wanted in definition.container_definitions:
        container = Container(definition)  # type: ignore[abstract]  # moto makes them so, too
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
    """Fargate's: the task's id and a number; a session names a container by it."""
    return f"{task.id}-{zlib.crc32(container.encode()):010}"


def enable_exec(task: Task, *, enabled: bool) -> None:
    """Only a task that is started with ECS Exec has its agent."""
    task.__dict__["enable_execute_command"] = enabled
    agents = [{"name": EXEC_AGENT, "lastStatus": "RUNNING"}] if enabled else []
    for container in task.containers:
        container.__dict__["managed_agents"] = agents


def has_exec(task: Task) -> bool:
    return bool(task.__dict__.get("enable_execute_command")) and runs(task)


def runs(task: Task) -> bool:
    return bool(task.last_status != "STOPPED")


def stop(task: Task, *, reason: str, code: str, exit_code: int = KILLED) -> None:
    """Stop it, give its network interface back, and say why."""
    now = utcnow()
    task.last_status = task.desired_status = "STOPPED"
    task.stopped_reason = reason
    task.__dict__.update(stop_code=code, stopping_at=now, stopped_at=now, execution_stopped_at=now)
    for container in task.containers:
        container.last_status, container.exitCode = "STOPPED", exit_code
        container.__dict__["managed_agents"] = []
    _release_interface(task)


def will_end(task: Task) -> None:
    """No service keeps it: it ends by itself after its time, or when its command does."""
    if MACHINES.attached:
        return
    task.__dict__["ends_at"] = CLOCK.now() + RUNS_FOR_SECONDS


def end_those_whose_time_has_come(backend: EC2ContainerServiceBackend) -> None:
    """Stop every task that has run for its time, with its command's exit code."""
    for tasks in backend.tasks.values():
        for task in tasks.values():
            if CLOCK.now() >= task.__dict__.get("ends_at", float("inf")) and runs(task):
                exited(task, exit_code_of(task))


def exited(task: Task, code: int) -> None:
    """Its essential container ended, and it with it."""
    stop(
        task,
        reason="Essential container in task exited",
        code="EssentialContainerExited",
        exit_code=code,
    )


def exit_code_of(task: Task) -> int:
    """`exit N` in the command says so, `false` is 1, and everything else succeeds."""
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
    """The private address of its network interface, or nothing."""
    return _detail(task, "privateIPv4Address")


def take_address(task: Task) -> None:
    """Move moto's invented address of the interface into the subnet, where each is taken once."""
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


def spread(network: dict[str, Any] | None, tasks: int) -> dict[str, Any] | None:
    """The network configuration with the subnet of the next task first: one after the other."""
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
        return  # somebody deleted it by hand
    eni.status = "available"
    eni.delete()
    task.attachments[0]["status"] = "DELETED"


def _detail(task: Task, name: str) -> str:
    details: Any = task.attachments[0]["details"] if task.attachments else []
    return next((str(detail["value"]) for detail in details if detail["name"] == name), "")
